"""Which receivers speak for a reflector: what they see and get, its area's mean, is what the reflector does.

A reflector's receivers are those that stand on it, exposed, in the cell that sees it and in the eight around it
(met.REACH_M is less than a cell's width), each with its share of their area. A piece of a surface that has no receiver
of its own takes those of a wider piece, else of the whole surface; ground without one (a strip along a wall, a narrow
court) the nearest. For what lies right before a wall the wall's receivers speak: a wall of a dormer for the roof there.

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
    corner_keys,
    ground_keys,
    ground_middles,
    is_corner,
    is_foot,
    is_ground,
    is_surface,
    level_of,
    speaking_surface,
    surface_keys,
    surface_of,
    wall_piece,
    widened,
    widened_wall_piece,
)
from twin.reflection.met import CORNER, CORNER_SURFACES, GROUND_M

# Ground whose edge is farther than this from any receiver is far ground.
NEAREST_M = 5.5
# On a square grid four receivers are at most as near to a place as any.
AS_NEAR = 4
# Which way a mean faces, where it is not as another surface: as those who speak for it, or level.
AS_SPEAKERS, LEVEL = -1, -2
# Farther from a piece of a wall than this, no receiver says anything of what lies before it.
BEFORE_WALL_M = 10.0
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
    faces: NDArray[np.int64]  # (M,) AS_SPEAKERS; LEVEL: ground before a wall; else the surface that is before one
    shares: tuple[Share, ...]  # one of each cell of the window

    def given(self, of_means: NDArray[Value]) -> NDArray[Value]:
        """What belongs to each mean (M, …), given to the reflectors (R, …); zero where nobody speaks."""
        if not len(of_means):
            return np.zeros((len(self.mean), *of_means.shape[1:]), of_means.dtype)
        out = of_means.take(self.mean, axis=0, mode="clip")
        out[self.mean < 0] = 0
        return out


def speakers_of(key: NDArray[np.int64], window: Sequence[CellData]) -> Speakers:
    """Who speaks for the reflectors ``key`` (R,), ascending; ``window`` holds the cell that sees them and those around.

    Each reflector that somebody stands on is a mean of its own, so is each larger piece or whole surface that one must
    fall back to, and each piece of ground that takes the nearest receiver.
    """
    mean, faces = np.arange(len(key)), _faces(key)
    found = [_standing_on(key, data) for data in window]
    for whole in (False, True):
        bare = np.flatnonzero(_may_widen(key, whole) & (_area(found, window, len(faces))[mean] <= 0.0))
        # what lies before a wall faces another way than the wall
        pair = np.stack([_wider_names(key[bare], whole), faces[mean[bare]]], axis=1)
        wider, which = np.unique(pair, axis=0, return_inverse=True)
        mean[bare] = len(faces) + which.reshape(-1)
        for cell, data in enumerate(window):
            row, at = _standing_on_wider(wider[:, 0], data, whole)
            found[cell] = _together([found[cell], (row, len(faces) + at)])
        faces = np.concatenate([faces, wider[:, 1]])
    empty = np.flatnonzero(is_ground(key) & (_area(found, window, len(faces))[: len(key)] <= 0.0))
    reach_m = NEAREST_M + np.array(GROUND_M)[level_of(key[empty])] / 2
    near = _nearest_land(ground_middles(key[empty]), reach_m, window)
    for cell in range(len(window)):
        mine = np.flatnonzero(near[0] == cell)
        found[cell] = _together([found[cell], (near[1][mine], empty[mine])])
    return _normalised(mean, faces, found, window)


def _faces(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which way reflectors (R,) face: as who speaks for them, level, or as another surface, by its number."""
    out = np.where(is_foot(key), LEVEL, AS_SPEAKERS)
    corner = is_corner(key)
    out[corner] = surface_of(key[corner])
    return out


def _standing_on(key: NDArray[np.int64], data: CellData) -> Found:
    """Receivers (N,) of a cell and the reflector that each stands on or before, at every level of names."""
    row, surface, place = _places(data)
    land = is_land(surface)
    parts = []
    for on_land, member in ((False, np.flatnonzero(~land)), (True, np.flatnonzero(land))):
        level = np.where(is_ground(key) if on_land else is_surface(key), level_of(key), -1)
        for one in np.unique(level[level >= 0]).tolist():
            mine, at, on = np.flatnonzero(level == one), place[member], surface[member]
            if one == CORNER:
                parts.append(_match(wall_piece(key[mine]), mine, *_wall_pieces(row[member], on, at)))
            else:
                name = ground_keys(at[:, :2], one) if on_land else surface_keys(on, at, one)
                parts.append(_match(key[mine], mine, row[member], name))
    return _together(parts)


