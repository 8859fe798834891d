"""The far terrain of a job, read once, and the profile of any of its cells.

A profile begins where the near terrain ends: at the box of the cell and its halo, whose triangles are traced by rays.
It belongs to the middle of the cell. Oracle: tests/twin/test_twin_far_horizon.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs, to_geographic
from solar.far_horizon import FarHorizon
from twin.errors import TwinError
from twin.far_horizon.files import FarFile, far_files
from twin.far_horizon.march import AZIMUTHS, earth_radius_m, march
from twin.far_horizon.raster import Nodes, Raster, empty_raster, fill, nodes_of
from twin.far_horizon.words import COMPASS
from twin.terrain.grid import NODATA_REMEDY
from twin.terrain.read import named
from twin.terrain.source import expand

if TYPE_CHECKING:
    from twin.cells import Cell

REACH_M = 40_000.0
# As fine as files that reach so far are (Copernicus GLO-30: 20 × 31 m); 12.5 m would raise the horizon by 0.004° and
# take four times the memory (docs/design/0017-far-horizon.md).
STEP_M = 25.0
# A gap is said where it begins nearer than this share of the reach.
SHORT = 0.95
TURN = 2.0 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS


@dataclass(frozen=True)
class FarTerrain:
    """Heights around a job and where they come from."""

    raster: Raster
    crs: Crs
    reach_m: float
    sources: tuple[Path, ...]  # files that reach here, each once, in the order named
    facts: dict[str, Any]  # for the report


def build_far_terrain(
    paths: list[Path],
    crs: Crs,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    reach_m: float = REACH_M,
    step_m: float = STEP_M,
    near_m: float | None = None,
) -> FarTerrain:
    """Far terrain of files, folders and archives around a box; of several that hold a place the first named counts.

    Parameters
    ----------
    crs
        The city's.
    low, high : (2,) [m]
        Corners of the box of all cells.
    reach_m
        How far from a cell's middle terrain counts [m on the map].
    step_m
        Of the lattice that files are sampled on, at multiples of it [m].
    near_m
        As of `far_horizon_of`: gaps nearer than that are none.

    Raises
    ------
    TwinError
        Naming the file and the remedy.
    """
    began = time.perf_counter()
    margin_m = reach_m + 2.0 * step_m
    raster = empty_raster(np.asarray(low, float) - margin_m, np.asarray(high, float) + margin_m, step_m)
    expanded = expand(paths)
    nodes: dict[str, Nodes] = {}
    used: list[FarFile] = []
    passed_over: list[str] = []
    for file in far_files(expanded, crs, passed_over):
        if file.horizontal not in nodes:
            nodes[file.horizontal] = nodes_of(raster, crs.horizontal, file.horizontal)
        if fill(raster, nodes[file.horizontal], file.grid):
            used.append(file)
    missing = np.isnan(raster.height)
    if missing.all():
        within = f"within {reach_m / 1e3:g} km of the city"
        if used:
            names = named([file.source.name for file in used])
            raise TwinError(f"{names}: nothing but nodata {within}, not one height", NODATA_REMEDY)
        names = ", ".join(str(path) for path in paths[:3])
        raise TwinError(f"{names}: no terrain {within}", "name the tiles around it")
    far = FarTerrain(raster, crs, reach_m, tuple(dict.fromkeys(file.source.path for file in used)), {})
    far.facts.update(_facts(used, passed_over, missing, raster))
    far.facts.update(_coverage(far, np.asarray(low, float), np.asarray(high, float), near_m or 0.0))
    far.facts["near_m"] = near_m
    far.facts["seconds"] = round(time.perf_counter() - began, 2)
    return far


def far_horizon_of(far: FarTerrain, cell: Cell, height_m: float, near_m: float | None) -> FarHorizon:
    """The horizon around a cell; the same to the bit whatever other cells the job has.

    Parameters
    ----------
    far
        Whose box holds the cell.
    height_m
        Of the eye in the middle of the cell [m above sea].
    near_m
        How far around the cell terrain is traced by rays [m]; None where none is: then the far terrain begins outside
        the cell itself.

    Raises
    ------
    TwinError
        Where the cell lies outside the box that the far terrain was built for.
    """
    west, south, east, north = cell.box
    place = ((west + east) / 2.0, (south + north) / 2.0)
    raster, shape = far.raster, np.array(far.raster.height.shape[::-1])
    corner = np.array([raster.column, raster.row])
    # one sample left around: the kernel looks at both sides of a place
    first, end = (corner + 1) * raster.step_m, (corner + shape - 2) * raster.step_m
    if (np.array(place) - far.reach_m < first).any() or (np.array(place) + far.reach_m > end).any():
        raise TwinError(f"cell {cell.name} lies outside the far terrain", "build it around all cells")
    box_m = (east - west) / 2.0 + (near_m or 0.0)
    return FarHorizon(march(raster, place, height_m, box_m, far.reach_m, _radius_m(far.crs, place)).elevation_deg)


def _radius_m(crs: Crs, place: tuple[float, float]) -> float:
    return earth_radius_m(float(to_geographic(crs, *place)[0]))


def _facts(used: list[FarFile], passed_over: list[str], missing: NDArray[np.bool_], raster: Raster) -> dict[str, Any]:
    """What the heights are of."""
    return {
        "files": [
            {
                "name": _without_folder(file.source.name),
                "format": file.source.kind,
                "crs": file.named or f"not named: taken as {file.horizontal}",
                "step": [round(file.grid.lattice.step_x, 9), round(file.grid.lattice.step_y, 9)],
                **({"note": file.note} if file.note else {}),
            }
            for file in used
        ],
        "passed_over": [_without_folder(text) for text in passed_over],
        "step_m": raster.step_m,
        "samples": int(missing.size - missing.sum()),
        "lowest_m": round(float(np.nanmin(raster.height)), 1),
        "highest_m": round(float(np.nanmax(raster.height)), 1),
    }


def _without_folder(text: str) -> str:
    """The name of a file, and what follows: a report does not tell where someone's files lie."""
    path, colon, rest = text.partition(": ")
    return f"{Path(path).name}{colon}{rest}"


