"""The watertight ray/triangle test.

Idea: shear space along the ray so that the ray becomes the z axis through the origin; then a hit is "the
origin lies inside a 2-D triangle", decided by the signs of three edge functions. Two triangles that share
an edge compute the very same products for it, so a ray cannot slip between them, whatever the rounding. A
product difference that rounds to zero is decided again in float64, where the products of float32 numbers
are exact.

All arithmetic is float32 and in the written order: no fastmath, no contraction into fused multiply-add (it
would break the symmetry between the two sides of an edge). A triangle seen exactly edge-on is not hit; the
faces that meet at its rim are.

A hit also requires that the ray meets the triangle's own padded box (promise 3 of slab.py), and its distance
is clamped to that box: both matter only for triangles seen nearly edge-on, whose float32 distance is noise.

Source: S. Woop, C. Benthin, I. Wald (2013), Watertight ray/triangle intersection, JCGT 2(1), 65–82,
http://jcgt.org/published/0002/01/05/. Oracles: tests/oracles/brute_force.py and tests/oracles/embree.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from raytrace import slab
from raytrace.jit import kernel

ZERO = np.float32(0.0)


class Frame(NamedTuple):
    """A direction prepared for the tests: everything that does not depend on the point.

    Attributes:
        kx, ky, kz: axis permutation; kz is the direction's largest component, and winding is preserved.
        shear_x, shear_y: direction[kx] / direction[kz] and direction[ky] / direction[kz].
        scale_z: 1 / direction[kz].
        inverse_x, inverse_y, inverse_z: finite inverses for slab.entry, in world axes.
    """

    kx: int
    ky: int
    kz: int
    shear_x: np.float32
    shear_y: np.float32
    scale_z: np.float32
    inverse_x: np.float32
    inverse_y: np.float32
    inverse_z: np.float32


@kernel(error_model="numpy")
def frame_of(direction):  # type: ignore[no-untyped-def]
    """Frame of a direction (3,) float32."""
    x, y, z = abs(direction[0]), abs(direction[1]), abs(direction[2])
    kz = 2
    if x > y and x > z:
        kz = 0
    elif y > z:
        kz = 1
    kx = (kz + 1) % 3
    ky = (kx + 1) % 3
    if direction[kz] < ZERO:
        kx, ky = ky, kx
    scale_z = np.float32(1.0) / direction[kz]
    return Frame(
        kx,
        ky,
        kz,
        direction[kx] / direction[kz],
        direction[ky] / direction[kz],
        scale_z,
        slab.inverse(direction[0]),
        slab.inverse(direction[1]),
        slab.inverse(direction[2]),
    )


@kernel()
def shear(x, y, z, frame):  # type: ignore[no-untyped-def]
    """A corner relative to the ray's origin (permuted axes), sheared: (x, y)."""
    return x - frame.shear_x * z, y - frame.shear_y * z


@kernel()
def edge_functions(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """Twice the signed areas (u, v, w) opposite A, B, C of a sheared triangle, seen from the origin."""
    return cx * by - cy * bx, ax * cy - ay * cx, bx * ay - by * ax


@kernel()
def exact_edge_functions(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """The same in float64: products of float32 are exact there, so the signs are."""
    ax64, ay64 = np.float64(ax), np.float64(ay)
    bx64, by64 = np.float64(bx), np.float64(by)
    cx64, cy64 = np.float64(cx), np.float64(cy)
    return (
        np.float32(cx64 * by64 - cy64 * bx64),
        np.float32(ax64 * cy64 - ay64 * cx64),
        np.float32(bx64 * ay64 - by64 * ax64),
    )


@kernel()
def triangle_box(corners, i, box):  # type: ignore[no-untyped-def]
    """Writes the box (1, 6) of triangle i of corners (T, 9)."""
    for a in range(3):
        box[0, a] = min(corners[i, a], min(corners[i, 3 + a], corners[i, 6 + a]))
        box[0, 3 + a] = max(corners[i, a], max(corners[i, 3 + a], corners[i, 6 + a]))


@kernel()
def own_entry(point, boxes, i, shaft, frame):  # type: ignore[no-untyped-def]
    """Distance at which the ray from ``point`` (3,) enters box i, padded for this point (slab.MISS: never).

    ``shaft`` (6,) is left filled for further boxes inside this one.
    """
    margin = slab.padding(
        slab.axis_reach(boxes[i, 0], boxes[i, 3], point[0], point[0]),
        slab.axis_reach(boxes[i, 1], boxes[i, 4], point[1], point[1]),
        slab.axis_reach(boxes[i, 2], boxes[i, 5], point[2], point[2]),
    )
    for a in range(3):
        shaft[a], shaft[3 + a] = point[a] + margin, point[a] - margin
    return slab.entry(boxes, i, shaft, frame.inverse_x, frame.inverse_y, frame.inverse_z)


@kernel(error_model="numpy")
def hit_distance(point, corners, i, frame, box, shaft):  # type: ignore[no-untyped-def]
    """One ray against one triangle.

    Args:
        point: (3,) origin.
        corners, i: (T, 9) corners A, B, C, and the triangle to test.
        frame: of the direction.
        box, shaft: (1, 6) and (6,) scratch.

    Returns:
        (distance [m] > 0 or slab.MISS, True where the back of the triangle is hit).
    """
    kx, ky, kz = frame.kx, frame.ky, frame.kz
    ox, oy, oz = point[kx], point[ky], point[kz]
    az, bz, cz = corners[i, kz] - oz, corners[i, 3 + kz] - oz, corners[i, 6 + kz] - oz
    ax, ay = shear(corners[i, kx] - ox, corners[i, ky] - oy, az, frame)
    bx, by = shear(corners[i, 3 + kx] - ox, corners[i, 3 + ky] - oy, bz, frame)
    cx, cy = shear(corners[i, 6 + kx] - ox, corners[i, 6 + ky] - oy, cz, frame)
    u, v, w = edge_functions(ax, ay, bx, by, cx, cy)
    if u == ZERO or v == ZERO or w == ZERO:
        u, v, w = exact_edge_functions(ax, ay, bx, by, cx, cy)
    if (u < ZERO or v < ZERO or w < ZERO) and (u > ZERO or v > ZERO or w > ZERO):
        return slab.MISS, False
    det = u + v + w
    t = (u * az + v * bz + w * cz) * frame.scale_z
    if not ((det > ZERO and t > ZERO) or (det < ZERO and t < ZERO)):
        return slab.MISS, False
    triangle_box(corners, i, box)
    near = own_entry(point, box, 0, shaft, frame)
    if near == slab.MISS:
        return slab.MISS, False
    return max(t / det, near), det < ZERO
