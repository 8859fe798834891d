"""The terrain of a job: read around its cells, triangulated within its error, ready to stand on.

Blocks of the lattice are triangulated whole or not at all, so a job over part of a city meets the same triangles as a
job over all of it. TINs are used as they are.

A city has ten thousands of triangles per km², so of places only one box is kept for each run of triangles that follow
each other (a block, or a piece of a TIN); the triangles of the few runs that a cell meets are looked at one by one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.terrain.grid import NODATA_REMEDY
from twin.terrain.mosaic import Mosaic, mosaic_of
from twin.terrain.read import Found, TerrainFile, named, read_terrain
from twin.terrain.refine import refine_block
from twin.terrain.source import expand
from twin.terrain.surface import Surface, surface_of
from twin.terrain.tin import Tin

# Triangles of a TIN whose places are kept as one box.
RUN = 4096


class Runs(NamedTuple):
    """Triangles that follow each other and lie together."""

    start: NDArray[np.int64]  # (R + 1,) first triangle of each, and the number of all
    low: NDArray[np.float64]  # (R, 2) m on the map
    high: NDArray[np.float64]  # (R, 2)


@dataclass(frozen=True)
class Terrain:
    """The ground of a job and where it comes from."""

    surface: Surface
    bound_m: float
    runs: Runs
    mosaic: Mosaic | None  # None for TINs
    files: tuple[TerrainFile, ...]
    facts: dict[str, Any]  # for the report

    def source_height(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights (N,) [m] of the files themselves at places (N, 2): between a grid's samples, a TIN's plane."""
        if self.mosaic is None:
            return self.surface.height(place)
        return self.mosaic.between(place)

    def near(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.int64]:
        """Triangles (M,), ascending, whose box on the map meets a box (2,), (2,) [m]."""
        found = [np.zeros(0, np.int64)]
        for run in np.flatnonzero(_meet(self.runs.low, self.runs.high, low, high)):
            first, last = self.runs.start[run], self.runs.start[run + 1]
            corner = self.surface.vertex[self.surface.triangle[first:last], :2]
            found.append(first + np.flatnonzero(_meet(corner.min(axis=1), corner.max(axis=1), low, high)))
        return np.concatenate(found)

    def used(self) -> list[Path]:
        """Files that reach into the job's area, each once, in the order named."""
        return list(dict.fromkeys(file.source.path for file in self.files if file.used))


def build_terrain(
    paths: list[Path], crs: Crs, low: NDArray[np.float64], high: NDArray[np.float64], bound_m: float
) -> Terrain:
    """Terrain of files, folders and archives within boxes.

    Parameters
    ----------
    crs
        The city's.
    low, high : (N, 2) [m]
        Corners of the boxes on the map that ground is wanted in.
    bound_m : [m]
        Largest distance, along the vertical, between a sample of a grid and the triangles.

    Raises
    ------
    TwinError
        Naming the file and the remedy.
    """
    began = time.perf_counter()
    found = read_terrain(expand(paths), crs, low, high)
    if found.grids and found.tins:
        raise TwinError(
            f"{found.grids[0].name} is a grid, {found.tins[0].name} a TIN", "give either grids or TINs with --terrain"
        )
    mosaic = mosaic_of(found.grids, found.finest) if found.grids else None
    if mosaic is not None:
        vertex, triangle, start, facts = triangulate(mosaic, low, high, bound_m)
    else:
        vertex, triangle, start, facts = joined(found.tins)
    runs, area = _runs(vertex, triangle, start)
    facts |= _facts(found, len(triangle), area, bound_m if mosaic else 0.0)
    surface = surface_of(vertex, triangle)
    facts["seconds"] = round(time.perf_counter() - began, 2)
    return Terrain(
        surface=surface,
        bound_m=bound_m if mosaic else 0.0,
        runs=runs,
        mosaic=mosaic,
        files=tuple(found.files),
        facts=facts,
    )


