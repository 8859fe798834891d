"""Pass one: what each receiver sees that is not sky, and how large it is.

Rays go along 290 directions that are spread evenly over the sphere; what each meets first is the reflector of all
that lies about it, with the direction's share of the plane's view. Below the horizon a ray that meets nothing reaches
level ground where the job has no terrain. Above it, the shares are scaled so that they and the sky that the receiver
sees make the whole of what lies above its plane: no light is lost or made twice.

Farther than met.REACH_M reflectors are not told apart: they are far ground. Surfaces that receive nothing themselves
(undersides of buildings) are black, and so are faces met from within and terrain met from below.

What lies right before a receiver's own wall, or on the ground beneath a roof, may be as that wall sees it: single rays
ask how far the wall, or the roof, is in the way (met.to_ask).

Oracle: radiosity solved directly, and Radiance (twin/validate); tests/twin/test_twin_reflection.py, _corners.py and
_beside_walls.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace import bits
from solar import irradiance
from solar.sky import Sky, sky_weights
from solar.sphere import plane_shares, spiral
from twin import planes
from twin.operators import CellData, Stand, looking, unknown
from twin.reflection.keys import FAR, corner_keys, surface_keys
from twin.reflection.met import BESIDE_M, CORNER_SURFACES, FOOT, collect, to_ask

DIRECTIONS = 290
# Receivers whose first hits are held at a time: 4,096 × 290 × 8 bytes = 9.5 MB.
CHUNK = 4096
# |n_z| of walls, within 6° of upright.
UPRIGHT = 0.1
# Ground beneath a roof is open to the front if nothing is met so far off [m] halfway up.
OPEN_M = 8.0
# What a wall's receivers see hangs on nothing that is farther from them on the map [m] than this, but for first hits.
ASKED_M = BESIDE_M + OPEN_M


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
    wanted = np.flatnonzero(shone_on(data))
    point, normal = receivers.point[wanted], receivers.normal[wanted]
    ground_m = None
    if level is not None:
        ground_m = level(point[:, :2].astype(np.float64) + standing.origin[:2]) - standing.origin[2]
    surface = receivers.surface[wanted]
    seen = reflectors_seen(standing, point, normal, surface, sky_views(data, wanted, sky), ground_m)
    return kept(data, wanted, seen)


def shone_on(data: CellData) -> NDArray[np.bool_]:
    """Which receivers (P,) anything may shine on: a point of the user's that lies in a solid sees neither sun nor sky,
    and no light may come to it through two walls that touch."""
    covered = np.asarray(data.receivers.covered)
    seeing = data.operators.sun_bits.any(axis=1) | data.operators.sky_bits.any(axis=1)
    return ~covered | (looking(data.receivers) & seeing)


def with_far_ground(data: CellData) -> CellData:
    """A traced cell that is to see nothing below the horizon but far flat ground; no ray is traced."""
    wanted = np.flatnonzero(shone_on(data))
    share = irradiance.reflected_fraction(data.receivers.normal[wanted]).astype(np.float32)
    seen = Seen(np.arange(len(wanted) + 1), np.full(len(wanted), FAR), share)
    return kept(data, wanted, seen)


def kept(data: CellData, row: NDArray[np.intp], seen: Seen) -> CellData:
    """A cell with reflectors of some rows (N,), all others seeing none."""
    key, index = _distinct(seen.key)
    count = np.zeros(len(data.receivers.surface), np.int64)
    count[row] = np.diff(seen.indptr)
    indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    operators = data.operators._replace(reflect_indptr=indptr, reflect_index=index, reflect_weight=seen.share)
    return data._replace(operators=operators, reflectors=unknown(key))


def _distinct(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Distinct keys (R,), ascending, and which of them each key is (N,). Hashed: a reflector is seen by many."""
    import pandas as pd

    code, found = pd.factorize(key)
    order = np.argsort(found)
    place = np.empty(len(found), np.int32)
    place[order] = np.arange(len(found))
    return found[order], place[code]


