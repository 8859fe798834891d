"""What must hold of trees whatever the weather: chords, bits of walls, casters, seasons.

Known are the street's crowns (`twin.validate.trees_places`); a chord in one is known twice: between the planes of its
faces in float64, and in the smooth spheroid that it stands for. Oracle of both: geometry on paper.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace import bits
from solar.irradiance import sun_weights
from twin import canopy
from twin.operators import CellData
from twin.validate.district import KINDS, Place
from twin.validate.table import Row, between, close, near
from twin.validate.trees_light import cloudless_days, extinctions, grove_of_place, past_mesh, rows_of
from twin.validate.trees_places import DEPTH_M, DIAMETER_M, middles
from twin.vegetation.bodies import plan_area_m2
from twin.vegetation.crowns import Body, Crowns

# Float32 rays against float64 half-spaces: a ray that almost lies in a face finds its ends by millimetres.
CHORD_M = 0.005
# Pairs of receiver and sun whose ray touches a crown may go either way.
ALIKE = 0.9995
# The crown has 320 faces, the spheroid none.
SMOOTH = 0.01


def known(place: Place) -> list[Row]:
    """The street's crowns beside what was planted."""
    crowns, planted = grove_of_place(place).crowns, len(middles())
    plan = planted * np.pi * DIAMETER_M**2 / 4
    return [
        close("street: crowns read", len(crowns), planted, 0.0, "1", "planted"),
        near("street: their plan", plan_m2(crowns), plan, 0.01, "m²", "circles"),
    ]


def plan_m2(crowns: Crowns) -> float:
    """Ground that convex crowns cover, one by one [m²]."""
    of_tree = np.searchsorted(crowns.tree, np.arange(len(crowns) + 1))
    return sum(
        plan_area_m2(Body(crowns.vertices, crowns.triangles[first:last].astype(np.int64)))
        for first, last in pairwise(of_tree)
    )


def never_a_wall(place: Place, without: Place) -> list[Row]:
    """Bits of walls with and without trees; the light without extinction beside the light without trees."""
    different, off = 0, 0.0
    for cell, with_trees in place.cells.items():
        alone = without.cells[cell]
        for name in ("sun_bits", "sky_bits"):
            one, other = (np.asarray(getattr(data.operators, name)) for data in (with_trees, alone))
            different += int(np.unpackbits((one ^ other).view(np.uint8)).sum())
        optics = place.optics._replace(extinction=np.zeros_like(place.optics.extinction))
        every = np.flatnonzero(~np.asarray(alone.receivers.covered))
        weight, group = np.ones(len(every)), np.zeros(len(every), np.int32)
        clear = canopy.weighted_sums(with_trees, optics, every, weight, group, 1)[0][:, : optics.n_sun]
        free = canopy.weighted_sums(alone, without.optics, every, weight, group, 1)[0]
        off = max(off, float(np.abs(clear - free).max()) / max(len(every), 1))
    return [
        close("street: bits of walls that trees change", different, 0.0, 0.0, "1", "the same without trees"),
        close("street: light without extinction", off, 0.0, 1e-12, "1", "the same without trees"),
    ]


