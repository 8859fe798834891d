"""Heights on one lattice that hangs on the CRS's own zero, sampled from files of any step and system.

Every sample is a function of its place and the files alone, so that a cell meets the same bits whatever other cells a
job has. A sample is the bilinear height at its place, of a finer file too; maxima of the heights between samples would
be no better (docs/design/0017-far-horizon.md). Beside its outermost samples a file goes on at the height of its edge
for half a cell. Oracle: planes of known height in degrees and in metres (tests/twin/test_twin_far_horizon_files.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import transform
from io_citygml.errors import CityModelError
from twin.errors import TwinError
from twin.jit import kernel
from twin.terrain.grid import Grid

# Samples a side of the squares that are filled at once, and between places that are carried into a file's system:
# 800 m at 25 m, between which degrees bend by 2 cm.
BLOCK, NODE = 128, 32
# 1.2 GB of heights: at 25 m the cells of a job may lie 350 km apart.
MOST_SAMPLES = 300_000_000
# Of one file, at once: 128 MB.
MOST_READ = 1 << 24
# A place this share of a cell beyond the rim still belongs to it.
SLACK = 1e-6


class Raster(NamedTuple):
    """Heights (R, C) [m] at places (column + c, row + r) · step_m of the CRS, NaN where no file has one."""

    height: NDArray[np.float32]
    column: int
    row: int
    step_m: float


def empty_raster(low: NDArray[np.float64], high: NDArray[np.float64], step_m: float) -> Raster:
    """Whole blocks around a box (2,), (2,) [m].

    Raises
    ------
    TwinError
        Where they would not fit into memory.
    """
    first = np.floor(low / step_m / BLOCK).astype(int) * BLOCK
    end = (np.floor(high / step_m / BLOCK).astype(int) + 1) * BLOCK
    columns, rows = (int(n) for n in end - first)
    if columns * rows > MOST_SAMPLES:
        raise TwinError(
            f"a far horizon of {columns * step_m / 1e3:.0f} × {rows * step_m / 1e3:.0f} km is too large",
            "cut the city into several jobs",
        )
    return Raster(np.full((rows, columns), np.nan, np.float32), int(first[0]), int(first[1]), step_m)


class Nodes(NamedTuple):
    """Where a raster's nodes lie in another system, and the blocks between them."""

    x: NDArray[np.float64]  # (R / NODE + 1, C / NODE + 1) easting or longitude
    y: NDArray[np.float64]  # northing or latitude
    low: NDArray[np.float64]  # (R / BLOCK, C / BLOCK, 2) of each block; NaN where it has no place there
    high: NDArray[np.float64]


def nodes_of(raster: Raster, horizontal: str, system: str) -> Nodes:
    """Nodes of a raster in one system as places of another, by their EPSG names.

    Raises
    ------
    TwinError
        Where nothing leads there.
    """
    rows, columns = raster.height.shape
    east = (raster.column + np.arange(0.0, columns + 1, NODE)) * raster.step_m
    north = (raster.row + np.arange(0.0, rows + 1, NODE)) * raster.step_m
    x, y = np.meshgrid(east, north)
    if system != horizontal:
        try:
            x, y = transform(horizontal, system, x, y)
        except CityModelError as error:
            raise TwinError(f"{system}: {error.problem}", error.remedy) from error
    place = np.stack([x, y], axis=-1)
    place[~np.isfinite(place)] = np.nan
    side = BLOCK // NODE + 1
    block = np.lib.stride_tricks.sliding_window_view(place, (side, side), axis=(0, 1))[:: side - 1, :: side - 1]
    return Nodes(place[..., 0], place[..., 1], block.min(axis=(3, 4)), block.max(axis=(3, 4)))


