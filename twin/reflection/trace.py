"""Pass one: what each receiver sees that is not sky, and how large it is.

Rays go along the middles of Tregenza's 145 patches and of their mirror images below the horizon; what each meets
first is the reflector of the whole patch, with the patch's share of the plane's irradiance. Below the horizon a ray
that meets nothing reaches level ground where the job has no terrain. Above it, the shares are scaled so that they and
the sky that the receiver sees make the whole of what lies above its plane: no light is lost or made twice.

Farther than ``REACH_M`` reflectors are not told apart: they are far ground. Surfaces that receive nothing themselves
(undersides of buildings) are black, and so are faces met from within.

Oracle: radiosity solved directly, and Radiance (twin/validate); tests/twin/test_twin_reflection.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace import bits
from solar import irradiance
from solar.sky import Sky, sky_weights
from solar.sphere import plane_shares, spiral
from twin.jit import kernel
from twin.operators import BLACK, TERRAIN, CellData, Reflectors, Stand
from twin.reflection.keys import (
    BAND_M,
    FAR,
    GROUND_M,
    LOWEST_BAND,
    MIDDLE,
    MOST_BANDS,
    MOST_SURFACES,
    PIECE_M,
    SQUARES,
)

DIRECTIONS = 290
REACH_M = 250.0
# Receivers whose first hits are held at a time: 4,096 × 290 × 8 bytes = 9.5 MB.
CHUNK = 4096


Level = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class Seen(NamedTuple):
    """What receivers see, CSR over keys; shares of a plane's view, not yet multiplied with any albedo."""

    indptr: NDArray[np.int64]  # (P + 1,)
    key: NDArray[np.int64]  # (N,)
    share: NDArray[np.float32]  # (N,)


def with_reflectors(standing: Stand, data: CellData, sky: Sky, level: Level | None) -> CellData:
    """A traced cell with what its receivers see light come back from; what that sees itself is pass two's.

    Parameters
    ----------
    sky
        The patches that the cell's sky bits stand for.
    level
        Heights (N,) [m] of level ground at places (N, 2) in the CRS; None where terrain is among the casters.
    """
    receivers = data.receivers
    wanted = np.flatnonzero(~receivers.covered)  # nothing shines on a point in a solid, wherever walls touch
    point, normal = receivers.point[wanted], receivers.normal[wanted]
    ground_m = None
    if level is not None:
        ground_m = level(point[:, :2].astype(np.float64) + standing.origin[:2]) - standing.origin[2]
    seen = reflectors_seen(standing, point, normal, sky_views(data, wanted, sky), ground_m)
    return kept(data, wanted, seen)


def with_far_ground(data: CellData) -> CellData:
    """A traced cell that is to see nothing below the horizon but far flat ground; no ray is traced."""
    wanted = np.flatnonzero(~data.receivers.covered)
    share = irradiance.reflected_fraction(data.receivers.normal[wanted]).astype(np.float32)
    seen = Seen(np.arange(len(wanted) + 1), np.full(len(wanted), FAR), share)
    return kept(data, wanted, seen)


def kept(data: CellData, row: NDArray[np.intp], seen: Seen) -> CellData:
    """A cell with reflectors of some rows (N,), all others seeing none."""
    key, index = np.unique(seen.key, return_inverse=True)
    count = np.zeros(len(data.receivers.surface), np.int64)
    count[row] = np.diff(seen.indptr)
    indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    operators = data.operators._replace(
        reflect_indptr=indptr, reflect_index=index.reshape(-1).astype(np.int32), reflect_weight=seen.share
    )
    return data._replace(operators=operators, reflectors=unknown(key, data.reflectors.seen.shape[1]))


def unknown(key: NDArray[np.int64], n_directions: int) -> Reflectors:
    """Reflectors (R,) of which nothing is known yet."""
    count = len(key)
    seen = np.zeros((count, n_directions), np.uint8)
    return Reflectors(key, np.zeros(count, bool), np.zeros((count, 3), np.float32), seen)


def sky_views(data: CellData, row: NDArray[np.intp], sky: Sky) -> NDArray[np.float64]:
    """Sky view factors (N,) of some receivers of a cell."""
    facing, which = np.unique(data.receivers.normal[row], axis=0, return_inverse=True)
    out = np.zeros(len(row))
    for first in range(0, len(facing), CHUNK):
        part = which.reshape(-1) - first
        member = np.flatnonzero((part >= 0) & (part < CHUNK))
        weight = sky_weights(sky, unit(facing[first : first + CHUNK])) / np.pi
        out[member] = bits.dot(data.operators.sky_bits[row[member]], weight, part[member].astype(np.int32))
    return out


