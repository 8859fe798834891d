"""Measured plants: read, checked, aligned in time, and what physics says of the same hours."""
