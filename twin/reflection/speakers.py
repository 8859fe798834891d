"""Which receivers speak for a reflector: what they see and get, its area's mean, is what the reflector does.

A reflector's receivers are those that stand on it, exposed, in the cell that sees it and in the eight around it
(met.REACH_M is less than a cell's width), each with its share of their area. A piece of a surface that has no receiver
of its own takes those of the whole surface; ground without one (a strip along a wall, a narrow court) the nearest.

Oracle: tests/twin/test_twin_reflection.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.operators import CellData
from twin.receivers import is_land, is_point
from twin.reflection.keys import (
    ground_keys,
    ground_middles,
    is_foot,
    is_ground,
    is_surface,
    level_of,
    surface_keys,
    surface_of,
)
from twin.reflection.met import GROUND_M

# Ground whose edge is farther than this from any receiver is far ground.
NEAREST_M = 5.5
# On a square grid four receivers are at most as near to a place as any.
AS_NEAR = 4
# Farther from a piece of a wall than this, land says nothing of the ground before it.
LAND_BEFORE_WALL_M = 10.0
Value = TypeVar("Value", bound=np.generic)
Found = tuple[NDArray[np.intp], NDArray[np.intp]]  # receivers of a cell, and the mean that each has a share in


class Share(NamedTuple):
    """Receivers of one cell, the mean that each has a share in, and how large; ascending by mean, then row."""

    row: NDArray[np.intp]  # (N,)
    mean: NDArray[np.int32]  # (N,)
    weight: NDArray[np.float64]  # (N,) those of a mean make 1, all cells added

    def of(self, first: int, end: int) -> Share:
        """The shares in means ``first`` … ``end`` − 1, counted from ``first``."""
        part = slice(*np.searchsorted(self.mean, (first, end)))
        return Share(self.row[part], (self.mean[part] - first).astype(np.int32), self.weight[part])


class Speakers(NamedTuple):
    """Means over receivers, and which of them each reflector takes."""

    mean: NDArray[np.intp]  # (R,) of each reflector; −1: nobody speaks for it
    normal: NDArray[np.float64]  # (M, 3) unit
    foot: NDArray[np.bool_]  # (M,) ground before a wall
    shares: tuple[Share, ...]  # one of each cell of the window

    def given(self, of_means: NDArray[Value]) -> NDArray[Value]:
        """What belongs to each mean (M, …), given to the reflectors (R, …); zero where nobody speaks."""
        out = np.zeros((len(self.mean), *of_means.shape[1:]), of_means.dtype)
        known = self.mean >= 0
        out[known] = of_means[self.mean[known]]
        return out


def speakers_of(key: NDArray[np.int64], window: Sequence[CellData]) -> Speakers:
    """Who speaks for the reflectors ``key`` (R,), ascending; ``window`` holds the cell that sees them and those around.

    Each reflector that somebody stands on is a mean of its own, so is each whole surface that a piece must fall back
    to, and each piece of ground that takes the nearest receiver.
    """
    mean = np.arange(len(key))
    found = [_standing_on(key, data) for data in window]
    bare = np.flatnonzero(is_surface(key) & (_area(found, window, len(key)) <= 0.0))
    foot = is_foot(key)
    # the ground before a wall faces another way than the wall
    whole_name, which = np.unique(2 * surface_of(key[bare]) + foot[bare], return_inverse=True)
    mean[bare] = len(key) + which.reshape(-1)
    empty = np.flatnonzero(is_ground(key) & (_area(found, window, len(key)) <= 0.0))
    reach_m = NEAREST_M + np.array(GROUND_M)[level_of(key[empty])] / 2
    near = _nearest_land(ground_middles(key[empty]), reach_m, window)
    for cell, data in enumerate(window):
        exposed = _exposed(data)
        surface = np.asarray(data.receivers.surface)[exposed].astype(np.int64)
        whole = [_match(whole_name, 2 * surface + at_foot, exposed) for at_foot in (0, 1)]
        mine = np.flatnonzero(near[0] == cell)
        parts = [found[cell], *((row, len(key) + at) for row, at in whole), (near[1][mine], empty[mine])]
        found[cell] = _together(parts)
    level = np.concatenate([foot, whole_name % 2 == 1])
    return _normalised(mean, level, found, window)


def _standing_on(key: NDArray[np.int64], data: CellData) -> Found:
    """Receivers (N,) of a cell and the reflector that each stands on, at every level of names."""
    receivers, exposed = data.receivers, _exposed(data)
    place = np.asarray(receivers.point)[exposed].astype(np.float64) + data.origin
    surface = np.asarray(receivers.surface)[exposed]
    land = is_land(surface)
    parts = []
    for on_land, member in ((False, np.flatnonzero(~land)), (True, np.flatnonzero(land))):
        for level in np.unique(level_of(key[is_ground(key) if on_land else is_surface(key)])).tolist():
            at = place[member]
            name = ground_keys(at[:, :2], level) if on_land else surface_keys(surface[member], at, level)
            parts.append(_match(key, name, exposed[member]))
    return _together(parts)


def _together(parts: Sequence[Found]) -> Found:
    nothing = np.zeros(0, np.intp)
    return np.concatenate([nothing, *(part[0] for part in parts)]), np.concatenate(
        [nothing, *(part[1] for part in parts)]
    )


def _match(key: NDArray[np.int64], name: NDArray[np.int64], row: NDArray[np.intp]) -> Found:
    """Those rows (N,) whose names (N,) are among ``key``, and where."""
    if not len(key):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    at = np.minimum(np.searchsorted(key, name), len(key) - 1)
    found = key[at] == name
    return row[found], at[found]


def _exposed(data: CellData) -> NDArray[np.intp]:
    """Receivers that can speak: the user's own points are part of nothing."""
    receivers = data.receivers
    return np.flatnonzero(~np.asarray(receivers.covered) & ~is_point(receivers.surface))


