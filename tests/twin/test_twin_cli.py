"""The command line: help, exit codes, one clear line for every expected failure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracles.door import called, heliotwin, refused
from oracles.houses import street, write_town
from typer.testing import CliRunner

from twin.cli.main import app
from twin.config import check_job, example, read_job
from twin.errors import TwinError


def test_every_verb_has_help() -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["--version"]).stdout.startswith("heliotwin ")
    for verb in ("demo", "inspect", "solar", "query", "config"):
        shown = runner.invoke(app, [verb, "--help"])
        assert shown.exit_code == 0 and "--json" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["solar", "nowhere.gml", "-o", "out"], 1, "nowhere.gml"),
        (["solar", "town.city.json"], 2, "-o"),
        (["solar", "town.city.json", "-o", "out", "--sky", "146"], 2, "sky"),
        (["solar", "town.city.json", "-o", "out", "--albedo", "1.5"], 2, "albedo"),
        (["solar", "town.city.json", "-o", "out", "--ground-level", "nan"], 2, "ground_level_m"),
        (["solar", "town.city.json", "-o", "out", "--weather", "none.epw"], 1, "try2015-region12"),
        (["solar", "town.city.json", "-o", "out", "--receivers", "none.csv"], 1, "none.csv"),
        (["solar", "town.city.json", "-o", "town.city.json"], 1, "is a file"),
        (["solar", "lost.city.json", "-o", "out"], 1, "--crs"),
        (["solar", "--config", "none.toml"], 1, "none.toml"),
        (["inspect", "empty.gml"], 1, "empty.gml"),
        (["inspect", "page.xml"], 1, "page.xml"),
        (["inspect", "points.geojson"], 1, "points.geojson"),
        (["solar", "town.city.json", "-o", "torn"], 1, "manifest.json"),
        (["query", "torn", "--all"], 1, "manifest.json"),
        (["solar", "town.city.json", "-o", "out", "--receivers", "far.csv"], 1, "row 1"),
        (["solar", "town.city.json", "-o", "out", "--receivers", "taken.csv"], 1, "sky_view"),
        (["solar", "town.city.json", "-o", "out", "--weather", "long.csv"], 1, "not annual"),
        (["inspect", "town.txt"], 1, "town.txt"),
        (["query", "town.city.json", "--all"], 1, "manifest.json"),
        (["solar", "--nonsense"], 2, "nonsense"),
    ],
)
def test_failures_are_one_line(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    write_town(tmp_path / "town.city.json", street()[:1])
    write_town(tmp_path / "lost.city.json", street()[:1], crs=None)
    (tmp_path / "empty.gml").write_bytes(b"")
    (tmp_path / "town.txt").write_text("a letter", encoding="utf-8")
    (tmp_path / "page.xml").write_text("<html><body/></html>", encoding="utf-8")
    (tmp_path / "points.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "manifest.json").write_text('{"schema": 1}', encoding="utf-8")
    (tmp_path / "far.csv").write_text("x,y,z,nx,ny,nz\n7.07,50.99,100,0,0,1\n", encoding="utf-8")
    (tmp_path / "taken.csv").write_text("x,y,z,nx,ny,nz,sky_view\n364445,5650105,110,0,0,1,mine\n", encoding="utf-8")
    if "long.csv" in arguments:
        hours = np.datetime64("2024-01-01T00", "h") + np.arange(500 * 24)
        head = "# latitude: 51\n# longitude: 7\n# utc_offset: +00:00\n# label: start\ntime,ghi,dhi\n"
        (tmp_path / "long.csv").write_text(head + "".join(f"{hour}:00,0,0\n" for hour in hours), encoding="utf-8")
    done = called(*arguments, cwd=tmp_path)
    assert done.code == code, done.err
    assert words in done.err and "Traceback" not in done.err
    assert done.out == ""
    if done.err.startswith("heliotwin: error: "):
        assert len(done.err.strip().splitlines()) == 1
    else:
        assert code == 2  # the parser's own words
        assert not (tmp_path / "out" / "report.json").exists()


@pytest.mark.parametrize("place", ["file", "file/below"])
@pytest.mark.parametrize(
    "verb",
    [
        ["solar", "town.city.json", "-o"],
        ["demo", "-o"],
        ["shadow", "town.city.json", "--date", "2024-03-21", "-o"],
        ["validate", "--only", "spa", "-o"],
    ],
)
def test_where_nothing_can_be_written_every_verb_ends_alike(tmp_path: Path, verb: list[str], place: str) -> None:
    """What a file or folder is, is no wrong call: exit code 1 and one line."""
    write_town(tmp_path / "town.city.json", street()[:1])
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = called(*verb, place, cwd=tmp_path)
    refused(done, 1, f"{place}: ", "folder")


def test_other_files_and_folders_of_the_proof_are_no_wrong_call_either(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "town.json").write_text("{}", encoding="utf-8")
    for option, place in (
        ("--docs", "folder"),
        ("--data", "nowhere"),
        ("--log-file", "folder"),
        ("--log-file", "town.json/log"),
    ):
        refused(called("validate", "--only", "spa", "-o", "out", option, place, cwd=tmp_path), 1, place)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["inspect", "none.gml"], ["solar", "--nonsense"]])
def test_in_a_process_of_its_own_it_is_the_same_line(tmp_path: Path, arguments: list[str]) -> None:
    assert heliotwin(*arguments, cwd=tmp_path) == called(*arguments, cwd=tmp_path)


def test_points_without_direction_are_refused(tmp_path: Path) -> None:
    write_town(tmp_path / "town.city.json", street()[:1])
    (tmp_path / "points.csv").write_text("x,y,z,nx,ny,nz\n1,2,3,0,0,0\n", encoding="utf-8")
    done = called("solar", "town.city.json", "-o", "out", "--receivers", "points.csv", cwd=tmp_path)
    assert done.code == 1 and "row 1" in done.err and "direction" in done.err


def test_solar_from_a_job_file_with_its_log_beside_the_result(tmp_path: Path) -> None:
    write_town(tmp_path / "town.city.json", street()[:2])
    (tmp_path / "job.toml").write_text(
        'cities = ["town.city.json"]\nout = "out"\nsky = 145\nspacing_m = 3\n', encoding="utf-8"
    )
    options = ["--ground-spacing", "5", "--json", "--lang", "en", "--log-file", "out/job.log"]
    done = heliotwin("solar", "--config", "job.toml", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    summary = json.loads(done.out)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["identity"]["spacing_m"] == 3 and manifest["identity"]["ground_spacing_m"] == 5
    assert manifest["inputs"][0]["name"] == "town.city.json" and len(manifest["inputs"][0]["sha256"]) == 64
    assert set(summary["files"]) <= {path.name for path in (tmp_path / "out").iterdir()}
    assert "--hourly" not in done.err
    assert "io_citygml.read" in (tmp_path / "out" / "job.log").read_text(encoding="utf-8")


@pytest.mark.usefixtures("small_pictures")
def test_hourly_cube(tmp_path: Path) -> None:
    import zarr

    write_town(tmp_path / "town.city.json", street()[:2])
    options = ["--hourly", "--sky", "145", "--spacing", "3", "--ground-spacing", "10"]
    done = called("solar", "town.city.json", "-o", "out", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    cube = zarr.open_group(str(tmp_path / "out" / "hourly.zarr"), mode="r")
    import pandas as pd

    table = pd.read_parquet(tmp_path / "out" / "surfaces.parquet").set_index("surface_id")
    names = [str(name) for name in cube["surface"][:]]
    total = (cube["direct"][:] + cube["diffuse"][:] + cube["reflected"][:]).sum(axis=1) / 1000
    assert cube["direct"].shape == (len(names), 8760)
    for name, value in zip(names, total, strict=True):
        assert value == pytest.approx(table.loc[name, "irradiation_kwh_m2"], rel=1e-4)
    power = dict(zip(names, cube["pv_ac"][:].sum(axis=1), strict=True))
    planted = table[table["pv_kwp"] > 0]
    assert len(planted) >= 2
    for name in names:
        if name in planted.index:
            assert power[name] == pytest.approx(planted.loc[name, "value_phys"], rel=1e-4)
        else:
            assert power[name] != power[name]  # no plant


def test_example_job_is_a_job(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text(example(), encoding="utf-8")
    job = check_job(read_job(tmp_path / "job.toml"))
    assert job.out == tmp_path / "result" and job.sky == 577
    (tmp_path / "job.toml").write_text('cities = ["a"]\nout = "b"\nspaceing = 3\n', encoding="utf-8")
    with pytest.raises(TwinError, match="spaceing"):
        check_job(read_job(tmp_path / "job.toml"))


def test_a_city_without_buildings(tmp_path: Path) -> None:
    write_town(tmp_path / "none.city.json", [])
    shown = called("inspect", "none.city.json", "--json", cwd=tmp_path)
    assert shown.code == 0 and json.loads(shown.out)["solids_by_trimesh"]["objects"] == 0
    done = called("solar", "none.city.json", "-o", "out", cwd=tmp_path)
    assert done.code == 1 and "no roof, wall or ground" in done.err


@pytest.mark.usefixtures("small_pictures")
def test_weather_of_another_sun_is_said(tmp_path: Path) -> None:
    """Clear days recorded further west: their beam comes while the sun here is lower, or long down."""
    write_town(tmp_path / "town.city.json", street()[:1])
    sun = [max(0.0, float(np.sin((hour - 6) / 12 * np.pi))) for hour in range(24)]
    rows = "".join(f"2026-06-21T{hour:02d}:00,{800 * s:.1f},{200 * s:.1f}\n" for hour, s in enumerate(sun))
    options = ["--sky", "145", "--spacing", "5", "--ground-spacing", "20", "--weather", "west.csv"]
    head = "# latitude: {}\n# longitude: {}\n# utc_offset: {}\n# label: start\ntime,ghi,dhi\n"
    (tmp_path / "west.csv").write_text(head.format(40, -100, "-07:00") + rows, encoding="utf-8")
    refused = called("solar", "town.city.json", "-o", "out", *options, cwd=tmp_path)
    assert refused.code == 1 and "under another sun" in refused.err
    (tmp_path / "west.csv").write_text(head.format(43, -3, "+00:00") + rows, encoding="utf-8")
    done = called("solar", "town.city.json", "-o", "out", *options, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "another climate" in json.loads(done.out)["weather"]["warnings"][0]
    asked = called("query", "out", "--all", "--weather", "west.csv", cwd=tmp_path)
    assert asked.code == 0 and "another climate" in asked.out
    (tmp_path / "far.csv").write_text(head.format(40, -100, "-07:00") + rows, encoding="utf-8")
    far = called("query", "out", "--all", "--weather", "far.csv", "-o", "answer.csv", cwd=tmp_path)
    assert far.code == 1 and not (tmp_path / "answer.csv").exists()
    again = [*options[:-1], "far.csv"]
    assert called("solar", "town.city.json", "-o", "out", *again, cwd=tmp_path).code == 1
    assert called("query", "out", "--all", cwd=tmp_path).code == 0  # the earlier result still stands
