"""The plain kernel: 64 parallel rays at a time in ordinary loops, without vector values or error bounds.

Idea: for one direction the rays of a packet are parallel, so one box test (the box swept along the direction) serves
all 64, and a triangle is tested against 64 points in one loop that LLVM vectorises as well as it can. Each bit is the
answer of the exact test of triangle.py and nothing else: this is the oracle of fast.py, and what runs where no vector
unit serves or the JIT is off.

Oracles: tests/oracles/brute_force.py and embree.py; closest.py answers the same question ray by ray.
"""

from __future__ import annotations

import numpy as np

from raytrace import packet, slab, triangle
from raytrace.bvh import EMPTY, STACK_SIZE, WIDTH
from raytrace.jit import kernel


@kernel()
def trace_packet(bvh, point, normal, direction, seen):  # type: ignore[no-untyped-def]
    """All directions of one packet.

    Args:
        point, normal: (n, 3) up to 64 points.
        direction: (D, 3).
        seen: (D,) uint64, filled: the points that see each direction.
    """
    work = packet.workspace(point, normal)
    scratch = np.empty(WIDTH, np.float32), np.empty((1, 6), np.float32)
    stack = np.empty(STACK_SIZE, np.int32)
    if len(bvh.child):
        packet.set_shaft(work, _scene_box(bvh.node_box[0]))
    recent = 0
    for d in range(len(direction)):
        open_lanes = packet.facing(work, direction[d])
        if open_lanes != np.uint64(0) and len(bvh.child):
            open_lanes, recent = _unblocked(bvh, work, direction[d], open_lanes, stack, scratch, recent)
        seen[d] = open_lanes


@kernel()
def _scene_box(boxes):  # type: ignore[no-untyped-def]
    """Box (6,) around the children of a node (6, 16); empty slots never widen it."""
    box = np.empty(6, np.float32)
    for a in range(3):
        box[a], box[3 + a] = boxes[a].min(), boxes[3 + a].max()
    return box


@kernel()
def _unblocked(bvh, work, direction, open_lanes, stack, scratch, recent):  # type: ignore[no-untyped-def]
    """(lanes of ``open_lanes`` that nothing blocks, the triangle that blocked last).

    ``recent`` blocked the packet before, most likely along a neighbouring direction, and is tried first.
    """
    frame = triangle.frame_of(direction)
    open_lanes &= ~packet.blocked(work, bvh.triangle, recent, frame, open_lanes, bvh.one_sided[recent])
    stack[0], height = 0, 1
    while height > 0:
        height -= 1
        node = stack[height]
        if node >= 0:
            height = _push_children(bvh, node, work, frame, stack, height, scratch)
            continue
        leaf = ~node
        for half in range(2):
            for slot in range(bvh.size[leaf]):
                i = bvh.pair[leaf, half, slot]
                if i < 0:
                    continue
                hit = packet.blocked(work, bvh.triangle, i, frame, open_lanes, bvh.one_sided[i])
                if hit != np.uint64(0):
                    open_lanes &= ~hit
                    recent = i
                    if open_lanes == np.uint64(0):
                        return open_lanes, recent
    return open_lanes, recent


@kernel()
def _push_children(bvh, node, work, frame, stack, height, scratch):  # type: ignore[no-untyped-def]
    """Push the children that the packet's rays meet, nearest last; returns the new height of the stack."""
    entry, box = scratch
    begin = height
    for j in range(WIDTH):
        child = bvh.child[node, j]
        if child == EMPTY:
            break
        for a in range(6):
            box[0, a] = bvh.node_box[node, a, j]
        near = slab.entry(box, 0, work.shaft, frame.inverse_x, frame.inverse_y, frame.inverse_z)
        if near == slab.MISS:
            continue
        k = height
        while k > begin and entry[k - 1 - begin] < near:
            entry[k - begin], stack[k] = entry[k - 1 - begin], stack[k - 1]
            k -= 1
        entry[k - begin], stack[k] = near, child
        height += 1
    return height
