"""Files of a shadow study, opened as their readers open them: rasterio and rio-cogeo, geopandas, DuckDB."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import duckdb
import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import rasterio.features
import shapely
from numpy.typing import NDArray
from rio_cogeo.cogeo import cog_validate
from scipy import ndimage

from io_citygml.crs import Crs
from raytrace.bits import pack
from shadow.instants import Instants
from twin.errors import TwinError
from twin.export import shadow_cog
from twin.export.outlines import outlines
from twin.export.own_folder import check_out
from twin.export.shadow_names import file_words, stamps
from twin.export.study_files import ASIDE, KIND, OWNER, Wishes, write_study
from twin.export.study_tables import of_one_type, write_tables
from twin.study.masks import mask
from twin.study.outcome import BESTAND, IN_BOTH, NO_LAND, Day, Grid, Lit, Outcome, Scenario, Study

ROWS, COLUMNS, INSTANTS = 37, 53, 6
WEST, NORTH, CELL_M = 445_000.0, 5_548_000.0, 2.0
BERLIN = ZoneInfo("Europe/Berlin")


def blobs(seed: int, share: float) -> NDArray[np.bool_]:
    """Patches (rows, columns, instants), some of them one pixel large."""
    noise = np.random.default_rng(seed).standard_normal((ROWS, COLUMNS, INSTANTS))
    smooth = ndimage.gaussian_filter(noise, (1.5, 1.5, 0))
    return np.asarray(smooth < np.quantile(smooth, share)).reshape(-1, INSTANTS)


def made(names: tuple[str, ...] = (BESTAND, "Planung"), begin: str = "2026-03-21T06:00", step_s: int = 600) -> Outcome:
    """A study of blobs: a column of the raster is no land, and each scenario has built over some pixels."""
    pixel = np.flatnonzero(np.arange(ROWS * COLUMNS) % COLUMNS != 5)
    ground = {}
    for number, name in enumerate(names):
        there = ~blobs(50 + number, 0.1)[pixel, 0]
        ground[name] = Lit(pack(blobs(number, 0.7)[pixel] & there[:, None]), there)
    time = np.datetime64(begin, "s") + np.arange(INSTANTS) * np.timedelta64(step_s, "s")
    sun = Instants(time, float(step_s), np.linspace(3, 40, INSTANTS), np.linspace(90, 200, INSTANTS), np.zeros((6, 3)))
    day = Day(datetime.date.fromisoformat(begin[:10]), sun, ground, {})
    study = SimpleNamespace(
        grid=Grid(WEST, NORTH, CELL_M, ROWS, COLUMNS, pixel),
        scene=SimpleNamespace(crs=Crs("EPSG:25832+7837", "EPSG:25832", "EPSG:7837")),
        scenarios=tuple(Scenario(name, np.ones(1, bool), (), ()) for name in names),
        zone=BERLIN,
    )
    facts = {
        "software": "heliotwin 0.1.0",
        "title": "Prüfung",
        "inputs": [{"name": "city.gml", "sha256": "ab" * 32, "bytes": 7, "role": "city"}],
        "crs": {"horizontal": "EPSG:25832"},
        "attribution": ["Datengrundlage: Muster, verändert"],
    }
    return Outcome(cast(Study, cast(Any, study)), (day,), tables(), (), facts)


def tables() -> dict[str, pd.DataFrame]:
    """One table of each sort: lines and several lines, areas with a gap, none."""
    line = shapely.LineString([(WEST, NORTH, 101.2), (WEST + 5, NORTH, 101.2)])
    lines = [line, shapely.MultiLineString([line, shapely.transform(line, lambda p: p + 3.0, include_z=True)])]
    storeys = {"building_id": ["a\x00b", "Größe"], "hours": [1.5, 2.0], "met": [True, False]}
    areas = {"area": ["Garten", "Platz"], "share_2h": [0.5, np.nan]}
    return {
        "storeys": geopandas.GeoDataFrame(storeys, geometry=lines, crs="EPSG:25832"),
        "areas": geopandas.GeoDataFrame(areas, geometry=[shapely.box(0, 0, 3, 4), None], crs="EPSG:25832"),
        "casters": pd.DataFrame({"caster": ["x"], "first_m2h": [12.5]}),
        "none": geopandas.GeoDataFrame({"id": pd.Series([], dtype=str)}, geometry=[], crs="EPSG:25832"),
    }


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return made()


@pytest.fixture(scope="module")
def folder(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study with everything that can be wished for; do not write into it."""
    out = tmp_path_factory.mktemp("study") / "out"
    files = write_study(outcome, out, Wishes(geojson=True))
    assert sorted(files) == sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    return out


