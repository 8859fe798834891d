"""Where a study measures: open land, surfaces and points, cell by cell in one order that no scenario changes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin import cells
from twin.cells import Cell, origin_of
from twin.job import REACH_M, receiving_cells
from twin.processors import processors
from twin.receivers import FIRST_POINT, Samples, concatenate, empty_samples, is_land, is_point, sample_surfaces, take
from twin.study.outcome import Grid, Receivers
from twin.study.scenarios import City, within_radius
from twin.study.spots import Spots


class Place(NamedTuple):
    """Everything that is measured in one cell."""

    cell: Cell
    origin: NDArray[np.float64]  # (3,) m in the CRS
    samples: Samples  # surface ≥ 0; −1 open land; −2 − i spot i


class Layout(NamedTuple):
    """Where the rows of every cell stand in the arrays of the whole study."""

    places: tuple[Place, ...]
    grid: Grid
    receivers: Receivers


def layout_of(city: City, spots: Spots) -> Layout:
    """Receivers of a study.

    The Bestand's come first in each cell and alone decide its origin; then those of plans, then the spots.
    """
    with ThreadPoolExecutor(processors()) as pool:
        places = list(pool.map(partial(_place, city, spots), _cells(city, spots)))
    return laid_out([place for place in places if place is not None], city.job.pixel_m)


def laid_out(places: Sequence[Place], pixel_m: float) -> Layout:
    """Cells in their order, joined to the study's raster and its receivers on surfaces."""
    land = [place.samples.point[is_land(place.samples.surface), :2] for place in places]
    on_surface = [take(place.samples, place.samples.surface >= 0) for place in places]
    return Layout(tuple(places), _grid(np.concatenate([np.zeros((0, 2)), *land]), pixel_m), _joined(on_surface))


def _cells(city: City, spots: Spots) -> list[Cell]:
    touched = set(receiving_cells(city.scene, city.bounds, city.land, None))
    if len(spots.surface):
        touched |= set(cells.cells_touched(spots.point[:, :2], spots.point[:, :2]))
    return sorted(touched)


def _place(city: City, spots: Spots, cell: Cell) -> Place | None:
    """The rows of one cell; None where it has none."""
    model, scene, job = city.model, city.scene, city.job
    near = scene.receives & cells.touching(city.bounds, cell, margin_m=REACH_M)
    near &= within_radius(city, city.bounds.low[:, :2], city.bounds.high[:, :2])
    standing = model.object < city.bestand_objects
    bestand = sample_surfaces(model, scene, np.flatnonzero(near & standing), job.spacing_m)
    # A cell beyond the radius is not sampled only to be thrown away.
    west, south, east, north = cell.box
    reached = within_radius(city, np.array([[west, south]]), np.array([[east, north]]))[0]
    land = city.land.sample(cell) if reached else empty_samples()
    land = take(land, within_radius(city, land.point[:, :2], land.point[:, :2]))
    first = cells.inside(concatenate([bestand, land]), cell)
    first = take(first, cells.order(first, cell))
    second = planned_samples(city, cell)
    number = np.arange(len(spots.surface))
    points = Samples(spots.point, spots.normal, np.ones(len(number)), (FIRST_POINT - number).astype(np.int32))
    third = cells.inside(points, cell)
    samples = concatenate([first, second, third])
    if not len(samples.surface):
        return None
    deciding = next(part for part in (first, second, third) if len(part.surface))
    return Place(cell, origin_of(cell, deciding), samples)


def planned_samples(city: City, cell: Cell) -> Samples:
    """Receivers of one cell on surfaces of plans, in their order."""
    near = city.scene.receives & cells.touching(city.bounds, cell, margin_m=REACH_M)
    near &= (city.model.object >= city.bestand_objects) & within_radius(
        city, city.bounds.low[:, :2], city.bounds.high[:, :2]
    )
    found = cells.inside(sample_surfaces(city.model, city.scene, np.flatnonzero(near), city.job.spacing_m), cell)
    return take(found, cells.order(found, cell))


def _grid(place: NDArray[np.float64], cell_m: float) -> Grid:
    """The raster around the middles (G, 2) of pixels."""
    if not len(place):
        return Grid(0.0, 0.0, cell_m, 0, 0, np.zeros(0, np.int64))
    column, row = np.floor(place / cell_m).astype(np.int64).T
    west, north = int(column.min()), int(row.max())
    columns, rows = int(column.max()) - west + 1, north - int(row.min()) + 1
    return Grid(west * cell_m, (north + 1) * cell_m, cell_m, rows, columns, (north - row) * columns + column - west)


def _joined(parts: list[Samples]) -> Receivers:
    whole = concatenate(parts)
    return Receivers(whole.point, whole.normal, whole.area_m2, whole.surface)


def rows_of(samples: Samples) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows of a cell are open land, surfaces, spots."""
    return is_land(samples.surface), samples.surface >= 0, is_point(samples.surface)


def spot_numbers(samples: Samples) -> NDArray[np.int64]:
    """Index of the spot that each spot's row of a cell stands for."""
    surface = samples.surface[is_point(samples.surface)]
    return (FIRST_POINT - surface).astype(np.int64)
