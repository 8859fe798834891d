"""A day's shadow as CZML, as a layer a step and as vector tiles, against the polygons of the study itself."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from twin.errors import TwinError
from twin.export.shadow_names import stamps
from twin.export.shadow_polygons import Sky, shadows_of, write_shadows
from twin.export.study_files import KIND, SCHEMA
from twin.export.vectors.classes import rgb, shadows
from twin.export.vectors.czml import ALPHA, write_czml
from twin.export.vectors.map_tiles import write_study_pmtiles
from twin.export.vectors.steps import write_geojson_steps
from twin.export.vectors.study_shadows import open_shadows
from twin.report.study_canvas import GREY
from twin.study.outcome import BESTAND, Grid

BERLIN, CRS = ZoneInfo("Europe/Berlin"), "EPSG:25832"
BACK = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
ROWS, COLUMNS, CELL_M = 31, 47, 2.0
GRID = Grid(445_000.0, 5_548_000.0, CELL_M, ROWS, COLUMNS, np.arange(ROWS * COLUMNS))
SCENARIOS = ("Planung", "Null/fall")
CREDIT = ["Datengrundlage: Muster, verändert"]


def mask(seed: int) -> NDArray[np.uint8]:
    """Patches of all three shadows, with holes and single pixels."""
    noise = np.random.default_rng(seed).standard_normal((2, ROWS, COLUMNS))
    before, after = ndimage.gaussian_filter(noise, (0, 1.2, 1.2)) > 0.03
    return (before * 1 + after * 2).astype(np.uint8)


def write_study(root: Path, begin: str = "2026-03-21T06:00", step_min: int = 60) -> Path:
    """A study's head and polygons: two scenarios, three instants."""
    root.mkdir()
    times = np.datetime64(begin, "s") + np.arange(3) * np.timedelta64(step_min, "m")
    found = []
    for place, scenario in enumerate(SCENARIOS):
        for instant, when in enumerate(stamps(times, BERLIN)):
            sky = Sky(when.legal.date(), when, 5.0 + 10 * instant, 90.0 + instant)
            found += shadows_of(mask(10 * place + instant), GRID, scenario, sky)
    write_shadows(found, CRS, root / "shadows.gpkg", {})
    head = {
        "schema": SCHEMA,
        "kind": KIND,
        "finished": True,
        "files": ["shadows.gpkg"],
        "title": "Prüfung",
        "zone": "Europe/Berlin",
        "step_min": step_min,
        "crs": {"text": CRS, "horizontal": CRS, "vertical": None},
        "attribution": CREDIT,
        "software": "heliotwin",
    }
    (root / "study.json").write_text(json.dumps(head), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study") / "s")


@pytest.fixture(scope="module")
def truth(study: Path) -> geopandas.GeoDataFrame:
    return geopandas.read_file(study / "shadows.gpkg")


def metres(longitude_latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Back into the study's system, by PROJ."""
    return np.stack(BACK.transform(longitude_latitude[:, 0], longitude_latitude[:, 1]), axis=1)


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def polygon_of(packet: dict[str, dict[str, dict[str, list[float]]]]) -> shapely.Polygon:
    """The shape of a CZML packet in metres."""
    shape = packet["polygon"]
    exterior = metres(np.reshape(shape["positions"]["cartographicDegrees"], (-1, 3)))
    holes = [metres(np.reshape(ring, (-1, 3))) for ring in shape.get("holes", {}).get("cartographicDegrees", [])]
    return shapely.Polygon(exterior, holes)


def test_czml_plays_the_studys_polygons(study: Path, truth: geopandas.GeoDataFrame, tmp_path: Path) -> None:
    files = write_czml(study, tmp_path)
    assert files == ["shadow_Null-fall_2026-03-21.czml", "shadow_Planung_2026-03-21.czml"]
    assert sorted(files) == sorted(path.name for path in tmp_path.iterdir())
    for name, scenario in zip(files, ("Null/fall", "Planung"), strict=True):
        packets = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        head, origin, *shapes = packets
        assert (head["id"], head["version"]) == ("document", "1.0")
        assert head["clock"]["interval"] == "2026-03-21T05:30:00Z/2026-03-21T08:30:00Z"
        assert CREDIT[0] in origin["name"]
        assert len({packet["id"] for packet in packets}) == len(packets)
        area: dict[tuple[str, str], float] = {}
        for packet in shapes:
            start, end = map(utc, packet["availability"].split("/"))
            when = utc(packet["properties"]["time_utc"])
            assert (when - start, end - when) == (datetime.timedelta(minutes=30),) * 2
            key = (packet["properties"]["time_utc"], packet["properties"]["kind"])
            area[key] = area.get(key, 0.0) + polygon_of(packet).area
            assert "height" not in packet["polygon"]  # draped over the ground
        begins = [packet["availability"] for packet in shapes]
        assert begins == sorted(begins)
        theirs = truth[truth["scenario"] == scenario]
        assert len(area) == len(theirs) == 9
        for row in theirs.itertuples():
            key = (row.time_utc.strftime("%Y-%m-%dT%H:%M:%SZ"), row.kind)
            assert area[key] == pytest.approx(row.geometry.area, rel=2e-4)  # 1e-7° is a centimetre
            assert area[key] == pytest.approx(row.area_m2, rel=2e-4)


def test_czml_has_the_reports_colours(study: Path, tmp_path: Path) -> None:
    packets = json.loads((tmp_path / write_czml(study, tmp_path)[0]).read_text(encoding="utf-8"))
    wanted = {one.value: [*rgb(one.colour), ALPHA] for one in shadows()}
    for packet in packets[2:]:
        kind = packet["properties"]["kind"]
        assert packet["polygon"]["material"]["solidColor"]["color"]["rgba"] == wanted[kind]
        assert " / " in packet["name"]


def test_a_layer_a_step_is_rfc_7946(study: Path, truth: geopandas.GeoDataFrame, tmp_path: Path) -> None:
    files = write_geojson_steps(study, tmp_path)
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert files == [*(step["file"] for step in index["steps"]), "index.json"]
    assert sorted(files) == sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*json"))
    assert index["attribution"] == CREDIT
    assert index["zone"] == "Europe/Berlin"
    order = [(step["scenario"], step["time_utc"]) for step in index["steps"]]
    assert order == sorted(order)
    for step in index["steps"]:
        assert utc(step["time_utc"]) == utc(step["time_legal"]) == utc(step["time_standard"])
        text = (tmp_path / step["file"]).read_text(encoding="utf-8")
        collection = json.loads(text)
        assert collection["type"] == "FeatureCollection"
        assert "crs" not in collection
        areas = {}
        for feature in collection["features"]:
            assert feature["properties"]["time_utc"] == step["time_utc"]
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            for part in shapely.get_parts(shape):
                assert part.exterior.is_ccw
                assert not any(ring.is_ccw for ring in part.interiors)
            assert -180 <= shape.bounds[0] <= 180
            areas[feature["properties"]["kind"]] = shapely.transform(shape, metres).area
        theirs = truth[(truth["scenario"] == step["scenario"]) & (truth["time_utc"] == step["time_utc"])]
        assert areas == pytest.approx(dict(zip(theirs["kind"], theirs.geometry.area, strict=True)), rel=2e-4)
        assert step["area_m2"] == dict(zip(theirs["kind"], theirs["area_m2"], strict=True))


def test_hour_that_the_clock_runs_through_twice(tmp_path: Path) -> None:
    """Times are in order of the sun, and no file replaces another."""
    root = write_study(tmp_path / "s", "2026-10-25T00:30")
    out = tmp_path / "out"
    out.mkdir()
    files = write_geojson_steps(root, out)
    assert len(set(files)) == 7
    assert {name.rpartition("_")[2] for name in files[:3]} == {
        "2026-10-25T0230+0200.geojson",
        "2026-10-25T0230+0100.geojson",
        "2026-10-25T0330.geojson",
    }


def test_tiles_hold_every_shadow(study: Path, truth: geopandas.GeoDataFrame, tmp_path: Path) -> None:
    assert sorted(write_study_pmtiles(study, tmp_path)) == sorted(path.name for path in tmp_path.iterdir())
    found = pyogrio.read_dataframe(tmp_path / "shadows.pmtiles", layer="shadows")
    keys = ["scenario", "time_utc", "kind"]
    assert found["time_legal"].str.endswith("+01:00").all()
    found["time_utc"] = found["time_utc"].astype(str).str.replace(" ", "T").str.slice(0, 19)
    joined = found.dissolve(keys).to_crs(CRS).geometry
    truth = truth.assign(time_utc=truth["time_utc"].dt.strftime("%Y-%m-%dT%H:%M:%S")).set_index(keys).sort_index()
    assert list(joined.index) == list(truth.index)
    area, length = truth.geometry.area, truth.geometry.length
    assert (np.abs(joined.area - area) < 0.08 * length).all()  # half a unit of 9 cm along the outline
    style = json.loads((tmp_path / "style.json").read_text(encoding="utf-8"))
    layer = style["layers"][1]
    assert layer["source-layer"] == "shadows"
    scenario = ["==", ["get", "scenario"], "Null/fall"]
    assert layer["filter"] == ["all", scenario, ["==", ["get", "time_utc"], "2026-03-21T08:00:00Z"]]  # the highest sun


def test_rows_come_back_as_they_were_written(study: Path) -> None:
    rows = open_shadows(study).rows()
    assert [(row.scenario, row.time_utc, row.value) for row in rows] == sorted(
        (row.scenario, row.time_utc, row.value) for row in rows
    )
    assert {row.kind for row in rows} == {"removed", "additional", "both"}
    assert all(row.time_utc.tzinfo is not None for row in rows)


def test_a_bestand_alone_is_grey(tmp_path: Path) -> None:
    """A study that compares nothing has one sort of shadow."""
    root = write_study(tmp_path / "s")
    when = stamps(np.array(["2026-03-21T11:00"], "datetime64[s]"), BERLIN)[0]
    alone = shadows_of((mask(1) > 0).astype(np.uint8), GRID, BESTAND, Sky(when.legal.date(), when, 39.0, 180.0))
    write_shadows(alone, CRS, root / "shadows.gpkg", {})
    packets = json.loads((tmp_path / write_czml(root, tmp_path)[0]).read_text(encoding="utf-8"))[2:]
    assert {tuple(packet["polygon"]["material"]["solidColor"]["color"]["rgba"][:3]) for packet in packets} == {
        rgb(GREY)
    }
    assert sum(polygon_of(packet).area for packet in packets) == pytest.approx(alone[0].area_m2, rel=2e-4)


def test_same_study_same_bytes(study: Path, tmp_path: Path) -> None:
    for number, write in enumerate((write_czml, write_geojson_steps, write_study_pmtiles)):
        folders = [tmp_path / f"{number}{which}" for which in "ab"]
        for folder in folders:
            folder.mkdir()
        files = [write(study, folder) for folder in folders]
        assert files[0] == files[1]
        assert all((folders[0] / name).read_bytes() == (folders[1] / name).read_bytes() for name in files[0])


def test_what_is_no_study_is_named(study: Path, tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="no shadow study"):
        open_shadows(tmp_path)
    for change, said in (({"finished": False}, "not finished"), ({"files": []}, "polygons are missing")):
        root = write_study(tmp_path / said.replace(" ", "-"))
        head = json.loads((root / "study.json").read_text(encoding="utf-8"))
        (root / "study.json").write_text(json.dumps(head | change), encoding="utf-8")
        with pytest.raises(TwinError, match=said):
            open_shadows(root)
