"""The kernel of cuda.py: a thread answers 64 directions of one point, one uint64 of bits.

Idea: points come in packet order, so the 32 threads of a warp stand close together, ask for the same
direction at the same time and walk down nearly the same nodes: their loads fall on the same addresses. A
thread remembers its nearest past blocker, the triangle that ended its last blocked direction, and tries it
first: the sun moves little from one direction to the next. Waiting children are kept as one bit mask a level,
so the stack of a 16-wide tree has one entry a level.

Conservative by slab.py: each node, and each quad's box before its triangles, is met by every ray that meets
a triangle's own padded box inside it; only the exact test of cuda_triangle.py says yes. So the order of the
walk, and the remembered blocker, change no bit.

Source: T. Aila, S. Laine (2009), Understanding the efficiency of ray traversal on GPUs,
doi:10.1145/1572769.1572792 (each thread with its own stack); H. Ylitie, T. Karras, S. Laine (2017), Efficient
incoherent ray traversal on GPUs through compressed wide BVHs, doi:10.1145/3105762.3105773 (a mask a level).
Oracle: visible.py on the CPU, tests/raytrace/test_raytrace_cuda.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from raytrace import slab
from raytrace.bvh import EMPTY, STACK_SIZE, WIDTH
from raytrace.cuda import WORD
from raytrace.cuda_triangle import blocks, entry, padded_entry, ray_from

LEVELS = (STACK_SIZE - 1) // (WIDTH - 1) + 1
"""Levels of the deepest tree that ``build`` makes: bvh.STACK_SIZE counts WIDTH − 1 entries a level, here it is one."""

NO_TRIANGLE = -1
"""Stands for an index in bvh.Bvh.pair, and where no triangle is met."""


class Tree(NamedTuple):
    """What the kernel reads of a Bvh, on the device; fields as in bvh.py, and ``root`` (1, 6) float32 [m], the
    box of the whole scene."""

    node_box: Any
    child: Any
    quad: Any
    pair: Any
    size: Any
    triangle: Any
    one_sided: Any
    root: Any


@cuda.jit
def trace(tree, point, normal, direction, bits):  # type: ignore[no-untyped-def]
    """Fills bits (P, ceil(D / 64)) uint64: the contract of ``visible``, rows in the order of ``point``.

    Args:
        tree: see Tree.
        point, normal: (P, 3) float32.
        direction: (D, 3) float32.
        bits: the answer. Grid: points along x, words along y.
    """
    p, word = cuda.grid(2)
    if p >= bits.shape[0] or word >= bits.shape[1]:
        return
    stack_node = cuda.local.array(LEVELS, np.int32)
    stack_mask = cuda.local.array(LEVELS, np.int32)
    box = cuda.local.array((1, 6), np.float32)
    shaft = cuda.local.array(6, np.float32)
    own_shaft = cuda.local.array(6, np.float32)
    toward = cuda.local.array(3, np.float32)
    scratch = (box, own_shaft)
    answer = np.uint64(0)
    recent = NO_TRIANGLE
    begin = word * WORD
    for d in range(begin, min(direction.shape[0], begin + WORD)):
        toward[0], toward[1], toward[2] = direction[d, 0], direction[d, 1], direction[d, 2]
        if not facing(normal[p, 0], normal[p, 1], normal[p, 2], toward):
            continue
        ray = ray_from(point[p, 0], point[p, 1], point[p, 2], toward)
        if recent != NO_TRIANGLE and blocks(ray, tree.triangle, recent, tree.one_sided[recent] != 0, box, own_shaft):
            continue
        blocker = first_found(tree, ray, shaft, scratch, stack_node, stack_mask)
        if blocker == NO_TRIANGLE:
            answer |= np.uint64(1) << np.uint64(d - begin)
        else:
            recent = blocker
    bits[p, word] = answer


@cuda.jit(device=True)
def facing(x, y, z, toward):  # type: ignore[no-untyped-def]
    """normal · direction > 0 as in packet.facing: float64 products of float32 are exact, fused or not."""
    return (
        np.float64(x) * np.float64(toward[0])
        + np.float64(y) * np.float64(toward[1])
        + np.float64(z) * np.float64(toward[2])
    ) > 0.0


@cuda.jit(device=True)
def first_found(tree, ray, shaft, scratch, stack_node, stack_mask):  # type: ignore[no-untyped-def]
    """A triangle that the ray meets, NO_TRIANGLE where there is none; the first one found, not the nearest.

    Args:
        tree, ray: see there.
        shaft: (6,) scratch, the point padded for the whole scene.
        scratch: box (1, 6) and shaft (6,) of the triangle under test.
        stack_node, stack_mask: (LEVELS,) int32, a node a level and its children still to visit.
    """
    box = scratch[0]
    if tree.child.shape[0] == 0:
        return NO_TRIANGLE
    for a in range(6):
        box[0, a] = tree.root[0, a]
    if padded_entry(ray, box, shaft) == slab.MISS:
        return NO_TRIANGLE
    stack_node[0], stack_mask[0] = 0, children_met(tree, 0, ray, shaft, box)
    height = 1
    while height > 0:
        mask = stack_mask[height - 1]
        if mask == 0:
            height -= 1
            continue
        stack_mask[height - 1] = mask & (mask - 1)
        child = tree.child[stack_node[height - 1], cuda.ffs(mask) - 1]
        if child >= 0:
            stack_node[height], stack_mask[height] = child, children_met(tree, child, ray, shaft, box)
            height += 1
        else:
            blocker = blocker_in_leaf(tree, ~child, ray, shaft, scratch)
            if blocker != NO_TRIANGLE:
                return blocker
    return NO_TRIANGLE


@cuda.jit(device=True)
def children_met(tree, node, ray, shaft, box):  # type: ignore[no-untyped-def]
    """Bit k: the ray meets child k's box. Empty slots come last and hold nothing."""
    mask = 0
    for k in range(WIDTH):
        if tree.child[node, k] == EMPTY:
            return mask
        for a in range(6):
            box[0, a] = tree.node_box[node, a, k]
        if entry(ray, box, shaft) != slab.MISS:
            mask |= 1 << k
    return mask


@cuda.jit(device=True)
def blocker_in_leaf(tree, leaf, ray, shaft, scratch):  # type: ignore[no-untyped-def]
    """A triangle of the leaf that the ray meets, NO_TRIANGLE where there is none."""
    box, own_shaft = scratch
    for j in range(tree.size[leaf]):
        for a in range(3):
            q0, q1 = tree.quad[leaf, a, j], tree.quad[leaf, 3 + a, j]
            q2, q3 = tree.quad[leaf, 6 + a, j], tree.quad[leaf, 9 + a, j]
            box[0, a] = min(min(q0, q1), min(q2, q3))
            box[0, 3 + a] = max(max(q0, q1), max(q2, q3))
        if entry(ray, box, shaft) == slab.MISS:
            continue
        for half in range(2):
            t = tree.pair[leaf, half, j]
            if t != NO_TRIANGLE and blocks(ray, tree.triangle, t, tree.one_sided[t] != 0, box, own_shaft):
                return t
    return NO_TRIANGLE
