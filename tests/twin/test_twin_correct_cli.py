"""`heliotwin correct`: from a user's files to a model, hourly rows and a card; every failure is one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracles.measured_plant import META, measured, write
from typer.testing import CliRunner

from solar.errors import CorrectionError, PlantError, WeatherError
from twin.cli.correct import app
from twin.correct import lines
from twin.errors import ConfigError, TwinError

DAYS, GAP = 190, 3
COLUMNS = [
    "time_utc", "measured", "value_phys", "value_ml", "delta_pct", "p10", "p50", "p90", "ml_model_id", "ml_applied",
    "out_of_domain",
]  # fmt: skip


def plant_files(
    folder: Path, late_min: float | np.ndarray = 0.0, days: int = DAYS, meta: str = META, first: int = 0
) -> list[str]:
    """A made-up plant's CSV and TOML, as options of the command; three hours have no value."""
    record = measured(late_min, gain=0.88)
    rows = slice(first * 24, (first + days) * 24)
    stamps = [f"{time}+00:00" for time in record.start.astype("datetime64[m]")][rows]
    values = [f"{10 * value:.4f}" for value in record.measured[rows]]
    values[2000 : 2000 + GAP] = [""] * GAP
    csv, toml = write(folder, stamps, values, meta)
    return ["--measured", str(csv), "--plant", str(toml), "--weather", "duesseldorf-2024"]


def heliotwin(*arguments: str) -> str:
    """What the command prints; its error is raised here as `main` would catch it."""
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], dict[str, object]]:
    """A model, the options it was fitted with, and what the command said."""
    folder = tmp_path_factory.mktemp("plant")
    options = plant_files(folder)
    said = json.loads(heliotwin("fit", *options, "-o", str(folder / "mine.skops"), "--json"))
    return folder / "mine.skops", options, said


def test_fit_writes_model_and_card(fitted: tuple[Path, list[str], dict]) -> None:
    path, _, said = fitted
    assert said["model"].startswith("plant-") and said["plant"] == "Testdach" and abs(said["shift_min"]) < 5.0
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["id"] == said["model"] and {"scikit-learn", "skops", "numpy"} <= card["versions"].keys()
    found = {row["kind"]: row for row in said["findings"]}
    assert found["gap"]["count"] == GAP and found["gap"]["line"] == 2002
    assert found["gap"]["first"] == "2024-03-24T08:00:00"
    assert said["held_out"][0]["corrected"]["nrmse"] < said["held_out"][0]["physics"]["nrmse"]
    assert not list(path.parent.glob(".*part"))
    text = "\n".join(lines(said))
    assert "held out" in text and "KI" not in text and f"found       gap: {GAP} from 2024-03-24T08:00:00" in text


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_apply_gives_rows_of_both_values(fitted: tuple[Path, list[str], dict], ending: str) -> None:
    path, options, said = fitted
    out = path.parent / f"out.{ending}"
    told = json.loads(heliotwin("apply", *options, "--model", str(path), "-o", str(out), "--json"))
    table = pd.read_csv(out) if ending == "csv" else pd.read_parquet(out)
    assert list(table.columns) == COLUMNS and len(table) == told["hours"] == DAYS * 24
    assert set(table["ml_model_id"]) == {said["model"]}
    applied, foreign = table["ml_applied"], table["out_of_domain"]
    assert applied.sum() > 2000 and not (applied & foreign).any()
    kept = table[~applied]
    assert kept["value_ml"].equals(kept["value_phys"].rename("value_ml")) and (kept["delta_pct"] == 0).all()
    assert kept["p10"].isna().all() and table.loc[applied, "p10"].notna().all()
    changed, close = table[applied], 1e-4 if ending == "csv" else 1e-9  # a CSV keeps four decimals
    assert np.allclose(changed["value_phys"] * (1 + changed["delta_pct"] / 100), changed["value_ml"], atol=close)
    assert changed["delta_pct"].abs().max() <= 15.0 + 1e-6
    usable = table["measured"].notna()  # one and the same hours are summed
    assert told["usable_hours"] == usable.sum() == len(table) - GAP
    for name in ("measured", "value_phys", "value_ml"):
        assert told[f"{name}_kwh_kwp"] == pytest.approx(table.loc[usable, name].sum(), abs=0.2)
    for name in ("value_phys", "value_ml"):
        assert told[f"all_hours_{name}_kwh_kwp"] == pytest.approx(table[name].sum(), abs=0.2)
    before = abs(told["value_phys_kwh_kwp"] / told["measured_kwh_kwp"] - 1)
    assert abs(told["value_ml_kwh_kwp"] / told["measured_kwh_kwp"] - 1) < 0.6 * before
    assert not list(path.parent.glob(".*"))


