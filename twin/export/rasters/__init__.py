"""Rasters for the web: cloud-optimised GeoTIFF in the city's system and in web mercator, pyramids of pictures."""
