"""What rays meet, as names of reflectors: the kernel of pass one, with every constant that it is compiled with.

Numba freezes constants into a compiled kernel and renews it only when its own file changes, so they stand here and
nowhere else.

Oracle: keys.py in numpy, and tests/twin/test_twin_reflection.py.
"""

from __future__ import annotations

import numpy as np

from twin.jit import kernel

# Farther than this reflectors are not told apart: they are far ground.
REACH_M = 250.0
# Triangles that are no surface of the model, and surfaces that receive nothing themselves.
TERRAIN = -1
BLACK = -2
# Ground beyond the model, or beyond what is told apart: it is lit by the whole sky.
FAR = np.int64(np.iinfo(np.int64).min)
# What lies near is seen large and is not as bright as the mean of what is about it; what lies far is one of many.
# Ground is told apart in squares of the map, each width as far as the distance below it [m].
GROUND_M = (2.5, 5.0, 20.0)
GROUND_TO_M = (6.0, 30.0, REACH_M)
# A wall's foot is darker than its head, its free end brighter than its middle: surfaces are told apart in pieces, by
# bands of height and squares of the map, multiples of these in the CRS. Squares repeat after 64 of them.
# The last level is the ground at the foot of a piece of a wall.
BAND_M = (2.0, 2.0, 8.0, 2.0)
PIECE_M = (2.0, 8.0, 32.0, 8.0)
PIECE_TO_M = (3.0, 30.0, REACH_M)
FOOT = 3
# What lies so near before a wall's plane [m] sees at least what the wall's own receivers see, and less than receivers
# some metres off see. Ground is as the wall sees it; another surface that meets it in a corner is the mean of both, for
# the sun passes over a step and beside a pier.
FOOT_M = 0.5
LOWEST_BAND = 2**13
MOST_SURFACES = 2**31
MOST_BANDS = 2**15
SQUARES = 64
# Corners: a surface right before a piece of a wall, which is cut as the finest pieces are. Squares and bands repeat
# after 16 of them.
CORNER = 4
CORNER_SURFACES = 2**24
CORNER_SQUARES = 16
CORNER_KEYS = CORNER * SQUARES * SQUARES * MOST_BANDS * MOST_SURFACES
# Receivers stand so far off their surface [m]: receivers.OFFSET_M, which numba would not notice to change.
OFF_M = 0.01
# Columns and rows are counted from here, so that they are never negative; 2²³ · 2.5 m is more than any CRS spans.
MIDDLE = 2**23


@kernel
def collect(hits, point, direction, plane, share, which, hidden, level, before, meets):  # type: ignore[no-untyped-def]
    """Reflectors of receivers (P, 3): how many each has (P,), their keys (N,) and shares (N,), as they are met first.

    ``hits`` are raytrace.first's along directions (D, 3), half of which point up; share (U, D) of each direction in the
    view of each plane (U, 3), ``which`` (P,) plane each receiver has; hidden (P,) what its view above the horizon holds
    beside the sky; level (P,) [m, local] of the ground about it, NaN: none; before (P, 2) names of the ground and of
    surface 0 right before it, FAR: it stands on no wall. ``meets``: corners (T, 9) and surface (T,) of triangles, and
    the cell's origin (3,).
    """
    corner, surface, origin = meets
    n, n_directions = hits.triangle.shape
    count = np.zeros(n, np.int64)
    most = 2 * n_directions + 1
    keys, shares = np.empty(n * most, np.int64), np.empty(n * most)
    here, weight, above = np.empty(most, np.int64), np.empty(most), np.empty(most)
    end = 0
    for p in range(n):
        size, met, lost = 0, 0.0, 0.0
        for d in range(n_directions):
            part = share[which[p], d]
            upward = direction[d, 2] > 0.0
            triangle = hits.triangle[p, d]
            if part <= 0.0 or (triangle < 0 and upward):
                continue
            if upward:
                met += part
            distance, behind, lift = 0.0, False, (0.0, 0.0, 0.0)
            if triangle >= 0:
                distance, behind, lift = _meeting(point[p], direction[d], corner[triangle], surface[triangle])
            key = np.int64(BLACK)
            if triangle < 0 and not np.isnan(level[p]):
                distance = max((point[p, 2] - level[p]) / -direction[d, 2], 0.0)
            if not behind:
                key = _key_of(point[p], direction[d], triangle, distance, lift, level[p], surface, origin)
            if key == BLACK:
                continue
            right_before, half = key, 0.0
            if key != FAR:
                facing = plane[which[p]]
                off = facing[0] * direction[d, 0] + facing[1] * direction[d, 1] + facing[2] * direction[d, 2]
                if off * distance < FOOT_M:
                    right_before = _right_before(before[p], key)
            if right_before >= CORNER_KEYS:
                half = part / 2.0
                size = _add(here, weight, above, size, key, half, upward)
            size = _add(here, weight, above, size, right_before, part - half, upward)
        if met > 0.0:
            scale = hidden[p] / met
        else:
            scale, lost = 0.0, hidden[p]
        if lost > 1e-6:  # the sky's finer patches found what none of these rays met
            here[size], weight[size], above[size] = FAR, lost, 0.0
            size += 1
        for at in range(size):
            value = weight[at] + scale * above[at]
            if value > 0.0:
                keys[end], shares[end] = here[at], value
                count[p] += 1
                end += 1
    return count, keys[:end].copy(), shares[:end].copy()


