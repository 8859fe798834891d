"""Web mercator: tiles by their published formula, pixels by PROJ at every one of them, blocks by what was written.

Oracles: the slippy map formula (longitude, latitude → tile), pyproj's own pipeline pixel by pixel, rasterio.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.io import DatasetReader

from io_citygml.errors import CityModelError
from twin.export.cog import NODATA, Frame, Raster, fill, filling, write_cog
from twin.export.rasters.mercator import (
    HALF_M,
    TILE,
    Tile,
    box_of,
    corner_of,
    pixel_of,
    sampled,
    tiles_of,
    zooms_of,
)

UTM = "EPSG:25832"
WEST, NORTH, CELL_M = 445_000.0, 5_548_000.0, 2.0
SHAPE = (300, 220)


def frame(rows: int = SHAPE[0], columns: int = SHAPE[1], west: float = WEST, cell_m: float = CELL_M) -> Frame:
    return Frame(rows, columns, west, NORTH, cell_m, UTM, "test", "kWh/m2", {"attribution": "nobody"})


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatasetReader]:
    """A raster in which every pixel has a value of its own, a tenth of them none."""
    value = np.arange(SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(SHAPE)
    value[np.random.default_rng(7).random(SHAPE) < 0.1] = NODATA
    path = tmp_path_factory.mktemp("mercator") / "numbered.tif"
    write_cog(frame(), [(0, 0, Raster(value, WEST, NORTH, CELL_M))], path)
    with rasterio.open(path) as band:
        yield band


def tile_at(longitude_deg: float, latitude_deg: float, zoom: int) -> tuple[int, int]:
    """Column and row by https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames."""
    latitude = np.radians(latitude_deg)
    row = (1.0 - np.arcsinh(np.tan(latitude)) / np.pi) / 2.0 * 2**zoom
    return int((longitude_deg + 180.0) / 360.0 * 2**zoom), int(row)


def test_every_pixel_has_the_value_that_proj_finds_under_it(numbered: DatasetReader) -> None:
    zoom = zooms_of(numbered, UTM).last
    way = pyproj.Transformer.from_crs("EPSG:3857", UTM, always_xy=True)
    held, checked = numbered.read(1), 0
    for tile in tiles_of(numbered, UTM, zoom):
        west, north = corner_of(tile)
        middle = (np.arange(TILE) + 0.5) * pixel_of(zoom)
        x, y = way.transform(*np.meshgrid(west + middle, north - middle))
        column, row = (x - WEST) / CELL_M, (NORTH - y) / CELL_M
        inside = (column >= 0) & (column < SHAPE[1]) & (row >= 0) & (row < SHAPE[0])
        # Within 0.1 mm of an edge either pixel would be right.
        edge = np.minimum(np.abs(column - np.round(column)), np.abs(row - np.round(row))) * CELL_M < 1e-4
        expected = np.full((TILE, TILE), np.float32(NODATA))
        expected[inside] = held[row[inside].astype(int), column[inside].astype(int)]
        found = sampled(numbered, UTM, tile)
        if found is None:
            assert np.all(expected[~edge] == NODATA)
            continue
        assert np.array_equal(found[~edge], expected[~edge])
        checked += int((inside & ~edge & (expected != NODATA)).sum())
    # Pixels there are finer than the raster's, so that every one of those with a value is met.
    assert checked > (held != NODATA).sum()


def test_tiles_are_those_of_the_published_formula(numbered: DatasetReader) -> None:
    way = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    for zoom in (12, 16, 17):
        found = {(tile.column, tile.row) for tile in tiles_of(numbered, UTM, zoom)}
        column, row = np.meshgrid(np.arange(SHAPE[1]), np.arange(SHAPE[0]))
        middle = way.transform(WEST + (column.ravel() + 0.5) * CELL_M, NORTH - (row.ravel() + 0.5) * CELL_M)
        needed = {tile_at(longitude, latitude, zoom) for longitude, latitude in zip(*middle, strict=True)}
        assert needed <= found and len(found) <= 2 * len(needed) + 4


def test_zooms_run_from_size_to_resolution(numbered: DatasetReader) -> None:
    first, last = zooms_of(numbered, UTM)
    # At 50° N a metre on the ground is 1/cos 50.08° on the map.
    ground = pixel_of(last) * np.cos(np.radians(50.08))
    assert CELL_M / 2 < ground <= CELL_M * 1.001
    box = box_of(numbered, UTM)
    assert 64 <= max(box.east - box.west, box.north - box.south) / pixel_of(first) < 128
    assert Tile(3, 5, 2).parent == Tile(2, 2, 1)
    assert pixel_of(0) * TILE == 2 * HALF_M


def test_a_far_flung_city_costs_no_more_than_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "far.tif"
    with filling(frame(6000, 6000), path) as band:
        for row, column in ((0, 0), (5900, 5900)):
            fill(band, row, column, np.full((50, 50), 7.0, np.float32))
    with rasterio.open(path) as band:
        zoom = zooms_of(band, UTM).last
        tiles = tiles_of(band, UTM, zoom)
        assert len(tiles) < 30
        held = [sampled(band, UTM, tile) for tile in tiles]
    assert sum(part is not None for part in held) >= 2


def test_a_raster_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), filling(frame(), tmp_path / "a.tif"):
        _ = 1 / 0
    assert not list(tmp_path.iterdir())


def test_no_place_on_the_map_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.tif"
    write_cog(frame(2, 2, west=1e12), [(0, 0, Raster(np.ones((2, 2), np.float32), 1e12, NORTH, CELL_M))], path)
    with rasterio.open(path) as band, pytest.raises(CityModelError, match="web mercator"):
        zooms_of(band, UTM)
