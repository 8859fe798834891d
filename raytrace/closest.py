"""The nearest triangle along each ray.

Idea: descend into the nearest child first and skip boxes that begin beyond the best hit; sixteen boxes or quads at a
time where a vector unit serves (search.py), one by one elsewhere. A triangle's
distance is never less than the entry into any box around it (slab.py, triangle.py), so skipping never
changes the answer, and of triangles at the same distance the lowest original index wins: the tree leaves no
trace.

Oracles: tests/oracles/brute_force.py, and the plain loops for the vector path, in
tests/raytrace/test_raytrace_closest.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check, counter, search, simd, slab, triangle
from raytrace.bvh import STACK_SIZE, Bvh, scene_box
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS
from raytrace.simd import LANES
from raytrace.stack import push_children

CHUNK = 256
"""Rays a parallel work item: enough to pay for its scratch arrays, few enough to balance the threads."""


class ClosestHit(NamedTuple):
    """What N rays meet first.

    Attributes:
        triangle: (N,) int32, index into the triangles given to ``build``, −1 where nothing is met.
        distance: (N,) float32 [m], inf where nothing is met.
        back_face: (N,) bool, True where the ray leaves through the triangle's back (direction · normal > 0
            by the corners' winding).
    """

    triangle: npt.NDArray[np.int32]
    distance: npt.NDArray[np.float32]
    back_face: npt.NDArray[np.bool_]


def closest(bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike) -> ClosestHit:
    """Nearest hit of each ray at a distance > 0.

    Args:
        bvh: the scene; whether a surface is closed makes no difference here.
        points: (N, 3) origins [m], local, rounded to float32.
        directions: (N, 3) unit vectors, one a point, rounded to float32.

    Returns:
        Original triangle indices, distances and sides. Triangles seen exactly edge-on are not met.

    Raises:
        TypeError, ValueError: see check.py.
    """
    return _closest(bvh, points, directions, simd.AVAILABLE)


def closest_plain(bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike) -> ClosestHit:
    """The same answer from plain loops, several times slower: the oracle of ``closest``."""
    return _closest(bvh, points, directions, False)


def _closest(bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike, vectors: bool) -> ClosestHit:
    point, direction = check.single_rays(points, directions)
    n = len(point)
    hit = ClosestHit(np.full(n, -1, np.int32), np.full(n, np.inf, np.float32), np.zeros(n, np.bool_))
    if n and len(bvh.child):
        with PARALLEL_KERNELS:
            counter.count(n)
            (_vector_rays if vectors else _plain_rays)(bvh, point, direction, hit)
    return hit


@kernel(parallel=True)
def _vector_rays(bvh, point, direction, hit):  # type: ignore[no-untyped-def]
    n = len(point)
    for chunk in prange((n + CHUNK - 1) // CHUNK):
        space = search.workspace(bvh)
        _vector_chunk(bvh, point, direction, hit, chunk * CHUNK, min(n, (chunk + 1) * CHUNK), space)


@kernel()
def _vector_chunk(bvh, point, direction, hit, begin, end, space):  # type: ignore[no-untyped-def]
    """Rays begin:end of a work item. ``space`` belongs to the caller, so that its addresses stay good."""
    at = search.addresses(bvh, space)
    corners, box, shaft = bvh.triangle, space.box, space.shaft
    far, index, back = hit.distance, hit.triangle, hit.back_face
    for first in range(begin, end, LANES):
        for lane in range(search.set_rays(at, point, direction, first)):
            i = first + lane
            far[i], index[i], back[i] = search.nearest(at, lane, corners, box, shaft)


@kernel(parallel=True)
def _plain_rays(bvh, point, direction, hit):  # type: ignore[no-untyped-def]
    n = len(point)
    for chunk in prange((n + CHUNK - 1) // CHUNK):
        _plain_chunk(bvh, point, direction, hit, chunk * CHUNK, min(n, (chunk + 1) * CHUNK))


@kernel()
def _plain_chunk(bvh, point, direction, hit, begin, end):  # type: ignore[no-untyped-def]
    """Rays begin:end, box by box and triangle by triangle. Its work space belongs to one thread."""
    stack = np.empty(STACK_SIZE, np.int32)
    near = np.empty(STACK_SIZE, np.float32)
    scratch = (np.empty(6, np.float32), np.empty((1, 6), np.float32), np.empty(6, np.float32))
    scene = scene_box(bvh.node_box).reshape(1, 6)
    for i in range(begin, end):
        distance, index, back = _nearest(bvh, scene, point[i], direction[i], stack, near, scratch)
        hit.distance[i], hit.triangle[i], hit.back_face[i] = distance, index, back


@kernel()
def _nearest(bvh, scene, point, direction, stack, near, scratch):  # type: ignore[no-untyped-def]
    """(distance, original index, back face) of one ray; ``scene`` (1, 6) is the box around everything, ``stack``,
    ``near`` and ``scratch`` are work space."""
    frame = triangle.frame_of(direction)
    shaft, box, own_shaft = scratch
    # Shaft of this ray: its padding fits the whole scene, so it fits every box in it.
    stack[0], near[0] = 0, triangle.own_entry(point, scene, 0, shaft, frame)
    height = 0 if near[0] == slab.MISS else 1
    best, best_index, best_back = slab.MISS, np.int32(-1), False
    while height > 0:
        height -= 1
        if near[height] > best:
            continue
        node = stack[height]
        if node >= 0:
            height = push_children(bvh, node, frame, shaft, box, stack, near, height)
            continue
        for half in range(2):
            for slot in range(bvh.size[~node]):
                index = bvh.pair[~node, half, slot]
                if index < 0:
                    continue
                distance, back = triangle.hit_distance(point, bvh.triangle, index, frame, box, own_shaft)
                if distance < best or (distance == best and distance < slab.MISS and index < best_index):
                    best, best_index, best_back = distance, index, back
    return best, best_index, best_back
