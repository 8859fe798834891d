"""Fixed squares of 500 m in the CRS: each fixes its local origin, its casters and the order of its receivers.

A work tile is only a set of cells, so no result depends on how a city is cut into jobs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.receivers import Samples, take
from twin.scene import Bounds

CELL_M = 500
# Finest step of the Morton order; receivers closer than this are ordered by their coordinates.
MORTON_STEP_M = 0.25


class Cell(NamedTuple):
    """A square by the CRS coordinates of its south-west corner [m]."""

    east: int
    north: int

    @property
    def name(self) -> str:
        """Folder name, ``<E>_<N>``."""
        return f"{self.east}_{self.north}"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north [m]."""
        return float(self.east), float(self.north), float(self.east + CELL_M), float(self.north + CELL_M)


def window(cell: Cell) -> list[Cell]:
    """A cell and the eight around it, in order of east, then north."""
    steps = (-CELL_M, 0, CELL_M)
    return [Cell(cell.east + east, cell.north + north) for east in steps for north in steps]


def parse_cell(name: str) -> Cell:
    """The cell of a folder name."""
    east, north = name.split("_")
    return Cell(int(east), int(north))


def cell_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """South-west corners (N, 2) [m] of the cells that hold points."""
    return (np.floor(np.stack([x, y], axis=-1) / CELL_M) * CELL_M).astype(np.int64)


def cells_touched(low: NDArray[np.float64], high: NDArray[np.float64]) -> list[Cell]:
    """Every cell that a set of boxes (N, 2+) touches, in order of east, then north."""
    found: set[Cell] = set()
    first = cell_of(low[:, 0], low[:, 1])
    last = cell_of(high[:, 0], high[:, 1])
    for west, south, east, north in np.unique(np.concatenate([first, last], axis=1), axis=0).tolist():
        found.update(Cell(e, n) for e in range(west, east + 1, CELL_M) for n in range(south, north + 1, CELL_M))
    return sorted(found)


def touching(bounds: Bounds, cell: Cell, margin_m: float = 0.0) -> NDArray[np.bool_]:
    """Which boxes reach into a cell grown by a margin [m]."""
    west, south, east, north = cell.box
    return (
        (bounds.low[:, 0] <= east + margin_m)
        & (bounds.high[:, 0] >= west - margin_m)
        & (bounds.low[:, 1] <= north + margin_m)
        & (bounds.high[:, 1] >= south - margin_m)
    )


def inside(samples: Samples, cell: Cell) -> Samples:
    """The receivers that stand in a cell."""
    corner = cell_of(samples.point[:, 0], samples.point[:, 1])
    keep = (corner[:, 0] == cell.east) & (corner[:, 1] == cell.north)
    return take(samples, keep)


def origin_of(cell: Cell, samples: Samples) -> NDArray[np.float64]:
    """Local origin (3,) [m] of a cell: its middle, at the whole metre below its lowest receiver."""
    low = np.floor(samples.point[:, 2].min()) if len(samples.point) else 0.0
    return np.array([cell.east + CELL_M / 2, cell.north + CELL_M / 2, low])


def order(samples: Samples, cell: Cell) -> NDArray[np.intp]:
    """Order of a cell's receivers: along a Morton curve, ties by coordinates; no job can change it."""
    corner = np.array([cell.east, cell.north, np.floor(samples.point[:, 2].min()) if len(samples.point) else 0.0])
    step = np.floor((samples.point - corner) / MORTON_STEP_M).astype(np.uint64)
    code = _spread(step[:, 0]) | (_spread(step[:, 1]) << np.uint64(1)) | (_spread(step[:, 2]) << np.uint64(2))
    keys = (*(samples.normal[:, k] for k in (2, 1, 0)), *(samples.point[:, k] for k in (2, 1, 0)), code)
    return np.lexsort(keys)


def _spread(index: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Two zero bits between the bits of a 21-bit number (Morton 1966)."""
    index = index & np.uint64(0x1FFFFF)
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        index = (index | (index << np.uint64(shift))) & np.uint64(mask)
    return index
