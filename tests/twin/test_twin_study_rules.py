"""Daylight rules on a city: every façade and storey of the demo district, against rays of another make."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import shapely
from oracles import sun_hours
from oracles.houses import SOUTH, WEST, Box, write_town
from oracles.plans import write

from io_citygml.model import CityModel, SurfaceKind
from shadow.rules import Rule, rule_named
from twin.directions import directions_of
from twin.package_data import demo_city
from twin.stopwatch import Stopwatch
from twin.study import areas, judging
from twin.study.config import check_shadow_job
from twin.study.days import trace_spots
from twin.study.opened import Opened, open_study
from twin.study.outcome import BESTAND

TOWER = Path(__file__).parents[1] / "data" / "plans" / "tower.geojson"
SPACING_M, STOREY_M = 4.0, 3.0
BETA_DEG = float(np.degrees(np.arctan(0.6 / 0.36)))
MINUTE_H = 1 / 60


class Judged(NamedTuple):
    """An opened study and its rules' table."""

    opened: Opened
    rules: pd.DataFrame
    frame: pd.DataFrame | None  # of areas


def judged(rules: Sequence[Rule], **options: object) -> Judged:
    """Rules alone: no day of the study's own is traced."""
    job = check_shadow_job({"dates": ["2026-03-21"], "spacing_m": SPACING_M, "out": "out", "energy": False, **options})
    opened = open_study(job, Stopwatch())
    frame = None if job.areas is None else areas.read_areas(job.areas, opened.city.scene.crs)
    inside = None if frame is None else areas.areas_of(frame, opened.layout.grid)
    grid = directions_of(opened.city.scene.site, 145).grid
    traced = judging.Traced(opened.city, opened.spots, opened.layout.places, opened.views, inside, grid, None)
    return Judged(opened, judging.judged(traced, rules), frame)


