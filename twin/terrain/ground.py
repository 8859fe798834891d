"""The terrain of a job: read around its cells, triangulated within its error, ready to stand on.

Blocks of the lattice are triangulated whole or not at all, so a job over part of a city meets the same triangles as a
job over all of it. TINs are used as they are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.terrain.mosaic import Mosaic, mosaic_of
from twin.terrain.read import Found, TerrainFile, read_terrain
from twin.terrain.refine import refine_block
from twin.terrain.source import expand
from twin.terrain.surface import Surface, surface_of
from twin.terrain.tin import Tin


@dataclass(frozen=True)
class Terrain:
    """The ground of a job and where it comes from."""

    surface: Surface
    bound_m: float
    low: NDArray[np.float64]  # (T, 3) m, box of each triangle in the CRS
    high: NDArray[np.float64]  # (T, 3)
    mosaic: Mosaic | None  # None for TINs
    files: tuple[TerrainFile, ...]
    facts: dict[str, Any]  # for the report

    def source_height(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights (N,) [m] of the files themselves at places (N, 2): the nearest sample of a grid, a TIN's plane."""
        if self.mosaic is None:
            return self.surface.height(place)
        return self.mosaic.nearest(place)

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
    mosaic = mosaic_of(found.grids) if found.grids else None
    if mosaic is not None:
        vertex, triangle, facts = triangulate(mosaic, low, high, bound_m)
    else:
        vertex, triangle, facts = joined(found.tins)
    corner = vertex[triangle]
    facts |= _facts(found, corner, bound_m if mosaic else 0.0)
    facts["seconds"] = round(time.perf_counter() - began, 2)
    return Terrain(
        surface=surface_of(vertex, triangle),
        bound_m=bound_m if mosaic else 0.0,
        low=corner.min(axis=1),
        high=corner.max(axis=1),
        mosaic=mosaic,
        files=tuple(found.files),
        facts=facts,
    )


def triangulate(
    mosaic: Mosaic, low: NDArray[np.float64], high: NDArray[np.float64], bound_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], dict[str, Any]]:
    """Vertices (V, 3) [m], triangles (T, 3) and counts of every block that touches a box.

    Raises
    ------
    TwinError
        Where the files hold no height there.
    """
    vertices, triangles, worst, count = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0.0, 0
    for block in mosaic.blocks(low, high):
        height = mosaic.read(block)
        part = refine_block(height, bound_m)
        column, row = mosaic.corner(block)
        place = mosaic.place(column + part.column, row + part.row)
        vertices.append(np.concatenate([place, height[part.row, part.column][:, None]], axis=1))
        triangles.append(part.triangle + count)
        count += len(place)
        worst = max(worst, part.error_m)
    triangle = np.concatenate(triangles)
    if not len(triangle):
        raise TwinError(f"{mosaic.grids[0].name}: no height around the city, only gaps", "name the tiles of this place")
    tally, cell = mosaic.tally, mosaic.step[0] * mosaic.step[1]
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
    return np.concatenate(vertices), triangle, facts


def joined(tins: list[Tin]) -> tuple[NDArray[np.float64], NDArray[np.int64], dict[str, Any]]:
    """Vertices, triangles and counts of TINs side by side."""
    first = np.cumsum([0, *(len(tin.vertex) for tin in tins)])
    triangle = np.concatenate([tin.triangle + start for tin, start in zip(tins, first[:-1], strict=True)])
    vertex = np.concatenate([tin.vertex for tin in tins])
    low, high = vertex[triangle, 2].min(), vertex[triangle, 2].max()
    facts = {"largest_error_m": 0.0, "lowest_m": round(float(low), 3), "highest_m": round(float(high), 3)}
    return vertex, triangle, facts


def _facts(found: Found, corner: NDArray[np.float64], bound_m: float) -> dict[str, Any]:
    a, b, c = corner[:, 0, :2], corner[:, 1, :2], corner[:, 2, :2]
    across = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
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
        "triangles": len(corner),
        "area_m2": round(float(across.sum()) / 2, 1),
    }
