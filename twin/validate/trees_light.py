"""The direct beam on a place with trees, under several ideas of what a crown does to it.

    none     no tree
    bare     wood alone, all year
    seasons  what the engine does: wood in winter, leaves in summer
    leafy    leaves all year
    opaque   nothing gets through a crown
    blocks   the naive model: each tree an opaque box from the ground to its top, as wide as its crown

The first five are sums over one set of bits and chords with another extinction (`twin.canopy`); for the blocks rays are
sent at boxes. Everything is the mean over receivers by area, kind by kind.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace import bits
from solar.canopy import Seasons
from solar.clear_sky import clear_sky
from solar.irradiance import Sources, sources, sun_weights
from solar.sun import in_interval_sun, in_interval_times
from twin import canopy
from twin.operators import CellData
from twin.optics import seasonal
from twin.receivers import is_land
from twin.validate.district import KINDS, Place
from twin.validate.forms import box, joined
from twin.vegetation.grove import Grove

NONE, BARE, SEASONS, LEAFY, OPAQUE, BLOCKS = MODELS = ("none", "bare", "seasons", "leafy", "opaque", "blocks")
# Through a millimetre of this nothing gets.
OPAQUE_1_M = 1e6
DAYS = {"21 June": (6, 21), "21 December": (12, 21)}
HOURS = 24
# Clocks of both places in winter; hours of a day are told by it.
CLOCK = np.timedelta64(1, "h")
# Planes whose weights are held at a time.
CHUNK = 64


class Beam(NamedTuple):
    """Direct irradiation of receivers, by kind (K of KINDS), the mean over their area [kWh/m²]."""

    area_m2: NDArray[np.float64]  # (K,)
    season: dict[str, NDArray[np.float64]]  # by model (K, S), over the year's weather
    hour: dict[str, NDArray[np.float64]]  # by model (K, len(DAYS) · 24), cloudless days
    seasons: tuple[tuple[int, int], ...]  # (S,) month and day that each begins on
    least_step: float  # of the order none, bare, seasons, leafy, opaque, blocks, over planes and bins; a share of none


class Rows(NamedTuple):
    """Exposed receivers of a cell that count, and the plane that each belongs to."""

    row: NDArray[np.intp]  # (P,)
    kind: NDArray[np.int64]  # (P,)
    plane: NDArray[np.int32]  # (P,)
    normal: NDArray[np.float64]  # (G, 3) of each plane
    plane_kind: NDArray[np.int64]  # (G,)


def grove_of_place(place: Place) -> Grove:
    """The trees of a place that has some."""
    grove = place.prepared.grove
    if grove is None:
        raise ValueError("a place without trees")
    return grove


def extinctions(seasons: Seasons) -> dict[str, NDArray[np.float64]]:
    """k (S, C) [1/m] of each model but the blocks."""
    k = seasons.k
    bare, leafy = (np.broadcast_to(f(axis=0), k.shape) for f in (k.min, k.max))
    return {NONE: np.zeros_like(k), BARE: bare, SEASONS: k, LEAFY: leafy, OPAQUE: np.full_like(k, OPAQUE_1_M)}


def beam_of(place: Place) -> Beam:
    """What roofs, façades and open land within the box of all crowns get of the sun, by model."""
    grove = grove_of_place(place)
    year, days = place.bins.sources, cloudless_days(place)
    area = np.zeros(len(KINDS))
    season = {model: np.zeros((len(KINDS), year.n_seasons)) for model in MODELS}
    hour = {model: np.zeros((len(KINDS), len(DAYS) * HOURS)) for model in MODELS}
    least = np.inf
    for data in place.cells.values():
        rows = rows_of(place, data)
        if not len(rows.row):
            continue
        exposed = np.asarray(data.receivers.area_m2)[rows.row].astype(np.float64)
        np.add.at(area, rows.kind, exposed)
        lit = {
            model: canopy.weighted_sums(
                data, place.optics._replace(extinction=k), rows.row, exposed, rows.plane, len(rows.normal)
            )[0]
            for model, k in extinctions(grove.seasons).items()
        }
        lit[BLOCKS] = _past_blocks(place, data, rows, exposed)
        for sent, bin_of, found in ((year, year.season, season), (days, _hour_of_day(days), hour)):
            n_bins = found[NONE].shape[1]
            for first in range(0, len(rows.normal), CHUNK):
                part = slice(first, first + CHUNK)
                weight = sun_weights(sent, rows.normal[part], bin_of, n_bins).direct
                energy = {model: bits.row_dot(lit[model][part], weight) for model in MODELS}
                for model in MODELS:
                    np.add.at(found[model], rows.plane_kind[part], energy[model])
                least = min(least, _least_step(energy))
    mean = np.maximum(area, 1e-9)[:, None]
    by_season, by_hour = ({model: value / mean for model, value in part.items()} for part in (season, hour))
    return Beam(area, by_season, by_hour, grove.seasons.start, least)


def _least_step(energy: dict[str, NDArray[np.float64]]) -> float:
    """By how much at least each model takes more than the one before, as a share of what there is without trees."""
    steps = [energy[one] - energy[two] for one, two in pairwise(MODELS)]
    return float(min(step.min() for step in steps) / max(energy[NONE].max(), 1e-12))


def rows_of(place: Place, data: CellData) -> Rows:
    """The exposed receivers of a cell within the box of all crowns, by plane."""
    receivers = data.receivers
    low, high = grove_of_place(place).crowns.bounds()
    point = np.asarray(receivers.point, np.float64)[:, :2] + data.origin[:2]
    inside = (point >= low[:, :2].min(axis=0)).all(axis=1) & (point <= high[:, :2].max(axis=0)).all(axis=1)
    row = np.flatnonzero(inside & ~np.asarray(receivers.covered))
    up = np.asarray(receivers.normal)[row, 2]
    land = is_land(np.asarray(receivers.surface)[row])
    kind = np.where(land, 2, np.where(np.abs(up) < 0.1, 1, np.where(up > 0.1, 0, -1)))
    row, kind = row[kind >= 0], kind[kind >= 0]
    key = np.concatenate([np.asarray(receivers.normal, np.float64)[row], kind[:, None]], axis=1)
    plane, which = np.unique(key, axis=0, return_inverse=True)
    normal = plane[:, :3] / np.maximum(np.linalg.norm(plane[:, :3], axis=1, keepdims=True), 1e-12)
    return Rows(row, kind, which.reshape(-1).astype(np.int32), normal, plane[:, 3].astype(np.int64))


def _past_blocks(place: Place, data: CellData, rows: Rows, area: NDArray[np.float64]) -> NDArray[np.float64]:
    """m² (G, S·D) of planes that see each sun node past walls and past trees that are boxes."""
    from scipy.sparse import csr_array

    crowns, optics = grove_of_place(place).crowns, place.optics
    low, high = (corner - data.origin for corner in crowns.bounds())
    ground = high[:, 2] - crowns.height_m
    parts = [
        box((float(a[0]), float(a[1]), float(foot)), (float(b[0]), float(b[1]), float(b[2])))
        for a, b, foot in zip(low, high, ground, strict=True)
    ]
    mesh = joined(parts)
    past = past_mesh(mesh.vertices, mesh.triangles, data, rows.row, optics.sun)
    lit = bits.unpack(np.asarray(data.operators.sun_bits)[rows.row], optics.n_sun).astype(bool) & past
    member = csr_array((area, (rows.plane, np.arange(len(rows.row)))), shape=(len(rows.normal), len(rows.row)))
    return np.tile(member @ lit.astype(np.float64), (1, optics.n_seasons))


def past_mesh(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.integer],
    data: CellData,
    row: NDArray[np.intp],
    direction: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Whether receivers (P,) of a cell see each direction (D, 3) past a mesh local to the cell's origin, (P, D)."""
    bvh = raytrace.build(vertices, triangles)
    point, normal = np.asarray(data.receivers.point)[row], np.asarray(data.receivers.normal)[row]
    seen = raytrace.visible(bvh, np.ascontiguousarray(point), np.ascontiguousarray(normal), direction)
    return np.asarray(bits.unpack(seen, len(direction)), bool)


