"""Where the ground cuts a wall: the part of an upright polygon that lies below the terrain, exactly.

The terrain's section along the wall is a chain of straight pieces; in the wall's own plane everything under the chain
is below ground. Oracle: tests/twin/test_twin_terrain_walls.py (areas by hand, and by counting fine samples).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.terrain.surface import Surface

# Up to here (0.6°) a wall counts as upright: its area under ground then errs by less than 0.01 %.
UPRIGHT = 0.01
# A part smaller than this share of its wall is rounding: a base on the ground to the millimetre is not cut.
NOTHING = 1e-4


class WallPlane(NamedTuple):
    """The plane in which a polygon is drawn."""

    origin: NDArray[np.float64]  # (3,) m in the CRS
    u: NDArray[np.float64]  # (3,) unit
    v: NDArray[np.float64]  # (3,) unit
    normal: NDArray[np.float64]  # (3,) unit


def is_upright(normal: NDArray[np.float64]) -> bool:
    """Whether a surface is a wall to be cut."""
    return bool(abs(normal[2]) < UPRIGHT)


def below_ground(surface: Surface, plane: WallPlane, polygon: shapely.Geometry) -> shapely.Geometry:
    """The part of the plane, around a polygon in it, that lies below the terrain; empty where none is."""
    along = np.array([-plane.normal[1], plane.normal[0], 0.0])
    along /= np.linalg.norm(along)
    corner = shapely.get_coordinates(polygon)
    offset = corner[:, :1] * plane.u + corner[:, 1:] * plane.v
    s, z = offset @ along, offset[:, 2] + plane.origin[2]
    start, end = plane.origin[:2] + s.min() * along[:2], plane.origin[:2] + s.max() * along[:2]
    if z.min() >= surface.highest(np.minimum(start, end), np.maximum(start, end)):
        return shapely.Polygon()
    axes = np.stack([plane.u, plane.v], axis=1)
    parts = []
    for run in surface.profile(start, end):
        if run[:, 1].max() <= z.min():
            continue
        step = s.min() + run[:, 0] * (s.max() - s.min())
        ground = step[:, None] * along + (run[:, 1:] - plane.origin[2]) * [0.0, 0.0, 1.0]
        low = min(float(run[:, 1].min()), float(z.min())) - 1.0 - plane.origin[2]
        foot = step[[-1, 0], None] * along + [0.0, 0.0, low]
        parts.append(shapely.Polygon(np.concatenate([ground, foot]) @ axes))
    return shapely.union_all(parts) if parts else shapely.Polygon()


def split(
    surface: Surface, plane: WallPlane, polygon: shapely.Geometry
) -> tuple[shapely.Geometry | None, shapely.Geometry | None]:
    """The parts of a wall above and below the terrain; None for one that is nothing."""
    below = below_ground(surface, plane, polygon)
    if below.is_empty:
        return polygon, None
    least = NOTHING * shapely.area(polygon)
    above = _areal(shapely.difference(polygon, below), least)
    buried = _areal(shapely.intersection(polygon, below), least)
    if buried is None:
        return polygon, None
    return (above, buried) if above is not None else (None, polygon)


def _areal(shape: shapely.Geometry, least_m2: float) -> shapely.Geometry | None:
    """The polygons of a shape; None where they come to no more than a least area."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.area(parts) > 0]
    return shapely.union_all(parts) if shapely.area(parts).sum() > least_m2 else None


def clear_of_noise(
    surface: Surface, plane: WallPlane, part: shapely.Geometry, place: NDArray[np.float64], bound_m: float
) -> NDArray[np.float64]:
    """Places (N, 2) of receivers above ground, none nearer to it than its error where the wall reaches so high.

    Triangles stand up to ``bound_m`` above the true ground; a receiver lower than that would look into them.
    """
    if bound_m <= 0:
        return place
    point = plane.origin + place[:, :1] * plane.u + place[:, 1:] * plane.v
    short = surface.height(point[:, :2]) + bound_m - point[:, 2]
    lifted = place + np.where(short > 0, short, 0.0)[:, None] * [plane.u[2], plane.v[2]]
    fits = (short > 0) & shapely.covers(part, shapely.points(lifted))
    return np.where(fits[:, None], lifted, place)
