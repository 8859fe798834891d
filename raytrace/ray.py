"""One ray against sixteen boxes or sixteen quads at once: what ``closest`` and ``occluded`` walk the tree with.

Boxes. The slab test of slab.py with one multiply-add a plane. Its padding is twice that of slab.py: the second half
covers the rounding of ``point · inverse`` (2ε of the coordinate) and of the multiply-add. So a box is entered no later
than slab.entry says, and each box that slab.py shows is shown here too.

Quads. The lanes compute the two triangles' edge functions in float32 with the very operations of triangle.py, so their
signs are those of the exact test bit for bit, and no error bound is needed:

- *out*: signs differ, or the triangle lies behind the origin by more than two orders of summation can differ;
- *sure* to be hit: no edge function near zero, and all corners ahead of the origin. The corners that the edge functions
  speak of are at most 6ε of the distance off, the triangle's own padding is 8ε, so its own box is met as well;
- in *doubt*: the rest goes to triangle.hit_distance: mostly quads that reach from behind the origin to before it.

Source: I. Wald, C. Benthin, S. Boulos (2008), Getting rid of packets, doi:10.1109/RT.2008.4634620.
Oracle: the plain loops of closest.py, in tests/raytrace/test_raytrace_closest.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from raytrace import simd, slab
from raytrace.jit import kernel
from raytrace.simd import LANES, absolute, fma, load, mask_of, maximum, minimum, pattern, spread, store, where

ZERO = np.float32(0.0)

LEAST_AREA = np.float32(1.0e-12)
"""[m²] An edge function below this is in doubt: far above underflow, far below any triangle of a scene."""

LEAST_DEPTH = np.float32(1.0e-6)
"""[m] Corners nearer to the origin's plane than this are in doubt."""

SUMMATION = np.float32(8.0 * 2.0**-24)
"""Two orders of u·az + v·bz + w·cz differ by at most 6ε of the sum of magnitudes."""


class RayTree(NamedTuple):
    """Addresses (simd.pointer) of the arrays of bvh.Bvh that single rays read."""

    node_box: Any
    child: Any
    quad: Any
    pair: Any
    size: Any


class Ray(NamedTuple):
    """A ray prepared for the vector tests; the walk of one ray keeps it in registers.

    Attributes:
        kx, ky, kz: offsets of the permuted axes (triangle.Frame) among the rows of a corner: 0, 16 or 32.
        shear_x, shear_y: of the frame.
        ox, oy, oz: origin in the permuted axes [m].
        forward: +1 or −1, sign of the direction's largest component.
        near_x, near_y, near_z: offset of the plane that is met first among a node's rows in node_box (0 or 48, 16 or
            64, 32 or 80); the other is 48, 80, 112 − it.
        inverse_x, inverse_y, inverse_z: see slab.inverse.
        enter_x … leave_z: −(origin ± padding) · inverse, the constant of the multiply-add.
    """

    kx: int
    ky: int
    kz: int
    shear_x: np.float32
    shear_y: np.float32
    ox: np.float32
    oy: np.float32
    oz: np.float32
    forward: np.float32
    near_x: int
    near_y: int
    near_z: int
    inverse_x: np.float32
    inverse_y: np.float32
    inverse_z: np.float32
    enter_x: np.float32
    enter_y: np.float32
    enter_z: np.float32
    leave_x: np.float32
    leave_y: np.float32
    leave_z: np.float32


# Rows of 16 rays prepared together, 16 floats each: first what the caller gives, then the fields of Ray, then the
# offsets (int32, in an array of their own).
ORIGIN, DIRECTION = 0, 48
SHEAR, MOVED, FORWARD, INVERSE, ENTER, LEAVE = 96, 128, 176, 192, 240, 288
VALUES = 336
AXES, NEAR = 0, 48
OFFSETS = 96


@kernel()
def tree_of(bvh):  # type: ignore[no-untyped-def]
    """Addresses of the tree's arrays; ``bvh`` must outlive them."""
    return RayTree(
        simd.pointer(bvh.node_box),
        simd.pointer(bvh.child),
        simd.pointer(bvh.quad),
        simd.pointer(bvh.pair),
        simd.pointer(bvh.size),
    )


