"""Surfaces drawn twice: the same polygon again, polygons upon each other, footprints that share ground.

Two surfaces of one kind that face the same way in one plane both see the sun: what they share is counted twice. A party
wall drawn once from either side is none of these, for its faces look at each other. Nothing is left out but a polygon
that repeats an earlier one of its own object point by point. Oracle: shapely on rectangles of known overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from io_citygml.defects_shape import frames_of, laid_flat
from io_citygml.model import SurfaceKind
from io_citygml.polygon import PLANARITY_M, Rings, Shapes, next_point
from io_citygml.rings import rings_of, take_surfaces

# A tenth of what a receiver stands for (1 m²): less shared area cannot be told from the joints of a roof.
OVERLAP_M2 = 0.1
# Neighbours share walls that were surveyed twice: strips of a few centimetres along ten metres are no defect.
FOOTPRINT_M2 = 1.0
# cos 1°: flatter angles than this are noise of millimetre coordinates on small surfaces.
_SAME_WAY = 0.99985
# A pile of a million surfaces must end, too: how many boxes are asked of the tree at a time (least, most), about how
# many pairs of boxes that may give, how many are looked at in all, and how many are intersected exactly.
_PORTION = (16, 4096)
_PAIRS_AT_A_TIME = 200_000
_MOST_PAIRS = 20_000_000
_MOST_EXACT = 200_000
_COUNTED = (SurfaceKind.ROOF, SurfaceKind.WALL, SurfaceKind.GROUND, SurfaceKind.OUTER_CEILING,
            SurfaceKind.OUTER_FLOOR, SurfaceKind.WINDOW, SurfaceKind.DOOR)  # fmt: skip

Pairs = NDArray[np.int64]
"""(N, 2) surface indices."""


class Overlaps(NamedTuple):
    """Pairs of surfaces that share area."""

    one: NDArray[np.int64]
    """(N,) surface indices."""
    other: NDArray[np.int64]
    """(N,) surface indices, each larger than its partner."""
    shared_m2: NDArray[np.float64]
    """(N,) area of the intersection [m²]."""
    complete: bool
    """False where there were too many pairs to look at all of them."""


def repeated(rings: Rings, kind: NDArray[np.uint8], owner: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(S,) polygons that repeat an earlier one of the same object and kind, point by point and facing the same way."""
    found = np.zeros(len(kind), dtype=bool)
    if not len(kind):
        return found
    points = np.diff(rings.ring_start[rings.surface_ring])
    steps = np.round((rings.coords - rings.coords.min(axis=0)) * 1000.0).astype(np.int64)
    total = np.add.reduceat(steps, rings.ring_start[rings.surface_ring[:-1]], axis=0)
    order = np.lexsort((total[:, 2], total[:, 1], total[:, 0], points, kind, owner))
    keys = np.column_stack([total, points, kind.astype(np.int64), owner])[order]
    alike = np.flatnonzero((keys[1:] == keys[:-1]).all(axis=1))
    groups = np.split(alike, np.flatnonzero(np.diff(alike) > 1) + 1) if len(alike) else []
    for group in groups:
        first: dict[frozenset[tuple[float, ...]], int] = {}
        for surface in sorted(order[[*group, group[-1] + 1]].tolist()):
            # directed edges, which a polygon facing the other way does not share
            shape = frozenset(edge for ring in rings_of(rings, surface) for edge in _edges(ring))
            if first.setdefault(shape, surface) != surface:
                found[surface] = True
    return found


def _edges(ring: NDArray[np.float64]) -> list[tuple[float, ...]]:
    return list(map(tuple, np.hstack([ring, np.roll(ring, -1, axis=0)]).tolist()))


def coplanar_overlaps(
    rings: Rings, shapes: Shapes, kind: NDArray[np.uint8], building: NDArray[np.int64], usable: NDArray[np.bool_]
) -> Overlaps:
    """Pairs of usable (S,) surfaces of one kind that face the same way and share more than ``OVERLAP_M2``.

    Ground surfaces of different buildings (S,) are the business of ``footprint_overlaps``.
    """
    low, high = _bounds(rings)

    def narrow(pairs: Pairs) -> Pairs:
        other_ground = (kind[pairs[:, 0]] == SurfaceKind.GROUND) & (building[pairs[:, 0]] != building[pairs[:, 1]])
        pairs = _in_one_plane(pairs[~other_ground], rings, shapes)
        return pairs[_reach_over(pairs, rings, shapes.normal[pairs[:, 0]], OVERLAP_M2)]

    found = [_near(np.flatnonzero(usable & (kind == which)), low, high, narrow) for which in _COUNTED]
    pairs = np.concatenate([part for part, _ in found])
    whole = all(complete for _, complete in found)
    return _sharing(pairs, rings, shapes.normal[pairs[:, 0]], OVERLAP_M2, whole)


