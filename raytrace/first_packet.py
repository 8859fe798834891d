"""A packet of 64 points against a bundle of directions, to the nearest hit of each pair.

Idea: the walk of fast.py, but a point that has met something may meet something nearer: it is done with once all that
waits on the stack begins beyond. Then the bounds shrink to the others, and boxes beyond the farthest of them are left
out. depth.py tests the candidates, found.py keeps what each pair has met.

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_first.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from raytrace import exact
from raytrace.bvh import BIG
from raytrace.depth import run_batch
from raytrace.fast import bounds, choose_frame, facing, mean_normal, place_points, range_of
from raytrace.found import close_points, finish, prepare
from raytrace.jit import kernel
from raytrace.walk import visit_leaf, visit_node
from raytrace.work import BATCH, NONE, POINTS

ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
HALF = np.float32(0.5)

FIRST_BATCH = 64
"""Candidates tested the first time; twice as many the next time, up to BATCH."""


class Pass(NamedTuple):
    """What a packet needs beside its work space.

    Attributes:
        scene: work.Scene, of a tree whose ``closed`` is all 0: every quad counts from both sides.
        facing: whether only directions in front of the points' planes count.
        base, n_points: the packet's first column of scene.packet, and its points.
    """

    scene: Any
    facing: bool
    base: int
    n_points: int


@kernel()
def place_packet(scene, base, work):  # type: ignore[no-untyped-def]
    """Writes work.centre and work.normal."""
    for a in range(3):
        low, high = range_of(scene.packet, a * scene.columns + base)
        work.centre[a] = HALF * (low + high)
    mean_normal(scene, base, work.normal)


@kernel()
def open_points(job, first, size, work):  # type: ignore[no-untyped-def]
    """Writes work.open: the points of the packet that each direction is traced for; returns their union."""
    if job.facing:
        return facing(job.scene, job.base, first, size, work.open)
    points = ALL if job.n_points == POINTS else (ONE << np.uint64(job.n_points)) - ONE
    for k in range(size):
        work.open[k] = points
    return points


@kernel(inline=True)
def trace_bundle(job, b, first, size, work, found):  # type: ignore[no-untyped-def]
    """Walks the tree for bundle b and fills ``found``."""
    scene = job.scene
    rays = exact.rays_of(scene, job.base, work)
    choose_frame(scene, job.base, b, first, size, work)
    place_points(scene, job.base, b, work)
    bounds(scene, first, size, work)
    prepare(scene, b, first, size, work, found)
    work.stack[0], work.depth[0] = 0, -BIG
    height, count, full, far = np.int64(1), np.int64(0), np.int64(FIRST_BATCH), BIG
    while height > 0:
        height -= 1
        if work.depth[height] <= far:
            node = np.int64(work.stack[height])
            if node >= 0:
                height = visit_node(scene, node, b * 9, work, height)
            else:
                count = visit_leaf(scene.tree, ~node, work, count)
        if count > full or (height == 0 and count > 0):
            run_batch(scene, rays, (first, size), work, found, count)
            count, full = np.int64(0), min(2 * full, BATCH)
            if height > 0:
                union, far = close_points(size, work, found, height)
                if union == NONE:
                    break
                bounds(scene, first, size, work)
    finish(rays, scene, first, size, work, found)
