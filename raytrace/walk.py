"""One walk through the tree for a packet of points and a bundle of directions: it collects what could block.

Idea: in the bundle's frame the points fill a small box, and whatever a direction of the bundle can meet lies inside
that box widened linearly with depth by the range of slopes (the beam). Sixteen child boxes are turned into the frame
and compared at once; nearest children are visited first. In a leaf, sixteen quads are moved into the packet's own
frame and kept as candidates when one of the open directions could meet them: the right side faces the light, some
point lies behind the plane, and the shadow under the middle slope, widened by the spread of slopes, touches the
points. A quad that blocks from both sides is kept once for each side that faces a direction of the bundle.

Every test is conservative by margins.py; nothing is decided here.
"""

from __future__ import annotations

import numpy as np

from raytrace import margins, simd
from raytrace.jit import kernel
from raytrace.simd import LANES, absolute, compress, fma, load, mask_of, maximum, minimum, negative, spread, where
from raytrace.stack import nearest_last
from raytrace.work import (
    BEAM_BOX,
    BEAM_SLOPE,
    CAPACITY,
    CORNER,
    EXTRA,
    FRAME_BOX,
    FRAME_SLOPE,
    GROWTH,
    LEVEL,
    NORMAL,
    RADIUS,
    SHEARED_BOX,
)

HALF = np.float32(0.5)
ZERO = np.float32(0.0)


@kernel(inline=True)
def visit_node(scene, node, begin, work, height):  # type: ignore[no-untyped-def]
    """Push the children of a node that the beam may meet, nearest last; returns the new height of the stack.

    Args:
        begin: the bundle's axes stand at scene.frame[begin:begin + 9].
    """
    boxes, frame, margin = scene.tree.node_box, scene.frame, scene.margin
    at = node * (6 * LANES)
    low_x, low_y, low_z = load(boxes, at), load(boxes, at + 16), load(boxes, at + 32)
    high_x, high_y, high_z = load(boxes, at + 48), load(boxes, at + 64), load(boxes, at + 80)
    half = spread(HALF)
    cx, cy, cz = work.centre[0], work.centre[1], work.centre[2]
    x = fma(low_x + high_x, half, spread(-cx))
    y = fma(low_y + high_y, half, spread(-cy))
    z = fma(low_z + high_z, half, spread(-cz))
    dx, dy, dz = (high_x - low_x) * half, (high_y - low_y) * half, (high_z - low_z) * half
    a, b, c = spread(frame[begin]), spread(frame[begin + 1]), spread(frame[begin + 2])
    u = fma(x, a, fma(y, b, z * c))
    du = fma(dx, absolute(a), fma(dy, absolute(b), fma(dz, absolute(c), spread(margin))))
    a, b, c = spread(frame[begin + 3]), spread(frame[begin + 4]), spread(frame[begin + 5])
    v = fma(x, a, fma(y, b, z * c))
    dv = fma(dx, absolute(a), fma(dy, absolute(b), fma(dz, absolute(c), spread(margin))))
    a, b, c = spread(frame[begin + 6]), spread(frame[begin + 7]), spread(frame[begin + 8])
    w = fma(x, a, fma(y, b, z * c))
    dw = fma(dx, absolute(a), fma(dy, absolute(b), fma(dz, absolute(c), spread(margin))))
    bound = work.bound
    zero = spread(ZERO)
    far = w + dw - spread(bound[BEAM_BOX + 2])
    near = maximum(w - dw - spread(bound[BEAM_BOX + 5]), zero)
    low, high = spread(bound[BEAM_SLOPE]), spread(bound[BEAM_SLOPE + 1])
    met = far >= zero
    met &= u - du <= spread(bound[BEAM_BOX + 3]) + maximum(high * far, high * near)
    met &= u + du >= spread(bound[BEAM_BOX]) + minimum(low * far, low * near)
    low, high = spread(bound[BEAM_SLOPE + 2]), spread(bound[BEAM_SLOPE + 3])
    met &= v - dv <= spread(bound[BEAM_BOX + 4]) + maximum(high * far, high * near)
    met &= v + dv >= spread(bound[BEAM_BOX + 1]) + minimum(low * far, low * near)
    found = simd.set_bits(simd.pattern(met))
    compress(work.stack, height, load(scene.tree.child, node * LANES), met)
    compress(work.depth, height, w - dw, met)
    nearest_last(work.stack, work.depth, height, height + found)
    return height + found


