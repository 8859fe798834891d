"""A study from files to an outcome in memory: read, place, trace each day, and everything that is asked of it.

study = open_study(check_shadow_job({...}))        read and placed, nothing traced
outcome = run_study(job, on_progress)              everything
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shadow.instants import Instants, instants_of
from shadow.rules import Rule
from solar.irradiance import Sources, sources
from solar.weather import Weather, month_index
from twin import irradiation
from twin.directions import Directions, directions_of
from twin.errors import TwinError
from twin.operators import Casters, casters_of
from twin.provenance import weather_warnings
from twin.receivers import Samples, is_point
from twin.stopwatch import Stopwatch
from twin.study import areas, buildings, energy, facades, judging, storeys, who, year
from twin.study.clock import day_times, zone_named
from twin.study.config import ShadowJob
from twin.study.days import day_of, trace_cells, trace_spots
from twin.study.facts import facts_of, landed_table
from twin.study.fisheye import fisheyes_of
from twin.study.outcome import Day, Lit, Outcome, Study
from twin.study.places import Layout, layout_of
from twin.study.scenarios import City, build_city, buildings_of
from twin.study.spots import Spots, spots_of
from twin.study.views import Views, views_of
from twin.weather_choice import choose_weather

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

# Patches of the sky of the year's diffuse light.
PATCHES = 577
OnProgress = Callable[[str, int, int], None]  # stage, done, of


@dataclass(frozen=True)
class Opened:
    """A study ready to be traced: everything that no day and no weather changes."""

    city: City
    spots: Spots
    layout: Layout
    casters: Casters
    owner: NDArray[np.int32]  # (T,) object of each caster
    views: tuple[Views, ...]
    study: Study


def open_study(job: ShadowJob, stopwatch: Stopwatch, incremental: bool = True) -> Opened:
    """Read the city and its plans, lay out the receivers and stand them in every scenario.

    ``incremental`` False finds covered receivers of every scenario from nothing; the answer is the same.
    """
    zone = zone_named(job.zone)
    with stopwatch.stage("read"):
        city = build_city(job)
    with stopwatch.stage("sample"):
        spots = spots_of(city)
        layout = layout_of(city, spots)
    with stopwatch.stage("stand"):
        casters, owner = casters_of(city.scene), owner_of_casters(city)
        views = tuple(
            views_of(city, casters, owner, place.cell, place.origin, place.samples, incremental)
            for place in layout.places
        )
    study = Study(city.model, city.scene, city.scenarios, layout.grid, layout.receivers, zone)
    return Opened(city, spots, layout, casters, owner, views, study)


def owner_of_casters(city: City) -> NDArray[np.int32]:
    """Object (T,) of each of the scene's casters, the slivers that seal them included."""
    scene = city.scene
    return np.concatenate([scene.object, scene.object[scene.sealed.source]])


def silent(stage: str, done: int, of: int) -> None:
    """Nobody is told of progress."""


def run_study(job: ShadowJob, on_progress: OnProgress = silent, stopwatch: Stopwatch | None = None) -> Outcome:
    """Everything that a study is asked for, in memory.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError, solar.errors.WeatherError
        Each naming the file and the remedy; nothing has been written then.
    """
    watch = stopwatch or Stopwatch()
    rules = judging.rules_named(job.rules)
    judging.check_rule_date(rules, job)
    weather = choose_weather(job.weather) if job.energy or _needs_year(rules) else None
    on_progress("read", 0, 1)
    opened = open_study(job, watch)
    city = opened.city
    directions = directions_of(city.scene.site, PATCHES)
    sent = None if weather is None else sources(city.scene.site, directions.grid, weather)
    strange = [] if weather is None or sent is None else said_of_weather(weather, city, sent)
    frame = areas.read_areas(job.areas, city.scene.crs) if job.areas else None
    inside = None if frame is None else areas.areas_of(frame, opened.layout.grid)
    tables: dict[str, list[pd.DataFrame]] = {}
    days = [trace_one(opened, index, inside, tables, on_progress, watch) for index in range(len(job.dates))]
    whole = {name: _together(frames) for name, frames in tables.items()}
    if job.energy and weather is not None and sent is not None:
        on_progress("irradiate", 0, 1)
        with watch.stage("irradiate"):
            whole["energy"] = energy.energy_table(city, years(opened, directions, sent, weather))
            whole["energy_buildings"] = energy.building_energy(whole["energy"])
    if rules:
        on_progress("rules", 0, 1)
        with watch.stage("rules"):
            traced = judging.Traced(
                city, opened.spots, opened.layout.places, opened.views, inside, directions.grid, sent
            )
            whole["rules"] = judging.judged(traced, rules)
    whole["landed"] = landed_table(city)
    skies = tuple(fisheyes_of(city, opened.spots, opened.layout.places, opened.views))
    facts = facts_of(city, opened.spots, opened.study, rules, weather, strange)
    return Outcome(opened.study, tuple(days), whole, skies, facts)


def said_of_weather(weather: Weather, city: City, sent: Sources) -> list[str]:
    """What a user must know of a year recorded elsewhere.

    Raises
    ------
    TwinError
        Where beam and diffuse were recorded under another sun.
    """
    try:
        return weather_warnings(weather, city.scene.site, sent)
    except TwinError as error:
        raise TwinError(error.message, f"{error.remedy} with --weather, or leave the year out: --no-energy") from error


def _needs_year(rules: Sequence[Rule]) -> bool:
    return any(criterion.measure == "sunlight_share" for rule in rules for criterion in rule.criteria)


