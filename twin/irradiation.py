"""From bits and weather to energy: linear algebra only, no ray is traced here.

All receivers of a surface share its normal, so the area-weighted share of a surface that sees each direction is
all that sums over months or series over hours need. Energies of a surface that several cells hold are added in the
order of the cells, so they do not depend on how the job was cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar import irradiance
from solar.irradiance import Sources
from solar.sky import Sky, horizon_weights, sky_weights
from twin.cells import Cell
from twin.operators import CellData
from twin.store import Store

MONTHS = 12
# Groups whose weights are held at a time: 256 × 12 months × 800 nodes × 2 × 8 bytes = 40 MB.
CHUNK = 256


class View(NamedTuple):
    """What groups of receivers see, summed over their area; a group is a surface or a user's point."""

    group: NDArray[np.int32]  # (G,) surface index, or −2 − i
    normal: NDArray[np.float64]  # (G, 3)
    area_m2: NDArray[np.float64]  # (G,) exposed
    sun: NDArray[np.float64]  # (G, D) m² that see each node
    sky: NDArray[np.float64]  # (G, K) m² that see each patch


class Energy(NamedTuple):
    """Energy of groups by month [kWh] and what they see of the sky."""

    direct: NDArray[np.float64]  # (G, 12) kWh
    diffuse: NDArray[np.float64]  # (G, 12) kWh
    reflected: NDArray[np.float64]  # (G, 12) kWh
    sky_area: NDArray[np.float64]  # (G,) m² × sky view factor


class Bins(NamedTuple):
    """Everything of a year's weather that does not depend on the receiver."""

    sources: Sources
    month: NDArray[np.int64]  # (H,) 0 … 11
    isotropic: NDArray[np.float64]  # (12,) kWh/m²
    horizon: NDArray[np.float64]  # (12,) kWh/m²
    ghi: NDArray[np.float64]  # (12,) kWh/m²
    sky: Sky
    albedo: float


def bins_of(sources: Sources, month: NDArray[np.int64], sky: Sky, albedo: float) -> Bins:
    """Monthly totals of a weather year; ``month`` (H,) as ``solar.weather.month_index`` gives it."""
    totals = irradiance.bin_totals(sources, month, MONTHS)
    return Bins(sources, month, totals.isotropic, totals.horizon, totals.ghi, sky, albedo)


def view_of(data: CellData, n_sun: int, n_sky: int, only: NDArray[np.int32] | None = None) -> View:
    """View of the groups of one cell, or of those in ``only``; open land is no group."""
    receivers = data.receivers
    surface = np.asarray(receivers.surface)
    chosen = (surface != -1) & ~np.asarray(receivers.covered)
    if only is not None:
        chosen &= np.isin(surface, only)
    row = np.flatnonzero(chosen)
    group, first, index = np.unique(surface[row], return_index=True, return_inverse=True)
    area = np.asarray(receivers.area_m2)[row].astype(np.float64)
    index = index.astype(np.int32)
    total = np.zeros(len(group))
    np.add.at(total, index, area)
    return View(
        group=group,
        normal=_unit(np.asarray(receivers.normal)[row[first]].astype(np.float64)),
        area_m2=total,
        sun=bits.weighted_sum(np.asarray(data.operators.sun_bits)[row], n_sun, area, index, len(group)),
        sky=bits.weighted_sum(np.asarray(data.operators.sky_bits)[row], n_sky, area, index, len(group)),
    )


def energy_of(view: View, bins: Bins) -> Energy:
    """Monthly energy of every group of a view."""
    count = len(view.group)
    direct, diffuse = np.zeros((count, MONTHS)), np.zeros((count, MONTHS))
    for first in range(0, count, CHUNK):
        part = slice(first, min(first + CHUNK, count))
        beam, circumsolar = irradiance.sun_weights(bins.sources, view.normal[part], bins.month, MONTHS)
        direct[part] = bits.row_dot(view.sun[part], beam)
        diffuse[part] = bits.row_dot(view.sun[part], circumsolar)
    sky_area, horizon_area = sky_areas(view, bins.sky)
    diffuse += sky_area[:, None] * bins.isotropic + horizon_area[:, None] * bins.horizon
    facing_ground = irradiance.reflected_fraction(view.normal) * view.area_m2
    return Energy(direct, diffuse, bins.albedo * facing_ground[:, None] * bins.ghi, sky_area)