@kernel
def _add(here, weight, above, size, key, part, upward):  # type: ignore[no-untyped-def]
    """One share more of a receiver's list of names; how long it is then."""
    at = 0
    while at < size and here[at] != key:
        at += 1
    if at == size:
        here[at], weight[at], above[at] = key, 0.0, 0.0
        size += 1
    if upward:
        above[at] += part
    else:
        weight[at] += part
    return size


@kernel
def _right_before(before, key):  # type: ignore[no-untyped-def]
    """Name of what lies right before a wall; where it has none of its own, it keeps ``key``."""
    if key < 0:
        return key if before[0] == FAR else before[0]
    surface = key % np.int64(MOST_SURFACES)
    return key if before[1] == FAR or surface >= CORNER_SURFACES else before[1] + surface


@kernel
def _meeting(point, direction, corner, surface):  # type: ignore[no-untyped-def]
    """Distance [m] at which a ray meets a face's plane; whether from within its solid, or terrain from below,
    whichever way its triangles wind; and how far receivers stand off the face. raytrace.first's distances are to a
    centimetre, and not the same in every batch of rays: a name must not hang on that."""
    a, b, c = np.float64(corner[0]), np.float64(corner[1]), np.float64(corner[2])
    ux, uy, uz = corner[3] - a, corner[4] - b, corner[5] - c
    vx, vy, vz = corner[6] - a, corner[7] - b, corner[8] - c
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    along = direction[0] * x + direction[1] * y + direction[2] * z
    away = (a - point[0]) * x + (b - point[1]) * y + (c - point[2]) * z
    distance = max(away / along, 0.0) if along != 0.0 else 0.0
    scale = OFF_M / max(np.sqrt(x * x + y * y + z * z), 1e-12)
    lift = scale * x, scale * y, scale * z
    return distance, (along * np.sign(z) > 0.0 if surface == TERRAIN else along > 0.0), lift


@kernel
def _key_of(point, direction, triangle, distance, lift, ground, surface, origin):  # type: ignore[no-untyped-def]
    """What a ray meets; a triangle below 0 is none, ``ground`` [m, local] what level ground it then reaches. Pieces are
    named by where a receiver would stand, ``lift`` [m] off the face: a wall may lie on the border of two squares."""
    if triangle >= 0:
        if surface[triangle] >= 0 and distance <= REACH_M:
            level = 0
            while distance > PIECE_TO_M[level]:
                level += 1
            x, y = origin[0] + point[0] + distance * direction[0], origin[1] + point[1] + distance * direction[1]
            z, width = origin[2] + point[2] + distance * direction[2] + lift[2], PIECE_M[level]
            x, y = x + lift[0], y + lift[1]
            # as keys.surface_keys; the remainder of a negative square is positive in Numba as it is in Python
            band = np.int64(np.floor(z / BAND_M[level])) + LOWEST_BAND
            east, north = np.int64(np.floor(x / width)) % SQUARES, np.int64(np.floor(y / width)) % SQUARES
            piece = ((level * SQUARES + east) * SQUARES + north) * MOST_BANDS + band
            return np.int64(surface[triangle]) + piece * np.int64(MOST_SURFACES)
        if surface[triangle] == BLACK:
            return np.int64(BLACK)
    elif np.isnan(ground):
        return FAR
    if distance > REACH_M:
        return FAR
    level = 0
    while distance > GROUND_TO_M[level]:
        level += 1
    x, y = origin[0] + point[0] + distance * direction[0], origin[1] + point[1] + distance * direction[1]
    column, row = np.int64(np.floor(x / GROUND_M[level])) + MIDDLE, np.int64(np.floor(y / GROUND_M[level])) + MIDDLE
    return -np.int64(1) - ((level * np.int64(2 * MIDDLE) + column) * np.int64(2 * MIDDLE) + row)  # as keys.ground_keys
