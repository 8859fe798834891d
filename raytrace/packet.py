"""64 points traced together along one direction: the lane loops of plain.py.

Lanes are points; a set of lanes is a uint64, lane 0 in the lowest bit. The loops over lanes are plain and
branch-free, so LLVM turns them into vector instructions; each lane computes exactly what
triangle.hit_distance computes for its ray.

Oracle: closest.py must agree bit by bit (tests/raytrace/test_raytrace_visible.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from raytrace import slab, triangle
from raytrace.jit import kernel
from raytrace.triangle import ZERO
from raytrace.work import POINTS


class Packet(NamedTuple):
    """A packet and its work space.

    Attributes:
        point: (3, 64) float32 [m]; unused lanes repeat lane 0.
        normal: (3, 64) float32; unused lanes are 0, so they never face anything.
        shaft: (6,) float32, see slab.entry.
        flag: (64,) uint8 of the lane loops.
        box: (1, 6) float32, box of the triangle under test.
    """

    point: npt.NDArray[np.float32]
    normal: npt.NDArray[np.float32]
    shaft: npt.NDArray[np.float32]
    flag: npt.NDArray[np.uint8]
    box: npt.NDArray[np.float32]


@kernel()
def workspace(point, normal):  # type: ignore[no-untyped-def]
    """Packet of up to 64 points (n, 3) and normals (n, 3)."""
    lanes = np.empty((3, POINTS), np.float32)
    normals = np.zeros((3, POINTS), np.float32)
    for lane in range(POINTS):
        source = lane if lane < len(point) else 0
        for a in range(3):
            lanes[a, lane] = point[source, a]
            if lane < len(point):
                normals[a, lane] = normal[lane, a]
    shaft, box = np.empty(6, np.float32), np.empty((1, 6), np.float32)
    return Packet(lanes, normals, shaft, np.empty(POINTS, np.uint8), box)


@kernel()
def set_shaft(work, scene):  # type: ignore[no-untyped-def]
    """Shaft of the packet, padded for the whole scene's box (6,): enough for every triangle in it."""
    lower, upper = work.shaft[3:], work.shaft[:3]
    for a in range(3):
        lower[a], upper[a] = work.point[a].min(), work.point[a].max()
    margin = slab.padding(
        slab.axis_reach(scene[0], scene[3], lower[0], upper[0]),
        slab.axis_reach(scene[1], scene[4], lower[1], upper[1]),
        slab.axis_reach(scene[2], scene[5], lower[2], upper[2]),
    )
    for a in range(3):
        lower[a] -= margin
        upper[a] += margin


@kernel()
def facing(work, direction):  # type: ignore[no-untyped-def]
    """Lanes whose plane has the direction in front: normal · direction > 0, summed in float64 from
    float32."""
    x, y, z = np.float64(direction[0]), np.float64(direction[1]), np.float64(direction[2])
    normal, flag = work.normal, work.flag
    for lane in range(POINTS):
        flag[lane] = (normal[0, lane] * x + normal[1, lane] * y + normal[2, lane] * z) > 0.0
    return lane_set(work.flag)


