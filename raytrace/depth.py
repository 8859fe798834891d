"""How far 64 points see along each direction of a bundle: the closest-hit counterpart of shear.py.

Idea: along a direction sheared into the plane w = 0 of the packet's frame, a quad's plane is a linear function of
(u, v): the depth w of the hit costs two multiply-adds for each sixteen points. A depth is known within a bound E, so
each point keeps an interval low..high that holds its nearest hit, and the quad that surely is the nearest so far. Where
the intervals of two quads overlap, or a hit is not sure, the point is *unclear*, and the quad is tested exactly
(exact.py) unless something surely nearer turns up in the same batch. At the end the sure quads are tested exactly too.
Each quad that may be the nearest is thus tested, so ids and distances are those of ``closest`` bit for bit.

The bound stands in depth_error.py.

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_first.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from raytrace import exact, simd, slab
from raytrace.bundles import MAX_DIRECTIONS
from raytrace.depth_error import bound_errors
from raytrace.jit import kernel
from raytrace.shear import _behind_planes, _four, _inside, _shadows, size_padded
from raytrace.simd import (
    LANES,
    compress,
    fma,
    highest,
    join,
    load,
    mask_of,
    maximum,
    minimum,
    pattern,
    pointer,
    spread,
    spread_at,
    store,
    where,
)
from raytrace.work import (
    CAPACITY,
    EDGE_ROWS,
    FRAME_BOX,
    FRAME_SLOPE,
    FRAME_U,
    FRAME_V,
    FRAME_W,
    LEVEL,
    MIDDLE_BOX,
    NORMAL,
    POINTS,
    SURE,
)

NONE = np.uint64(0)
ZERO = np.float32(0.0)
HALF = np.float32(0.5)
BIG = np.float32(3.0e38)

LEAST_FACING = np.float32(1.0e-20)
"""[m²] normal · (su, sv, 1) below this: the quad is seen edge-on, its interval is everything."""


class Found(NamedTuple):
    """What the points of a packet have met along the directions of a bundle.

    Attributes:
        low, high: (MAX_DIRECTIONS · 64,) float32 [m], interval of the nearest hit's w; BIG where there is none.
        first, second: (MAX_DIRECTIONS · 64,) int32, the two triangles of the nearest quad, −1 for none.
        distance, triangle: (MAX_DIRECTIONS · 64,) float32 [m] and int32, nearest exact hit; slab.MISS and −1 for none.
        unclear: (MAX_DIRECTIONS,) uint64, points whose nearest quad is not certain.
        far: (MAX_DIRECTIONS,) float32 [m], greatest high of a direction's points.
        slack: (CAPACITY,) float32 [m³], numerator of E.
        begins: (CAPACITY,) float32 [m], least w of a candidate.
    """

    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    first: npt.NDArray[np.int32]
    second: npt.NDArray[np.int32]
    distance: npt.NDArray[np.float32]
    triangle: npt.NDArray[np.int32]
    unclear: npt.NDArray[np.uint64]
    far: npt.NDArray[np.float32]
    slack: npt.NDArray[np.float32]
    begins: npt.NDArray[np.float32]


@kernel()
def workspace():  # type: ignore[no-untyped-def]
    """A thread's work space."""
    n = MAX_DIRECTIONS * POINTS
    return Found(
        np.empty(n, np.float32),
        np.empty(n, np.float32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.float32),
        np.empty(n, np.int32),
        np.empty(MAX_DIRECTIONS, np.uint64),
        np.empty(MAX_DIRECTIONS, np.float32),
        np.empty(CAPACITY, np.float32),
        np.empty(CAPACITY, np.float32),
    )


@kernel()
def addresses(found):  # type: ignore[no-untyped-def]
    """The same as addresses; ``found`` must outlive them."""
    return Found(
        pointer(found.low),
        pointer(found.high),
        pointer(found.first),
        pointer(found.second),
        pointer(found.distance),
        pointer(found.triangle),
        pointer(found.unclear),
        pointer(found.far),
        pointer(found.slack),
        pointer(found.begins),
    )


