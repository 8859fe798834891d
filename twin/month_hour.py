"""The mean day of every month: irradiance of each surface by month and hour, exactly from the operators.

A client that holds these 288 numbers of a surface shows any hour of a typical day without a server, and their sums are
the months and the year. Oracle: ``solar.irradiance.sun_weights`` with 288 bins; tests/twin/test_twin_month_hour.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.far_horizon import above
from solar.irradiance import J_PER_KWH, Reflection, Sources, bin_totals, node_energy
from solar.weather import Weather, month_index
from twin import skylight
from twin.cells import Cell
from twin.irradiation import MONTHS, View, view_of
from twin.jit import kernel
from twin.operators import CellData
from twin.optics import Optics
from twin.receivers import is_land, is_point
from twin.reflection.response import sent_back

if TYPE_CHECKING:
    from scipy.sparse import csr_array

HOURS = 24
BINS = MONTHS * HOURS
# Surfaces whose hours and weights are held as float64 at a time: 4,096 × (288 × 3 + 577 × 2) × 8 bytes = 66 MB.
BLOCK = 4096


class SunPositions(NamedTuple):
    """Every instant of a year at which the sun is up, in the order of time."""

    direction: NDArray[np.float64]  # (N, 3) unit, to the sun, grid axes
    node: NDArray[np.int32]  # (N,) of the sun grid
    bin: NDArray[np.int32]  # (N,) month · 24 + hour
    beam: NDArray[np.float64]  # (N,) kWh/m² that the instant carries, normal to the sun
    ring: NDArray[np.float64]  # (N,) the same of the circumsolar part


class YearBins(NamedTuple):
    """A weather year by month and hour."""

    sun: SunPositions
    isotropic: NDArray[np.float64]  # (288, S) kWh/m²
    horizon: NDArray[np.float64]  # (288, S) kWh/m²
    ghi: NDArray[np.float64]  # (288, S) kWh/m²
    patch: NDArray[np.float64]  # (288, S·K or 0) kWh/m²/sr
    length_h: NDArray[np.float64]  # (288,) hours of weather in each bin
    node_energy: csr_array  # (S·D, 288) kWh/m² normal to the sun that each node sends
    optics: Optics

    @property
    def is_complete(self) -> bool:
        """Whether every month and hour has a record: not where weather covers part of a year, or steps over hours."""
        return bool((self.length_h > 0.0).all())


class Facing(NamedTuple):
    """Surfaces of a cell, and the year over it."""

    group: NDArray[np.int32]  # (G,) surface index, ascending
    normal: NDArray[np.float64]  # (G, 3)
    year: YearBins


# Is handed every cell with some of its surfaces and what its reflectors send back, so that receivers are looked at in
# the same pass.
OnCell = Callable[[CellData, Facing, Reflection], None]


class MonthHour(NamedTuple):
    """What surfaces receive; rows as asked for, everything on their exposed area."""

    direct: NDArray[np.float64]  # (S, 12) kWh
    diffuse: NDArray[np.float64]  # (S, 12) kWh
    reflected: NDArray[np.float64]  # (S, 12) kWh
    hours: NDArray[np.float32]  # (S, 288) kWh, all parts
    area_m2: NDArray[np.float64]  # (S,) exposed


def bin_of(weather: Weather) -> NDArray[np.int64]:
    """Bin (H,) of each interval: month by the record's own standard clock as in every monthly sum, hour of UTC of its
    middle."""
    middle = weather.start + np.timedelta64(round(weather.step_s / 2.0), "s")
    hour = middle.astype("datetime64[h]").astype(np.int64) % HOURS
    return month_index(weather) * HOURS + hour


def year_bins(sent: Sources, weather: Weather, optics: Optics) -> YearBins:
    """A weather year sorted by month and hour."""
    bins = bin_of(weather)
    up = sent.path.node >= 0
    to_kwh = sent.path.step_s / J_PER_KWH
    totals = bin_totals(sent, bins, BINS)
    return YearBins(
        sun=SunPositions(
            direction=np.ascontiguousarray(sent.path.direction[up]),
            node=np.ascontiguousarray(sent.path.node[up]),
            bin=np.repeat(bins, up.sum(axis=1)).astype(np.int32),
            beam=sent.direct[up] * to_kwh,
            ring=sent.circumsolar[up] * to_kwh,
        ),
        isotropic=totals.isotropic,
        horizon=totals.horizon,
        ghi=totals.ghi,
        patch=totals.patch,
        length_h=np.bincount(bins, minlength=BINS).astype(np.float64) * (sent.path.step_s / 3600.0),
        node_energy=node_energy(sent, bins, BINS),
        optics=optics,
    )


def reflected_year(reflection: Reflection, year: YearBins) -> NDArray[np.float64]:
    """The same of the whole year (N,)."""
    whole = skylight.whole(year)
    return skylight.reflected(reflection, whole, year.node_energy.sum(axis=1)[:, None])[:, 0]


def year_over(year: YearBins, data: CellData) -> YearBins:
    """The same over one cell: without the suns that stand behind its far horizon."""
    horizon = skylight.far_horizon(data)
    if horizon is None:
        return year
    from scipy.sparse import csr_array

    sun, lit = year.sun, above(horizon, year.sun.direction)
    sun = sun._replace(beam=sun.beam * lit, ring=sun.ring * lit)
    energy = csr_array((sun.beam + sun.ring, (sun.node, sun.bin)), shape=year.node_energy.shape)
    return year._replace(sun=sun, node_energy=energy)


def month_hour(
    cells: Iterable[tuple[Cell, CellData]], year: YearBins, count: int, on_cell: OnCell | None = None
) -> MonthHour:
    """Energy of surfaces 0 … count − 1 by month and hour, the cells' parts added in their order."""
    out = MonthHour(
        direct=np.zeros((count, MONTHS)),
        diffuse=np.zeros((count, MONTHS)),
        reflected=np.zeros((count, MONTHS)),
        hours=np.zeros((count, BINS), np.float32),
        area_m2=np.zeros(count),
    )
    for _, data in cells:
        surface = np.asarray(data.receivers.surface)
        here = np.unique(surface[~is_land(surface) & ~is_point(surface)])
        sent, here_year = sent_back(data, year.optics), year_over(year, data)
        for first in range(0, len(here), BLOCK):
            view = view_of(data, year.optics, here[first : first + BLOCK], sent)
            facing = Facing(view.group, view.normal, here_year)
            _add(out, view, here_year)
            if on_cell is not None:
                on_cell(data, facing, sent)
    return out


