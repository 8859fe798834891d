"""Surfaces laid into drawings: where a plant is laid out, x along its rows and y across them, and the way back.

A pitched roof and a façade are drawn in their own plane: x level, y up the slope. A flat roof is drawn in plan, x along
the rows that its edges ask for, y towards the higher edge of a south row, or from the east-looking edge of a tent to
its west-looking one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel

UP = np.array([0.0, 0.0, 1.0])
# Edges whose lengths differ by less are equally long: the first counts.
SAME_LENGTH_M = 1e-3


class Drawings(NamedTuple):
    """N surfaces; a point p of the CRS is drawn at ((p − base)·x, (p − base)·y)."""

    surface: NDArray[np.int32]  # (N,)
    flat: NDArray[np.bool_]  # (N,) drawn in plan
    base: NDArray[np.float64]  # (N, 3) whole metres
    x: NDArray[np.float64]  # (N, 3) unit
    y: NDArray[np.float64]  # (N, 3) unit
    normal: NDArray[np.float64]  # (N, 3) unit, of the surface
    lift: NDArray[np.float64]  # (N, 3, 3) rows: the drawing's origin on the surface about base, its steps along x and y


def drawings(
    model: CityModel, normal: NDArray[np.float64], surfaces: NDArray[np.int32], facing: NDArray[np.float64]
) -> Drawings:
    """Drawings of surfaces (N,), none of which is level unless it is drawn in plan.

    Parameters
    ----------
    normal : (S, 3)
        Of every surface.
    facing : (N, 3)
        Level unit direction that modules of a surface drawn in plan look to (the first half of a tent), 0 where it is
        drawn in its plane.
    """
    n = normal[surfaces]
    flat = (facing != 0).any(axis=1)
    level = np.where(flat[:, None], facing, n)
    x = np.column_stack([-level[:, 1], level[:, 0], np.zeros(len(n))])
    x /= np.sqrt(dot(x, x))[:, None]
    y = np.where(flat[:, None], -facing, np.cross(n, x))
    base, middle = _middles(model, surfaces)
    offset = dot(middle, n)
    # In plan a step along x or y climbs with the surface; in its own plane the drawing's origin lies off by its offset.
    with np.errstate(divide="ignore", invalid="ignore"):
        climb = [np.where(flat, -dot(axis, n) / n[:, 2], 0.0)[:, None] * UP for axis in (x, y)]
        origin = np.where(flat[:, None], (offset / n[:, 2])[:, None] * UP, offset[:, None] * n)
    return Drawings(surfaces, flat, base, x, y, n, np.stack([origin, x + climb[0], y + climb[1]], axis=1))


def dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Products (N,) of vectors (N, 3), summed in one order."""
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])


def _middles(model: CityModel, surfaces: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Base (N, 3) of surfaces and the mean of their outer corners about it (N, 3)."""
    ring = model.surface_ring[surfaces]
    start, end = model.ring_start[ring], model.ring_start[ring + 1]
    base = np.floor(model.coords[start])
    point, owner = _runs(start, end)
    total = np.zeros((len(surfaces), 3))
    for axis in range(3):
        total[:, axis] = np.bincount(owner, model.coords[point, axis] - base[owner, axis], len(surfaces))
    return base, total / (end - start)[:, None]


def _runs(start: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Indices of the runs start … end − 1, and the run of each."""
    count = end - start
    first = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(start)), count)
    return start[owner] + np.arange(int(count.sum())) - first[owner], owner


def polygons(
    model: CityModel,
    surfaces: NDArray[np.int32],
    base: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Valid polygons (N,) of surfaces, drawn along axes (N, 3) about bases (N, 3); empty where nothing has an area."""
    import shapely

    ring, owner = _runs(model.surface_ring[surfaces], model.surface_ring[surfaces + 1])
    enough = model.ring_start[ring + 1] - model.ring_start[ring] >= 3
    # Without its outer ring a surface has no inside.
    outer = np.zeros(len(ring), bool)
    outer[np.searchsorted(owner, np.arange(len(surfaces)))] = True
    enough &= enough[np.flatnonzero(outer)][owner]
    ring, owner = ring[enough], owner[enough]
    start, end = model.ring_start[ring], model.ring_start[ring + 1]
    point, of_ring = _runs(start, end + 1)
    point = np.where(point == end[of_ring], start[of_ring], point)
    local = model.coords[point] - base[owner[of_ring]]
    drawn = np.column_stack([dot(local, axis[owner[of_ring]]) for axis in (x, y)])
    offsets = np.concatenate([[0], np.cumsum(end + 1 - start)])
    parts = np.searchsorted(owner, np.arange(len(surfaces) + 1))
    out = shapely.from_ragged_array(shapely.GeometryType.POLYGON, drawn, (offsets, parts))
    return mended(np.asarray(out, dtype=object))


def mended(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes with their areas alone, valid."""
    import shapely

    bad = ~shapely.is_valid(shapes)
    out = shapes.copy()
    for row in np.flatnonzero(bad):
        parts = shapely.get_parts(shapely.make_valid(shapes[row]))
        areas = [p for part in parts for p in shapely.get_parts(part) if p.geom_type == "Polygon"]
        out[row] = shapely.union_all(areas) if areas else shapely.Polygon()
    return out


def dropped(drawing: Drawings, rows: NDArray[np.intp], shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes (M,) in plan [m in the CRS] as they lie in the drawings of ``rows`` (M,), straight down on the surface."""
    import shapely

    coords, owner = shapely.get_coordinates(shapes, return_index=True)
    row = rows[owner]
    origin, along, up = (drawing.lift[row, k, :2] for k in range(3))
    away = coords - drawing.base[row, :2] - origin
    turn = along[:, 0] * up[:, 1] - along[:, 1] * up[:, 0]
    a = (away[:, 0] * up[:, 1] - away[:, 1] * up[:, 0]) / turn
    b = (along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0]) / turn
    return np.asarray(shapely.set_coordinates(shapes.copy(), np.column_stack([a, b])))


def lifted(drawing: Drawings, rows: NDArray[np.intp], drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (M, 3) of the CRS [m] on the surfaces of ``rows`` (M,), from their places (M, 2) in the drawings."""
    origin, along, up = (drawing.lift[rows, k] for k in range(3))
    return np.asarray(drawing.base[rows] + (origin + drawn[:, :1] * along + drawn[:, 1:] * up))


def longest_edges(model: CityModel, surfaces: NDArray[np.int32]) -> NDArray[np.float64]:
    """Level unit direction (N, 3) of the longest outer edge of surfaces in plan; east where there is none."""
    ring = model.surface_ring[surfaces]
    out = np.zeros((len(surfaces), 3))
    for row, (start, end) in enumerate(zip(model.ring_start[ring], model.ring_start[ring + 1], strict=True)):
        corner = model.coords[start:end, :2]
        edge = np.roll(corner, -1, axis=0) - corner
        length = np.hypot(edge[:, 0], edge[:, 1])
        longest = np.argmax(length > length.max() - SAME_LENGTH_M)
        out[row, :2] = edge[longest] / length[longest] if length[longest] > SAME_LENGTH_M else (1.0, 0.0)
    return out
