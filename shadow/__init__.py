"""Shadow studies on arrays: lit intervals, sun hours and daylight rules, without knowing what casts."""
