"""Far terrain in every format and system that is read, and what is said of files that are no far terrain."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from oracles.hills import asc_text, landxml_text, write_geotiff, xyz_text

from io_citygml.crs import parse_crs, transform
from solar.far_horizon import FarHorizon
from twin.cells import Cell
from twin.errors import TwinError
from twin.far_horizon import raster as far_raster
from twin.far_horizon.terrain import FarTerrain, build_far_terrain, far_horizon_of
from twin.far_horizon.words import NONE, far_lines, horizon_facts, horizon_line
from twin.terrain.grid import NODATA_REMEDY

CRS = parse_crs("EPSG:25832+7837")
CELL = Cell(445500, 5547500)
WEST, SOUTH = 440000.0, 5542000.0
REACH_M = 3000.0


def far_of(*paths: Path, step_m: float = 25.0) -> FarTerrain:
    box = np.array(CELL.box)
    return build_far_terrain(list(paths), CRS, box[:2], box[2:], REACH_M, step_m)


def places(far: FarTerrain) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Easting, northing and height of every sample."""
    rows, columns = far.raster.height.shape
    x = (far.raster.column + np.arange(columns)) * far.raster.step_m
    y = (far.raster.row + np.arange(rows)) * far.raster.step_m
    return *np.meshgrid(x, y), far.raster.height


