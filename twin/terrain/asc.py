"""ESRI ASCII grid: six lines of head, then heights row by row from the north.

``xllcorner`` names the corner of the lower left cell, ``xllcenter`` its middle, where the sample stands. Heights are
read as one stream of numbers, so lines may break anywhere; anything that is no number is an error.
Source: ESRI, "ASCII raster format" (ArcGIS documentation, Esri ASCII raster format).
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.terrain.grid import HIGHEST_M, LOWEST_M, Grid, Lattice, array_grid
from twin.terrain.source import Source, open_source

# Text grids are held in memory as float32: 400 MB.
MOST_SAMPLES = 100_000_000
CHUNK = 1 << 20


def read_asc(source: Source) -> Grid:
    """The grid of an ESRI ASCII file.

    Raises
    ------
    TwinError
        Naming the file and what is wrong with its head or heights.
    """
    with open_source(source) as stream:
        head, rest = _head(stream, source)
        columns, rows = _count(head, "ncols", source), _count(head, "nrows", source)
        if columns * rows > MOST_SAMPLES:
            raise TwinError(
                f"{source.name}: {columns:,} × {rows:,} heights are too many for text", "gdal_translate it to GeoTIFF"
            )
        step_x = head.get("dx", head.get("cellsize", 0.0))
        step_y = head.get("dy", head.get("cellsize", 0.0))
        if not (step_x > 0 and step_y > 0):
            raise TwinError(f"{source.name}: no cellsize above 0", "correct its head")
        west = _middle(head, "xll", step_x, source)
        south = _middle(head, "yll", step_y, source)
        height = _heights(stream, rest, columns * rows, source).reshape(rows, columns)
    missing = head.get("nodata_value", -9999.0)
    height[(height == np.float32(missing)) | ~((height > LOWEST_M) & (height < HIGHEST_M))] = np.nan
    return array_grid(source.name, Lattice(west, south, step_x, step_y, columns, rows), height[::-1])


def _head(stream: BinaryIO, source: Source) -> tuple[dict[str, float], bytes]:
    """Values of the head by lower-case key, and the first line that belongs to it no more."""
    head: dict[str, float] = {}
    while True:
        line = stream.readline()
        part = line.decode("latin-1").removeprefix("ï»¿").split()
        if line and not part:
            continue
        if len(part) != 2 or _is_number(part[0]):
            return head, line
        try:
            head[part[0].lower()] = float(part[1].replace(",", "."))
        except ValueError:
            raise TwinError(f"{source.name}: {part[0]} is {part[1]!r}, not a number", "correct its head") from None


def _count(head: dict[str, float], key: str, source: Source) -> int:
    value = head.get(key, 0.0)
    if not (1 <= value < 1e9 and value == int(value)):
        raise TwinError(f"{source.name}: {key} is {value if key in head else 'missing'}", "correct its head")
    return int(value)


def _middle(head: dict[str, float], key: str, step: float, source: Source) -> float:
    """Middle of the first cell [m]."""
    for name, shift in ((f"{key}corner", step / 2), (f"{key}center", 0.0)):
        if name in head and np.isfinite(head[name]):
            return head[name] + shift
    raise TwinError(f"{source.name}: neither {key}corner nor {key}center", "correct its head")


def _heights(stream: BinaryIO, rest: bytes, count: int, source: Source) -> NDArray[np.float32]:
    out = np.empty(count, np.float32)
    done = 0
    while True:
        data = stream.read(CHUNK)
        text = rest + data
        # a number may be cut between two chunks: keep what follows the last blank
        cut = len(text) if not data else max(text.rfind(b" "), text.rfind(b"\n"), text.rfind(b"\t"))
        part, rest = (text[:cut], text[cut:]) if cut > 0 else (b"", text)
        token = part.replace(b",", b".").split()
        try:
            value = np.array(token, dtype=np.float64) if token else np.zeros(0)
        except ValueError:
            bad = next(t for t in token if not _is_number(t)).decode("latin-1")[:40]
            raise TwinError(
                f"{source.name}: {bad!r} among the heights is not a number", "download the file again"
            ) from None
        if done + len(value) > count:
            raise TwinError(f"{source.name}: more heights than ncols × nrows = {count:,}", "correct its head")
        out[done : done + len(value)] = value
        done += len(value)
        if not data:
            break
    if done < count:
        raise TwinError(f"{source.name}: cut off, {done:,} of {count:,} heights", "download the file again")
    return out


def _is_number(token: bytes | str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True
