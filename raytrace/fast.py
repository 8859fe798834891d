"""The fast kernel: a packet of 64 points against bundles of directions.

Idea: for each packet and bundle one walk (walk.py) collects what could block, nearest first; each time a batch is
full, all its candidates are tested for all open directions (shear.py), the bounds shrink to the points and directions
still open, and the walk goes on. Everything happens about the packet's centre, in a frame that lies in the packet's
own plane unless a direction grazes that plane: there points hardly move under the shear and float32 is at its best.

Answers equal plain.py bit for bit: what the error bounds leave open goes to the exact test.

Oracle: plain.py, in tests/raytrace/test_raytrace_visible.py.
"""

from __future__ import annotations

import numpy as np

from raytrace import margins, simd
from raytrace.bvh import BIG
from raytrace.jit import kernel
from raytrace.shear import run_batch, size_padded
from raytrace.simd import LANES, fma, highest, join, load, lowest, mask_of, maximum, minimum, spread, store, where
from raytrace.walk import visit_leaf, visit_node
from raytrace.work import (
    BATCH,
    BEAM_BOX,
    BEAM_SLOPE,
    BEAM_U,
    BEAM_V,
    BEAM_W,
    FRAME_BOX,
    FRAME_SLOPE,
    FRAME_U,
    FRAME_V,
    FRAME_W,
    GROWTH,
    MIDDLE_BOX,
    NONE,
    POINTS,
    RADIUS,
    SHEARED_BOX,
)

ZERO = np.float32(0.0)
HALF = np.float32(0.5)

LEAST_COSINE = np.float32(0.25)
"""The packet's own plane serves as frame when every open direction is steeper than this to it."""

COHERENT = np.float32(50.0)
"""… and when the sum of the 64 normals is at least this long."""

FLAT = np.float32(0.14)
"""Bundles closer to the horizontal than this test their first, nearest candidates early."""

FIRST_BATCH_FLAT, FIRST_BATCH = 32, 64


@kernel(inner=True)
def trace_packet(scene, bundles, base, work, seen):  # type: ignore[no-untyped-def]
    """All directions of one packet.

    Args:
        scene, work: addresses, see work.py.
        bundles: the arrays behind scene.direction.
        base: the packet's first column of scene.packet.
        seen: (D,) uint64, filled: the points that see each direction.
    """
    for a in range(3):
        low, high = range_of(scene.packet, a * scene.columns + base)
        work.centre[a] = HALF * (low + high)
    mean_normal(scene, base, work.normal)
    for b in range(len(bundles.begin)):
        first, size = bundles.begin[b], bundles.size[b]
        if facing(scene, base, first, size, work.open) != NONE and scene.n_nodes > 0:
            _trace_bundle(scene, base, b, first, size, work)
        for k in range(size):
            seen[bundles.which[first + k]] = work.open[k]


@kernel()
def mean_normal(scene, base, normal):  # type: ignore[no-untyped-def]
    """Writes the unit mean of the points' normals, and 1 where they agree well enough to share a plane."""
    for a in range(3):
        at = (3 + a) * scene.columns + base
        total = ZERO
        for lane in range(at, at + POINTS):
            total += scene.packet[lane]
        normal[a] = total
    length = np.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2])
    normal[3] = ZERO
    if length > COHERENT:
        for a in range(3):
            normal[a] /= length
        normal[3] = np.float32(1.0)


@kernel()
def range_of(values, at):  # type: ignore[no-untyped-def]
    a, b, c, d = load(values, at), load(values, at + 16), load(values, at + 32), load(values, at + 48)
    return (
        lowest(minimum(minimum(a, b), minimum(c, d))),
        highest(maximum(maximum(a, b), maximum(c, d))),
    )


@kernel()
def facing(scene, base, first, size, opened):  # type: ignore[no-untyped-def]
    """Points in front of whose plane each direction lies, to opened[:size]; returns their union.

    The rule is the float64 sum's sign (packet.facing); float32 decides where it is sure.
    """
    flat, stride = scene.packet, scene.columns
    at = 3 * stride + base
    x0, x1, x2, x3 = load(flat, at), load(flat, at + 16), load(flat, at + 32), load(flat, at + 48)
    at += stride
    y0, y1, y2, y3 = load(flat, at), load(flat, at + 16), load(flat, at + 32), load(flat, at + 48)
    at += stride
    z0, z1, z2, z3 = load(flat, at), load(flat, at + 16), load(flat, at + 32), load(flat, at + 48)
    above, below = spread(margins.FACING), spread(-margins.FACING)
    union = NONE
    for k in range(size):
        dx, dy, dz = _direction(scene, first + k)
        x, y, z = spread(dx), spread(dy), spread(dz)
        d0, d1 = fma(x0, x, fma(y0, y, z0 * z)), fma(x1, x, fma(y1, y, z1 * z))
        d2, d3 = fma(x2, x, fma(y2, y, z2 * z)), fma(x3, x, fma(y3, y, z3 * z))
        sure = join(d0 > above, d1 > above, d2 > above, d3 > above)
        doubt = join(d0 >= below, d1 >= below, d2 >= below, d3 >= below) & ~sure
        while doubt != NONE:
            lane = simd.first_bit(np.int64(doubt))
            doubt &= doubt - np.uint64(1)
            at = 3 * stride + base + lane
            nx, ny, nz = flat[at], flat[at + stride], flat[at + 2 * stride]
            if nx * np.float64(dx) + ny * np.float64(dy) + nz * np.float64(dz) > 0.0:
                sure |= np.uint64(1) << np.uint64(lane)
        opened[k] = sure
        union |= sure
    return union


