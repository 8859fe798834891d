"""Tiles side by side: one ground without a seam, whatever part of it is read and whichever file a sample is in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.hills import heights, write_geotiff

from io_citygml.crs import parse_crs
from twin.terrain.grid import Lattice, array_grid, shift_of
from twin.terrain.ground import build_terrain
from twin.terrain.mosaic import BLOCK, mosaic_of
from twin.terrain.resample import sample_bilinear

CITY = parse_crs("EPSG:25832+7837")
WEST, SOUTH = 364_000.5, 5_650_000.5
# South-west corner of an area of up to 200 m that lies in one block of 1 m samples.
INSIDE = 1422.0 * BLOCK + 8, 22071.0 * BLOCK + 4


def grid(z: np.ndarray, west: float = WEST, south: float = SOUTH, step: float = 1.0):
    return array_grid("a", Lattice(west, south, step, step, z.shape[1], z.shape[0]), z)


def box(*corners: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([corners[:2]]), np.array([corners[2:]])


def triangles(folder: Path, low: np.ndarray, high: np.ndarray) -> set[tuple[float, ...]]:
    surface = build_terrain([folder], CITY, low, high, 0.1).surface
    return {tuple(t.ravel().tolist()) for t in surface.vertex[surface.triangle]}


def test_tiles_join_without_a_seam(tmp_path: Path) -> None:
    """Four tiles whose corner lies inside the area give the triangles of one file, and no edge is open inside."""
    z = heights(600, 600, 1.0).astype(np.float32)
    (tmp_path / "four").mkdir()
    for i, row in enumerate((slice(0, 310), slice(310, 600))):
        for j, column in enumerate((slice(0, 290), slice(290, 600))):
            part = z[row, column]
            write_geotiff(tmp_path / "four" / f"{i}{j}.tif", part, WEST + column.start, SOUTH + row.start)
    (tmp_path / "one").mkdir()
    write_geotiff(tmp_path / "one" / "all.tif", z, WEST, SOUTH)
    low, high = box(WEST, SOUTH, WEST + 600, SOUTH + 600)
    assert triangles(tmp_path / "four", low, high) == triangles(tmp_path / "one", low, high)
    surface = build_terrain([tmp_path / "four"], CITY, low, high, 0.1).surface
    _, vertex = np.unique(surface.vertex, axis=0, return_inverse=True)
    edge = np.sort(vertex[surface.triangle][:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    pair, count = np.unique(edge, axis=0, return_counts=True)
    place = np.unique(surface.vertex, axis=0)[pair].mean(axis=1)[:, :2] - [WEST, SOUTH]
    inside = ((place > 0) & (place < 599)).all(axis=1)
    assert (count[inside] == 2).all() and inside.sum() > 1000


def test_a_part_of_the_area_has_the_triangles_of_the_whole(tmp_path: Path) -> None:
    write_geotiff(tmp_path / "a.tif", heights(900, 300, 1.0), WEST, SOUTH)
    whole = triangles(tmp_path, *box(WEST, SOUTH, WEST + 900, SOUTH + 300))
    part = triangles(tmp_path, *box(WEST + 300, SOUTH + 10, WEST + 310, SOUTH + 20))
    assert part < whole and len(part) > 50


def test_a_tile_beside_the_area_completes_its_blocks(tmp_path: Path) -> None:
    """The area ends a metre short of the second tile, whose samples belong to the area's last block all the same."""
    z = heights(600, 300, 1.0)
    write_geotiff(tmp_path / "a.tif", z[:, :300], WEST, SOUTH)
    write_geotiff(tmp_path / "b.tif", z[:, 300:], WEST + 300, SOUTH)
    whole = triangles(tmp_path, *box(WEST, SOUTH, WEST + 600, SOUTH + 300))
    part = triangles(tmp_path, *box(WEST + 200, SOUTH + 10, WEST + 298, SOUTH + 200))
    assert part < whole


def test_the_first_named_wins_and_differences_are_counted() -> None:
    a, b = np.full((20, 20), 5.0), np.full((20, 20), 6.0)
    a[3, 4] = np.nan
    mosaic = mosaic_of([grid(a), grid(b, WEST + 10)])
    block = mosaic.blocks(*box(WEST, SOUTH, WEST + 1, SOUTH + 1))[0]
    z = mosaic.read(block)
    row, column = np.argwhere(np.isfinite(z))[0]
    assert np.nansum(z) == 399 * 5.0 + 200 * 6.0
    assert np.isnan(z[row + 3, column + 4])
    tally = mosaic.tally
    assert (tally.overlapping, tally.different, tally.largest_difference_m) == (200, 200, 1.0)
    assert (tally.samples, tally.missing) == (599, 1)