def only(rule: str, *criteria: str) -> Rule:
    """A bundled rule with some of its criteria."""
    whole = rule_named(rule)
    return replace(whole, criteria=tuple(c for c in whole.criteria if c.id in criteria))


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Every façade of the demo district, without and with the tower."""
    with demo_city() as city:
        return judged(
            [rule_named("en17037"), rule_named("din5034")], cities=[city], plans=[{"file": TOWER}], pixel_m=25.0
        )


def base_of(opened: Opened, building: str) -> float:
    """The lowest point of a building and its parts."""
    model = opened.city.model
    names = {i for i, item in enumerate(model.objects) if item.id == building}
    own = names | {i for i, item in enumerate(model.objects) if item.parent in names}
    rows = np.isin(model.object, list(own))
    return float(opened.city.bounds.low[rows, 2].min())


def open_to_the_air(found: Judged) -> np.ndarray:
    """Whether each spot is not covered in each scenario (scenarios, Q)."""
    opened = found.opened
    up, count = np.array([[0.0, 0.0, 1.0]]), len(opened.spots.surface)
    lits = trace_spots(up, count, opened.layout.places, opened.views, opened.city.scenarios)
    return np.array([lit.there for lit in lits])


def open_rows(found: Judged, rule: str) -> pd.DataFrame:
    """Rows of standing walls that nothing covers in any state."""
    city, spots = found.opened.city, found.opened.spots
    shut = ~open_to_the_air(found).all(axis=0)
    covered = {(int(s), int(k)) for s, k in zip(spots.surface[shut], spots.storey[shut], strict=True)}
    rows = found.rules[(found.rules["rule"] == rule) & ~found.rules["own"].astype(bool)]
    number = {name: i for i, name in enumerate(city.model.surface_id)}
    keep = [(number[s], int(k)) not in covered for s, k in zip(rows["surface_id"], rows["storey"], strict=True)]
    return rows[keep].assign(number=[number[s] for s in rows["surface_id"][keep]])


def test_every_facade_and_storey_has_its_class(district: Judged) -> None:
    """One row a wall, storey and rule, no more and no less, classed by 1.5, 3 and 4 h."""
    spots = district.opened.spots
    is_open = open_to_the_air(district).any(axis=0)
    wanted = {(int(s), int(k)) for s, k in zip(spots.surface[is_open], spots.storey[is_open], strict=True)}
    rows = district.rules[district.rules["rule"] == "en17037"]
    number = {name: i for i, name in enumerate(district.opened.city.model.surface_id)}
    got = list(zip([number[s] for s in rows["surface_id"]], rows["storey"].astype(int), strict=True))
    # Storeys that are covered along all their length (party walls) have no hours.
    assert len(got) == len(set(got)) and set(got) == wanted and len(got) > 3000
    for column, hours in (("level_bestand", "hours_bestand"), ("level", "hours")):
        value = rows[hours].round(6)
        classes = np.select([value >= 4, value >= 3, value >= 1.5], ["high", "medium", "low"], "")
        assert (rows[column].to_numpy() == np.where(value.isna(), "", classes)).all()
    assert (rows["met"] == (rows["hours"].round(6) >= 1.5)).all()
    assert rows["level"].nunique() == 4 and set(rows["scenario"]) == {"Planung"} and set(rows["date"]) == {"2026-03-21"}
    assert not rows.loc[~rows["own"].astype(bool), "hours"].gt(rows["hours_bestand"] + 1e-9).any()  # only taken


@pytest.mark.parametrize(
    ("rule", "date", "lowest_deg", "beta_deg"),
    [("en17037", "2026-03-21", 11.0, BETA_DEG), ("din5034", "2026-01-17", 6.0, 90.0)],
)
def test_hours_are_those_of_rays_and_a_sun_of_another_make(
    district: Judged, rule: str, date: str, lowest_deg: float, beta_deg: float
) -> None:
    """Storeys that the tower touches, and others."""
    opened, site = district.opened, district.opened.city.scene.site
    rows = open_rows(district, rule).query("date == @date")
    changed = (rows["hours"] - rows["hours_bestand"]).abs() > 0.02
    assert changed.sum() >= 25
    some = pd.concat([rows[changed].sample(25, random_state=1), rows[~changed].sample(75, random_state=2)])
    day = sun_hours.minutes_of(datetime.date.fromisoformat(date), "Europe/Berlin", site)
    facades = []
    for row in some.itertuples():
        z = base_of(opened, row.building_id) + row.storey * STOREY_M + sun_hours.SILL_M
        facades.append(sun_hours.facade_of(opened.city.model, row.number, z, SPACING_M))
    point = np.concatenate([facade.point for facade in facades])
    normal = np.concatenate([np.tile(facade.normal, (len(facade.point), 1)) for facade in facades])
    differences = []
    for scenario, column in zip(opened.city.scenarios, ("hours_bestand", "hours"), strict=True):
        seen = sun_hours.lit(opened.city.scene, scenario.present, point, normal, day)
        first = 0
        for facade, told in zip(facades, some[column], strict=True):
            own = seen[first : first + len(facade.point)]
            first += len(facade.point)
            turned = np.abs(sun_hours.turned_deg(facade.normal, site, day))
            counts = (day.elevation_deg >= lowest_deg) & (turned < beta_deg)
            hours = (own & counts).sum(axis=1) * MINUTE_H
            differences.append(told - sun_hours.half_reaches(hours, facade.length_m))
    wrong = np.abs(np.array(differences)) / MINUTE_H
    assert len(wrong) == 200 and wrong.max() < 1.01  # a ray along an edge
    assert (wrong < 0.01).mean() >= 0.97


def test_the_tower_changes_classes_nearby_and_is_classed_itself(district: Judged) -> None:
    rows = district.rules[district.rules["rule"] == "en17037"]
    own = rows[rows["own"].astype(bool)]
    assert len(own) == 60 and own["hours_bestand"].isna().all() and (own["level_bestand"] == "").all()
    by_azimuth = own.groupby(own["azimuth_deg"].round())["hours"].max()
    assert list(by_azimuth.index) == [88, 178, 268, 358]
    assert by_azimuth[358] == 0.0 and by_azimuth[178] > 6.5 > 4.0 > by_azimuth[88] > 2.9
    others = rows[~rows["own"].astype(bool)]
    fallen = others[others["level"] != others["level_bestand"]]
    assert 1 <= len(fallen) <= 40 and (fallen["hours"] < fallen["hours_bestand"]).all()


def test_vsc_of_a_free_wall(tmp_path: Path) -> None:
    """STANDARDS §8 row 13: 39.62 % of the free horizontal, within half a percent of the value."""
    write_town(tmp_path / "one.city.json", [Box("one", WEST, SOUTH, 10, 10, 7)])
    found = judged([only("bre209", "vsc")], cities=[tmp_path / "one.city.json"], pixel_m=25.0)
    assert len(found.rules) == 8 and (found.rules["measure"] == "sky_component").all()
    assert found.rules["share"].to_numpy() == pytest.approx(np.full(8, 0.3962), rel=0.005)
    assert found.rules["met"].all() and (found.rules["scenario"] == BESTAND).all()


def yard(folder: Path) -> dict[str, object]:
    """A house, a wall-like tower south of it that is planned, and a low one that could be built anyhow."""
    write_town(folder / "town.city.json", [Box("house", WEST, SOUTH, 12, 10, 9), Box("far", WEST + 90, SOUTH, 8, 8, 5)])
    block = shapely.box(WEST - 20, SOUTH - 24, WEST + 32, SOUTH - 9)
    write(folder / "tower.geojson", [block], [{"height": 60.0}])
    write(folder / "low.geojson", [block], [{"height": 4.0}])
    return {"cities": [folder / "town.city.json"], "pixel_m": 1.0, "margin_m": 20.0}


def test_zuerich_counts_the_plans_shade_between_eight_and_five(tmp_path: Path) -> None:
    """Against rays; a Nullfall that shades as long exempts, a lower one does not."""
    options = yard(tmp_path)
    tower, low = {"file": tmp_path / "tower.geojson"}, {"file": tmp_path / "low.geojson", "scenario": "Nullfall"}
    alone = judged([rule_named("zuerich")], plans=[tower], **options)
    rows = alone.rules[~alone.rules["own"].astype(bool)].set_index(["date", "surface_id", "storey"])
    opened, site = alone.opened, alone.opened.city.scene.site
    number = {name: i for i, name in enumerate(opened.city.model.surface_id)}
    for (date, surface, storey), row in rows.iterrows():
        day = sun_hours.minutes_of(datetime.date.fromisoformat(date), "Europe/Berlin", site)
        facade = sun_hours.facade_of(opened.city.model, number[surface], 101.2 + 3.0 * storey, SPACING_M)
        normal = np.tile(facade.normal, (len(facade.point), 1))
        before, after = (
            sun_hours.lit(opened.city.scene, scenario.present, facade.point, normal, day)
            for scenario in opened.city.scenarios
        )
        window = (day.clock_h >= 8) & (day.clock_h < 17)
        taken = (before & ~after & window).sum(axis=1) * MINUTE_H
        assert row["hours"] == pytest.approx(-sun_hours.half_reaches(-taken, facade.length_m), abs=1.01 * MINUTE_H)
        assert row["hours_bestand"] == 0.0 and row["met_bestand"] and row["met"] == (round(row["hours"], 6) <= 3.0)
    missed = rows[~rows["met"].astype(bool)]
    assert len(rows) == 2 * (4 * 3 + 4 * 2) and 3 <= len(missed) < len(rows) / 2
    for nullfall, exempted in (({**tower, "scenario": "Nullfall"}, True), (low, False)):
        both = judged([rule_named("zuerich")], plans=[tower, nullfall], **options)
        planned = both.rules[(both.rules["scenario"] == "Planung") & ~both.rules["own"].astype(bool)]
        again = planned.set_index(["date", "surface_id", "storey"])
        assert np.allclose(again["hours"], rows["hours"].loc[again.index])
        assert again["met"].all() == exempted
        if not exempted:
            assert (again["met"] == rows["met"].loc[again.index]).all()


def test_bre209_counts_pixels_of_an_area(tmp_path: Path) -> None:
    """Against rays from every pixel; what keeps four fifths of its share misses nothing."""
    options = yard(tmp_path)
    lawns = [shapely.box(WEST - 5, SOUTH - 8, WEST + 17, SOUTH - 1)]
    lawns.append(shapely.box(WEST - 18, SOUTH + 11, WEST + 30, SOUTH + 19))
    inside = shapely.box(WEST + 2, SOUTH + 2, WEST + 8, SOUTH + 8)  # within the house
    write(tmp_path / "areas.geojson", [*lawns, inside], [{"name": n} for n in ("front", "back", "inside")])
    plans = [{"file": tmp_path / "tower.geojson"}]
    found = judged([only("bre209", "amenity")], plans=plans, areas=tmp_path / "areas.geojson", **options)
    rows = found.rules.set_index("subject_id")
    assert list(rows.index) == ["front", "back"]  # what holds no open land has no share
    opened = found.opened
    day = sun_hours.minutes_of(datetime.date(2026, 3, 21), "Europe/Berlin", opened.city.scene.site)
    for name, lawn in zip(("front", "back"), lawns, strict=True):
        west, south, east, north = lawn.bounds
        x, y = np.meshgrid(np.arange(np.floor(west), east) + 0.5, np.arange(np.floor(south), north) + 0.5)
        point = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, 100.0 + sun_hours.OFF_M)])
        up = np.tile([0.0, 0.0, 1.0], (len(point), 1))
        for scenario, column in zip(opened.city.scenarios, ("share_bestand", "share"), strict=True):
            hours = sun_hours.lit(opened.city.scene, scenario.present, point, up, day).sum(axis=1) * MINUTE_H
            assert rows.loc[name, column] == pytest.approx((hours >= 2 - 1e-9).mean(), abs=1.5 / len(point))
    assert rows["share_bestand"].min() == 1.0 and rows["met_bestand"].all()
    assert 0.0 < rows.loc["front", "share"] < 0.5 and not rows.loc["front", "met"]


def test_what_keeps_four_fifths_misses_nothing(tmp_path: Path) -> None:
    """VSC under 27 % in the Bestand already: only what a plan takes counts, and the Bestand alone is judged by 27 %."""
    write_town(
        tmp_path / "court.city.json", [Box("a", WEST, SOUTH, 10, 10, 12), Box("b", WEST, SOUTH + 16, 10, 10, 12)]
    )
    write(tmp_path / "far.geojson", [shapely.box(WEST + 60, SOUTH, WEST + 70, SOUTH + 10)], [{"height": 5.0}])
    options = {"cities": [tmp_path / "court.city.json"], "pixel_m": 25.0}
    alone = judged([only("bre209", "vsc")], **options).rules
    assert 0 < alone["met"].sum() < len(alone) and (alone["met"] == (alone["share"] >= 0.27 - 1e-9)).all()
    assert (alone["met"] == alone["met_bestand"]).all()
    with_plan = judged([only("bre209", "vsc")], plans=[{"file": tmp_path / "far.geojson"}], **options).rules
    others = with_plan[~with_plan["own"].astype(bool)]
    assert others["met"].all() and others["met_bestand"].all()
    assert ((others["level"] == "met") == (others["share"] >= 0.27 - 1e-9)).all()


@pytest.mark.shared
@pytest.mark.parametrize(("name", "windows"), [("4018150a.xml.gz", 40), ("4018257.xml.gz", 99), ("4018302.xml", 16)])
def test_windows_have_their_own_width_and_reveal(shared_data: Path, name: str, windows: int) -> None:
    """LoD3 of Ingolstadt: one row a window (not a face of its frame), as many as the file has; hours against rays."""
    city = shared_data / "citygml" / "lod3_ingolstadt" / name
    found = judged([rule_named("en17037")], cities=[city], pixel_m=25.0)
    opened, site = found.opened, found.opened.city.scene.site
    rows = found.rules[found.rules["subject"] == "opening"]
    model, spots = opened.city.model, opened.spots
    glass = np.flatnonzero(model.kind == SurfaceKind.WINDOW)
    assert len({model.boundary_id[s] for s in glass}) == windows == (spots.storey == -1).sum()
    assert rows["subject_id"].is_unique and len(rows) >= windows - 1
    day = sun_hours.minutes_of(datetime.date(2026, 3, 21), "Europe/Berlin", site)
    wrong, changed = [], 0
    for row in rows.itertuples():
        (spot,) = np.flatnonzero((spots.storey == -1) & (np.array(model.surface_id)[spots.surface] == row.surface_id))
        faces = [s for s in glass if model.boundary_id[s] == row.subject_id]
        normal = spots.normal[spot]
        corner = np.concatenate([outline(model, s) for s in faces if opened.city.scene.normal[s] @ normal > 0.9])
        along = np.array([-normal[1], normal[0], 0.0]) / np.hypot(normal[0], normal[1])
        width = float(np.ptp(corner @ along))
        assert spots.length_m[spot] == pytest.approx(width, abs=1e-6)
        assert spots.height_m[spot] == pytest.approx(float(np.ptp(corner[:, 2])), abs=1e-6)
        assert corner[:, 2].min() < spots.point[spot, 2] < corner[:, 2].max()
        present = opened.city.scenarios[0].present
        seen = sun_hours.lit(opened.city.scene, present, spots.point[[spot]], normal[None], day)[0]
        turned = np.abs(sun_hours.turned_deg(normal, site, day))
        own, equivalent = (
            (seen & (day.elevation_deg >= 11.0) & (turned < np.degrees(np.arctan(w / 2 / 0.36)))).sum() * MINUTE_H
            for w in (width, 1.2)
        )
        wrong.append(abs(row.hours - own))
        changed += abs(own - equivalent) > 0.02
    assert max(wrong) < 1.01 * MINUTE_H and changed >= 3


def outline(model: CityModel, surface: int) -> np.ndarray:
    """Corners of a surface's outline."""
    ring = model.surface_ring[surface]
    return model.coords[model.ring_start[ring] : model.ring_start[ring + 1]]
