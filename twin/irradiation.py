"""From bits and weather to energy: linear algebra only, no ray is traced here.

All receivers of a surface share its normal, so the area-weighted share of a surface that sees each direction is
all that sums over months or series over hours need. twin.totals adds cells up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar import irradiance
from solar.far_horizon import behind
from solar.irradiance import Reflection, SkyView, Sources
from twin import canopy, skylight
from twin.cells import Cell
from twin.errors import TwinError
from twin.operators import CellData
from twin.optics import Optics
from twin.planes import distinct
from twin.receivers import is_land, is_point
from twin.reflection.response import nothing_sent, reflection_on, seen_from, sent_back, shares_of
from twin.reflection.some import some_reflectors
from twin.reflection.trace import unit
from twin.store import Store

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MONTHS = 12
LONGEST_DAYS = 366.5
# Groups whose weights are held at a time: 256 × 12 months × 800 nodes × 2 × 8 bytes = 40 MB.
CHUNK = 256
# Reflectors whose light is summed at a time, as twin.reflection.response computes it.
SENDING = 1024


class View(NamedTuple):
    """What groups of receivers see, summed over their area; a group is a surface or a user's point."""

    group: NDArray[np.int32]  # (G,) surface index, or −2 − i
    normal: NDArray[np.float64]  # (G, 3)
    area_m2: NDArray[np.float64]  # (G,) exposed
    sun: NDArray[np.float64]  # (G, S·D) m² that see each node in each season
    sky: NDArray[np.float64]  # (G, S·K) m² that see each patch
    reflection: Reflection  # on the whole area, in m²: sun (G, S·D), isotropic, horizon, ghi (G, S)


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
    isotropic: NDArray[np.float64]  # (12, S) kWh/m²
    horizon: NDArray[np.float64]  # (12, S) kWh/m²
    ghi: NDArray[np.float64]  # (12, S) kWh/m²
    patch: NDArray[np.float64]  # (12, S·K or 0) kWh/m²/sr
    node: csr_array  # (S·D, 12) kWh/m² normal to the sun that each node sends
    optics: Optics


def bins_of(sources: Sources, month: NDArray[np.int64], optics: Optics) -> Bins:
    """Monthly totals of a weather year; ``month`` (H,) as ``solar.weather.month_index`` gives it.

    Raises
    ------
    TwinError
        For more than a year: its sums would be called annual.
    """
    days = len(sources.path.start) * sources.path.step_s / 86400
    if days > LONGEST_DAYS:
        raise TwinError(
            f"the weather covers {days:.0f} days, and sums over more than a year are not annual",
            "give one year of it; `heliotwin query --surface` takes series of any length",
        )
    totals = irradiance.bin_totals(sources, month, MONTHS)
    node = irradiance.node_energy(sources, month, MONTHS)
    return Bins(sources, month, totals.isotropic, totals.horizon, totals.ghi, totals.patch, node, optics)


def bins_over(bins: Bins, data: CellData) -> Bins:
    """The same over one cell: without the suns that stand behind its far horizon."""
    horizon = skylight.far_horizon(data)
    if horizon is None:
        return bins
    sources = behind(horizon, bins.sources)
    return bins._replace(sources=sources, node=irradiance.node_energy(sources, bins.month, MONTHS))


def view_of(
    data: CellData, optics: Optics, only: NDArray[np.int32] | None = None, sent: Reflection | None = None
) -> View:
    """View of the groups of one cell, or of those in ``only``; open land is no group.

    ``sent`` is what the cell's reflectors send back (`sent_back`), where it is known already.
    """
    return _view(data, optics, groups_of(data, only), sent)


class Groups(NamedTuple):
    """Which receivers of a cell make up which groups; open land is no group."""

    row: NDArray[np.intp]  # (P,) of the cell
    group: NDArray[np.int32]  # (G,) ascending
    member: NDArray[np.int32]  # (P,) 0 … G − 1
    area_m2: NDArray[np.float64]  # (P,)


def groups_of(data: CellData, only: NDArray[np.int32] | None) -> Groups:
    """Every group of a cell, or those in ``only``."""
    receivers = data.receivers
    surface = np.asarray(receivers.surface)
    chosen = ~is_land(surface) & (~np.asarray(receivers.covered) | is_point(surface))
    if only is not None:
        chosen &= np.isin(surface, only)
    row = np.flatnonzero(chosen)
    group, inverse = np.unique(surface[row], return_inverse=True)
    area = np.asarray(receivers.area_m2)[row].astype(np.float64)
    return Groups(row, group, inverse.reshape(-1).astype(np.int32), area)


