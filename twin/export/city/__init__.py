"""A city's own files: found again by their content, results written back into them, a model as a GeoPackage."""