def triangulate(
    mosaic: Mosaic, low: NDArray[np.float64], high: NDArray[np.float64], bound_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int64], dict[str, Any]]:
    """Vertices (V, 3) [m], triangles (T, 3), first of each block, and counts, of every block that touches a box.

    Raises
    ------
    TwinError
        Where the files hold no height there.
    """
    vertices, triangles, worst, count = [np.zeros((0, 3))], [np.zeros((0, 3), np.int32)], 0.0, 0
    for block in mosaic.blocks(low, high):
        height = mosaic.read(block)
        part = refine_block(height, bound_m)
        column, row = mosaic.corner(block)
        place = mosaic.place(column + part.column, row + part.row)
        vertices.append(np.concatenate([place, height[part.row, part.column][:, None]], axis=1))
        triangles.append((part.triangle + count).astype(np.int32))
        count += len(place)
        worst = max(worst, part.error_m)
    start = np.cumsum([len(part) for part in triangles])
    triangle = np.concatenate(triangles)
    triangles.clear()
    tally, cell = mosaic.tally, mosaic.step[0] * mosaic.step[1]
    if not len(triangle):
        names = named([grid.name for grid in mosaic.grids])
        if tally.missing and not tally.samples:
            raise TwinError(f"{names}: nothing but nodata there, not one height", NODATA_REMEDY)
        raise TwinError(f"{names}: no height there, only gaps", "name the tiles of this place")
    facts = {
        "spacing_m": [round(step, 6) for step in mosaic.step],
        "samples": tally.samples,
        "lowest_m": round(tally.lowest_m, 3),
        "highest_m": round(tally.highest_m, 3),
        "missing_m2": round(tally.missing * cell, 1),
        "overlapping_samples": tally.overlapping,
        "different_samples": tally.different,
        "largest_difference_m": round(tally.largest_difference_m, 3),
        "resampled": [Path(name).name for name in mosaic.resampled],
        "largest_error_m": round(worst, 4),
    }
    return np.concatenate(vertices), triangle, start, facts


def joined(tins: list[Tin]) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int64], dict[str, Any]]:
    """Vertices, triangles, first of each run, and counts, of TINs side by side."""
    first = np.cumsum([0, *(len(tin.vertex) for tin in tins)])
    parts = [(tin.triangle + start).astype(np.int32) for tin, start in zip(tins, first[:-1], strict=True)]
    triangle = np.concatenate(parts)
    vertex = np.concatenate([tin.vertex for tin in tins])
    low, high = vertex[triangle, 2].min(), vertex[triangle, 2].max()
    facts = {"largest_error_m": 0.0, "lowest_m": round(float(low), 3), "highest_m": round(float(high), 3)}
    start = np.append(np.arange(0, len(triangle), RUN), len(triangle))
    return vertex, triangle, start, facts


def _meet(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    wanted_low: NDArray[np.float64],
    wanted_high: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Which boxes (N, 2) meet one (2,)."""
    return np.asarray(((low <= wanted_high) & (high >= wanted_low)).all(axis=1))


def _runs(vertex: NDArray[np.float64], triangle: NDArray[np.int32], start: NDArray[np.int64]) -> tuple[Runs, float]:
    """The boxes of runs of triangles, those without any left out, and the area of all on the map [m²]."""
    start = np.unique(start)
    low, high, area = np.empty((len(start) - 1, 2)), np.empty((len(start) - 1, 2)), 0.0
    for run in range(len(start) - 1):
        corner = vertex[triangle[start[run] : start[run + 1]], :2]
        low[run], high[run] = corner.min(axis=(0, 1)), corner.max(axis=(0, 1))
        a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
        across = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
        area += float(across.sum()) / 2
    return Runs(start, low, high), area


def _facts(found: Found, triangles: int, area_m2: float, bound_m: float) -> dict[str, Any]:
    return {
        "files": [
            {
                "name": file.source.path.name
                if file.source.member is None
                else f"{file.source.path.name}: {file.source.member}",
                "format": file.source.kind,
                "crs": file.crs or "not named, taken as the city's",
                **({"note": file.note} if file.note else {}),
            }
            for file in found.files
            if file.used
        ],
        "files_elsewhere": sum(not file.used for file in found.files),
        "error_bound_m": bound_m,
        "passed_over": [_short(text) for text in found.passed_over],
        "triangles": triangles,
        "area_m2": round(area_m2, 1),
    }


def _short(text: str) -> str:
    """What was passed over, without its folder: reports do not tell where someone's files lie."""
    path, colon, why = text.partition(": ")
    return f"{Path(path).name}{colon}{why}"
