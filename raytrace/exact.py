"""The exact test of triangle.py for sixteen parallel rays at once: one triangle, one direction, a point a lane.

``test_pair`` does so for a set of up to 64 points and keeps the nearest hit of each, ``blocked_points`` says which of
them meet anything at all. Every lane does the operations of triangle.hit_distance in its order and precision, none
fused, so distances agree bit for bit. Where an edge function is zero the scalar test decides in float64.

Oracle: triangle.hit_distance, in tests/raytrace/test_raytrace_first.py; for blocked_points by way of plain.py, in
test_raytrace_visible.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import carray

from raytrace import simd, slab, triangle
from raytrace.jit import kernel
from raytrace.simd import LANES, absolute, load, mask_of, maximum, minimum, pattern, spread, store, where
from raytrace.work import NONE

ZERO = np.float32(0.0)


class Rays(NamedTuple):
    """The rays of one packet, as addresses and sizes: few, because calls pass each of them.

    Attributes:
        packet, columns, base: work.Scene's, and the packet's first column.
        corners, n_triangles: the (n, 9) corners of bvh.Bvh.
        point, box, shaft: scratch of the scalar test, see work.Work.
    """

    packet: Any
    columns: int
    base: int
    corners: Any
    n_triangles: int
    point: Any
    box: Any
    shaft: Any


@kernel(inline=True)
def rays_of(scene, base, work):  # type: ignore[no-untyped-def]
    """The rays of the packet whose first column of scene.packet is ``base``."""
    return Rays(
        scene.packet, scene.columns, base, scene.tree.triangle, scene.n_triangles, work.point, work.box, work.shaft
    )


@kernel(inline=True)
def frame_at(scene, column):  # type: ignore[no-untyped-def]
    """triangle.Frame of a column of scene.direction."""
    direction, width = scene.direction, scene.width
    return triangle.frame_of((direction[column], direction[width + column], direction[2 * width + column]))


@kernel()
def test_pair(rays, pair, frame, points, found, o):  # type: ignore[no-untyped-def]
    """Tests the triangles of a pair (−1: none) for a set of points and keeps the nearest hit of each point.

    Args:
        points: uint64.
        found: addresses (distance, triangle), updated at o:o + 64. Of equal distances the lower index stays.
    """
    distances, triangles = found
    for g in range(0, 64, LANES):
        here = np.int64(points >> np.uint64(g)) & 0xFFFF
        if here == 0:
            continue
        at = rays.base + g
        point = load(rays.packet, at), load(rays.packet, rays.columns + at), load(rays.packet, 2 * rays.columns + at)
        for half in range(2):
            index = pair[half]
            if index < 0:
                continue
            distance, _, doubt = hit_lanes(rays.corners, index, frame, point)
            doubts = pattern(doubt) & here
            old, old_index = load(distances, o + g), load(triangles, o + g)
            lower = mask_of(here & ~doubts) & ((distance < old) | ((distance <= old) & (spread(index) < old_index)))
            store(distances, o + g, where(lower, distance, old))
            store(triangles, o + g, where(lower, spread(index), old_index))
            if doubts != 0:
                _test_alone(rays, index, frame, (doubts, g), found, o + g)


@kernel()
def blocked_points(rays, pair, frame, points, one_sided):  # type: ignore[no-untyped-def]
    """Those of a set of points (uint64) that a triangle of the pair (−1: none) blocks; triangles with a 1 in
    ``one_sided`` block only who meets their back."""
    blocked = NONE
    for g in range(0, 64, LANES):
        here = np.int64(points >> np.uint64(g)) & 0xFFFF
        if here == 0:
            continue
        at = rays.base + g
        point = load(rays.packet, at), load(rays.packet, rays.columns + at), load(rays.packet, 2 * rays.columns + at)
        found = np.int64(0)
        for half in range(2):
            index = np.int64(pair[half])
            if index < 0 or here & ~found == 0:
                continue
            distance, back, doubt = hit_lanes(rays.corners, index, frame, point)
            met = distance < spread(slab.MISS)
            if one_sided[index] != 0:
                met &= back
            doubts = pattern(doubt) & here
            found |= pattern(met) & here & ~doubts
            if doubts != 0:
                found |= _blocked_alone(rays, index, frame, doubts, g, one_sided[index] != 0)
        blocked |= np.uint64(found) << np.uint64(g)
    return blocked


@kernel()
def _blocked_alone(rays, index, frame, bits, g, exits_only):  # type: ignore[no-untyped-def]
    """The scalar test, for the lanes g + i of the set ``bits``."""
    corners, point = carray(rays.corners, (rays.n_triangles, 9)), carray(rays.point, 3)
    box, shaft = carray(rays.box, (1, 6)), carray(rays.shaft, 6)
    found = np.int64(0)
    while bits != 0:
        lane = simd.first_bit(bits)
        bits &= bits - 1
        for a in range(3):
            point[a] = rays.packet[a * rays.columns + rays.base + g + lane]
        distance, back = triangle.hit_distance(point, corners, index, frame, box, shaft)
        if distance < slab.MISS and (back or not exits_only):
            found |= 1 << lane
    return found


@kernel()
def _test_alone(rays, index, frame, lanes, found, o):  # type: ignore[no-untyped-def]
    """The scalar test, for lanes (pattern, first lane) with an edge function that is zero."""
    distances, triangles = found
    corners, point = carray(rays.corners, (rays.n_triangles, 9)), carray(rays.point, 3)
    box, shaft = carray(rays.box, (1, 6)), carray(rays.shaft, 6)
    bits, g = lanes
    while bits != 0:
        lane = simd.first_bit(bits)
        bits &= bits - 1
        for a in range(3):
            point[a] = rays.packet[a * rays.columns + rays.base + g + lane]
        distance, _ = triangle.hit_distance(point, corners, index, frame, box, shaft)
        old = distances[o + lane]
        if distance < old or (distance == old and distance < slab.MISS and index < triangles[o + lane]):
            distances[o + lane], triangles[o + lane] = distance, index


@kernel(inline=True)
def hit_lanes(corners, index, frame, point):  # type: ignore[no-untyped-def]
    """Sixteen rays against triangle ``index``.

    Args:
        corners: address of the (T, 9) corners.
        frame: triangle.Frame of the direction.
        point: (x, y, z), three vectors [m].

    Returns:
        (distances [m], slab.MISS where not met; mask of the lanes that see the back of a triangle they meet; mask of
        the lanes that hit_distance has to settle).
    """
    ax, ay, az, bx, by, bz, cx, cy, cz = corners_of(corners, index, frame, point)
    u, v, w = cx * by - cy * bx, ax * cy - ay * cx, bx * ay - by * ax
    zero = spread(ZERO)
    low, high = minimum(minimum(u, v), w), maximum(maximum(u, v), w)
    on_edge = minimum(minimum(absolute(u), absolute(v)), absolute(w)) <= zero
    det = u + v + w
    t = (u * az + v * bz + w * cz) * spread(frame.scale_z)
    back = (high < zero) & (det < zero) & (t < zero)
    met = ((low > zero) & (det > zero) & (t > zero)) | back
    near, reached = _own_entry(corners, 9 * index, frame, point)
    far = spread(slab.MISS)
    distance = maximum(t / where(met, det, spread(np.float32(1.0))), near)
    return where(met & reached, distance, far), back, on_edge


@kernel(inline=True)
def corners_of(corners, index, frame, point):  # type: ignore[no-untyped-def]
    """Sheared corners (ax, ay, az, bx, …, cz) of a triangle seen from sixteen points, as in triangle.hit_distance."""
    at = 9 * index
    ox, oy, oz = _axis(point, frame.kx), _axis(point, frame.ky), _axis(point, frame.kz)
    ax, ay, az = _sheared(corners, at, frame, ox, oy, oz)
    bx, by, bz = _sheared(corners, at + 3, frame, ox, oy, oz)
    cx, cy, cz = _sheared(corners, at + 6, frame, ox, oy, oz)
    return ax, ay, az, bx, by, bz, cx, cy, cz


@kernel(inline=True)
def _axis(point, k):  # type: ignore[no-untyped-def]
    x, y, z = point
    return x if k == 0 else (y if k == 1 else z)


@kernel(inline=True)
def _sheared(corners, at, frame, ox, oy, oz):  # type: ignore[no-untyped-def]
    z = spread(corners[at + frame.kz]) - oz
    x = spread(corners[at + frame.kx]) - ox - spread(frame.shear_x) * z
    y = spread(corners[at + frame.ky]) - oy - spread(frame.shear_y) * z
    return x, y, z


@kernel(inline=True)
def _own_entry(corners, at, frame, point):  # type: ignore[no-untyped-def]
    """triangle.own_entry of the triangle's box: (distance, mask of the rays that meet it)."""
    x, y, z = point
    low_x, high_x = _range_of(corners, at)
    low_y, high_y = _range_of(corners, at + 1)
    low_z, high_z = _range_of(corners, at + 2)
    reach = _reach(low_x, high_x, x) + _reach(low_y, high_y, y) + _reach(low_z, high_z, z)
    margin = spread(slab.PADDING_FACTOR) * reach
    near_x, far_x = _slab(low_x, high_x, x, margin, frame.inverse_x)
    near_y, far_y = _slab(low_y, high_y, y, margin, frame.inverse_y)
    near_z, far_z = _slab(low_z, high_z, z, margin, frame.inverse_z)
    near = maximum(maximum(maximum(near_x, near_y), near_z), spread(ZERO))
    far = minimum(minimum(far_x, far_y), far_z)
    return near, near <= far * spread(slab.EXIT_STRETCH)


@kernel(inline=True)
def _range_of(corners, at):  # type: ignore[no-untyped-def]
    a, b, c = corners[at], corners[at + 3], corners[at + 6]
    return min(a, min(b, c)), max(a, max(b, c))


@kernel(inline=True)
def _reach(low, high, x):  # type: ignore[no-untyped-def]
    return maximum(spread(high) - x, x - spread(low)) + absolute(x)


@kernel(inline=True)
def _slab(low, high, x, margin, inverse):  # type: ignore[no-untyped-def]
    a = (spread(low) - (x + margin)) * spread(inverse)
    b = (spread(high) - (x - margin)) * spread(inverse)
    return minimum(a, b), maximum(a, b)