def masks_of(outcome: Outcome, scenario: str = "Planung") -> list[NDArray[np.uint8]]:
    return [mask(outcome.study, outcome.days[0], scenario, i) for i in range(INSTANTS)]


@pytest.mark.parametrize("seed", range(8))
def test_outlines_are_valid_and_those_of_gdal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(40):
        values = rng.integers(0, 3, rng.integers(1, 9, 2)).astype(np.uint8)
        found = {outline.value: outline for outline in outlines(values, (1, 2))}
        assert set(found) == set(np.unique(values).tolist()) - {0}
        for value, outline in found.items():
            chosen = values == value
            shape = shapely.transform(outline.geometry, lambda place: place * [1, -1])
            theirs = [s for s, _ in rasterio.features.shapes(values, mask=chosen, connectivity=4)]
            assert shapely.is_valid(outline.geometry), shapely.is_valid_reason(outline.geometry)
            assert shape.equals(shapely.union_all([shapely.geometry.shape(s) for s in theirs]))
            assert outline.pixels == outline.geometry.area == chosen.sum()
            assert len(outline.geometry.geoms) == ndimage.label(chosen)[1]
            for part in outline.geometry.geoms:
                assert part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors)


def test_masks_are_whole_cogs_with_colours_and_time(outcome: Outcome, folder: Path) -> None:
    names = sorted(path.name for path in (folder / "masks").iterdir())
    assert names == [f"Planung_2026-03-21T07{m}0.tif" for m in range(6)]  # 06:00 UTC is 7 o'clock in March
    for name, expected in zip(names, masks_of(outcome), strict=True):
        valid, errors, warnings = cog_validate(folder / "masks" / name, strict=True, quiet=True)
        assert valid and not errors and not warnings
        with rasterio.open(folder / "masks" / name) as file:
            assert np.array_equal(file.read(1), expected)
            assert file.crs.to_epsg() == 25832 and file.transform[:6] == (2.0, 0.0, WEST, 0.0, -2.0, NORTH)
            assert file.nodata == NO_LAND and file.dtypes == ("uint8",)
            assert [file.colormap(1)[v][:3] for v in (0, 1, 2, 3)] == list(shadow_cog.COMPARED.values())
    tags = rasterio.open(folder / "masks" / names[1]).tags()
    assert tags["time_utc"] == "2026-03-21T06:10:00Z" and tags["time_legal"] == "2026-03-21T07:10+01:00"
    assert tags["time_standard"] == "2026-03-21T07:10+01:00" and tags["sun_elevation_deg"] == "10.400"
    assert tags["scenario"] == "Planung" and "2 shaded in Planung only" in tags["values"]
    assert "sha256:abab" in tags["inputs"] and tags["attribution"] == "Datengrundlage: Muster, verändert"


def test_polygons_made_raster_again_are_the_masks(outcome: Outcome, folder: Path) -> None:
    layer = geopandas.read_file(folder / "shadows.gpkg", layer="shadows")
    assert layer.crs.to_epsg() == 25832 and layer.is_valid.all() and set(layer.geom_type) == {"MultiPolygon"}
    assert np.allclose(layer.area, layer["area_m2"], atol=1e-6)
    assert dict(zip(layer["value"], layer["kind"], strict=True)) == {1: "removed", 2: "additional", 3: "both"}
    place = rasterio.transform.from_origin(WEST, NORTH, CELL_M, CELL_M)
    instants = outcome.days[0].instants.time
    for time, expected in zip(instants, masks_of(outcome), strict=True):
        rows = layer[layer["time_utc"] == pd.Timestamp(time, tz="UTC")]
        shapes = list(zip(rows.geometry, rows["value"], strict=True))
        again = rasterio.features.rasterize(shapes, expected.shape, fill=0, transform=place, dtype="uint8")
        assert np.array_equal(again, np.where(expected == NO_LAND, 0, expected))
    assert len(layer) == 3 * len(instants)


