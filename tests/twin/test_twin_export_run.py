"""`heliotwin export` through its command: every format of a job and of a study, and what is refused.

What stands in each format: the tests of its own writer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from oracles.district import write_part
from oracles.small_study import write_small_study
from typer.testing import CliRunner

from twin.cli.main import app
from twin.config import check_job
from twin.deliver import write_files
from twin.errors import ConfigError
from twin.export.options import OF_JOB, OF_STUDY
from twin.export.own_folder import folder_aside
from twin.export.run import ASIDE
from twin.job import cells_of, run_solar
from twin.serve.viewer_static import viewer_pages


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


# Values of layer entries that name something else than a file of the export.
URL = re.compile(r"[^\s]+\.(?:json|png|svg|tif|czml|geojson|webp)")


def addresses(found: Any) -> Iterator[str]:
    """Every address of a file in a layer entry, templates of tiles apart."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        for value in found:
            yield from addresses(value)
    elif isinstance(found, str) and URL.fullmatch(found) and "{" not in found:
        yield unquote(found)


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file of an export as text, but for CesiumJS; in what is binary, words stand as they are, or zipped."""
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] != "cesium":
            yield path, path.read_bytes().decode("utf-8", "replace")


def checked(folder: Path, summary: dict[str, object]) -> dict[str, object]:
    """The head of an export whose files are all there, and nothing else."""
    head = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*head["files"], "export.json"} and head["finished"]
    assert summary["files"] == len(there) and (folder / str(head["main"])).is_file()
    assert "metadata/iso19139.xml" in there and "README.md" in there
    for entry in (folder / "layers").glob("*.json"):
        for named in addresses(json.loads(entry.read_text(encoding="utf-8"))):
            assert named in there, f"{entry.name} names {named}, which nobody wrote"
    return head


@pytest.mark.parametrize("name", OF_JOB)
def test_every_format_of_a_job(job: Path, tmp_path: Path, name: str) -> None:
    code, said = call(job, "--to", name, "-d", tmp_path / "x", "--json")
    assert code == 0, said
    summary = json.loads(said)
    head = checked(tmp_path / "x", summary)
    assert head["format"] == name and any("verändert" in line for line in head["attribution"])
    for path, text in texts(tmp_path / "x"):
        # the viewer's own code is not of the job
        assert job.parent.as_posix() not in text and tmp_path.as_posix() not in text, path


def test_a_viewer_has_the_clock_that_is_asked_for(job: Path, tmp_path: Path) -> None:
    for option, zone in (((), "Europe/Berlin"), (("--tz", "Asia/Tokyo"), "Asia/Tokyo")):
        code, said = call(job, "--to", "viewer", "-d", tmp_path / "x", *option)
        assert code == 0, said
        head = json.loads((tmp_path / "x" / "data" / "viewer.json").read_text(encoding="utf-8"))
        assert head["zone"] == zone
    code, said = call(job, "--to", "viewer", "-d", tmp_path / "y", "--tz", "Berlin")
    assert code != 0 and "Europe/Berlin" in said and not (tmp_path / "y").exists()


@pytest.mark.parametrize("name", OF_STUDY)
def test_every_format_of_a_study(study: Path, tmp_path: Path, name: str) -> None:
    code, said = call(study, "--to", name, "-d", tmp_path / "x", "--json", "--title", "Turm am Markt")
    assert code == 0, said
    head = checked(tmp_path / "x", json.loads(said))
    assert (head["format"], head["title"]) == (name, "Turm am Markt")
    for path, text in texts(tmp_path / "x"):
        assert study.parent.as_posix() not in text and tmp_path.as_posix() not in text, path
    own = {"czml": "*.czml", "geojson": "index.json", "xyz": "WMTSCapabilities.xml", "pmtiles": "style.json"}
    assert all(
        "Turm am Markt" in path.read_text(encoding="utf-8") for path in (tmp_path / "x").glob(own.get(name, "-"))
    )
    metadata = (tmp_path / "x" / "metadata" / "iso19139.xml").read_text(encoding="utf-8")
    assert "Schattenstudie Turm am Markt" in metadata
    if name in ("cog", "xyz"):
        services = json.loads((tmp_path / "x" / "layers" / "masterportal-services.json").read_text(encoding="utf-8"))
        shown = {str(entry["legend"]) for entry in services}
        assert {"legend_shadow_de.png", "legend_hours_de.png", "legend_difference_de.png"} <= shown


@pytest.mark.parametrize(("of", "name"), [("job", "pmtiles"), ("study", "pmtiles")])
def test_map_tiles_say_where_they_will_lie(request: pytest.FixtureRequest, tmp_path: Path, of: str, name: str) -> None:
    publisher = tmp_path / "publisher.toml"
    publisher.write_text('[publisher]\nbase_url = "https://geo.stadt.example/solar/"\n', encoding="utf-8")
    source = request.getfixturevalue(of)
    code, said = call(source, "--to", name, "-d", tmp_path / "x", "--publisher", publisher)
    assert code == 0, said
    style = json.loads((tmp_path / "x" / "style.json").read_text(encoding="utf-8"))
    (archive,) = (tmp_path / "x").glob("*.pmtiles")
    assert style["sources"]["heliotwin"]["url"] == f"pmtiles://https://geo.stadt.example/solar/{archive.name}"


def test_a_second_export_takes_the_place_of_the_first(job: Path, tmp_path: Path) -> None:
    assert call(job, "--to", "gpkg", "-d", tmp_path)[0] == 0
    (tmp_path / "own.log").write_text("mine", encoding="utf-8")
    assert call(job, "--to", "csv", "-d", tmp_path)[0] == 0
    assert not list(tmp_path.glob("*.gpkg")) and (tmp_path / "own.log").is_file()


def test_two_exports_at_a_time_into_one_folder(job: Path, tmp_path: Path) -> None:
    """The second is refused and leaves the first what it has; what a killed one left is nobody's."""
    out = tmp_path / "x"
    with folder_aside(out, ASIDE) as aside:
        (aside / "half.txt").write_text("half", encoding="utf-8")
        code, said = call(job, "--to", "csv", "-d", out)
        assert code == 1 and "another run is writing there" in said
        assert (aside / "half.txt").is_file()
    assert not out.exists()
    (out / ASIDE).mkdir(parents=True)
    (out / ASIDE / "old.txt").write_text("old", encoding="utf-8")
    (out / f"{ASIDE}.lock").touch()
    assert call(job, "--to", "csv", "-d", out)[0] == 0
    assert not [path for path in out.rglob("*") if path.name.startswith((".", "old"))]


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
        ((job, "--to", "gpkg", "--study", study, "-d", tmp_path / "x"), "--to viewer reads it"),
    ):
        code, said = call(*arguments)
        assert code != 0 and says in said, said
        assert not (tmp_path / "x").exists(), arguments
    assert [path.name for path in full.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("of", "to", "option", "readers"),
    [
        ("job", "csv", ("--profile", "vcmap"), "--to 3dtiles reads"),
        ("job", "viewer", ("--colour", "surface"), "--to 3dtiles reads"),
        ("job", "gpkg", ("--compress", "none"), "--to 3dtiles reads"),
        ("job", "cog", ("--heights", "EPSG:7837"), "--to 3dtiles and --to viewer and --to citygml and --to cityjson"),
        ("job", "gpkg", ("--geoid", "grid.tif"), "--to 3dtiles and --to viewer read"),
        ("job", "cog", ("--image", "webp"), "--to xyz reads"),
        ("job", "cog", ("--months",), "--to xyz reads"),
        ("job", "3dtiles", ("--tz", "Europe/Rome"), "--to viewer reads"),
        ("study", "czml", ("--tz", "Europe/Rome"), "leave it out"),
        ("job", "gpkg", ("--city", "city.gml"), "--to citygml and --to cityjson read"),
        ("study", "xyz", ("--months",), "leave it out"),
        ("study", "czml", ("--geoid", "grid.tif"), "leave it out"),
        ("study", "pmtiles", ("--image", "png"), "--to xyz reads"),
    ],
)
def test_an_option_that_nothing_reads_is_a_wrong_call(
    request: pytest.FixtureRequest, tmp_path: Path, of: str, to: str, option: tuple[str, ...], readers: str
) -> None:
    done = CliRunner().invoke(
        app, ["export", str(request.getfixturevalue(of)), "--to", to, "-d", str(tmp_path / "x"), *option]
    )
    assert isinstance(done.exception, ConfigError), done.output  # exit code 2 of `twin.cli.main.main`
    assert option[0] in str(done.exception) and readers in str(done.exception)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", OF_JOB)