def view_of_receiver(data: CellData, optics: Optics, row: int) -> View:
    """View of one receiver of a cell, as of a square metre."""
    one = np.array([row])
    surface = np.asarray(data.receivers.surface)[one]
    return _view(data, optics, Groups(one, surface, np.zeros(1, np.int32), np.ones(1)))


def areas_of(groups: Groups) -> NDArray[np.float64]:
    """Exposed area (G,) [m²] of each group."""
    total = np.zeros(len(groups.group))
    np.add.at(total, groups.member, groups.area_m2)
    return total


def reflection_of(data: CellData, optics: Optics, groups: Groups, sent: Reflection | None = None) -> Reflection:
    """Light off reflectors on the whole area of each group; far hills are in `view_of_sky`.

    ``sent`` is what the cell's reflectors send back, where it is known already.
    """
    back = sent_back(data, optics, seen_from(data, groups.row)) if sent is None else sent
    return reflection_on(data, back, groups.row, groups.area_m2, groups.member, len(groups.group))


def _view(data: CellData, optics: Optics, groups: Groups, sent: Reflection | None = None) -> View:
    """View of groups, with what near reflectors and far hills send back."""
    view = view_of_sky(data, optics, groups)
    near = reflection_of(data, optics, groups, sent)
    both = Reflection(*(one + other for one, other in zip(near, view.reflection, strict=True)))
    return view._replace(reflection=both)


def view_of_sky(data: CellData, optics: Optics, groups: Groups) -> View:
    """The same without reflectors: of what comes back only the far hills' light."""
    row, group, index, area = groups
    count = len(group)
    first = np.full(count, len(row))
    np.minimum.at(first, index, np.arange(len(row)))
    normal = unit(np.asarray(data.receivers.normal)[row[first]].astype(np.float64))
    sun, sky = canopy.weighted_sums(data, optics, row, area, index, count)
    hills = nothing_sent(count, optics)
    if skylight.far_horizon(data) is not None:
        share = np.tile(skylight.open_sky(data, optics), optics.n_seasons)
        factor = skylight.seen_of(sky * (1.0 - share), normal, optics).factor
        hills = hills._replace(ghi=optics.albedo * factor)
        sky *= share
    return View(group, normal, areas_of(groups), sun, sky, hills)


def energy_of(view: View, bins: Bins) -> Energy:
    """Monthly energy of every group of a cell's view; ``bins`` are those over the cell."""
    count = len(view.group)
    direct, diffuse = np.zeros((count, MONTHS)), np.zeros((count, MONTHS))
    for first in range(0, count, CHUNK):
        part = slice(first, min(first + CHUNK, count))
        beam, circumsolar = irradiance.sun_weights(bins.sources, view.normal[part], bins.month, MONTHS)
        direct[part] = bits.row_dot(view.sun[part], beam)
        diffuse[part] = bits.row_dot(view.sun[part], circumsolar)
    seen = skylight.seen_of(view.sky, view.normal, bins.optics)
    diffuse += skylight.energy(seen, bins)
    return Energy(
        direct, diffuse, reflected_months(view.reflection, bins), (seen.factor * bins.optics.season_share).sum(axis=1)
    )


def reflected_months(reflection: Reflection, bins: Bins) -> NDArray[np.float64]:
    """Monthly energy (N, 12) off reflectors [kWh, or kWh/m², as the reflection is]."""
    return skylight.reflected(reflection, bins, bins.node)


