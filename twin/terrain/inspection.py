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
from twin.terrain.tin import Tin
from twin.terrain.words import passed_over_lines

# The whole map in any projected system.
EVERYWHERE = (np.array([[-1e9, -1e9]]), np.array([[1e9, 1e9]]))
# The error that `heliotwin solar` keeps by default; the triangles it takes are part of what one wants to know.
BOUND_M = 0.15
# Larger terrains are described without being triangulated: 10 million samples take some five seconds.
MOST_SAMPLES = 25_000_000


def inspect_terrain(paths: list[Path], crs: str | None) -> dict[str, Any]:
    """Format, coordinate system, extent, step, heights and gaps of each file, and what all come to as one ground.

    Grids stand under ``terrain``, TINs too where there are no grids, else under ``terrain_tins``: a job takes one or
    the other.

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
    out: dict[str, Any] = {"terrain_files": files, "terrain_passed_over": found.passed_over}
    if found.grids:
        out["terrain"] = _of_grids(found)
    if found.tins:
        out["terrain_tins" if found.grids else "terrain"] = _of_tins(found.tins)
    return out


def _of_tins(tins: list[Tin]) -> dict[str, Any]:
    """All TINs together, and where each lies."""
    vertex, triangle, _, facts = joined(tins)
    each = [
        {"file": tin.name, "triangles": len(tin.triangle), **_extent(tin.vertex.min(axis=0), tin.vertex.max(axis=0))}
        for tin in tins
    ]
    return {**_extent(vertex.min(axis=0), vertex.max(axis=0)), "tins": each, "triangles": len(triangle), **facts}


def _of_grids(found: Found) -> dict[str, Any]:
    """All grids together."""
    mosaic = mosaic_of(found.grids)
    low = np.array([[grid.lattice.west, grid.lattice.south] for grid in found.grids])
    high = np.array([[grid.lattice.east, grid.lattice.north] for grid in found.grids])
    # samples of the finest step that these files come to
    size = round(float(((high - low) / mosaic.step + 1).prod(axis=1).sum()))
    if size > MOST_SAMPLES:
        corner = [low.min(axis=0), high.max(axis=0)]
        return {**_extent(*corner), "spacing_m": list(mosaic.step), "samples": size, "triangles": None}
    _, triangle, _, facts = triangulate(mosaic, low, high, BOUND_M)
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
    out += passed_over_lines(found["terrain_passed_over"])
    out += _ground_lines(found["terrain"])
    if "terrain_tins" in found:
        names = ", ".join(Path(tin["file"]).name for tin in found["terrain_tins"]["tins"])
        out += [f"TINs        {names}: a job takes either these or the grids, name them one by one"]
        out += _ground_lines(found["terrain_tins"])
    return out


def _ground_lines(ground: dict[str, Any]) -> list[str]:
    out = [f"samples at  {ground['low_m']} to {ground['high_m']} m"]
    if "samples" in ground:
        step = " × ".join(f"{value:g}" for value in ground["spacing_m"])
        out.append(f"samples     {ground['samples']:,} of {step} m")
    if ground["triangles"] is None:
        return [*out, "triangles   not counted: the terrain is large"]
    if "missing_m2" not in ground:
        return [*out, f"triangles   {ground['triangles']:,}, used as they are"]
    out.append(f"missing     {ground['missing_m2']:,.0f} m²")
    if ground["overlapping_samples"]:
        out.append(
            f"overlap     {ground['overlapping_samples']:,} samples in several files, "
            f"{ground['different_samples']:,} differ, by up to {ground['largest_difference_m']:.2f} m"
        )
    if ground["resampled"]:
        out.append(f"resampled   to the finest grid: {', '.join(ground['resampled'])}")
    return [*out, f"triangles   {ground['triangles']:,}, largest error {ground['largest_error_m']:.3f} m"]
