"""A packet of 64 points against a bundle of directions: the sum of all crossings of each pair.

Idea: the walk of fast.py without an end: all candidates count. What shear.py does not rule out for some of the points
is tested exactly for those (crossing.py). A quad that a bundle sees from both sides stands among the candidates twice,
one soon after the other from the same leaf; a point it is tested for once is not tested for its twin.

Oracle: the plain loops of chords.py, and tests/raytrace/test_raytrace_chords.py.
"""

from __future__ import annotations

import numpy as np
from numba import carray

from raytrace import exact, simd
from raytrace.crossing import crossing, crossing_lanes
from raytrace.fast import bounds, choose_frame, place_points
from raytrace.jit import kernel
from raytrace.shear import behind_planes, inside, seen_along, shadows
from raytrace.simd import LANES, compress, join, load, mask_of, pattern, spread, store, where
from raytrace.walk import visit_leaf, visit_node
from raytrace.work import BATCH, CAPACITY, EDGE_ROWS, NONE, POINTS

ZERO = np.float32(0.0)

TWIN_REACH = 2 * LANES
"""The twin of a candidate stands at most this far before it: a leaf adds at most 16 twice."""


@kernel()
def trace_bundle(job, b, first, size, work, total):  # type: ignore[no-untyped-def]
    """Walks the tree for bundle b and adds to ``total`` (MAX_DIRECTIONS · 64,); ``job`` is first_packet.Pass."""
    scene, rays = job.scene, exact.rays_of(job.scene, job.base, work)
    choose_frame(scene, job.base, b, first, size, work)
    place_points(scene, job.base, b, work)
    bounds(scene, first, size, work)
    work.stack[0] = 0
    height, count = np.int64(1), np.int64(0)  # not literals: each would be a kernel of its own
    while height > 0:
        height -= 1
        node = np.int64(work.stack[height])
        if node >= 0:
            height = visit_node(scene, node, b * 9, work, height)
            continue
        count = visit_leaf(scene.tree, ~node, work, count)
        if count > BATCH:
            _run_batch(scene, rays, (first, size), work, total, count)
            count = np.int64(0)
    if count > 0:
        _run_batch(scene, rays, (first, size), work, total, count)


@kernel()
def _run_batch(scene, rays, columns, work, total, count):  # type: ignore[no-untyped-def]
    """Crossings of ``count`` candidates with all directions of the bundle."""
    first, size = columns
    behind_planes(work, count)
    for k in range(size):
        if work.open[k] == NONE:
            continue
        slope, u, v, _, box = seen_along(work, size, k)
        su, sv = spread(-slope[0]), spread(-slope[1])
        survivors = 0
        for group in range((count + LANES - 1) // LANES):
            met = shadows(work, group * LANES, group * (EDGE_ROWS * LANES), su, sv, box)
            met &= mask_of(work.live[group])
            compress(work.survivor, survivors, load(work.iota, 0) + spread(group * LANES), met)
            survivors += simd.set_bits(pattern(met))
        frame = exact.frame_at(scene, first + k)
        for i in range(survivors):
            points = _maybe_inside(work, np.int64(work.survivor[i]), u, v) & work.open[k]
            points = _without_twin(work, i, points)
            if points != NONE:
                c = np.int64(work.survivor[i])
                pair = np.int64(work.pair[c]), np.int64(work.pair[CAPACITY + c])
                _cross_quad(rays, pair, frame, points, total, k * POINTS)


@kernel(inline=True)
def _maybe_inside(work, c, u, v):  # type: ignore[no-untyped-def]
    """Points that candidate c may be crossed from."""
    edges, at, zero = work.edge, (c // LANES) * (EDGE_ROWS * LANES) + c % LANES, spread(ZERO)
    return work.maybe[c] & join(
        inside(edges, at, u[0], v[0]) >= zero,
        inside(edges, at, u[1], v[1]) >= zero,
        inside(edges, at, u[2], v[2]) >= zero,
        inside(edges, at, u[3], v[3]) >= zero,
    )


@kernel()
def _without_twin(work, i, points):  # type: ignore[no-untyped-def]
    """The points of survivor i that its twin among the survivors before it has not been tested for.

    work.doubt_points keeps what each survivor was tested for.
    """
    first, second = work.pair[work.survivor[i]], work.pair[CAPACITY + work.survivor[i]]
    work.doubt_points[i] = points
    for j in range(max(0, i - TWIN_REACH), i):
        c = work.survivor[j]
        if work.pair[c] == second and work.pair[CAPACITY + c] == first:
            points &= ~work.doubt_points[j]
    return points


@kernel()
def _cross_quad(rays, pair, frame, points, total, o):  # type: ignore[no-untyped-def]
    """Adds the crossings of a pair of triangles (−1: none) to total[o:o + 64] for a set of points."""
    packet, stride = rays.packet, rays.columns
    for g in range(0, POINTS, LANES):
        here = np.int64(points >> np.uint64(g)) & 0xFFFF
        if here == 0:
            continue
        at = rays.base + g
        point = load(packet, at), load(packet, stride + at), load(packet, 2 * stride + at)
        for half in range(2):
            index = pair[half]
            if index < 0:
                continue
            distance, doubt = crossing_lanes(rays.corners, index, frame, point)
            doubts = pattern(doubt) & here
            old = load(total, o + g)
            store(total, o + g, where(mask_of(here & ~doubts), old + distance, old))
            while doubts != 0:
                lane = simd.first_bit(doubts)
                doubts &= doubts - 1
                corners, origin = carray(rays.corners, (rays.n_triangles, 9)), carray(rays.point, 3)
                for a in range(3):
                    origin[a] = packet[a * stride + at + lane]
                total[o + g + lane] += crossing(origin, corners, index, frame)