@kernel(inline=True)
def _turned(quads, at, work):  # type: ignore[no-untyped-def]
    """(u, v, w) of sixteen corners at quads[at:at + 48] in the packet's frame."""
    axes, centre = work.axes, work.centre
    x = load(quads, at) - spread(centre[0])
    y = load(quads, at + 16) - spread(centre[1])
    z = load(quads, at + 32) - spread(centre[2])
    u = fma(x, spread(axes[0]), fma(y, spread(axes[1]), z * spread(axes[2])))
    v = fma(x, spread(axes[3]), fma(y, spread(axes[4]), z * spread(axes[5])))
    w = fma(x, spread(axes[6]), fma(y, spread(axes[7]), z * spread(axes[8])))
    return u, v, w


@kernel(inline=True)
def _length_1(x, y, z):  # type: ignore[no-untyped-def]
    return absolute(x) + absolute(y) + absolute(z)


@kernel(inline=True)
def _range_of(factor, low, high):  # type: ignore[no-untyped-def]
    """Least and greatest of factor · x for x in low..high."""
    a, b = factor * spread(low), factor * spread(high)
    return minimum(a, b), maximum(a, b)


@kernel(inline=True)
def visit_leaf(tree, leaf, work, count):  # type: ignore[no-untyped-def]
    """Append the leaf's candidates from ``count`` on; returns the new count."""
    quads = tree.quad
    at = leaf * (12 * LANES)
    u0, v0, w0 = _turned(quads, at, work)
    u1, v1, w1 = _turned(quads, at + 48, work)
    u2, v2, w2 = _turned(quads, at + 96, work)
    u3, v3, w3 = _turned(quads, at + 144, work)
    bound, axes = work.bound, work.axes
    growth = spread(bound[GROWTH])
    square = maximum(
        maximum(fma(u0, u0, fma(v0, v0, w0 * w0)), fma(u1, u1, fma(v1, v1, w1 * w1))),
        maximum(fma(u2, u2, fma(v2, v2, w2 * w2)), fma(u3, u3, fma(v3, v3, w3 * w3))),
    )
    reach = maximum(simd.root(square), spread(bound[RADIUS]))
    warp = load(tree.warp, leaf * LANES)
    error = fma(reach * spread(margins.EDGE), growth * growth, warp * growth)

    # Shadow of the quads under the middle slope, widened by the spread of slopes, against the points' box.
    high_w = maximum(maximum(w0, w1), maximum(w2, w3))
    low_w = minimum(minimum(w0, w1), minimum(w2, w3))
    thick = maximum(high_w, negative(low_w))
    over = high_w + error - spread(bound[FRAME_BOX + 2])
    su = spread(-HALF * (bound[FRAME_SLOPE] + bound[FRAME_SLOPE + 1]))
    spread_u = fma(spread(HALF * (bound[FRAME_SLOPE + 1] - bound[FRAME_SLOPE])), thick, error)
    a, b, c, d = fma(su, w0, u0), fma(su, w1, u1), fma(su, w2, u2), fma(su, w3, u3)
    met = minimum(minimum(a, b), minimum(c, d)) - spread_u <= spread(bound[SHEARED_BOX + 2])
    met &= maximum(maximum(a, b), maximum(c, d)) + spread_u >= spread(bound[SHEARED_BOX])
    sv = spread(-HALF * (bound[FRAME_SLOPE + 2] + bound[FRAME_SLOPE + 3]))
    spread_v = fma(spread(HALF * (bound[FRAME_SLOPE + 3] - bound[FRAME_SLOPE + 2])), thick, error)
    a, b, c, d = fma(sv, w0, v0), fma(sv, w1, v1), fma(sv, w2, v2), fma(sv, w3, v3)
    met &= minimum(minimum(a, b), minimum(c, d)) - spread_v <= spread(bound[SHEARED_BOX + 3])
    met &= maximum(maximum(a, b), maximum(c, d)) + spread_v >= spread(bound[SHEARED_BOX + 1])
    if simd.pattern(met) == 0:
        return count

    # Planes: which side faces the light, which side the points are on.
    normals = tree.normal
    at = leaf * (3 * LANES)
    x, y, z = load(normals, at), load(normals, at + 16), load(normals, at + 32)
    nu = fma(x, spread(axes[0]), fma(y, spread(axes[1]), z * spread(axes[2])))
    nv = fma(x, spread(axes[3]), fma(y, spread(axes[4]), z * spread(axes[5])))
    nw = fma(x, spread(axes[6]), fma(y, spread(axes[7]), z * spread(axes[8])))
    slope_low, slope_high = _range_of(nu, bound[FRAME_SLOPE], bound[FRAME_SLOPE + 1])
    low, high = _range_of(nv, bound[FRAME_SLOPE + 2], bound[FRAME_SLOPE + 3])
    facing_low, facing_high = nw + slope_low + low, nw + slope_high + high
    around = _length_1(u2 - u0, v2 - v0, w2 - w0) + _length_1(u3 - u1, v3 - v1, w3 - w1)
    doubt = spread(np.float32(4.0)) * error * around * growth
    level = fma(nu, u0, fma(nv, v0, nw * w0))
    off = _length_1(nu, nv, nw) * fma(reach, spread(margins.PLANE), warp + warp)
    off = fma(load(tree.slim, leaf * LANES), spread(margins.SLIM), off)
    # Of a closed quad seen so nearly edge-on that its side is in doubt, a point may lie in front and yet be blocked.
    one_sided = mask_of(tree.closed[leaf])
    edge_on = one_sided & (facing_low < doubt)
    off = where(edge_on, fma(doubt, reach + spread(bound[RADIUS]), off), off)
    # Below all points, by more than the plane's noise along the least steep direction.
    met &= fma(over, maximum(maximum(facing_low, negative(facing_high)), spread(ZERO)), off) >= spread(ZERO)
    box_u_low, box_u_high = _range_of(nu, bound[FRAME_BOX], bound[FRAME_BOX + 3])
    box_v_low, box_v_high = _range_of(nv, bound[FRAME_BOX + 1], bound[FRAME_BOX + 4])
    box_w_low, box_w_high = _range_of(nw, bound[FRAME_BOX + 2], bound[FRAME_BOX + 5])
    behind = level + off > box_u_low + box_v_low + box_w_low
    in_front = level - off < box_u_high + box_v_high + box_w_high

    zero = spread(ZERO)
    twice = error + error
    base = twice * spread(np.float32(2.0) * bound[RADIUS])
    back = met & behind & (facing_high > negative(doubt))
    extra = base + where(edge_on, doubt, zero)
    pair = tree.pair
    first, second = load(pair, leaf * (2 * LANES)), load(pair, leaf * (2 * LANES) + LANES)
    rows = work.candidate
    found = simd.set_bits(simd.pattern(back))
    if found > 0:
        _append(rows, count, u0, v0, w0, CORNER, back)
        _append(rows, count, u1, v1, w1, CORNER + 3, back)
        _append(rows, count, u2, v2, w2, CORNER + 6, back)
        _append(rows, count, u3, v3, w3, CORNER + 9, back)
        _append(rows, count, nu, nv, nw, NORMAL, back)
        _append(rows, count, level, off, twice, LEVEL, back)
        compress(rows, EXTRA * CAPACITY + count, extra, back)
        compress(work.pair, count, first, back)
        compress(work.pair, CAPACITY + count, second, back)
        count += found
    front = met & in_front & (facing_low < doubt) & simd.inverted(one_sided)
    found = simd.set_bits(simd.pattern(front))
    if found > 0:
        _append(rows, count, u0, v0, w0, CORNER, front)
        _append(rows, count, u3, v3, w3, CORNER + 3, front)
        _append(rows, count, u2, v2, w2, CORNER + 6, front)
        _append(rows, count, u1, v1, w1, CORNER + 9, front)
        _append(rows, count, negative(nu), negative(nv), negative(nw), NORMAL, front)
        _append(rows, count, negative(level), off, twice, LEVEL, front)
        compress(rows, EXTRA * CAPACITY + count, extra, front)
        compress(work.pair, count, second, front)
        compress(work.pair, CAPACITY + count, first, front)
        count += found
    return count


@kernel(inline=True)
def _append(rows, count, x, y, z, row, mask):  # type: ignore[no-untyped-def]
    """The masked lanes of three vectors to three consecutive candidate rows."""
    compress(rows, row * CAPACITY + count, x, mask)
    compress(rows, (row + 1) * CAPACITY + count, y, mask)
    compress(rows, (row + 2) * CAPACITY + count, z, mask)
