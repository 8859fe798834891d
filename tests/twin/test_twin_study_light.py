"""Light before and after a plan, of sun, sky, trees, hills and walls: as a solar job has it, and from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from oracles.houses import SOUTH, WEST, Box, add_tree, write_town
from oracles.light_from_nothing import lights_from_nothing, years_from_nothing
from oracles.plans import write
from rasterio.transform import from_origin

from raytrace import bits
from twin.config import check_job
from twin.directions import directions_of
from twin.job import run_solar
from twin.plan.plan import PlanOptions
from twin.progress import silent
from twin.reflection.keys import is_corner
from twin.stopwatch import Stopwatch
from twin.study.config import ShadowJob, check_shadow_job
from twin.study.drop import drop, keep
from twin.study.energy import energy_table
from twin.study.opened import open_study
from twin.study.outcome import Outcome
from twin.study.run import run_study
from twin.study.sight import sight_of

HOUSES = [Box("a", WEST, SOUTH, 12, 10, 9), Box("b", WEST + 40, SOUTH, 12, 10, 12), Box("c", WEST + 70, SOUTH, 9, 9, 6)]
TREE_LOW, TREE_HIGH = np.array([WEST + 4.0, SOUTH - 14.0, 102.0]), np.array([WEST + 10.0, SOUTH - 8.0, 112.0])
# A ridge 4 km to the south, 350 m above the town, stands 5° high: it takes the winter noon of no day, but low suns.
RIDGE_M = 4000.0
COARSE: dict[str, Any] = {"spacing_m": 3.0, "weather": "duesseldorf-2024"}


def write_grove(path: Path) -> Path:
    """Three houses and a lime tree with a closed crown."""
    write_town(path, HOUSES)
    add_tree(path, TREE_LOW, TREE_HIGH, "Tilia cordata")
    return path


def write_ridge(path: Path) -> Path:
    """Level land at 100 m with a long ridge across the south."""
    step, count = 100.0, 200
    north = SOUTH + step * count / 2
    height = np.full((count, count), 100.0, np.float32)
    rows = north - (np.arange(count) + 0.5) * step
    height[(rows < SOUTH - RIDGE_M) & (rows > SOUTH - RIDGE_M - 500)] = 450.0
    profile: dict[str, Any] = {"driver": "GTiff", "height": count, "width": count, "count": 1, "dtype": "float32"}
    frame = from_origin(WEST - step * count / 2, north, step, step)
    with rasterio.open(path, "w", **profile, crs="EPSG:25832", transform=frame) as file:
        file.write(height, 1)
    return path


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("light")
    plan = write(folder / "plan.geojson", [shapely.box(WEST + 20, SOUTH - 2, WEST + 32, SOUTH + 10)])
    return {
        "city": write_grove(folder / "town.city.json"),
        "ridge": write_ridge(folder / "ridge.tif"),
        "plan": plan,
        "out": folder,
    }


def job_of(inputs: dict[str, Path], **options: Any) -> ShadowJob:
    """A tower between two houses, and the third house gone in another scenario."""
    whole = {
        "cities": [inputs["city"]],
        "out": inputs["out"] / "out",
        "plans": [{"file": inputs["plan"], "height_m": 30.0}],
        "remove": [{"id": "c", "scenario": "Abriss"}],
        "dates": ["2026-12-21"],
        "step_min": 30,
        "pixel_m": 4.0,
        "margin_m": 30.0,
        "far_terrain": [inputs["ridge"]],
        **COARSE,
    }
    return check_shadow_job({**whole, **options})


@pytest.fixture(scope="module")
def outcome(inputs: dict[str, Path]) -> Outcome:
    return run_study(job_of(inputs))


@pytest.fixture(scope="module")
def flat(inputs: dict[str, Path]) -> Outcome:
    """The same without hills."""
    return run_study(job_of(inputs, far_terrain=[]))


def year(table: pd.DataFrame, scenario: str) -> pd.DataFrame:
    return table[table["scenario"] == scenario].set_index("surface_id")


def test_the_bestand_has_a_solar_jobs_light(outcome: Outcome, inputs: dict[str, Path]) -> None:
    """Trees, hills and walls around, to the bit: the study's mirrors are the job's receivers where it is as coarse."""
    options = {"ground_spacing_m": 4.0, "ground_margin_m": 30.0, "far_terrain": [inputs["ridge"]], "no_pv": True}
    solar = run_solar(
        check_job({"cities": [inputs["city"]], "out": inputs["out"] / "solar", **options, **COARSE}), silent
    )
    theirs = solar.surfaces.set_index("surface_id")
    kwh = theirs["irradiation_kwh_m2"] * theirs["exposed_area_m2"]
    ours = year(outcome.tables["energy"], "Planung")
    ours = ours[~ours["own"]]["irradiation_kwh_bestand"]
    np.testing.assert_allclose(ours.loc[kwh.index], kwh, rtol=1e-12)
    assert outcome.facts["trees"]["crowns"] == 1 and outcome.facts["far_horizon"] is not None


def test_every_scenario_equals_one_from_nothing(outcome: Outcome, inputs: dict[str, Path]) -> None:
    full = open_study(job_of(inputs), Stopwatch(), incremental=False)
    theirs = energy_table(full.city, years_from_nothing(full))
    ours = outcome.tables["energy"][theirs.columns]
    unplanted = [name for name in theirs.columns if "pv" not in name]
    pd.testing.assert_frame_equal(pd.DataFrame(ours[unplanted]), pd.DataFrame(theirs[unplanted]), check_exact=True)


def test_corners_are_those_of_a_study_from_nothing(tmp_path: Path) -> None:
    """A plan beside an annex between two wings hides part of its wall; in another scenario the annex is gone."""
    x, y = WEST + 30.0, SOUTH + 20.0
    wings = [Box("north", x - 16, y, 24, 8, 9), Box("east", x, y - 14, 8, 14, 7), Box("annex", x - 6, y - 6, 6, 6, 4)]
    city = write_town(tmp_path / "town.city.json", wings)
    plan = write(tmp_path / "plan.geojson", [shapely.box(x - 12, y - 5, x - 6, y - 1)])
    inputs = {"city": city, "plan": plan, "out": tmp_path, "ridge": tmp_path}
    job = job_of(inputs, far_terrain=[], remove=[{"id": "annex", "scenario": "Abriss"}], spacing_m=1.5, margin_m=10.0)
    ours, full = run_study(job).tables["energy"], open_study(job, Stopwatch(), incremental=False)
    sight = sight_of(full.city, directions_of(full.city.scene.site, 577))
    lights = [lights_from_nothing(full, sight, state) for state in range(3)]
    keys = [np.concatenate([one.data.reflectors.key for one in light]) for light in lights]
    assert len({tuple(key[is_corner(key)].tolist()) for key in keys}) == 3  # each scenario has others
    theirs = energy_table(full.city, years_from_nothing(full))
    unplanted = [name for name in theirs.columns if "pv" not in name]
    pd.testing.assert_frame_equal(pd.DataFrame(ours[unplanted]), pd.DataFrame(theirs[unplanted]), check_exact=True)


@pytest.mark.parametrize("option", [{}, {"far_terrain": [], "no_trees": True, "reflections": "far"}])
def test_a_plan_dropped_in_memory_gives_the_same(inputs: dict[str, Path], option: dict[str, Any]) -> None:
    job = job_of(inputs, remove=[], **option)
    kept = keep(job)
    dropped = drop(kept, [PlanOptions(file=inputs["plan"], height_m=30.0)])
    ours = energy_table(dropped.city, dropped.years(dropped.year_views()))
    full = open_study(job, Stopwatch(), incremental=False)
    theirs = energy_table(full.city, years_from_nothing(full))
    pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(theirs), check_exact=True)


def test_days_of_a_plan_dropped_in_memory_are_the_same(outcome: Outcome, inputs: dict[str, Path]) -> None:
    kept = keep(job_of(inputs, remove=[], reflections="far"))
    day = drop(kept, [PlanOptions(file=inputs["plan"], height_m=30.0)]).day(0)
    for name in ("Bestand", "Planung"):
        np.testing.assert_array_equal(day.surface[name].bits, outcome.days[0].surface[name].bits)


def test_each_part_of_the_surroundings_counts(outcome: Outcome, flat: Outcome, inputs: dict[str, Path]) -> None:
    """Without it light is more, or less, and by what one would think."""
    table = year(outcome.tables["energy"], "Planung")
    whole = table[~table["own"]]

    def changed(other: Outcome) -> pd.Series:
        table = year(other.tables["energy"], "Planung")
        return table.loc[whole.index, "irradiation_kwh"] / whole["irradiation_kwh"] - 1.0

    bare = changed(run_study(job_of(inputs, remove=[], no_trees=True)))
    assert 0.002 < bare.max() < 0.3 and bare.min() > -1e-3  # the tree stands before one wall
    assert changed(flat).min() > -0.001 and 0.005 < changed(flat).max() < 0.1
    assert changed(run_study(job_of(inputs, remove=[], reflections="far"))).abs().max() > 0.02


def test_a_radius_leaves_the_light_from_outside(outcome: Outcome, inputs: dict[str, Path]) -> None:
    """What lies beyond the radius is not measured, and sends its light all the same."""
    whole = year(outcome.tables["energy"], "Planung")
    near = year(run_study(job_of(inputs, remove=[], radius_m=15.0)).tables["energy"], "Planung")
    assert 0 < len(near) < len(whole)
    same = whole.loc[near.index]
    np.testing.assert_allclose(near["irradiation_kwh"], same["irradiation_kwh"], rtol=2e-3)


def test_hills_take_low_suns_from_days(outcome: Outcome, flat: Outcome) -> None:
    """On the shortest day the sun climbs over the ridge late and goes early: every bit is the one without hills, but
    for suns that stand lower than 5°."""
    day, open_day = outcome.days[0], flat.days[0]
    instants = day.instants
    n = len(instants.time)
    with_hills = bits.unpack(day.surface["Planung"].bits, n)
    without = bits.unpack(open_day.surface["Planung"].bits, n)
    high = np.degrees(np.arctan(350.0 / RIDGE_M))
    elevation = instants.elevation_deg
    clear = elevation > high + 0.1
    assert clear.sum() >= 5
    np.testing.assert_array_equal(with_hills[:, clear], without[:, clear])
    facing = (np.abs(instants.azimuth_deg - 180.0) < 30.0) & (elevation < high - 0.1)
    lost = (np.abs(instants.azimuth_deg - 180.0) < 60.0) & (elevation < 2.0)
    assert not with_hills[:, facing | lost].any()
    assert (without & ~with_hills).any() and not (with_hills & ~without).any()


def test_far_hills_are_terrain_among_casters(outcome: Outcome, flat: Outcome) -> None:
    """All shadow has a first caster; what no building stands before is the hills'."""
    table, without = outcome.tables["casters"], flat.tables["casters"]
    assert "terrain" not in set(without["caster"])
    hills = table[table["caster"] == "terrain"]
    assert hills["first_m2h"].sum() > 0 and "?" not in set(table["caster"])
    known = hills["sole_m2h"].notna()
    np.testing.assert_allclose(hills["sole_m2h"][known], hills["first_m2h"][known], rtol=1e-9)
    # a building never has more to itself than without hills
    names = ["scenario", "caster", "receiver"]
    both = table.merge(without, on=names, suffixes=("", "_flat")).dropna(subset=["sole_m2h"])
    assert len(both) > 5 and (both["sole_m2h"] <= both["sole_m2h_flat"] * (1.0 + 1e-9)).all()


def test_the_plan_itself_gets_light(outcome: Outcome) -> None:
    own = year(outcome.tables["energy"], "Planung")
    assert own[own["own"]]["irradiation_kwh"].min() > 0
