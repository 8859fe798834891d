"""A plan dropped into a city that is kept in memory: what a study answers, bit for bit, in seconds.

kept = keep(check_shadow_job({...}))                   once: the Bestand read, sampled and traced
dropped = drop(kept, [PlanOptions(file=...)])          for each plan
dropped.day(0), dropped.year_views()                   what it changes
with_day(kept, date)                                   the same city under the sun of another day

Only the plan is read, and only what it adds is traced: its own surfaces, the open land around it that the Bestand does
not measure, and everyone's view of it. The Bestand's receivers, trees, covered ones, bits and sums are taken as they
are. Rules, storeys and windows are not asked here.

Oracle: a study of the same job; tests/twin/test_twin_study_drop.py.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from shadow.instants import Instants
from solar.irradiance import sources
from solar.weather import Weather, month_index
from twin import cells, irradiation
from twin.cells import Cell, origin_of
from twin.directions import Directions, directions_of
from twin.errors import TwinError
from twin.irradiation import Bins
from twin.job import receiving_cells
from twin.operators import casters_of
from twin.plan.plan import PlanOptions
from twin.receivers import concatenate, empty_samples, take
from twin.study.config import Removal, ShadowJob
from twin.study.days import day_of
from twin.study.opened import instants_of_day, owner_of_casters
from twin.study.outcome import Day, Lit
from twin.study.places import Layout, Place, laid_out, layout_of, planned_samples, rows_of
from twin.study.run import PATCHES
from twin.study.scenarios import Bestand, City, city_with, optics_of, read_bestand
from twin.study.spots import no_spots
from twin.study.views import Known, Views, views_of
from twin.study.year import Summed, Year, YearView, bestand_year, node_hours, scenario_year, years_of
from twin.weather_choice import choose_weather


class KeptCell(NamedTuple):
    """What is known of one cell of the Bestand."""

    place: Place  # open land and surfaces
    view: Views
    days: tuple[Lit, ...]
    year: YearView


@dataclass(frozen=True)
class Kept:
    """A city without a plan, ready for any."""

    job: ShadowJob
    bestand: Bestand
    instants: tuple[Instants, ...]  # of each of the job's dates
    directions: Directions
    bins: Bins
    cells: dict[Cell, KeptCell]
    year: Year


class Here(NamedTuple):
    """One cell with its plans."""

    view: Views
    known: KeptCell | None
    row: NDArray[np.int64]  # (P,) row of the kept cell; −1: none

    def extended(self, lit: Lit | None, direction: NDArray[np.float64], rows: NDArray[np.bool_]) -> Lit:
        """The Bestand's bits of some rows (P,) along unit vectors (D, 3): as known, or traced."""
        old = self.row >= 0
        if lit is not None and len(lit.there) == len(old) and old.all():
            return lit  # a plan adds rows and never takes one, so this is the same cell
        out = self.view.bestand(direction, rows & ~old)
        if lit is not None:
            out.bits[old], out.there[old] = lit.bits[self.row[old]], lit.there[self.row[old]]
        return out


@dataclass(frozen=True)
class Dropped:
    """A city with a plan in it; nothing has been traced towards the sun yet."""

    kept: Kept
    city: City
    layout: Layout
    cells: tuple[Here, ...]

    def day(self, index: int) -> Day:
        """One of the job's days in every scenario."""
        instants = self.kept.instants[index]
        traced = []
        for place, here in zip(self.layout.places, self.cells, strict=True):
            land, on_surface, _ = rows_of(place.samples)
            rows, direction = land | on_surface, instants.direction
            bestand = here.extended(here.known and here.known.days[index], direction, rows)
            others = range(1, len(here.view.change))
            traced.append([bestand, *(here.view.after(bestand, state, direction, rows) for state in others)])
        return day_of(self.city.job.dates[index], instants, self.layout.places, traced, self.city.scenarios)

    def year_views(self) -> list[list[YearView]]:
        """Views of every cell (outer) in every scenario (inner), of surfaces."""
        directions, out = self.kept.directions, []
        parts = directions.direction[: directions.n_sun], directions.direction[directions.n_sun :]
        for place, here in zip(self.layout.places, self.cells, strict=True):
            known: tuple[Lit | None, ...] = (None, None) if here.known is None else here.known.year
            rows = rows_of(place.samples)[1]
            whole = [here.extended(lit, part, rows) for lit, part in zip(known, parts, strict=True)]
            bestand = YearView(*whole)
            others = range(1, len(here.view.change))
            out.append([bestand, *(scenario_year(directions, place, here.view, bestand, state) for state in others)])
        return out

    def sun_hours(self, views: Sequence[Sequence[YearView]]) -> list[NDArray[np.float64]]:
        """Possible sun (F,) [h] of a year at every receiver on a surface, in every scenario; nan where it is not."""
        each = node_hours(self.kept.bins.sources, self.kept.directions.n_sun)
        out = []
        for state in range(len(self.city.scenarios)):
            parts = [np.zeros(0)]
            for place, cell in zip(self.layout.places, views, strict=True):
                rows, sun = rows_of(place.samples)[1], cell[state].sun
                hours = bits.dot(sun.bits[rows], each, np.zeros(int(rows.sum()), np.int64))
                parts.append(np.where(sun.there[rows], hours, np.nan))
            out.append(np.concatenate(parts))
        return out

    def years(self, views: Sequence[Sequence[YearView]]) -> list[Year]:
        """Irradiation of every surface in every scenario."""
        kept, n_surfaces = self.kept, len(self.city.model.kind)
        valid = np.ones(n_surfaces, bool)
        for place, here in zip(self.layout.places, self.cells, strict=True):
            if not (here.row >= 0).any():  # about another origin a cell's receivers may stand in another order
                surface = place.samples.surface
                valid[surface[surface >= 0]] = False
        known = Summed(kept.year, valid[: len(kept.year.sun_hours)])
        return years_of(self.layout.places, views, kept.bins, n_surfaces, known)