def _standing_on_wider(name: NDArray[np.int64], data: CellData, whole: bool) -> Found:
    """The same for wider pieces (M,) or whole surfaces."""
    row, surface, place = _places(data)
    on = ~is_land(surface)
    row, surface, place, mean = row[on], surface[on], place[on], np.arange(len(name))
    if whole:
        return _match(name, mean, row, surface.astype(np.int64))
    before, piece = _wall_pieces(row, surface, place)
    parts = [
        _match(name, mean, row, widened(surface_keys(surface, place, 0))),
        _match(name, mean, before, -1 - widened_wall_piece(piece)),
    ]
    return _together(parts)


def _may_widen(key: NDArray[np.int64], whole: bool) -> NDArray[np.bool_]:
    """Which reflectors (R,) have a wider piece, or a whole surface, to take what it sees."""
    return is_surface(key) if whole else is_corner(key) | (is_surface(key) & (level_of(key) == 0))


def _wider_names(key: NDArray[np.int64], whole: bool) -> NDArray[np.int64]:
    """Names (R,) of those: of pieces that corners stand before they are below 0, of others not."""
    if whole:
        return speaking_surface(key)
    return np.where(is_corner(key), -1 - widened_wall_piece(wall_piece(key)), widened(key))


def _wall_pieces(
    row: NDArray[np.intp], surface: NDArray[np.int32], place: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Which rows (N,) may speak for corners, and the pieces that they stand on."""
    named = surface < CORNER_SURFACES
    return row[named], wall_piece(corner_keys(surface[named], place[named], np.zeros(int(named.sum()), np.int64)))


def _places(data: CellData) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float64]]:
    """Exposed rows (N,) of a cell, their surfaces, and their places (N, 3) in the CRS."""
    row = _exposed(data)
    point = np.asarray(data.receivers.point)[row].astype(np.float64)
    return row, np.asarray(data.receivers.surface)[row], point + data.origin


def _together(parts: Sequence[Found]) -> Found:
    nothing = np.zeros(0, np.intp)
    return np.concatenate([nothing, *(part[0] for part in parts)]), np.concatenate(
        [nothing, *(part[1] for part in parts)]
    )


def _match(
    name: NDArray[np.int64], mean: NDArray[np.intp], row: NDArray[np.intp], name_of_row: NDArray[np.int64]
) -> Found:
    """Rows (N,) and the means (N,) that have their name; several means may have the same."""
    order = np.argsort(name, kind="stable")
    ranked = name[order]
    first = np.searchsorted(ranked, name_of_row)
    count = np.searchsorted(ranked, name_of_row, side="right") - first
    start = np.repeat(first - (np.cumsum(count) - count), count)
    return np.repeat(row, count), mean[order[start + np.arange(len(start))]]


def _exposed(data: CellData) -> NDArray[np.intp]:
    """Receivers that can speak: the user's own points are part of nothing."""
    receivers = data.receivers
    return np.flatnonzero(~np.asarray(receivers.covered) & ~is_point(receivers.surface))


def _area(found: Sequence[Found], window: Sequence[CellData], count: int) -> NDArray[np.float64]:
    area = np.zeros(count)
    for data, (row, at) in zip(window, found, strict=True):
        np.add.at(area, at, np.asarray(data.receivers.area_m2)[row].astype(np.float64))
    return area


def with_neighbours_before_walls(found: Speakers, window: Sequence[CellData]) -> Speakers:
    """The same, but of what lies before a wall the nearest land speaks, or the nearest receiver of the surface: what a
    wall gets off others is not what lies before it gets."""
    before = np.flatnonzero(found.faces != AS_SPEAKERS)
    place, number = np.zeros((len(before), 3)), np.full(len(found.faces), -1)
    number[before] = np.arange(len(before))
    for data, (row, mean, weight) in zip(window, found.shares, strict=True):
        at = np.flatnonzero(found.faces[mean] != AS_SPEAKERS)
        point = np.asarray(data.receivers.point)[row[at]] + data.origin
        np.add.at(place, number[mean[at]], weight[at, None] * point)
    faces, reach_m = found.faces[before], np.full(len(before), BEFORE_WALL_M)
    cell_of, near = np.full(len(before), -1), np.zeros(len(before), np.intp)
    level, on = faces == LEVEL, faces >= 0
    cell_of[level], near[level] = _nearest_land(place[level, :2], reach_m[level], window)
    cell_of[on], near[on] = _nearest_on(faces[on], place[on], reach_m[on], window)
    replaced = np.zeros(len(found.faces), bool)
    replaced[before[cell_of >= 0]] = True
    shares = []
    for cell, (row, mean, weight) in enumerate(found.shares):
        kept, mine = ~replaced[mean], np.flatnonzero(cell_of == cell)
        row = np.concatenate([row[kept], near[mine]])
        mean = np.concatenate([mean[kept], before[mine].astype(np.int32)])
        weight = np.concatenate([weight[kept], np.ones(len(mine))])
        order = np.lexsort((row, mean))
        shares.append(Share(row[order], mean[order], weight[order]))
    return found._replace(shares=tuple(shares))


def _nearest_land(
    middle: NDArray[np.float64], reach_m: NDArray[np.float64], window: Sequence[CellData]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which cell of the window (E,) the land receiver nearest to each place (E, 2) stands in, −1: none within reach,
    and its row (E,)."""
    land = [np.flatnonzero(is_land(data.receivers.surface) & ~np.asarray(data.receivers.covered)) for data in window]
    place = [np.asarray(d.receivers.point)[r, :2] + d.origin[:2] for d, r in zip(window, land, strict=True)]
    return _nearest(middle, reach_m, land, place)


def _nearest_on(
    surface: NDArray[np.int64], middle: NDArray[np.float64], reach_m: NDArray[np.float64], window: Sequence[CellData]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The same of receivers on given surfaces (E,) next to places (E, 3)."""
    asked = np.unique(surface)
    rows, places = [], []
    for data in window:
        row, on, place = _places(data)
        mine = np.isin(on, asked)
        rows.append(row[mine])
        places.append(_apart(np.searchsorted(asked, on[mine]), place[mine]))
    return _nearest(_apart(np.searchsorted(asked, surface), middle), reach_m, rows, places)


def _apart(group: NDArray[np.intp], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places (N, 3) with a coordinate more, which keeps groups out of each other's reach."""
    return np.concatenate([group[:, None] * 1000.0, place], axis=1)


def _nearest(
    middle: NDArray[np.float64],
    reach_m: NDArray[np.float64],
    rows: Sequence[NDArray[np.intp]],
    places: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which cell's receiver is the nearest to each place (E, n), −1: none within reach; and its row (E,)."""
    from scipy.spatial import cKDTree

    if not len(middle) or not sum(map(len, rows)):
        return np.full(len(middle), -1), np.zeros(len(middle), np.intp)
    whose = np.concatenate([np.full(len(row), cell) for cell, row in enumerate(rows)])
    where = np.concatenate(places)
    # Receivers stand on a grid, so several may be as near: the first by its place, whatever else the window holds.
    count = min(AS_NEAR, len(where))
    found, index = cKDTree(where).query(middle, k=count)
    found, index = found.reshape(-1, count), index.reshape(-1, count)
    as_near = found <= found[:, :1] + 1e-6
    coordinates = [np.where(as_near, where[index, axis], np.inf) for axis in range(where.shape[1])]
    at = index[np.arange(len(index)), np.lexsort(coordinates[::-1], axis=1)[:, 0]]
    return np.where(found[:, 0] <= reach_m, whose[at], -1), np.concatenate(rows)[at]


def _normalised(
    mean: NDArray[np.intp], faces: NDArray[np.int64], found: Sequence[Found], window: Sequence[CellData]
) -> Speakers:
    """Shares of the area; no mean that no reflector takes, nor one without an area or a way that it faces."""
    count = len(faces)
    area, normal = _area(found, window, count), np.zeros((count, 3))
    for data, (row, at) in zip(window, found, strict=True):
        weight = np.asarray(data.receivers.area_m2)[row].astype(np.float64)
        np.add.at(normal, at, weight[:, None] * np.asarray(data.receivers.normal)[row])
    normal[faces == LEVEL] = (0.0, 0.0, 1.0)
    normal[faces >= 0] = _normals(faces[faces >= 0], window)
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
    return Speakers(number[mean], normal[used] / length[used, None], faces[used], tuple(shares))


def _normals(surface: NDArray[np.int64], window: Sequence[CellData]) -> NDArray[np.float64]:
    """Which way surfaces (E,) face: sums (E, 3) over their receivers' areas; zero where there are none."""
    asked, which = np.unique(surface, return_inverse=True)
    total = np.zeros((len(asked), 3))
    for data in window:
        row, on, _ = _places(data)
        mine = np.isin(on, asked)
        weight = np.asarray(data.receivers.area_m2)[row[mine]].astype(np.float64)
        at = np.searchsorted(asked, on[mine])
        np.add.at(total, at, weight[:, None] * np.asarray(data.receivers.normal)[row[mine]])
    return np.asarray(total[which.reshape(-1)])
