"""Surfaces as a map sees them from above: those that lie become polygons, those that stand become lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from twin.export.rasters.mercator import WEB_MERCATOR
from twin.export.vectors.tiling import Shapes

if TYPE_CHECKING:
    import geopandas

# A surface whose plan is less than this share of its area, within 15° of upright, is drawn as its trace.
UPRIGHT = float(np.sin(np.radians(15.0)))


class Plan(NamedTuple):
    """Shapes in web mercator and the row each belongs to; a row may have several."""

    shapes: Shapes
    row: NDArray[np.int64]


def lying_and_standing(surfaces: geopandas.GeoDataFrame, horizontal: str) -> tuple[Plan, Plan]:
    """Polygons and lines of a table of 3D surfaces in a system ("EPSG:25832"); each row is in one of the two.

    A row without a shape is in neither.
    """
    import shapely

    shape = surfaces.geometry.to_numpy()
    row = _with_shape(shape)
    flat = shapely.force_2d(shape[row])
    standing = shapely.area(flat) < UPRIGHT * surfaces["area_m2"].to_numpy(float)[row]
    line_plan = Plan(to_mercator(traces(flat[standing]), horizontal), row[standing])
    return polygons_of(flat[~standing], row[~standing], horizontal), line_plan


def _with_shape(shapes: Shapes) -> NDArray[np.int64]:
    """Places of those that are there and not empty."""
    import shapely

    return np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))


def polygons_of(shapes: Shapes, row: NDArray[np.int64], horizontal: str) -> Plan:
    """Valid polygons of shapes in plan; what has none, a shape without area, stays as its box.

    A row without a shape has none here either.
    """
    import shapely

    there = _with_shape(shapes)
    row = row[there]
    flat = shapely.force_2d(shapes[there])
    invalid = ~shapely.is_valid(flat)
    flat[invalid] = shapely.make_valid(flat[invalid])
    parts, owner = shapely.get_parts(flat, return_index=True)
    more, inner = shapely.get_parts(parts, return_index=True)  # multipolygons in collections
    owner = owner[inner]
    area = shapely.get_dimensions(more) == 2
    without = np.setdiff1d(np.arange(len(flat)), owner[area])
    boxes = shapely.buffer(shapely.centroid(flat[without]), 0.01, quad_segs=1)
    every = np.concatenate([more[area], boxes])
    whose = np.concatenate([owner[area], without])
    order = np.argsort(whose, kind="stable")
    return Plan(to_mercator(every[order], horizontal), np.asarray(row[whose[order]], np.int64))


def traces(flat: Shapes) -> Shapes:
    """The line along which each standing surface runs in plan: its longest extent through its corners' mean."""
    import shapely

    place, owner = shapely.get_coordinates(flat, return_index=True)
    count = np.bincount(owner, minlength=len(flat))[:, None]

    def mean(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([np.bincount(owner, column, minlength=len(flat)) for column in value.T], axis=1) / count

    centre = mean(place)
    off = place - centre[owner]
    spread = mean(np.stack([off[:, 0] ** 2, off[:, 1] ** 2, off[:, 0] * off[:, 1]], axis=1))
    angle = 0.5 * np.arctan2(2 * spread[:, 2], spread[:, 0] - spread[:, 1])
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    distance = off[:, 0] * along[owner, 0] + off[:, 1] * along[owner, 1]
    low, high = np.zeros(len(flat)), np.zeros(len(flat))
    np.minimum.at(low, owner, distance)
    np.maximum.at(high, owner, distance)
    ends = np.stack([centre + low[:, None] * along, centre + high[:, None] * along], axis=1)
    return np.asarray(shapely.linestrings(ends))


def to_mercator(shapes: Shapes, horizontal: str) -> Shapes:
    """Shapes of a system in web mercator."""
    import shapely

    place = shapely.get_coordinates(shapes)
    x, y = crs_door.transform(horizontal, WEB_MERCATOR, place[:, 0], place[:, 1])
    return np.asarray(shapely.set_coordinates(shapes.copy(), np.stack([x, y], axis=1)))