def test_grids_that_do_not_fall_together_are_resampled() -> None:
    x, y = np.meshgrid(np.arange(40.0), np.arange(40.0))
    fine, coarse = grid(2 * x[:, :20] + y[:, :20]), grid((4 * x + 2 * y)[:20, :20], WEST + 10, SOUTH, 2.0)
    mosaic = mosaic_of([fine, coarse._replace(name="coarse")])
    assert mosaic.resampled == ["coarse"]
    place = np.array([[WEST + 15, SOUTH + 7], [WEST + 25, SOUTH + 7], [WEST + 26, SOUTH + 8]])
    np.testing.assert_allclose(mosaic.between(place), [37, 37, 40], atol=1e-9)  # own, then 2 (x − 10) + y of the coarse


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_a_coarse_tile_beside_a_fine_one_leaves_no_crack(order: tuple[int, ...]) -> None:
    """A plane in 1 m to 20 m, in 5 m to 40 and to 60 m: the finest sets the step, in any order."""

    def plane(first: float, step: float, columns: int, rows: int) -> np.ndarray:
        x, y = np.meshgrid(first + step * np.arange(columns), step * (np.arange(rows) + 0.5))
        return 0.1 * x + 0.02 * y

    left, low = INSIDE
    tiles = [
        grid(plane(0.5, 1.0, 20, 20), left + 0.5, low + 0.5),
        grid(plane(22.5, 5.0, 4, 4), left + 22.5, low + 2.5, 5.0),
        grid(plane(42.5, 5.0, 4, 4), left + 42.5, low + 2.5, 5.0),
    ]
    mosaic = mosaic_of([tiles[k] for k in order])
    assert mosaic.step == (1.0, 1.0) and len(mosaic.resampled) == 2
    (block,) = mosaic.blocks(*box(left, low, left + 59, low + 19))
    z = mosaic.read(block)
    row, column = np.argwhere(np.isfinite(z))[0]
    z = z[row : row + 20, column : column + 60]
    assert mosaic.tally.samples == 20 * 60 and mosaic.tally.missing == 0 and mosaic.tally.overlapping == 0
    want = plane(0.5, 1.0, 60, 20)
    np.testing.assert_allclose(z[3:17, 23:57], want[3:17, 23:57], atol=1e-9)  # the seam at 40 m is inside
    assert np.abs(z - want).max() <= 0.1 * 2 + 0.02 * 2 + 1e-9  # half a cell of 5 m, less half a cell of 1 m


def test_a_gap_in_a_coarse_file_is_counted_in_its_own_cells() -> None:
    z = np.full((6, 6), 4.0)
    z[2, 3] = np.nan
    left, low = INSIDE
    fine = grid(np.full((30, 20), 4.0), left + 0.5, low + 0.5)
    mosaic = mosaic_of([grid(z, left + 22.5, low + 2.5, 5.0), fine])
    (block,) = mosaic.blocks(*box(left, low, left + 50, low + 30))
    mosaic.read(block)
    # between the four cells around it no height is known, but on the very places of their samples
    assert mosaic.tally.missing == 9 * 9 and mosaic.tally.samples + mosaic.tally.missing == 30 * 50


def test_a_finer_grid_beside_the_area_sets_the_step_all_the_same(tmp_path: Path) -> None:
    """So a job over part of a city stands on the ground of a job over all of it."""
    write_geotiff(tmp_path / "a.tif", heights(700, 300, 1.0)[::2, ::2], WEST, SOUTH, 2.0)
    write_geotiff(tmp_path / "b.tif", heights(300, 300, 1.0), WEST + 3000, SOUTH)
    whole = triangles(tmp_path, *box(WEST, SOUTH, WEST + 3300, SOUTH + 300))
    part = triangles(tmp_path, *box(WEST + 10, SOUTH + 10, WEST + 20, SOUTH + 20))
    assert part < whole and len(part) > 50


def test_near_is_every_triangle_whose_box_meets(tmp_path: Path) -> None:
    """Against the boxes of all triangles, which a whole city has no memory for."""
    write_geotiff(tmp_path / "a.tif", heights(600, 500, 1.0), WEST, SOUTH)
    built = build_terrain([tmp_path], CITY, *box(WEST, SOUTH, WEST + 600, SOUTH + 500), 0.02)
    corner = built.surface.vertex[built.surface.triangle][:, :, :2]
    random = np.random.default_rng(0)
    counts = []
    for _ in range(20):
        low = random.uniform(-200, 700, 2) + [WEST, SOUTH]
        high = low + random.uniform(0, 300, 2)
        meets = (corner.min(axis=1) <= high).all(axis=1) & (corner.max(axis=1) >= low).all(axis=1)
        np.testing.assert_array_equal(built.near(low, high), np.flatnonzero(meets))
        counts.append(int(meets.sum()))
    assert len(built.runs.low) > 4 and min(counts) == 0 and max(counts) > 500