def cloudless_days(place: Place) -> Sources:
    """What the sun sends on the days of DAYS under a cloudless sky, hour by hour."""
    weather, site = place.prepared.weather, place.prepared.scene.site
    year = weather.start[len(weather.start) // 2].astype("datetime64[Y]").astype(int) + 1970
    start = np.concatenate(
        [
            np.datetime64(f"{year:04d}-{month:02d}-{day:02d}T00") - CLOCK + np.arange(HOURS)
            for month, day in DAYS.values()
        ]
    ).astype("datetime64[s]")
    times = in_interval_times(start, 3600.0)
    elevation, _ = in_interval_sun(start, 3600.0, site.latitude_deg, site.longitude_deg)
    sky = clear_sky(times.ravel(), elevation.ravel(), site.latitude_deg, site.longitude_deg, 0.0)
    ghi, dni, dhi = (part.reshape(times.shape).mean(axis=1) for part in sky)
    cloudless = replace(weather, start=start, step_s=3600.0, ghi=ghi, dni=dni, dhi=dhi)
    sent = sources(site, place.prepared.directions.grid, cloudless)
    return seasonal(sent, cloudless, grove_of_place(place).seasons)


def _hour_of_day(sent: Sources) -> NDArray[np.int64]:
    """Bin (H,) of each hour: the days follow each other."""
    return np.arange(len(sent.ghi), dtype=np.int64)
