"""Irradiation of open land as grids: the full one cell by cell for the file, a bounded one for pictures.

A city whose parts lie far apart spans a grid of hundreds of millions of mostly empty cells; neither grid holds more
in memory than it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin import irradiation
from twin.export.cog import NODATA, Raster
from twin.irradiation import Bins
from twin.operators import CellData
from twin.receivers import is_land
from twin.store import Store

# Pictures have fewer points than this; more cells would only cost memory.
PICTURE_CELLS = 4_000_000


class Patch(NamedTuple):
    """Open land of one cell of the job; row and column count from a grid line of the CRS."""

    column: NDArray[np.int64]  # (N,) eastward
    row: NDArray[np.int64]  # (N,) northward
    value: NDArray[np.float64]  # (N,) kWh/m²


class Extent(NamedTuple):
    """Grid cells that hold open land, bounds included, and how much of it there is."""

    west: int
    south: int
    east: int
    north: int
    measured: int
    cell_m: float

    @property
    def columns(self) -> int:
        """Width in grid cells."""
        return self.east - self.west + 1

    @property
    def rows(self) -> int:
        """Height in grid cells."""
        return self.north - self.south + 1


def patches(store: Store, bins: Bins | None, cell_m: float) -> Iterator[Patch]:
    """Open land cell by cell; values are 0 where no weather is given."""
    for data, column, row in _land(store, cell_m):
        yield Patch(column, row, irradiation.open_land_kwh_m2(data, bins) if bins else np.zeros(len(row)))


def _land(store: Store, cell_m: float) -> Iterator[tuple[CellData, NDArray[np.int64], NDArray[np.int64]]]:
    """Cells that hold open land, and the grid column and row of each of its receivers."""
    for _, data in irradiation.cells_of(store):
        land = is_land(data.receivers.surface)
        if not land.any():
            continue
        place = np.asarray(data.receivers.point)[land, :2].astype(np.float64) + data.origin[:2]
        index = np.floor(place / cell_m).astype(np.int64)
        yield data, index[:, 0], index[:, 1]


def extent_of(store: Store, cell_m: float) -> Extent | None:
    """Where a store holds open land; None where it holds none."""
    found = [
        (p.column.min(), p.row.min(), p.column.max(), p.row.max(), len(p.row)) for p in patches(store, None, cell_m)
    ]
    if not found:
        return None
    west, south, east, north, count = np.array(found).T
    return Extent(int(west.min()), int(south.min()), int(east.max()), int(north.max()), int(count.sum()), cell_m)


class Land(NamedTuple):
    """Open land of a job, for reports and pictures."""

    extent: Extent
    raster: Raster  # mean of up to PICTURE_CELLS squares
    area_m2: float
    irradiation_kwh_m2: float
    spacing_m: float


def land_of(store: Store, bins: Bins, cell_m: float) -> Land | None:
    """Totals of open land and a raster coarse enough to draw; None where there is no open land."""
    extent = extent_of(store, cell_m)
    if extent is None:
        return None
    coarse = int(np.ceil(np.sqrt(extent.columns * extent.rows / PICTURE_CELLS)))
    rows, columns = -(-extent.rows // coarse), -(-extent.columns // coarse)
    total, count = np.zeros((rows, columns)), np.zeros((rows, columns))
    for patch in patches(store, bins, cell_m):
        where = ((extent.north - patch.row) // coarse, (patch.column - extent.west) // coarse)
        np.add.at(total, where, patch.value)
        np.add.at(count, where, 1.0)
    mean = np.where(count > 0, total / np.maximum(count, 1.0), NODATA).astype(np.float32)
    return Land(
        extent=extent,
        raster=Raster(mean, extent.west * cell_m, (extent.north + 1) * cell_m, coarse * cell_m),
        area_m2=extent.measured * cell_m**2,
        irradiation_kwh_m2=float(total.sum() / extent.measured),
        spacing_m=cell_m,
    )


def windows(store: Store, bins: Bins, extent: Extent) -> Iterator[tuple[int, int, Raster]]:
    """Row and column, from the upper left, of a window of the full grid, and the window, cell by cell."""
    for patch in patches(store, bins, extent.cell_m):
        north, west = int(patch.row.max()), int(patch.column.min())
        shape = (north - int(patch.row.min()) + 1, int(patch.column.max()) - west + 1)
        grid = np.full(shape, NODATA, np.float32)
        grid[north - patch.row, patch.column - west] = patch.value
        window = Raster(grid, west * extent.cell_m, (north + 1) * extent.cell_m, extent.cell_m)
        yield extent.north - north, west - extent.west, window


def month_windows(store: Store, bins: Bins, extent: Extent) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """Row and column of windows as in `windows`, and their irradiation by month (12, rows, columns) [kWh/m²]."""
    for data, column, row in _land(store, extent.cell_m):
        north, west = int(row.max()), int(column.min())
        shape = (irradiation.MONTHS, north - int(row.min()) + 1, int(column.max()) - west + 1)
        grid = np.full(shape, NODATA, np.float32)
        grid[:, north - row, column - west] = irradiation.open_land_months_kwh_m2(data, bins).T
        yield extent.north - north, west - extent.west, grid
