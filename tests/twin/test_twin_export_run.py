"""`heliotwin export` through its command: every format of a job and of a study, and what is refused.

What stands in each format: the tests of its own writer.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from oracles.district import write_part
from oracles.small_study import write_small_study
from typer.testing import CliRunner

from twin.cli.main import app
from twin.config import check_job
from twin.deliver import write_files
from twin.export.options import OF_JOB, OF_STUDY
from twin.job import cells_of, run_solar


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A block of the demo district, CityGML."""
    folder = tmp_path_factory.mktemp("job")
    options = {"cities": [write_part(folder / "block.gml")], "out": folder / "out", "sky": 145, "spacing_m": 4.0}
    done = run_solar(check_job({**options, "ground_spacing_m": 8.0, "ground_margin_m": 10.0}), lambda *_: None)
    done.store.finish(cells_of(done.prepared), write_files(done))
    return done.store.root


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_study(tmp_path_factory.mktemp("study"))


def call(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["export", *map(str, arguments)])
    return done.exit_code, done.output + str(done.exception or "")


def checked(folder: Path, summary: dict[str, object]) -> dict[str, object]:
    """The head of an export whose files are all there, and nothing else."""
    head = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*head["files"], "export.json"} and head["finished"]
    assert summary["files"] == len(there) and (folder / str(head["main"])).is_file()
    assert "metadata/iso19139.xml" in there and "README.md" in there
    return head


@pytest.mark.parametrize("name", OF_JOB)
def test_every_format_of_a_job(job: Path, tmp_path: Path, name: str) -> None:
    code, said = call(job, "--to", name, "-d", tmp_path / "x", "--json")
    assert code == 0, said
    summary = json.loads(said)
    head = checked(tmp_path / "x", summary)
    assert head["format"] == name and any("verändert" in line for line in head["attribution"])
    assert str(job) not in (tmp_path / "x" / "export.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OF_STUDY)
def test_every_format_of_a_study(study: Path, tmp_path: Path, name: str) -> None:
    code, said = call(study, "--to", name, "-d", tmp_path / "x", "--json")
    assert code == 0, said
    assert checked(tmp_path / "x", json.loads(said))["format"] == name


def test_a_second_export_takes_the_place_of_the_first(job: Path, tmp_path: Path) -> None:
    assert call(job, "--to", "gpkg", "-d", tmp_path)[0] == 0
    (tmp_path / "own.log").write_text("mine", encoding="utf-8")
    assert call(job, "--to", "csv", "-d", tmp_path)[0] == 0
    assert not list(tmp_path.glob("*.gpkg")) and (tmp_path / "own.log").is_file()


def test_what_is_refused_leaves_nothing(job: Path, study: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine", encoding="utf-8")
    nobody = tmp_path / "nobody.csv"
    nobody.write_text("id\nDENW-none\n", encoding="utf-8")
    for arguments, says in (
        ((job, "--to", "gpkg", "-d", full), "not empty and not an export"),
        ((job, "--to", "czml", "-d", tmp_path / "x"), "is a job"),
        ((study, "--to", "3dtiles", "-d", tmp_path / "x"), "is a shadow study"),
        ((job, "--to", "docx", "-d", tmp_path / "x"), "take one of"),
        ((job, "--to", "3dtiles", "--profile", "unity", "-d", tmp_path / "x"), "take one of"),
        ((tmp_path, "--to", "gpkg", "-d", tmp_path / "x"), "no manifest.json"),
        ((job, "--to", "gpkg", "--suppress", nobody, "-d", tmp_path / "x"), "no such building or surface"),
        ((job, "--to", "3dtiles", "--heights", "EPSG:5783", "-d", tmp_path / "x"), "say EPSG:7837"),
        ((job, "--to", "3dtiles", "--geoid", nobody.with_suffix(".tif"), "-d", tmp_path / "x"), "no such file"),
        ((study, "--to", "cog", "--suppress", nobody, "-d", tmp_path / "x"), "leave it out"),
    ):
        code, said = call(*arguments)
        assert code != 0 and says in said, said
    assert [path.name for path in full.iterdir()] == ["letter.txt"]
    assert not (tmp_path / "x").exists() or not any((tmp_path / "x").rglob("*"))


def test_an_objection_is_counted(job: Path, tmp_path: Path) -> None:
    import pandas as pd

    building = pd.read_parquet(job / "buildings.parquet", columns=["building_id"])["building_id"].iloc[0]
    (tmp_path / "ids.csv").write_text(f"id\n{building}\n", encoding="utf-8")
    code, said = call(job, "--to", "csv", "--suppress", tmp_path / "ids.csv", "-d", tmp_path / "x", "--json")
    assert code == 0 and json.loads(said)["suppressed"]["buildings"] == 1
