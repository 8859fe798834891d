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
from twin.directions import directions_of
from twin.errors import TwinError
from twin.irradiation import Bins
from twin.job import receiving_cells
from twin.operators import casters_of
from twin.optics import seasonal
from twin.plan.plan import PlanOptions
from twin.receivers import concatenate, empty_samples, take
from twin.study.config import Removal, ShadowJob
from twin.study.days import day_of
from twin.study.light import Around, Lighted, lengthened
from twin.study.mirrors import Mirror, mirrors_with
from twin.study.opened import instants_of_day, owner_of_casters
from twin.study.outcome import Day, Lit
from twin.study.places import Layout, Place, laid_out, layout_of, planned_samples, rows_of
from twin.study.run import PATCHES
from twin.study.scenarios import Bestand, City, city_with, optics_of, read_bestand
from twin.study.sight import Looked, Sight, look_after, parts_of, sight_of
from twin.study.spots import no_spots
from twin.study.views import Known, Views, views_of
from twin.study.year import Summed, Year, illumination_of, lights_of, node_hours, sent_of, years_of
from twin.weather_choice import choose_weather


class KeptCell(NamedTuple):
    """What is known of one cell of the Bestand."""

    place: Place  # open land and surfaces
    view: Views
    days: tuple[Lit, ...]
    looked: Looked
    light: Lighted
    sent: NDArray[np.float64]  # (R, 12) kWh/m² that its reflectors send back by month


@dataclass(frozen=True)
class Kept:
    """A city without a plan, ready for any."""

    job: ShadowJob
    bestand: Bestand
    instants: tuple[Instants, ...]  # of each of the job's dates
    sight: Sight
    bins: Bins
    cells: dict[Cell, KeptCell]
    mirrors: dict[Cell, Mirror]
    year: Year


class Here(NamedTuple):
    """One cell with its plans."""

    view: Views
    known: KeptCell | None
    row: NDArray[np.int64]  # (P,) row of the kept cell; −1: none

    @property
    def stands(self) -> bool:
        """Whether the cell's receivers are the kept ones, and what plans bring."""
        return bool((self.row >= 0).any())

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
            each = [bestand, *(here.view.after(bestand, state, direction, rows) for state in others)]
            traced.append([here.view.sunlit(lit, direction) for lit in each])
        return day_of(self.city.job.dates[index], instants, self.layout.places, traced, self.city.scenarios)

    def year_views(self) -> list[tuple[Looked, ...]]:
        """What every cell (outer) sees of sun and sky in every scenario (inner), from surfaces."""
        sight, out = self.kept.sight, []
        for place, here in zip(self.layout.places, self.cells, strict=True):
            known: tuple[Lit | None, ...] = (None, None) if here.known is None else here.known.looked
            rows, parts = rows_of(place.samples)[1], parts_of(sight.directions)
            bestand = Looked(*(here.extended(lit, part, rows) for lit, part in zip(known, parts, strict=True)))
            others = range(1, len(here.view.change))
            out.append((bestand, *(look_after(here.view, rows, sight, bestand, state) for state in others)))
        return out

    def sun_hours(self, views: Sequence[Sequence[Looked]]) -> list[NDArray[np.float64]]:
        """Possible sun (F,) [h] of a year at every receiver on a surface, in every scenario; nan where it is not."""
        kept, out = self.kept, []
        for state in range(len(self.city.scenarios)):
            parts = [np.zeros(0)]
            for place, here, cell in zip(self.layout.places, self.cells, views, strict=True):
                each = node_hours(kept.bins.sources, kept.sight.directions.n_sun, here.view.horizon_deg)
                rows, sun = rows_of(place.samples)[1], cell[state].sun
                hours = bits.dot(sun.bits[rows], each, np.zeros(int(rows.sum()), np.int64))
                parts.append(np.where(sun.there[rows], hours, np.nan))
            out.append(np.concatenate(parts))
        return out

    def years(self, views: Sequence[tuple[Looked, ...]]) -> list[Year]:
        """Irradiation of every surface in every scenario."""
        kept, city = self.kept, self.city
        places, sight = self.layout.places, kept.sight._replace(optics=optics_of(city, kept.sight.directions))
        mirrors = {}
        if sight.traced:
            casters, measured = casters_of(city.scene), {here.view.cell: here.view for here in self.cells}
            mirrors = mirrors_with(city, casters, owner_of_casters(city), measured, sight, kept.mirrors)
        around = [Around(city, sight, place, here.view) for place, here in zip(places, self.cells, strict=True)]
        known = [
            lengthened(one, here.known.light, looked[0]) if here.stands and here.known is not None else None
            for one, here, looked in zip(around, self.cells, views, strict=True)
        ]
        lights = lights_of(around, views, mirrors, sight, known)
        bins = kept.bins._replace(optics=sight.optics)
        sent = [
            here.known.sent if here.stands and here.known is not None else sent_of([cell], bins)[0]
            for here, cell in zip(self.cells, lights, strict=True)
        ]
        n_surfaces = len(city.model.kind)
        valid = np.ones(n_surfaces, bool)
        for place, here in zip(places, self.cells, strict=True):
            if not here.stands:  # about another origin a cell's receivers may stand in another order
                surface = place.samples.surface
                valid[surface[surface >= 0]] = False
        known_year = Summed(kept.year, valid[: len(kept.year.sun_hours)])
        return years_of(lights, bins, n_surfaces, sent, known_year)


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
    sight = sight_of(city, directions_of(city.scene.site, PATCHES))
    grove = city.landscape.grove
    sent = sources(city.scene.site, sight.directions.grid, weather)
    sent = seasonal(sent, weather, None if grove is None else grove.seasons)
    bins = irradiation.bins_of(sent, month_index(weather), sight.optics)
    views = [views_of(city, casters, owner, place.cell, place.origin, place.samples) for place in layout.places]
    looked, mirrors, lights = illumination_of(city, casters, owner, layout.places, views, sight)
    back = sent_of(lights, bins)
    known: dict[Cell, KeptCell] = {}
    for place, view, seen, light, months in zip(layout.places, views, looked, lights, back, strict=True):
        days = tuple(view.bestand(each.direction) for each in instants)
        known[place.cell] = KeptCell(place, view, days, seen[0], light[0], months)
    year = years_of(lights, bins, len(city.model.kind), back)[0]
    return Kept(job, bestand, instants, sight, bins, known, mirrors, year)


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
