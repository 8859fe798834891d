"""How far 64 points see along each direction of a bundle: the closest-hit counterpart of shear.py.

Idea: along a direction sheared into the plane w = 0 of the packet's frame, a quad's plane is a linear function of
(u, v): the depth w of the hit costs two multiply-adds for each sixteen points. A depth is known within a bound E
(depth_error.py), so each point keeps an interval low..high that holds its nearest hit, and the triangle that surely is
the nearest so far: inside the quad by more than the error bound, on a known side of the quad's diagonal, nearer than
all others by more than both bounds. Where that cannot be told the point is *unclear*, and the quad goes to the exact
test (exact.py) unless something surely nearer turns up in the same batch (found.py).

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_first.py.
"""

from __future__ import annotations

import numpy as np

from raytrace import simd
from raytrace.bvh import BIG
from raytrace.depth_error import bound_errors
from raytrace.found import farthest, settle_doubts
from raytrace.jit import kernel
from raytrace.shear import behind_planes, inside, seen_along, shadows
from raytrace.simd import (
    LANES,
    absolute,
    compress,
    fma,
    join,
    load,
    mask_of,
    minimum,
    pattern,
    spread,
    spread_at,
    store,
    where,
)
from raytrace.work import CAPACITY, EDGE_ROWS, EXTRA, LEVEL, NONE, NORMAL, POINTS, SURE, TWICE_ERROR

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ZERO = np.float32(0.0)
ONE = np.float32(1.0)

LEAST_FACING = np.float32(1.0e-20)
"""[m²] normal · (su, sv, 1) below this: the quad is seen edge-on, its interval is everything."""


