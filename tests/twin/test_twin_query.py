"""Questions to a store: they agree with the tables, know other years, and trace nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracles.houses import SOUTH, WEST
from typer.testing import CliRunner

from twin import answers
from twin.cli.main import app
from twin.errors import TwinError
from twin.job import Outcome
from twin.store import Store


def test_series_of_every_surface_sums_to_its_row(outcome: Outcome) -> None:
    root = outcome.store.root
    for _, row in outcome.surfaces.dropna(subset=["irradiation_kwh_m2"]).iloc[::7].iterrows():
        answer = answers.answer_series(root, row["surface_id"], None, None, (None, None), None)
        for part in ("direct", "diffuse", "reflected"):
            assert answer[f"{part}_kwh_m2"] == pytest.approx(row[f"{part}_kwh_m2"], rel=1e-6, abs=1e-6)
        assert answer["sky_view"] == pytest.approx(row["sky_view"], rel=1e-9)
        assert answer["rays_traced"] == 0
        assert answer["rows"] == 8760


def test_a_month_of_a_series_is_the_months_column(outcome: Outcome, tmp_path: Path) -> None:
    row = outcome.surfaces.dropna(subset=["irradiation_kwh_m2"]).iloc[3]
    target = tmp_path / "june.csv"
    # The typical year's months follow its own clock, UTC+1.
    span = ("2015-05-31T23:00", "2015-06-30T23:00")
    answer = answers.answer_series(outcome.store.root, row["surface_id"], None, None, span, target)
    assert answer["total_kwh_m2"] == pytest.approx(row["irradiation_kwh_m2_06"], rel=1e-6)
    table = pd.read_csv(target)
    assert list(table.columns) == ["time_utc", "direct_w_m2", "diffuse_w_m2", "reflected_w_m2", "total_w_m2"]
    assert len(table) == 720 and table["time_utc"][0] == "2015-05-31T23:00:00Z"


def test_every_surface_under_another_year(outcome: Outcome, tmp_path: Path) -> None:
    root = outcome.store.root
    same = answers.answer_all(root, None, tmp_path / "all.parquet")
    table = pd.read_parquet(tmp_path / "all.parquet")
    np.testing.assert_allclose(table["irradiation_kwh_m2"], outcome.surfaces["irradiation_kwh_m2"], rtol=1e-12)
    other = answers.answer_all(root, "duesseldorf-2024", None)
    assert other["rays_traced"] == 0 and same["rays_traced"] == 0
    assert 0.85 < other["irradiation_kwh_m2"] / same["irradiation_kwh_m2"] < 0.98
    row = outcome.surfaces.dropna(subset=["irradiation_kwh_m2"]).iloc[0]
    answers.answer_all(root, "duesseldorf-2024", tmp_path / "other.csv")
    listed = pd.read_csv(tmp_path / "other.csv").set_index("surface_id")
    single = answers.answer_series(root, row["surface_id"], None, "duesseldorf-2024", (None, None), None)
    assert single["total_kwh_m2"] == pytest.approx(listed.loc[row["surface_id"], "irradiation_kwh_m2"], rel=1e-4)


def test_a_place_answers_for_its_nearest_receiver(outcome: Outcome) -> None:
    root = outcome.store.root
    land = answers.answer_series(root, None, [WEST + 30, SOUTH + 5, 100.0], None, (None, None), None)
    assert "receiver" in land["target"] and 0.5 < land["sky_view"] <= 1
    wall = answers.answer_series(root, None, [WEST + 5, SOUTH, 103.0, 0, -1, 0], None, (None, None), None)
    assert wall["sky_view"] <= 0.5
    with pytest.raises(TwinError, match="no exposed receiver"):
        answers.answer_series(root, None, [WEST + 5000, SOUTH, 100.0], None, (None, None), None)


def test_wrong_questions_get_a_helpful_line(outcome: Outcome, tmp_path: Path) -> None:
    root = outcome.store.root
    known = outcome.surfaces["surface_id"].iloc[0]
    with pytest.raises(TwinError, match=f"nearest: .*{known}"):
        answers.answer_series(root, known + "x", None, None, (None, None), None)
    covered = outcome.surfaces[outcome.surfaces["exposed_area_m2"] == 0].iloc[0]["surface_id"]
    with pytest.raises(TwinError, match="covered"):
        answers.answer_series(root, covered, None, None, (None, None), None)
    with pytest.raises(TwinError, match="it covers 2014-12-31 to 2015-12-31"):
        answers.answer_series(root, known, None, None, ("1999-01-01", "1999-01-02"), None)
    with pytest.raises(TwinError, match="no such weather file"):
        answers.answer_series(root, known, None, "atlantis.epw", (None, None), None)
    with pytest.raises(TwinError, match=r"\.csv, \.parquet or \.png"):
        answers.answer_series(root, known, None, None, (None, None), tmp_path / "series.xls")
    with pytest.raises(TwinError, match=r"manifest\.json"):
        answers.answer_all(tmp_path, None, None)


def test_command_line(outcome: Outcome, tmp_path: Path) -> None:
    known = outcome.surfaces["surface_id"].iloc[0]
    picture = tmp_path / "series.png"
    runner = CliRunner()
    done = runner.invoke(
        app, ["query", str(outcome.store.root), "--surface", known, "--to", "2015-01-31", "-o", str(picture), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["file"] == str(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert runner.invoke(app, ["query", str(outcome.store.root)]).exit_code == 2
    assert runner.invoke(app, ["query", str(outcome.store.root), "--point", "1,2"]).exit_code == 2


@pytest.mark.parametrize("schema", [1, 2])
def test_an_older_store_is_refused_by_name(schema: int, tmp_path: Path) -> None:
    """Of schema 1 the physics was another (far ground alone), of schema 2 the names of reflectors."""
    shutil.copytree(Path(__file__).resolve().parents[1] / "data" / "store" / "schema_1", tmp_path / "old")
    manifest = tmp_path / "old" / "manifest.json"
    head = {**json.loads(manifest.read_text(encoding="utf-8")), "schema": schema}
    manifest.write_text(json.dumps(head), encoding="utf-8")
    with pytest.raises(TwinError, match=f"schema {schema}, from a release before this one") as error:
        Store.open_finished(tmp_path / "old")
    assert "run `heliotwin solar` again" in error.value.remedy


def test_a_store_of_schema_3_still_answers() -> None:
    """A store that an earlier release left (tests/oracles/tiny_store.py wrote it once)."""
    root = Path(__file__).resolve().parents[1] / "data" / "store" / "schema_3"
    expected = json.loads((root / "expected.json").read_text(encoding="utf-8"))
    assert len(expected) == 14
    for surface_id, parts in expected.items():
        answer = answers.answer_series(root, surface_id, None, None, (None, None), None)
        for part, value in parts.items():
            assert answer[f"{part}_kwh_m2"] == pytest.approx(value, rel=1e-6, abs=1e-9)