@kernel()
def clear(found, size):  # type: ignore[no-untyped-def]
    """Nothing met yet along the first ``size`` directions."""
    for at in range(0, size * POINTS, LANES):
        store(found.low, at, spread(BIG))
        store(found.high, at, spread(BIG))
        store(found.first, at, spread(-1))
        store(found.second, at, spread(-1))
        store(found.distance, at, spread(slab.MISS))
        store(found.triangle, at, spread(-1))
    for k in range(size):
        found.unclear[k], found.far[k] = NONE, BIG


@kernel()
def run_batch(rays, first, size, work, found, count):  # type: ignore[no-untyped-def]
    """Tests ``count`` candidates for a bundle of directions; updates ``found``.

    Args:
        rays: exact.Rays.
        first, size: the bundle's columns of scene.direction.
    """
    _behind_planes(work, count)
    bound_errors(work, found, count)
    lanes, bound = work.lanes, work.bound
    w = _four(lanes, FRAME_W)
    pu0, pu1, pu2, pu3 = _four(lanes, FRAME_U)
    pv0, pv1, pv2, pv3 = _four(lanes, FRAME_V)
    middle_u = HALF * (bound[FRAME_SLOPE] + bound[FRAME_SLOPE + 1])
    middle_v = HALF * (bound[FRAME_SLOPE + 2] + bound[FRAME_SLOPE + 3])
    low_w, high_w = bound[FRAME_BOX + 2], bound[FRAME_BOX + 5]
    for k in range(size):
        act = work.open[k]
        if act == NONE:
            continue
        slope_u, slope_v = work.slope[k], work.slope[size_padded(size) + k]
        su, sv = spread(-slope_u), spread(-slope_v)
        u = (fma(su, w[0], pu0), fma(su, w[1], pu1), fma(su, w[2], pu2), fma(su, w[3], pu3))
        v = (fma(sv, w[0], pv0), fma(sv, w[1], pv1), fma(sv, w[2], pv2), fma(sv, w[3], pv3))
        tilt_u, tilt_v = middle_u - slope_u, middle_v - slope_v
        box = (
            spread(bound[MIDDLE_BOX] + min(tilt_u * low_w, tilt_u * high_w)),
            spread(bound[MIDDLE_BOX + 2] + max(tilt_u * low_w, tilt_u * high_w)),
            spread(bound[MIDDLE_BOX + 1] + min(tilt_v * low_w, tilt_v * high_w)),
            spread(bound[MIDDLE_BOX + 3] + max(tilt_v * low_w, tilt_v * high_w)),
        )
        far = spread(found.far[k])
        survivors = 0
        for group in range((count + LANES - 1) // LANES):
            met = _shadows(work, group * LANES, group * (EDGE_ROWS * LANES), su, sv, box)
            met &= mask_of(work.live[group])
            met &= load(found.begins, group * LANES) <= far
            compress(work.survivor, survivors, load(work.iota, 0) + spread(group * LANES), met)
            survivors += simd.set_bits(pattern(met))
        changed, doubts = False, 0
        for i in range(survivors):
            c = np.int64(work.survivor[i])
            doubt, met = _meet(work, found, c, k, (slope_u, slope_v), u, v, w)
            changed |= met
            if doubt != NONE:
                work.doubt[doubts], work.doubt_points[doubts] = c, doubt
                doubts += 1
        if changed:
            found.far[k] = _farthest(found.high, k * POINTS, act)
        if doubts > 0:
            _settle_doubts(rays, first + k, k, work, found, doubts)


@kernel()
def _settle_doubts(rays, column, k, work, found, doubts):  # type: ignore[no-untyped-def]
    """The exact test for the doubtful quads of points that are still unclear."""
    frame = exact.frame_at(rays, column)
    for i in range(doubts):
        points = work.doubt_points[i] & found.unclear[k]
        if points != NONE:
            c = np.int64(work.doubt[i])
            pair = np.int64(work.pair[c]), np.int64(work.pair[CAPACITY + c])
            exact.test_quad(rays, pair, frame, points, found, k * POINTS)


@kernel()
def settle(rays, column, k, work, found):  # type: ignore[no-untyped-def]
    """The exact test for the sure quads of direction k."""
    o = k * POINTS
    none = spread(-1)
    waiting = work.open[k] & ~join(
        load(found.first, o) == none,
        load(found.first, o + 16) == none,
        load(found.first, o + 32) == none,
        load(found.first, o + 48) == none,
    )
    if waiting == NONE:
        return
    frame = exact.frame_at(rays, column)
    while waiting != NONE:
        lane = simd.first_bit(np.int64(waiting))
        pair = np.int64(found.first[o + lane]), np.int64(found.second[o + lane])
        one = spread(pair[0])
        same = waiting & join(
            load(found.first, o) == one,
            load(found.first, o + 16) == one,
            load(found.first, o + 32) == one,
            load(found.first, o + 48) == one,
        )
        waiting &= ~same
        exact.test_quad(rays, pair, frame, same, found, o)


@kernel(inline=True)
def _meet(work, found, c, k, slope, u, v, w):  # type: ignore[no-untyped-def]
    """Candidate c against the points along direction k: (points that it may be the nearest of, whether anything
    changed)."""
    rows, edges = work.candidate, work.edge
    at = (c // LANES) * (EDGE_ROWS * LANES) + c % LANES
    e0, e1 = _inside(edges, at, u[0], v[0]), _inside(edges, at, u[1], v[1])
    e2, e3 = _inside(edges, at, u[2], v[2]), _inside(edges, at, u[3], v[3])
    zero = spread(ZERO)
    hit = join(e0 >= zero, e1 >= zero, e2 >= zero, e3 >= zero) & work.maybe[c] & work.open[k]
    if hit == NONE:
        return NONE, False
    nu, nv = rows[NORMAL * CAPACITY + c], rows[(NORMAL + 1) * CAPACITY + c]
    facing = nu * slope[0] + nv * slope[1] + rows[(NORMAL + 2) * CAPACITY + c]
    inverse, width = ZERO, BIG
    if facing > LEAST_FACING:
        inverse = np.float32(1.0) / facing
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
    ids = spread(work.pair[c]), spread(work.pair[CAPACITY + c])
    won = _narrow(found, o, d0, error, hit, sure, ids)
    won |= _narrow(found, o + 16, d1, error, hit >> np.uint64(16), sure >> np.uint64(16), ids) << np.uint64(16)
    won |= _narrow(found, o + 32, d2, error, hit >> np.uint64(32), sure >> np.uint64(32), ids) << np.uint64(32)
    won |= _narrow(found, o + 48, d3, error, hit >> np.uint64(48), sure >> np.uint64(48), ids) << np.uint64(48)
    found.unclear[k] = (found.unclear[k] | hit) & ~won
    return hit & ~won, True


@kernel(inline=True)
def _narrow(found, o, depth, error, hit, sure, ids):  # type: ignore[no-untyped-def]
    """Sixteen points meet a quad at ``depth`` ± ``error``; returns those for which it surely is the nearest so far."""
    met, certain = mask_of(np.int64(hit)), mask_of(np.int64(hit & sure))
    low, high = load(found.low, o), load(found.high, o)
    won = certain & (depth + error < low)
    store(found.low, o, where(met, minimum(low, depth - error), low))
    store(found.high, o, where(certain, minimum(high, depth + error), high))
    store(found.first, o, where(won, ids[0], load(found.first, o)))
    store(found.second, o, where(won, ids[1], load(found.second, o)))
    return np.uint64(pattern(won))


@kernel()
def _farthest(high, o, points):  # type: ignore[no-untyped-def]
    """Greatest value of a set of 64."""
    least = spread(-BIG)
    for g in range(0, POINTS, LANES):
        least = maximum(least, where(mask_of(np.int64(points >> np.uint64(g))), load(high, o + g), least))
    return highest(least)
