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
# What lies so near before a wall's plane [m] gets less over the wall than receivers some metres off do: ground, and
# another surface that meets the wall in a corner. It is as the wall's own receivers see it, as far as the wall stands
# in its way.
FOOT_M = 0.5
# Over a low step and beside a narrow pier it does not. So two rays are sent from what is met to the wall, each for half
# of what would come from that side: shares of its normal and of the wall's back, where the sine is 1/4 and 3/4.
TO_WALL = ((np.sqrt(15.0) / 4.0, 0.25), (np.sqrt(7.0) / 4.0, 0.75))
# The wall is in the way if it is there within this [m] of where it should be.
SLACK_M = 0.05
# Farther from a receiver than this [m] nothing is asked: it is seen small.
BESIDE_M = 6.0
# What comes over a wall grows with the distance from it. So far off [m] stand receivers of a finest piece on average.
PIECE_OFF_M = 1.0
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
def to_ask(hits, point, direction, plane, share, which, level, before, meets):  # type: ignore[no-untyped-def]
    """Rays that tell how far what walls meet is as the walls see it: for which meeting p · D + d (M,) each asks, its
    start and direction (M, 3), how near something must be met (M,) [m], and its share of the answer (M,).

    Arguments as of `collect`. Right before a wall rays go to the wall (TO_WALL). Other ground near a wall is asked
    straight up, however far.
    """
    n, n_directions = hits.triangle.shape
    most = n * n_directions * len(TO_WALL)
    meeting, start, ray = np.empty(most, np.int64), np.empty((most, 3), np.float32), np.empty((most, 3), np.float32)
    reach, part = np.empty(most, np.float32), np.empty(most, np.float32)
    end = 0
    for p in range(n):
        if before[p, 0] == FAR:
            continue
        facing = plane[which[p]]
        for d in range(n_directions):
            triangle = hits.triangle[p, d]
            if share[which[p], d] <= 0.0 or (triangle < 0 and (direction[d, 2] > 0.0 or np.isnan(level[p]))):
                continue
            distance, behind, normal, surface = _meeting(point[p], direction[d], triangle, level[p], meets)
            if behind or surface == BLACK:
                continue
            off = distance * _dot(facing, direction[d])
            if distance > BESIDE_M or (off >= FOOT_M and surface != TERRAIN):
                continue
            for at in range(len(TO_WALL) if off < FOOT_M else 1):
                meeting[end], part[end], reach[end] = p * n_directions + d, 1.0, np.inf
                along = 0.0, 0.0, 1.0
                if off < FOOT_M:
                    along, reach[end] = _to_wall(TO_WALL[at], normal, facing, off)
                    part[end] = (1.0 if surface == TERRAIN else 1.0 - off / PIECE_OFF_M) / len(TO_WALL)
                for axis in range(3):
                    start[end, axis] = point[p, axis] + distance * direction[d, axis] + OFF_M * normal[axis]
                    ray[end, axis] = along[axis]
                end += 1
    return meeting[:end].copy(), start[:end].copy(), ray[:end].copy(), reach[:end].copy(), part[:end].copy()


@kernel
def collect(hits, point, direction, plane, share, which, hidden, level, before, beside, meets):  # type: ignore[no-untyped-def]
    """Reflectors of receivers (P, 3): how many each has (P,), their keys (N,) and shares (N,), as they are met first.

    ``hits`` are raytrace.first's along directions (D, 3), half of which point up; share (U, D) of each direction in the
    view of each plane (U, 3), ``which`` (P,) plane each receiver has; hidden (P,) what its view above the horizon holds
    beside the sky; level (P,) [m, local] of the ground about it, NaN: none; before (P, 2) names of the ground and of
    surface 0 right before it, FAR: it stands on no wall; beside (P, D) how far what is met is as that wall sees it.
    ``meets``: corners (T, 9) and surface (T,) of triangles, and the cell's origin (3,).
    """
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
            key = FAR
            if triangle >= 0 or not np.isnan(level[p]):
                key = _key_of(point[p], direction[d], triangle, level[p], meets)
            if key == BLACK:
                continue
            if key != FAR and beside[p, d] > 0.0:
                as_wall = part * beside[p, d]
                size = _add(here, weight, above, size, _right_before(before[p], key), as_wall, upward)
                part -= as_wall
            if part > 0.0:
                size = _add(here, weight, above, size, key, part, upward)
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
def _dot(left, right):  # type: ignore[no-untyped-def]
    return left[0] * right[0] + left[1] * right[1] + left[2] * right[2]


