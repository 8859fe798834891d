"""What a city report is given: whatever cannot be reported is named before anything is written, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas
import pytest
import shapely
import typer
from oracles.pv_city import CRS, SOUTH, STEP_M, WEST, write_city, write_districts, write_sites
from oracles.report_reading import page_rows
from typer.testing import CliRunner

from twin.cityreport import run
from twin.cityreport.facts import Asked
from twin.cityreport.run import CSV, FILES, HTML, PACKAGE, PDF, city_report, lines
from twin.cli.report import report as report_verb
from twin.errors import TwinError
from twin.export.report_folder import ASIDE, HEAD
from twin.report import city_report as city_report_module
from twin.report.picture import Picture
from twin.store import digest_of, sha256_of

pytest.importorskip("typst")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(tmp_path_factory.mktemp("city") / "out")


@pytest.fixture
def districts(tmp_path: Path) -> Path:
    return write_districts(tmp_path / "bezirke.gpkg")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PDF and pictures do not matter they take no time."""
    monkeypatch.setattr(run, "city_pdf", lambda *_: b"%PDF")
    for function, name in (("energy_map", "map_energy"), ("class_map", "map_classes"), ("energy_chart", "energy"),
                           ("class_chart", "classes")):  # fmt: skip
        drawn = Picture(name, b"png", 100.0, 50.0, "", "")
        monkeypatch.setattr(city_report_module, function, lambda *_, drawn=drawn: drawn)


def write_layer(path: Path, names: object, column: str = "name", layer: str | None = None) -> Path:
    """Three strips of the city from west to east."""
    shapes = [
        shapely.box(WEST + n * 2 * STEP_M - 5, SOUTH - 5, WEST + (n + 1) * 2 * STEP_M - 5, SOUTH + 300)
        for n in range(3)
    ]
    columns = {} if names is None else {column: names}
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_file(path, **({"layer": layer} if layer else {}))
    return path


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def refused(job: Path, districts: Path, sites: Path | None, folder: Path) -> str:
    with pytest.raises(TwinError) as caught:
        city_report(job, Asked(districts, sites), "de", folder)
    assert not folder.exists()
    return str(caught.value)