@kernel(inline=True)
def run_batch(scene, rays, columns, work, found, count):  # type: ignore[no-untyped-def]
    """Tests ``count`` candidates for a bundle of directions; updates ``found``.

    Args:
        rays: exact.Rays.
        columns: (first, size), the bundle's columns of scene.direction.
    """
    first, size = columns
    behind_planes(work, count)
    bound_errors(work, found, count)
    for k in range(size):
        act = work.open[k]
        if act == NONE:
            continue
        slope, u, v, w, box = seen_along(work, size, k)
        su, sv = spread(-slope[0]), spread(-slope[1])
        far = spread(found.far[k])
        survivors = np.int64(0)
        for group in range((count + LANES - 1) // LANES):
            met = shadows(work, group * LANES, group * (EDGE_ROWS * LANES), su, sv, box)
            met &= mask_of(work.live[group])
            met &= load(found.begins, group * LANES) <= far
            compress(work.survivor, survivors, load(work.iota, 0) + spread(group * LANES), met)
            survivors += simd.set_bits(pattern(met))
        changed, doubts = False, np.int64(0)
        for i in range(survivors):
            c = np.int64(work.survivor[i])
            possible = work.maybe[c] & act
            if possible == NONE:
                continue
            doubt, met = _meet(work, found, c, k, possible, slope, (u, v, w))
            changed |= met
            if doubt != NONE:
                work.doubt[doubts], work.doubt_points[doubts] = c, doubt
                doubts += 1
        if doubts > 0:
            settle_doubts(rays, scene, first + k, k, work, found, doubts)
        if changed:
            found.far[k] = farthest(found.high, k * POINTS, act)


@kernel(inline=True)
def _meet(work, found, c, k, possible, slope, points):  # type: ignore[no-untyped-def]
    """Candidate c against a set of points along direction k: (points that it may be the nearest of without being sure
    to, whether anything changed)."""
    rows, edges = work.candidate, work.edge
    u, v, w = points
    at = (c // LANES) * (EDGE_ROWS * LANES) + c % LANES
    e0, e1 = inside(edges, at, u[0], v[0]), inside(edges, at, u[1], v[1])
    e2, e3 = inside(edges, at, u[2], v[2]), inside(edges, at, u[3], v[3])
    zero = spread(ZERO)
    hit = join(e0 >= zero, e1 >= zero, e2 >= zero, e3 >= zero) & possible
    if hit == NONE:
        return NONE, False
    nu, nv = rows[NORMAL * CAPACITY + c], rows[(NORMAL + 1) * CAPACITY + c]
    facing = nu * slope[0] + nv * slope[1] + rows[(NORMAL + 2) * CAPACITY + c]
    inverse, width = ZERO, BIG
    if facing > LEAST_FACING:
        inverse = ONE / facing
        width = min(found.slack[c] * inverse, BIG)
    level, a, b = spread(rows[LEVEL * CAPACITY + c] * inverse), spread(-nu * inverse), spread(-nv * inverse)
    error = spread(width)
    d0, d1 = fma(a, u[0], fma(b, v[0], level)), fma(a, u[1], fma(b, v[1], level))
    d2, d3 = fma(a, u[2], fma(b, v[2], level)), fma(a, u[3], fma(b, v[3], level))
    o = k * POINTS
    hit &= join(
        d0 - error <= load(found.high, o),
        d1 - error <= load(found.high, o + 16),
        d2 - error <= load(found.high, o + 32),
        d3 - error <= load(found.high, o + 48),
    )
    hit &= join(d0 + error > w[0], d1 + error > w[1], d2 + error > w[2], d3 + error > w[3])
    if hit == NONE:
        return NONE, False
    least = spread_at(edges, at + SURE * LANES)
    sure = join(e0 >= least, e1 >= least, e2 >= least, e3 >= least)
    sure &= join(d0 - error > w[0], d1 - error > w[1], d2 - error > w[2], d3 - error > w[3])
    sure &= hit
    line = _diagonal(work, c, slope)
    ids = spread(work.pair[c]), spread(work.pair[CAPACITY + c])
    s0, s1 = _side(line, u[0], v[0]), _side(line, u[1], v[1])
    s2, s3 = _side(line, u[2], v[2]), _side(line, u[3], v[3])
    clear = ALL if width <= found.widest[k] else NONE
    clear &= join(absolute(s0) > line[3], absolute(s1) > line[3], absolute(s2) > line[3], absolute(s3) > line[3])
    won = _narrow(found, o, d0, error, (hit, sure, clear), _chosen(s0, ids))
    won |= _narrow(found, o + 16, d1, error, _later(hit, sure, clear, 16), _chosen(s1, ids)) << np.uint64(16)
    won |= _narrow(found, o + 32, d2, error, _later(hit, sure, clear, 32), _chosen(s2, ids)) << np.uint64(32)
    won |= _narrow(found, o + 48, d3, error, _later(hit, sure, clear, 48), _chosen(s3, ids)) << np.uint64(48)
    found.unclear[k] = (found.unclear[k] | hit) & ~won
    return hit & ~won, True


@kernel(inline=True)
def _later(hit, sure, clear, g):  # type: ignore[no-untyped-def]
    """Three sets of points without their first g."""
    shift = np.uint64(g)
    return hit >> shift, sure >> shift, clear >> shift


@kernel(inline=True)
def _diagonal(work, c, slope):  # type: ignore[no-untyped-def]
    """(a, b, c, tolerance) of the edge function of candidate c's diagonal from corner 0 to corner 2: > 0 on the side of
    corner 3. Of a single triangle the sign tells on which side it stands, wherever the point."""
    rows, one = work.candidate, spread(ONE)
    zero = spread(ZERO)
    if work.pair[c] < 0:
        return zero, zero, one, zero
    if work.pair[CAPACITY + c] < 0:
        return zero, zero, spread(-ONE), zero
    u0, v0 = _sheared_corner(rows, c, slope)
    u2, v2 = _sheared_corner(rows, 6 * CAPACITY + c, slope)
    reach = abs(u0) + abs(v0) + abs(u2) + abs(v2)
    tolerance = rows[TWICE_ERROR * CAPACITY + c] * reach + rows[EXTRA * CAPACITY + c]
    a, b = v0 - v2, u2 - u0
    return spread(a), spread(b), spread(-(a * u0 + b * v0)), spread(tolerance)


@kernel(inline=True)
def _sheared_corner(rows, at, slope):  # type: ignore[no-untyped-def]
    w = rows[at + 2 * CAPACITY]
    return rows[at] - slope[0] * w, rows[at + CAPACITY] - slope[1] * w


@kernel(inline=True)
def _side(line, u, v):  # type: ignore[no-untyped-def]
    return fma(line[0], u, fma(line[1], v, line[2]))


@kernel(inline=True)
def _chosen(side, ids):  # type: ignore[no-untyped-def]
    """Of two triangles the one on each point's side of the diagonal."""
    return where(side > spread(ZERO), ids[1], ids[0])


@kernel(inline=True)
def _narrow(found, o, depth, error, sets, triangle):  # type: ignore[no-untyped-def]
    """Sixteen points meet a quad at ``depth`` ± ``error``; returns those for which ``triangle`` surely is the nearest
    so far. ``sets`` of points: may meet it, surely do, know which triangle and how far well enough."""
    hit, sure, clear = sets
    met, certain = mask_of(np.int64(hit)), mask_of(np.int64(sure))
    low, high = load(found.low, o), load(found.high, o)
    won = certain & mask_of(np.int64(clear)) & (depth + error < low)
    store(found.low, o, where(met, minimum(low, depth - error), low))
    store(found.high, o, where(certain, minimum(high, depth + error), high))
    store(found.winner, o, where(won, triangle, load(found.winner, o)))
    return np.uint64(pattern(won))
