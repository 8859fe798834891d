"""Hostile input: recipes, the outcomes that are expected, and a driver of the real command."""
