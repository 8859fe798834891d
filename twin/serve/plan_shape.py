"""The shape of what is dropped in, as GeoJSON: footprints with heights, and faces in space for a globe."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from io_citygml.errors import CityModelError
from io_citygml.model import CLASS_NAME, CityModel, SurfaceKind
from twin.place_on_earth import geographic_of, lonlat_of
from twin.plan.plan import Plan
from twin.results import footprints_of, polygons_of
from twin.study.scenarios import buildings_of

log = logging.getLogger(__name__)
# A plan of more faces is drawn as a block: a page draws each of them.
MOST_FACES = 2000


def shape_of(plans: tuple[Plan, ...], crs: Crs, geoid: Path | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Footprints with heights, and the faces in space, of what is planned; both in longitude and latitude.

    ``geoid``: the user's grid file for heights that the bundled one is not for. Where nothing leads to the ellipsoid,
    heights above it are null, and there are no faces.
    """
    feet: list[dict[str, Any]] = []
    faces: list[dict[str, Any]] | None = []
    for plan in plans:
        model = plan.model
        above = _above_ellipsoid(model, crs, geoid)
        feet += _feet(model, crs, above)
        if faces is None or above is None or model.n_surfaces > MOST_FACES:
            faces = None
        else:
            faces += _faces(model, crs, above)
    collection = {"type": "FeatureCollection", "features": feet}
    return collection, None if faces is None else {"type": "FeatureCollection", "features": faces}


def _feet(model: CityModel, crs: Crs, above: NDArray[np.float64] | None) -> list[dict[str, Any]]:
    """The footprint of each building of a plan; ``above``: heights (C,) above the ellipsoid of its corners."""
    root = buildings_of(model)
    corner_owner = _owner_of_corners(model, root)
    out: list[dict[str, Any]] = []
    for building, outline in footprints_of(model, root).items():
        own = corner_owner == building
        properties: dict[str, Any] = {
            "id": model.objects[building].id,
            "base_m": float(model.coords[own, 2].min()),
            "top_m": float(model.coords[own, 2].max()),
            "base_ellipsoidal_m": None if above is None else float(above[own].min()),
            "top_ellipsoidal_m": None if above is None else float(above[own].max()),
        }
        out.append({"type": "Feature", "properties": properties, "geometry": _on_the_map(outline, crs)})
    return out


def _faces(model: CityModel, crs: Crs, above: NDArray[np.float64]) -> list[dict[str, Any]]:
    # A plan is small, so the distance of the two heights is one number.
    shift_m = float((above - model.coords[:, 2]).mean())
    out: list[dict[str, Any]] = []
    for surface, polygon in enumerate(polygons_of(model, np.arange(model.n_surfaces))):
        if not polygon.is_empty:
            kind = CLASS_NAME[SurfaceKind(int(model.kind[surface]))]
            geometry = _in_space(polygon, crs, shift_m)
            out.append({"type": "Feature", "properties": {"kind": kind}, "geometry": geometry})
    return out


def _owner_of_corners(model: CityModel, root: NDArray[np.int32]) -> NDArray[np.int32]:
    """Building (C,) of every corner of a model."""
    rings = np.diff(model.surface_ring)
    of_ring = np.repeat(root[model.object], rings)
    return np.repeat(of_ring, np.diff(model.ring_start))


def _above_ellipsoid(model: CityModel, crs: Crs, geoid: Path | None) -> NDArray[np.float64] | None:
    """Heights (C,) [m] above the ellipsoid of every corner; None where nothing leads there."""
    try:
        return geographic_of(crs, model.coords, geoid)[:, 2]
    except CityModelError as error:
        log.info("a plan has no height above the ellipsoid: %s", error)
        return None


def _on_the_map(shape: Any, crs: Crs) -> dict[str, Any]:
    """A shape on the map as GeoJSON."""
    import shapely

    turned = shapely.transform(shapely.force_2d(shape), lambda place: lonlat_of(crs, place))
    geometry: dict[str, Any] = shapely.geometry.mapping(turned)
    return geometry


def _in_space(polygon: Any, crs: Crs, shift_m: float) -> dict[str, Any]:
    """A face with heights above the ellipsoid."""
    import shapely

    def turned(place: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([lonlat_of(crs, place[:, :2]), place[:, 2] + shift_m])

    geometry: dict[str, Any] = shapely.geometry.mapping(shapely.transform(polygon, turned, include_z=True))
    return geometry
