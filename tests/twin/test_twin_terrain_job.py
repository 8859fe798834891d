"""Jobs on terrain: slopes get what free planes get, hills shade, walls in the ground are no façade, and all is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from oracles.hills import GROUND_SOUTH, GROUND_WEST, heights, relief_text, write_geotiff
from oracles.houses import SOUTH, WEST, Box, write_town
from typer.testing import CliRunner

from twin.cli.main import app
from twin.config import check_job
from twin.deliver import lines, summary_of, write_files
from twin.errors import ConfigError, TwinError
from twin.export.cog import NODATA
from twin.job import NO_TERRAIN, Outcome, cells_of, prepare, receivers_of, run_solar
from twin.receivers import is_land
from twin.report.terrain_page import terrain_words
from twin.report.words import Words
from twin.stopwatch import Stopwatch

SLOPE_DEG = 20.0
# A point 30 m above everything that faces as the slope does.
FACING = (0.0, -np.sin(np.radians(SLOPE_DEG)), np.cos(np.radians(SLOPE_DEG)))


def quiet(stage: str, done: int, of: int) -> None:
    """No progress bar."""


def run(city: Path, out: Path, **options: object) -> Outcome:
    given = {"cities": [city], "out": out, "sky": 145, "spacing_m": 2.0, "ground_spacing_m": 4.0, "ground_margin_m": 45}
    done = run_solar(check_job({**given, **options}), quiet)
    done.store.finish(cells_of(done.prepared), write_files(done))
    return done


@pytest.fixture(scope="module")
def hut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hut of 2 × 2 × 1 m that stands half in a slope."""
    return write_town(tmp_path_factory.mktemp("hut") / "hut.city.json", [Box("hut", WEST, SOUTH, 2, 2, 1, 112.3)])


