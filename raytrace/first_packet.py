"""A packet of 64 points against a bundle of directions, to the nearest hit of each pair.

Idea: the walk of fast.py, but nothing is ever done with: a point that has met something may meet something nearer. What
ends the walk early is the greatest distance at which any pair still waits for its nearest hit: boxes that begin beyond
it are left out. depth.py keeps what each pair has met.

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_first.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from raytrace import depth
from raytrace.fast import _bounds, _choose_frame, _facing, _mean_normal, _place_points, _range_of
from raytrace.jit import kernel
from raytrace.simd import LANES
from raytrace.walk import visit_leaf, visit_node
from raytrace.work import BATCH, BEAM_BOX, FRAME_BOX, POINTS

NONE = np.uint64(0)
ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ZERO = np.float32(0.0)
HALF = np.float32(0.5)
BIG = np.float32(3.0e38)

ROOM = np.float32(1.0001)
"""Distances that end the walk are stretched by this and ROOM_M: error bounds of the boxes' distances."""

ROOM_M = np.float32(0.001)


class Pass(NamedTuple):
    """What a packet needs beside its work space.

    Attributes:
        scene: work.Scene, of a tree whose ``closed`` is all 0: every quad counts from both sides.
        rays: exact.Rays.
        facing: whether only directions in front of the points' planes count.
        base, n_points: the packet's first column of scene.packet, and its points.
    """

    scene: Any
    rays: Any
    facing: bool
    base: int
    n_points: int


@kernel()
def place_packet(scene, base, work):  # type: ignore[no-untyped-def]
    """Writes work.centre and work.normal."""
    for a in range(3):
        low, high = _range_of(scene.packet, a * scene.columns + base)
        work.centre[a] = HALF * (low + high)
    _mean_normal(scene, base, work.normal)


@kernel()
def open_points(job, first, size, work):  # type: ignore[no-untyped-def]
    """Writes work.open: the points of the packet that each direction is traced for; returns their union."""
    if job.facing:
        return _facing(job.scene, job.base, first, size, work.open)
    points = ALL if job.n_points == POINTS else (ONE << np.uint64(job.n_points)) - ONE
    for k in range(size):
        work.open[k] = points
    return points


@kernel()
def trace_bundle(job, b, first, size, work, found):  # type: ignore[no-untyped-def]
    """Walks the tree for bundle b and fills ``found``."""
    scene = job.scene
    _choose_frame(scene, job.base, b, first, size, work)
    _place_points(scene, job.base, b, work)
    _bounds(scene, first, size, work)
    work.stack[0], work.depth[0] = 0, -BIG
    height, count, full, far = 1, 0, BATCH // 4, BIG
    while height > 0:
        height -= 1
        node = np.int64(work.stack[height])
        if work.depth[height] > far:
            continue
        if node >= 0:
            height = visit_node(scene, node, b * 9, work, height)
            continue
        count = visit_leaf(scene.tree, ~node, work, count)
        if count > full:
            depth.run_batch(job.rays, first, size, work, found, count)
            far = _end_of_beam(size, work, found)
            count, full = 0, min(2 * full, BATCH)
    if count > 0:
        depth.run_batch(job.rays, first, size, work, found, count)
    for k in range(size):
        depth.settle(job.rays, first + k, k, work, found)


@kernel()
def _end_of_beam(size, work, found):  # type: ignore[no-untyped-def]
    """Depth in the bundle's frame beyond which no pair can find a nearer hit."""
    bound = work.bound
    longest = ZERO
    padded = (size + LANES - 1) // LANES * LANES
    for k in range(size):
        if work.open[k] != NONE:
            if found.far[k] >= BIG:
                return BIG
            su, sv = work.slope[k], work.slope[padded + k]
            length = (found.far[k] - bound[FRAME_BOX + 2]) * np.sqrt(np.float32(1.0) + su * su + sv * sv)
            longest = max(longest, length)
    return bound[BEAM_BOX + 5] + longest * ROOM + ROOM_M