def test_geojson_is_in_degrees_and_the_same_shapes(folder: Path) -> None:
    path = folder / "shadows" / "Planung_2026-03-21T0720.geojson"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection" and "crs" not in content and content["origin"]["title"] == "Prüfung"
    shown = geopandas.read_file(path)
    assert shown.crs.to_epsg() == 4326 and 8 < shown.total_bounds[0] < 9 and 50 < shown.total_bounds[1] < 51
    layer = geopandas.read_file(folder / "shadows.gpkg")
    layer = layer[layer["time_legal"] == "2026-03-21T07:20+01:00"]
    back = shown.to_crs("EPSG:25832").geometry.array
    assert shapely.hausdorff_distance(np.asarray(back), np.asarray(layer.geometry.array)).max() < 0.02
    for part in shown.geometry.iloc[0].geoms:
        assert part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors)


def plain_sums(outcome: Outcome, scenario: str) -> dict[str, NDArray[np.float64]]:
    """Sums said pixel by pixel; first and last in minutes after 0:00 UTC+1."""
    day, grid = outcome.days[0], outcome.study.grid
    value = [
        mask(outcome.study, Day(day.date, day.instants, {BESTAND: day.ground[scenario]}, {}), BESTAND, i)
        for i in range(INSTANTS)
    ]
    out = {name: np.full(grid.rows * grid.columns, np.nan) for name in ("hours", "first_sun", "last_sun", "longest")}
    minute = (day.instants.time - np.datetime64("2026-03-20T23:00", "s")).astype(float) / 60
    for p in range(grid.rows * grid.columns):
        seen = [int(v.ravel()[p]) for v in value]
        if seen[0] == NO_LAND:
            continue
        lit = [i for i in range(INSTANTS) if seen[i] == 0]
        out["hours"][p] = len(lit) / 6
        runs = "".join("1" if v == 0 else " " for v in seen).split()
        out["longest"][p] = max((len(run) for run in runs), default=0) / 6
        if lit:
            out["first_sun"][p], out["last_sun"][p] = minute[lit[0]], minute[lit[-1]]
    return {name: values.reshape(grid.rows, grid.columns) for name, values in out.items()}


def read_sum(path: Path) -> NDArray[np.float64]:
    assert cog_validate(path, strict=True, quiet=True)[0]
    with rasterio.open(path) as file:
        return np.where(file.read_masks(1) > 0, file.read(1), np.nan).astype(float)


def test_sums_of_a_day(outcome: Outcome, folder: Path) -> None:
    hours = {}
    for scenario in (BESTAND, "Planung"):
        for name, expected in plain_sums(outcome, scenario).items():
            got = read_sum(folder / "rasters" / f"{name}_{scenario}_2026-03-21.tif")
            assert np.allclose(got, expected, atol=1e-5, equal_nan=True), name
            if name == "hours":
                hours[scenario] = got
    change = read_sum(folder / "rasters" / "difference_Planung_2026-03-21.tif")
    assert np.allclose(change, 60 * (hours["Planung"] - hours[BESTAND]), atol=1e-3, equal_nan=True)
    with rasterio.open(folder / "rasters" / "first_sun_Planung_2026-03-21.tif") as file:
        assert file.units == ("min after midnight UTC+1",) and file.tags()["date"] == "2026-03-21"
    assert not (folder / "rasters" / f"difference_{BESTAND}_2026-03-21.tif").exists()


def test_tables_in_every_form(folder: Path) -> None:
    layers = dict(pyogrio.list_layers(folder / "study.gpkg").tolist())
    assert layers == {"storeys": "MultiLineString Z", "areas": "Polygon", "casters": None, "none": "Unknown"}
    storeys = geopandas.read_file(folder / "study.gpkg", layer="storeys")
    assert storeys["building_id"].tolist() == ["a\\x00b", "Größe"] and storeys["met"].tolist() == [True, False]
    assert storeys.crs.to_epsg() == 25832 and storeys.geometry.has_z.all()
    assert geopandas.read_file(folder / "study.gpkg", layer="areas").geometry.isna().tolist() == [False, True]
    query = f"SELECT building_id, hours FROM '{(folder / 'tables' / 'storeys.parquet').as_posix()}' ORDER BY hours"
    assert duckdb.sql(query).fetchall() == [("a\\x00b", 1.5), ("Größe", 2.0)]
    assert geopandas.read_parquet(folder / "tables" / "areas.parquet").crs.to_epsg() == 25832
    text = (folder / "tables" / "storeys.csv").read_text(encoding="utf-8")
    assert text == "building_id,hours,met\na\\x00b,1.5000,True\nGröße,2.0000,False\n"
    said = pyogrio.read_info(folder / "study.gpkg", layer="casters")["layer_metadata"]
    assert said["software"] == "heliotwin 0.1.0"


