"""The ground below a laser scan, as a raster: trees are measured from it.

Three sources, the first that serves: points of class 2; the terrain of the job; the lowest points, from which buildings
and trees are opened away by growing windows (progressive morphological filter: Zhang et al. 2003,
https://doi.org/10.1109/TGRS.2003.810682). Holes, under buildings mostly, are filled by inverse squared distance over
the eight nearest cells, as open land is.

Oracle: synthetic scans on a slope, tests/twin/test_twin_vegetation_points.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.vegetation.crowns import Floats

STEP_M = 1.0
# ASPRS ground, and the share of the cells with points that must hold such a one: 1 in 20 is a few metres away.
GROUND = 2
ENOUGH = 0.05
NEIGHBOURS = 8
# Windows of the filter [cells]: the last is wider than most city buildings; the slope that terrain may have between.
WINDOWS = (3, 5, 9, 17, 33, 49)
SLOPE = 0.3
FIRST_STEP_M, LARGEST_STEP_M = 0.3, 3.0
# A cell this far below the median about it is an echo from nowhere.
PIT_M = 1.0

Height = Callable[[Floats], Floats]


class Ground(NamedTuple):
    """Heights on a raster of STEP_M whose first corner lies at ``low``."""

    low: Floats  # (2,) m
    height: Floats  # (rows, columns) m, of the middles of the cells
    source: str

    def at(self, plan: Floats) -> Floats:
        """Height (N,) [m] at places (N, 2), bilinear."""
        from scipy.ndimage import map_coordinates

        place = (plan - self.low) / STEP_M - 0.5
        return np.asarray(map_coordinates(self.height, place.T[::-1], order=1, mode="nearest"))


def ground_of(point: Floats, kind: NDArray[np.uint8], low: Floats, size_m: float, terrain: Height | None) -> Ground:
    """Ground of a square block with its first corner at ``low`` (2,), from points (N, 3) of classes (N,) in it."""
    cells = round(size_m / STEP_M)
    bare = _lowest(point[kind == GROUND], low, cells)
    lowest = _lowest(point, low, cells)
    if np.isfinite(bare).sum() >= max(1.0, ENOUGH * np.isfinite(lowest).sum()):
        return Ground(low, _filled(bare), "points of class 2")
    if terrain is not None:
        x, y = np.meshgrid(*(low[:, None] + (np.arange(cells) + 0.5) * STEP_M))
        height = terrain(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(cells, cells)
        if np.isfinite(height).any():
            return Ground(low, _filled(height), "the job's terrain")
    return Ground(low, _opened(lowest), "the lowest points")


def _lowest(point: Floats, low: Floats, cells: int) -> Floats:
    """(cells, cells) lowest point of each cell, NaN where there is none."""
    height = np.full((cells, cells), np.inf)
    column, row = np.clip(((point[:, :2] - low) / STEP_M).astype(np.int64), 0, cells - 1).T
    np.minimum.at(height, (row, column), point[:, 2])
    return np.where(np.isfinite(height), height, np.nan)


def _filled(height: Floats) -> Floats:
    from scipy.spatial import cKDTree

    known = np.isfinite(height)
    if known.all() or not known.any():
        return np.nan_to_num(height)
    rows = np.argwhere(known)
    distance, index = cKDTree(rows).query(np.argwhere(~known), k=min(NEIGHBOURS, len(rows)))
    distance, index = distance.reshape(len(distance), -1), index.reshape(len(index), -1)
    weight = 1.0 / distance**2
    out = height.copy()
    out[~known] = (weight * height[known][index]).sum(axis=1) / weight.sum(axis=1)
    return out


def _opened(lowest: Floats) -> Floats:
    """Ground among the lowest points: what no window lowers by more than terrain slopes."""
    from scipy.ndimage import grey_opening, median_filter

    surface = _filled(lowest)
    about = median_filter(surface, size=5, mode="nearest")
    surface = np.where(surface < about - PIT_M, about, surface)
    bare, width = np.isfinite(lowest), 1
    for window in WINDOWS:
        opened = grey_opening(surface, size=(window, window), mode="nearest")
        allowed = min(SLOPE * (window - width) * STEP_M / 2 + FIRST_STEP_M, LARGEST_STEP_M)
        bare &= surface - opened <= allowed
        surface, width = opened, window
    return _filled(np.where(bare, lowest, np.nan))