def sent_months(data: CellData, bins: Bins, only: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
    """What each reflector of a cell sends back by month (R, 12) [kWh/m²], or what ``only`` (N,) of them do; the others
    send nothing. ``bins`` are those over the cell."""
    row = np.arange(len(data.reflectors.key)) if only is None else only
    out = np.zeros((len(data.reflectors.key), MONTHS))
    for first in range(0, len(row), SENDING):
        part = row[first : first + SENDING]
        some = data._replace(reflectors=some_reflectors(data, part))
        out[part] = reflected_months(sent_back(some, bins.optics), bins)
    return out


def _reflected_on(data: CellData, bins: Bins, row: NDArray[np.intp]) -> NDArray[np.float64]:
    """Monthly irradiation (N, 12) [kWh/m²] off reflectors of some receivers of a cell, in their order."""
    return np.asarray(shares_of(data, row) @ sent_months(data, bins, seen_from(data, row)))


def open_land_kwh_m2(data: CellData, bins: Bins) -> NDArray[np.float64]:
    """Annual irradiation (N,) [kWh/m²] of a cell's open-land receivers, in their order."""
    return annual_kwh_m2(data, bins, np.flatnonzero(is_land(data.receivers.surface)))


def annual_kwh_m2(data: CellData, bins: Bins, row: NDArray[np.intp]) -> NDArray[np.float64]:
    """Annual irradiation (N,) [kWh/m²] of some receivers of a cell."""
    bins = bins_over(bins, data)
    out = _reflected_on(data, bins, row).sum(axis=1)
    for normal, member, which in _slopes(data, row):
        out[member] += _of_slopes(data, bins, normal, row[member], which)
    return out


def open_land_months_kwh_m2(data: CellData, bins: Bins) -> NDArray[np.float64]:
    """Monthly irradiation (N, 12) [kWh/m²] of a cell's open-land receivers, in their order; their sum is the year."""
    row = np.flatnonzero(is_land(data.receivers.surface))
    bins = bins_over(bins, data)
    out = _reflected_on(data, bins, row)
    for normal, member, which in _slopes(data, row):
        out[member] += _months_of_slopes(data, bins, normal, row[member], which)
    return out


def _slopes(
    data: CellData, row: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.int32]]]:
    """Distinct normals (G, 3) of receivers, CHUNK at a time; places in ``row`` that face so, and which normal each.

    On terrain almost every receiver has a normal of its own.
    """
    facing, index = distinct(np.asarray(data.receivers.normal)[row])
    for first in range(0, len(facing), CHUNK):
        which = index - first
        member = np.flatnonzero((which >= 0) & (which < CHUNK))
        yield unit(facing[first : first + CHUNK].astype(np.float64)), member, which[member].astype(np.int32)


def _of_slopes(
    data: CellData, bins: Bins, normal: NDArray[np.float64], row: NDArray[np.intp], which: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Annual irradiation (N,) [kWh/m²] from sun and sky of receivers that face along the normals (G, 3) as ``which``
    (N,) says."""
    beam, circumsolar = irradiance.sun_weights(bins.sources, normal, bins.month, MONTHS)
    sun = (beam + circumsolar).sum(axis=1)
    sky = skylight.from_patches(data, bins.optics, skylight.whole(bins), normal)[:, 0]
    return canopy.dots(data, bins.optics, row, sun, sky, which)


def _months_of_slopes(
    data: CellData, bins: Bins, normal: NDArray[np.float64], row: NDArray[np.intp], which: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Monthly irradiation (N, 12) [kWh/m²]; see `_of_slopes`."""
    beam, circumsolar = irradiance.sun_weights(bins.sources, normal, bins.month, MONTHS)
    patches = skylight.from_patches(data, bins.optics, bins, normal)
    out = np.zeros((len(row), MONTHS))
    for month in range(MONTHS):
        sun = beam[:, month] + circumsolar[:, month]
        out[:, month] = canopy.dots(data, bins.optics, row, sun, patches[:, month], which)
    return out


def cells_of(store: Store, only: set[Cell] | None = None) -> Iterator[tuple[Cell, CellData]]:
    """Complete cells of a store with their arrays: every one, or those in ``only``."""
    for cell in store.cells():
        if only is None or cell in only:
            yield cell, store.read_cell(cell)


def views_of(
    cells: Iterator[tuple[Cell, CellData]], optics: Optics, group: NDArray[np.int32]
) -> list[list[tuple[CellData, View]]]:
    """Views of each of some groups alone, one of every cell that holds a part of it, in the order asked for."""
    out: list[list[tuple[CellData, View]]] = [[] for _ in group]
    place = {int(name): row for row, name in enumerate(group)}
    for _, data in cells:
        part = view_of(data, optics, only=group)
        for row, name in enumerate(part.group.tolist()):
            one = slice(row, row + 1)
            back = Reflection(*(column[one] for column in part.reflection))
            alone = View(part.group[one], part.normal[one], part.area_m2[one], part.sun[one], part.sky[one], back)
            out[place[name]].append((data, alone))
    return out


def sky_view(view: View, optics: Optics, row: int, area_m2: float) -> SkyView:
    """What one group of a cell's view sees of the sky, as a share of an area."""
    one = slice(row, row + 1)
    seen = skylight.seen_of(view.sky[one], view.normal[one], optics)
    return SkyView(*(part[0] / area_m2 for part in seen))


def shares(reflection: Reflection, row: int, area_m2: float) -> Reflection:
    """Reflection on one group as a share of its area."""
    return Reflection(*(part[row] / area_m2 for part in reflection))