def test_bestand_alone_has_masks_of_its_own(tmp_path: Path) -> None:
    alone = made((BESTAND,))
    write_study(alone, tmp_path / "out", Wishes())
    names = sorted(path.name for path in (tmp_path / "out" / "masks").iterdir())
    assert names[0] == "Bestand_2026-03-21T0700.tif" and len(names) == INSTANTS
    with rasterio.open(tmp_path / "out" / "masks" / names[0]) as file:
        assert set(np.unique(file.read(1)).tolist()) == {0, 1, NO_LAND}
        assert file.colormap(1)[1][:3] == shadow_cog.GREY
    assert set(geopandas.read_file(tmp_path / "out" / "shadows.gpkg")["kind"]) == {"bestand"}


def test_same_state_twice_leaves_no_additional_shadow(tmp_path: Path, outcome: Outcome) -> None:
    outcome = made()
    outcome.days[0].ground["Planung"] = outcome.days[0].ground[BESTAND]
    write_study(outcome, tmp_path / "out", Wishes())
    assert set(geopandas.read_file(tmp_path / "out" / "shadows.gpkg")["value"]) == {IN_BOTH}
    change = read_sum(tmp_path / "out" / "rasters" / "difference_Planung_2026-03-21.tif")
    assert set(np.unique(change[np.isfinite(change)]).tolist()) == {0.0}


def test_the_hour_that_comes_twice_has_two_names(tmp_path: Path) -> None:
    autumn = made(begin="2026-10-25T00:20", step_s=1200)  # 2:20 summer time … 3:00 standard time
    write_study(autumn, tmp_path / "out", Wishes(sums=False, csv=False))
    stems = sorted(path.stem.removeprefix("Planung_2026-10-25T") for path in (tmp_path / "out" / "masks").iterdir())
    assert stems == ["0200+0100", "0220+0100", "0220+0200", "0240+0100", "0240+0200", "0300"]
    assert not (tmp_path / "out" / "rasters").exists()


def test_stamps_say_every_clock() -> None:
    summer = stamps(np.array(["2026-06-21T11:00"], "datetime64[s]"), BERLIN)[0]
    assert summer.file == "2026-06-21T1300"
    assert summer.words() == {
        "time_utc": "2026-06-21T11:00:00Z",
        "time_legal": "2026-06-21T13:00+02:00",
        "time_standard": "2026-06-21T12:00+01:00",
    }


def test_scenarios_become_names_that_every_file_system_takes() -> None:
    words = file_words(["Bestand", "Süd/West: 12 m", "bestand", "ohne DE_1", "???", "x" * 300])
    assert list(words.values()) == ["Bestand", "Süd-West-12-m", "bestand-2", "ohne-DE-1", "scenario", "x" * 60]


@pytest.mark.parametrize("what", ["no land", "no sun"])
def test_nothing_to_draw_leaves_tables_alone(what: str, tmp_path: Path) -> None:
    outcome = made()
    day = outcome.days[0]
    if what == "no land":
        object.__setattr__(outcome.study, "grid", Grid(WEST, NORTH, CELL_M, 0, 0, np.zeros(0, np.int64)))
    else:
        sun = Instants(day.instants.time[:0], 600.0, np.zeros(0), np.zeros(0), np.zeros((0, 3)))
        ground = {name: Lit(lit.bits[:, :0], lit.there) for name, lit in day.ground.items()}
        object.__setattr__(outcome, "days", (Day(day.date, sun, ground, {}),))
    files = write_study(outcome, tmp_path / "out", Wishes(geojson=True))
    assert "study.gpkg" in files and not [name for name in files if name.startswith(("masks", "shadows"))]
    if what == "no sun":
        assert np.nanmax(read_sum(tmp_path / "out" / "rasters" / "hours_Planung_2026-03-21.tif")) == 0.0