@kernel
def _to_wall(shares, normal, facing, off):  # type: ignore[no-untyped-def]
    """Unit direction to a wall that faces ``facing`` from a place ``off`` [m] before it on what faces ``normal``, and
    how near the wall must be met [m]; 0 where it leads away from it."""
    x, y, z = (
        shares[0] * normal[0] - shares[1] * facing[0],
        shares[0] * normal[1] - shares[1] * facing[1],
        shares[0] * normal[2] - shares[1] * facing[2],
    )
    scale = 1.0 / max(np.sqrt(x * x + y * y + z * z), 1e-12)
    along = x * scale, y * scale, z * scale
    towards = -_dot(along, facing)
    return along, off / towards + SLACK_M if towards > 0.01 else 0.0


@kernel
def _meeting(point, direction, triangle, ground, meets):  # type: ignore[no-untyped-def]
    """Where a ray meets a face's plane, or level ground (triangle below 0): the distance [m], whether from within its
    solid, or terrain from below, which way the face looks, and its surface. raytrace.first's distances are to a
    centimetre, and not the same in every batch of rays: a name must not hang on that."""
    corner, surface, _ = meets
    if triangle < 0:
        return max((point[2] - ground) / -direction[2], 0.0), False, (0.0, 0.0, 1.0), np.int32(TERRAIN)
    face = corner[triangle]
    a, b, c = np.float64(face[0]), np.float64(face[1]), np.float64(face[2])
    ux, uy, uz = face[3] - a, face[4] - b, face[5] - c
    vx, vy, vz = face[6] - a, face[7] - b, face[8] - c
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    along = direction[0] * x + direction[1] * y + direction[2] * z
    away = (a - point[0]) * x + (b - point[1]) * y + (c - point[2]) * z
    distance = max(away / along, 0.0) if along != 0.0 else 0.0
    up = np.sign(z) if surface[triangle] == TERRAIN else 1.0  # terrain looks up, whichever way its triangles wind
    scale = up / max(np.sqrt(x * x + y * y + z * z), 1e-12)
    return distance, along * up > 0.0, (scale * x, scale * y, scale * z), np.int32(surface[triangle])


@kernel
def _key_of(point, direction, triangle, ground, meets):  # type: ignore[no-untyped-def]
    """What a ray meets; a triangle below 0 is none, ``ground`` [m, local] what level ground it then reaches. Pieces are
    named by where a receiver would stand, off the face: a wall may lie on the border of two squares."""
    origin = meets[2]
    distance, behind, normal, surface = _meeting(point, direction, triangle, ground, meets)
    if behind or surface == BLACK:
        return np.int64(BLACK)
    if distance > REACH_M:
        return FAR
    level = 0
    x, y = origin[0] + point[0] + distance * direction[0], origin[1] + point[1] + distance * direction[1]
    if surface >= 0:
        while distance > PIECE_TO_M[level]:
            level += 1
        z, width = origin[2] + point[2] + distance * direction[2] + OFF_M * normal[2], PIECE_M[level]
        x, y = x + OFF_M * normal[0], y + OFF_M * normal[1]
        # as keys.surface_keys; the remainder of a negative square is positive in Numba as it is in Python
        band = np.int64(np.floor(z / BAND_M[level])) + LOWEST_BAND
        east, north = np.int64(np.floor(x / width)) % SQUARES, np.int64(np.floor(y / width)) % SQUARES
        piece = ((level * SQUARES + east) * SQUARES + north) * MOST_BANDS + band
        return np.int64(surface) + piece * np.int64(MOST_SURFACES)
    while distance > GROUND_TO_M[level]:
        level += 1
    column, row = np.int64(np.floor(x / GROUND_M[level])) + MIDDLE, np.int64(np.floor(y / GROUND_M[level])) + MIDDLE
    return -np.int64(1) - ((level * np.int64(2 * MIDDLE) + column) * np.int64(2 * MIDDLE) + row)  # as keys.ground_keys
