"""Candidates against the 64 points of a packet, direction by direction.

Idea: along one direction, shear everything into the plane w = 0 of the packet's frame: quads become flat shadows,
points stay close to where they are, and "blocked" is "inside a convex quad": four edge functions, each one
multiply-add a coordinate, for 64 points at once. Sixteen shadows at a time are first compared with the points' box by
separating axes, so that few reach the 64 points.

Whoever lies inside by more than the error bound is blocked; whoever lies outside by more is not; the few in between
go to the exact test, after everything that is sure, because most of them are blocked by a neighbour anyway.
"""

from __future__ import annotations

import numpy as np

from raytrace import exact, simd
from raytrace.jit import kernel
from raytrace.simd import (
    LANES,
    absolute,
    compress,
    fma,
    join,
    load,
    mask_of,
    maximum,
    minimum,
    pattern,
    spread,
    spread_at,
    store,
)
from raytrace.work import (
    CAPACITY,
    EDGE_ROWS,
    EXTRA,
    FRAME_BOX,
    FRAME_SLOPE,
    FRAME_U,
    FRAME_V,
    FRAME_W,
    LEVEL,
    LEVEL_ERROR,
    MIDDLE_BOX,
    NONE,
    NORMAL,
    SURE,
    TWICE_ERROR,
)

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)
ZERO = np.float32(0.0)
HALF = np.float32(0.5)