@kernel(inline=True)
def _direction(scene, column):  # type: ignore[no-untyped-def]
    direction, width = scene.direction, scene.width
    return direction[column], direction[width + column], direction[2 * width + column]


@kernel(inner=True)
def _trace_bundle(scene, base, b, first, size, work):  # type: ignore[no-untyped-def]
    """Walks the tree for bundle b and clears the blocked points of work.open."""
    choose_frame(scene, base, b, first, size, work)
    place_points(scene, base, b, work)
    full = FIRST_BATCH_FLAT if abs(scene.frame[b * 9 + 8]) < FLAT else FIRST_BATCH
    bounds(scene, first, size, work)
    work.stack[0] = 0
    height, count = np.int64(1), np.int64(0)  # not literals: each would be a kernel of its own
    while height > 0:
        height -= 1
        node = np.int64(work.stack[height])
        if node >= 0:
            height = visit_node(scene, node, b * 9, work, height)
        else:
            count = visit_leaf(scene.tree, ~node, work, count)
        if count > full or (height == 0 and count > 0):
            if run_batch(scene, base, first, size, work, count) == NONE:
                return
            count = 0
            full = min(2 * full, BATCH)
            if height > 0:
                bounds(scene, first, size, work)


@kernel(inline=True)
def choose_frame(scene, base, b, first, size, work):  # type: ignore[no-untyped-def]
    """Writes work.axes and work.slope: the packet's own plane where no open direction grazes it, else the bundle's
    frame."""
    axes = work.axes
    nx, ny, nz = work.normal[0], work.normal[1], work.normal[2]
    own = work.normal[3] > ZERO
    for k in range(size):
        if work.open[k] != NONE:
            x, y, z = _direction(scene, first + k)
            own &= nx * x + ny * y + nz * z > LEAST_COSINE
    if own:
        _own_plane(axes, nx, ny, nz)
    else:
        for i in range(9):
            axes[i] = scene.frame[b * 9 + i]
    padded = size_padded(size)
    direction, width = scene.direction, scene.width
    for q in range(0, padded, LANES):
        x = load(direction, first + q)
        y = load(direction, width + first + q)
        z = load(direction, 2 * width + first + q)
        u = fma(x, spread(axes[0]), fma(y, spread(axes[1]), z * spread(axes[2])))
        v = fma(x, spread(axes[3]), fma(y, spread(axes[4]), z * spread(axes[5])))
        w = fma(x, spread(axes[6]), fma(y, spread(axes[7]), z * spread(axes[8])))
        store(work.slope, q, u / w)
        store(work.slope, padded + q, v / w)


@kernel()
def _own_plane(axes, nx, ny, nz):  # type: ignore[no-untyped-def]
    """Axes with w along the normal and u across it and a world axis far from it."""
    if abs(nz) > np.float32(0.9):
        length = np.sqrt(nz * nz + nx * nx)
        axes[0], axes[1], axes[2] = nz / length, ZERO, -nx / length
    else:
        length = np.sqrt(nx * nx + ny * ny)
        axes[0], axes[1], axes[2] = -ny / length, nx / length, ZERO
    axes[6], axes[7], axes[8] = nx, ny, nz
    axes[3] = ny * axes[2] - nz * axes[1]
    axes[4] = nz * axes[0] - nx * axes[2]
    axes[5] = nx * axes[1] - ny * axes[0]


@kernel(inline=True)
def place_points(scene, base, b, work):  # type: ignore[no-untyped-def]
    """Writes work.lanes: the points about the centre, in the packet's frame and in the bundle's."""
    flat, stride, frame = scene.packet, scene.columns, scene.frame
    axes, lanes, centre = work.axes, work.lanes, work.centre
    for g in range(0, POINTS, LANES):
        x = load(flat, base + g) - spread(centre[0])
        y = load(flat, stride + base + g) - spread(centre[1])
        z = load(flat, 2 * stride + base + g) - spread(centre[2])
        for row in range(3):
            i, j = 3 * row, b * 9 + 3 * row
            value = fma(x, spread(axes[i]), fma(y, spread(axes[i + 1]), z * spread(axes[i + 2])))
            store(lanes, FRAME_U + row * POINTS + g, value)
            value = fma(x, spread(frame[j]), fma(y, spread(frame[j + 1]), z * spread(frame[j + 2])))
            store(lanes, BEAM_U + row * POINTS + g, value)


