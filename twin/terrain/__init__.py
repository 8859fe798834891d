"""The ground under a city: terrain files of every kind become one triangulated surface within a stated error."""