def footprint_overlaps(
    rings: Rings, kind: NDArray[np.uint8], building: NDArray[np.int64], usable: NDArray[np.bool_]
) -> Overlaps:
    """Pairs of usable (S,) ground surfaces of different buildings (S,) that share more than ``FOOTPRINT_M2`` in plan.

    A building that stands wholly above another (over an arcade, a garage) shares no ground with it.
    """
    low, high = _bounds(rings)
    bottom, top = np.full(int(building.max(initial=0)) + 1, np.inf), np.full(int(building.max(initial=0)) + 1, -np.inf)
    np.minimum.at(bottom, building, low[:, 2])
    np.maximum.at(top, building, high[:, 2])
    upright = np.column_stack([low[:, :2], bottom[building]]), np.column_stack([high[:, :2], top[building]])

    def level(pairs: Pairs) -> NDArray[np.float64]:
        return np.tile([0.0, 0.0, 1.0], (len(pairs), 1))

    def narrow(pairs: Pairs) -> Pairs:
        pairs = pairs[building[pairs[:, 0]] != building[pairs[:, 1]]]
        return pairs[_reach_over(pairs, rings, level(pairs), FOOTPRINT_M2)]

    pairs, complete = _near(np.flatnonzero(usable & (kind == SurfaceKind.GROUND)), *upright, narrow)
    return _sharing(pairs, rings, level(pairs), FOOTPRINT_M2, complete)


