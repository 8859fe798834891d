"""The nearest triangle along each ray.

Idea: descend into the nearer child first and skip boxes that begin beyond the best hit. A triangle's
distance is never less than the entry into any box around it (slab.py, triangle.py), so skipping never
changes the answer, and of triangles at the same distance the lowest original index wins: the tree leaves no
trace.

Oracle: tests/oracles/brute_force.py in tests/raytrace/test_raytrace_closest.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check, counter, slab, triangle
from raytrace.bvh import STACK_SIZE, Bvh
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS

CHUNK = 256
"""Rays a parallel work item: enough to pay for its scratch arrays, few enough to balance the threads."""


class ClosestHit(NamedTuple):
    """What N rays meet first.

    Attributes:
        distance: (N,) float32 [m], inf where nothing is met.
        triangle: (N,) int32, index into the triangles given to ``build``, −1 where nothing is met.
        back_face: (N,) bool, True where the ray leaves through the triangle's back (direction · normal > 0
            by the corners' winding).
    """

    distance: npt.NDArray[np.float32]
    triangle: npt.NDArray[np.int32]
    back_face: npt.NDArray[np.bool_]


def closest(bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike) -> ClosestHit:
    """Nearest hit of each ray at a distance > 0.

    Args:
        bvh: the scene.
        points: (N, 3) origins [m], local, rounded to float32.
        directions: (N, 3) unit vectors, one a point, rounded to float32.

    Returns:
        Distances, original triangle indices and sides. Triangles seen exactly edge-on are not met.

    Raises:
        TypeError, ValueError: see check.py.
    """
    point = check.coordinates("points", points)
    direction = check.unit_vectors("directions", directions)
    check.same_rows("points", point, "directions", direction)
    n = len(point)
    hit = ClosestHit(np.full(n, np.inf, np.float32), np.full(n, -1, np.int32), np.zeros(n, np.bool_))
    if n and len(bvh.triangle):
        with PARALLEL_KERNELS:
            counter.count(len(point))
            _closest(bvh, point, direction, hit)
    return hit


@kernel(parallel=True)
def _closest(bvh, point, direction, hit):  # type: ignore[no-untyped-def]
    n = len(point)
    for chunk in prange((n + CHUNK - 1) // CHUNK):
        _trace_rays(bvh, point, direction, hit, chunk * CHUNK, min(n, (chunk + 1) * CHUNK))


@kernel()
def _trace_rays(bvh, point, direction, hit, begin, end):  # type: ignore[no-untyped-def]
    """Rays begin:end of a work item. A function of its own, so that its work space belongs to one thread."""
    stack = np.empty(STACK_SIZE, np.int32)
    near = np.empty(STACK_SIZE, np.float32)
    scratch = (np.empty(6, np.float32), np.empty((1, 6), np.float32), np.empty(6, np.float32))
    for i in range(begin, end):
        distance, index, back = _nearest(bvh, point[i], direction[i], stack, near, scratch)
        hit.distance[i], hit.triangle[i], hit.back_face[i] = distance, index, back


@kernel()
def _nearest(bvh, point, direction, stack, near, scratch):  # type: ignore[no-untyped-def]
    """(distance, original index, back face) of one ray; ``stack``, ``near`` and ``scratch`` are work
    space."""
    frame = triangle.frame_of(direction)
    shaft, box, own_shaft = scratch
    stack[0], near[0] = 0, triangle.own_entry(point, bvh.box, 0, shaft, frame)
    height = 0 if near[0] == slab.MISS else 1
    best, best_index, best_back = slab.MISS, np.int32(-1), False
    while height > 0:
        height -= 1
        if near[height] > best:
            continue
        node = stack[height]
        first, count = bvh.first[node], bvh.size[node]
        for i in range(first, first + count):
            distance, back = triangle.hit_distance(point, bvh.triangle, i, frame, box, own_shaft)
            index = bvh.original[i]
            if distance < best or (distance == best and distance < slab.MISS and index < best_index):
                best, best_index, best_back = distance, index, back
        if count > 0:
            continue
        left = slab.entry(bvh.box, first, shaft, frame.inverse_x, frame.inverse_y, frame.inverse_z)
        right = slab.entry(bvh.box, first + 1, shaft, frame.inverse_x, frame.inverse_y, frame.inverse_z)
        if left < right:
            height = _push(stack, near, height, first + 1, right)
            height = _push(stack, near, height, first, left)
        else:
            height = _push(stack, near, height, first, left)
            height = _push(stack, near, height, first + 1, right)
    return best, best_index, best_back


@kernel()
def _push(stack, near, height, node, distance):  # type: ignore[no-untyped-def]
    if distance == slab.MISS:
        return height
    stack[height], near[height] = node, distance
    return height + 1