def test_heights_between_samples_read_each_block_once() -> None:
    z = np.arange(600.0 * 600).reshape(600, 600)
    read: list[tuple[int, int]] = []
    base = grid(z)

    def counted(first_row: int, rows: int, first_column: int, columns: int) -> np.ndarray:
        read.append((first_row, first_column))
        return base.read(first_row, rows, first_column, columns)

    mosaic = mosaic_of([base._replace(read=counted)])
    cell = np.random.default_rng(0).integers(0, 600, (5000, 2))
    np.testing.assert_array_equal(mosaic.between(cell + [WEST, SOUTH]), z[cell[:, 1], cell[:, 0]])
    assert len(read) == len(set(read)) <= 16
    assert mosaic.between(np.zeros((0, 2))).shape == (0,)


def test_bilinear_between_samples() -> None:
    z = np.array([[0.0, 1.0, 2.0], [10.0, 11.0, np.nan]])
    found = sample_bilinear(grid(z), np.array([WEST, WEST + 0.5, WEST + 1.5]), np.array([SOUTH, SOUTH + 0.5]))
    np.testing.assert_allclose(found, [[0, 0.5, 1.5], [5, 5.5, np.nan]])


def test_a_lattice_is_recognised_through_rounding() -> None:
    base = Lattice(0.5, 0.5, 1.0, 1.0, 9, 9)
    assert shift_of(Lattice(364000.5004, 5650000.4998, 1.0, 1.0, 9, 9), base) == (364000, 5650000)
    assert shift_of(Lattice(364000.0, 5650000.5, 1.0, 1.0, 9, 9), base) is None
    assert shift_of(Lattice(364000.5, 5650000.5, 2.0, 2.0, 9, 9), base) is None


def test_blocks_count_from_the_zero_of_the_system() -> None:
    mosaic = mosaic_of([grid(np.zeros((600, 600)))])
    column, row = mosaic.corner(mosaic.blocks(*box(WEST, SOUTH, WEST, SOUTH))[0])
    assert column % BLOCK == row % BLOCK == 0
    np.testing.assert_allclose(mosaic.place(np.array(column), np.array(row)), [column + 0.5, row + 0.5])


def test_holes_stay_open_and_are_counted(tmp_path: Path) -> None:
    z = heights(200, 200, 1.0)
    z[50:80, 60:100] = np.nan
    write_geotiff(tmp_path / "a.tif", z, WEST, SOUTH)
    built = build_terrain([tmp_path], CITY, *box(WEST, SOUTH, WEST + 200, SOUTH + 200), 0.15)
    assert built.facts["missing_m2"] == 30 * 40
    place = np.array([[WEST + 80, SOUTH + 65], [WEST + 20, SOUTH + 20.0]])
    assert np.isnan(built.surface.height(place)).tolist() == [True, False]
    assert np.isnan(built.source_height(place)).tolist() == [True, False]
    assert built.facts["area_m2"] == pytest.approx(199**2 - 31 * 41, rel=0.001)


@pytest.mark.shared
def test_the_munich_mosaic_has_no_seam(shared_data: Path) -> None:
    """Around the corner of four tiles at (691000, 5336000): heights against the raw rasters, edges in pairs."""
    import rasterio

    folder = shared_data / "terrain" / "dgm1_munich"
    corner = np.array([691_000.0, 5_336_000.0])
    built = build_terrain([folder], CITY, corner[None] - 60, corner[None] + 60, 0.15)
    raw = np.full((120, 120), np.nan)  # rows from the south, first sample at corner − 59.5
    for path in folder.glob("*.tif"):
        with rasterio.open(path) as tile:
            for i in range(120):
                for j in (0, 60):
                    x, y = corner + (j - 59.5, i - 59.5)
                    if tile.bounds.left < x < tile.bounds.right and tile.bounds.bottom < y < tile.bounds.top:
                        row, column = tile.index(x, y)
                        raw[i, j : j + 60] = tile.read(1, window=((row, row + 1), (column, column + 60)))[0]
    assert np.isfinite(raw).all()
    x, y = np.meshgrid(np.arange(120) - 59.5, np.arange(120) - 59.5)
    place = np.column_stack([x.ravel(), y.ravel()]) + corner
    np.testing.assert_array_equal(built.source_height(place), raw.ravel())
    off = np.abs(built.surface.height(place) - raw.ravel())
    assert off.max() <= 0.15 + 1e-9 and built.facts["largest_error_m"] <= 0.15
    # on both sides of each seam the ground runs on
    for along in (np.array([1.0, 0.0]), np.array([0.0, 1.0])):
        step = np.linspace(-55, 55, 500)[:, None] * along + corner
        across = along[::-1] * 1e-6
        np.testing.assert_allclose(built.surface.height(step - across), built.surface.height(step + across), atol=1e-4)
    (run,) = built.surface.profile(corner - [60, 41], corner + [60, 37])
    assert run[0, 0] == 0.0 and run[-1, 0] == 1.0
    surface = built.surface
    unique, vertex = np.unique(surface.vertex, axis=0, return_inverse=True)
    edge = np.sort(vertex[surface.triangle][:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    pair, count = np.unique(edge, axis=0, return_counts=True)
    near = (np.abs(unique[pair].mean(axis=1)[:, :2] - corner) < 60).all(axis=1)
    assert (count[near] == 2).all() and near.sum() > 500