def _add(out: MonthHour, view: View, year: YearBins) -> None:
    direct, diffuse = _beam_and_ring(view.normal, view.sun, *year.sun, BINS)
    diffuse += skylight.energy(skylight.seen_of(view.sky, view.normal, year.optics), year)
    reflected = reflected_bins(view.reflection, year)
    for total, part in ((out.direct, direct), (out.diffuse, diffuse), (out.reflected, reflected)):
        total[view.group] += part.reshape(-1, MONTHS, HOURS).sum(axis=2)
    out.hours[view.group] += (direct + diffuse + reflected).astype(np.float32)
    out.area_m2[view.group] += view.area_m2


def reflected_bins(reflection: Reflection, year: YearBins) -> NDArray[np.float64]:
    """Energy (N, 288) off reflectors [kWh, or kWh/m², as the reflection is]."""
    return skylight.reflected(reflection, year, year.node_energy)


def mean_w_m2(found: MonthHour, year: YearBins, rows: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float64]:
    """Mean irradiance (S, 288) [W/m²] of some surfaces on their exposed part; NaN without one, and where the record has
    no such hour."""
    with np.errstate(divide="ignore", invalid="ignore"):
        watts = 1000.0 / (found.area_m2[rows, None] * year.length_h)
        return np.where(np.isfinite(watts), found.hours[rows] * watts, np.nan)


def node_weights(year: YearBins, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy (G, S·D) [kWh/m²] of a year that planes of unit normal (G, 3) get through each node of the sun grid."""
    sun = year.sun
    return np.asarray(_by_node(normal, sun.direction, sun.node, sun.beam + sun.ring, year.node_energy.shape[0]))


@kernel
def _by_node(normal, direction, node, energy, n_sun):  # type: ignore[no-untyped-def]
    out = np.zeros((len(normal), n_sun))
    for g in range(len(normal)):
        nx, ny, nz = normal[g, 0], normal[g, 1], normal[g, 2]
        for k in range(len(node)):
            cosine = nx * direction[k, 0] + ny * direction[k, 1] + nz * direction[k, 2]
            if cosine > 0.0:
                out[g, node[k]] += cosine * energy[k]
    return out


@kernel
def _beam_and_ring(normal, sun, direction, node, bin, beam, ring, n_bins):  # type: ignore[no-untyped-def]
    """Energy (G, B) [kWh] of beam and circumsolar light on groups with normals (G, 3) of which sun (G, D) m² see."""
    count = len(normal)
    by_beam = np.zeros((count, n_bins))
    by_ring = np.zeros((count, n_bins))
    for g in range(count):
        nx, ny, nz = normal[g, 0], normal[g, 1], normal[g, 2]
        for k in range(len(node)):
            cosine = nx * direction[k, 0] + ny * direction[k, 1] + nz * direction[k, 2]
            if cosine > 0.0:
                seen = cosine * sun[g, node[k]]
                by_beam[g, bin[k]] += seen * beam[k]
                by_ring[g, bin[k]] += seen * ring[k]
    return by_beam, by_ring