@pytest.fixture(scope="module")
def slope(hut: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """It on a plane that rises to the north by 20°, with a free sensor that faces as the slope does."""
    folder = tmp_path_factory.mktemp("slope")
    path = write_geotiff(folder / "plane.tif", heights(140, 140, 1.0, "plane"))
    x, y, z = FACING
    sensor = f"x,y,z,nx,ny,nz\n{WEST},{SOUTH + 40},160,{x},{y},{z}\n"
    (folder / "free.csv").write_text(sensor, encoding="utf-8")
    return run(hut, folder / "out", terrain=[path], receivers=folder / "free.csv", sky=577)


def test_a_slope_gets_what_a_free_plane_gets(slope: Outcome) -> None:
    """Open land away from the hut and a sensor of the same direction high above; three parts in a thousand at most."""
    free = pd.read_parquet(slope.store.root / "receivers.parquet").iloc[0]
    assert free["sky_view"] == pytest.approx((1 + np.cos(np.radians(SLOPE_DEG))) / 2, abs=2e-3)
    with rasterio.open(slope.store.root / "ground.tif") as raster:
        value = raster.read(1)
    measured = value[value != NODATA]
    assert len(measured) > 400
    assert np.percentile(measured, 95) == pytest.approx(free["irradiation_kwh_m2"], rel=0.003)
    assert measured.max() <= free["irradiation_kwh_m2"] * 1.003
    assert np.median(measured) == pytest.approx(free["irradiation_kwh_m2"], rel=0.003)


def test_open_land_lies_on_the_slope(slope: Outcome) -> None:
    for cell in cells_of(slope.prepared):
        found = receivers_of(slope.prepared, cell)
        land = is_land(found.surface)
        np.testing.assert_allclose(found.normal[land], np.broadcast_to(FACING, (land.sum(), 3)), atol=1e-4)
        np.testing.assert_allclose(found.area_m2[land], 16.0 / FACING[2], rtol=1e-4)
        ground = 90 + np.tan(np.radians(SLOPE_DEG)) * (found.point[land, 1] - GROUND_SOUTH)
        np.testing.assert_allclose((found.point[land, 2] - ground) * FACING[2], 0.01, atol=1e-4)


def test_walls_in_the_ground_are_covered_and_counted(slope: Outcome) -> None:
    """Ground at the hut runs from 112.02 to 112.75 m; its base lies at 112.3 m."""
    tangent = np.tan(np.radians(SLOPE_DEG))
    north = 90 + tangent * 62.5 - 112.3
    expected = 2 * north + 2 * 0.5 * north * north / tangent
    row = slope.buildings.iloc[0]
    assert row["buried_wall_m2"] == pytest.approx(expected, rel=1e-3)
    table = slope.surfaces
    walls = table[table["kind"] == "WallSurface"]
    assert walls["exposed_area_m2"].sum() == pytest.approx(8.0 - expected, rel=1e-3)
    # between the samples of a plane: the plane itself
    assert row["base_above_terrain_min_m"] == pytest.approx(-north, abs=0.002)
    assert row["base_above_terrain_max_m"] == pytest.approx(112.3 - 90 - tangent * 60.5, abs=0.002)
    assert not row["floating"] and slope.report["terrain"]["buildings_floating"] == 0
    assert slope.report["terrain"]["buildings_with_buried_walls"] == 1


def test_solids_and_scene_know_nothing_of_terrain(slope: Outcome) -> None:
    assert slope.report["scene"]["closed"] == slope.report["scene"]["objects"] == 1
    assert slope.report["scene"]["triangles"] == 12
    assert slope.report["terrain"]["triangles"] >= 2


def test_a_hill_shades(hut: Path, tmp_path: Path) -> None:
    """A ridge of 30 m, 40 m south of the hut, takes light from its roof and its south wall."""
    z = np.full((140, 140), 112.3)
    z[10:14] = 142.3
    ridge = write_geotiff(tmp_path / "ridge.tif", z)
    flat = write_geotiff(tmp_path / "flat.tif", np.full((140, 140), 112.3))
    shaded, free = (run(hut, tmp_path / path.stem, terrain=[path]) for path in (ridge, flat))
    for kind in ("RoofSurface", "WallSurface"):
        lit, dim = (done.surfaces[done.surfaces["kind"] == kind]["irradiation_kwh_m2"].max() for done in (free, shaded))
        assert dim < 0.93 * lit


def test_flat_terrain_changes_nothing_but_what_is_said(hut: Path, tmp_path: Path) -> None:
    """On level ground at the base height every receiver sees what it saw without terrain, bit for bit."""
    flat = write_geotiff(tmp_path / "flat.tif", np.full((140, 140), 112.3))
    on, off = run(hut, tmp_path / "on", terrain=[flat]), run(hut, tmp_path / "off")
    for cell in cells_of(off.prepared):
        one, two = on.store.read_cell(cell), off.store.read_cell(cell)
        np.testing.assert_array_equal(one.operators.sun_bits, two.operators.sun_bits)
        np.testing.assert_array_equal(one.receivers.covered, two.receivers.covered)
    assert off.report["terrain"] == {"none": NO_TERRAIN, "relief_in_city_files": 0, "beside_city_files": []}
    assert "base_above_terrain_min_m" not in off.buildings and "terrain_inputs" not in off.report
    said = "\n".join(lines(summary_of(off, [])))
    assert NO_TERRAIN in said
    assert "Kein Gelände" in terrain_words(off.report["terrain"], Words("de"))[0]
    assert "No terrain" in terrain_words(off.report["terrain"], Words("en"))[0]


def test_a_house_that_hangs_in_the_air_is_flagged(tmp_path: Path) -> None:
    city = write_town(tmp_path / "a.city.json", [Box("hanging", WEST, SOUTH, 10, 10, 6, 114.0)])
    plane = write_geotiff(tmp_path / "plane.tif", heights(140, 140, 1.0, "plane"))
    done = run(city, tmp_path / "out", terrain=[plane])
    found = done.report["terrain"]
    assert found["buildings_floating"] == 1 and found["worst_floating"][0]["building_id"] == "hanging"
    assert done.buildings.iloc[0]["floating"]
    said = "\n".join(lines(summary_of(done, [])))
    assert "1 float by more than 0.5 m" in said and "hanging" in said
    assert any("schweben" in line for line in terrain_words(found, Words("de")))


def test_open_land_in_a_hole_stands_level(hut: Path, tmp_path: Path) -> None:
    z = np.full((140, 140), 100.0)
    z[70:100] = np.nan
    path = write_geotiff(tmp_path / "hole.tif", z)
    options = {"cities": [hut], "out": tmp_path / "out", "terrain": [path], "sky": 145, "ground_spacing_m": 4.0}
    prepared = prepare(check_job(options), Stopwatch())
    height = np.concatenate([receivers_of(prepared, cell).point[:, 2] for cell in cells_of(prepared)])
    place = np.concatenate([receivers_of(prepared, cell).point[:, 1] for cell in cells_of(prepared)])
    land = np.concatenate([is_land(receivers_of(prepared, cell).surface) for cell in cells_of(prepared)])
    hole = (place > GROUND_SOUTH + 71) & (place < GROUND_SOUTH + 98) & land
    assert hole.sum() > 50
    np.testing.assert_allclose(height[hole], 112.31)
    np.testing.assert_allclose(height[land & (place < GROUND_SOUTH + 68)], 100.01)


def test_a_store_is_not_taken_up_with_other_terrain(hut: Path, tmp_path: Path) -> None:
    one = write_geotiff(tmp_path / "one.tif", np.full((140, 140), 112.3))
    two = write_geotiff(tmp_path / "two.tif", np.full((140, 140), 112.2))
    done = run(hut, tmp_path / "out", terrain=[one])
    manifest = json.loads((done.store.root / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in manifest["terrain_inputs"]] == ["one.tif"]
    assert "one.tif" in manifest["attribution"][0]
    run(hut, tmp_path / "out", terrain=[one])  # the same again is taken up
    for other in ({"terrain": [two]}, {"terrain": [one], "terrain_error_m": 0.5}, {}):
        with pytest.raises(TwinError, match="different: terrain"):
            run(hut, tmp_path / "out", **other)


def test_one_flat_ground_and_terrain_exclude_each_other(hut: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give one of them"):
        check_job({"cities": [hut], "out": tmp_path, "terrain": ["a.tif"], "ground_level_m": 3.0})


def test_relief_among_the_city_files_is_mentioned(hut: Path, tmp_path: Path) -> None:
    vertex = np.array([[WEST, SOUTH, 112.0], [WEST + 9, SOUTH, 112.0], [WEST, SOUTH + 9, 112.0]])
    (tmp_path / "relief.gml").write_text(relief_text(vertex, np.array([[0, 1, 2]])), encoding="utf-8")
    folder = tmp_path / "city"
    folder.mkdir()
    (folder / "hut.city.json").write_bytes(hut.read_bytes())
    (folder / "relief.gml").write_bytes((tmp_path / "relief.gml").read_bytes())
    done = run(folder, tmp_path / "out")
    assert done.report["terrain"]["relief_in_city_files"] == 1
    assert "name them with --terrain" in "\n".join(lines(summary_of(done, [])))


@pytest.mark.usefixtures("small_pictures")
def test_the_command_line_takes_terrain(hut: Path, tmp_path: Path) -> None:
    write_geotiff(tmp_path / "a.tif", heights(140, 70, 1.0), GROUND_WEST, GROUND_SOUTH)
    write_geotiff(tmp_path / "b.tif", heights(140, 70, 1.0), GROUND_WEST, GROUND_SOUTH + 70)
    options = ["--sky", "145", "--spacing", "5", "--ground-spacing", "20", "--json", "-o"]
    call = ["solar", str(hut), *options, str(tmp_path / "out"), "--terrain"]
    done = CliRunner().invoke(app, [*call, str(tmp_path / "a.tif"), "--terrain", str(tmp_path / "b.tif")])
    assert done.exit_code == 0, done.output
    assert [f["name"] for f in json.loads(done.stdout)["terrain"]["files"]] == ["a.tif", "b.tif"]
    page = (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    assert "Gelände aus a.tif, b.tif" in page and "Kein Gelände" not in page
    failed = CliRunner().invoke(app, [*call, str(tmp_path / "none.tif")])
    assert isinstance(failed.exception, TwinError) and "none.tif: no such file" in str(failed.exception)


@pytest.mark.shared
def test_munich(shared_data: Path, tmp_path: Path) -> None:
    """Bases against DGM1 as MANIFEST.md gives them; building 4959457 stands 3.6 to 7.2 m deep and is clipped.

    The manifest takes the nearest sample, heights here lie between samples: up to 0.11 m apart at one corner.
    """
    done = run(
        shared_data / "citygml" / "by_munich",
        tmp_path / "out",
        terrain=[shared_data / "terrain" / "dgm1_munich"],
        crs="EPSG:25832+7837",
        spacing_m=4.0,
        ground_spacing_m=20.0,
        halo_m=300.0,
    )
    table = pd.read_parquet(tmp_path / "out" / "buildings.parquet").set_index("building_id")
    expected = {
        "4959322": (-0.60, 0.11),
        "4959323": (-1.24, -0.10),
        "4959462": (-0.32, 0.05),
        "4959457": (-7.21, -3.66),
    }
    for name, (low, high) in expected.items():
        row = table.loc[f"DEBY_LOD2_{name}"]
        assert row["base_above_terrain_min_m"] == pytest.approx(low, abs=0.12)
        assert row["base_above_terrain_max_m"] == pytest.approx(high, abs=0.04)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["terrain"]
    deep = report["worst_buried"][0]
    # depth of the raster below the ground surface's edges, summed along them by a script of its own: 3,188.9 m²
    assert deep["buried_wall_m2"] == pytest.approx(3188.9, rel=0.005)
    assert deep["building_id"] == "DEBY_LOD2_4959457"
    walls = done.surfaces[
        (done.surfaces["building_id"] == "DEBY_LOD2_4959457") & (done.surfaces["kind"] == "WallSurface")
    ]
    assert walls["area_m2"].sum() - walls["exposed_area_m2"].sum() >= deep["buried_wall_m2"] - 1.0
    assert report["largest_error_m"] <= 0.15
