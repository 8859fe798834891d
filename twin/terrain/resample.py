"""Heights of a grid at places between its samples: bilinear, and to the rim of its outermost cells.

Beside its outermost samples a file goes on as the neighbour that lies on the same lattice does, and where there is none
at the height of its edge for the half cell that it still covers. So tiles of 5 m leave no crack of 5 m between each
other, nor one of 3 m beside tiles of 1 m.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.terrain.grid import Grid, shift_of, window_of

# A place this share of a cell beyond the rim still belongs to it: places are multiples of steps such as 0.1 m.
SLACK = 1e-6


def sample_bilinear(
    grid: Grid, x: NDArray[np.float64], y: NDArray[np.float64], siblings: Sequence[Grid] = ()
) -> NDArray[np.float64]:
    """Heights (R, C) [m] at columns x (C,) and rows y (R,) [m]; NaN beside a missing sample and beyond the cells.

    Parameters
    ----------
    grid
        Whose cells are filled.
    siblings
        Grids of the same lattice that may continue it, the first that knows a height first.
    """
    lattice = grid.lattice
    out = np.full((len(y), len(x)), np.nan)
    column, row = (x - lattice.west) / lattice.step_x, (y - lattice.south) / lattice.step_y
    across = np.flatnonzero((column >= -0.5 - SLACK) & (column <= lattice.columns - 0.5 + SLACK))
    along = np.flatnonzero((row >= -0.5 - SLACK) & (row <= lattice.rows - 0.5 + SLACK))
    if not len(across) or not len(along):
        return out
    column, row = column[across], row[along]
    left, low = np.floor(column).astype(int), np.floor(row).astype(int)
    first_column, first_row = left.min(), low.min()
    z = _continued(grid, first_row, low.max() + 2 - first_row, first_column, left.max() + 2 - first_column, siblings)
    i, j = low - first_row, left - first_column
    right, up = (column - left)[None, :], (row - low)[:, None]
    # a sample of weight 0 counts for nothing, missing or not
    south = _between(z[np.ix_(i, j)], z[np.ix_(i, j + 1)], right)
    north = _between(z[np.ix_(i + 1, j)], z[np.ix_(i + 1, j + 1)], right)
    out[np.ix_(along, across)] = _between(south, north, up)
    return out


def _continued(
    grid: Grid, first_row: int, rows: int, first_column: int, columns: int, siblings: Sequence[Grid]
) -> NDArray[np.float64]:
    """Samples (rows, columns) of a window that reaches one sample beyond the grid at most, filled there."""
    z = window_of(grid, first_row, rows, first_column, columns)
    row, column = first_row + np.arange(rows), first_column + np.arange(columns)
    beyond_row, beyond_column = (row < 0) | (row >= grid.lattice.rows), (column < 0) | (column >= grid.lattice.columns)
    beyond = beyond_row[:, None] | beyond_column[None, :]
    if not beyond.any():
        return z
    for sibling in siblings:
        offset = shift_of(sibling.lattice, grid.lattice)
        if offset is not None and (beyond & np.isnan(z)).any():
            other = window_of(sibling, first_row - offset[1], rows, first_column - offset[0], columns)
            z = np.where(beyond & np.isnan(z), other, z)
    edge = z[
        np.ix_(
            np.clip(row, 0, grid.lattice.rows - 1) - first_row,
            np.clip(column, 0, grid.lattice.columns - 1) - first_column,
        )
    ]
    return np.where(beyond & np.isnan(z), edge, z)


def _between(a: NDArray[np.float64], b: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(share == 0, a, a + share * (b - a))