def keep(job: ShadowJob, weather: Weather | None = None) -> Kept:
    """Read a city, lay out its receivers and trace them for the job's dates and for a year.

    Plans, removals and chosen points of the job are left out. ``weather`` stands for the job's own where it is in
    memory already: that of a store, whose file may be gone.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError, solar.errors.WeatherError
        Each naming the file and the remedy; where the job has a radius, which only a plan gives a middle.
    """
    if job.radius_m is not None:
        raise TwinError("a city is kept as a whole, without a radius around plans", "leave radius_m out")
    job = job.model_copy(update={"plans": [], "remove": [], "objects": [], "points": []})
    weather = choose_weather(job.weather) if weather is None else weather
    bestand = read_bestand(job)
    city = city_with(job, bestand)
    layout = layout_of(city, no_spots())
    casters, owner = casters_of(city.scene), owner_of_casters(city)
    instants = tuple(instants_of_day(city, index) for index in range(len(job.dates)))
    directions = directions_of(city.scene.site, PATCHES)
    sent = sources(city.scene.site, directions.grid, weather)
    bins = irradiation.bins_of(sent, month_index(weather), optics_of(city, directions))
    known: dict[Cell, KeptCell] = {}
    for place in layout.places:
        view = views_of(city, casters, owner, place.cell, place.origin, place.samples)
        days = tuple(view.bestand(each.direction) for each in instants)
        known[place.cell] = KeptCell(place, view, days, bestand_year(directions, place, view))
    years = years_of(layout.places, [[cell.year] for cell in known.values()], bins, len(city.model.kind))
    return Kept(job, bestand, instants, directions, bins, known, years[0])


def with_day(kept: Kept, date: datetime.date) -> Kept:
    """A kept city traced for another day alone; all else is shared with the one it comes from.

    Raises
    ------
    TwinError
        Where the sun does not rise on that day.
    """
    job = kept.job.model_copy(update={"dates": [date]})
    instants = instants_of_day(city_with(job, kept.bestand), 0)
    known = {cell: one._replace(days=(one.view.bestand(instants.direction),)) for cell, one in kept.cells.items()}
    return replace(kept, job=job, instants=(instants,), cells=known)


def drop(kept: Kept, plans: Sequence[PlanOptions], remove: Sequence[Removal] = ()) -> Dropped:
    """Place plans into a kept city, and take away what they replace.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        Naming the plan's file and the remedy.
    """
    city = city_with(kept.job.model_copy(update={"plans": list(plans), "remove": list(remove)}), kept.bestand)
    casters, owner = casters_of(city.scene), owner_of_casters(city)
    places, here = [], []
    for cell in sorted(receiving_cells(city.scene, city.bounds, city.land, None)):
        known = kept.cells.get(cell)
        place, row = _place(kept, city, cell)
        if not len(row):
            continue
        taken = None if known is None or not (row >= 0).any() else Known(known.view, row)
        view = views_of(city, casters, owner, cell, place.origin, place.samples, known=taken)
        places.append(place)
        here.append(Here(view, known, row))
    return Dropped(kept, city, laid_out(places, city.job.pixel_m), tuple(here))


def _place(kept: Kept, city: City, cell: Cell) -> tuple[Place, NDArray[np.int64]]:
    """One cell's receivers with those that plans bring, and the row that each has in the kept cell."""
    known = kept.cells.get(cell)
    old = empty_samples() if known is None else known.place.samples
    land = city.land.sample_beyond(cell, kept.bestand.land)
    planned = planned_samples(city, cell)
    row = np.arange(len(old.surface))
    if known is not None and not len(land.surface) and not len(planned.surface):
        return known.place, row
    first = concatenate([old, land])
    if len(land.surface):
        order = cells.order(first, cell)
        first, row = take(first, order), np.where(order < len(old.surface), order, -1)
    place = Place(cell, origin_of(cell, first if len(first.surface) else planned), concatenate([first, planned]))
    row = np.concatenate([row, np.full(len(planned.surface), -1)])
    # Land below all that was there moves the origin, and with it every float32 coordinate.
    moved = known is None or not np.array_equal(place.origin, known.place.origin)
    return place, np.full(len(row), -1) if moved else row
