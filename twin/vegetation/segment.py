"""Single trees out of a canopy height model: tops, and the ground that each covers.

The highest leaf of each half-metre cell, closed where the scan left a hole and smoothed once; a top is the highest cell
within a window that widens with height (Popescu and Wynne 2004, https://doi.org/10.14358/PERS.70.5.589, their combined
model); from the tops crowns are flooded down to the valleys between them (marker-controlled watershed by a priority
queue: Meyer and Beucher 1990, https://doi.org/10.1016/1047-3203(90)90014-M). scipy's ``watershed_ift`` floods by steps
between cells, not by their height: a gentle saddle would lead one crown into the next.

Oracle: the trees of synthetic scans, tests/twin/test_twin_vegetation_points.py.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.vegetation.crowns import Floats
from twin.vegetation.leaves import LOWEST_M

STEP_M = 0.5
# A pulse leaves holes of a cell or two in a crown, and twigs stand out of it: closed by 3 × 3 cells, smoothed by 1.5.
CLOSING = 3
SIGMA = 1.5
# Lower than this it is a shrub.
LOWEST_TREE_M = 3.0
# Diameter of the window [m]: a + b · height².
WINDOW = (2.51503, 0.00901)
# No crown reaches farther from its top than this [m]: a + b · height.
REACH = (2.0, 0.6)


class Segments(NamedTuple):
    """Trees of a raster; N of them."""

    label: NDArray[np.int32]  # (rows, columns) tree + 1, 0 where there is none
    row: NDArray[np.int64]  # (N,) cell of the top
    column: NDArray[np.int64]  # (N,)


def canopy(plan: Floats, above_m: Floats, low: Floats, cells: int) -> Floats:
    """(cells, cells) height of the highest point (N, 2), (N,) in each cell of a raster at ``low``; 0 where none is."""
    height = np.zeros((cells, cells))
    column, row = np.clip(((plan - low) / STEP_M).astype(np.int64), 0, cells - 1).T
    np.maximum.at(height, (row, column), above_m)
    return height


def segments(canopy_m: Floats) -> Segments:
    """Trees of a canopy height model (rows, columns) [m] of STEP_M."""
    from scipy.ndimage import gaussian_filter, grey_closing

    whole = grey_closing(canopy_m, size=(CLOSING, CLOSING), mode="constant")
    # an edge must not be lower for the empty cells beside it: weights of the cells that hold leaves
    held = (whole > LOWEST_M).astype(float)
    weight = gaussian_filter(held, SIGMA, truncate=2.0)
    smooth = np.where(held > 0, gaussian_filter(whole * held, SIGMA, truncate=2.0) / np.maximum(weight, 1e-9), 0.0)
    smooth = np.round(smooth * 100) / 100  # centimetres: what floods, and no noise of rounding decides a tie
    row, column = _tops(smooth)
    label = np.where(smooth > LOWEST_M, 0, -1).astype(np.int32)
    label[row, column] = np.arange(1, len(row) + 1)
    if len(row):
        _flood(np.round(smooth * 100).astype(np.int64), label, row * label.shape[1] + column)
    label[label < 0] = 0
    tree = np.maximum(label - 1, 0)
    if len(row):
        y, x = np.indices(label.shape)
        reach = (REACH[0] + REACH[1] * smooth[row, column]) / STEP_M
        label[np.hypot(y - row[tree], x - column[tree]) > reach[tree]] = 0
    return Segments(label, row, column)


def _tops(smooth: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells that no other within their window stands above; of equals the first by row and column."""
    order = np.empty(smooth.size, np.int64)
    order[np.lexsort((-np.arange(smooth.size), smooth.ravel()))] = np.arange(smooth.size)
    radius = np.where(smooth >= LOWEST_TREE_M, np.ceil((WINDOW[0] + WINDOW[1] * smooth**2) / 2 / STEP_M), 0)
    row, column = np.nonzero(_highest(order.reshape(smooth.shape), radius.astype(np.int64)))
    return row, column


@kernel
def _highest(rank, radius):  # type: ignore[no-untyped-def]
    """Whether no cell within a disc of so many cells has a higher rank; False where the radius is 0."""
    rows, columns = rank.shape
    top = np.zeros((rows, columns), np.bool_)
    for y in range(rows):
        for x in range(columns):
            size = radius[y, x]
            highest = size > 0
            for j in range(max(y - size, 0), min(y + size + 1, rows)):
                for i in range(max(x - size, 0), min(x + size + 1, columns)):
                    if (j - y) ** 2 + (i - x) ** 2 <= size * size and rank[j, i] > rank[y, x]:
                        highest = False
                        break
                if not highest:
                    break
            top[y, x] = highest
    return top


@kernel
def _flood(height, label, seed):  # type: ignore[no-untyped-def]
    """Give every cell that is 0 the label of the crown that reaches it over the highest saddle, the nearest of equals.

    ``height`` (rows, columns) in whole centimetres, ``label`` likewise: −1 outside, changed in place; ``seed`` (N,)
    cells that have their label.
    """
    rows, columns = label.shape
    queue = [(-height[cell // columns, cell % columns], np.int64(k), cell) for k, cell in enumerate(seed)]
    heapq.heapify(queue)
    entered = np.int64(len(queue))
    while queue:
        level, _, cell = heapq.heappop(queue)
        y, x = cell // columns, cell % columns
        for j in range(max(y - 1, 0), min(y + 2, rows)):
            for i in range(max(x - 1, 0), min(x + 2, columns)):
                if label[j, i] == 0:
                    label[j, i] = label[y, x]
                    heapq.heappush(queue, (max(level, -height[j, i]), entered, np.int64(j * columns + i)))
                    entered += 1
