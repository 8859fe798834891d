"""Ground of an area in squares: height, slope, steepness, and where there is no terrain.

Squares lie on multiples of their side in the CRS. Each is sampled at 5 × 5 places; its slope is the plane of least
squares through them, so ditches and bumps between the samples do not count. Azimuths here are of the map's grid.

Oracle: tests/twin/test_twin_sites_ground.py (a plane of known slope).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.sites.cut import Barred
from twin.terrain.surface import Surface

if TYPE_CHECKING:
    import shapely

SAMPLES = 5
# A plane through fewer heights than this says nothing; such a square has no terrain.
LEAST_SAMPLES = 6
# Ground that falls towards within 45° of north counts as facing north.
NORTH_COS = float(np.cos(np.radians(45.0)))
# Flatter ground has no direction worth the name.
LEVEL_DEG = 2.0
# Classes of slope with less than this share of an area's land join its largest class: a yield of their own costs time.
SMALL_SHARE = 0.02


class Squares(NamedTuple):
    """Squares of one area, clipped to nothing yet."""

    low: NDArray[np.float64]  # (N, 2) m, south-west corner
    side_m: float
    height_m: NDArray[np.float64]  # (N,) at the middle, of the plane; NaN where there is no terrain
    gradient: NDArray[np.float64]  # (N, 2) rise per metre to the east and to the north
    missing: NDArray[np.bool_]  # (N, SAMPLES²) no terrain at that sample

    @property
    def tilt_deg(self) -> NDArray[np.float64]:
        """Steepness (N,)."""
        return np.asarray(np.degrees(np.arctan(np.hypot(self.gradient[:, 0], self.gradient[:, 1]))))


def squares_of(area: shapely.Geometry, surface: Surface, side_m: float) -> Squares:
    """Every square that an area reaches into."""
    import shapely

    west, south, east, north = area.bounds
    column = np.arange(np.floor(west / side_m), np.floor(east / side_m) + 1)
    row = np.arange(np.floor(south / side_m), np.floor(north / side_m) + 1)
    x, y = (index.ravel() * side_m for index in np.meshgrid(column, row))
    shapely.prepare(area)
    meets = shapely.intersects(area, shapely.box(x, y, x + side_m, y + side_m))
    low = np.stack([x[meets], y[meets]], axis=1)
    step = (np.arange(SAMPLES) + 0.5) / SAMPLES * side_m
    off = np.stack([part.ravel() for part in np.meshgrid(step, step)], axis=1)
    height = surface.height((low[:, None, :] + off).reshape(-1, 2)).reshape(len(low), len(off))
    middle, gradient = plane_through(off - side_m / 2, height)
    return Squares(low, side_m, middle, gradient, ~np.isfinite(height))


def plane_through(
    off: NDArray[np.float64], height: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Height (N,) at zero and gradient (N, 2) of planes of least squares through heights (N, M) at places (M, 2).

    NaN heights do not count; NaN comes out where fewer than LEAST_SAMPLES are left or they stand in one line.
    """
    known = np.isfinite(height)
    z = np.where(known, height, 0.0)
    x, y = off[:, 0] * known, off[:, 1] * known
    count = known.sum(axis=1).astype(float)
    enough = count >= LEAST_SAMPLES
    number = np.where(enough, count, 1.0)
    mean_x, mean_y, mean_z = (part.sum(axis=1) / number for part in (x, y, z))
    dx, dy = (off[:, 0] - mean_x[:, None]) * known, (off[:, 1] - mean_y[:, None]) * known
    dz = (z - mean_z[:, None]) * known
    xx, yy, xy = (dx * dx).sum(axis=1), (dy * dy).sum(axis=1), (dx * dy).sum(axis=1)
    xz, yz = (dx * dz).sum(axis=1), (dy * dz).sum(axis=1)
    det = xx * yy - xy * xy
    enough &= det > 1e-6
    safe = np.where(enough, det, 1.0)
    east, north = (xz * yy - yz * xy) / safe, (yz * xx - xz * xy) / safe
    middle = mean_z - east * mean_x - north * mean_y
    gradient = np.where(enough[:, None], np.stack([east, north], axis=1), np.nan)
    return np.where(enough, middle, np.nan), gradient