def _area(found: Sequence[Found], window: Sequence[CellData], count: int) -> NDArray[np.float64]:
    area = np.zeros(count)
    for data, (row, at) in zip(window, found, strict=True):
        np.add.at(area, at, np.asarray(data.receivers.area_m2)[row].astype(np.float64))
    return area


def with_land_before_walls(found: Speakers, window: Sequence[CellData]) -> Speakers:
    """The same, but of the ground before a wall the nearest land speaks: what a wall gets off others is not what lies
    before it gets."""
    foot = np.flatnonzero(found.foot)
    place, number = np.zeros((len(foot), 2)), np.full(len(found.foot), -1)
    number[foot] = np.arange(len(foot))
    for data, (row, mean, weight) in zip(window, found.shares, strict=True):
        at = np.flatnonzero(found.foot[mean])
        point = np.asarray(data.receivers.point)[row[at], :2] + data.origin[:2]
        np.add.at(place, number[mean[at]], weight[at, None] * point)
    cell_of, land = _nearest_land(place, np.full(len(foot), LAND_BEFORE_WALL_M), window)
    replaced = np.zeros(len(found.foot), bool)
    replaced[foot[cell_of >= 0]] = True
    shares = []
    for cell, (row, mean, weight) in enumerate(found.shares):
        kept, mine = ~replaced[mean], np.flatnonzero(cell_of == cell)
        row = np.concatenate([row[kept], land[mine]])
        mean = np.concatenate([mean[kept], foot[mine].astype(np.int32)])
        weight = np.concatenate([weight[kept], np.ones(len(mine))])
        order = np.lexsort((row, mean))
        shares.append(Share(row[order], mean[order], weight[order]))
    return found._replace(shares=tuple(shares))


def _nearest_land(
    middle: NDArray[np.float64], reach_m: NDArray[np.float64], window: Sequence[CellData]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which cell of the window (E,) the land receiver nearest to each place (E, 2) stands in, −1: none within reach,
    and its row (E,)."""
    from scipy.spatial import cKDTree

    land = [np.flatnonzero(is_land(data.receivers.surface) & ~np.asarray(data.receivers.covered)) for data in window]
    if not len(middle) or not sum(map(len, land)):
        return np.full(len(middle), -1), np.zeros(len(middle), np.intp)
    place = [np.asarray(d.receivers.point)[r, :2] + d.origin[:2] for d, r in zip(window, land, strict=True)]
    whose = np.concatenate([np.full(len(rows), cell) for cell, rows in enumerate(land)])
    where = np.concatenate(place)
    # Receivers stand on a grid, so several may be as near: the first by its place, whatever else the window holds.
    count = min(AS_NEAR, len(where))
    found, index = cKDTree(where).query(middle, k=count)
    found, index = found.reshape(-1, count), index.reshape(-1, count)
    as_near = found <= found[:, :1] + 1e-6
    x, y = (np.where(as_near, where[index, axis], np.inf) for axis in (0, 1))
    at = index[np.arange(len(index)), np.lexsort((y, x), axis=1)[:, 0]]
    return np.where(found[:, 0] <= reach_m, whose[at], -1), np.concatenate(land)[at]


def _normalised(
    mean: NDArray[np.intp], level: NDArray[np.bool_], found: Sequence[Found], window: Sequence[CellData]
) -> Speakers:
    """Shares of the area; no mean that no reflector takes, nor one without an area or a way that it faces. Some means
    are ``level``, whichever way their receivers face."""
    count = len(level)
    area, normal = _area(found, window, count), np.zeros((count, 3))
    for data, (row, at) in zip(window, found, strict=True):
        weight = np.asarray(data.receivers.area_m2)[row].astype(np.float64)
        np.add.at(normal, at, weight[:, None] * np.asarray(data.receivers.normal)[row])
    normal[level & (area > 0.0)] = (0.0, 0.0, 1.0)
    length = np.linalg.norm(normal, axis=1)
    taken = np.zeros(count, bool)
    taken[mean] = True
    used = np.flatnonzero(taken & (area > 0.0) & (length > 0.0))
    number = np.full(count, -1)
    number[used] = np.arange(len(used))
    shares = []
    for data, (row, at) in zip(window, found, strict=True):
        order = np.lexsort((row, at))
        row, at = (column[order][number[at[order]] >= 0] for column in (row, at))
        weight = np.asarray(data.receivers.area_m2)[row].astype(np.float64) / area[at]
        shares.append(Share(row, number[at].astype(np.int32), weight))
    return Speakers(number[mean], normal[used] / length[used, None], level[used], tuple(shares))
