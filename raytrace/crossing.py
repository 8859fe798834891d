"""Where a line enters and leaves a closed surface: every crossing counted once, also through edges and corners.

Idea: the exact test of triangle.py says of a line through a shared edge that it meets both triangles, which is right
for "is anything there" and wrong for a sum. Here an edge function that is exactly zero takes the sign it would have if
the origin were moved by (δ, δ²) in the sheared plane, δ → 0. The sign belongs to the edge and turns with its direction,
so of all triangles around an edge or corner exactly as many are crossed as for a line beside it, and along any line
through a closed surface there are as many entries as exits.

Source: H. Edelsbrunner, E. Mücke (1990), Simulation of simplicity, doi:10.1145/77635.77639. Oracle:
tests/raytrace/test_raytrace_chords.py.
"""

from __future__ import annotations

import numpy as np

from raytrace import triangle
from raytrace.exact import corners_of
from raytrace.jit import kernel
from raytrace.simd import absolute, maximum, minimum, negative, spread, where

ZERO = np.float32(0.0)


@kernel(error_model="numpy")
def crossing(point, corners, i, frame):  # type: ignore[no-untyped-def]
    """Signed distance [m] at which the ray from ``point`` (3,) crosses triangle i of corners (T, 9).

    Returns:
        > 0 where the ray leaves through the triangle's back, < 0 where it enters through its front, 0 for neither.
    """
    kx, ky, kz = frame.kx, frame.ky, frame.kz
    ox, oy, oz = point[kx], point[ky], point[kz]
    az, bz, cz = corners[i, kz] - oz, corners[i, 3 + kz] - oz, corners[i, 6 + kz] - oz
    ax, ay = triangle.shear(corners[i, kx] - ox, corners[i, ky] - oy, az, frame)
    bx, by = triangle.shear(corners[i, 3 + kx] - ox, corners[i, 3 + ky] - oy, bz, frame)
    cx, cy = triangle.shear(corners[i, 6 + kx] - ox, corners[i, 6 + ky] - oy, cz, frame)
    u, side_u = _edge(bx, by, cx, cy)
    v, side_v = _edge(cx, cy, ax, ay)
    w, side_w = _edge(ax, ay, bx, by)
    if side_u == 0 or side_u != side_v or side_u != side_w:
        return ZERO
    det = u + v + w
    depth = (u * az + v * bz + w * cz) / det if det != 0.0 else (np.float64(az) + bz + cz) / 3.0
    distance = np.float32(depth * frame.scale_z)
    return -side_u * distance if distance > ZERO else ZERO


@kernel()
def _edge(px, py, qx, qy):  # type: ignore[no-untyped-def]
    """(edge function of p → q in float64, its sign after the move; 0 for an edge without length)."""
    value = np.float64(qx) * np.float64(py) - np.float64(qy) * np.float64(px)
    if value != 0.0:
        return value, np.float32(1.0) if value > 0.0 else np.float32(-1.0)
    if qy != py:
        return value, np.float32(1.0) if qy > py else np.float32(-1.0)
    if px != qx:
        return value, np.float32(1.0) if px > qx else np.float32(-1.0)
    return value, ZERO


@kernel(inline=True)
def crossing_lanes(corners, index, frame, point):  # type: ignore[no-untyped-def]
    """The same for sixteen points (x, y, z) and the triangle at address ``corners``.

    Returns:
        (signed distances, mask of the lanes that ``crossing`` has to settle).
    """
    ax, ay, az, bx, by, bz, cx, cy, cz = corners_of(corners, index, frame, point)
    u, v, w = cx * by - cy * bx, ax * cy - ay * cx, bx * ay - by * ax
    zero = spread(ZERO)
    low, high = minimum(minimum(u, v), w), maximum(maximum(u, v), w)
    on_edge = minimum(minimum(absolute(u), absolute(v)), absolute(w)) <= zero
    entering, leaving = low > zero, high < zero
    met = entering | leaving
    det = where(met, u + v + w, spread(np.float32(1.0)))
    distance = (u * az + v * bz + w * cz) / det * spread(frame.scale_z)
    distance = where(met & (distance > zero), distance, zero)
    return where(entering, negative(distance), distance), on_edge