def plane(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 100.0 + 0.02 * (x - WEST) + 0.03 * (y - SOUTH)


def plane_samples(step: float, side_m: float = 12_000.0) -> np.ndarray:
    n = int(side_m / step) + 1
    return plane(*np.meshgrid(WEST + np.arange(n) * step, SOUTH + np.arange(n) * step))


def test_degrees_over_another_height_datum(tmp_path: Path) -> None:
    """As Copernicus GLO-30 comes: EPSG:4326 over EGM2008, cells that are no squares."""
    west, south, step = 8.15, 49.99, 1 / 2400
    n = 420
    longitude, latitude = np.meshgrid(west + np.arange(n) * step, south + np.arange(n) * step)
    z = 100.0 + 5000.0 * (longitude - west) + 9000.0 * (latitude - south)
    far = far_of(write_geotiff(tmp_path / "glo.tif", z, west, south, step, crs="EPSG:4326+3855"))
    x, y, height = places(far)
    lon, lat = transform("EPSG:25832", "EPSG:4326", x, y)
    expected = 100.0 + 5000.0 * (lon - west) + 9000.0 * (lat - south)
    inside = (lon < west + (n - 1) * step) & (lat < south + (n - 1) * step) & (lon > west) & (lat > south)
    assert inside.mean() > 0.9
    # 2 cm of place on a slope of 10 %, and float32 in the file
    assert np.abs(height - expected)[inside].max() < 0.005
    assert far.facts["files"][0]["crs"] == "EPSG:4326+3855" and far.facts["short_towards"] == []


@pytest.mark.parametrize("step", [5.0, 25.0, 40.0, 200.0])
def test_metres_of_any_step(tmp_path: Path, step: float) -> None:
    far = far_of(write_geotiff(tmp_path / "a.tif", plane_samples(step), WEST, SOUTH, step))
    x, y, height = places(far)
    inside = (x >= WEST) & (x <= WEST + 12_000.0) & (y >= SOUTH) & (y <= SOUTH + 12_000.0)
    assert np.abs(height - plane(x, y))[inside].max() < 2e-3
    beyond = (x < WEST - step / 2 - 1) | (y < SOUTH - step / 2 - 1)
    assert np.isnan(height[beyond]).all() and beyond.any() == bool(far.raster.column * 25.0 < WEST - step / 2 - 1)


def test_a_fine_file_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_geotiff(tmp_path / "a.tif", plane_samples(5.0), WEST, SOUTH, 5.0)
    whole = far_of(path).raster.height
    monkeypatch.setattr(far_raster, "MOST_READ", 150_000)
    assert far_of(path).raster.height.tobytes() == whole.tobytes()


def test_text_grids_and_another_zone(tmp_path: Path) -> None:
    """The same plane in zone 33, by the .prj beside it, with the zone before its eastings, and as XYZ."""
    z = plane_samples(100.0)
    (tmp_path / "a.asc").write_text(asc_text(z, WEST, SOUTH, 100.0), encoding="utf-8")
    (tmp_path / "b.xyz").write_text(xyz_text(z, 32e6 + WEST, SOUTH, 100.0), encoding="utf-8")
    by_asc, by_xyz = far_of(tmp_path / "a.asc"), far_of(tmp_path / "b.xyz")
    x, y, height = places(by_asc)
    assert np.nanmax(np.abs(height - plane(x, y))) < 2e-3
    assert np.nanmax(np.abs(by_xyz.raster.height - height)) < 1e-3
    assert by_xyz.facts["files"][0]["note"] == "zone 32 taken off its eastings"
    assert by_asc.facts["files"][0]["crs"] == "not named: taken as EPSG:25832"
    east, north = transform("EPSG:25832", "EPSG:25833", WEST, SOUTH)
    n, start = 160, np.floor([float(east) - 2000.0, float(north) - 2000.0])
    grid = np.meshgrid(start[0] + np.arange(n) * 100.0, start[1] + np.arange(n) * 100.0)
    back = transform("EPSG:25833", "EPSG:25832", *grid)
    (tmp_path / "c.asc").write_text(asc_text(plane(*back), *start.tolist(), 100.0), encoding="utf-8")
    (tmp_path / "c.prj").write_text("EPSG:25833", encoding="utf-8")
    by_zone = far_of(tmp_path / "c.asc").raster.height
    both = np.isfinite(by_zone) & np.isfinite(height)
    assert both.sum() > 0.5 * both.size and np.abs(by_zone - height)[both].max() < 0.02


@pytest.mark.parametrize("prj", ["tiles/c.prj", "tiles/C.PRJ"])
def test_a_prj_in_the_archive_counts_for_its_grid(tmp_path: Path, prj: str) -> None:
    east, north = transform("EPSG:25832", "EPSG:25833", WEST, SOUTH)
    start = np.floor([float(east) - 2000.0, float(north) - 2000.0])
    grid = np.meshgrid(start[0] + np.arange(160) * 100.0, start[1] + np.arange(160) * 100.0)
    z = plane(*transform("EPSG:25833", "EPSG:25832", *grid))
    with zipfile.ZipFile(tmp_path / "tiles.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiles/c.asc", asc_text(z, *start.tolist(), 100.0))
        archive.writestr("c.prj", "EPSG:25831")  # of another folder
        archive.writestr(prj, "EPSG:25833")
    far = far_of(tmp_path / "tiles.zip")
    assert far.facts["files"][0]["crs"] == "EPSG:25833" and far.facts["passed_over"] == []
    x, y, height = places(far)
    known = np.isfinite(height)
    assert known.mean() > 0.5 and np.abs(height - plane(x, y))[known].max() < 2.0  # half a cell beside its rim
    assert np.median(np.abs(height - plane(x, y))[known]) < 0.02


def test_the_first_file_named_counts_and_the_next_fills(tmp_path: Path) -> None:
    coarse = write_geotiff(tmp_path / "coarse.tif", np.full((61, 61), 200.0), WEST, SOUTH, 200.0)
    z = np.full((81, 81), 300.0)
    z[40, 40] = np.nan
    fine = write_geotiff(tmp_path / "fine.tif", z, 444000.0, 5546000.0, 50.0)
    far = far_of(fine, coarse)
    x, y, height = places(far)
    hole = np.hypot(x - 446000.0, y - 5548000.0) < 1.0
    assert height[hole].tolist() == [200.0] and set(np.unique(height[np.isfinite(height)])) == {200.0, 300.0}
    assert [entry["name"] for entry in far.facts["files"]] == ["fine.tif", "coarse.tif"]
    assert far.sources == (fine, coarse)
    assert np.nanmax(far_of(coarse, fine).raster.height) == 200.0


def test_tiles_side_by_side_leave_no_crack(tmp_path: Path) -> None:
    z = plane_samples(40.0)
    left = write_geotiff(tmp_path / "a.tif", z[:, :150], WEST, SOUTH, 40.0)
    right = write_geotiff(tmp_path / "b.tif", z[:, 150:], WEST + 150 * 40.0, SOUTH, 40.0)
    x, y, height = places(far_of(left, right))
    inside = (x >= WEST) & (x <= WEST + 12_000.0) & (y >= SOUTH) & (y <= SOUTH + 12_000.0)
    # between the two, half a cell at the height of the edge
    assert np.abs(height - plane(x, y))[inside].max() <= 0.02 * 20.0 + 1e-3


def test_folders_pass_over_what_is_no_grid(tmp_path: Path) -> None:
    write_geotiff(tmp_path / "a.tif", plane_samples(200.0), WEST, SOUTH, 200.0)
    corners = np.array([[0.0, 0.0, 1.0], [9.0, 0.0, 1.0], [0.0, 9.0, 1.0]])
    (tmp_path / "b.xml").write_text(landxml_text(corners, np.array([[0, 1, 2]])), encoding="utf-8")
    far = far_of(tmp_path)
    (line,) = far.facts["passed_over"]
    assert line.startswith("b.xml: ") and "triangles" in line
    assert any("passed over" in text for text in far_lines(far.facts))
    with pytest.raises(TwinError, match="takes grids"):
        far_of(tmp_path / "b.xml")


def test_a_far_terrain_of_nodata_alone_has_words_of_its_own(tmp_path: Path) -> None:
    z = np.full((60, 60), -9999.0)
    tif = write_geotiff(tmp_path / "a.tif", z, WEST, SOUTH, 200.0)
    (tmp_path / "b.asc").write_text(asc_text(z, WEST, SOUTH, 200.0), encoding="utf-8")
    (tmp_path / "c.xyz").write_text(xyz_text(z, WEST, SOUTH, 200.0), encoding="utf-8")
    for path in (tif, tmp_path / "b.asc", tmp_path / "c.xyz"):
        with pytest.raises(TwinError, match=f"{path.name}: nothing but nodata") as raised:
            far_of(path)
        assert raised.value.remedy == NODATA_REMEDY
    with pytest.raises(TwinError, match=r"a\.tif and 1 more: nothing but nodata within 3 km of the city"):
        far_of(tif, tmp_path / "b.asc")


def test_a_geotiff_without_a_system_takes_the_prj_beside_it(tmp_path: Path) -> None:
    path = write_geotiff(tmp_path / "a.tif", plane_samples(100.0), WEST, SOUTH, 100.0, crs=None)
    assert far_of(path).facts["files"][0]["crs"] == "not named: taken as EPSG:25832"
    (tmp_path / "a.prj").write_text("EPSG:25832", encoding="utf-8")
    assert far_of(path).facts["files"][0]["crs"] == "EPSG:25832"


def test_files_that_are_no_far_terrain_are_named(tmp_path: Path) -> None:
    z = plane_samples(200.0)
    with pytest.raises(TwinError, match=r"ell.tif: its heights count from the ellipsoid"):
        far_of(write_geotiff(tmp_path / "ell.tif", z, 8.0, 50.0, 0.001, crs="EPSG:4979"))
    with pytest.raises(TwinError, match=r"far.tif: no terrain within 3 km of the city"):
        far_of(write_geotiff(tmp_path / "far.tif", z, WEST + 90_000.0, SOUTH, 200.0))
    with pytest.raises(TwinError, match=r"far.tif: no terrain within 3 km of the city – name the tiles around it"):
        far_of(write_geotiff(tmp_path / "far.tif", z * np.nan, WEST + 90_000.0, SOUTH, 200.0))
    with pytest.raises(TwinError, match=r"deg.asc.*no terrain in metres.*\.prj"):
        (tmp_path / "deg.asc").write_text(asc_text(z, 8.0, 50.0, 0.001), encoding="utf-8")
        far_of(tmp_path / "deg.asc")
    with pytest.raises(TwinError, match=r"feet.tif: EPSG:2263 is not in metres"):
        far_of(write_geotiff(tmp_path / "feet.tif", z, 1e6, 2e5, 200.0, crs="EPSG:2263"))
    with pytest.raises(TwinError, match="no such file"):
        far_of(tmp_path / "none.tif")
    with pytest.raises(TwinError, match="zone 33"):
        (tmp_path / "z.xyz").write_text(xyz_text(z[:9, :9], 33e6 + WEST, SOUTH, 200.0), encoding="utf-8")
        far_of(tmp_path / "z.xyz")
    rng = np.random.default_rng(1)
    (tmp_path / "s.xyz").write_text(
        "\n".join(f"{x:.3f} {y:.3f} 100.0" for x, y in rng.uniform(5.44e6, 5.45e6, (50, 2))), encoding="utf-8"
    )
    with pytest.raises(TwinError, match="scattered points"):
        far_of(tmp_path / "s.xyz")


def test_what_a_report_says(tmp_path: Path) -> None:
    assert far_lines(None) == [NONE]
    path = write_geotiff(tmp_path / "a.tif", plane_samples(200.0)[:, :35], WEST, SOUTH, 200.0)
    far = far_of(path)
    first, short, near = far_lines(far.facts)
    assert "a.tif: far terrain out to 3 km" in first and "every 25 m" in first
    assert "before 3 km towards N from 2." in short and "E from 0." in short and "no horizon" in short
    assert far.facts["short_towards"] == ["N", "NE", "E", "SE", "S"] and "--terrain" in near
    profiles = [far_horizon_of(far, CELL, 200.0, None), FarHorizon(np.zeros(1440))]
    facts = horizon_facts(profiles)
    assert facts["cells"] == 2 and facts["highest_deg"] == round(float(profiles[0].elevation_deg.max()), 2)
    assert "horizon of 2 cells" in horizon_line(facts)