def test_what_cannot_be_reported_is_named_and_nothing_is_written(job: Path, districts: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bericht"
    assert "--districts" in refused(job, tmp_path / "fehlt.gpkg", None, folder)
    assert "`heliotwin sites`" in refused(job, districts, districts, folder)
    assert "fehlt.gpkg: no such file" in refused(job, districts, tmp_path / "fehlt.gpkg", folder)
    copy = tmp_path / "copy"
    shutil.copytree(job, copy)
    report = json.loads((copy / "report.json").read_text(encoding="utf-8"))
    (copy / "report.json").write_text(json.dumps({**report, "pv": None}), encoding="utf-8")
    assert "--no-pv" in refused(copy, districts, None, folder)
    table = geopandas.read_parquet(copy / "surfaces.parquet").drop(columns="pv_kwp")
    table.to_parquet(copy / "surfaces.parquet")
    assert "surfaces.parquet: no column pv_kwp" in refused(copy, districts, None, folder)
    (copy / "finished.json").unlink()
    assert "not finished" in refused(copy, districts, None, folder)


def test_the_folder_cannot_be_a_file(job: Path, districts: Path, tmp_path: Path) -> None:
    (tmp_path / "bericht").write_text("mine", encoding="utf-8")
    with pytest.raises(TwinError, match="name another folder"):
        city_report(job, Asked(districts), "de", tmp_path / "bericht")
    assert (tmp_path / "bericht").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("spelt", ["districts.gpkg", "x/../districts.gpkg", "districts.gpkg:districts"])
def test_a_report_never_replaces_what_it_reads(job: Path, tmp_path: Path, spelt: str) -> None:
    """Whatever way the layer is named."""
    folder = tmp_path / "mine"
    (folder / "x").mkdir(parents=True)
    write_layer(folder / PACKAGE, ["a", "b", "c"])
    before = bytes_in(folder)
    with pytest.raises(TwinError, match=r"districts\.gpkg: is read by this report .* name another folder"):
        city_report(job, Asked(folder / spelt), "de", folder)
    assert bytes_in(folder) == before and not (folder / ASIDE).exists()


def test_nor_does_it_replace_a_layer_of_another_case_or_its_sites(job: Path, districts: Path, tmp_path: Path) -> None:
    """A file system that tells no case apart has one file under both names, as `samefile` says."""
    folder = tmp_path / "mine"
    folder.mkdir()
    sites = write_sites(folder / "sites.gpkg")
    shutil.move(sites, folder / CSV)
    with pytest.raises(TwinError, match=r"districts\.csv: is read by this report"):
        city_report(job, Asked(districts, folder / CSV), "de", folder)
    upper = write_layer(folder / "DISTRICTS.GPKG", ["a", "b", "c"])
    if (folder / PACKAGE).exists():  # Windows, macOS
        with pytest.raises(TwinError, match="is read by this report"):
            city_report(job, Asked(upper), "de", folder)
    geodatabase = tmp_path / "districts.gdb"
    write_gdb(geodatabase)
    with pytest.raises(TwinError, match="is read by this report"):
        city_report(job, Asked(geodatabase), "de", geodatabase)


@pytest.mark.usefixtures("quick")
def test_only_what_an_earlier_report_wrote_is_replaced(job: Path, districts: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / CSV).write_text("mine", encoding="utf-8")
    with pytest.raises(TwinError, match=r"districts\.csv: is there already and no earlier report wrote it"):
        city_report(job, Asked(districts), "de", folder)
    assert sorted(bytes_in(folder)) == [CSV, "notes.txt"] and not (folder / ASIDE).exists()
    (folder / CSV).unlink()
    city_report(job, Asked(districts), "de", folder)
    first = bytes_in(folder)
    assert sorted(first) == sorted([*FILES, HEAD, "notes.txt"])
    head = json.loads(first[HEAD])
    assert head["finished"] and head["files"] == list(FILES) and head["inputs"][0]["sha256"] == sha256_of(districts)
    city_report(job, Asked(districts, None, "Neu"), "en", folder)
    second = bytes_in(folder)
    assert second["notes.txt"] == b"mine" and second[HTML] != first[HTML]
    (folder / HEAD).write_text("{}", encoding="utf-8")
    with pytest.raises(TwinError, match="not the head of a report"):
        city_report(job, Asked(districts), "de", folder)


@pytest.mark.usefixtures("quick")
def test_a_report_that_breaks_off_leaves_the_earlier_one(
    job: Path, districts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bericht"
    city_report(job, Asked(districts), "de", folder)
    before = bytes_in(folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "write_csv", full)
    with pytest.raises(TwinError, match=r"cannot be written .No space left"):
        city_report(job, Asked(districts, None, "Neu"), "de", folder)
    assert bytes_in(folder) == before and not (folder / ASIDE).exists()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("names", "column", "wanted", "expected"),
    [
        (["A", None, None], "name", None, ["A", "Bezirk 2", "Bezirk 3"]),
        (["Bezirk 2", None, " "], "NAME", None, ["Bezirk 2", "Bezirk 3", "Bezirk 4"]),
        (["Nord", "Süd", "Ost"], "STADTTEIL", None, ["Nord", "Süd", "Ost"]),
        ([7, 8, 9], "Ortsbezirk", None, ["7", "8", "9"]),
        (["x", "y", "z"], "Viertel", "viertel", ["x", "y", "z"]),
        (None, "", None, ["Bezirk 1", "Bezirk 2", "Bezirk 3"]),
    ],
)
def test_no_district_gets_lost(
    job: Path, tmp_path: Path, names: object, column: str, wanted: str | None, expected: list[str]
) -> None:
    layer = write_layer(tmp_path / "a.gpkg", names, column)
    summary = city_report(job, Asked(layer, None, "", wanted), "de", tmp_path / "b")
    assert [row["district"] for row in summary["districts"]] == [*expected, "außerhalb"]
    assert sum(row["buildings"] for row in summary["districts"]) == 36
    said = " ".join(summary["warnings"])
    assert ("nummeriert" in said) == any(name.startswith("Bezirk") and name not in (names or []) for name in expected)
    assert all(any(name in row for row in page_rows(tmp_path / "b" / HTML)) for name in expected)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(job: Path, tmp_path: Path) -> None:
    layer = write_layer(tmp_path / "a.gpkg", ["x", "y", "z"], "Viertel")
    with pytest.raises(TwinError, match="no column 'Bezirk' – its columns are Viertel"):
        city_report(job, Asked(layer, None, "", "Bezirk"), "de", tmp_path / "b")


def write_gdb(path: Path) -> Path:
    shapes = [shapely.MultiPolygon([shapely.box(WEST - 5, SOUTH - 5, WEST + 300, SOUTH + 300)])]
    frame = geopandas.GeoDataFrame({"name": ["Stadt"]}, geometry=shapes, crs=CRS)
    frame.to_file(path, driver="OpenFileGDB", layer="bezirke")
    return path


@pytest.mark.usefixtures("quick")
def test_a_geodatabase_is_a_folder_with_a_hash(job: Path, tmp_path: Path) -> None:
    path = write_gdb(tmp_path / "stadt.gdb")
    city_report(job, Asked(path), "en", tmp_path / "b")
    entry = json.loads((tmp_path / "b" / HEAD).read_text(encoding="utf-8"))["inputs"][0]
    assert entry["name"] == "stadt.gdb" and entry["sha256"] == digest_of(path)
    assert entry["bytes"] == sum(file.stat().st_size for file in path.iterdir())
    next(path.glob("*.gdbtable")).write_bytes(b"other")
    assert digest_of(path) != entry["sha256"]


@pytest.mark.usefixtures("quick")
def test_layers_that_are_not_read_are_said_and_can_be_named(job: Path, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.gpkg", ["a", "b", "c"], layer="neu")
    frame = geopandas.read_file(path)
    frame.assign(name=["d", "e", "f"]).to_file(path, layer="alt")
    frame.set_geometry(frame.centroid).to_file(path, layer="punkte")
    first = city_report(job, Asked(path), "en", tmp_path / "b")
    assert [row["district"] for row in first["districts"]][:3] == ["a", "b", "c"]
    assert "read is the layer “neu”, not alt, punkte" in first["warnings"][0]
    assert first["warnings"][0] in (tmp_path / "b" / HTML).read_text(encoding="utf-8")
    second = city_report(job, Asked(Path(f"{path}:alt")), "en", tmp_path / "b")
    assert [row["district"] for row in second["districts"]][:3] == ["d", "e", "f"]
    with pytest.raises(TwinError, match="no layer 'x' with geometry – there are neu, alt, punkte"):
        city_report(job, Asked(Path(f"{path}:x")), "en", tmp_path / "b")


@pytest.mark.usefixtures("quick")
def test_districts_of_another_city_are_refused_and_of_half_of_it_said(job: Path, tmp_path: Path) -> None:
    def layer(shift_m: float) -> Path:
        shape = shapely.box(WEST - 5 + shift_m, SOUTH - 5, WEST + 245 + shift_m, SOUTH + 245)
        path = tmp_path / f"{shift_m:g}.gpkg"
        geopandas.GeoDataFrame({"name": ["Stadt"]}, geometry=[shape], crs=CRS).to_file(path)
        return path

    assert "none of the job's 36 buildings lies in it" in refused(job, layer(5000.0), None, tmp_path / "b")
    # A column of six houses is a sixth of them.
    few = city_report(job, Asked(layer(2 * STEP_M)), "de", tmp_path / "c")
    many = city_report(job, Asked(layer(3 * STEP_M)), "de", tmp_path / "c")
    assert few["districts"][-1]["buildings"] == 12 and few["warnings"] == []
    assert many["warnings"] == ["18 von 36 Gebäuden liegen in keinem Bezirk. Gehören die Bezirke zu dieser Stadt?"]


def test_inputs_are_looked_at_before_the_tables(job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong layer costs no minutes."""
    called: list[str] = []
    from twin.cityreport import facts

    def note(name: str) -> Callable[..., None]:
        return lambda *_: called.append(name)

    monkeypatch.setattr(facts, "read_tables", note("tables"))
    (tmp_path / "a.gpkg").write_bytes(b"no package")
    assert "not readable as a vector file" in refused(job, tmp_path / "a.gpkg", None, tmp_path / "b")
    layer = write_layer(tmp_path / "c.gpkg", ["a", "b", "c"])
    refused(job, layer, layer, tmp_path / "b")
    assert called == []


@pytest.mark.usefixtures("quick")
def test_the_verb_prints_lines_or_json(job: Path, districts: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command("report")(report_verb)
    runner = CliRunner()
    call = [str(job), "--districts", str(districts), "--out", str(tmp_path / "a")]
    done = runner.invoke(app, [*call, "--json", "--lang", "en"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [row["district"] for row in found["districts"]][-1] == "outside"
    said = "\n".join(lines(found))
    assert "36 buildings" in said and "Überlappung: " in said and PDF in said and "warning" not in said
    assert runner.invoke(app, [*call, "--lang", "fr"]).exit_code == 2