@kernel()
def prepare(values, offsets, scene):  # type: ignore[no-untyped-def]
    """Sixteen rays at once: from the rows ORIGIN and DIRECTION of ``values`` (VALUES,) to all other rows.

    Args:
        values, offsets, scene: addresses; ``offsets`` (OFFSETS,) int32, ``scene`` (6,) the scene's box.
    """
    zero, one = spread(ZERO), spread(np.float32(1.0))
    x, y, z = load(values, DIRECTION), load(values, DIRECTION + 16), load(values, DIRECTION + 32)
    px, py, pz = load(values, ORIGIN), load(values, ORIGIN + 16), load(values, ORIGIN + 32)
    reach = maximum(spread(scene[3]) - px, px - spread(scene[0])) + absolute(px)
    reach = reach + (maximum(spread(scene[4]) - py, py - spread(scene[1])) + absolute(py))
    reach = reach + (maximum(spread(scene[5]) - pz, pz - spread(scene[2])) + absolute(pz))
    margin = reach * spread(np.float32(2.0) * slab.PADDING_FACTOR)
    big = spread(slab.INVERSE_OF_ZERO)
    for a in range(3):
        component, origin = load(values, DIRECTION + 16 * a), load(values, ORIGIN + 16 * a)
        signed_big = where(component >= zero, big, simd.negative(big))
        inverse = where(absolute(component) * big < one, signed_big, one / component)
        positive = inverse > zero
        shift = where(positive, margin, simd.negative(margin))
        store(values, INVERSE + 16 * a, inverse)
        store(values, ENTER + 16 * a, simd.negative(origin + shift) * inverse)
        store(values, LEAVE + 16 * a, simd.negative(origin - shift) * inverse)
        store(offsets, NEAR + 16 * a, where(positive, spread(16 * a), spread(48 + 16 * a)))
    ax, ay, az = absolute(x), absolute(y), absolute(z)
    to_x = (ax > ay) & (ax > az)
    to_y = (ay > az) & simd.inverted(to_x)
    # kz, then the two axes that follow it; looking backwards they change places.
    dz, dx, dy = _turned(to_x, to_y, x, y, z)
    oz, ox, oy = _turned(to_x, to_y, px, py, pz)
    kz, kx, ky = _turned(to_x, to_y, spread(0), spread(16), spread(32))
    back = dz < zero
    store(values, SHEAR, where(back, dy, dx) / dz)
    store(values, SHEAR + 16, where(back, dx, dy) / dz)
    store(values, MOVED, where(back, oy, ox))
    store(values, MOVED + 16, where(back, ox, oy))
    store(values, MOVED + 32, oz)
    store(values, FORWARD, where(back, simd.negative(one), one))
    store(offsets, AXES, where(back, ky, kx))
    store(offsets, AXES + 16, where(back, kx, ky))
    store(offsets, AXES + 32, kz)


@kernel(inline=True)
def _turned(to_x, to_y, x, y, z):  # type: ignore[no-untyped-def]
    """The three values rotated so that x (or y, else z) comes first."""
    first = where(to_x, x, where(to_y, y, z))
    second = where(to_x, y, where(to_y, z, x))
    third = where(to_x, z, where(to_y, x, y))
    return first, second, third


@kernel(inline=True)
def ray_at(values, offsets, lane):  # type: ignore[no-untyped-def]
    """One of sixteen prepared rays."""
    v, o = values, offsets
    return Ray(
        np.int64(o[AXES + lane]),
        np.int64(o[AXES + 16 + lane]),
        np.int64(o[AXES + 32 + lane]),
        v[SHEAR + lane],
        v[SHEAR + 16 + lane],
        v[MOVED + lane],
        v[MOVED + 16 + lane],
        v[MOVED + 32 + lane],
        v[FORWARD + lane],
        np.int64(o[NEAR + lane]),
        np.int64(o[NEAR + 16 + lane]),
        np.int64(o[NEAR + 32 + lane]),
        v[INVERSE + lane],
        v[INVERSE + 16 + lane],
        v[INVERSE + 32 + lane],
        v[ENTER + lane],
        v[ENTER + 16 + lane],
        v[ENTER + 32 + lane],
        v[LEAVE + lane],
        v[LEAVE + 16 + lane],
        v[LEAVE + 32 + lane],
    )


