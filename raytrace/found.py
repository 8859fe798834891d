"""What 64 points have met along the directions of a bundle so far, and the exact tests that settle what is unclear.

Idea: a pair of point and direction keeps an interval low..high of w that holds its nearest hit, the triangle that
surely is the nearest (depth.py), and the nearest hit of all exact tests made for it. ``finish`` turns that into
answers: where the nearest triangle is sure its distance is the middle of the interval, else the exact test decides
between all that may be the nearest.

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_first.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from raytrace import exact, simd, slab
from raytrace.bundles import MAX_DIRECTIONS
from raytrace.bvh import BIG
from raytrace.jit import kernel
from raytrace.simd import (
    LANES,
    fma,
    highest,
    join,
    load,
    lowest,
    mask_of,
    maximum,
    minimum,
    pointer,
    spread,
    store,
    where,
)
from raytrace.work import BEAM_W, CAPACITY, FRAME_W, NONE, POINTS

ONE = np.float32(1.0)
HALF = np.float32(0.5)

CLOSE_M = np.float32(0.01)
"""Bound of the error of a distance that is not the exact test's [m]: where E is wider the exact test is asked."""

ROOM = np.float32(1.0001)
"""Distances that end the walk are stretched by this and ROOM_M: error bounds of the boxes' distances."""

ROOM_M = np.float32(0.001)


class Found(NamedTuple):
    """Pairs lie at 64 · direction + point.

    Attributes:
        low, high: (MAX_DIRECTIONS · 64,) float32 [m], interval of the nearest hit's w; BIG where there is none.
        winner: (MAX_DIRECTIONS · 64,) int32, the triangle that surely is the nearest, −1 for none.
        distance, triangle: (MAX_DIRECTIONS · 64,) float32 [m] and int32, nearest hit of the exact tests, in the end
            the answer; slab.MISS and −1 for none.
        asked, unclear: (MAX_DIRECTIONS,) uint64, points that are traced, and those whose nearest triangle is not sure.
        far: (MAX_DIRECTIONS,) float32 [m], greatest high of a direction's open points.
        pace, beam_pace: (MAX_DIRECTIONS,) float32, w gained per metre along a direction, in the packet's frame and the
            bundle's.
        widest: (MAX_DIRECTIONS,) float32 [m], greatest E of a direction that keeps the promise CLOSE_M.
        slack: (CAPACITY,) float32 [m³], numerator of E.
        begins: (CAPACITY,) float32 [m], least w of a candidate.
    """

    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    winner: npt.NDArray[np.int32]
    distance: npt.NDArray[np.float32]
    triangle: npt.NDArray[np.int32]
    asked: npt.NDArray[np.uint64]
    unclear: npt.NDArray[np.uint64]
    far: npt.NDArray[np.float32]
    pace: npt.NDArray[np.float32]
    beam_pace: npt.NDArray[np.float32]
    widest: npt.NDArray[np.float32]
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
        np.empty(n, np.float32),
        np.empty(n, np.int32),
        np.empty(MAX_DIRECTIONS, np.uint64),
        np.empty(MAX_DIRECTIONS, np.uint64),
        np.empty(MAX_DIRECTIONS, np.float32),
        np.empty(MAX_DIRECTIONS, np.float32),
        np.empty(MAX_DIRECTIONS, np.float32),
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
        pointer(found.winner),
        pointer(found.distance),
        pointer(found.triangle),
        pointer(found.asked),
        pointer(found.unclear),
        pointer(found.far),
        pointer(found.pace),
        pointer(found.beam_pace),
        pointer(found.widest),
        pointer(found.slack),
        pointer(found.begins),
    )


@kernel(inline=True)
def clear(found, size):  # type: ignore[no-untyped-def]
    """Nothing met yet along the first ``size`` directions."""
    for at in range(0, size * POINTS, LANES):
        store(found.low, at, spread(BIG))
        store(found.high, at, spread(BIG))
        store(found.winner, at, spread(-1))
        store(found.distance, at, spread(slab.MISS))
        store(found.triangle, at, spread(-1))


@kernel(inline=True)
def prepare(scene, b, first, size, work, found):  # type: ignore[no-untyped-def]
    """Writes what ``found`` keeps of each direction of bundle b, once the packet's frame is chosen."""
    direction, width, axes, frame = scene.direction, scene.width, work.axes, scene.frame
    for k in range(size):
        x, y, z = direction[first + k], direction[width + first + k], direction[2 * width + first + k]
        found.pace[k] = x * axes[6] + y * axes[7] + z * axes[8]
        found.beam_pace[k] = x * frame[b * 9 + 6] + y * frame[b * 9 + 7] + z * frame[b * 9 + 8]
        found.widest[k] = CLOSE_M * found.pace[k]
        found.asked[k], found.unclear[k], found.far[k] = work.open[k], NONE, BIG


@kernel(inline=True)
def farthest(high, o, points):  # type: ignore[no-untyped-def]
    """Greatest value of a set of 64."""
    least = spread(-BIG)
    for g in range(0, POINTS, LANES):
        least = maximum(least, where(mask_of(np.int64(points >> np.uint64(g))), load(high, o + g), least))
    return highest(least)


