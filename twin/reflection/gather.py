"""Pass two: what each reflector that a cell sees gets of sun and sky itself, from the receivers on it.

A reflector's view is the area-weighted mean over its exposed receivers, in the cell and in the eight around it
(met.REACH_M is less than a cell's width). Shares are kept in 255ths: the error of one is 0.2 % of full light at most,
and the sum over many reflectors has none to speak of.

A piece of a surface that has no receiver of its own takes the whole surface's mean; ground without one (a strip along a
wall, a narrow court) takes what the nearest receiver sees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin import canopy
from twin.operators import CellData, Reflectors
from twin.optics import Optics
from twin.receivers import is_land, is_point
from twin.reflection.keys import ground_keys, ground_middles, is_ground, is_surface, surface_keys, surface_of

STEPS = 255
# Reflectors that are added up at a time: 2,048 × 1,400 directions × 8 bytes = 23 MB a season and array.
BLOCK = 2048
# Ground farther than this from any receiver is far ground.
NEAREST_M = 8.0
# Names (P,) of what a cell's receivers stand on.
Names = Callable[[CellData], NDArray[np.int64]]


class Sums(NamedTuple):
    """Of N reflectors, over the receivers on them, weighted by their area."""

    area_m2: NDArray[np.float64]  # (N,) 0: no receiver
    normal: NDArray[np.float64]  # (N, 3)
    seen: NDArray[np.float64]  # (N, S·D + S·K)

    def put(self, rows: NDArray[np.intp], other: Sums, at: NDArray[np.intp]) -> None:
        """Take over some rows of others."""
        for mine, theirs in zip(self, other, strict=True):
            mine[rows] = theirs[at]


def reflectors_of(key: NDArray[np.int64], window: Sequence[CellData], optics: Optics) -> Reflectors:
    """What the reflectors ``key`` (R,), ascending, see of sun nodes and sky patches in each season.

    ``window`` holds the cell that sees them and those around it.
    """
    parts = [_of_block(key[first : first + BLOCK], window, optics) for first in range(0, max(len(key), 1), BLOCK)]
    return Reflectors(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_block(key: NDArray[np.int64], window: Sequence[CellData], optics: Optics) -> Reflectors:
    sums = summed(key, window, _standing, optics)
    bare = np.flatnonzero(is_surface(key) & (sums.area_m2 <= 0))
    surface, which = np.unique(surface_of(key[bare]), return_inverse=True)
    sums.put(bare, summed(surface, window, _surfaces, optics), which.reshape(-1))
    _from_nearest(key, window, sums, optics)
    length = np.linalg.norm(sums.normal, axis=1)
    known = (sums.area_m2 > 0) & (length > 0)
    unit = np.divide(sums.normal, length[:, None], out=np.zeros_like(sums.normal), where=known[:, None])
    share = np.divide(sums.seen, sums.area_m2[:, None], out=np.zeros_like(sums.seen), where=known[:, None])
    steps = np.rint(np.minimum(share, 1.0) * STEPS).astype(np.uint8)
    # Rounded, so that the pieces of a surface have one normal, not one of each rounding.
    return Reflectors(key, known, np.round(unit, 6).astype(np.float32), steps)


def summed(key: NDArray[np.int64], window: Sequence[CellData], names: Names, optics: Optics) -> Sums:
    """Sums over the exposed receivers that stand on each of ``key`` (N,), ascending."""
    sums = Sums(
        np.zeros(len(key)),
        np.zeros((len(key), 3)),
        np.zeros((len(key), optics.n_seasons * (optics.n_sun + optics.n_sky))),
    )
    for data in window if len(key) else ():
        receivers, name = data.receivers, names(data)
        row = np.flatnonzero(~np.asarray(receivers.covered) & ~is_point(receivers.surface))
        at = np.minimum(np.searchsorted(key, name[row]), len(key) - 1)
        found = key[at] == name[row]
        row, at = row[found], at[found]
        if not len(row):
            continue
        present, index = np.unique(at, return_inverse=True)
        member: NDArray[np.int32] = index.reshape(-1).astype(np.int32)
        weight = np.asarray(receivers.area_m2)[row].astype(np.float64)
        np.add.at(sums.area_m2, at, weight)
        np.add.at(sums.normal, at, weight[:, None] * np.asarray(receivers.normal)[row])
        found = canopy.weighted_sums(data, optics, row, weight, member, len(present))
        sums.seen[present] += np.concatenate(found, axis=1)
    return sums


def _standing(data: CellData) -> NDArray[np.int64]:
    """Pieces of surfaces and ground cells."""
    surface, point = np.asarray(data.receivers.surface), np.asarray(data.receivers.point).astype(np.float64)
    place = point + data.origin
    return np.where(is_land(surface), ground_keys(place[:, :2]), surface_keys(surface, place))


def _surfaces(data: CellData) -> NDArray[np.int64]:
    """Whole surfaces; open land and points are none."""
    return np.asarray(data.receivers.surface).astype(np.int64)


def _from_nearest(key: NDArray[np.int64], window: Sequence[CellData], sums: Sums, optics: Optics) -> None:
    """Ground without a receiver of its own sees what the nearest receiver sees."""
    from scipy.spatial import cKDTree

    empty = np.flatnonzero(is_ground(key) & (sums.area_m2 <= 0))
    land = [np.flatnonzero(is_land(data.receivers.surface)) for data in window]
    if not len(empty) or not sum(map(len, land)):
        return
    place = [np.asarray(d.receivers.point)[r, :2] + d.origin[:2] for d, r in zip(window, land, strict=True)]
    whose = np.concatenate([np.full(len(rows), cell) for cell, rows in enumerate(land)])
    row = np.concatenate(land)
    distance, nearest = cKDTree(np.concatenate(place)).query(ground_middles(key[empty]), distance_upper_bound=NEAREST_M)
    found = np.flatnonzero(np.isfinite(distance))
    for cell, data in enumerate(window):
        mine = found[whose[nearest[found]] == cell]
        if len(mine):
            at, member = empty[mine], row[nearest[mine]]
            sums.area_m2[at], sums.normal[at] = 1.0, np.asarray(data.receivers.normal)[member]
            each = np.arange(len(mine), dtype=np.int32)
            found_here = canopy.weighted_sums(data, optics, member, np.ones(len(mine)), each, len(mine))
            sums.seen[at] = np.concatenate(found_here, axis=1)