@kernel(inline=True)
def bounds(scene, first, size, work):  # type: ignore[no-untyped-def]
    """Fills work.bound from the points and directions that are still open."""
    bound = work.bound
    union = _slope_range(scene, first, size, work)
    low_w, high_w = _point_range(work.lanes, FRAME_W, union)
    bound[FRAME_BOX + 2], bound[FRAME_BOX + 5] = low_w, high_w
    bound[FRAME_BOX], bound[FRAME_BOX + 3] = _point_range(work.lanes, FRAME_U, union)
    bound[FRAME_BOX + 1], bound[FRAME_BOX + 4] = _point_range(work.lanes, FRAME_V, union)
    bound[BEAM_BOX], bound[BEAM_BOX + 3] = _point_range(work.lanes, BEAM_U, union)
    bound[BEAM_BOX + 1], bound[BEAM_BOX + 4] = _point_range(work.lanes, BEAM_V, union)
    bound[BEAM_BOX + 2], bound[BEAM_BOX + 5] = _point_range(work.lanes, BEAM_W, union)
    thick = max(abs(low_w), abs(high_w))
    radius, growth = thick, np.float32(1.0)
    for axis in range(2):
        slope_low, slope_high = bound[FRAME_SLOPE + 2 * axis], bound[FRAME_SLOPE + 2 * axis + 1]
        low, high = _sheared_range(work.lanes, FRAME_U + axis * POINTS, -HALF * (slope_low + slope_high), union)
        grow = HALF * (slope_high - slope_low) * thick
        bound[MIDDLE_BOX + axis], bound[MIDDLE_BOX + 2 + axis] = low, high
        bound[SHEARED_BOX + axis], bound[SHEARED_BOX + 2 + axis] = low - grow, high + grow
        radius += max(abs(low - grow), abs(high + grow))
        growth += max(abs(slope_low), abs(slope_high))
    bound[RADIUS], bound[GROWTH] = radius, growth


@kernel(inline=True)
def _slope_range(scene, first, size, work):  # type: ignore[no-untyped-def]
    """Ranges of the open directions' slopes in both frames to work.bound; returns the union of open points."""
    high, low = spread(BIG), spread(-BIG)
    a0, a1, b0, b1, c0, c1, d0, d1 = high, low, high, low, high, low, high, low
    union = NONE
    padded = size_padded(size)
    for q in range(0, padded, LANES):
        live = 0
        for k in range(q, min(size, q + LANES)):
            if work.open[k] != NONE:
                live |= 1 << (k - q)
                union |= work.open[k]
        mask = mask_of(live)
        s = load(scene.slope, first + q)
        a0, a1 = minimum(a0, where(mask, s, high)), maximum(a1, where(mask, s, low))
        s = load(scene.slope, scene.width + first + q)
        b0, b1 = minimum(b0, where(mask, s, high)), maximum(b1, where(mask, s, low))
        s = load(work.slope, q)
        c0, c1 = minimum(c0, where(mask, s, high)), maximum(c1, where(mask, s, low))
        s = load(work.slope, padded + q)
        d0, d1 = minimum(d0, where(mask, s, high)), maximum(d1, where(mask, s, low))
    bound = work.bound
    tiny = np.float32(1.0e-6)
    bound[BEAM_SLOPE], bound[BEAM_SLOPE + 1] = lowest(a0) - tiny, highest(a1) + tiny
    bound[BEAM_SLOPE + 2], bound[BEAM_SLOPE + 3] = lowest(b0) - tiny, highest(b1) + tiny
    bound[FRAME_SLOPE], bound[FRAME_SLOPE + 1] = lowest(c0), highest(c1)
    bound[FRAME_SLOPE + 2], bound[FRAME_SLOPE + 3] = lowest(d0), highest(d1)
    return union


@kernel(inline=True)
def _point_range(lanes, row, points):  # type: ignore[no-untyped-def]
    """Least and greatest of a row of work.lanes over a set of points."""
    return _sheared_range(lanes, row, ZERO, points)


@kernel(inline=True)
def _sheared_range(lanes, row, slope, points):  # type: ignore[no-untyped-def]
    """The same with each value moved by slope · w."""
    lowest_, highest_ = spread(BIG), spread(-BIG)
    for g in range(0, POINTS, LANES):
        mask = mask_of(np.int64(points >> np.uint64(g)))
        value = fma(spread(slope), load(lanes, FRAME_W + g), load(lanes, row + g))
        lowest_ = minimum(lowest_, where(mask, value, spread(BIG)))
        highest_ = maximum(highest_, where(mask, value, spread(-BIG)))
    return lowest(lowest_), highest(highest_)
