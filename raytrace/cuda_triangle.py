"""One ray against one triangle on a CUDA device: triangle.hit_distance, word for word, without contraction.

Idea: NVVM fuses a product and a sum into one fused multiply-add and Numba has no switch against it. A fused
sum is rounded once instead of twice, which breaks the symmetry between the two sides of an edge (triangle.py)
and would make a GPU's bits differ from a CPU's. So every product that feeds a sum is made by ``product``, a
PTX ``mul.rn``, which is never fused. What has no such product is called from slab.py and triangle.py as it
stands; the float64 edge functions are among that, because products of float32 are exact in float64 and an
exact product may be fused. Divisions are IEEE by NVVM's default, and subnormals are kept.

``np.float32(…)`` around a result of those functions does nothing on a device. The simulator calls them as they were
compiled for the CPU, and there Numba returns a float32 as a Python float.

Sources: PTX ISA, section "Floating Point Instructions: mul" ("mul.rn … never fused"); S. Woop, C. Benthin,
I. Wald (2013), http://jcgt.org/published/0002/01/05/. Oracles: triangle.py in
tests/raytrace/test_raytrace_cuda.py, which also reads the PTX where a compiler for it is installed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import cuda
from numba.cuda import libdevice

from raytrace import slab, triangle
from raytrace.cuda import SIMULATED
from raytrace.triangle import ZERO

if SIMULATED:  # the simulator runs Python, which fuses nothing and has no libdevice

    @cuda.jit(device=True)
    def product(x, y):  # type: ignore[no-untyped-def]
        """x · y in float32, rounded on its own."""
        return x * y

else:

    @cuda.jit(device=True)
    def product(x, y):  # type: ignore[no-untyped-def]
        """x · y in float32, rounded on its own."""
        return libdevice.fmul_rn(x, y)


class Ray(NamedTuple):
    """A point and a direction, prepared for the tests of one thread.

    Attributes:
        kx, ky, kz, shear_x, shear_y, scale_z, inverse_x, inverse_y, inverse_z: of the direction, see triangle.Frame.
        x, y, z: the point [m] in world axes.
        across, up, along: the same three numbers along kx, ky, kz.
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
    x: np.float32
    y: np.float32
    z: np.float32
    across: np.float32
    up: np.float32
    along: np.float32


@cuda.jit(device=True)
def ray_from(x, y, z, direction):  # type: ignore[no-untyped-def]
    """Ray from (x, y, z) [m] along ``direction`` (3,)."""
    frame = triangle.frame_of(direction)
    return Ray(
        frame.kx,
        frame.ky,
        frame.kz,
        np.float32(frame.shear_x),
        np.float32(frame.shear_y),
        np.float32(frame.scale_z),
        np.float32(frame.inverse_x),
        np.float32(frame.inverse_y),
        np.float32(frame.inverse_z),
        x,
        y,
        z,
        component(x, y, z, frame.kx),
        component(x, y, z, frame.ky),
        component(x, y, z, frame.kz),
    )


@cuda.jit(device=True)
def component(x, y, z, axis):  # type: ignore[no-untyped-def]
    """Component 0, 1 or 2 by selection: an index that is not a constant would move the point to slow memory."""
    return x if axis == 0 else (y if axis == 1 else z)


@cuda.jit(device=True)
def padded_entry(ray, box, shaft):  # type: ignore[no-untyped-def]
    """triangle.own_entry: distance at which the ray enters box (1, 6), padded for this point; fills ``shaft``
    (6,)."""
    reach_x = np.float32(slab.axis_reach(box[0, 0], box[0, 3], ray.x, ray.x))
    reach_y = np.float32(slab.axis_reach(box[0, 1], box[0, 4], ray.y, ray.y))
    reach_z = np.float32(slab.axis_reach(box[0, 2], box[0, 5], ray.z, ray.z))
    margin = product(slab.PADDING_FACTOR, reach_x + reach_y + reach_z)
    shaft[0], shaft[1], shaft[2] = ray.x + margin, ray.y + margin, ray.z + margin
    shaft[3], shaft[4], shaft[5] = ray.x - margin, ray.y - margin, ray.z - margin
    return entry(ray, box, shaft)


@cuda.jit(device=True)
def entry(ray, box, shaft):  # type: ignore[no-untyped-def]
    """slab.entry of the ray: its products feed comparisons only, so nothing in it can be fused."""
    return slab.entry(box, 0, shaft, ray.inverse_x, ray.inverse_y, ray.inverse_z)


@cuda.jit(device=True)
def difference(x, y, z, w):  # type: ignore[no-untyped-def]
    """x · y − z · w, each product rounded on its own."""
    return product(x, y) - product(z, w)


@cuda.jit(device=True)
def blocks(ray, corners, i, one_sided, box, shaft):  # type: ignore[no-untyped-def]
    """True where the ray meets triangle i of corners (T, 9) at a distance > 0.

    Args:
        ray: see Ray.
        corners, i: corners A, B, C [m] of all triangles, and the one to test.
        one_sided: only the back counts: the triangle belongs to a closed surface, see ``visible``.
        box, shaft: (1, 6) and (6,) scratch.
    """
    kx, ky, kz = ray.kx, ray.ky, ray.kz
    shear_x, shear_y = ray.shear_x, ray.shear_y
    az, bz, cz = corners[i, kz] - ray.along, corners[i, 3 + kz] - ray.along, corners[i, 6 + kz] - ray.along
    ax = (corners[i, kx] - ray.across) - product(shear_x, az)
    ay = (corners[i, ky] - ray.up) - product(shear_y, az)
    bx = (corners[i, 3 + kx] - ray.across) - product(shear_x, bz)
    by = (corners[i, 3 + ky] - ray.up) - product(shear_y, bz)
    cx = (corners[i, 6 + kx] - ray.across) - product(shear_x, cz)
    cy = (corners[i, 6 + ky] - ray.up) - product(shear_y, cz)
    u, v, w = difference(cx, by, cy, bx), difference(ax, cy, ay, cx), difference(bx, ay, by, ax)
    if u == ZERO or v == ZERO or w == ZERO:
        u, v, w = triangle.exact_edge_functions(ax, ay, bx, by, cx, cy)
        u, v, w = np.float32(u), np.float32(v), np.float32(w)
    if (u < ZERO or v < ZERO or w < ZERO) and (u > ZERO or v > ZERO or w > ZERO):
        return False
    det = u + v + w
    t = product(product(u, az) + product(v, bz) + product(w, cz), ray.scale_z)
    front, back = det > ZERO and t > ZERO, det < ZERO and t < ZERO
    if not (back or (front and not one_sided)):
        return False
    for a in range(3):
        box[0, a] = min(corners[i, a], min(corners[i, 3 + a], corners[i, 6 + a]))
        box[0, 3 + a] = max(corners[i, a], max(corners[i, 3 + a], corners[i, 6 + a]))
    return padded_entry(ray, box, shaft) != slab.MISS
