"""A plan dropped into a kept city gives the study that is run from the files, to the last bit."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from oracles.hills import heights, write_geotiff
from oracles.houses import SOUTH, WEST, Box, write_town
from oracles.light_from_nothing import years_from_nothing

from twin.config import check_job
from twin.errors import TwinError
from twin.job import run_solar
from twin.package_data import demo_city
from twin.plan.plan import PlanOptions
from twin.progress import silent
from twin.receivers import OPEN_LAND
from twin.stopwatch import Stopwatch
from twin.study.config import Removal, check_shadow_job
from twin.study.days import day_of
from twin.study.drop import Dropped, Kept, drop, keep, with_day
from twin.study.energy import energy_table
from twin.study.opened import Opened, instants_of_day, open_study
from twin.study.outcome import Day, Lit
from twin.weather_choice import kept_weather

HOUSE = "DENW37AL1000vMhR"
COARSE = {"dates": ["2026-03-21", "2026-12-21"], "step_min": 30, "spacing_m": 8.0, "pixel_m": 8.0, "out": "out"}
STREET = [
    Box("a", WEST, SOUTH, 10, 12, 9),
    Box("b", WEST + 10, SOUTH, 10, 12, 7),
    Box("c", WEST + 50, SOUTH + 5, 14, 10, 12),
]


def plan_file(folder: Path, east: float, north: float, height: float = 30.0) -> Path:
    """A square of 20 m."""
    ring = [[east, north], [east + 20, north], [east + 20, north + 20], [east, north + 20], [east, north]]
    feature = {
        "type": "Feature",
        "properties": {"height": height},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    path = folder / f"plan_{east:.0f}_{north:.0f}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}), encoding="utf-8")
    return path


def day_from_nothing(full: Opened, index: int) -> Day:
    """A day whose scenarios are each traced through everything that stands in them."""
    instants = instants_of_day(full.city, index)
    traced = []
    for place, view in zip(full.layout.places, full.views, strict=True):
        wanted = place.samples.surface >= OPEN_LAND
        lits = [view.full(instants.direction, state) for state in range(len(view.change))]
        traced.append([Lit(np.where(wanted[:, None], lit.bits, np.uint64(0)), lit.there & wanted) for lit in lits])
    return day_of(full.city.job.dates[index], instants, full.layout.places, traced, full.city.scenarios)


def same_as_a_study(kept: Kept, plans: Sequence[PlanOptions], remove: Sequence[Removal] = ()) -> Dropped:
    """Compare every bit of every day and every number of the year."""
    dropped = drop(kept, plans, remove)
    full = open_study(dropped.city.job, Stopwatch(), incremental=False)
    study = full.study
    assert [scenario.name for scenario in study.scenarios] == [s.name for s in dropped.city.scenarios]
    for ours, theirs in zip(dropped.layout.receivers, study.receivers, strict=True):
        assert np.array_equal(ours, theirs)
    assert np.array_equal(dropped.layout.grid.pixel, study.grid.pixel)
    assert dropped.layout.grid[:5] == study.grid[:5]
    for index in range(len(dropped.city.job.dates)):
        day, ours_day = day_from_nothing(full, index), dropped.day(index)
        for name in (scenario.name for scenario in study.scenarios):
            for ours, theirs in ((ours_day.ground, day.ground), (ours_day.surface, day.surface)):
                assert np.array_equal(ours[name].bits, theirs[name].bits)
                assert np.array_equal(ours[name].there, theirs[name].there)
    views = dropped.year_views()
    table = energy_table(dropped.city, dropped.years(views))
    theirs = energy_table(full.city, years_from_nothing(full))
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(theirs), check_exact=True)
    hours = dropped.sun_hours(views)
    assert [len(of_scenario) for of_scenario in hours] == [len(study.receivers.surface)] * len(study.scenarios)
    return dropped


@pytest.fixture(scope="module")
def district() -> Kept:
    with demo_city() as city:
        return keep(check_shadow_job({"cities": [city], **COARSE}))


def test_a_plan_among_houses(district: Kept, tmp_path: Path) -> None:
    plan = PlanOptions(file=plan_file(tmp_path, 364298.0, 5650074.0))
    dropped = same_as_a_study(district, [plan])
    new = sum(int((here.row < 0).sum()) for here in dropped.cells)
    assert 0 < new < sum(len(here.row) for here in dropped.cells) / 20


def test_a_plan_at_the_edge_brings_land_and_a_house_goes(district: Kept, tmp_path: Path) -> None:
    """Beyond the open land that was measured, in a cell that had nothing; another scenario beside it."""
    plans = [
        PlanOptions(file=plan_file(tmp_path, 363400.0, 5649900.0), scenario="Nullfall"),
        PlanOptions(file=plan_file(tmp_path, 364150.0, 5650120.0)),
    ]
    dropped = same_as_a_study(district, plans, [Removal(id=HOUSE, scenario="Planung")])
    assert {place.cell for place in dropped.layout.places} > set(district.cells)


def test_nothing_dropped_is_what_stands(district: Kept) -> None:
    dropped = drop(district, [])
    assert [here.row.min() for here in dropped.cells] == [0] * len(district.cells)
    year = dropped.years(dropped.year_views())[0]
    for ours, known in zip(year.totals, district.year.totals, strict=True):
        assert np.array_equal(ours, known)


def test_sun_hours_are_the_surfaces_mean(district: Kept, tmp_path: Path) -> None:
    """Weighted with area, hours of a surface's receivers are the year's of the surface."""
    dropped = drop(district, [PlanOptions(file=plan_file(tmp_path, 364298.0, 5650074.0))])
    views = dropped.year_views()
    receivers = dropped.layout.receivers
    for hours, year in zip(dropped.sun_hours(views), dropped.years(views), strict=True):
        there = np.isfinite(hours)
        count = len(year.sun_hours)
        area = np.bincount(receivers.surface[there], receivers.area_m2[there], count)
        lit = np.bincount(receivers.surface[there], receivers.area_m2[there] * hours[there], count)
        known = np.isfinite(year.sun_hours)
        assert np.array_equal(known, area > 0)
        np.testing.assert_allclose(lit[known] / area[known], year.sun_hours[known], rtol=1e-6)


def test_on_terrain(tmp_path: Path) -> None:
    """Land below all that was there moves a cell's origin: then its cell is traced as if nothing were known."""
    ground = write_geotiff(tmp_path / "hill.tif", heights(220, 180, 1.0))
    options: dict[str, Any] = {
        **COARSE,
        "cities": [write_town(tmp_path / "street.city.json", STREET)],
        "terrain": [ground],
        "spacing_m": 4.0,
        "pixel_m": 4.0,
        "margin_m": 20.0,
    }
    kept = keep(check_shadow_job(options))
    same_as_a_study(kept, [PlanOptions(file=plan_file(tmp_path, WEST + 22, SOUTH, 12.0))])
    lower = same_as_a_study(kept, [PlanOptions(file=plan_file(tmp_path, WEST - 30, SOUTH - 30, 12.0))])
    moved = [(here.row < 0).all() for here in lower.cells if here.known is not None]
    assert any(moved) and not all(moved)


