"""XYZ text: one point a line, in any order; points on a regular grid become one, others are triangulated.

How its lines are built: `layout`. The file is streamed, and only points of the wanted area are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.inputs import HEAD_BYTES
from twin.terrain.grid import HIGHEST_M, LOWEST_M, NODATA_REMEDY, SAME_PLACE, Grid, Lattice, array_grid, zone_shift
from twin.terrain.layout import Layout, is_number, layout_of, parts, text_of
from twin.terrain.mosaic import BLOCK
from twin.terrain.source import NotTerrain, Source, open_source
from twin.terrain.tin import Tin, delaunay

LINES = 1_000_000
# 24 bytes each, and as many again while they become a grid.
MOST_POINTS = 40_000_000
# Scattered points cost about 1 kB each while they are triangulated.
MOST_SCATTERED = 4_000_000
# A grid with fewer of its places filled than this is taken for scattered points.
FILLED = 0.05
# A side of more steps than this is no terrain but a point somewhere else.
MOST_STEPS = 1 << 30


class Points(NamedTuple):
    """Points of one file."""

    point: NDArray[np.float64]  # (N, 3) m, those of the wanted area and around it; height NaN where there is none
    shift_m: float  # what was added to the eastings to take a zone off
    low: NDArray[np.float64]  # (2,) m, of all points
    high: NDArray[np.float64]  # (2,)
    margin_m: float  # how far around the wanted area points were kept
    lattice: Lattice | None  # of its first points


def _layout(source: Source) -> Layout:
    with open_source(source) as stream:
        found = layout_of(text_of(stream.read(HEAD_BYTES)).splitlines())
    if found is None:
        raise NotTerrain(
            f"{source.name}: no line with three numbers", "an XYZ file holds easting, northing, height a line"
        )
    return found


def read_points(source: Source, low: NDArray[np.float64], high: NDArray[np.float64]) -> Points:
    """The points that a job needs: on a regular grid those within a block of the box (2,), (2,) [m], else all.

    Raises
    ------
    TwinError
        Naming the line that holds something else.
    """
    import pandas as pd

    kept: list[NDArray[np.float64]] = []
    count, shift, margin = 0, 0.0, np.inf
    first, last = np.full(2, np.inf), np.full(2, -np.inf)
    lattice: Lattice | None = None
    layout = _layout(source)
    with open_source(source) as stream:
        try:
            for number, point in enumerate(_chunks(stream, layout)):
                if number == 0:
                    shift = zone_shift(float(np.median(point[:, 0])))
                    lattice = lattice_of(point)
                    margin = BLOCK * max(lattice.step_x, lattice.step_y) if lattice else np.inf
                point[:, 0] += shift
                first, last = np.minimum(first, point[:, :2].min(axis=0)), np.maximum(last, point[:, :2].max(axis=0))
                inside = (point[:, :2] >= low - margin).all(axis=1) & (point[:, :2] <= high + margin).all(axis=1)
                kept.append(point[inside])
                count += len(kept[-1])
                if count > MOST_POINTS:
                    raise TwinError(f"{source.name}: more than {MOST_POINTS:,} points", "gdal_translate it to GeoTIFF")
        except (ValueError, pd.errors.ParserError) as error:
            line = _bad_line(source, layout)
            where = f"line {line} " if line else ""
            raise TwinError(f"{source.name}: {where}does not hold three numbers", "correct or remove it") from error
    point = _joined(kept, count)
    point[~((point[:, 2] > LOWEST_M) & (point[:, 2] < HIGHEST_M)), 2] = np.nan
    return Points(point, shift, first, last, margin if np.isfinite(margin) else 0.0, lattice)


def _joined(parts_of: list[NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """All points (N, 3) in their order; each part is let go when it is copied."""
    out = np.empty((count, 3))
    end = count
    while parts_of:
        part = parts_of.pop()
        out[end - len(part) : end] = part
        end -= len(part)
    return out


def _chunks(stream: BinaryIO, layout: Layout) -> Iterator[NDArray[np.float64]]:
    """Points (N, 3) of up to LINES lines; ValueError where something is no number."""
    import pandas as pd

    for chunk in pd.read_csv(
        stream,
        sep=layout.separator,
        decimal=layout.decimal,
        header=None,
        skiprows=layout.skip,
        usecols=list(layout.order),
        comment="#",
        dtype=np.float64,
        chunksize=LINES,
        encoding="latin-1",
        skipinitialspace=True,
    ):
        if not set(layout.order) <= set(chunk.columns):
            raise ValueError("fewer columns than its head names")
        point = chunk[list(layout.order)].to_numpy(np.float64, copy=True)
        if not np.isfinite(point).all():
            raise ValueError("no number, or none at all")
        yield point


def _bad_line(source: Source, layout: Layout) -> int:
    """Number of the first line that cannot be read; 0 where none is found."""
    with open_source(source) as stream:
        for number, raw in enumerate(stream, start=1):
            line = raw.decode("latin-1").strip()
            if number <= layout.skip or not line or line.startswith("#"):
                continue
            part = parts(line.split("#")[0], layout.separator)
            wanted = [part[i] for i in layout.order if i < len(part)]
            if len(wanted) < 3 or not all(
                is_number(p, layout.decimal) and np.isfinite(float(p.replace(",", "."))) for p in wanted
            ):
                return number
    return 0


def grid_or_tin(source: Source, point: NDArray[np.float64]) -> Grid | Tin:
    """A regular grid where the points lie on one, else their triangulation.

    Raises
    ------
    TwinError
        Where there are too few or too many scattered points.
    """
    finite = np.isfinite(point[:, 2])
    known = point if finite.all() else point[finite]
    if len(point) and not len(known):
        raise NotTerrain(f"{source.name}: nothing but nodata, not one height", NODATA_REMEDY)
    if len(known) < 3:
        raise NotTerrain(f"{source.name}: fewer than three heights", "download the file again")
    lattice = lattice_of(point)
    if lattice is not None:
        height = np.full((lattice.rows, lattice.columns), np.nan, np.float32)
        column = np.rint((known[:, 0] - lattice.west) / lattice.step_x).astype(np.int64)
        row = np.rint((known[:, 1] - lattice.south) / lattice.step_y).astype(np.int64)
        # of points on one place the first in the file counts
        height[row[::-1], column[::-1]] = known[::-1, 2]
        return array_grid(source.name, lattice, height)
    if len(known) > MOST_SCATTERED:
        raise NotTerrain(f"{source.name}: {len(known):,} scattered points", "gdal_grid makes a raster of them")
    _, first = np.unique(known[:, :2], axis=0, return_index=True)
    try:
        return delaunay(source.name, known[np.sort(first)])
    except ValueError as error:
        raise NotTerrain(f"{source.name}: {error}", "a terrain covers an area") from error


def lattice_of(point: NDArray[np.float64]) -> Lattice | None:
    """The regular grid on which points (N, 3) lie; None where they lie on none."""
    axes = []
    for k in range(2):
        value = np.unique(point[:, k])
        gap = np.diff(value)
        gap = gap[gap > 1e-3]
        if not len(gap):
            return None
        step = float(gap.min())
        # the smallest gap carries the rounding of the text; over the whole width it averages out
        if not (value[-1] - value[0]) / step <= MOST_STEPS:  # a coordinate of 1e308 makes it infinite
            return None
        number = round((value[-1] - value[0]) / step)
        step = round(float(value[-1] - value[0]) / number, 9)
        off = (value - value[0]) / step
        if np.abs(off - np.rint(off)).max() > SAME_PLACE:
            return None
        axes.append((float(value[0]), step, number + 1))
    (west, step_x, columns), (south, step_y, rows) = axes
    if columns * rows * FILLED > len(point) or max(step_x / step_y, step_y / step_x) > 10:
        return None
    return Lattice(west, south, step_x, step_y, columns, rows)
