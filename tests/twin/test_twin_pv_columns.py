"""Columns of PV: the rules of a corrected value, spread, and what stands in a job's files."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest

from twin.job import Outcome
from twin.pv.columns import Applied, corrected_columns
from twin.pv.config import read_pv
from twin.pv.spread import Z90, quantiles, relative_spread

CORRECTED = ["value_phys", "value_ml", "delta_pct", "p10", "p50", "p90", "ml_model_id", "ml_applied", "out_of_domain"]


def test_row_19_off() -> None:
    """STANDARDS §8 row 19: value_ml, delta_pct, ml_model_id null, ml_applied false."""
    found = corrected_columns(np.array([1000.0, np.nan]), None, np.zeros(2), np.array([1.0, 1.0]), read_pv(), None)
    frame = pd.DataFrame(found)
    assert frame["value_phys"].tolist()[0] == 1000.0
    assert frame[["value_ml", "delta_pct", "ml_model_id"]].isna().all().all()
    assert not frame["ml_applied"].any() and not frame["out_of_domain"].any()
    assert frame["p10"][0] < frame["p50"][0] == 1000.0 < frame["p90"][0]


def test_row_19_out_of_domain_and_applied() -> None:
    """Out of domain: value_ml = value_phys, delta_pct 0, ml_applied false, out_of_domain true."""
    phys, value = np.array([1000.0, 1000.0, np.nan]), np.array([1020.0, 1030.0, np.nan])
    answered = np.array([400.0, 900.0, np.nan])
    found = corrected_columns(phys, value, answered, np.ones(3), read_pv(), Applied("transfer-0", 0.02))
    frame = pd.DataFrame(found)
    assert frame["value_ml"].tolist()[:2] == [1000.0, 1030.0]
    assert frame["delta_pct"].tolist()[:2] == [0.0, pytest.approx(3.0)]
    assert frame["ml_applied"].tolist() == [False, True, False]
    assert frame["out_of_domain"].tolist() == [True, False, False]
    assert frame["ml_model_id"].tolist()[:2] == ["transfer-0"] * 2 and pd.isna(frame["ml_model_id"][2])
    assert frame["p50"][1] == 1030.0 and frame["p50"][0] == 1000.0
    assert frame["ml_answered_pct"].tolist()[:2] == [40.0, 90.0]


def test_spread_adds_as_squares() -> None:
    spread = read_pv().spread
    sure, doubtful = relative_spread([1.0, 0.0], spread)
    assert sure == pytest.approx(np.sqrt(0.045**2 + 0.03**2 + 0.03**2 + 0.02**2))
    assert doubtful == pytest.approx(np.sqrt(0.045**2 + 0.03**2 + 0.03**2 + 0.15**2))
    assert relative_spread([1.0], spread, 0.01)[0] == pytest.approx(np.sqrt(0.045**2 + 0.02**2 + 0.01**2))
    rng = np.random.default_rng(1)
    drawn = 100 * (1 + sure * rng.standard_normal(200_000))
    p10, p50, p90 = quantiles(100.0, sure)
    np.testing.assert_allclose([p10, p50, p90], np.quantile(drawn, [0.1, 0.5, 0.9]), rtol=0.002)
    assert pytest.approx(1.2816, abs=1e-4) == Z90


@pytest.mark.shared
def test_the_spread_of_years_is_the_satellites(shared_data: Path) -> None:
    """CM SAF, nodes around Wiesbaden, 1991–2020: annual global irradiation varies by 4.5 ± 0.5 %."""
    table = pd.read_csv(shared_data / "reference" / "cmsaf_monthly_ghi_rhein_main_1991_2025.csv")
    table = table[table["year"] <= 2020]
    year = table.groupby(["latitude", "longitude", "year"])["ghi_kWh_m2"].sum().groupby(["latitude", "longitude"])
    assert float((year.std() / year.mean()).mean()) == pytest.approx(read_pv().spread.weather, abs=0.005)


def test_tables_of_a_job(outcome: Outcome) -> None:
    """Columns stand in surfaces.gpkg and buildings.parquet, buildings are the sums of their surfaces."""
    surfaces = geopandas.read_file(outcome.store.root / "surfaces.gpkg")
    buildings = geopandas.read_parquet(outcome.store.root / "buildings.parquet")
    for name in [*CORRECTED, "pv_kwp", "pv_kwh_kwp", "pv_shade_pct", "pv_reason", "pv_class", "facade_band", "co2_kg"]:
        assert name in surfaces.columns, name
    for name in [*CORRECTED, "roof_pv_kwp", "facade_pv_kwh", "payback_years", "pv_class"]:
        assert name in buildings.columns, name
    planted = surfaces[surfaces["pv_kwp"] > 0]
    assert len(planted) >= 12 and (planted["pv_reason"].fillna("") == "").all()
    assert (surfaces.loc[surfaces["pv_kwp"].isna() & surfaces["kind"].eq("RoofSurface"), "pv_reason"] != "").all()
    assert planted["value_phys"].between(300 * planted["pv_kwp"], 1000 * planted["pv_kwp"]).all()
    months = planted[[f"pv_kwh_{month:02d}" for month in range(1, 13)]].sum(axis=1)
    np.testing.assert_allclose(months, planted["value_phys"], rtol=1e-9)
    by_building = planted.groupby("building_id")["value_phys"].sum()
    np.testing.assert_allclose(
        buildings.set_index("building_id").loc[by_building.index, "value_phys"], by_building, rtol=1e-9
    )
    assert planted["pv_area_m2"].le(planted["area_m2"]).all()


def test_the_report_says_what_was_assumed(outcome: Outcome) -> None:
    said = json.loads((outcome.store.root / "report.json").read_text(encoding="utf-8"))["pv"]
    assert said["configuration"]["date"] == str(read_pv().date)
    assert said["loss"] == pytest.approx(0.1142, abs=1e-4)
    assert said["correction"] is None
    built = {kind["kind"]: kind for kind in said["kinds"]}
    planted = outcome.surfaces[outcome.surfaces["pv_kwp"] > 0]
    assert built["RoofSurface"]["kwp"] + built["WallSurface"]["kwp"] == pytest.approx(planted["pv_kwp"].sum(), abs=0.2)
    listed = sum(row["surfaces"] for row in said["not_built"])
    both = outcome.surfaces["kind"].isin(["RoofSurface", "WallSurface"])
    assert listed + len(planted) == int(both.sum())