@kernel(inline=True)
def close_points(size, work, found, height):  # type: ignore[no-untyped-def]
    """Takes those from work.open that have met something nearer than all that waits on the stack; returns (the union
    of the others, depth in the bundle's frame beyond which none of them can meet anything nearer)."""
    least = spread(BIG)
    for at in range(0, height, LANES):
        rest = (1 << min(LANES, height - at)) - 1
        least = minimum(least, where(mask_of(rest), load(work.depth, at), least))
    begin = spread(lowest(least))
    union, end = NONE, spread(-BIG)
    for k in range(size):
        act = work.open[k]
        if act == NONE:
            continue
        rise, room, o = spread(found.beam_pace[k] / found.pace[k] * ROOM), spread(ROOM_M), k * POINTS
        b0, b1 = _beam_depth(work, found, 0, o, rise, room), _beam_depth(work, found, 16, o, rise, room)
        b2, b3 = _beam_depth(work, found, 32, o, rise, room), _beam_depth(work, found, 48, o, rise, room)
        act &= join(b0 >= begin, b1 >= begin, b2 >= begin, b3 >= begin)
        work.open[k] = act
        union |= act
        end = maximum(end, where(mask_of(np.int64(act)), b0, end))
        end = maximum(end, where(mask_of(np.int64(act >> np.uint64(16))), b1, end))
        end = maximum(end, where(mask_of(np.int64(act >> np.uint64(32))), b2, end))
        end = maximum(end, where(mask_of(np.int64(act >> np.uint64(48))), b3, end))
    return union, highest(end)


@kernel(inline=True)
def _beam_depth(work, found, g, o, rise, room):  # type: ignore[no-untyped-def]
    """Depth in the bundle's frame that the nearest hits of sixteen points surely do not exceed."""
    ahead = minimum(load(found.high, o + g), spread(np.float32(1.0e30))) - load(work.lanes, FRAME_W + g)
    return fma(ahead, rise, load(work.lanes, BEAM_W + g) + room)


@kernel(inline=True)
def settle_doubts(rays, scene, column, k, work, found, doubts):  # type: ignore[no-untyped-def]
    """The exact test for the doubtful quads of points that are still unclear along direction k."""
    frame = exact.frame_at(scene, column)
    tested = NONE
    for i in range(doubts):
        points = work.doubt_points[i] & found.unclear[k]
        if points != NONE:
            c = np.int64(work.doubt[i])
            pair = np.int64(work.pair[c]), np.int64(work.pair[CAPACITY + c])
            exact.test_pair(rays, pair, frame, points, (found.distance, found.triangle), k * POINTS)
            tested |= points
    if tested != NONE:
        stretch = spread(found.pace[k] * ROOM)
        for g in range(0, POINTS, LANES):
            at = k * POINTS + g
            high = fma(load(found.distance, at), stretch, load(work.lanes, FRAME_W + g) + spread(ROOM_M))
            store(found.high, at, minimum(load(found.high, at), high))


@kernel(inline=True)
def finish(rays, scene, first, size, work, found):  # type: ignore[no-untyped-def]
    """Turns what has been found into the answers: found.triangle and found.distance."""
    for k in range(size):
        if found.asked[k] == NONE:
            continue
        unclear = found.unclear[k]
        if unclear != NONE:
            _test_winners(rays, scene, first + k, k, found)
        inverse = spread(ONE / found.pace[k])
        for g in range(0, POINTS, LANES):
            at = k * POINTS + g
            winner = load(found.winner, at)
            plain = mask_of(~np.int64(unclear >> np.uint64(g))) & (spread(-1) < winner)
            middle = (load(found.low, at) + load(found.high, at)) * spread(HALF)
            distance = (middle - load(work.lanes, FRAME_W + g)) * inverse
            store(found.distance, at, where(plain, distance, load(found.distance, at)))
            store(found.triangle, at, where(plain, winner, load(found.triangle, at)))


@kernel()
def _test_winners(rays, scene, column, k, found):  # type: ignore[no-untyped-def]
    """The exact test for the winners of the points that are unclear: each may still be the nearest."""
    o = k * POINTS
    none = spread(-1)
    waiting = found.unclear[k] & ~join(
        load(found.winner, o) == none,
        load(found.winner, o + 16) == none,
        load(found.winner, o + 32) == none,
        load(found.winner, o + 48) == none,
    )
    if waiting == NONE:
        return
    frame = exact.frame_at(scene, column)
    while waiting != NONE:
        winner = np.int64(found.winner[o + simd.first_bit(np.int64(waiting))])
        one = spread(winner)
        same = waiting & join(
            load(found.winner, o) == one,
            load(found.winner, o + 16) == one,
            load(found.winner, o + 32) == one,
            load(found.winner, o + 48) == one,
        )
        waiting &= ~same
        exact.test_pair(rays, (winner, np.int64(-1)), frame, same, (found.distance, found.triangle), o)
