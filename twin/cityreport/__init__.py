"""The report of a city: what a finished job says of roofs, façades and open land, district by district."""