def test_no_file_says_that_anybody_objected(job: Path, tmp_path: Path, name: str) -> None:
    import pandas as pd

    building = pd.read_parquet(job / "buildings.parquet", columns=["building_id"])["building_id"].iloc[0]
    (tmp_path / "ids.csv").write_text(f"id\n{building}\n", encoding="utf-8")
    code, said = call(job, "--to", name, "--suppress", tmp_path / "ids.csv", "-d", tmp_path / "x", "--json")
    assert code == 0 and json.loads(said)["suppressed"]["buildings"] == 1, said
    with viewer_pages() as of_the_package:
        pages = {path.name for path in of_the_package.rglob("*")} if name == "viewer" else set()
    for path, text in texts(tmp_path / "x"):
        if path.name not in pages:
            found = re.findall(r"suppress\w*|Widerspruch\w*|Art\. 21|objecti\w*|objected", text)
            assert not found, f"{path.relative_to(tmp_path)}: {found[:3]}"


def test_an_objection_is_counted(job: Path, tmp_path: Path) -> None:
    import pandas as pd

    building = pd.read_parquet(job / "buildings.parquet", columns=["building_id"])["building_id"].iloc[0]
    (tmp_path / "ids.csv").write_text(f"id\n{building}\n", encoding="utf-8")
    code, said = call(job, "--to", "csv", "--suppress", tmp_path / "ids.csv", "-d", tmp_path / "x", "--json")
    assert code == 0 and json.loads(said)["suppressed"]["buildings"] == 1
    code, said = call(job, "--to", "csv", "--suppress", tmp_path / "ids.csv", "-d", tmp_path / "x")
    assert code == 0 and "results of 1 buildings" in said
