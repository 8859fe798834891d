"""The plain kernel: 64 parallel rays at a time in ordinary loops, without vector values or error bounds.

Idea: for one direction the rays of a packet are parallel, so one box test (the box swept along the direction) serves
all 64, and a triangle is tested against 64 points in one loop that LLVM vectorises as well as it can. Each bit is the
answer of the exact test of triangle.py and nothing else: this is the oracle of fast.py, and what runs where no vector
unit serves or the JIT is off.

Oracles: tests/oracles/brute_force.py and embree.py; closest.py answers the same question ray by ray.
"""

from __future__ import annotations

import numpy as np

from raytrace import packet, triangle
from raytrace.bvh import STACK_SIZE, scene_box
from raytrace.jit import kernel
from raytrace.stack import push_children


@kernel()
def trace_packet(bvh, point, normal, direction, seen):  # type: ignore[no-untyped-def]
    """All directions of one packet.

    Args:
        point, normal: (n, 3) up to 64 points.
        direction: (D, 3).
        seen: (D,) uint64, filled: the points that see each direction.
    """
    work = packet.workspace(point, normal)
    space = np.empty(STACK_SIZE, np.int32), np.empty(STACK_SIZE, np.float32), np.empty((1, 6), np.float32)
    if len(bvh.child):
        packet.set_shaft(work, scene_box(bvh.node_box))
    recent = 0
    for d in range(len(direction)):
        open_lanes = packet.facing(work, direction[d])
        if open_lanes != np.uint64(0) and len(bvh.child):
            open_lanes, recent = _unblocked(bvh, work, direction[d], open_lanes, space, recent)
        seen[d] = open_lanes


@kernel()
def _unblocked(bvh, work, direction, open_lanes, space, recent):  # type: ignore[no-untyped-def]
    """(lanes of ``open_lanes`` that nothing blocks, the triangle that blocked last).

    ``recent`` blocked the packet before, most likely along a neighbouring direction, and is tried first.
    """
    stack, near, box = space
    frame = triangle.frame_of(direction)
    open_lanes &= ~packet.blocked(work, bvh.triangle, recent, frame, open_lanes, bvh.one_sided[recent])
    stack[0], height = 0, 1
    while height > 0:
        height -= 1
        node = stack[height]
        if node >= 0:
            height = push_children(bvh, node, frame, work.shaft, box, stack, near, height)
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
