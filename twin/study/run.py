"""A study from files to an outcome in memory: read, place, trace each day, and everything that is asked of it.

study = open_study(check_shadow_job({...}))        read and placed, nothing traced
outcome = run_study(job, on_progress)              everything
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from shadow.instants import Instants
from shadow.rules import Rule
from solar.irradiance import Sources, sources
from solar.weather import Weather, month_index
from twin import irradiation
from twin.directions import Directions, directions_of
from twin.errors import TwinError
from twin.optics import seasonal
from twin.progress import OnProgress, silent
from twin.provenance import weather_warnings
from twin.pv.config import read_pv
from twin.stopwatch import Stopwatch
from twin.study import areas, buildings, casters, energy, facades, judging, plants, storeys, year
from twin.study.config import ShadowJob
from twin.study.days import day_of, trace_cells, trace_spots
from twin.study.facts import facts_of, landed_table
from twin.study.fisheye import fisheyes_of
from twin.study.opened import Opened, instants_of_day, opened_of
from twin.study.outcome import Day, Outcome
from twin.study.scenarios import City, build_city, optics_of
from twin.study.sight import sight_of
from twin.weather_choice import choose_weather

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

# Patches of the sky of the year's diffuse light.
PATCHES = 577


def run_study(job: ShadowJob, on_progress: OnProgress = silent, stopwatch: Stopwatch | None = None) -> Outcome:
    """Everything that a study is asked for, in memory.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError, solar.errors.WeatherError
        Each naming the file and the remedy; nothing has been written then.
    """
    watch = stopwatch or Stopwatch()
    assumed = read_pv(job.pv)
    rules = judging.rules_named(job.rules)
    judging.check_rule_date(rules, job)
    on_progress("read", 0, 1)
    with ThreadPoolExecutor(1) as beside:  # the weather has a sun of its own to follow, a second's work
        asked = beside.submit(choose_weather, job.weather) if job.energy or _needs_year(rules) else None
        with watch.stage("read"):
            city = build_city(job)
        # Whatever a date or an area lacks is said before anything is traced.
        instants = [instants_of_day(city, index) for index in range(len(job.dates))]
        frame = areas.read_areas(job.areas, city.scene.crs) if job.areas else None
        opened = opened_of(city, watch)
        weather = None if asked is None else asked.result()
    directions = directions_of(city.scene.site, PATCHES)
    sent = None if weather is None else sources(city.scene.site, directions.grid, weather)
    strange = [] if weather is None or sent is None else said_of_weather(weather, city, sent)
    inside = None if frame is None else areas.areas_of(frame, opened.layout.grid)
    tables: dict[str, list[pd.DataFrame]] = {}
    days = [
        trace_one(opened, index, instants[index], inside, tables, on_progress, watch) for index in range(len(job.dates))
    ]
    whole = {name: _together(frames) for name, frames in tables.items()}
    if job.energy and weather is not None and sent is not None:
        on_progress("irradiate", 0, 1)
        with watch.stage("irradiate"):
            grove = city.landscape.grove
            sent_by_season = seasonal(sent, weather, None if grove is None else grove.seasons)
            whole["energy"] = energy_of(opened, plants.Asked(directions, sent_by_season, weather, assumed))
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
        return [f"weather: {line}" for line in weather_warnings(weather, city.scene.site, sent)]
    except TwinError as error:
        raise TwinError(error.message, f"{error.remedy} with --weather, or leave the year out: --no-energy") from error


def _needs_year(rules: Sequence[Rule]) -> bool:
    return any(criterion.measure == "sunlight_share" for rule in rules for criterion in rule.criteria)


def trace_one(
    opened: Opened,
    index: int,
    instants: Instants,
    inside: areas.Areas | None,
    tables: dict[str, list[pd.DataFrame]],
    on_progress: OnProgress,
    watch: Stopwatch,
) -> Day:
    """One day, exactly; its rows are added to ``tables``."""
    city, layout = opened.city, opened.layout
    date = city.job.dates[index].isoformat()
    on_progress("shadows", index, len(city.job.dates))
    with watch.stage("trace"):
        cells = list(trace_cells(instants.direction, layout.places, opened.views))
        day = day_of(city.job.dates[index], instants, layout.places, cells, city.scenarios)
        spots = trace_spots(instants.direction, len(opened.spots.surface), layout.places, opened.views, city.scenarios)
    if city.job.casters != "none":
        with watch.stage("casters"):
            add(tables, "casters", casters.caster_table(opened, cells, instants, date))
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


def energy_of(opened: Opened, asked: plants.Asked) -> geopandas.GeoDataFrame:
    """The weather's year of every surface and its plant in every scenario."""
    lights = lights_of_study(opened, asked.directions)
    summed = years(opened, lights, asked)
    return energy.energy_table(opened.city, summed, plants.plant_kwh(opened.city, lights, summed, asked))


def lights_of_study(opened: Opened, directions: Directions) -> year.Lights:
    """What every surface sees of sun, sky and reflectors in every scenario."""
    sight = sight_of(opened.city, directions)
    places, views = opened.layout.places, opened.views
    return year.illumination_of(opened.city, opened.casters, opened.owner, places, views, sight).lights


def years(opened: Opened, lights: year.Lights, asked: plants.Asked) -> list[year.Year]:
    """The weather's year in every scenario."""
    bins = irradiation.bins_of(asked.sent, month_index(asked.weather), optics_of(opened.city, asked.directions))
    return year.years_of(lights, bins, len(opened.city.model.kind), year.sent_of(lights, bins))