def behind_crowns(place: Place, count: int) -> list[Row]:
    """Chords of some receivers beside half-spaces in float64; what leaves let through beside the smooth spheroid."""
    crowns, optics = grove_of_place(place).crowns, place.optics
    k = float(grove_of_place(place).seasons.k.max())
    worst, ours, theirs = 0.0, 0.0, 0.0
    sent = cloudless_days(place)
    level = np.array([[0.0, 0.0, 1.0]])
    beam = sun_weights(sent, level, np.zeros(len(sent.ghi), np.int64), 1).direct[0, 0]
    beam = beam.reshape(optics.n_seasons, optics.n_sun).sum(axis=0)
    for data in place.cells.values():
        rows = rows_of(place, data)
        land = rows.row[rows.kind == KINDS.index("ground")]
        some = land[:: max(1, len(land) // count)]
        if not len(some):
            continue
        point = np.asarray(data.receivers.point)[some].astype(np.float64) + data.origin
        sees = bits.unpack(np.asarray(data.operators.sun_bits)[some], optics.n_sun).astype(bool)
        stored = canopy.chords(data, optics, some).toarray()[:, : optics.n_sun]
        exact = np.where(sees, half_space_chords(crowns, point, optics.sun), 0.0)
        smooth = np.where(sees, spheroid_chords(point, optics.sun), 0.0)
        worst = max(worst, float(np.abs(stored - exact).max()))
        shade = smooth > 0.0
        ours += float((beam * np.exp(-k * stored) * shade).sum())
        theirs += float((beam * np.exp(-k * smooth) * shade).sum())
    source = "half-spaces of its faces, float64"
    return [
        close("street: chords in crowns, the worst", worst, 0.0, CHORD_M, "m", source),
        near("street: beam in the crowns' shade", ours / theirs, 1.0, SMOOTH, "1", "exp(−k·chord), smooth spheroids"),
    ]


def half_space_chords(
    crowns: Crowns, point: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Length (P, D) [m] of rays from points (P, 3) inside convex crowns: between the last plane they enter by and the
    first they leave by."""
    total = np.zeros((len(point), len(direction)))
    for tree in range(len(crowns)):
        a, b, c = (crowns.vertices[crowns.triangles[crowns.tree == tree][:, corner]] for corner in range(3))
        normal = np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        ahead = np.einsum("fi,fi->f", normal, a) - point @ normal.T  # (P, F) m to each plane
        enter, leave = np.zeros_like(total), np.full_like(total, np.inf)
        for face, toward in enumerate(normal @ direction.T):
            at = ahead[:, face, None] / np.where(np.abs(toward) < 1e-12, 1e-12, toward)
            enter = np.where(toward < 0.0, np.maximum(enter, at), enter)
            leave = np.where(toward > 0.0, np.minimum(leave, at), leave)
        total += np.maximum(leave - enter, 0.0)
    return total


def spheroid_chords(point: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length (P, D) [m] of rays from points (P, 3) inside the street's crowns as smooth spheroids."""
    scale = 2.0 / np.array([DIAMETER_M, DIAMETER_M, DEPTH_M])
    total = np.zeros((len(point), len(direction)))
    toward = direction * scale
    square = (toward**2).sum(axis=1)
    for middle in middles():
        away = (point - middle) * scale
        half = away @ toward.T
        root = half**2 - square * ((away**2).sum(axis=1)[:, None] - 1.0)
        reach = np.sqrt(np.maximum(root, 0.0))
        total += np.where(root > 0.0, (np.maximum(reach - half, 0.0) - np.maximum(-reach - half, 0.0)) / square, 0.0)
    return total


def as_walls(place: Place, name: str = "street") -> Row:
    """The same crowns as casters: what share of rays that walls let pass they stop where, and only where, there is a
    chord."""
    crowns, alike, of = grove_of_place(place).crowns, 0, 0
    n_sun = place.optics.n_sun
    for data in place.cells.values():
        row = rows_of(place, data).row
        if not len(row):
            continue
        past = past_mesh(crowns.vertices - data.origin, crowns.triangles, data, row, place.optics.sun)
        entered = _entered(data, place, row)[:, :n_sun]
        sees = bits.unpack(np.asarray(data.operators.sun_bits)[row], n_sun).astype(bool)
        alike += int(((entered != past) & sees).sum())
        of += int(sees.sum())
    return between(
        f"{name}: crowns as walls stop what has a chord", alike / max(of, 1), ALIKE, 1.0, "1", "rays at them"
    )


def _entered(data: CellData, place: Place, row: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether receivers (P,) look through a crown along each direction (D + K), (P, D + K)."""
    optics = place.optics
    chord = canopy.chords(data, optics, row)
    n_directions = optics.n_sun + optics.n_sky
    out = np.zeros((len(row), n_directions), bool)
    out[np.repeat(np.arange(len(row)), np.diff(chord.indptr)), chord.indices % n_directions] = True
    return out


def another_season(place: Place) -> Row:
    """Rays sent for the sums of all seasons' extinctions."""
    before = raytrace.rays_traced()
    for data in place.cells.values():
        row = rows_of(place, data).row
        for k in extinctions(grove_of_place(place).seasons).values():
            optics = place.optics._replace(extinction=k)
            canopy.weighted_sums(data, optics, row, np.ones(len(row)), np.zeros(len(row), np.int32), 1)
    return close("street: rays sent for other seasons", raytrace.rays_traced() - before, 0.0, 0.0, "1", "counted")
