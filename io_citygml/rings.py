"""Repairs of rings: closing points dropped, repeated points dropped, the exterior first; each is reported by a flag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from io_citygml.polygon import Rings, ring_vectors
from io_citygml.repair import SurfaceFlag


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
    previous = np.arange(-1, len(coords) - 1)
    repeated = np.all(coords == coords[previous], axis=1)
    repeated[first] = False
    closed = np.all(coords[first] == coords[last], axis=1) & (last > first)
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


def order_rings(rings: Rings) -> tuple[Rings, NDArray[np.int64]]:
    """Rings with the largest of each surface first, and the surfaces where that changed something.

    A file may name the hole "exterior" and the outline "interior" (their winding is then right as it stands).
    """
    several = np.flatnonzero(np.diff(rings.surface_ring) > 1)
    if not len(several):
        return rings, several
    size = np.linalg.norm(ring_vectors(rings.coords, rings.ring_start), axis=1)
    order = np.arange(len(size))
    swapped = []
    for surface in several.tolist():
        first, end = rings.surface_ring[surface], rings.surface_ring[surface + 1]
        largest = first + int(np.argmax(size[first:end]))
        if size[largest] > size[first]:
            order[[first, largest]] = order[[largest, first]]
            swapped.append(surface)
    if not swapped:
        return rings, several[:0]
    length = np.diff(rings.ring_start)[order]
    new_start = np.concatenate([[0], np.cumsum(length)])
    point = np.repeat(rings.ring_start[:-1][order] - new_start[:-1], length) + np.arange(len(rings.coords))
    return Rings(rings.coords[point], new_start, rings.surface_ring), np.array(swapped, dtype=np.int64)
