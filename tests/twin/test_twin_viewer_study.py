"""A shadow study in the viewer: pixels of its masks and sums, the tower where it stands, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely
from oracles.houses import SOUTH, WEST, Box, write_town
from oracles.plans import write
from PIL import Image

from twin.config import check_job
from twin.deliver import write_files
from twin.errors import TwinError
from twin.export.objections import Objections
from twin.export.source import Source, open_source
from twin.job import Outcome, cells_of, run_solar
from twin.plan.notes import (
    Code,
    casts_only,
    hovers,
    in_the_ground,
    no_roof_form,
    other,
    other_sky,
    repaired,
    stands_in,
)
from twin.serve import viewer_study_tables
from twin.serve.plan_notes import noted
from twin.serve.viewer_study import check_study, write_study
from twin.serve.viewer_study_tables import write_table
from twin.study.config import check_shadow_job
from twin.study.deliver import shadow_job

TO_METRES = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:25832", always_xy=True)
CRS = "EPSG:25832+7837"
TOWER = shapely.box(WEST + 15, SOUTH - 14, WEST + 25, SOUTH - 4)
HOUSES = [
    Box("a", WEST, SOUTH, 10, 10, 6),
    Box("b", WEST + 14, SOUTH, 10, 10, 9),
    Box("old", WEST + 40, SOUTH, 8, 8, 20),
]


def silent(stage: str, done: int, of: int) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(tmp_path_factory.mktemp("city") / "town.city.json", HOUSES)


@pytest.fixture(scope="module")
def job(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("job") / "out"
    options = {"cities": [city], "out": out, "sky": 145, "spacing_m": 4.0, "ground_spacing_m": 4.0, "crs": CRS}
    done = run_solar(check_job(options), silent)
    done.store.finish(cells_of(done.prepared), write_files(done))
    return out


@pytest.fixture(scope="module")
def study(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tower south of two houses, and a third house that goes; two days."""
    folder = tmp_path_factory.mktemp("study")
    options = {
        "cities": [city],
        "out": folder / "out",
        "dates": ["2026-03-21", "2026-12-21"],
        "plans": [{"file": write(folder / "plan.geojson", [TOWER]), "height_m": 30.0, "name": "Turm"}],
        "remove": [{"id": "old"}],
        "step_min": 60,
        "first": "10:00",
        "last": "15:00",
        "spacing_m": 4.0,
        "crs": CRS,
        "title": "Turm am Hang",
    }
    shadow_job(check_shadow_job(options), "de", silent)
    return folder / "out"


@pytest.fixture(scope="module")
def source(job: Path) -> Source:
    return open_source(job, objections=Objections("no.csv", frozenset({"a"})))