@kernel(inline=True)
def behind_planes(work, count):  # type: ignore[no-untyped-def]
    """Fills maybe, sure and live: which points lie behind each candidate's plane. No direction matters here.

    Only planes that cut the points' box are looked at point by point: behind the others all points surely lie,
    because the walk keeps no candidate that none lies behind.
    """
    rows, lanes, bound = work.candidate, work.lanes, work.bound
    u0, u1, u2, u3 = four(lanes, FRAME_U)
    v0, v1, v2, v3 = four(lanes, FRAME_V)
    w0, w1, w2, w3 = four(lanes, FRAME_W)
    for group in range((count + LANES - 1) // LANES):
        first = group * LANES
        live = (1 << min(LANES, count - first)) - 1
        for c in range(first, first + LANES):
            work.maybe[c], work.sure[c] = ALL, ALL
        cut = ~pattern(_all_behind(rows, bound, first)) & live
        while cut != 0:
            lane = simd.first_bit(cut)
            cut &= cut - 1
            c = first + lane
            nu, nv, nw = (
                spread_at(rows, NORMAL * CAPACITY + c),
                spread_at(rows, (NORMAL + 1) * CAPACITY + c),
                spread_at(rows, (NORMAL + 2) * CAPACITY + c),
            )
            level, error = spread_at(rows, LEVEL * CAPACITY + c), spread_at(rows, LEVEL_ERROR * CAPACITY + c)
            d0 = level - fma(nu, u0, fma(nv, v0, nw * w0))
            d1 = level - fma(nu, u1, fma(nv, v1, nw * w1))
            d2 = level - fma(nu, u2, fma(nv, v2, nw * w2))
            d3 = level - fma(nu, u3, fma(nv, v3, nw * w3))
            less = simd.negative(error)
            maybe = join(d0 > less, d1 > less, d2 > less, d3 > less)
            work.maybe[c] = maybe
            work.sure[c] = join(d0 > error, d1 > error, d2 > error, d3 > error)
            if maybe == NONE:
                live &= ~(1 << lane)
        work.live[group] = live


@kernel(inline=True)
def _all_behind(rows, bound, first):  # type: ignore[no-untyped-def]
    """Those of sixteen candidates behind whose planes the whole box of the points surely lies."""
    nu, nv = load(rows, NORMAL * CAPACITY + first), load(rows, (NORMAL + 1) * CAPACITY + first)
    nw = load(rows, (NORMAL + 2) * CAPACITY + first)
    highest_point = maximum(nu * spread(bound[FRAME_BOX]), nu * spread(bound[FRAME_BOX + 3]))
    highest_point += maximum(nv * spread(bound[FRAME_BOX + 1]), nv * spread(bound[FRAME_BOX + 4]))
    highest_point += maximum(nw * spread(bound[FRAME_BOX + 2]), nw * spread(bound[FRAME_BOX + 5]))
    return load(rows, LEVEL * CAPACITY + first) - load(rows, LEVEL_ERROR * CAPACITY + first) > highest_point


@kernel(inline=True)
def four(lanes, row):  # type: ignore[no-untyped-def]
    return load(lanes, row), load(lanes, row + 16), load(lanes, row + 32), load(lanes, row + 48)


@kernel(inline=True)
def seen_along(work, size, k):  # type: ignore[no-untyped-def]
    """The points along direction k of a bundle: its slopes (su, sv), u and v of the points sheared along it and their
    w, four vectors each, and the box (low u, high u, low v, high v) around the sheared points."""
    lanes, bound = work.lanes, work.bound
    slope_u, slope_v = work.slope[k], work.slope[size_padded(size) + k]
    su, sv = spread(-slope_u), spread(-slope_v)
    pu, pv, w = four(lanes, FRAME_U), four(lanes, FRAME_V), four(lanes, FRAME_W)
    u = fma(su, w[0], pu[0]), fma(su, w[1], pu[1]), fma(su, w[2], pu[2]), fma(su, w[3], pu[3])
    v = fma(sv, w[0], pv[0]), fma(sv, w[1], pv[1]), fma(sv, w[2], pv[2]), fma(sv, w[3], pv[3])
    tilt_u = HALF * (bound[FRAME_SLOPE] + bound[FRAME_SLOPE + 1]) - slope_u
    tilt_v = HALF * (bound[FRAME_SLOPE + 2] + bound[FRAME_SLOPE + 3]) - slope_v
    low_w, high_w = bound[FRAME_BOX + 2], bound[FRAME_BOX + 5]
    box = (
        spread(bound[MIDDLE_BOX] + min(tilt_u * low_w, tilt_u * high_w)),
        spread(bound[MIDDLE_BOX + 2] + max(tilt_u * low_w, tilt_u * high_w)),
        spread(bound[MIDDLE_BOX + 1] + min(tilt_v * low_w, tilt_v * high_w)),
        spread(bound[MIDDLE_BOX + 3] + max(tilt_v * low_w, tilt_v * high_w)),
    )
    return (slope_u, slope_v), u, v, w, box


@kernel(inline=True)
def _edge(edges, at, ui, vi, ni, uj, vj, nj, twice, extra, box):  # type: ignore[no-untyped-def]
    """Edge from corner i to corner j of sixteen shadows: writes a, b, c; returns (may touch the box, tolerance)."""
    low_u, high_u, low_v, high_v = box
    a, b = vi - vj, uj - ui
    tolerance = fma(twice, ni + nj, extra)
    c = tolerance - fma(a, ui, b * vi)
    store(edges, at, a)
    store(edges, at + 16, b)
    store(edges, at + 32, c)
    reach = maximum(a * low_u, a * high_u) + maximum(b * low_v, b * high_v) + c
    return reach >= spread(ZERO), tolerance


@kernel(inline=True)
def shadows(work, first, at, su, sv, box):  # type: ignore[no-untyped-def]
    """Edge functions of candidates first..first + 15 under a slope to edge[at:]; those that may touch the box."""
    rows = work.candidate
    w = load(rows, 2 * CAPACITY + first)
    u0, v0 = fma(su, w, load(rows, first)), fma(sv, w, load(rows, CAPACITY + first))
    w = load(rows, 5 * CAPACITY + first)
    u1, v1 = fma(su, w, load(rows, 3 * CAPACITY + first)), fma(sv, w, load(rows, 4 * CAPACITY + first))
    w = load(rows, 8 * CAPACITY + first)
    u2, v2 = fma(su, w, load(rows, 6 * CAPACITY + first)), fma(sv, w, load(rows, 7 * CAPACITY + first))
    w = load(rows, 11 * CAPACITY + first)
    u3, v3 = fma(su, w, load(rows, 9 * CAPACITY + first)), fma(sv, w, load(rows, 10 * CAPACITY + first))
    twice, extra = load(rows, TWICE_ERROR * CAPACITY + first), load(rows, EXTRA * CAPACITY + first)
    n0, n1 = absolute(u0) + absolute(v0), absolute(u1) + absolute(v1)
    n2, n3 = absolute(u2) + absolute(v2), absolute(u3) + absolute(v3)
    edges = work.edge
    met, t0 = _edge(edges, at, u0, v0, n0, u1, v1, n1, twice, extra, box)
    more, t1 = _edge(edges, at + 48, u1, v1, n1, u2, v2, n2, twice, extra, box)
    met &= more
    more, t2 = _edge(edges, at + 96, u2, v2, n2, u3, v3, n3, twice, extra, box)
    met &= more
    more, t3 = _edge(edges, at + 144, u3, v3, n3, u0, v0, n0, twice, extra, box)
    met &= more
    largest = maximum(maximum(t0, t1), maximum(t2, t3))
    store(edges, at + SURE * LANES, largest + largest)
    low_u, high_u, low_v, high_v = box
    met &= minimum(minimum(u0, u1), minimum(u2, u3)) - twice <= high_u
    met &= maximum(maximum(u0, u1), maximum(u2, u3)) + twice >= low_u
    met &= minimum(minimum(v0, v1), minimum(v2, v3)) - twice <= high_v
    met &= maximum(maximum(v0, v1), maximum(v2, v3)) + twice >= low_v
    return met


@kernel(inline=True)
def inside(edges, at, u, v):  # type: ignore[no-untyped-def]
    """Least edge function (plus its tolerance) of one shadow at 16 points."""
    least = minimum(_edge_value(edges, at, u, v), _edge_value(edges, at + 48, u, v))
    return minimum(least, minimum(_edge_value(edges, at + 96, u, v), _edge_value(edges, at + 144, u, v)))


@kernel(inline=True)
def _edge_value(edges, at, u, v):  # type: ignore[no-untyped-def]
    return fma(spread_at(edges, at), u, fma(spread_at(edges, at + 16), v, spread_at(edges, at + 32)))


@kernel(inline=True)
def _test(work, at, c, points_u, points_v, act, doubts):  # type: ignore[no-untyped-def]
    edges = work.edge
    e0 = inside(edges, at, points_u[0], points_v[0])
    e1 = inside(edges, at, points_u[1], points_v[1])
    e2 = inside(edges, at, points_u[2], points_v[2])
    e3 = inside(edges, at, points_u[3], points_v[3])
    zero = spread(ZERO)
    hit = join(e0 >= zero, e1 >= zero, e2 >= zero, e3 >= zero) & work.maybe[c] & act
    if hit != NONE:
        sure = spread_at(edges, at + SURE * LANES)
        certain = join(e0 >= sure, e1 >= sure, e2 >= sure, e3 >= sure) & work.sure[c]
        act &= ~(hit & certain)
        hit &= ~certain
        if hit != NONE:
            work.doubt[doubts] = c
            work.doubt_points[doubts] = hit
            doubts += 1
    return act, doubts


@kernel(inner=True)
def run_batch(scene, base, first, size, work, count):  # type: ignore[no-untyped-def]
    """Tests ``count`` candidates for every direction of the bundle; clears bits of work.open, returns their union.

    Args:
        base: the packet's first column of scene.packet.
        first, size: the bundle's columns of scene.direction.
    """
    behind_planes(work, count)
    groups = (count + LANES - 1) // LANES
    alive = NONE
    last = np.int64(0)
    for k in range(size):
        act = work.open[k]
        if act == NONE:
            continue
        slope, u, v, _, box = seen_along(work, size, k)
        su, sv = spread(-slope[0]), spread(-slope[1])
        doubts = np.int64(0)
        # The group of the last blocker first.
        at = last * (EDGE_ROWS * LANES)
        bits = pattern(shadows(work, last * LANES, at, su, sv, box)) & work.live[last]
        while bits != 0:
            t = simd.first_bit(bits)
            bits &= bits - 1
            act, doubts = _test(work, at + t, last * LANES + t, u, v, act, doubts)
            if act == NONE:
                break
        if act != NONE and groups > 1:
            survivors = 0
            for group in range(groups):
                if group == last:
                    continue
                met = shadows(work, group * LANES, group * (EDGE_ROWS * LANES), su, sv, box)
                met &= mask_of(work.live[group])
                compress(work.survivor, survivors, load(work.iota, 0) + spread(group * LANES), met)
                survivors += simd.set_bits(pattern(met))
            for i in range(survivors):
                c = np.int64(work.survivor[i])
                if work.maybe[c] & act == NONE:
                    continue
                act, doubts = _test(work, (c // LANES) * (EDGE_ROWS * LANES) + c % LANES, c, u, v, act, doubts)
                if act == NONE:
                    last = c // LANES
                    break
        if act != NONE and doubts > 0:
            act = _settle(scene, base, first + k, work, act, doubts)
        work.open[k] = act
        alive |= act
    return alive


@kernel(inline=True)
def size_padded(size):  # type: ignore[no-untyped-def]
    """Columns a bundle of this size occupies."""
    return (size + LANES - 1) // LANES * LANES


@kernel()
def _settle(scene, base, column, work, act, doubts):  # type: ignore[no-untyped-def]
    """The exact test for the doubtful points that are still open; returns the open points."""
    rays, frame = exact.rays_of(scene, base, work), exact.frame_at(scene, column)
    for i in range(doubts):
        points = work.doubt_points[i] & act
        if points != NONE:
            c = np.int64(work.doubt[i])
            pair = np.int64(work.pair[c]), np.int64(work.pair[CAPACITY + c])
            act &= ~exact.blocked_points(rays, pair, frame, points, scene.tree.one_sided)
            if act == NONE:
                break
    return act