def test_a_study_replaces_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_study(made(), out, Wishes(geojson=True))
    (out / "map.qgz").write_text("a user's own", encoding="utf-8")
    (out / "masks" / "note.txt").write_text("a user's own", encoding="utf-8")
    files = write_study(made(("Bestand", "Nullfall")), out, Wishes(csv=False), more=write_note)
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == {*files, "map.qgz", "masks/note.txt"}
    assert "report.pdf" in files and not (out / "shadows").exists() and not (out / ASIDE).exists()
    head = json.loads((out / "study.json").read_text(encoding="utf-8"))
    assert head["kind"] == KIND and head["finished"] is True and head["title"] == "Prüfung"
    assert sorted([*head["files"], "study.json"]) == sorted(files) and check_out(out, OWNER) == head["files"]


def write_note(folder: Path) -> list[str]:
    (folder / "report.pdf").write_bytes(b"%PDF")
    return ["report.pdf"]


def test_a_failure_leaves_the_study_before_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def fail(folder: Path) -> list[str]:
        raise TwinError("the report cannot be made")

    with pytest.raises(TwinError, match="report"):
        write_study(made(), out, Wishes(), more=fail)
    assert not out.exists()
    write_study(made(), out, Wishes())
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(TwinError, match="report"):
        write_study(made(("Bestand", "Nullfall")), out, Wishes(), more=fail)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_folders_of_others_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(TwinError, match="not empty and not a shadow study – name another folder"):
        write_study(made(), out, Wishes())
    assert [path.name for path in out.iterdir()] == ["letter.txt"]
    with pytest.raises(TwinError, match="is a file"):
        check_out(out / "letter.txt", OWNER)
    (out / "study.json").write_text('{"schema": 1}', encoding="utf-8")
    with pytest.raises(TwinError, match="not the head of a shadow study"):
        check_out(out, OWNER)
    newer = {"schema": 99, "kind": KIND, "files": []}
    (out / "study.json").write_text(json.dumps(newer), encoding="utf-8")
    with pytest.raises(TwinError, match="newer"):
        check_out(out, OWNER)
    outside = {"schema": 1, "kind": KIND, "files": ["../letter.txt", "/etc/hosts", "study.gpkg", 7]}
    (out / "study.json").write_text(json.dumps(outside), encoding="utf-8")
    assert check_out(out, OWNER) == ["study.gpkg"]


def test_a_file_of_the_users_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_study(made(), out, Wishes(polygons=False))
    (out / "shadows.gpkg").write_text("a user's own", encoding="utf-8")
    with pytest.raises(TwinError, match=r"shadows\.gpkg: is there already"):
        write_study(made(), out, Wishes())
    assert (out / "shadows.gpkg").read_text(encoding="utf-8") == "a user's own"


def test_same_study_same_bytes(outcome: Outcome, folder: Path, tmp_path: Path) -> None:
    write_study(outcome, tmp_path / "again", Wishes(geojson=True))
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(folder)).read_bytes(), path


def test_tables_without_rows_or_none_at_all(tmp_path: Path) -> None:
    assert write_tables({}, tmp_path, {}, csv=True) == []
    assert not (tmp_path / "study.gpkg").exists()


def test_empty_geometries_are_none(tmp_path: Path) -> None:
    """Beside multiple ones too: GDAL would write a collection into a layer of polygons."""
    square = shapely.box(0.0, 0.0, 1.0, 1.0)
    empties = [shapely.Polygon(), shapely.GeometryCollection(), None]
    for shapes, kind in (([square], "Polygon"), ([square, shapely.MultiPolygon([square])], "MultiPolygon")):
        frame = geopandas.GeoDataFrame({"n": range(len(shapes) + 3)}, geometry=[*shapes, *empties], crs="EPSG:25832")
        shown, found = of_one_type(frame)
        assert found == kind and shown.geometry.notna().tolist() == [True] * len(shapes) + [False] * 3
        write_tables({"places": frame}, tmp_path, {}, csv=False)
        assert geopandas.read_file(tmp_path / "study.gpkg").geometry.notna().sum() == len(shapes)
    assert of_one_type(frame[-3:])[1] == "Unknown"
