"""Repairs of rings, each reported: closing and repeated points dropped, the exterior first, holes running against it.

Also what other repairs need: surfaces taken, replaced, turned around.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from io_citygml.polygon import Rings, ring_vectors
from io_citygml.repair import SurfaceFlag

Piece = list[NDArray[np.float64]]
"""One polygon: its exterior (n, 3), then its holes."""


def clean_rings(rings: Rings) -> tuple[Rings, NDArray[np.uint16]]:
    """Open rings without repeated points, and the flags (S,) of what had to be done.

    A point is dropped where it equals its successor in the ring exactly; for the last point of a closed ring that is
    the closing point. The first point of a run of equal points stays. A ring keeps at least one point.
    """
    coords, ring_start, surface_ring = rings
    flags = np.zeros(len(surface_ring) - 1, dtype=np.uint16)
    length = np.diff(ring_start)
    filled = np.flatnonzero(length)
    if not len(filled):
        return rings, flags
    first, last = ring_start[filled], ring_start[filled + 1] - 1
    same = coords[1:] == coords[:-1]
    repeated = np.zeros(len(coords), dtype=bool)
    repeated[1:] = same[:, 0] & same[:, 1] & same[:, 2]
    repeated[first] = False
    closed = (coords[first] == coords[last]).all(axis=1) & (last > first)
    drop = repeated.copy()
    # the closing point, and any repetition of it just before
    drop[last[closed]] = True
    inner_repeats = np.add.reduceat(repeated, first) > 0
    ring_flag = np.zeros(len(length), dtype=np.uint16)
    ring_flag[filled[~closed]] |= np.uint16(SurfaceFlag.UNCLOSED_RING)
    ring_flag[filled[inner_repeats]] |= np.uint16(SurfaceFlag.DUPLICATE_POINTS)
    # a run of repetitions that reaches the closing point leaves its first member, which equals the ring's first point
    for ring in filled[closed & repeated[last]].tolist():
        point = int(ring_start[ring + 1]) - 1
        while point > ring_start[ring] and (drop[point] or np.all(coords[point] == coords[ring_start[ring]])):
            drop[point] = True
            point -= 1
    np.bitwise_or.at(flags, np.repeat(np.arange(len(flags)), np.diff(surface_ring)), ring_flag)
    stay = ~drop
    new_length = np.zeros(len(length), dtype=np.int64)
    new_length[filled] = np.add.reduceat(stay.astype(np.int64), first)
    return Rings(coords[stay], np.concatenate([[0], np.cumsum(new_length)]), surface_ring), flags


def keep_surfaces(rings: Rings, keep: NDArray[np.bool_]) -> Rings:
    """The rings and points of the surfaces (S,) to keep."""
    if keep.all():
        return rings
    ring_keep = np.repeat(keep, np.diff(rings.surface_ring))
    length = np.diff(rings.ring_start)
    return Rings(
        rings.coords[np.repeat(ring_keep, length)],
        np.concatenate([[0], np.cumsum(length[ring_keep])]),
        np.concatenate([[0], np.cumsum(np.diff(rings.surface_ring)[keep])]),
    )


def order_rings(rings: Rings) -> tuple[Rings, NDArray[np.int64], NDArray[np.int64]]:
    """Rings with the largest of each surface first and its holes running against it.

    Also the surfaces where the exterior changed, and those where a hole was turned. A file may name the hole
    "exterior" and the outline "interior" (their winding is then right as it stands), or wind both alike.
    """
    several = np.flatnonzero(np.diff(rings.surface_ring) > 1)
    if not len(several):
        return rings, several, several
    some = take_surfaces(rings, several)
    vector = ring_vectors(some.coords, some.ring_start)
    size = np.linalg.norm(vector, axis=1)
    swapped, turned = [], []
    changed: dict[int, list[Piece]] = {}
    for row, surface in enumerate(several.tolist()):
        first, end = some.surface_ring[row], some.surface_ring[row + 1]
        order = list(range(first, end))
        largest = int(np.argmax(size[first:end]))
        if size[first + largest] > size[first]:
            order[0], order[largest] = order[largest], order[0]
            swapped.append(surface)
        alike = [ring for ring in order[1:] if vector[ring] @ vector[order[0]] > 0]
        if alike:
            turned.append(surface)
        if alike or order[0] != first:
            drawn = {ring: some.coords[some.ring_start[ring] : some.ring_start[ring + 1]] for ring in order}
            changed[surface] = [[drawn[ring][::-1] if ring in alike else drawn[ring] for ring in order]]
    rings, _ = replace_surfaces(rings, changed)
    return rings, np.array(swapped, dtype=np.int64), np.array(turned, dtype=np.int64)


def take_surfaces(rings: Rings, surfaces: NDArray[np.int64]) -> Rings:
    """The rings and points of the surfaces (N,), in that order."""
    first, count = rings.surface_ring[surfaces], np.diff(rings.surface_ring)[surfaces]
    ring = spans(first, count)
    length = np.diff(rings.ring_start)[ring]
    return Rings(
        rings.coords[spans(rings.ring_start[ring], length)],
        np.concatenate([[0], np.cumsum(length)]),
        np.concatenate([[0], np.cumsum(count)]),
    )


def spans(first: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """first[0], first[0] + 1 … for length[0] numbers, then the same of the next."""
    begin = np.cumsum(length) - length
    return np.repeat(first - begin, length) + np.arange(int(length.sum()), dtype=np.int64)


def rings_of(rings: Rings, surface: int) -> Piece:
    """The rings of one surface."""
    first, end = rings.surface_ring[surface], rings.surface_ring[surface + 1]
    return [rings.coords[rings.ring_start[r] : rings.ring_start[r + 1]] for r in range(first, end)]


def replace_surfaces(rings: Rings, drawn: dict[int, list[Piece]]) -> tuple[Rings, NDArray[np.int64]]:
    """Rings in which polygons take the place of a surface, and for each surface now (S',) the one it came from."""
    n_surfaces = len(rings.surface_ring) - 1
    if not drawn:
        return rings, np.arange(n_surfaces)
    coords: list[NDArray[np.float64]] = []
    lengths: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    ring_length, ring_count = np.diff(rings.ring_start), np.diff(rings.surface_ring)
    copies = np.ones(n_surfaces, dtype=np.int64)
    done = 0
    for surface in [*sorted(drawn), n_surfaces]:
        first, end = rings.surface_ring[done], rings.surface_ring[surface]
        coords.append(rings.coords[rings.ring_start[first] : rings.ring_start[end]])
        lengths.append(ring_length[first:end])
        counts.append(ring_count[done:surface])
        for piece in drawn.get(surface, []):
            coords += piece
            lengths.append(np.array([len(ring) for ring in piece]))
            counts.append(np.array([len(piece)]))
        if surface < n_surfaces:
            copies[surface] = len(drawn[surface])
        done = surface + 1
    new = Rings(
        np.concatenate(coords),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        np.concatenate([[0], np.cumsum(np.concatenate(counts))]),
    )
    return new, np.repeat(np.arange(n_surfaces), copies)


def reverse_surfaces(rings: Rings, surfaces: NDArray[np.int64]) -> Rings:
    """Rings in which those of the surfaces run the other way."""
    first, count = rings.surface_ring[surfaces], np.diff(rings.surface_ring)[surfaces]
    ring = spans(first, count)
    start, length = rings.ring_start[ring], np.diff(rings.ring_start)[ring]
    forward = spans(start, length)
    backward = np.repeat(2 * start + length - 1, length) - forward
    coords = rings.coords.copy()
    coords[forward] = rings.coords[backward]
    return rings._replace(coords=coords)
