"""Footprints as files give them: polygons with their attributes, and the coordinate system that the file names.

GeoJSON is WGS 84 by RFC 7946 unless the older member "crs" says otherwise; GeoPackage and Shapefile name their system
or leave it open; WKT is one geometry a line and may begin with "SRID=25832;".
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twin.errors import TwinError
from twin.plan.notes import Note, other

WGS84 = "OGC:CRS84"
# What GDAL calls a system that a file leaves open.
_OPEN = re.compile(r"ENGCRS|LOCAL_CS|undefined", re.IGNORECASE)
_SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_SQLITE = b"SQLite format 3"
_POLYGONS = ("Polygon", "Surface", "Unknown", "GeometryCollection")


class Feature(NamedTuple):
    """One footprint, of one or several polygons."""

    polygons: list[Any]  # shapely polygons in the file's own coordinates, as drawn
    properties: dict[str, Any]
    where: str  # names file and footprint in errors


class Features(NamedTuple):
    """The footprints of a file."""

    footprint: list[Feature]
    crs: str | None  # the system that the file names
    format: str
    left_out: dict[str, int]  # why → how many features
    warnings: tuple[Note, ...]


def read_features(file: Path, given: str | None) -> Features:
    """The footprints of a GeoJSON, GeoPackage, Shapefile (alone or in a .zip) or WKT file.

    ``given`` is --plan-crs, which overrules the WGS 84 that RFC 7946 lays down but no file says. Raises TwinError where
    the file cannot be read, holds no polygon, or a coordinate that is no number.
    """
    with file.open("rb") as raw:
        head = raw.read(16)
    if head.startswith(_SQLITE) or head.startswith(b"PK") or file.suffix.lower() in (".gpkg", ".shp"):
        rows, crs = _table(file)
        return _sorted(file, rows, crs, "GeoPackage" if head.startswith(_SQLITE) else "Shapefile")
    text = _text(file)
    if text.lstrip()[:1] in ("{", "["):
        rows, crs = _geojson(file, text, given)
        return _sorted(file, rows, crs, "GeoJSON")
    rows, crs = _wkt(file, text)
    return _sorted(file, rows, crs, "WKT")


def _text(file: Path) -> str:
    raw = file.read_bytes()
    try:
        return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode("utf-8-sig")
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise TwinError(f"{file}: no text in UTF-8 ({error})", "give GeoJSON, or WKT such as POLYGON ((…))") from error


Row = tuple[Any, dict[str, Any]]  # shapely geometry or None, properties


def _sorted(file: Path, rows: list[Row], crs: str | None, form: str) -> Features:
    """The rows that are footprints; the others counted."""
    import shapely

    found: list[Feature] = []
    left_out: dict[str, int] = {}
    raised = False
    for number, (geometry, properties) in enumerate(rows, 1):
        where = f"{file}: footprint {number}" + _called(properties)
        polygons = [] if geometry is None or geometry.is_empty else list(_polygons(geometry))
        if not polygons:
            empty = geometry is None or geometry.is_empty
            why = "without geometry" if empty else f"{geometry.geom_type}, no polygon"
            left_out[why] = left_out.get(why, 0) + 1
            continue
        if not all(np.isfinite(shapely.get_coordinates(polygon)).all() for polygon in polygons):
            raise TwinError(f"{where}: a coordinate is no number (NaN or infinite)", "correct it in the file")
        raised = raised or any(polygon.has_z for polygon in polygons)
        found.append(Feature(polygons, properties, where))
    if not found:
        holds = ", ".join(f"{count} × {why}" for why, count in left_out.items()) or "no feature at all"
        raise TwinError(f"{file}: no polygon in it ({holds})", "give the footprint of the building as a polygon")
    warnings = (other("heights in the polygons' coordinates are ignored: they are no roof"),) if raised else ()
    return Features(found, crs, form, left_out, warnings)


def _called(properties: dict[str, Any]) -> str:
    name = next((properties[key] for key in ("id", "gml_id", "name") if properties.get(key)), None)
    return "" if name is None else f" ({str(name)[:60]})"


def _polygons(geometry: Any) -> Iterator[Any]:
    """The polygons of a geometry, those in collections too."""
    if geometry.geom_type == "Polygon":
        yield geometry
    elif hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            if not part.is_empty:
                yield from _polygons(part)


def _geojson(file: Path, text: str, given: str | None) -> tuple[list[Row], str | None]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TwinError(f"{file}: not readable as JSON ({error})", "give valid GeoJSON in UTF-8") from error
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        features = document.get("features")
    elif kind == "Feature":
        features = [document]
    elif isinstance(document, dict) and ("coordinates" in document or "geometries" in document):
        features = [{"geometry": document, "properties": {}}]
    else:
        features = None
    if not isinstance(features, list):
        raise TwinError(f"{file}: JSON of the type {kind!r}, no GeoJSON", "give a FeatureCollection of polygons")
    rows = [_geojson_row(file, number, feature) for number, feature in enumerate(features, 1)]
    if "crs" in document:
        return rows, _legacy_crs(file, document["crs"])
    if given is not None:
        return rows, None
    _check_degrees(file, rows)
    return rows, WGS84


def _geojson_row(file: Path, number: int, feature: Any) -> Row:
    import shapely
    from shapely.geometry import shape

    if not isinstance(feature, dict):
        raise TwinError(f"{file}: feature {number} is no object", "correct it in the file")
    properties = feature.get("properties")
    properties = dict(properties) if isinstance(properties, dict) else {}
    if "id" in feature:
        properties.setdefault("id", feature["id"])
    geometry = feature.get("geometry")
    if not geometry:
        return None, properties
    try:
        with np.errstate(invalid="ignore"):  # NaN is told of by name, later
            return shape(geometry), properties
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
        raise TwinError(f"{file}: feature {number} has no readable geometry ({error})", "correct it") from error


def _legacy_crs(file: Path, member: Any) -> str | None:
    """The notation in GeoJSON 2008's member "crs"; null says that nobody knows."""
    if member is None:
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    if isinstance(properties, dict) and isinstance(properties.get("name"), str):
        return str(properties["name"])
    if isinstance(properties, dict) and "code" in properties:
        return f"EPSG:{properties['code']}"
    raise TwinError(
        f'{file}: its member "crs" names no system',
        'write {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}',
    )


