"""Footprints to read and a city to place them in: level ground or a slope, a rectangle, and GeoJSON of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import shapely

from io_citygml.crs import parse_crs
from twin.plan.plan import Plan, PlanOptions, Surroundings
from twin.plan.read import read_plan

DATA = Path(__file__).parents[1] / "data" / "plans"
CRS = parse_crs("EPSG:25832+7837")
GROUND_M = 60.0
X, Y = 364500.0, 5650500.0


def level(place: np.ndarray) -> np.ndarray:
    return np.full(len(place), GROUND_M)


def slope(place: np.ndarray) -> np.ndarray:
    """One in ten up to the east, 60 m at X."""
    return GROUND_M + 0.1 * (place[:, 0] - X)


FLAT = Surroundings(CRS, np.array([364000.0, 5650000.0]), np.array([365000.0, 5651000.0]), level)
SLOPING = FLAT._replace(ground_m=slope)


def rectangle(width: float = 20.0, depth: float = 10.0, turn_deg: float = 0.0) -> shapely.Polygon:
    box = shapely.box(X, Y, X + width, Y + depth)
    return shapely.affinity.rotate(box, turn_deg, origin=(X, Y))


def write(
    path: Path, geometries: list[object], properties: list[dict[str, object]] | None = None, crs: object = "25832"
) -> Path:
    """GeoJSON of shapely geometries; ``crs`` None leaves the member out."""
    document: dict[str, object] = {"type": "FeatureCollection"}
    if crs is not None:
        document["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{crs}"}}
    document["features"] = [
        {"type": "Feature", "properties": values, "geometry": None if g is None else json.loads(shapely.to_geojson(g))}
        for g, values in zip(geometries, properties or [{}] * len(geometries), strict=True)
    ]
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def read(path: Path, around: Surroundings = FLAT, **said: object) -> Plan:
    return read_plan(PlanOptions(file=path, **said), around)  # type: ignore[arg-type]


def of_rectangle(tmp_path: Path, values: dict[str, object], around: Surroundings = FLAT, **said: object) -> Plan:
    return read(write(tmp_path / "plan.geojson", [rectangle()], [values]), around, **said)
