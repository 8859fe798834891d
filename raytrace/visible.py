"""Which points see along which directions: points × directions → bits.

Idea: 64 points that lie close together form a packet. For one direction the packet's rays are parallel, so
one box test (the box swept along the direction) serves all 64, and a triangle is tested against 64 points
in one vectorised loop. The points are first put in a spatial order (order.py), so the caller's order costs
no speed.

A bit depends on its point, its direction and the set of triangles alone: not on the packet, the order of the
triangles, the tree or the number of threads (slab.py says why).

Oracles: tests/oracles/brute_force.py, tests/oracles/embree.py; closest.py answers the same question ray by
ray.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check, counter, packet, slab, triangle
from raytrace.bvh import STACK_SIZE, Bvh
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS
from raytrace.order import packet_order
from raytrace.packet import LANES

STRIPS = 64
"""Consecutive work items come from this many distant parts of the scene: Numba gives each thread one
contiguous share, and dense and empty quarters would otherwise fall to different threads."""


def visible(
    bvh: Bvh, points: npt.ArrayLike, normals: npt.ArrayLike, directions: npt.ArrayLike
) -> npt.NDArray[np.uint64]:
    """Trace every point along every direction.

    Args:
        bvh: the scene.
        points: (P, 3) receivers [m], local, already lifted off their own surface (1 cm), rounded to float32.
        normals: (P, 3) unit normals of the receivers' planes, rounded to float32.
        directions: (D, 3) unit vectors TO the light, rounded to float32.

    Returns:
        (P, ceil(D / 64)) uint64, least significant bit first: bit d of row p is set when direction d lies
        in front of plane p (normal · direction > 0) and no triangle is met at a distance > 0. Padding bits
        are 0.

    Raises:
        TypeError, ValueError: see check.py.
    """
    point = check.coordinates("points", points)
    normal = check.unit_vectors("normals", normals)
    direction = check.unit_vectors("directions", directions)
    check.same_rows("points", point, "normals", normal)
    bits = np.zeros((len(point), (len(direction) + 63) // 64), np.uint64)
    if bits.size:
        order = packet_order(point, normal)
        with PARALLEL_KERNELS:
            counter.count(len(point) * len(direction))
            _visible(bvh, point[order], normal[order], order, direction, bits)
    return bits


@kernel(parallel=True)
def _visible(bvh, point, normal, order, direction, bits):  # type: ignore[no-untyped-def]
    """Fills ``bits``; ``point`` and ``normal`` come in packet order, rows of ``bits`` in the caller's."""
    n_packets = (len(point) + LANES - 1) // LANES
    n_strip = (n_packets + STRIPS - 1) // STRIPS
    for item in prange(n_strip * STRIPS):
        index = (item % STRIPS) * n_strip + item // STRIPS
        if index < n_packets:
            begin = index * LANES
            end = min(len(point), begin + LANES)
            _trace_packet(bvh, point[begin:end], normal[begin:end], order[begin:end], direction, bits)


@kernel()
def _trace_packet(bvh, point, normal, rows, direction, bits):  # type: ignore[no-untyped-def]
    """All directions of one packet."""
    work = packet.workspace(point, normal)
    if len(bvh.box):
        packet.set_shaft(work, bvh.box[0])
    stack = np.empty(STACK_SIZE, np.int32)
    block = np.zeros(64, np.uint64)
    recent = 0
    for word in range(bits.shape[1]):
        begin = word * 64
        n = min(64, len(direction) - begin)
        for d in range(n):
            open_lanes = packet.facing(work, direction[begin + d])
            if open_lanes != np.uint64(0) and len(bvh.box):
                open_lanes, recent = _unblocked(bvh, work, direction[begin + d], open_lanes, stack, recent)
            block[d] = open_lanes
        block[n:] = np.uint64(0)
        packet.transpose(block)
        for lane in range(len(rows)):
            bits[rows[lane], word] = block[lane]


@kernel()
def _unblocked(bvh, work, direction, open_lanes, stack, recent):  # type: ignore[no-untyped-def]
    """(lanes of ``open_lanes`` that meet nothing, the triangle that blocked last).

    ``recent`` blocked the packet before, most likely along a neighbouring direction, and is tried first.
    """
    frame = triangle.frame_of(direction)
    ix, iy, iz = frame.inverse_x, frame.inverse_y, frame.inverse_z
    open_lanes &= ~packet.blocked(work, bvh.triangle, recent, frame, open_lanes)
    if open_lanes == np.uint64(0) or slab.entry(bvh.box, 0, work.shaft, ix, iy, iz) == slab.MISS:
        return open_lanes, recent
    stack[0] = 0
    height = 1
    while height > 0:
        height -= 1
        node = stack[height]
        first, count = bvh.first[node], bvh.size[node]
        for i in range(first, first + count):
            hit = packet.blocked(work, bvh.triangle, i, frame, open_lanes)
            if hit != np.uint64(0):
                open_lanes &= ~hit
                recent = i
                if open_lanes == np.uint64(0):
                    return open_lanes, recent
        if count > 0:
            continue
        left = slab.entry(bvh.box, first, work.shaft, ix, iy, iz)
        right = slab.entry(bvh.box, first + 1, work.shaft, ix, iy, iz)
        if left < right:
            height = _push(stack, height, first + 1, right)
            height = _push(stack, height, first, left)
        else:
            height = _push(stack, height, first, left)
            height = _push(stack, height, first + 1, right)
    return open_lanes, recent


@kernel()
def _push(stack, height, node, distance):  # type: ignore[no-untyped-def]
    if distance == slab.MISS:
        return height
    stack[height] = node
    return height + 1