@kernel()
def lane_set(flag):  # type: ignore[no-untyped-def]
    """uint64 of the lanes whose flag (64,) is 1; flags must be 0 or 1.

    Eight flags at a time: three shifts move bit 0 of byte k to bit k of the lowest byte.
    """
    lanes = np.uint64(0)
    octets = flag.view(np.uint64)
    for k in range(POINTS // 8):
        x = octets[k]
        x |= x >> np.uint64(7)
        x |= x >> np.uint64(14)
        x |= x >> np.uint64(28)
        lanes |= (x & np.uint64(0xFF)) << np.uint64(8 * k)
    return lanes


@kernel()
def blocked(work, corners, i, frame, open_lanes, one_sided):  # type: ignore[no-untyped-def]
    """Those of ``open_lanes`` whose ray along ``frame`` is blocked by triangle i of corners (T, 9).

    ``one_sided`` not 0: only rays that leave through the triangle's back are blocked (bvh.Bvh.one_sided).
    """
    triangle.triangle_box(corners, i, work.box)
    entry = slab.entry(work.box, 0, work.shaft, frame.inverse_x, frame.inverse_y, frame.inverse_z)
    if entry == slab.MISS:
        return np.uint64(0)
    state = _inside_lanes(work, corners, i, frame, one_sided)
    if state >= 2:
        for lane in range(POINTS):
            if work.flag[lane] == 2:
                _settle_lane(work, lane, corners, i, frame, one_sided)
    if state == 0 or lane_set(work.flag) & open_lanes == np.uint64(0):
        return np.uint64(0)
    _own_box_lanes(work, frame)
    return lane_set(work.flag) & open_lanes


@kernel()
def _inside_lanes(work, corners, i, frame, one_sided):  # type: ignore[no-untyped-def]
    """Sets flags: 0 no hit, 1 hit, 2 an edge function is zero (settle in float64). Returns their union."""
    kx, ky, kz = frame.kx, frame.ky, frame.kz
    a0, a1, a2 = corners[i, kx], corners[i, ky], corners[i, kz]
    b0, b1, b2 = corners[i, 3 + kx], corners[i, 3 + ky], corners[i, 3 + kz]
    c0, c1, c2 = corners[i, 6 + kx], corners[i, 6 + ky], corners[i, 6 + kz]
    point, flag = work.point, work.flag
    union = np.uint8(0)
    two_sided = one_sided == 0
    for lane in range(POINTS):
        ox, oy, oz = point[kx, lane], point[ky, lane], point[kz, lane]
        az, bz, cz = a2 - oz, b2 - oz, c2 - oz
        ax, ay = triangle.shear(a0 - ox, a1 - oy, az, frame)
        bx, by = triangle.shear(b0 - ox, b1 - oy, bz, frame)
        cx, cy = triangle.shear(c0 - ox, c1 - oy, cz, frame)
        u, v, w = triangle.edge_functions(ax, ay, bx, by, cx, cy)
        det = u + v + w
        t = (u * az + v * bz + w * cz) * frame.scale_z
        front = (u > ZERO) & (v > ZERO) & (w > ZERO) & (det > ZERO) & (t > ZERO)
        back = (u < ZERO) & (v < ZERO) & (w < ZERO) & (det < ZERO) & (t < ZERO)
        on_edge = (u == ZERO) | (v == ZERO) | (w == ZERO)
        state = np.uint8((front & two_sided) | back) | (np.uint8(on_edge) << np.uint8(1))
        flag[lane] = state
        union |= state
    return union


@kernel()
def _settle_lane(work, lane, corners, i, frame, one_sided):  # type: ignore[no-untyped-def]
    """Replaces flag 2 by the answer of the single-ray test, which has the float64 fallback."""
    box, shaft = np.empty((1, 6), np.float32), np.empty(6, np.float32)
    distance, back = triangle.hit_distance(work.point[:, lane], corners, i, frame, box, shaft)
    work.flag[lane] = distance != slab.MISS and (back or one_sided == 0)


@kernel()
def _own_box_lanes(work, frame):  # type: ignore[no-untyped-def]
    """Clears the flag of lanes whose ray does not meet the triangle's own padded box (triangle.own_entry)."""
    point, box, flag = work.point, work.box, work.flag
    for lane in range(POINTS):
        x, y, z = point[0, lane], point[1, lane], point[2, lane]
        margin = slab.padding(
            slab.axis_reach(box[0, 0], box[0, 3], x, x),
            slab.axis_reach(box[0, 1], box[0, 4], y, y),
            slab.axis_reach(box[0, 2], box[0, 5], z, z),
        )
        shaft = (x + margin, y + margin, z + margin, x - margin, y - margin, z - margin)
        entry = slab.entry(box, 0, shaft, frame.inverse_x, frame.inverse_y, frame.inverse_z)
        flag[lane] &= np.uint8(entry != slab.MISS)


@kernel()
def transpose(block):  # type: ignore[no-untyped-def]
    """Transposes a 64 × 64 bit matrix (64,) uint64 in place: bit j of word i becomes bit i of word j.

    Source: H. S. Warren (2012), Hacker's Delight, 2nd ed., section 7-3, mirrored for LSB first.
    """
    width = np.uint64(32)
    mask = np.uint64(0x00000000FFFFFFFF)
    while width != np.uint64(0):
        step = np.int64(width)
        row = 0
        while row < 64:
            swap = ((block[row] >> width) ^ block[row + step]) & mask
            block[row] ^= swap << width
            block[row + step] ^= swap
            row = (row + step + 1) & ~step
        width >>= np.uint64(1)
        mask ^= mask << width
