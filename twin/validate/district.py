"""Two places to compare transport at, carried through a job's own steps: the demo district, and a street canyon.

Both stand on terrain, so that engine and peer meet the same ground: the demo's is drawn through its buildings' base
heights (there is none bundled), the canyon's is a plane.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.read import read_city
from twin import irradiation, job
from twin.cells import Cell
from twin.config import SolarJob, check_job
from twin.irradiation import Bins
from twin.open_land import OpenLand, footprints
from twin.operators import BLACK, CellData
from twin.optics import Optics
from twin.package_data import demo_city
from twin.progress import silent
from twin.receivers import is_land
from twin.validate.engine import Mesh
from twin.validate.towns import BASE_M, Block, turned, write_town

KINDS = ("roof", "façade", "ground")
VIEWS = ("sample", "cover", "trace", "reflect", "store")  # a job's stages that make what its receivers see
SKY_MODEL = "perez1993"  # radiances of patches, hour by hour: what an engine and its peer can both be given
GROUND_STEP_M = 5.0  # between heights of the demo's ground
GROUND_MARGIN_M = 60.0  # it reaches this far beyond the buildings
DEMO = {"spacing_m": 1.0, "ground_spacing_m": 2.0, "terrain_error_m": 0.05}  # a job's defaults, on finer ground
CANYON = {"spacing_m": 1.0, "ground_spacing_m": 2.0, "terrain_error_m": 0.05}
# The canyon: two rows of houses of unequal height along a street that lies aslant to the patches of the sky.
ACROSS_M, LONG_M, DEEP_M, HEIGHTS_M, STREET_DEG = 14.0, 120.0, 12.0, (18.0, 12.0), 25.0
MIDDLE = (364_250.0, 5_650_250.0)


class Place(NamedTuple):
    """A job, traced: what its cells hold, what its year sends, and the seconds that its views took."""

    prepared: job.Prepared
    cells: dict[Cell, CellData]
    bins: Bins
    seconds: float

    @property
    def optics(self) -> Optics:
        """What turns bits into light."""
        return self.bins.optics


class Chosen(NamedTuple):
    """Exposed receivers of a place: which cell's and row, which kind, where (local to the scene's origin)."""

    cell: NDArray[np.int64]  # (P,) in the order of Place.cells
    row: NDArray[np.int64]  # (P,)
    kind: NDArray[np.int64]  # (P,) index into KINDS
    point: NDArray[np.float64]  # (P, 3) m
    normal: NDArray[np.float64]  # (P, 3)


def demo_place(folder: Path, patches: int, reflections: str = "traced") -> Place:
    """The bundled district, on ground through its base heights."""
    with demo_city() as city:
        model = read_city([city])
        land = OpenLand(footprints(model), DEMO["ground_spacing_m"], GROUND_MARGIN_M, None)
        low, high = land.feet.place.min(axis=0), land.feet.place.max(axis=0)
        ground = _ground(folder / "ground.tif", low - GROUND_MARGIN_M, high + GROUND_MARGIN_M, land.level)
        return traced(_job(city, ground, folder, patches, DEMO, reflections))


def canyon_place(folder: Path, patches: int, reflections: str = "traced") -> Place:
    """The street canyon, on level ground."""
    city = _canyon(folder / "canyon.city.json")
    reach = np.full(2, LONG_M)
    middle = np.array(MIDDLE)
    ground = _ground(folder / "ground.tif", middle - reach, middle + reach, lambda place: np.full(len(place), BASE_M))
    return traced(_job(city, ground, folder, patches, CANYON, reflections))


def traced(options: SolarJob) -> Place:
    """A job, run as ever; its cells are read back from its store."""
    done = job.run_solar(options, silent)
    seconds = sum(done.stopwatch.stages[stage]["wall_s"] or 0.0 for stage in VIEWS if stage in done.stopwatch.stages)
    found = {cell: _held(data) for cell, data in irradiation.cells_of(done.store)}
    return Place(done.prepared, found, done.bins, seconds)


def _held(data: CellData) -> CellData:
    """A cell in memory, so that its folder may go."""

    def held(part: Any) -> Any:
        return type(part)(*map(held, part)) if hasattr(part, "_fields") else np.array(part)

    return CellData(*map(held, data))


def mesh_of(place: Place) -> tuple[Mesh, NDArray[np.float64]]:
    """Everything that the place's rays can meet, local to the scene's origin, and the albedo (T,) of each triangle."""
    casters, scene = place.prepared.casters, place.prepared.scene
    # Where nothing receives (a building's underside) nothing is sent back either.
    own = np.where(casters.surface == BLACK, 0.0, scene.albedo[np.maximum(casters.surface, 0)])
    vertices, triangles, albedo = scene.vertices, casters.triangles[casters.opaque], own[casters.opaque]
    if scene.terrain is not None:
        ground = scene.terrain.surface
        triangles = np.concatenate([triangles, ground.triangle + len(vertices)])
        albedo = np.concatenate([albedo, np.full(len(ground.triangle), place.optics.albedo)])
        vertices = np.concatenate([vertices, ground.vertex - scene.origin])
    return Mesh(vertices, triangles.astype(np.int64)), albedo


def choose(place: Place, counts: tuple[int, int, int], within_m: float | None = None) -> Chosen:
    """Receivers of each kind, spread by chance but the same every time; all there are where fewer.

    ``within_m`` [m] of the middle of all receivers, where it is given: the ends of a street are no canyon.
    """
    scene, model = place.prepared.scene, place.prepared.model
    parts = []
    for number, data in enumerate(place.cells.values()):
        receivers = data.receivers
        row = np.flatnonzero(~receivers.covered)
        up = receivers.normal[row, 2]
        kind = np.where(is_land(receivers.surface[row]), 2, np.where(np.abs(up) < 0.1, 1, np.where(up > 0.1, 0, -1)))
        point = receivers.point[row].astype(np.float64) + (data.origin - scene.origin)
        parts.append((np.full(len(row), number), row, kind, point, receivers.normal[row].astype(np.float64)))
    every = Chosen(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    near = np.ones(len(every.row), bool)
    if within_m is not None:
        middle = model.coords.mean(axis=0)[:2] - scene.origin[:2]
        near = np.hypot(*(every.point[:, :2] - middle).T) < within_m
    dice = np.random.default_rng(8)
    picked = []
    for number, count in enumerate(counts):
        there = np.flatnonzero(near & (every.kind == number))
        picked.append(np.sort(dice.choice(there, min(count, len(there)), replace=False)))
    rows = np.concatenate(picked)
    return Chosen(*(column[rows] for column in every))


def _job(city: Path, ground: Path, folder: Path, patches: int, spacing: dict[str, float], reflections: str) -> SolarJob:
    options: dict[str, object] = {"cities": [city], "terrain": [ground], "out": folder / "out", "sky": patches}
    options |= {"sky_model": SKY_MODEL, "reflections": reflections, "device": "cpu", "no_pv": True}
    return check_job({**options, **spacing})


def _ground(
    path: Path,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    level: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Path:
    """A grid of heights between two corners, as GeoTIFF."""
    import rasterio

    west, south = np.floor(low / GROUND_STEP_M) * GROUND_STEP_M
    columns, rows = (np.ceil((high - (west, south)) / GROUND_STEP_M) + 1).astype(int)
    x = west + (np.arange(columns) + 0.5) * GROUND_STEP_M
    y = south + (np.arange(rows)[::-1] + 0.5) * GROUND_STEP_M
    place = np.stack([axis.ravel() for axis in np.meshgrid(x, y)], axis=1)
    height = level(place).reshape(rows, columns).astype(np.float32)
    shape = {"width": int(columns), "height": int(rows), "count": 1, "dtype": "float32", "crs": "EPSG:25832"}
    corner = rasterio.Affine(GROUND_STEP_M, 0.0, west, 0.0, -GROUND_STEP_M, south + rows * GROUND_STEP_M)
    with rasterio.open(path, "w", driver="GTiff", transform=corner, **shape) as file:
        file.write(height, 1)
    return path


def _canyon(path: Path) -> Path:
    """Two rows of houses along a street."""
    blocks = []
    for name, side, height in zip("ab", (-1.0, 1.0), HEIGHTS_M, strict=True):
        near, far = side * ACROSS_M / 2, side * (ACROSS_M / 2 + DEEP_M)
        low, high = (min(near, far), -LONG_M / 2), (max(near, far), LONG_M / 2)
        blocks.append(Block(name, turned(MIDDLE, low, high, STREET_DEG), height))
    return write_town(path, blocks)
