"""A regular grid of heights, whatever file it came from: where its samples stand, and any window of them.

A sample stands at the middle of its cell. Rows count from the south, columns from the west.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Heights outside are no ground of this planet's cities but an undeclared "no data" (−9999, −32768, 3.4e38).
LOWEST_M, HIGHEST_M = -500.0, 9000.0
# What mends a file that reaches where it is wanted and has no height there: another place would not.
NODATA_REMEDY = "look at its heights and its nodata value (gdalinfo -stats), or name another terrain"
# Steps and places that agree within this share of a step are the same: ASCII files round to the centimetre or so.
SAME_STEP = 1e-5
SAME_PLACE = 0.01
# German states deliver ETRS89/UTM also with the zone before the easting: 32 691000 instead of 691000.
ZONE_M = 1e6
ZONES = (31, 32, 33)

# first row, rows, first column, columns → heights (rows, columns) [m], NaN where missing
ReadWindow = Callable[[int, int, int, int], NDArray[np.float64]]


class Lattice(NamedTuple):
    """Where the samples of a grid stand [m in the CRS]."""

    west: float  # first column of samples
    south: float  # first row of samples
    step_x: float
    step_y: float
    columns: int
    rows: int

    @property
    def east(self) -> float:
        """Last column of samples."""
        return self.west + (self.columns - 1) * self.step_x

    @property
    def north(self) -> float:
        """Last row of samples."""
        return self.south + (self.rows - 1) * self.step_y

    def touches(self, low: NDArray[np.float64], high: NDArray[np.float64], samples: int = 0) -> bool:
        """Whether any of the boxes (N, 2), grown by a number of samples, meets the samples' rectangle."""
        grown = np.array([samples * self.step_x, samples * self.step_y])
        low, high = low - grown, high + grown
        return bool(
            (
                (low[:, 0] <= self.east)
                & (high[:, 0] >= self.west)
                & (low[:, 1] <= self.north)
                & (high[:, 1] >= self.south)
            ).any()
        )


def finer(a: Lattice, b: Lattice) -> Lattice:
    """The one whose samples stand closer by more than rounding; else the first."""
    share = b.step_x * b.step_y / (a.step_x * a.step_y)
    return b if share < 1 - 2 * SAME_STEP else a


class Grid(NamedTuple):
    """One file's samples."""

    name: str
    lattice: Lattice
    read: ReadWindow


def zone_shift(easting: float) -> float:
    """What takes the zone off an easting that carries it [m]; 0 for one that does not."""
    zone = int(easting // ZONE_M)
    return -zone * ZONE_M if zone in ZONES else 0.0


def shift_of(grid: Lattice, base: Lattice) -> tuple[int, int] | None:
    """Columns and rows from the base's first sample to the grid's; None where the two do not fall together."""
    if abs(grid.step_x / base.step_x - 1) > SAME_STEP or abs(grid.step_y / base.step_y - 1) > SAME_STEP:
        return None
    column, row = (grid.west - base.west) / base.step_x, (grid.south - base.south) / base.step_y
    if abs(column - round(column)) > SAME_PLACE or abs(row - round(row)) > SAME_PLACE:
        return None
    return round(column), round(row)


def window_of(grid: Grid, first_row: int, rows: int, first_column: int, columns: int) -> NDArray[np.float64]:
    """Samples of a window that may reach beyond the grid; NaN there and where missing."""
    out = np.full((rows, columns), np.nan)
    low_row, high_row = max(0, first_row), min(grid.lattice.rows, first_row + rows)
    low_column, high_column = max(0, first_column), min(grid.lattice.columns, first_column + columns)
    if low_row < high_row and low_column < high_column:
        found = grid.read(low_row, high_row - low_row, low_column, high_column - low_column)
        out[low_row - first_row : high_row - first_row, low_column - first_column : high_column - first_column] = found
    return out


def array_grid(name: str, lattice: Lattice, height: NDArray[np.floating]) -> Grid:
    """A grid whose samples (rows, columns) are in memory."""

    def read(first_row: int, rows: int, first_column: int, columns: int) -> NDArray[np.float64]:
        part = height[first_row : first_row + rows, first_column : first_column + columns]
        return np.asarray(part, np.float64)

    return Grid(name, lattice, read)