def _bounds(rings: Rings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first = rings.ring_start[rings.surface_ring[:-1]]
    if not len(first):
        return np.zeros((0, 3)), np.zeros((0, 3))
    return np.minimum.reduceat(rings.coords, first), np.maximum.reduceat(rings.coords, first)


def _near(
    rows: NDArray[np.int64], low: NDArray[np.float64], high: NDArray[np.float64], narrow: Callable[[Pairs], Pairs]
) -> tuple[Pairs, bool]:
    """Pairs of surfaces among the rows whose boxes meet, narrowed down portion by portion; whether these are all."""
    boxes = shapely.box(low[rows, 0], low[rows, 1], high[rows, 0], high[rows, 1])
    tree = shapely.STRtree(boxes)
    parts: list[Pairs] = [np.zeros((0, 2), dtype=np.int64)]
    begin, portion, looked_at, left = 0, _PORTION[0], 0, 0
    while begin < len(rows):
        asked, met = tree.query(boxes[begin : begin + portion])
        one, other = rows[asked + begin], rows[met]
        keep = (one < other) & (low[one, 2] <= high[other, 2] + PLANARITY_M)
        keep &= low[other, 2] <= high[one, 2] + PLANARITY_M
        parts.append(narrow(np.column_stack([one[keep], other[keep]])))
        looked_at += len(asked)
        left += len(parts[-1])
        if looked_at > _MOST_PAIRS or left > _MOST_EXACT:
            return np.concatenate(parts)[:_MOST_EXACT], False
        begin += portion
        # of a pile each box meets every other: the more there are, the fewer are asked at a time
        portion = int(np.clip(_PAIRS_AT_A_TIME * portion // (len(asked) + 1), *_PORTION))
    return np.concatenate(parts), True


def _in_one_plane(pairs: Pairs, rings: Rings, shapes: Shapes) -> Pairs:
    """Those pairs that face the same way and of which the smaller lies in the other's plane."""
    normal = shapes.normal
    pairs = pairs[np.einsum("ij,ij->i", normal[pairs[:, 0]], normal[pairs[:, 1]]) > _SAME_WAY]
    if not len(pairs):
        return pairs
    swap = shapes.area[pairs[:, 0]] < shapes.area[pairs[:, 1]]
    large, small = np.where(swap, pairs[:, 1], pairs[:, 0]), np.where(swap, pairs[:, 0], pairs[:, 1])
    some = take_surfaces(rings, small)
    count = np.diff(some.ring_start[some.surface_ring])
    origin = rings.coords[rings.ring_start[rings.surface_ring[large]]]
    offset = some.coords - np.repeat(origin, count, axis=0)
    height = np.abs(np.einsum("ij,ij->i", offset, np.repeat(normal[large], count, axis=0)))
    return pairs[np.maximum.reduceat(height, some.ring_start[some.surface_ring[:-1]]) <= PLANARITY_M]


def _sharing(pairs: Pairs, rings: Rings, normal: NDArray[np.float64], least_m2: float, complete: bool) -> Overlaps:
    """Those pairs that share more than an area when both are laid into the plane of the first, of normal (N, 3)."""
    if not len(pairs):
        return Overlaps(pairs[:, 0], pairs[:, 1], np.zeros(0), complete)
    frame = frames_of(rings, pairs[:, 0], normal)
    both = np.concatenate([laid_flat(rings, pairs[:, 0], frame), laid_flat(rings, pairs[:, 1], frame)])
    invalid = np.flatnonzero(~shapely.is_valid(both))
    both[invalid] = shapely.make_valid(both[invalid])
    shared = np.asarray(shapely.area(shapely.intersection(both[: len(pairs)], both[len(pairs) :])))
    enough = shared > least_m2
    order = np.lexsort((pairs[enough, 1], pairs[enough, 0]))
    chosen = pairs[enough][order]
    return Overlaps(chosen[:, 0], chosen[:, 1], shared[enough][order], complete)


def _reach_over(pairs: Pairs, rings: Rings, normal: NDArray[np.float64], least_m2: float) -> NDArray[np.bool_]:
    """(N,) pairs whose boxes share more than an area, in the plane of normal (N, 3), along the longest edge of the
    first and along that of the second: nearly all pairs are neighbours that touch along an edge, and need no more.
    """
    found = np.ones(len(pairs), dtype=bool)
    for side in (0, 1):
        rows = np.flatnonzero(found)
        if not len(rows):
            break
        u = _longest_edge(rings, pairs[rows, side])
        u = u - np.einsum("ij,ij->i", u, normal[rows])[:, None] * normal[rows]
        length = np.linalg.norm(u, axis=1, keepdims=True)
        u = np.divide(u, length, out=np.zeros_like(u), where=length > 0)
        axes = (u, np.cross(normal[rows], u))
        origin = rings.coords[rings.ring_start[rings.surface_ring[pairs[rows, 0]]]]
        (low, high), (other_low, other_high) = (_extent(rings, pairs[rows, k], origin, axes) for k in (0, 1))
        shared = np.minimum(high, other_high) - np.maximum(low, other_low)
        found[rows] = (shared > 0).all(axis=1) & (shared.prod(axis=1) > least_m2)
    return found


def _longest_edge(rings: Rings, surfaces: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N, 3) the longest edge of each surface, as a vector [m]."""
    some = take_surfaces(rings, surfaces)
    edge = some.coords[next_point(some.ring_start)] - some.coords
    length = np.einsum("ij,ij->i", edge, edge)
    first = some.ring_start[some.surface_ring[:-1]]
    count = np.diff(some.ring_start[some.surface_ring])
    longest = np.flatnonzero(length == np.repeat(np.maximum.reduceat(length, first), count))
    of_surface = np.searchsorted(first, longest, side="right") - 1
    return edge[longest[np.unique(of_surface, return_index=True)[1]]]


def _extent(
    rings: Rings, surfaces: NDArray[np.int64], origin: NDArray[np.float64], axes: tuple[NDArray[np.float64], ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest place (N, 2) of each surface along two axes (N, 3) from its origin (N, 3) [m]."""
    some = take_surfaces(rings, surfaces)
    count = np.diff(some.ring_start[some.surface_ring])
    first = some.ring_start[some.surface_ring[:-1]]
    local = some.coords - np.repeat(origin, count, axis=0)
    place = [np.einsum("ij,ij->i", local, np.repeat(axis, count, axis=0)) for axis in axes]
    low, high = (np.column_stack([ends.reduceat(along, first) for along in place]) for ends in (np.minimum, np.maximum))
    return low, high
