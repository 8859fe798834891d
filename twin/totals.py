"""The year of every surface and point: the cells' energies added.

Energies of a surface that several cells hold are added in the order of the cells, so they do not depend on how the job
was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cells import Cell
from twin.irradiation import MONTHS, Bins, View, bins_over, energy_of, groups_of, sent_months, view_of_sky
from twin.operators import CellData
from twin.receivers import FIRST_POINT, is_land, is_point
from twin.reflection.response import seen_from, shares_of


class Totals(NamedTuple):
    """Energy of whole groups, all cells added; rows follow ``group``."""

    direct: NDArray[np.float64]  # (N, 12) kWh
    diffuse: NDArray[np.float64]  # (N, 12) kWh
    reflected: NDArray[np.float64]  # (N, 12) kWh
    exposed_area_m2: NDArray[np.float64]  # (N,)
    sky_area: NDArray[np.float64]  # (N,)
    receivers: NDArray[np.int64]  # (N,) covered ones included
    covered: NDArray[np.int64]  # (N,) receivers inside a solid or against another face


def no_totals(count: int) -> Totals:
    """Groups (N,) that got nothing yet."""
    return Totals(
        direct=np.zeros((count, MONTHS)),
        diffuse=np.zeros((count, MONTHS)),
        reflected=np.zeros((count, MONTHS)),
        exposed_area_m2=np.zeros(count),
        sky_area=np.zeros(count),
        receivers=np.zeros(count, np.int64),
        covered=np.zeros(count, np.int64),
    )


def total_energy(
    cells: Iterator[tuple[Cell, CellData]],
    bins: Bins,
    n_surfaces: int,
    n_points: int,
    on_view: Callable[[CellData, Bins, View], None] | None = None,
) -> Totals:
    """Energy of every surface, then of the first ``n_points`` points of the user's, all cells added in their order.

    ``on_view`` is shown each cell, the bins over it and what its groups see of sun and sky.
    """
    totals = no_totals(n_surfaces + n_points)
    for _, data in cells:
        surface = np.asarray(data.receivers.surface)
        counted = ~is_land(surface) & (surface > FIRST_POINT - n_points)
        over, only = bins_over(bins, data), np.unique(surface[counted])
        sent = sent_months(data, over, seen_from(data, groups_of(data, only).row))
        view = add_cell(totals, data, over, only, sent, n_surfaces)
        if on_view is not None:
            on_view(data, over, view)
    return totals


def add_cell(
    totals: Totals, data: CellData, bins: Bins, only: NDArray[np.int32], sent: NDArray[np.float64], n_surfaces: int
) -> View:
    """Add what some groups of a cell get to totals; what they see of sun and sky (`view_of_sky`).

    Parameters
    ----------
    bins
        Those over the cell.
    sent
        (R, 12) [kWh/m²] what the cell's reflectors send back (`sent_months`).
    """
    groups = groups_of(data, only)
    view = view_of_sky(data, bins.optics, groups)
    energy = energy_of(view, bins)
    # Reflectors' months first, then who sees them: a hundredth of the columns that hours need.
    near = np.asarray(shares_of(data, groups.row) @ sent) * groups.area_m2[:, None]
    np.add.at(energy.reflected, groups.member, near)
    index = group_row(view.group, n_surfaces)
    totals.direct[index] += energy.direct
    totals.diffuse[index] += energy.diffuse
    totals.reflected[index] += energy.reflected
    totals.sky_area[index] += energy.sky_area
    totals.exposed_area_m2[index] += view.area_m2
    surface, covered = np.asarray(data.receivers.surface), np.asarray(data.receivers.covered)
    counted = np.isin(surface, only)
    np.add.at(totals.receivers, group_row(surface[counted], n_surfaces), 1)
    np.add.at(totals.covered, group_row(surface[counted & covered], n_surfaces), 1)
    return view


def group_row(group: NDArray[np.int32], n_surfaces: int) -> NDArray[np.intp]:
    """Row of each group in a table of surfaces followed by the user's points."""
    return np.where(is_point(group), n_surfaces + FIRST_POINT - group, group).astype(np.intp)