def _coverage(far: FarTerrain, low: NDArray[np.float64], high: NDArray[np.float64], near_m: float) -> dict[str, Any]:
    """How far rays from the middle and the corners of the box are known without a gap, and towards where too short."""
    middle = (low + high) / 2.0
    eyes = [middle, low, high, np.array([low[0], high[1]]), np.array([high[0], low[1]])]
    # from very high: nothing rises, only what is known counts
    rays = [march(far.raster, (x, y), 1e5, near_m, far.reach_m, 6.38e6) for x, y in np.stack(eyes).tolist()]
    known, unbroken = np.stack([ray.known_m for ray in rays]), np.stack([ray.gap_m for ray in rays]).min(axis=0)
    unbroken = np.minimum(unbroken, far.reach_m)
    asked_m = far.reach_m - near_m / np.maximum(*np.abs([np.sin(TURN), np.cos(TURN)]))
    sector = np.rint(np.arange(AZIMUTHS) / AZIMUTHS * len(COMPASS)).astype(int) % len(COMPASS)
    nearest = [float(unbroken[sector == i].min()) for i in range(len(COMPASS))]
    short = {name: _km(gap) for name, gap in zip(COMPASS, nearest, strict=True) if gap < SHORT * far.reach_m}
    return {
        "reach_km": _km(far.reach_m),
        "known_km": {"least": _km(min(nearest)), "median": _km(float(np.median(unbroken)))},
        "missing_share": round(1.0 - float((known / asked_m).mean()), 4),
        "short_towards": list(short),
        "first_gap_km": short,
    }


def _km(length_m: float) -> float:
    return round(length_m / 1e3, 1)