def reflectors_seen(
    standing: Stand,
    point: NDArray[np.float32],
    normal: NDArray[np.float32],
    sky_view: NDArray[np.float64],
    ground_m: NDArray[np.float64] | None,
) -> Seen:
    """Reflectors of receivers (P, 3), local to the cell's origin.

    Parameters
    ----------
    sky_view
        (P,) sky view factor of each.
    ground_m
        (P,) height of the level ground about each, local; None where terrain is among the triangles.
    """
    direction = spiral(DIRECTIONS)
    corner = standing.bvh.triangle.reshape(-1, 3, 3).astype(np.float64)
    outward = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    level = np.full(len(point), np.nan) if ground_m is None else ground_m
    counts, keys, shares = [np.zeros(1, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for first in range(0, len(point), CHUNK):
        part = slice(first, first + CHUNK)
        facing, which = np.unique(normal[part], axis=0, return_inverse=True)
        plane = unit(facing)
        share = plane_shares(direction, plane)
        which = which.reshape(-1)
        hidden = np.maximum((1.0 + plane[which, 2]) / 2.0 - sky_view[part], 0.0)
        hits = raytrace.first(standing.bvh, point[part], direction, normals=normal[part])
        place = point[part].astype(np.float64)
        count, key, found = _collect(
            hits, place, direction, share, which, hidden, level[part], standing.surface, outward, standing.origin
        )
        counts.append(count)
        keys.append(key)
        shares.append(found.astype(np.float32))
    return Seen(np.cumsum(np.concatenate(counts)), np.concatenate(keys), np.concatenate(shares))


def unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """Vectors (N, 3) of length 1 in float64."""
    exact = vector.astype(np.float64)
    return np.asarray(exact / np.linalg.norm(exact, axis=1, keepdims=True))


@kernel
def _collect(hits, point, direction, share, which, hidden, level, surface, outward, origin):  # type: ignore[no-untyped-def]
    """Reflectors of each receiver in the order in which they are met first."""
    n, n_directions = hits.triangle.shape
    count = np.zeros(n, np.int64)
    keys, shares = np.empty(n * (n_directions + 1), np.int64), np.empty(n * (n_directions + 1))
    here, weight, above = np.empty(n_directions + 1, np.int64), np.empty(n_directions + 1), np.empty(n_directions + 1)
    end = 0
    for p in range(n):
        size, met, lost = 0, 0.0, 0.0
        for d in range(n_directions):
            part = share[which[p], d]
            upward = direction[d, 2] > 0.0
            triangle, distance = hits.triangle[p, d], np.float64(hits.distance[p, d])
            if part <= 0.0 or (triangle < 0 and upward):
                continue
            if upward:
                met += part
            key = _key_of(point[p], direction[d], triangle, distance, level[p], surface, origin)
            if triangle >= 0 and _from_behind(direction[d], outward[triangle], surface[triangle]):
                key = np.int64(BLACK)
            if key == BLACK:
                continue
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
def _from_behind(direction, outward, surface):  # type: ignore[no-untyped-def]
    """Whether a ray meets a face from within its solid, or the terrain from below, whichever way its triangles wind."""
    along = direction[0] * outward[0] + direction[1] * outward[1] + direction[2] * outward[2]
    return along * np.sign(outward[2]) > 0.0 if surface == TERRAIN else along > 0.0


@kernel
def _key_of(point, direction, triangle, distance, level, surface, origin):  # type: ignore[no-untyped-def]
    """What a ray meets; a triangle below 0 is none."""
    if triangle >= 0:
        if surface[triangle] >= 0 and distance <= REACH_M:
            x, y = origin[0] + point[0] + distance * direction[0], origin[1] + point[1] + distance * direction[1]
            band = np.int64(np.floor((origin[2] + point[2] + distance * direction[2]) / BAND_M)) + LOWEST_BAND
            # as keys.surface_keys; the remainder of a negative square is positive in Numba as it is in Python
            east, north = np.int64(np.floor(x / PIECE_M)) % SQUARES, np.int64(np.floor(y / PIECE_M)) % SQUARES
            piece = (east * SQUARES + north) * MOST_BANDS + band
            return np.int64(surface[triangle]) + piece * np.int64(MOST_SURFACES)
        if surface[triangle] == BLACK:
            return np.int64(BLACK)
    elif np.isnan(level):
        return FAR
    else:
        distance = max((point[2] - level) / -direction[2], 0.0)
    if distance > REACH_M:
        return FAR
    x, y = origin[0] + point[0] + distance * direction[0], origin[1] + point[1] + distance * direction[1]
    column, row = np.int64(np.floor(x / GROUND_M)) + MIDDLE, np.int64(np.floor(y / GROUND_M)) + MIDDLE
    return -np.int64(1) - (column * np.int64(2 * MIDDLE) + row)  # as keys.ground_keys