def _check_degrees(file: Path, rows: list[Row]) -> None:
    """Refuse metres in a file that by RFC 7946 holds degrees."""
    import shapely

    place = shapely.get_coordinates([geometry for geometry, _ in rows if geometry is not None])
    if (np.abs(place) > (180.0, 90.0)).any():
        x, y = place[np.argmax((np.abs(place) > (180.0, 90.0)).any(axis=1))]
        raise TwinError(
            f"{file}: GeoJSON is in degrees (RFC 7946), but a coordinate is {x:.2f}, {y:.2f}",
            "name the coordinate system with --plan-crs, for example --plan-crs EPSG:25832",
        )


def _table(file: Path) -> tuple[list[Row], str | None]:
    """The rows of the one layer with polygons of a GeoPackage or Shapefile."""
    import pyogrio

    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(file) if kind and any(p in kind for p in _POLYGONS)]
        if not layers:
            raise TwinError(f"{file}: no layer with polygons in it", "give the footprint as a polygon")
        if len(layers) > 1:
            raise TwinError(
                f"{file}: several layers with polygons ({', '.join(layers)})", "give a file that holds the one meant"
            )
        crs = pyogrio.read_info(file, layer=layers[0])["crs"]
        frame = pyogrio.read_dataframe(file, layer=layers[0])
    except (RuntimeError, ValueError, OSError) as error:
        text = str(error).replace("\n", " ")
        raise TwinError(f"{file}: cannot be read ({text})", "check the file; a Shapefile needs .shp, .shx, .dbf") from (
            error
        )
    named = None if crs is None or _OPEN.search(crs) else str(crs)
    columns = frame.drop(columns=frame.geometry.name)
    properties = columns.to_dict("records") if len(columns.columns) else [{} for _ in range(len(frame))]
    return list(zip(frame.geometry, properties, strict=True)), named


def _wkt(file: Path, text: str) -> tuple[list[Row], str | None]:
    """Geometries of well-known text: the whole file as one, or one a line; lines that begin with # are passed over."""
    import shapely

    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    numbers = {match[1] for line in lines if (match := _SRID.match(line))}
    if len(numbers) > 1:
        raise TwinError(f"{file}: two coordinate systems, {' and '.join(sorted(numbers))}", "give one file for each")
    bare = [_SRID.sub("", line) for line in lines]
    try:
        shapes = [shapely.from_wkt(" ".join(bare))]
    except shapely.errors.ShapelyError:
        try:
            shapes = [shapely.from_wkt(line) for line in bare]
        except shapely.errors.ShapelyError as error:
            raise TwinError(f"{file}: not readable as WKT ({error})", "give POLYGON ((…)), one a line") from error
    return [(shape, {}) for shape in shapes], f"EPSG:{numbers.pop()}" if numbers else None