def sky_views(data: CellData, row: NDArray[np.intp], sky: Sky) -> NDArray[np.float64]:
    """Sky view factors (N,) of some receivers of a cell."""
    facing, which = planes.distinct(data.receivers.normal[row])
    out = np.zeros(len(row))
    for first in range(0, len(facing), CHUNK):
        part = which - first
        member = np.flatnonzero((part >= 0) & (part < CHUNK))
        weight = sky_weights(sky, unit(facing[first : first + CHUNK])) / np.pi
        out[member] = bits.dot(data.operators.sky_bits[row[member]], weight, part[member].astype(np.int32))
    return out


def reflectors_seen(
    standing: Stand,
    point: NDArray[np.float32],
    normal: NDArray[np.float32],
    surface: NDArray[np.int32],
    sky_view: NDArray[np.float64],
    ground_m: NDArray[np.float64] | None,
) -> Seen:
    """Reflectors of receivers (P, 3), local to the cell's origin.

    Parameters
    ----------
    surface
        (P,) that each stands on; below 0: none.
    sky_view
        (P,) sky view factor of each.
    ground_m
        (P,) height of the level ground about each, local; None where terrain is among the triangles.
    """
    direction = spiral(DIRECTIONS)
    on_wall = (surface >= 0) & (np.abs(normal[:, 2]) < UPRIGHT)
    before = _right_before(surface, point.astype(np.float64) + standing.origin, on_wall)
    level = np.full(len(point), np.nan) if ground_m is None else ground_m
    counts, keys, shares = [np.zeros(1, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for first in range(0, len(point), CHUNK):
        part = slice(first, first + CHUNK)
        facing, which = planes.distinct(normal[part])
        plane = unit(facing)
        share = plane_shares(direction, plane)
        hidden = np.maximum((1.0 + plane[which, 2]) / 2.0 - sky_view[part], 0.0)
        hits = raytrace.first(standing.bvh, point[part], direction, normals=normal[part])
        place = point[part].astype(np.float64)
        meets = standing.bvh.triangle, standing.surface, standing.origin
        asked = hits, place, direction, plane, share, which
        rays = to_ask(*asked, level[part], before[part], meets)
        beside = _beside(standing.bvh, hits.triangle.shape, rays, plane[which])
        count, key, found = collect(*asked, hidden, level[part], before[part], beside, meets)
        counts.append(count)
        keys.append(key)
        shares.append(found.astype(np.float32))
    return Seen(np.cumsum(np.concatenate(counts)), np.concatenate(keys), np.concatenate(shares))


def _beside(
    bvh: raytrace.Bvh, shape: tuple[int, int], asked: tuple[NDArray[Any], ...], facing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far what receivers (P, 3) meet (P, D) is as their own wall sees it: as far as something is where `to_ask`
    asks. Ground beneath a roof is so by half where it is open to the front, as a passage is, and wholly where not."""
    meeting, start, ray, reach, part = asked
    if not len(meeting):
        return np.zeros(shape)
    found = raytrace.closest(bvh, start, ray).distance < reach
    roofed = np.flatnonzero(found & np.isinf(reach))
    if len(roofed):
        out = (unit(facing + (0.0, 0.0, 1.0)))[meeting[roofed] // shape[1]]
        is_open = raytrace.closest(bvh, start[roofed], out.astype(np.float32)).distance > OPEN_M
        part[roofed[is_open]] = 0.5
    answer = np.where(found, part, 0.0).astype(np.float64)
    return np.asarray(np.bincount(meeting, answer, shape[0] * shape[1]), np.float64).reshape(shape)


def _right_before(
    surface: NDArray[np.int32], place: NDArray[np.float64], on_wall: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Names (P, 2) of the ground and of surface 0 right before receivers at places (P, 3); FAR where there is none."""
    out = np.full((len(surface), 2), FAR)
    out[on_wall, 0] = surface_keys(surface[on_wall], place[on_wall], FOOT)
    named = on_wall & (surface < CORNER_SURFACES)
    out[named, 1] = corner_keys(surface[named], place[named], np.zeros(int(named.sum()), np.int64))
    return out


def unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """Vectors (N, 3) of length 1 in float64."""
    exact = vector.astype(np.float64)
    return np.asarray(exact / np.linalg.norm(exact, axis=1, keepdims=True))
