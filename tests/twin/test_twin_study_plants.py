"""Photovoltaics before and after a plan: the plants of `heliotwin solar`, and only what the plan takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.config import check_job
from twin.job import run_solar
from twin.package_data import demo_city
from twin.study.config import check_shadow_job
from twin.study.outcome import Outcome
from twin.study.run import run_study

TOWER = Path("tests/data/plans/tower.geojson")
COARSE = {"spacing_m": 4.0, "terrain": [], "weather": "duesseldorf-2024"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The demo district with the tower, and with the tower planned and taken away again."""
    folder = tmp_path_factory.mktemp("study")
    with demo_city() as city:
        job = {
            "cities": [city],
            "out": folder / "out",
            "dates": ["2026-03-21"],
            "step_min": 60,
            "pixel_m": 16.0,
            "casters": "none",
            "plans": [{"file": TOWER, "scenario": "Turm"}],
            "remove": [{"id": "DENW37AL1000vMhR", "scenario": "Abriss"}],
            **COARSE,
        }
        return run_study(check_shadow_job(job))


@pytest.fixture(scope="module")
def energy(outcome: Outcome) -> pd.DataFrame:
    """Its table of surfaces."""
    return outcome.tables["energy"]


def test_the_bestands_plants_are_those_of_a_solar_job(energy: pd.DataFrame, tmp_path: Path) -> None:
    with demo_city() as city:
        job = check_job({"cities": [city], "out": tmp_path / "solar", "ground_spacing_m": 16.0, **COARSE})
        solar = run_solar(job, lambda stage, done, of: None).surfaces.set_index("surface_id")["value_phys"]
    ours = energy[(energy["scenario"] == "Turm") & ~energy["own"]].set_index("surface_id")["pv_kwh_bestand"]
    planted = solar.dropna()
    assert len(planted) > 300
    np.testing.assert_array_equal(ours.loc[planted.index], planted)
    assert ours.drop(planted.index).isna().all()


def test_a_tower_takes_light_and_yield_and_adds_its_own(energy: pd.DataFrame) -> None:
    tower = energy[energy["scenario"] == "Turm"]
    own = tower[tower["own"]]
    assert own["pv_kwh"].notna().any() and own["pv_kwh_bestand"].isna().all()
    neighbours = tower[~tower["own"] & tower["pv_kwh_bestand"].notna()]
    assert neighbours["delta_pv_kwh"].max() <= 1e-6 * neighbours["pv_kwh"].max()
    assert neighbours["delta_pv_kwh"].sum() < -500
    unchanged = neighbours[neighbours["delta_kwh"] == 0]
    assert len(unchanged) > 30 and (unchanged["delta_pv_kwh"] == 0).all()


def test_the_chain_loses_about_what_the_light_loses(energy: pd.DataFrame) -> None:
    """Where a plant loses more than 2 % of its light it loses about as much yield, partial shade up to four times."""
    tower = energy[(energy["scenario"] == "Turm") & ~energy["own"] & energy["pv_kwh_bestand"].notna()]
    hit = tower[tower["delta_pct"] < -2]
    assert len(hit) >= 5
    ratio = (hit["delta_pv_kwh"] / hit["pv_kwh_bestand"]) / (hit["delta_kwh"] / hit["irradiation_kwh_bestand"])
    assert 0.5 < ratio.median() < 2.0 and ratio.max() < 4.0


def test_a_demolition_gives_light_back(energy: pd.DataFrame, outcome: Outcome) -> None:
    gone = energy[energy["scenario"] == "Abriss"]
    assert "DENW37AL1000vMhR" not in set(gone["building_id"])
    # what stood there also sent light to its neighbours
    assert gone["delta_pv_kwh"].min() >= -1e-4 * gone["pv_kwh"].max() and gone["delta_pv_kwh"].sum() > 0.0
    buildings = outcome.tables["energy_buildings"]
    sums = gone.groupby("building_id")["pv_kwh"].sum()
    table = buildings[buildings["scenario"] == "Abriss"].set_index("building_id")["pv_kwh"]
    np.testing.assert_allclose(table.loc[sums.index], sums, rtol=1e-12)
