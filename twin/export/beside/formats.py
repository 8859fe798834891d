"""Formats of exports and of the files in them, as catalogues name them.

Sources: EU authority table of file types (http://publications.europa.eu/resource/authority/file-type), IANA's registry
of media types. What neither has is left out rather than guessed.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from twin.export.rasters.mercator import WEB_MERCATOR

FormatName = Literal[
    "3dtiles", "cog", "xyz", "pmtiles", "gpkg", "geoparquet", "csv", "citygml", "cityjson", "czml", "geojson", "viewer"
]
FILE_TYPE = "http://publications.europa.eu/resource/authority/file-type/"
IANA = "https://www.iana.org/assignments/media-types/"
SOURCE_CRS = ""  # stands for the job's own system


class Format(NamedTuple):
    """What is said of a format of `heliotwin export`."""

    title: str
    version: str
    representation: Literal["vector", "grid"]
    crs: tuple[str, ...]
    suffixes: tuple[str, ...]  # of its data; everything else lies beside
    ellipsoidal: bool = False  # heights above the ellipsoid; draped shapes have none


FORMATS: dict[str, Format] = {
    "3dtiles": Format("3D Tiles", "1.1", "vector", ("EPSG:4978",), (".json", ".glb", ".b3dm"), ellipsoidal=True),
    "cog": Format("Cloud Optimized GeoTIFF", "1.0", "grid", (SOURCE_CRS, WEB_MERCATOR), (".tif",)),
    "xyz": Format("Kachelpyramide (XYZ, WMTS)", "1.0.0", "grid", (WEB_MERCATOR,), (".png", ".webp")),
    "pmtiles": Format("PMTiles (Mapbox Vector Tile)", "3", "vector", (WEB_MERCATOR,), (".pmtiles",)),
    "gpkg": Format("GeoPackage", "1.3", "vector", (SOURCE_CRS,), (".gpkg",)),
    "geoparquet": Format("GeoParquet", "1.1", "vector", (SOURCE_CRS,), (".parquet",)),
    "csv": Format("CSV", "RFC 4180", "vector", ("EPSG:4326",), (".csv",)),
    "citygml": Format("CityGML", "wie Eingabe", "vector", (SOURCE_CRS,), (".gml", ".xml", ".gz", ".zip")),
    "cityjson": Format("CityJSON", "wie Eingabe", "vector", (SOURCE_CRS,), (".json", ".jsonl", ".gz", ".zip")),
    "czml": Format("CZML", "1.0", "vector", ("EPSG:4326",), (".czml",)),
    "geojson": Format("GeoJSON", "RFC 7946", "vector", ("EPSG:4326",), (".geojson",)),
    "viewer": Format("Webanwendung", "HTML 5", "vector", ("EPSG:4978",), (".html",), ellipsoidal=True),
}


class Kind(NamedTuple):
    """What a file is: its media type, and its names in the two vocabularies, "" where they have none."""

    media_type: str
    iana: str
    file_type: str


def _kind(media_type: str, file_type: str = "", registered: bool = True) -> Kind:
    return Kind(media_type, IANA + media_type if registered else "", FILE_TYPE + file_type if file_type else "")


KINDS = {
    ".json": _kind("application/json", "JSON"),
    ".glb": _kind("model/gltf-binary"),
    ".b3dm": _kind("application/octet-stream", registered=False),
    ".tif": _kind("image/tiff", "TIFF"),
    ".png": _kind("image/png", "PNG"),
    ".webp": _kind("image/webp"),
    ".pmtiles": _kind("application/vnd.pmtiles", registered=False),
    ".gpkg": _kind("application/geopackage+sqlite3", "GPKG"),
    ".parquet": _kind("application/vnd.apache.parquet", "PARQUET"),
    ".csv": _kind("text/csv", "CSV"),
    ".gml": _kind("application/gml+xml", "GML"),
    ".xml": _kind("application/xml", "XML"),
    ".gz": _kind("application/gzip"),
    ".zip": _kind("application/zip", "ZIP"),
    ".jsonl": _kind("application/city+json-seq", registered=False),
    ".czml": _kind("application/json", "JSON"),
    ".geojson": _kind("application/geo+json", "GEOJSON"),
    ".html": _kind("text/html", "HTML"),
}
UNKNOWN = _kind("application/octet-stream", registered=False)
CITYJSON = _kind("application/city+json", "JSON", registered=False)


def kind_of(path: str, name: str) -> Kind:
    """What a file of an export in the format ``name`` is."""
    suffix = PurePosixPath(path).suffix.lower()
    if name == "cityjson" and suffix == ".json":
        return CITYJSON
    return KINDS.get(suffix, UNKNOWN)