def instants_of_day(city: City, index: int) -> Instants:
    """The instants of one of the job's dates at which the sun is up.

    Raises
    ------
    TwinError
        Where the sun does not rise between the asked clock times.
    """
    job = city.job
    times = day_times(job.dates[index], zone_named(job.zone), job.step_min, job.first, job.last)
    instants = instants_of(city.scene.site, times, job.step_min * 60.0)
    if not len(instants.time):
        between = "" if job.first is None and job.last is None else " between the asked clock times"
        raise TwinError(
            f"{job.dates[index]}: the sun does not rise above the horizon here{between}", "take another date or time"
        )
    return instants


def trace_one(
    opened: Opened,
    index: int,
    inside: areas.Areas | None,
    tables: dict[str, list[pd.DataFrame]],
    on_progress: OnProgress,
    watch: Stopwatch,
) -> Day:
    """One day, exactly; its rows are added to ``tables``."""
    city, layout = opened.city, opened.layout
    date = city.job.dates[index].isoformat()
    on_progress("shadows", index, len(city.job.dates))
    instants = instants_of_day(city, index)
    with watch.stage("trace"):
        cells = list(trace_cells(instants.direction, layout.places, opened.views))
        day = day_of(city.job.dates[index], instants, layout.places, cells, city.scenarios)
        spots = trace_spots(instants.direction, len(opened.spots.surface), layout.places, opened.views, city.scenarios)
    with watch.stage("casters"):
        add(tables, "casters", caster_table(opened, cells, instants, date))
    with watch.stage("tables"):
        rows = storeys.rows_of_storeys(opened.spots)
        if len(rows.first):
            add(tables, "storeys", storeys.hours_table(city, opened.spots, rows, spots, instants, date))
        rows = storeys.rows_of_openings(opened.spots)
        if len(rows.first):
            add(tables, "openings", storeys.hours_table(city, opened.spots, rows, spots, instants, date))
        add(tables, "receivers", facades.receiver_table(city, layout.receivers, day, date))
        add(tables, "buildings", buildings.building_table(city, layout.receivers, day, date))
        if inside is not None:
            add(tables, "areas", areas.area_table(inside, day, city.scenarios, layout.grid, date))
    return day


def add(tables: dict[str, list[pd.DataFrame]], name: str, frame: pd.DataFrame) -> None:
    """One day's rows of a table."""
    tables.setdefault(name, []).append(frame)


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame | geopandas.GeoDataFrame:
    """The days' rows one after the other."""
    import pandas as pd

    return pd.concat(frames, ignore_index=True)


def caster_table(opened: Opened, cells: Sequence[Sequence[Lit]], instants: Instants, date: str) -> pd.DataFrame:
    """Who shades whom on a day, in every scenario."""
    import pandas as pd

    city = opened.city
    names = [item.id for item in city.model.objects]
    parts: list[list[who.Shares]] = [[] for _ in city.scenarios]
    for place, view, lits in zip(opened.layout.places, opened.views, cells, strict=True):
        for shares, entries in zip(parts, cell_entries(opened, view, place.samples, lits, instants), strict=True):
            shares.append(who.shares_of(entries, place.samples.area_m2, receivers_of(city, place.samples)))
    frames = []
    for scenario, shares in zip(city.scenarios, parts, strict=True):
        whole = who.added_up(shares)
        frames.append(
            pd.DataFrame(
                {
                    "scenario": scenario.name,
                    "date": date,
                    "caster": [[*names, "terrain", "?"][number] for number in whole.caster],
                    "receiver": [[*names, "open land"][number] for number in whole.receiver],
                    "same": (whole.caster == whole.receiver) & (whole.receiver < len(names)),
                    "first_m2h": whole.first_m2h,
                    "sole_m2h": whole.sole_m2h,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def cell_entries(
    opened: Opened, view: Views, samples: Samples, lits: Sequence[Lit], instants: Instants
) -> list[who.Entries]:
    """Who shades the land and surfaces of one cell, by scenario; only rows that a change touches are asked again.

    On open land sole causes are looked for only where some scenario changes something in a ray, or where the job says.
    """
    city, building = opened.city, buildings_of(opened.city.model)
    measured, on_surface = ~is_point(samples.surface), samples.surface >= 0
    touched = [view.touched(state, instants.direction, measured) for state in range(1, len(lits))]
    sole = measured if city.job.sole_on_land else np.logical_or.reduce([on_surface, *touched])
    out: list[who.Entries] = []
    for state, rows in enumerate([measured, *touched]):
        near = who.near_of(city, building, opened.casters, opened.owner, view, state)
        asked = who.Asked(rows, sole)
        entries = who.entries_of(city, opened.casters, near, view, lits[state], asked, state, instants)
        out.append(entries if state == 0 else who.joined_entries(out[0], entries, rows))
    return out


def receivers_of(city: City, samples: Samples) -> NDArray[np.int64]:
    """Building (P,) that each row of a cell stands on; the number of objects: open land."""
    owner = city.model.object[np.maximum(samples.surface, 0)]
    return np.where(samples.surface >= 0, buildings_of(city.model)[owner], len(city.model.objects)).astype(np.int64)


def years(opened: Opened, directions: Directions, sent: Sources, weather: Weather) -> list[year.Year]:
    """The weather's year in every scenario."""
    bins = irradiation.bins_of(sent, month_index(weather), directions.sky, opened.city.job.albedo)
    views = year.look_for_a_year(directions, opened.layout.places, opened.views)
    return year.years_of(opened.layout.places, views, bins, directions.n_sun, len(opened.city.model.kind))