def test_the_shipped_model_keeps_the_sum(fitted: tuple[Path, list[str], dict], tmp_path: Path) -> None:
    _, options, _ = fitted
    told = json.loads(heliotwin("apply", *options, "-o", str(tmp_path / "out.csv"), "--json"))
    assert told["model"].startswith("transfer-")
    assert told["all_hours_value_ml_kwh_kwp"] == pytest.approx(told["all_hours_value_phys_kwh_kwp"], rel=1e-4)
    assert 0.3 < told["daylight_hours_corrected"] <= 1.0 - told["daylight_hours_out_of_domain"]
    shown = heliotwin("apply", *options, "-o", str(tmp_path / "out.csv"))
    assert "KI-korrigiert" in shown and "outside the training domain" in shown
    assert f"found       gap: {GAP} from" in shown
    assert f"measured in {told['usable_hours']:,} usable hours" in shown


def test_the_users_own_assumptions_reach_the_physics(fitted: tuple[Path, list[str], dict], tmp_path: Path) -> None:
    _, options, _ = fitted
    pv = tmp_path / "pv.toml"
    pv.write_text('[module]\nglass = "all"\n[losses]\nsoiling = 4.0\n', encoding="utf-8")
    told = {}
    for name, more in (("plain", []), ("own", ["--pv", str(pv)])):
        out = str(tmp_path / f"{name}.csv")
        told[name] = json.loads(heliotwin("apply", *options, *more, "-o", out, "--json"))["value_phys_kwh_kwp"]
    # soiling 4 for 2 % takes 2.04 %, glass in the way of all light 1.5 to 2.5 %
    assert 0.955 < told["own"] / told["plain"] < 0.966
    pv.write_text("[module]\nglas = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="glas"):
        heliotwin("apply", *options, "--pv", str(pv), "-o", str(tmp_path / "none.csv"))
    assert not (tmp_path / "none.csv").exists()


def test_nothing_is_left_of_a_fit_whose_card_cannot_be_written(
    fitted: tuple[Path, list[str], dict], tmp_path: Path
) -> None:
    _, options, _ = fitted
    (tmp_path / "mine.json").mkdir()
    with pytest.raises(OSError, match=r"mine\.json"):
        heliotwin("fit", *options, "-o", str(tmp_path / "mine.skops"))
    assert not list(tmp_path.glob("*.skops*")) and not list(tmp_path.glob(".mine.skops*"))


def test_card_of_the_shipped_model(tmp_path: Path) -> None:
    heliotwin("card", "default", "-o", str(tmp_path / "card"), "-v", "--log-file", str(tmp_path / "card.log"))
    assert (tmp_path / "card.log").is_file()
    text = (tmp_path / "card" / "card.md").read_text(encoding="utf-8")
    for words in (
        "system50: size fitted to this measurement",
        "Foulum",
        "only PVGIS power",
        "Rollback",
        "minimal",
        "P10–P90",
        "OEDI submission 4568",
    ):
        assert words in text
    card = json.loads((tmp_path / "card" / "card.json").read_text(encoding="utf-8"))
    assert card["id"] in text and card["content_sha256"] in text
    entry = json.loads((tmp_path / "card" / "transparenzregister.json").read_text(encoding="utf-8"))
    for field in (
        "Bezeichnung und Version", "Risikoklasse", "Zweck", "Rechtsgrundlage", "Eingaben", "Datenquellen",
        "Ausgaben und Entscheidungen", "Menschliche Aufsicht", "Prüfung auf Verzerrung", "Überprüfungsintervall",
        "Ansprechstelle", "Dokumentation",
    ):  # fmt: skip
        assert entry[field]


def test_a_clock_an_hour_wrong_is_refused(tmp_path: Path) -> None:
    options = plant_files(tmp_path, late_min=60.0)
    with pytest.raises(PlantError, match="its clock is wrong"):
        heliotwin("fit", *options, "-o", str(tmp_path / "mine.skops"))
    assert not list(tmp_path.glob("mine*"))
    heliotwin("fit", *options, "--shift", "-60", "-o", str(tmp_path / "mine.skops"))  # the user knows better
    with pytest.raises(PlantError, match="min off the sun"):
        heliotwin("fit", *options, "--shift", "0", "-o", str(tmp_path / "mine.skops"))


def test_an_hour_off_in_summer_is_refused_whatever_the_shift(tmp_path: Path) -> None:
    hour = np.arange(366 * 24)
    summer = (hour >= 90 * 24) & (hour < 301 * 24)
    options = plant_files(tmp_path, np.where(summer, 60.0, 0.0), days=366)
    for verb in ("fit", "apply"):
        with pytest.raises(PlantError, match="daylight saving is in it"):
            heliotwin(verb, *options, "--shift", "55", "-o", str(tmp_path / ("m.skops" if verb == "fit" else "o.csv")))
    assert not list(tmp_path.glob("[mo].*"))


def test_failures_say_what_to_do(fitted: tuple[Path, list[str], dict], tmp_path: Path) -> None:
    path, options, _ = fitted
    out = str(tmp_path / "out.csv")
    with pytest.raises(PlantError, match=r"too few to learn from.*--model default"):
        heliotwin("fit", *plant_files(tmp_path, days=120), "-o", str(tmp_path / "short.skops"))
    with pytest.raises(TwinError, match=r"no weather named.*--weather"):
        heliotwin("apply", *options[:4], "-o", out)
    with pytest.raises(TwinError, match=r"name it MODEL\.skops"):
        heliotwin("fit", *options, "-o", str(tmp_path / "model.pkl"))
    with pytest.raises(TwinError, match="no such folder"):
        heliotwin("apply", *options, "-o", str(tmp_path / "nowhere" / "out.csv"))
    with pytest.raises(TwinError, match=r"\.csv or \.parquet"):
        heliotwin("apply", *options, "-o", str(tmp_path / "out.xlsx"))
    with pytest.raises(TwinError, match="no such file"):
        heliotwin("apply", "--measured", "none.csv", *options[2:], "-o", out)
    with pytest.raises(CorrectionError, match="no such file"):
        heliotwin("card", str(tmp_path / "none.skops"), "-o", str(tmp_path / "card"))
    other = plant_files(tmp_path, meta=META.replace("Testdach", "Schule"))
    with pytest.raises(TwinError, match=r"learnt at Testdach.*Schule"):
        heliotwin("apply", *other, "--model", str(path), "-o", out)
    assert not Path(out).exists()


def test_plants_of_two_places_make_a_model_for_others(fitted: tuple[Path, list[str], dict], tmp_path: Path) -> None:
    """What `heliotwin solar --correct MODEL` takes; plants of one place alone are refused, and a lone plant's model."""
    from twin.pv.corrected import applied_of, model_of

    path, options, _ = fitted
    csv, toml = options[1], Path(options[3])
    away = tmp_path / "away.toml"
    text = toml.read_text(encoding="utf-8").replace('"Testdach"', '"Nachbarort"')
    latitude = next(line for line in text.splitlines() if line.startswith("latitude_deg"))
    moved = f"latitude_deg = {float(latitude.split('=')[1]) + 0.2:.3f}"
    away.write_text(text.replace(latitude, moved), encoding="utf-8")
    twice = ["--measured", csv, "--plant", str(toml), "--measured", csv, "--plant"]
    said = json.loads(heliotwin("fit", *twice, str(away), *options[4:], "-o", str(tmp_path / "two.skops"), "--json"))
    assert said["model"].startswith("transfer-") and [one["plant"] for one in said["plants"]] == [
        "Testdach",
        "Nachbarort",
    ]
    assert "plant       Nachbarort" in "\n".join(lines(said))
    model = model_of(str(tmp_path / "two.skops"))
    assert model is not None and applied_of(model).model_id == said["model"]
    with pytest.raises(TwinError, match="learnt for one plant"):
        model_of(str(path))
    with pytest.raises(TwinError, match="all at one place"):
        heliotwin("fit", *twice, str(toml), *options[4:], "-o", str(tmp_path / "one.skops"))
    assert not (tmp_path / "one.skops").exists()


def test_weather_without_a_place_is_given_one(tmp_path: Path) -> None:
    """A plain CSV that names no place: refused with the option that mends it, which then reaches the reader."""
    options = plant_files(tmp_path)
    weather = tmp_path / "days.csv"
    weather.write_text(
        "# utc_offset: +00:00\n# label: start\ntime,ghi,dhi,temp_air,wind_speed\n"
        + "".join(f"2024-06-01T{hour:02d}:00,{max(0, 60 * (9 - abs(12 - hour)))},50,20,2\n" for hour in range(24)),
        encoding="utf-8",
    )
    call = [*options[:4], "--weather", str(weather), "-o", str(tmp_path / "out.csv")]
    with pytest.raises(WeatherError, match="--weather-place"):
        heliotwin("apply", *call)
    with pytest.raises(WeatherError) as refused:  # a day is too short, but its place is known
        heliotwin("apply", *call, "--weather-place", "51.3,6.8")
    assert "nowhere" not in str(refused.value)
    bad = CliRunner().invoke(app, ["apply", *call, "--weather-place", "north"])
    assert bad.exit_code == 2 and "LAT,LON" in bad.output