class Window(NamedTuple):
    """A part of a grid: first row and column, and how many."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def size(self) -> int:
        """Samples in it."""
        return self.rows * self.columns


def fill(raster: Raster, nodes: Nodes, grid: Grid) -> bool:
    """Fill samples that have no height yet from a file's grid; whether any of it lies here.

    What is read at once, and so decoded once, is as large as memory allows; no height depends on it.
    """
    zero, step = np.array(grid.lattice[:2]), np.array(grid.lattice[2:4])
    low, high = (nodes.low - zero) / step, (nodes.high - zero) / step
    # a cell around the samples; false for NaN on purpose: such a block has no place in the file's system
    met = ((low <= grid.lattice[4:6]) & (high >= -1.0)).all(axis=-1)
    todo = [np.argwhere(met)]
    while todo:
        blocks = todo.pop()
        if not len(blocks):
            continue
        j, i = blocks.T
        window = _window(grid, low[j, i].min(axis=0), high[j, i].max(axis=0))
        if window.size > MOST_READ and len(blocks) > 1:
            axis = int(np.ptp(blocks, axis=0).argmax())
            middle = (blocks[:, axis].min() + blocks[:, axis].max() + 1) // 2
            todo += [blocks[blocks[:, axis] >= middle], blocks[blocks[:, axis] < middle]]
        else:
            _fill_blocks(raster, nodes, grid, blocks, window)
    return bool(met.any())


def _fill_blocks(raster: Raster, nodes: Nodes, grid: Grid, blocks: NDArray[np.intp], window: Window) -> None:
    """Fill some blocks (N, 2), row and column, from a window that holds them, unless it is too large for memory."""
    read = None if window.size > MOST_READ else _read(grid, window)
    per = BLOCK // NODE
    for j, i in blocks.tolist():
        part = (slice(j * per, (j + 1) * per + 1), slice(i * per, (i + 1) * per + 1))
        out = raster.height[j * BLOCK : (j + 1) * BLOCK, i * BLOCK : (i + 1) * BLOCK]
        if not np.isnan(out).any():
            continue
        column = _between((nodes.x[part] - grid.lattice.west) / grid.lattice.step_x)
        row = _between((nodes.y[part] - grid.lattice.south) / grid.lattice.step_y)
        if read is None:
            _fill_in_quarters(out, column, row, grid)
        else:
            _sample(read, column, row, window.column, window.row, grid.lattice.columns, grid.lattice.rows, out)


def _fill_in_quarters(
    out: NDArray[np.float32], column: NDArray[np.float64], row: NDArray[np.float64], grid: Grid
) -> None:
    """Fill samples at indices of a grid, cut until what must be read fits into memory."""
    window = _window(grid, np.array([column.min(), row.min()]), np.array([column.max(), row.max()]))
    if window.size > MOST_READ and len(out) > 1:
        half = len(out) // 2
        for j in (slice(0, half), slice(half, None)):
            for i in (slice(0, half), slice(half, None)):
                _fill_in_quarters(out[j, i], column[j, i], row[j, i], grid)
    else:
        read = _read(grid, window)
        _sample(read, column, row, window.column, window.row, grid.lattice.columns, grid.lattice.rows, out)


def _window(grid: Grid, low: NDArray[np.float64], high: NDArray[np.float64]) -> Window:
    """The samples around indices (column, row) from low to high, of a grid that they meet or not."""
    size = np.array(grid.lattice[4:6])
    first = np.floor(np.clip(low, 0.0, size - 1.0)).astype(int)
    last = np.ceil(np.clip(high, 0.0, size - 1.0)).astype(int)
    columns, rows = (int(n) for n in last - first + 1)
    return Window(int(first[1]), int(first[0]), rows, columns)


def _read(grid: Grid, window: Window) -> NDArray[np.float64]:
    return np.ascontiguousarray(grid.read(window.row, window.rows, window.column, window.columns))


def _between(node: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values (BLOCK, BLOCK) between nodes (BLOCK / NODE + 1, BLOCK / NODE + 1), bilinear."""
    share = np.arange(NODE) / NODE
    along = (node[:-1, None, :] + share[None, :, None] * np.diff(node, axis=0)[:, None, :]).reshape(-1, node.shape[1])
    across = along[:, :-1, None] + share[None, None, :] * np.diff(along, axis=1)[:, :, None]
    return np.ascontiguousarray(across.reshape(len(along), -1))


@kernel
def _sample(window, column, row, first_column, first_row, columns, rows, out):  # type: ignore[no-untyped-def]
    """Bilinear heights of a window at fractional indices of its grid, into what is missing of ``out``.

    A sample of weight 0 counts for nothing, missing or not; beside a missing one of more weight there is no height.
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            x, y = column[r, c], row[r, c]
            inside = -0.5 - SLACK <= x <= columns - 0.5 + SLACK and -0.5 - SLACK <= y <= rows - 0.5 + SLACK
            if not inside or out[r, c] == out[r, c]:
                continue
            x, y = min(max(x, 0.0), columns - 1.0), min(max(y, 0.0), rows - 1.0)
            i, j = int(x), int(y)
            u, v = x - i, y - j
            z = 0.0
            for dj in range(2):
                for di in range(2):
                    weight = (u if di else 1.0 - u) * (v if dj else 1.0 - v)
                    if weight > 0.0:
                        z += weight * window[j + dj - first_row, i + di - first_column]
            out[r, c] = z