def barred_ground(squares: Squares, steepest_deg: float, steepest_north_deg: float) -> list[Barred]:
    """Land without terrain (sample by sample), and land that is too steep (square by square)."""
    import shapely

    low, side = squares.low, squares.side_m
    tilt, fall = squares.tilt_deg, -squares.gradient
    length = np.hypot(fall[:, 0], fall[:, 1])
    north = fall[:, 1] >= NORTH_COS * length
    steep = (tilt > steepest_deg) | (north & (tilt > steepest_north_deg))
    unknown = np.isnan(squares.height_m)
    part = side / SAMPLES
    number, sample = np.nonzero(squares.missing & ~unknown[:, None])
    small = low[number] + np.stack([sample % SAMPLES, sample // SAMPLES], axis=1) * part
    boxes = [_boxes(low[unknown], side), _boxes(small, part)]
    out = []
    for reason, shape in (("no_terrain", np.concatenate(boxes)), ("steep", _boxes(low[steep], side))):
        if len(shape):
            out.append(Barred(reason, 0.0, shapely.union_all(shape)))
    return out


class Pieces(NamedTuple):
    """Usable land, square by square."""

    place: NDArray[np.float64]  # (P, 2) m, inside the piece
    area_m2: NDArray[np.float64]  # (P,) on the map
    height_m: NDArray[np.float64]  # (P,) ground at the place
    gradient: NDArray[np.float64]  # (P, 2)


def pieces_of(usable: shapely.Geometry, squares: Squares, surface: Surface) -> Pieces:
    """Usable land cut along the squares; the place of a piece is its middle, or a point inside where that is not."""
    import shapely

    low, side = squares.low, squares.side_m
    bottom, row = np.unique(low[:, 1], return_inverse=True)
    across = float(low[:, 0].min()) - side, float(low[:, 0].max()) + 2.0 * side
    strips = np.array(_strips(usable, bottom, side, across), dtype=object)
    shape = shapely.intersection(_boxes(low, side), strips[row.reshape(-1)])
    area = shapely.area(shape)
    keep = np.flatnonzero(area > 0)
    middle = shapely.centroid(shape[keep])
    outside = ~shapely.contains(shape[keep], middle)
    middle[outside] = shapely.point_on_surface(shape[keep][outside])
    place = shapely.get_coordinates(middle)
    off = place - low[keep] - side / 2
    gradient = squares.gradient[keep]
    plane = squares.height_m[keep] + gradient[:, 0] * off[:, 0] + gradient[:, 1] * off[:, 1]
    height = surface.height(place)
    return Pieces(place, area[keep], np.where(np.isfinite(height), height, plane), gradient)


def _strips(
    shape: shapely.Geometry, bottom: NDArray[np.float64], side_m: float, across: tuple[float, float]
) -> list[shapely.Geometry]:
    """A shape's part in each row of squares, by halves: no square meets more of a large shape than its own row."""
    import shapely

    part = shapely.intersection(shape, shapely.box(across[0], bottom[0], across[1], bottom[-1] + side_m))
    if len(bottom) == 1:
        return [part]
    half = len(bottom) // 2
    return _strips(part, bottom[:half], side_m, across) + _strips(part, bottom[half:], side_m, across)


def slope_class(gradient: NDArray[np.float64]) -> NDArray[np.int64]:
    """Class (P,) of slopes: 0 level, else 1 + 8 × steps of 5° of tilt + sector of 45° the ground falls towards."""
    tilt = np.degrees(np.arctan(np.hypot(gradient[:, 0], gradient[:, 1])))
    towards = np.degrees(np.arctan2(-gradient[:, 0], -gradient[:, 1])) % 360.0
    sector = np.floor((towards + 22.5) / 45.0).astype(np.int64) % 8
    steps = np.floor(tilt / 5.0).astype(np.int64)
    return np.where(tilt < LEVEL_DEG, 0, 1 + 8 * steps + sector)


def grouped(kind: NDArray[np.int64], area_m2: NDArray[np.float64]) -> NDArray[np.int64]:
    """Classes (P,) with small ones in the largest."""
    name, index = np.unique(kind, return_inverse=True)
    total = np.bincount(index, area_m2)
    small = total < SMALL_SHARE * total.sum()
    return np.where(small[index], name[np.argmax(total)], kind)


def fall_of(gradient: NDArray[np.float64], weight: NDArray[np.float64], convergence_deg: float) -> tuple[float, float]:
    """Tilt and TRUE azimuth [deg] that ground of mean gradient, weighted, falls towards; azimuth 180 where level."""
    total = float(weight.sum())
    east, north = (float((gradient[:, k] * weight).sum()) / total for k in (0, 1))
    tilt = float(np.degrees(np.arctan(np.hypot(east, north))))
    if tilt < LEVEL_DEG / 4:
        return tilt, 180.0
    return tilt, float((np.degrees(np.arctan2(-east, -north)) + convergence_deg) % 360.0)


def _boxes(low: NDArray[np.float64], side_m: float) -> NDArray[np.object_]:
    import shapely

    return np.asarray(shapely.box(low[:, 0], low[:, 1], low[:, 0] + side_m, low[:, 1] + side_m), dtype=object)