@kernel(inline=True)
def meet_boxes(tree, node, ray):  # type: ignore[no-untyped-def]
    """(distance at which the ray enters each child's box, mask of the children it may meet)."""
    boxes = tree.node_box
    at = node * (6 * LANES)
    x, y, z = spread(ray.inverse_x), spread(ray.inverse_y), spread(ray.inverse_z)
    enter = maximum(
        maximum(
            fma(load(boxes, at + ray.near_x), x, spread(ray.enter_x)),
            fma(load(boxes, at + ray.near_y), y, spread(ray.enter_y)),
        ),
        maximum(fma(load(boxes, at + ray.near_z), z, spread(ray.enter_z)), spread(ZERO)),
    )
    leave = minimum(
        minimum(
            fma(load(boxes, at + 48 - ray.near_x), x, spread(ray.leave_x)),
            fma(load(boxes, at + 80 - ray.near_y), y, spread(ray.leave_y)),
        ),
        fma(load(boxes, at + 112 - ray.near_z), z, spread(ray.leave_z)),
    )
    return enter, enter <= leave * spread(slab.EXIT_STRETCH)


@kernel(inline=True)
def meet_quads(tree, leaf, ray):  # type: ignore[no-untyped-def]
    """Patterns of the leaf's quads: (first triangle not out, second triangle not out, either one surely hit)."""
    at = leaf * (12 * LANES)  # a corner is three rows of 16
    x0, y0, z0 = _sheared(tree.quad, at, ray)
    x1, y1, z1 = _sheared(tree.quad, at + 48, ray)
    x2, y2, z2 = _sheared(tree.quad, at + 96, ray)
    x3, y3, z3 = _sheared(tree.quad, at + 144, ray)
    zero = spread(ZERO)
    diagonal = x0 * y2 - y0 * x2
    u, w = x2 * y1 - y2 * x1, x1 * y0 - y1 * x0
    low, high = minimum(minimum(u, w), diagonal), maximum(maximum(u, w), diagonal)
    first = (low >= zero) | (high <= zero)
    other = simd.negative(diagonal)
    p, q = x3 * y2 - y3 * x2, x0 * y3 - y0 * x3
    low_2, high_2 = minimum(minimum(p, q), other), maximum(maximum(p, q), other)
    second = (low_2 >= zero) | (high_2 <= zero)
    if pattern(first | second) == 0:
        return 0, 0, 0
    forward = spread(ray.forward)
    z0, z1, z2, z3 = z0 * forward, z1 * forward, z2 * forward, z3 * forward
    size = maximum(maximum(absolute(z0), absolute(z1)), maximum(absolute(z2), absolute(z3))) * spread(SUMMATION)
    first &= _not_behind(u, diagonal, w, z0, z1, z2, size) | ((low <= zero) & (high >= zero))
    second &= _not_behind(p, q, other, z0, z2, z3, size) | ((low_2 <= zero) & (high_2 >= zero))
    used = mask_of((1 << tree.size[leaf]) - 1)
    ahead = used & (minimum(minimum(z0, z1), minimum(z2, z3)) > spread(LEAST_DEPTH))
    above, below = spread(LEAST_AREA), spread(-LEAST_AREA)
    sure = ((low > above) | (high < below) | (low_2 > above) | (high_2 < below)) & ahead
    return pattern(first & used), pattern(second & used), pattern(sure)


@kernel(inline=True)
def _sheared(quads, at, ray):  # type: ignore[no-untyped-def]
    """(x, y, z) of sixteen corners seen along the ray, by the operations of triangle.shear."""
    z = load(quads, at + ray.kz) - spread(ray.oz)
    x = load(quads, at + ray.kx) - spread(ray.ox) - spread(ray.shear_x) * z
    y = load(quads, at + ray.ky) - spread(ray.oy) - spread(ray.shear_y) * z
    return x, y, z


@kernel(inline=True)
def _not_behind(u, v, w, az, bz, cz, size):  # type: ignore[no-untyped-def]
    """Triangles that triangle.hit_distance may find ahead, provided that no edge function is zero (those are computed
    anew in float64); ``size`` is the largest depth, times SUMMATION."""
    det = u + v + w
    depth = fma(u, az, fma(v, bz, w * cz))
    depth = where(det < spread(ZERO), simd.negative(depth), depth)
    return depth >= simd.negative(absolute(det) * size)
