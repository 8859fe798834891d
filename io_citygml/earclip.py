"""Ear clipping of polygons with holes in their own plane, without losing collinear points.

mapbox_earcut (ISC, after https://github.com/mapbox/earcut) does the clipping in the projection along the normal's
largest component. It may leave out a point that lies on a straight edge; the neighbour that uses this point would
then meet a T-junction and the solid would leak, so the left-out points are put back by splitting the triangle there.
"""

from __future__ import annotations

from itertools import pairwise

import mapbox_earcut
import numpy as np
from numpy.typing import NDArray

# Coordinates kept when the largest component of the normal is dropped, in the order that keeps the winding.
_KEPT_AXES = ((1, 2), (2, 0), (0, 1))


def clip_ears(
    coords: NDArray[np.float64],
    ring_start: NDArray[np.int64],
    surface_ring: NDArray[np.int64],
    surfaces: NDArray[np.int64],
    normal: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles (T, 3) over coords of the surfaces (N,), and for each the position of its surface in that list.

    ``normal`` is (S, 3) over all surfaces; a triangle winds about the normal of its surface.
    """
    pieces: list[NDArray[np.int64]] = [np.empty((0, 3), dtype=np.int64)]
    counts = np.zeros(len(surfaces), dtype=np.int64)
    dominant = np.argmax(np.abs(normal), axis=1) if len(normal) else np.empty(0, dtype=np.int64)
    for position, surface in enumerate(surfaces.tolist()):
        first_ring, end_ring = surface_ring[surface], surface_ring[surface + 1]
        first, end = ring_start[first_ring], ring_start[end_ring]
        axis = int(dominant[surface])
        plane = coords[first:end, _KEPT_AXES[axis]] - coords[first, _KEPT_AXES[axis]]
        ring_end = (ring_start[first_ring + 1 : end_ring + 1] - first).astype(np.uint32)
        triangle = mapbox_earcut.triangulate_float64(plane, ring_end).astype(np.int64).reshape(-1, 3)
        if not len(triangle):
            continue
        if _doubled_area(plane, triangle) * normal[surface, axis] < 0:
            triangle = triangle[:, ::-1]
        if len(triangle) < (end - first) + 2 * (len(ring_end) - 1) - 2:
            triangle = _restore_points(triangle, ring_end)
        pieces.append(triangle + first)
        counts[position] = len(triangle)
    return np.concatenate(pieces), np.repeat(np.arange(len(surfaces)), counts)


def _doubled_area(plane: NDArray[np.float64], triangle: NDArray[np.int64]) -> float:
    a, b, c = plane[triangle[:, 0]], plane[triangle[:, 1]], plane[triangle[:, 2]]
    ab, ac = b - a, c - a
    return float(np.sum(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]))


def _restore_points(triangle: NDArray[np.int64], ring_end: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Split triangles so that every edge of every ring is the edge of a triangle, where a straight run allows it."""
    triangles = [tuple(row) for row in triangle.tolist()]
    edge = {pair: index for index, row in enumerate(triangles) for pair in _edges(row)}
    begin = 0
    for end in ring_end.tolist():
        ring = list(range(begin, end))
        begin = end  # of the next ring
        if sum((b, a) in edge for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) * 2 > len(ring):
            ring.reverse()
        size = len(ring)
        step = 0
        while step < size:
            start = ring[step]
            ahead = ((k, ring[(step + k) % size]) for k in range(1, size))
            # an edge without its opposite is the polygon's border, not a diagonal
            run = next((k for k, end in ahead if (start, end) in edge and (end, start) not in edge), None)
            if run is not None and run > 1:
                _split(triangles, edge, [ring[(step + k) % size] for k in range(run + 1)])
            step += run or 1
    return np.array(triangles, dtype=np.int64).reshape(-1, 3)


def _edges(row: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return ((row[0], row[1]), (row[1], row[2]), (row[2], row[0]))


def _split(triangles: list[tuple[int, ...]], edge: dict[tuple[int, int], int], chain: list[int]) -> None:
    """Replace the triangle on the edge (chain[0], chain[-1]) by a fan over the chain."""
    index = edge.pop((chain[0], chain[-1]))
    apex = next(point for point in triangles[index] if point not in (chain[0], chain[-1]))
    for offset, pair in enumerate(pairwise(chain)):
        row = (*pair, apex)
        place = index
        if offset == 0:
            triangles[index] = row
        else:
            place = len(triangles)
            triangles.append(row)
        for side in _edges(row):
            edge[side] = place
