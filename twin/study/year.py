"""The year before and after: irradiation, photovoltaic yield and sun hours of every surface, on the sun grid.

A surface none of whose receivers sees anything else than before has the Bestand's numbers; the others are summed
again, in the order of a full run, so that both agree bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar.irradiance import Sources
from twin import irradiation
from twin.cells import Cell
from twin.directions import Directions
from twin.irradiation import Bins, Totals
from twin.operators import CellData, Operators, Receivers, empty_csr, no_horizon, no_reflectors
from twin.optics import Optics
from twin.reflection.trace import with_far_ground
from twin.study.outcome import Lit
from twin.study.places import Place, rows_of
from twin.study.views import Views


class YearView(NamedTuple):
    """What one cell's receivers on surfaces see of the sun grid and the sky in one scenario."""

    sun: Lit
    sky: Lit


class Year(NamedTuple):
    """A year of one scenario; rows are the joined model's surfaces."""

    totals: Totals
    sun_hours: NDArray[np.float64]  # (S,) area mean over what is exposed, h; nan where nothing is


class Summed(NamedTuple):
    """The Bestand's year of the first surfaces of a model, and for which of them it still stands."""

    bestand: Year
    valid: NDArray[np.bool_]  # (S,)


def look_for_a_year(directions: Directions, places: Sequence[Place], views: Sequence[Views]) -> list[list[YearView]]:
    """Views of every cell (outer) in every scenario (inner)."""
    out = []
    for place, view in zip(places, views, strict=True):
        bestand = bestand_year(directions, place, view)
        others = range(1, len(view.change))
        out.append([bestand, *(scenario_year(directions, place, view, bestand, index) for index in others)])
    return out


def bestand_year(directions: Directions, place: Place, view: Views) -> YearView:
    """The Bestand's view, traced."""
    rows = rows_of(place.samples)[1]
    sun, sky = _split(directions)
    return YearView(view.bestand(sun, rows), view.bestand(sky, rows))


def scenario_year(directions: Directions, place: Place, view: Views, bestand: YearView, scenario: int) -> YearView:
    """A scenario's view from what is known of the Bestand's."""
    rows = rows_of(place.samples)[1]
    sun, sky = _split(directions)
    return YearView(view.after(bestand.sun, scenario, sun, rows), view.after(bestand.sky, scenario, sky, rows))


def _split(directions: Directions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return directions.direction[: directions.n_sun], directions.direction[directions.n_sun :]


def years_of(
    places: Sequence[Place],
    cells: Sequence[Sequence[YearView]],
    bins: Bins,
    n_surfaces: int,
    known: Summed | None = None,
) -> list[Year]:
    """Irradiation and sun hours of every scenario, the Bestand first.

    ``known`` is what an earlier study of the same Bestand has summed.
    """
    fresh = np.ones(n_surfaces, bool)
    if known is not None:
        fresh[: len(known.valid)] = ~known.valid
    bestand = _year(places, [cell[0] for cell in cells], bins, fresh)
    if known is not None:
        bestand = _put_together(_lengthened(known.bestand, n_surfaces), bestand, fresh)
    out = [bestand]
    for index in range(1, len(cells[0]) if cells else 1):
        touched = changed_surfaces(places, cells, index, n_surfaces)
        after = _year(places, [cell[index] for cell in cells], bins, touched)
        out.append(_put_together(bestand, after, touched))
    return out


def changed_surfaces(
    places: Sequence[Place], cells: Sequence[Sequence[YearView]], scenario: int, n_surfaces: int
) -> NDArray[np.bool_]:
    """Surfaces (S,) some receiver of which sees something else than in the Bestand."""
    touched = np.zeros(n_surfaces, bool)
    for place, cell in zip(places, cells, strict=True):
        differs = np.zeros(len(place.samples.surface), bool)
        for before, after in ((cell[0].sun, cell[scenario].sun), (cell[0].sky, cell[scenario].sky)):
            differs |= (before.bits != after.bits).any(axis=1) | (before.there != after.there)
        touched[place.samples.surface[differs & (place.samples.surface >= 0)]] = True
    return touched


def _year(places: Sequence[Place], views: Sequence[YearView], bins: Bins, wanted: NDArray[np.bool_]) -> Year:
    """The year of some surfaces (S,); the others' rows are 0."""
    totals = irradiation.total_energy(cell_data(places, views, wanted, bins.optics), bins, len(wanted), 0)
    weight = node_hours(bins.sources, bins.optics.n_sun)
    lit_m2h = np.zeros(len(wanted))
    for _, data in cell_data(places, views, wanted, bins.optics):
        surface = data.receivers.surface
        hours = bits.dot(data.operators.sun_bits, weight, np.zeros(len(surface), np.int64))
        np.add.at(lit_m2h, surface, hours * data.receivers.area_m2)
    with np.errstate(invalid="ignore"):
        return Year(totals, lit_m2h / np.where(totals.exposed_area_m2 > 0, totals.exposed_area_m2, np.nan))


def cell_data(
    places: Sequence[Place], views: Sequence[YearView], wanted: NDArray[np.bool_], optics: Optics
) -> Iterator[tuple[Cell, CellData]]:
    """The cells' receivers on wanted surfaces as a solar job would hold them."""
    for place, view in zip(places, views, strict=True):
        surface = place.samples.surface
        rows = np.flatnonzero((surface >= 0) & wanted[np.maximum(surface, 0)])
        if not len(rows):
            continue
        receivers = Receivers(
            (place.samples.point[rows] - place.origin).astype(np.float32),
            place.samples.normal[rows].astype(np.float32),
            place.samples.area_m2[rows].astype(np.float32),
            surface[rows],
            ~view.sun.there[rows],
        )
        none = empty_csr(len(rows))
        operators = Operators(view.sun.bits[rows], view.sky.bits[rows], *none, *none)
        traced = CellData(receivers, operators, place.origin, no_reflectors(optics.n_sun + optics.n_sky), no_horizon())
        yield place.cell, with_far_ground(traced)


def node_hours(sent: Sources, n_sun: int) -> NDArray[np.float64]:
    """Hours (1, D) of the weather's time that the sun stands nearest to each node."""
    node = sent.path.node
    each = sent.path.step_s / 3600.0 / node.shape[1]
    return np.bincount(node[node >= 0], minlength=n_sun)[None, :] * each


def _put_together(bestand: Year, after: Year, touched: NDArray[np.bool_]) -> Year:
    """Touched surfaces from one year, the others from the Bestand's."""
    rows = np.flatnonzero(touched)
    totals = bestand.totals._replace(**{name: part.copy() for name, part in bestand.totals._asdict().items()})
    for whole, part in zip(totals, after.totals, strict=True):
        whole[rows] = part[rows]
    return Year(totals, np.where(touched, after.sun_hours, bestand.sun_hours))


def _lengthened(year: Year, n_surfaces: int) -> Year:
    """The same with rows of more surfaces, still empty."""
    more = n_surfaces - len(year.sun_hours)
    totals = Totals(*(np.concatenate([part, np.zeros((more, *part.shape[1:]), part.dtype)]) for part in year.totals))
    return Year(totals, np.concatenate([year.sun_hours, np.full(more, np.nan)]))
