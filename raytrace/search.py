"""Two walks of one ray through the tree: to the nearest triangle, and to any triangle at all.

Idea: ray.py says of sixteen quads which ones the ray misses, which it surely meets and which are in doubt. ``any_hit``
ends at the first sure one. ``nearest`` needs the distance, so everything that is not missed goes to the exact test of
triangle.py; that is one or two triangles a ray.

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_closest.py and test_raytrace_occluded.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from raytrace import simd, slab, triangle
from raytrace.bvh import STACK_SIZE, scene_box
from raytrace.jit import kernel
from raytrace.ray import (
    DIRECTION,
    OFFSETS,
    ORIGIN,
    VALUES,
    RayTree,
    meet_boxes,
    meet_quads,
    prepare,
    ray_at,
    tree_of,
)
from raytrace.simd import LANES, compress, load, pattern, pointer, spread
from raytrace.stack import nearest_last


class Space(NamedTuple):
    """Work space of a thread, as arrays.

    Attributes:
        values, offsets: (VALUES,) float32 and (OFFSETS,) int32, sixteen rays, see ray.prepare.
        ray: (6,) float32, origin [m] and direction of the ray at hand.
        scene: (6,) float32 [m], box around everything.
        stack, near: (STACK_SIZE + 16,) int32 and float32, nodes to visit and where the ray enters them.
        box, shaft: (1, 6) and (6,) float32, scratch of the exact test.
    """

    values: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.int32]
    ray: npt.NDArray[np.float32]
    scene: npt.NDArray[np.float32]
    stack: npt.NDArray[np.int32]
    near: npt.NDArray[np.float32]
    box: npt.NDArray[np.float32]
    shaft: npt.NDArray[np.float32]


class Addresses(NamedTuple):
    """What the walks read and write at every step, as addresses (simd.pointer)."""

    tree: RayTree
    values: Any
    offsets: Any
    ray: Any
    scene: Any
    stack: Any
    near: Any


@kernel()
def workspace(bvh):  # type: ignore[no-untyped-def]
    """Work space for a scene that has triangles."""
    return Space(
        np.empty(VALUES, np.float32),
        np.empty(OFFSETS, np.int32),
        np.empty(6, np.float32),
        scene_box(bvh.node_box),
        np.empty(STACK_SIZE + LANES, np.int32),
        np.empty(STACK_SIZE + LANES, np.float32),
        np.empty((1, 6), np.float32),
        np.empty(6, np.float32),
    )


@kernel()
def addresses(bvh, space):  # type: ignore[no-untyped-def]
    """Addresses of the tree and the work space; both must outlive them."""
    return Addresses(
        tree_of(bvh),
        pointer(space.values),
        pointer(space.offsets),
        pointer(space.ray),
        pointer(space.scene),
        pointer(space.stack),
        pointer(space.near),
    )


@kernel()
def set_rays(at, point, direction, begin):  # type: ignore[no-untyped-def]
    """Prepare up to sixteen rays from ``begin`` on of (N, 3) points and directions; returns how many."""
    n = min(LANES, len(point) - begin)
    for lane in range(LANES):
        i = begin + min(lane, n - 1)
        for a in range(3):
            at.values[ORIGIN + LANES * a + lane] = point[i, a]
            at.values[DIRECTION + LANES * a + lane] = direction[i, a]
    prepare(at.values, at.offsets, at.scene)
    return n


@kernel(inline=True)
def _original(at, lane):  # type: ignore[no-untyped-def]
    """Puts one of the sixteen rays to at.ray, for the exact test; returns its frame."""
    for a in range(6):
        at.ray[a] = at.values[ORIGIN + LANES * a + lane]
    return triangle.frame_of((at.ray[3], at.ray[4], at.ray[5]))


@kernel()
def nearest(at, lane, corners, box, shaft):  # type: ignore[no-untyped-def]
    """(distance, index, back face) of one of the prepared rays: (inf, −1, False) where nothing is met.

    Args:
        at, lane: Addresses, and which of the sixteen rays.
        corners: (T, 9) corners of all triangles, for the exact test.
        box, shaft: of the work space.
    """
    tree, stack, near = at.tree, at.stack, at.near
    ray, frame = ray_at(at.values, at.offsets, lane), _original(at, lane)
    stack[0], near[0] = np.int32(0), np.float32(0.0)
    height = 1
    best, best_index, best_back = slab.MISS, np.int32(-1), False
    while height > 0:
        height -= 1
        if near[height] > best:
            continue
        node = np.int64(stack[height])
        if node >= 0:
            begin = height
            enter, met = meet_boxes(tree, node, ray)
            met &= enter <= spread(best)
            compress(stack, height, load(tree.child, node * LANES), met)
            compress(near, height, enter, met)
            height += simd.set_bits(pattern(met))
            nearest_last(stack, near, begin, height)
            continue
        first, second, _ = meet_quads(tree, ~node, ray)
        for half in range(2):
            bits = first if half == 0 else second
            while bits != 0:
                slot = simd.first_bit(bits)
                bits &= bits - 1
                index = tree.pair[(2 * ~node + half) * LANES + slot]
                if index >= 0:
                    distance, back = triangle.hit_distance(at.ray, corners, index, frame, box, shaft)
                    if distance < best or (distance == best and distance < slab.MISS and index < best_index):
                        best, best_index, best_back = distance, index, back
    return best, best_index, best_back


@kernel()
def any_hit(at, lane, corners, box, shaft):  # type: ignore[no-untyped-def]
    """Whether one of the prepared rays meets anything; arguments as for ``nearest``."""
    tree, stack = at.tree, at.stack
    ray = ray_at(at.values, at.offsets, lane)
    stack[0] = np.int32(0)
    height = 1
    while height > 0:
        height -= 1
        node = np.int64(stack[height])
        if node >= 0:
            _, met = meet_boxes(tree, node, ray)
            compress(stack, height, load(tree.child, node * LANES), met)
            height += simd.set_bits(pattern(met))
            continue
        first, second, sure = meet_quads(tree, ~node, ray)
        if sure != 0:
            return True
        if first | second != 0 and _doubtful_hit(at, lane, corners, ~node, first, second, (box, shaft)):
            return True
    return False


@kernel()
def _doubtful_hit(at, lane, corners, leaf, first, second, scratch):  # type: ignore[no-untyped-def]
    """The exact test for the triangles of two patterns."""
    box, shaft = scratch
    frame = _original(at, lane)
    for half in range(2):
        bits = first if half == 0 else second
        while bits != 0:
            slot = simd.first_bit(bits)
            bits &= bits - 1
            index = at.tree.pair[(2 * leaf + half) * LANES + slot]
            if index >= 0:
                distance, _ = triangle.hit_distance(at.ray, corners, index, frame, box, shaft)
                if distance < slab.MISS:
                    return True
    return False
