"""Planned buildings: files of many kinds, each read into a city model that stands in the city's own coordinates."""