def sky_areas(view: View, sky: Sky) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Area × sky view factor and area × horizon factor (G,) [m²] of every group."""
    isotropic = bits.row_dot(view.sky, sky_weights(sky, view.normal)[:, None, :])[:, 0] / np.pi
    horizon = bits.row_dot(view.sky, horizon_weights(sky, view.normal)[:, None, :])[:, 0]
    return isotropic, horizon


def open_land_kwh_m2(data: CellData, bins: Bins) -> NDArray[np.float64]:
    """Annual irradiation (N,) [kWh/m²] of a cell's open-land receivers, in their order."""
    row = np.flatnonzero(np.asarray(data.receivers.surface) == -1)
    up = np.array([[0.0, 0.0, 1.0]])
    beam, circumsolar = irradiance.sun_weights(bins.sources, up, bins.month, MONTHS)
    sun = (beam + circumsolar).sum(axis=1)
    sky = sky_weights(bins.sky, up) / np.pi * bins.isotropic.sum() + horizon_weights(bins.sky, up) * bins.horizon.sum()
    one = np.zeros(len(row), np.int32)
    return np.asarray(
        bits.dot(np.asarray(data.operators.sun_bits)[row], sun, one)
        + bits.dot(np.asarray(data.operators.sky_bits)[row], sky, one)
    )


class Totals(NamedTuple):
    """Energy of whole groups, all cells added; rows follow ``group``."""

    direct: NDArray[np.float64]  # (N, 12) kWh
    diffuse: NDArray[np.float64]  # (N, 12) kWh
    reflected: NDArray[np.float64]  # (N, 12) kWh
    exposed_area_m2: NDArray[np.float64]  # (N,)
    sky_area: NDArray[np.float64]  # (N,)
    receivers: NDArray[np.int64]  # (N,) covered ones included


def total_energy(
    cells: Iterator[tuple[Cell, CellData]], bins: Bins, n_sun: int, n_surfaces: int, n_points: int
) -> Totals:
    """Energy of every surface, then of the first ``n_points`` points of the user's, all cells added in their order."""
    count = n_surfaces + n_points
    totals = Totals(
        direct=np.zeros((count, MONTHS)),
        diffuse=np.zeros((count, MONTHS)),
        reflected=np.zeros((count, MONTHS)),
        exposed_area_m2=np.zeros(count),
        sky_area=np.zeros(count),
        receivers=np.zeros(count, np.int64),
    )
    n_sky = len(bins.sky.direction)
    for _, data in cells:
        surface = np.asarray(data.receivers.surface)
        wanted = surface[(surface != -1) & (surface >= -1 - n_points)]
        view = view_of(data, n_sun, n_sky, only=np.unique(wanted))
        energy = energy_of(view, bins)
        index = group_row(view.group, n_surfaces)
        totals.direct[index] += energy.direct
        totals.diffuse[index] += energy.diffuse
        totals.reflected[index] += energy.reflected
        totals.sky_area[index] += energy.sky_area
        totals.exposed_area_m2[index] += view.area_m2
        np.add.at(totals.receivers, group_row(wanted, n_surfaces), 1)
    return totals


def group_row(group: NDArray[np.int32], n_surfaces: int) -> NDArray[np.intp]:
    """Row of each group in a table of surfaces followed by the user's points."""
    return np.where(group >= 0, group, n_surfaces - 2 - group).astype(np.intp)


def cells_of(store: Store) -> Iterator[tuple[Cell, CellData]]:
    """Every complete cell of a store with its arrays."""
    for cell in store.cells():
        yield cell, store.read_cell(cell)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector, axis=1, keepdims=True))
