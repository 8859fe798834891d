"""A raster as a pyramid of pictures ``z/x/y`` in web mercator: 256 pixels a side, empty tiles left out.

The quadtree is walked depth first, from blocks that the raster holds, so that only a few tiles are in memory whatever
the size of the city. PNG is written with a palette where a tile has at most 256 colours, which is nearly always and a
third of the size; WebP is lossless, so that a colour stays the legend's.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from twin.export.rasters.mercator import TILE, Box, Tile, Zooms, box_of, sampled, tiles_of, zooms_of
from twin.export.rasters.paint import Paint, Rgba, Sums, halved
from twin.progress import OnProgress, silent

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

ImageFormat = Literal["png", "webp"]
# Palettes of PNG have one byte a pixel.
PALETTE = 256


class Pyramid(NamedTuple):
    """A written pyramid."""

    name: str  # its folder, relative to the export's
    zooms: Zooms
    box: Box
    files: list[str]  # relative to the export's folder


class _Walk(NamedTuple):
    """What does not change while a pyramid is written."""

    band: DatasetReader
    horizontal: str
    paint: Paint
    zooms: Zooms
    within: dict[int, set[Tile]]  # tiles by zoom
    folder: Path
    name: str
    image: ImageFormat
    files: list[str]
    on_progress: OnProgress
    done: list[int]


def write_pyramid(
    band: DatasetReader,
    horizontal: str,
    paint: Paint,
    folder: Path,
    name: str,
    image: ImageFormat,
    on_progress: OnProgress = silent,
) -> Pyramid:
    """Write ``folder/name/z/x/y.png``; only tiles on which something is drawn.

    Raises
    ------
    io_citygml.errors.CityModelError
        Where the raster's place has none in web mercator.
    """
    zooms = zooms_of(band, horizontal)
    within = {zooms.last: set(tiles_of(band, horizontal, zooms.last))}
    for zoom in range(zooms.last - 1, zooms.first - 1, -1):
        within[zoom] = {tile.parent for tile in within[zoom + 1]}
    walk = _Walk(band, horizontal, paint, zooms, within, folder, name, image, [], on_progress, [0])
    for tile in sorted(within[zooms.first]):
        _tile(walk, tile)
    return Pyramid(name, zooms, box_of(band, horizontal), sorted(walk.files))


def _tile(walk: _Walk, tile: Tile) -> Sums | None:
    """Write a tile and all below it; its sums, None where it has none."""
    sums = _leaf(walk, tile) if tile.zoom == walk.zooms.last else _above(walk, tile)
    if sums is None:
        return None
    picture = walk.paint.colours(sums)
    if picture[..., 3].any():
        name = f"{walk.name}/{tile.zoom}/{tile.column}/{tile.row}.{walk.image}"
        (walk.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (walk.folder / name).write_bytes(encoded(picture, walk.image))
        walk.files.append(name)
    return sums


def _leaf(walk: _Walk, tile: Tile) -> Sums | None:
    walk.on_progress(walk.name, walk.done[0], len(walk.within[tile.zoom]))
    walk.done[0] += 1
    value = sampled(walk.band, walk.horizontal, tile)
    return None if value is None else walk.paint.split(value)


def _above(walk: _Walk, tile: Tile) -> Sums | None:
    """Sums of a tile from its four quarters."""
    out: Sums | None = None
    half = TILE // 2
    for down in (0, 1):
        for right in (0, 1):
            below = Tile(tile.zoom + 1, 2 * tile.column + right, 2 * tile.row + down)
            if below not in walk.within[below.zoom]:
                continue
            sums = _tile(walk, below)
            if sums is None:
                continue
            if out is None:
                out = np.zeros((len(sums), TILE, TILE), np.float32)
            out[:, down * half : (down + 1) * half, right * half : (right + 1) * half] = halved(sums)
    return out


def encoded(picture: Rgba, image: ImageFormat) -> bytes:
    """A picture (rows, columns, 4) as the bytes of a file."""
    from PIL import Image

    out = BytesIO()
    if image == "webp":
        Image.fromarray(picture).save(out, "WEBP", lossless=True, method=4)
        return out.getvalue()
    packed = np.ascontiguousarray(picture).view(np.uint32)[..., 0]
    colour, index = np.unique(packed, return_inverse=True)
    if len(colour) > PALETTE:
        Image.fromarray(picture).save(out, "PNG")
        return out.getvalue()
    table = colour.view(np.uint8).reshape(-1, 4)
    flat = Image.fromarray(index.reshape(packed.shape).astype(np.uint8))
    flat.putpalette(table[:, :3].tobytes())
    flat.save(out, "PNG", transparency=table[:, 3].tobytes())
    return out.getvalue()
