"""What the viewer is given of a job: files that are there, bits unpacked by hand, the sun by pvlib, ground by PROJ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
from oracles.glb_reading import read_glb
from oracles.houses import SOUTH, WEST
from PIL import Image
from pvlib.solarposition import spa_python

from twin.export.source import Source, open_source
from twin.irradiation import cells_of
from twin.job import Outcome
from twin.package_data import geoid_grid
from twin.receivers import OFFSET_M, is_land
from twin.serve.served import open_served
from twin.serve.viewer_data import write_viewer_data
from twin.serve.viewer_places import densest_box

TO_METRES = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:25832", always_xy=True)
HEIGHTS = "EPSG:7837"


@pytest.fixture(scope="module")
def source(outcome: Outcome) -> Source:
    return open_source(outcome.store.root, heights=HEIGHTS)


@pytest.fixture(scope="module")
def folder(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("viewer")
    names = write_viewer_data(open_served(source, "Europe/Berlin"), folder)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert sorted(names) == sorted(there) and names[-1] == "viewer.json"
    return folder


@pytest.fixture(scope="module")
def head(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "viewer.json").read_text(encoding="utf-8"))


def test_every_file_that_is_named_is_there(folder: Path, head: dict[str, Any]) -> None:
    days = head["days"]
    named = [head["tileset"], head["surfaces"], head["index"], head["land"]["annual"], head["land"]["terrain"]]
    named += [day["lit"] for day in days] + [step["land"] for day in days for step in day["steps"]]
    assert len(days) >= 5 and len(named) == len(set(named))
    assert all((folder / name).stat().st_size > 0 for name in named)
    assert head["server"] is False and head["study"] is None and head["attribution"]


def test_the_sun_of_every_step_is_that_of_spa_and_near_its_node(
    source: Source, folder: Path, head: dict[str, Any]
) -> None:
    site = source.store.manifest["site"]
    steps = [step for day in head["days"] for step in day["steps"]]
    times = pd.DatetimeIndex([step["time_utc"] for step in steps])
    sun = spa_python(times, site["latitude_deg"], site["longitude_deg"], how="numpy", delta_t=69.0)
    azimuth, elevation = np.array([step["sun"] for step in steps]).T
    assert np.abs((azimuth - sun["azimuth"].to_numpy() + 180) % 360 - 180).max() < 0.01
    assert np.abs(elevation - sun["elevation"].to_numpy()).max() < 0.01
    # The node itself: its direction in the grid's axes, turned to true north by the meridian convergence.
    direction = np.load(source.root / "direction.npy")
    turn, up = np.radians(azimuth - site["convergence_deg"]), np.radians(elevation)
    towards = np.stack([np.sin(turn) * np.cos(up), np.cos(turn) * np.cos(up), np.sin(up)], axis=1)
    n_sun = int(source.store.manifest["directions"]["sun_nodes"])
    off = np.degrees(np.arccos(np.clip(towards @ direction[:n_sun].T, -1, 1))).min(axis=1)
    assert off.max() < 0.5
    np.testing.assert_allclose(off, [step["off_deg"] for step in steps], atol=0.01)


def test_days_are_of_the_weather_s_year(source: Source, head: dict[str, Any]) -> None:
    """Not of this year: the same job gives the same files next year."""
    last = pd.Timestamp(source.store.manifest["weather"]["last_utc"])
    assert {day["date"][:4] for day in head["days"]} == {str(last.year - 1), str(last.year)}


def lit_by_hand(source: Source, node: int) -> tuple[dict[int, float], list[tuple[np.ndarray, np.ndarray]]]:
    """Share of each surface (by index) that a node's sun reaches, and places and bits of open land."""
    lit, every, land = dict[int, float](), dict[int, float](), []
    for _, data in cells_of(source.store):
        words = np.asarray(data.operators.sun_bits)
        bit = (words[:, node // 64] >> np.uint64(node % 64)) & np.uint64(1)
        surface = np.asarray(data.receivers.surface)
        for row in np.flatnonzero((surface >= 0) & ~np.asarray(data.receivers.covered)):
            area = float(data.receivers.area_m2[row])
            every[surface[row]] = every.get(surface[row], 0.0) + area
            lit[surface[row]] = lit.get(surface[row], 0.0) + area * int(bit[row])
        rows = np.flatnonzero(is_land(surface))
        land.append((np.asarray(data.receivers.point)[rows].astype(float) + data.origin, bit[rows].astype(bool)))
    return {index: lit[index] / every[index] for index in every}, land


def node_of(source: Source, step: dict[str, Any]) -> int:
    site = source.store.manifest["site"]
    turn, up = np.radians(step["sun"][0] - site["convergence_deg"]), np.radians(step["sun"][1])
    towards = np.array([np.sin(turn) * np.cos(up), np.cos(turn) * np.cos(up), np.sin(up)])
    n_sun = int(source.store.manifest["directions"]["sun_nodes"])
    return int((np.load(source.root / "direction.npy")[:n_sun] @ towards).argmax())


@pytest.mark.parametrize("which", [(0, 0), (3, 4), (-1, -1)])
def test_bytes_and_pictures_are_the_bits(
    source: Source, folder: Path, head: dict[str, Any], which: tuple[int, int]
) -> None:
    day = head["days"][which[0]]
    at = which[1] % len(day["steps"])
    share, land = lit_by_hand(source, node_of(source, day["steps"][at]))
    ids = json.loads((folder / head["surfaces"]).read_text(encoding="utf-8"))
    table = source.surfaces.set_index("surface_id")["surface_index"]
    said = np.frombuffer((folder / day["lit"]).read_bytes(), np.uint8).reshape(len(day["steps"]), len(ids))[at]
    np.testing.assert_array_equal(said, [round(255 * share[table[name]]) for name in ids])
    picture = np.array(Image.open(folder / day["steps"][at]["land"]).convert("RGBA"))
    seen = dict[tuple[int, int], bool]()
    cell_m = source.store.manifest["identity"]["ground_spacing_m"]
    for place, lit in land:
        squares = np.floor(place[:, :2] / cell_m).astype(int)
        seen |= {(column, row): bool(one) for (column, row), one in zip(squares.tolist(), lit, strict=True)}
    expected = np.array([not seen.get(square, True) for square in squares_of(picture, head["land"]["bounds"], cell_m)])
    np.testing.assert_array_equal(picture[..., 3].ravel() > 0, expected)
    assert expected.any() and not expected.all()


def squares_of(picture: np.ndarray, bounds: list[float], cell_m: float) -> list[tuple[int, int]]:
    """Square of the CRS, by number, in which the middle of each pixel of a picture over degrees lies."""
    west, south, east, north = bounds
    rows, columns = picture.shape[:2]
    lon = west + (np.arange(columns) + 0.5) / columns * (east - west)
    lat = north - (np.arange(rows) + 0.5) / rows * (north - south)
    x, y = TO_METRES.transform(*np.meshgrid(lon, lat))
    return list(zip(np.floor(x / cell_m).astype(int).ravel(), np.floor(y / cell_m).astype(int).ravel(), strict=True))


def test_the_ground_lies_where_proj_puts_the_land(source: Source, folder: Path, head: dict[str, Any]) -> None:
    document, accessors = read_glb(folder / head["land"]["terrain"])
    (primitive,) = document["meshes"][0]["primitives"]
    position = accessors[primitive["attributes"]["POSITION"]].astype(np.float64)
    uv = accessors[primitive["attributes"]["TEXCOORD_0"]].astype(np.float64)
    matrix = np.array(document["nodes"][0]["matrix"]).reshape(4, 4).T
    y_up = position @ matrix[:3, :3].T + matrix[:3, 3]
    x, y, z = y_up[:, 0], -y_up[:, 2], y_up[:, 1]  # a tileset's axes: y up back to z up
    geodetic = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
    lon, lat, height = geodetic.transform(x, y, z)
    east, north = TO_METRES.transform(lon, lat)
    with geoid_grid() as grid:
        shift = pyproj.Transformer.from_pipeline(f"+proj=vgridshift +grids={grid.as_posix()} +multiplier=1")
        # The town stands on level ground, 100 m above the sea.
        _, _, expected = shift.transform(lon, lat, np.full(len(lon), 100.0))
    assert np.abs(height - expected).max() < 0.05
    places = np.concatenate(
        [
            np.asarray(data.receivers.point, float)[is_land(data.receivers.surface)] + data.origin
            for _, data in cells_of(source.store)
        ]
    )
    assert np.allclose(places[:, 2] - OFFSET_M, 100.0, atol=0.01)
    spacing = source.store.manifest["identity"]["ground_spacing_m"] / 2
    for axis, found in ((0, east), (1, north)):
        assert found.min() == pytest.approx(places[:, axis].min() - spacing, abs=0.05)
        assert found.max() == pytest.approx(places[:, axis].max() + spacing, abs=0.05)
    assert uv.min() >= 0.0 and uv.max() <= 1.0
    west, south, east_deg, north_deg = head["land"]["bounds"]
    metres = [
        (uv[:, 0] * (east_deg - west) + west - lon) * 70_000,
        (north_deg - uv[:, 1] * (north_deg - south) - lat) * 111_000,
    ]
    assert np.abs(metres).max() < 0.05
    triangle = accessors[primitive["indices"]].reshape(-1, 3)
    assert triangle.max() < len(position)


def test_the_search_finds_every_building_at_its_roof(source: Source, folder: Path, head: dict[str, Any]) -> None:
    index = json.loads((folder / head["index"]).read_text(encoding="utf-8"))
    assert index["id"] == sorted(source.buildings["building_id"])
    at = index["id"].index("left")
    east, north = TO_METRES.transform(index["lon"][at], index["lat"][at])
    assert np.hypot(east - (WEST + 5), north - (SOUTH + 5)) < 0.05
    west, south, east, north = head["bbox"]
    assert all(west < lon < east for lon in index["lon"]) and all(south < lat < north for lat in index["lat"])
    # The quasigeoid lies some 46 m above the ellipsoid here; the house is 6 m high on ground at 100 m.
    assert index["height_m"][at] == pytest.approx(106.0 + 46.5, abs=1.0)
    assert index["name"] == [""] * len(index["id"])  # a code is no name
    assert head["view"] is None  # a small place is shown whole


def test_a_city_opens_on_its_densest_part(source: Source) -> None:
    """Sixty houses close together, ten strewn over four kilometres."""
    rng = np.random.default_rng(7)
    centre = np.array([WEST + 3000.0, SOUTH + 2000.0])
    town = centre + rng.uniform(-200, 200, (60, 2))
    strewn = np.array([WEST, SOUTH]) + rng.uniform(0, 4000, (10, 2))
    low = np.concatenate([town, strewn])
    box = densest_box(np.hstack([low, low + 10.0]), np.full(len(low), 100.0), source.crs)
    assert box is not None
    (west, east), (south, north) = TO_METRES.transform([box[0], box[2]], [box[1], box[3]])
    assert abs((west + east) / 2 - centre[0]) < 100 and abs((south + north) / 2 - centre[1]) < 100
    assert 350 < east - west < 700 and 350 < north - south < 700


def test_an_objection_leaves_no_colour(source: Source, tmp_path: Path) -> None:
    """Whoever objected is in the index and in the sun, which shines for everyone, but has no value."""
    from twin.export.objections import Objections

    hidden = open_source(source.root, objections=Objections("no.csv", frozenset({"right"})), heights=HEIGHTS)
    write_viewer_data(open_served(hidden, "Europe/Berlin"), tmp_path)
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert "right" in index["id"]
    ids = json.loads((tmp_path / "surfaces.json").read_text(encoding="utf-8"))
    whose = hidden.surfaces.set_index("surface_id")["building_id"]
    assert "right" not in set(whose[ids])