@pytest.fixture(scope="module")
def shown(source: Source, study: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("shown")
    head, files = write_study(study, source, folder)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert sorted(files) == sorted(there)
    named = {step["land"] for entry in head["scenarios"] for day in entry["days"] for step in day["steps"]}
    named |= {entry["land"] for entry in head["hours"] + head["differences"]}
    assert named | {head[key] for key in ("plan", "body", "table", "surfaces")} == there
    return head, folder


def pixels(picture: Path, bounds: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colours (N, 4) and places x, y (N,) [m] of a picture's pixels."""
    colour = np.array(Image.open(picture).convert("RGBA"))
    west, south, east, north = bounds
    rows, columns = colour.shape[:2]
    lon = west + (np.arange(columns) + 0.5) / columns * (east - west)
    lat = north - (np.arange(rows) + 0.5) / rows * (north - south)
    x, y = TO_METRES.transform(*np.meshgrid(lon, lat))
    return colour.reshape(-1, 4), x.ravel(), y.ravel()


def raster_at(path: Path, x: np.ndarray, y: np.ndarray, outside: float) -> tuple[np.ndarray, dict[str, str]]:
    with rasterio.open(path) as band:
        value, box, res = band.read(1), band.bounds, band.res[0]
        said = band.tags()
    column, row = np.floor((x - box.left) / res).astype(int), np.floor((box.top - y) / res).astype(int)
    inside = (column >= 0) & (column < value.shape[1]) & (row >= 0) & (row < value.shape[0])
    return np.where(inside, value[np.where(inside, row, 0), np.where(inside, column, 0)], outside), said


def colour_of(entries: list[dict[str, Any]], words: str) -> np.ndarray:
    (found,) = [entry["colour"] for entry in entries if words in entry["label"]["de"]]
    return np.array([int(found[i : i + 2], 16) for i in (1, 3, 5)])


def test_before_and_after_are_the_masks(shown: tuple[dict[str, Any], Path], study: Path) -> None:
    """Every instant of both states: the same times, the mask's classes in the report's colours, the true sun."""
    head, folder = shown
    before, after = head["scenarios"]
    assert [before["id"], after["id"]] == ["Bestand", "Planung"] and (before["shows_plan"], after["shows_plan"]) == (
        False,
        True,
    )
    assert after["gone"] == ["old"] and before["gone"] == []
    grey, red, green = (colour_of(after["legend"], words) for words in ("Bestand", "zusätzlicher", "entfallender"))
    masks = sorted((study / "masks").iterdir())
    assert len(masks) == sum(len(day["steps"]) for day in after["days"]) >= 8
    seen = set()
    for day_before, day_after in zip(before["days"], after["days"], strict=True):
        assert day_before["date"] == day_after["date"]
        for first, second in zip(day_before["steps"], day_after["steps"], strict=True):
            assert (first["time_utc"], first["sun"]) == (second["time_utc"], second["sun"])
            colour, x, y = pixels(folder / second["land"], after["bounds"])
            (mask,) = [path for path in masks if said_of(path)["time_utc"] == second["time_utc"]]
            value, said = raster_at(mask, x, y, 255)
            assert [float(said["sun_azimuth_deg"]), float(said["sun_elevation_deg"])] == second["sun"]
            for kind, wanted in ((1, green), (2, red), (3, grey)):
                assert (colour[value == kind, :3] == wanted).all() and (colour[value == kind, 3] == 255).all()
            assert (colour[(value == 0) | (value == 255), 3] == 0).all()
            old, _, _ = pixels(folder / first["land"], before["bounds"])
            np.testing.assert_array_equal(old[:, 3] > 0, np.isin(value, (1, 3)))
            seen |= set(np.unique(value).tolist())
    assert {0, 1, 2, 3} <= seen


def said_of(path: Path) -> dict[str, str]:
    with rasterio.open(path) as band:
        tags: dict[str, str] = band.tags()
    return tags


def test_hours_and_changes_are_the_sums(shown: tuple[dict[str, Any], Path], study: Path) -> None:
    head, folder = shown
    assert {(entry["scenario"], entry["date"]) for entry in head["hours"]} == {
        (name, date) for name in ("Bestand", "Planung") for date in ("2026-03-21", "2026-12-21")
    }
    for entry in head["hours"]:
        colour, x, y = pixels(folder / entry["land"], entry["bounds"])
        value, _ = raster_at(study / "rasters" / f"hours_{entry['scenario']}_{entry['date']}.tif", x, y, -9999)
        table = np.array([[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in entry["scale"]["colours"]])
        known = value >= 0
        step = np.minimum((value[known] / 0.5).astype(int), len(table) - 1)
        np.testing.assert_array_equal(colour[known, :3], table[step])
        np.testing.assert_array_equal(colour[:, 3] > 0, known)
    for entry in head["differences"]:
        colour, x, y = pixels(folder / entry["land"], entry["bounds"])
        value, _ = raster_at(study / "rasters" / f"difference_{entry['scenario']}_{entry['date']}.tif", x, y, -9999)
        lost, same, won = value < -0.5, (value > -0.5) & (value < 0.5), value > 0.5
        lost &= value > -9999
        assert lost.any() and won.any() and same.any()
        # Red where sun is lost, blue where it is won: one channel says which.
        assert (colour[lost, 0] > colour[lost, 2]).all() and (colour[won, 2] > colour[won, 0]).all()
        seen = {tuple(one) for one in colour[colour[:, 3] > 0, :3].tolist()}
        named = [tuple(int(one["colour"][i : i + 2], 16) for i in (1, 3, 5)) for one in entry["legend"]]
        assert seen == set(named) and len(named) == len(seen)


def test_the_tower_stands_where_it_is_planned(shown: tuple[dict[str, Any], Path]) -> None:
    head, folder = shown
    plan = json.loads((folder / head["plan"]).read_text(encoding="utf-8"))
    (foot,) = [one for one in plan["features"] if one["properties"]["scenario"] == "Planung"]
    x, y = TO_METRES.transform(*np.array(foot["geometry"]["coordinates"][0]).T)
    assert shapely.Polygon(np.column_stack([x, y])).symmetric_difference(TOWER).area < 0.1
    said = foot["properties"]
    assert said["top_ellipsoidal_m"] - said["base_ellipsoidal_m"] == pytest.approx(30.0, abs=0.6)
    # The quasigeoid, 46.67 m here; the ground lies at 100 m.
    assert said["top_ellipsoidal_m"] == pytest.approx(130.0 + 46.67, abs=0.05)
    body = json.loads((folder / head["body"]).read_text(encoding="utf-8"))
    heights = np.array([point[2] for one in body["features"] for point in one["geometry"]["coordinates"][0]])
    assert len(body["features"]) == 5 and heights.max() == pytest.approx(said["top_ellipsoidal_m"], abs=0.002)
    assert head["without_shape"] == [] and head["title"] == "Turm am Hang"


def test_the_table_is_the_studys_and_objections_hold(shown: tuple[dict[str, Any], Path], study: Path) -> None:
    head, folder = shown
    table = json.loads((folder / head["table"]).read_text(encoding="utf-8"))
    hours = pd.read_parquet(study / "tables" / "buildings.parquet").set_index(["building_id", "date"])
    energy = pd.read_parquet(study / "tables" / "energy_buildings.parquet").set_index("building_id")
    rows = {(row["building_id"], row["date"]): row for row in table["rows"]}
    assert (
        ("b", "2026-03-21") in rows and ("b", "2026-12-21") in rows and not {"Turm", "a"} & {name for name, _ in rows}
    )
    assert (hours.loc["a", "worst_delta_min"] < -1).any()  # it loses sun, and its owner objected
    for (name, date), row in rows.items():
        assert row["delta_min"] == pytest.approx(hours.loc[(name, date), "delta_min"], nan_ok=True)
        assert row["delta_kwh"] == energy.loc[name, "delta_kwh"]
        before = energy.loc[name, "roof_kwh_bestand"] + energy.loc[name, "facade_kwh_bestand"]
        assert row["delta_pct"] == pytest.approx(100 * row["delta_kwh"] / before)
    assert rows["b", "2026-03-21"]["delta_kwh"] < -100
    keys = {column["key"] for column in table["columns"]}
    assert all(keys <= set(row) for row in table["rows"])
    surfaces = json.loads((folder / head["surfaces"]).read_text(encoding="utf-8"))["Planung"]
    lost = pd.read_parquet(study / "tables" / "energy.parquet").set_index("surface_id")
    assert surfaces["id"] and not set(lost.loc[surfaces["id"], "building_id"]) & {"a"}
    np.testing.assert_allclose(surfaces["delta_pct"], lost.loc[surfaces["id"], "delta_pct"], atol=0.006)


def test_no_day_s_rows_push_out_another_s(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are cut scenario by scenario and day by day; what is left out is said of each."""
    monkeypatch.setattr(viewer_study_tables, "MOST_ROWS", 2)
    root = tmp_path / "study"
    (root / "tables").mkdir(parents=True)
    for name in ("buildings", "energy_buildings"):
        table = pd.read_parquet(study / "tables" / f"{name}.parquet")
        table = table[table["building_id"] == "b"]
        # The second scenario loses less than the first, so that all of its rows stand behind those of the first.
        scenarios = [("Planung", 5, 100.0), ("Nullfall", 3, 1.0)]
        copies = [
            table.assign(
                building_id=f"{one}{number}", scenario=one, **({} if "delta_kwh" not in table else {"delta_kwh": -lost})
            )
            for one, count, lost in scenarios
            for number in range(count)
        ]
        pd.concat(copies).to_parquet(root / "tables" / f"{name}.parquet")
    write_table(root, frozenset({"Nullfall0"}), tmp_path)
    shown = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    days = ("2026-03-21", "2026-12-21")
    found = [(row["scenario"], row["date"]) for row in shown["rows"]]
    assert {one: found.count(one) for one in set(found)} == {
        (one, day): 2 for one in ("Planung", "Nullfall") for day in days
    }
    assert shown["left_out"] == {"Planung": dict.fromkeys(days, 3), "Nullfall": dict.fromkeys(days, 0)}


def test_a_study_of_another_place_is_refused(study: Path, outcome: Outcome, source: Source, tmp_path: Path) -> None:
    with pytest.raises(TwinError, match=r"no study\.json"):
        check_study(tmp_path, source)
    head = json.loads((study / "study.json").read_text(encoding="utf-8"))
    for change in ({"crs": {**head["crs"], "horizontal": "EPSG:25833"}}, {"finished": False}):
        other = tmp_path / "other"
        other.mkdir(exist_ok=True)
        (other / "study.json").write_text(json.dumps({**head, **change}), encoding="utf-8")
        for name in head["files"]:
            (other / name).parent.mkdir(exist_ok=True)
            (other / name).write_bytes((study / name).read_bytes())
        with pytest.raises(TwinError, match=r"EPSG:25833|not finished"):
            check_study(other, source)
    moved = source.surfaces.copy()
    moved["geometry"] = moved.geometry.translate(5000.0, 0.0)
    far = Source(**{**source.__dict__, "surfaces": moved})
    with pytest.raises(TwinError, match="another place"):
        check_study(study, far)


def test_warnings_have_codes_and_no_options() -> None:
    """Every code is said, with its words in both languages, and the viewer words each but the last."""
    said = [
        stands_in("DE_1", 211.7).about("Turm"),
        hovers(10.04, 100.0).about("Turm"),
        in_the_ground(10.0, 100.0).about("Turm"),
        casts_only("no closed body: 4 edges without a partner").about("Turm"),
        repaired("3 repeated triangles dropped").about("Turm"),
        no_roof_form().about("Turm"),
        other_sky((577, "perez1990"), (145, "perez1990")),
        other("the file's own map conversion is set aside for --plan-origin").about("Turm"),
    ]
    notes = noted(said)
    assert [note["code"] for note in notes] == list(get_args(Code))
    assert notes[0]["values"] == {"plan": "Turm", "building": "DE_1", "area_m2": 212.0}
    assert notes[1]["values"]["by_m"] == 10.0 and notes[2]["values"]["by_m"] == 10.0
    assert notes[0]["text"]["en"] == "Turm: stands in DE_1 by 212 m²: take that away with `remove` if it goes"
    assert notes[3]["text"]["de"].startswith("Turm: wirft nur Schatten, die eigenen Fassaden sind nicht gemessen (kein")
    assert "--" not in json.dumps([note["text"] for note in notes])
    words = [
        json.loads((Path("twin/serve/viewer/i18n") / f"{one}.json").read_text(encoding="utf-8")) for one in ("de", "en")
    ]
    assert all(f"warn_{code}" in one for code in get_args(Code) if code != "other" for one in words)
