"""Web mercator (EPSG:3857) as every web map cuts it into tiles, and rasters of the city's system carried into it.

A pixel takes the value of the pixel under its centre: nothing is mixed, so that a value means in one system what it
means in the other. Where it lies is PROJ's answer at every 17th pixel and linear in between; over a tile of 400 m that
is 0.02 mm off. Tiles: OGC 17-083r4 (Two Dimensional Tile Matrix Set), Annex D.1, WebMercatorQuad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.errors import CityModelError

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

WEB_MERCATOR = "EPSG:3857"
HALF_M = 20037508.342789244  # π · 6378137 m
TILE = 256
DEEPEST = 24
# Exact places along a side of a tile.
NODES = 17
# Pixels that the whole raster takes on the first zoom: smaller, it says nothing.
SMALLEST = 64
# Points along each side of a block whose image is sought.
ALONG = 5


class Tile(NamedTuple):
    """A square of the map; columns count from the antimeridian eastward, rows from the north."""

    zoom: int
    column: int
    row: int

    @property
    def parent(self) -> Tile:
        """The tile of the zoom above that holds this one."""
        return Tile(self.zoom - 1, self.column // 2, self.row // 2)


class Zooms(NamedTuple):
    """From where everything is at least SMALLEST pixels wide to where pixels are no larger than the data's."""

    first: int
    last: int


class Box(NamedTuple):
    """Edges in web mercator [m]."""

    west: float
    south: float
    east: float
    north: float


def pixel_of(zoom: int) -> float:
    """Side of a pixel [m of web mercator]."""
    return 2.0 * HALF_M / TILE / 2**zoom


def corner_of(tile: Tile) -> tuple[float, float]:
    """West and north edge of a tile [m]."""
    side = TILE * pixel_of(tile.zoom)
    return tile.column * side - HALF_M, HALF_M - tile.row * side


def zooms_of(band: DatasetReader, horizontal: str) -> Zooms:
    """The zooms that show a raster, from its size to its resolution.

    Raises
    ------
    CityModelError
        Where the raster's place has none in web mercator.
    """
    box = box_of(band, horizontal)
    rows, columns = band.shape
    # The diagonal of a pixel in the middle: on the map lengths are greater than on the ground.
    place = band.transform
    east = place.c + (columns // 2 + np.arange(2)) * place.a
    north = place.f + (rows // 2 + np.arange(2)) * place.e
    x, y = crs_door.transform(horizontal, WEB_MERCATOR, east, north)
    finest = np.hypot(x[1] - x[0], y[1] - y[0]) / np.sqrt(2.0)
    last = int(np.clip(np.ceil(np.log2(pixel_of(0) / finest)), 0, DEEPEST))
    widest = max(box.east - box.west, box.north - box.south)
    first = int(np.clip(np.ceil(np.log2(SMALLEST * pixel_of(0) / widest)), 0, last))
    return Zooms(first, last)


def box_of(band: DatasetReader, horizontal: str) -> Box:
    """What a raster covers of web mercator."""
    west, south, east, north = band.bounds
    corner = np.array([[west, south, east, north]])
    return Box(*(float(edge[0]) for edge in _carried(corner, horizontal)))


def tiles_of(band: DatasetReader, horizontal: str, zoom: int) -> list[Tile]:
    """Tiles of a zoom that blocks of a raster reach into, from the north; blocks never written do not count."""
    west, south, east, north = _carried(_blocks(band), horizontal)
    side, edge = TILE * pixel_of(zoom), pixel_of(zoom)
    first = np.floor((west - edge + HALF_M) / side).astype(int), np.floor((HALF_M - north - edge) / side).astype(int)
    last = np.floor((east + edge + HALF_M) / side).astype(int), np.floor((HALF_M - south + edge) / side).astype(int)
    found = {
        (row, column)
        for left, top, right, bottom in zip(*first, *last, strict=True)
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
    return [Tile(zoom, int(column), int(row)) for row, column in sorted(found)]


def sampled(band: DatasetReader, horizontal: str, tile: Tile) -> NDArray[np.generic] | None:
    """Values (TILE, TILE) of a raster in web mercator, nodata where it does not reach; None where it has none."""
    from rasterio.windows import Window

    x, y = _places(tile, horizontal)
    column = np.floor((x - band.transform.c) / band.transform.a).astype(np.int64)
    row = np.floor((band.transform.f - y) / -band.transform.e).astype(np.int64)
    inside = (column >= 0) & (column < band.width) & (row >= 0) & (row < band.height)
    if not inside.any():
        return None
    left, top = int(column[inside].min()), int(row[inside].min())
    wide, high = int(column[inside].max()) - left + 1, int(row[inside].max()) - top + 1
    read = band.read(1, window=Window(left, top, wide, high))
    out = np.full((TILE, TILE), band.nodata, read.dtype)
    out[inside] = read[row[inside] - top, column[inside] - left]
    return out if np.any(out != band.nodata) else None


def _places(tile: Tile, horizontal: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Easting and northing (TILE, TILE) in the city's system of the middles of a tile's pixels."""
    west, north = corner_of(tile)
    node = np.linspace(0.5, TILE - 0.5, NODES) * pixel_of(tile.zoom)
    place = crs_door.transform(WEB_MERCATOR, horizontal, *np.meshgrid(west + node, north - node))
    if not all(np.all(np.isfinite(part)) for part in place):
        raise CityModelError(f"tile {'/'.join(map(str, tile))} has no place in {horizontal}", remedy="Check --crs")
    return _finer(_finer(place[0]).T).T, _finer(_finer(place[1]).T).T


def _finer(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (NODES, N) interpolated to (TILE, N)."""
    at = np.arange(TILE) * ((NODES - 1) / (TILE - 1))
    low = np.minimum(at.astype(np.intp), NODES - 2)
    share = (at - low)[:, None]
    return np.asarray(value[low] * (1.0 - share) + value[low + 1] * share)


def _blocks(band: DatasetReader) -> NDArray[np.float64]:
    """West, south, east, north (N, 4) [m] of the blocks that a raster holds.

    A sparse GeoTIFF says of a block that it has no place in the file
    (https://gdal.org/en/stable/drivers/raster/gtiff.html, BLOCK_OFFSET).
    """
    high, wide = band.block_shapes[0]
    held = [
        (row, column)
        for row in range(-(-band.height // high))
        for column in range(-(-band.width // wide))
        if band.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", bidx=1) is not None
    ]
    row, column = np.array(held, np.float64).reshape(-1, 2).T
    t = band.transform
    east = t.c + np.minimum((column + 1) * wide, band.width) * t.a
    south = t.f + np.minimum((row + 1) * high, band.height) * t.e
    return np.stack([t.c + column * wide * t.a, south, east, t.f + row * high * t.e], axis=1)


def _carried(box: NDArray[np.float64], horizontal: str) -> tuple[NDArray[np.float64], ...]:
    """West, south, east, north (N,) in web mercator of boxes (N, 4) of the city's system, along their edges."""
    step = np.linspace(0.0, 1.0, ALONG)
    u = np.concatenate([step, step, np.zeros(ALONG), np.ones(ALONG)])
    v = np.concatenate([np.zeros(ALONG), np.ones(ALONG), step, step])
    west, south, east, north = (edge[:, None] for edge in box.T)
    x, y = crs_door.transform(horizontal, WEB_MERCATOR, west + (east - west) * u, south + (north - south) * v)
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y))):
        raise CityModelError(f"the raster's place in {horizontal} has none in web mercator", remedy="Check --crs")
    return x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)
