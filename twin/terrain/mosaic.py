"""Grids side by side as one: fixed blocks of samples in the CRS, in which the first grid named has the first word.

The finest grid sets the step and the places of the samples, whatever the order. Grids that fall on the same places are
copied, others are resampled bilinearly, and both is said. Blocks begin at multiples of ``BLOCK`` samples of that
lattice as it would count from the CRS's own zero, so no result depends on which part of a country is read.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.terrain.grid import Grid, Lattice, finer, shift_of, window_of
from twin.terrain.resample import sample_bilinear

# Samples a side of a block; it shares its last row and column with the next one.
BLOCK = 256
# 13 billion samples, 13,000 km² of DGM1: more is no city, or a cell size that is none.
MOST_BLOCKS = 200_000
# Overlapping files that agree within this print the same centimetres.
DIFFERENT_M = 0.01


@dataclass
class Tally:
    """What was met while blocks were read; every sample counts once."""

    samples: int = 0
    missing: int = 0  # inside a file, without a height in any
    overlapping: int = 0
    different: int = 0  # by more than DIFFERENT_M
    largest_difference_m: float = 0.0
    lowest_m: float = np.inf
    highest_m: float = -np.inf


@dataclass(frozen=True)
class Mosaic:
    """Several grids on one lattice."""

    grids: list[Grid]
    step: tuple[float, float]  # m
    phase: tuple[float, float]  # m, of sample 0 of the lattice from the CRS's zero, within one step
    offset: list[tuple[int, int] | None]  # lattice column and row of each grid's first sample; None: resampled
    tally: Tally = field(default_factory=Tally)

    @property
    def resampled(self) -> list[str]:
        """Names of grids that do not fall on the finest one's samples."""
        return [grid.name for grid, offset in zip(self.grids, self.offset, strict=True) if offset is None]

    def blocks(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> list[tuple[int, int]]:
        """Blocks (column, row) that touch a box (N, 2) [m] and a grid, in order of column, then row.

        Raises
        ------
        TwinError
            Where there are more than MOST_BLOCKS.
        """
        found: set[tuple[int, int]] = set()
        for box in np.concatenate([low, high], axis=1).tolist():
            wanted = self._within(*box)
            for grid, offset in zip(self.grids, self.offset, strict=True):
                held = self._within(*_reach(grid.lattice, 0.0 if offset else 0.5))
                columns, rows = (
                    range(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(wanted, held, strict=True)
                )
                if len(columns) * len(rows) + len(found) > MOST_BLOCKS:
                    step = " × ".join(f"{value:g}" for value in self.step)
                    raise TwinError(f"{grid.name}: too many samples of {step} m", "give a coarser grid")
                found.update((column, row) for column in columns for row in rows)
        return sorted(found)

    def _within(self, west: float, south: float, east: float, north: float) -> tuple[range, range]:
        side = [BLOCK * step for step in self.step]
        columns = range(int((west - self.phase[0]) // side[0]), int((east - self.phase[0]) // side[0]) + 1)
        rows = range(int((south - self.phase[1]) // side[1]), int((north - self.phase[1]) // side[1]) + 1)
        return columns, rows

    def corner(self, block: tuple[int, int]) -> tuple[int, int]:
        """Lattice column and row of a block's first sample."""
        return block[0] * BLOCK, block[1] * BLOCK

    def place(self, column: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.float64]:
        """Places (N, 2) [m] of samples by lattice column and row."""
        return np.stack([self.phase[0] + column * self.step[0], self.phase[1] + row * self.step[1]], axis=-1)

    def read(self, block: tuple[int, int], count: bool = True) -> NDArray[np.float64]:
        """Samples (BLOCK + 1, BLOCK + 1) of a block, NaN where missing."""
        column, row = self.corner(block)
        n = BLOCK + 1
        out = np.full((n, n), np.nan)
        inside = np.zeros((n, n), bool)
        for grid, offset in zip(self.grids, self.offset, strict=True):
            if not self._meets(grid.lattice, column, row):
                continue
            if offset is not None:
                found = window_of(grid, row - offset[1], n, column - offset[0], n)
            else:
                x, y = self.place(column + np.arange(n), row + np.arange(n)).T
                found = sample_bilinear(grid, x, y, self.grids)
            if count:
                self._compare(out, found)
                inside |= self._inside(grid.lattice, column, row)
            out = np.where(np.isnan(out), found, out)
        if count:
            own = (slice(0, BLOCK), slice(0, BLOCK))  # the last row and column are the next block's
            self.tally.samples += int(np.isfinite(out[own]).sum())
            self.tally.lowest_m = min(self.tally.lowest_m, float(np.nanmin(out[own], initial=np.inf)))
            self.tally.highest_m = max(self.tally.highest_m, float(np.nanmax(out[own], initial=-np.inf)))
            self.tally.missing += int((np.isnan(out) & inside)[own].sum())
        return out

    def _meets(self, lattice: Lattice, column: int, row: int) -> bool:
        west = self.phase[0] + (column - 1) * self.step[0]
        south = self.phase[1] + (row - 1) * self.step[1]
        reach_x, reach_y = ((BLOCK + 2) * step for step in self.step)
        low_x, low_y, high_x, high_y = _reach(lattice, 0.5)
        return west <= high_x and west + reach_x >= low_x and south <= high_y and south + reach_y >= low_y

    def _inside(self, lattice: Lattice, column: int, row: int) -> NDArray[np.bool_]:
        x, y = self.place(column + np.arange(BLOCK + 1), row + np.arange(BLOCK + 1)).T
        west, south, east, north = _reach(lattice, 0.5)
        across, along = (x >= west) & (x <= east), (y >= south) & (y <= north)
        return along[:, None] & across[None, :]

    def _compare(self, known: NDArray[np.float64], found: NDArray[np.float64]) -> None:
        off = np.abs(known - found)[:BLOCK, :BLOCK]
        both = np.isfinite(off)
        if both.any():
            self.tally.overlapping += int(both.sum())
            self.tally.different += int((off[both] > DIFFERENT_M).sum())
            self.tally.largest_difference_m = max(self.tally.largest_difference_m, float(off[both].max()))

    def between(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights (N,) [m] between the four samples around places (N, 2), bilinear; NaN where the nearest is missing.

        On a slope the nearest sample alone is off by half a step of it. At a rim the samples that are there count.
        """
        out = np.full(len(place), np.nan)
        sample = (place - self.phase) / self.step
        first = np.floor(sample).astype(np.int64)
        share = sample - first
        block, index, count = np.unique(first // BLOCK, axis=0, return_inverse=True, return_counts=True)
        members = np.split(np.argsort(index.reshape(-1), kind="stable"), np.cumsum(count)[:-1])
        for (column, row), member in zip(block.tolist(), members, strict=False):
            z = self.read((column, row), count=False)
            i, j = (first[member] - (column * BLOCK, row * BLOCK)).T
            x, y = share[member].T
            corner = np.stack([z[j, i], z[j, i + 1], z[j + 1, i], z[j + 1, i + 1]])
            weight = np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])
            nearest = np.take_along_axis(corner, weight.argmax(axis=0)[None], axis=0)[0]
            weight[np.isnan(corner)] = 0.0
            there = np.isfinite(nearest)
            total = (np.nan_to_num(corner) * weight).sum(axis=0)
            out[member[there]] = total[there] / weight.sum(axis=0)[there]
        return out


def _reach(lattice: Lattice, cells: float) -> tuple[float, float, float, float]:
    """West, south, east, north [m] of a grid, a share of a cell beyond its outermost samples."""
    x, y = cells * lattice.step_x, cells * lattice.step_y
    return lattice.west - x, lattice.south - y, lattice.east + x, lattice.north + y


def mosaic_of(grids: list[Grid], finest: Lattice | None = None) -> Mosaic:
    """Grids in the order of their right to speak, at least one.

    Parameters
    ----------
    finest
        Sets step and places of the samples where it is finer than all of these.
    """
    base = functools.reduce(finer, (grid.lattice for grid in grids))
    base = base if finest is None else finer(finest, base)
    step = (base.step_x, base.step_y)
    # rounded, so that the same lattice gets the same phase from whichever of its files comes first
    phase = (round(base.west % step[0], 6), round(base.south % step[1], 6))
    phase = (0.0 if phase[0] >= step[0] else phase[0], 0.0 if phase[1] >= step[1] else phase[1])
    zero = Lattice(phase[0], phase[1], step[0], step[1], 1, 1)
    return Mosaic(grids, step, phase, [shift_of(grid.lattice, zero) for grid in grids])
