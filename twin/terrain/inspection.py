"""What `heliotwin inspect` finds in terrain files before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from io_citygml.crs import parse_crs
from twin.terrain.grid import Grid
from twin.terrain.ground import joined, triangulate
from twin.terrain.mosaic import mosaic_of
from twin.terrain.read import Found, read_terrain
from twin.terrain.source import expand

# The whole map in any projected system.
EVERYWHERE = (np.array([[-1e9, -1e9]]), np.array([[1e9, 1e9]]))
# The error that `heliotwin solar` keeps by default; the triangles it takes are part of what one wants to know.
BOUND_M = 0.15
# Larger terrains are described without being triangulated: 10 million samples take some five seconds.
MOST_SAMPLES = 25_000_000


def inspect_terrain(paths: list[Path], crs: str | None) -> dict[str, Any]:
    """Format, coordinate system, extent, step, heights and gaps of each file, and what all come to as one ground.

    Parameters
    ----------
    crs
        The system that all files must be in; None where each may name its own.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        Naming the file and the remedy.
    """
    found = read_terrain(expand(paths), parse_crs(crs) if crs else None, *EVERYWHERE)
    files = [
        {
            "file": file.source.name,
            "format": file.source.kind,
            "crs": file.crs,
            **({"note": file.note} if file.note else {}),
        }
        for file in found.files
    ]
    return {"terrain_files": files, "terrain": _as_one(found)}


def _as_one(found: Found) -> dict[str, Any]:
    """The terrain of all files together."""
    if found.tins:
        vertex, triangle, facts = joined(found.tins)
        low, high = vertex.min(axis=0), vertex.max(axis=0)
        return {**_extent(low, high), "triangles": len(triangle), **facts}
    low = np.array([[grid.lattice.west, grid.lattice.south] for grid in found.grids])
    high = np.array([[grid.lattice.east, grid.lattice.north] for grid in found.grids])
    size = sum(grid.lattice.columns * grid.lattice.rows for grid in found.grids)
    first = found.grids[0].lattice
    if size > MOST_SAMPLES:
        corner = [low.min(axis=0), high.max(axis=0)]
        return {**_extent(*corner), "spacing_m": [first.step_x, first.step_y], "samples": size, "triangles": None}
    _, triangle, facts = triangulate(mosaic_of(found.grids), low, high, BOUND_M)
    return {
        **_extent(np.append(low.min(axis=0), facts["lowest_m"]), np.append(high.max(axis=0), facts["highest_m"])),
        "grids": [_grid(grid) for grid in found.grids],
        "triangles": len(triangle),
        **facts,
    }


def _extent(low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    return {"low_m": np.round(low, 3).tolist(), "high_m": np.round(high, 3).tolist()}


def _grid(grid: Grid) -> dict[str, Any]:
    return {"file": grid.name, "columns": grid.lattice.columns, "rows": grid.lattice.rows}


def lines(found: dict[str, Any]) -> list[str]:
    """The findings in words."""
    out = []
    for file in found["terrain_files"]:
        said = f"CRS {file['crs']}" if file["crs"] else "names no CRS"
        out.append(f"{file['file']}  {file['format']}, {said}" + (f"; {file['note']}" if "note" in file else ""))
    ground = found["terrain"]
    out.append(f"samples at  {ground['low_m']} to {ground['high_m']} m")
    if "samples" in ground:
        step = " × ".join(f"{value:g}" for value in ground["spacing_m"])
        out.append(f"samples     {ground['samples']:,} of {step} m")
    if ground["triangles"] is None:
        return [*out, "triangles   not counted: the terrain is large"]
    if "missing_m2" in ground:
        out.append(f"missing     {ground['missing_m2']:,.0f} m²")
        if ground["overlapping_samples"]:
            out.append(
                f"overlap     {ground['overlapping_samples']:,} samples in several files, "
                f"{ground['different_samples']:,} differ, by up to {ground['largest_difference_m']:.2f} m"
            )
        if ground["resampled"]:
            out.append(f"resampled   to the first file's grid: {', '.join(ground['resampled'])}")
        error = f", largest error {ground['largest_error_m']:.3f} m"
    else:
        error = ", used as they are"
    return [*out, f"triangles   {ground['triangles']:,}{error}"]