def test_a_radius_has_no_middle_yet() -> None:
    with demo_city() as city, pytest.raises(TwinError, match="radius"):
        keep(check_shadow_job({"cities": [city], **COARSE, "radius_m": 100.0}))


def test_a_kept_weather_stands_for_its_file(tmp_path: Path) -> None:
    """A store keeps its year; the file that it came from may be gone."""
    file = tmp_path / "year.csv"
    hours = np.datetime64("2025-01-01T00:00", "m") + 60 * np.arange(8760)
    up = np.clip(np.sin((np.arange(8760) % 24 - 6) / 12 * np.pi), 0.0, None)
    rows = [f"{time},{500 * u:.1f},{400 * u:.1f},{200 * u:.1f}" for time, u in zip(hours, up, strict=True)]
    head = ["# latitude: 51.0", "# longitude: 7.07", "# utc_offset: +00:00", "# label: start", "time,ghi,dni,dhi"]
    file.write_text("\n".join([*head, *rows, ""]), encoding="utf-8")
    city = write_town(tmp_path / "street.city.json", STREET)
    coarse = {"sky": 145, "spacing_m": 8.0, "ground_spacing_m": 8.0, "no_pv": True}
    job = check_job({"cities": [city], "out": tmp_path / "out", "weather": str(file), **coarse})
    store = run_solar(job, silent).store
    options = {"cities": [city], **COARSE}
    theirs = keep(check_shadow_job({**options, "weather": str(file)}))
    file.unlink()
    kept = keep(check_shadow_job(options), kept_weather(store.root, store.manifest["weather"]))
    for ours, known in zip(kept.year.totals, theirs.year.totals, strict=True):
        assert np.array_equal(ours, known)
    other = keep(check_shadow_job(options))
    assert not np.array_equal(other.year.totals.direct, kept.year.totals.direct)


def test_another_day_is_traced_alone(district: Kept, tmp_path: Path) -> None:
    """A kept city turned to another day is that kept for it, and drops plans as it would."""
    turned = with_day(district, datetime.date(2026, 6, 21))
    with demo_city() as city:
        fresh = keep(check_shadow_job({"cities": [city], **COARSE, "dates": ["2026-06-21"]}))
    assert turned.job.dates == fresh.job.dates and len(turned.instants) == 1
    plan = [PlanOptions(file=plan_file(tmp_path, 364298.0, 5650074.0))]
    ours, theirs = drop(turned, plan).day(0), drop(fresh, plan).day(0)
    assert np.array_equal(ours.instants.time, theirs.instants.time)
    for name in ("Bestand", "Planung"):
        for one, other in ((ours.ground, theirs.ground), (ours.surface, theirs.surface)):
            assert np.array_equal(one[name].bits, other[name].bits)
    assert len(district.instants) == 2  # as it was


def test_a_day_without_sun_is_refused(tmp_path: Path) -> None:
    city = write_town(tmp_path / "street.city.json", STREET)
    kept = keep(check_shadow_job({"cities": [city], **COARSE, "dates": ["2026-06-21"], "last": "07:00"}))
    with pytest.raises(TwinError, match="does not rise"):
        with_day(kept, datetime.date(2026, 12, 21))
