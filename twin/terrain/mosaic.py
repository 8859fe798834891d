"""Grids side by side as one: fixed blocks of samples in the CRS, in which the first grid named has the first word.

The first grid sets the step and the places of the samples. Grids that fall on the same places are copied, others are
resampled bilinearly, and both is said. Blocks begin at multiples of ``BLOCK`` samples of that lattice as it would
count from the CRS's own zero, so no result depends on which part of a country is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.terrain.grid import Grid, Lattice, sample_bilinear, shift_of, window_of

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
    first: list[tuple[int, int] | None]  # lattice column and row of each grid's first sample; None: resampled
    tally: Tally = field(default_factory=Tally)

    @property
    def resampled(self) -> list[str]:
        """Names of grids that do not fall on the first one's samples."""
        return [grid.name for grid, first in zip(self.grids, self.first, strict=True) if first is None]

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
            for grid in self.grids:
                lattice = grid.lattice
                held = self._within(lattice.west, lattice.south, lattice.east, lattice.north)
                columns, rows = (
                    range(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(wanted, held, strict=True)
                )
                if len(columns) * len(rows) + len(found) > MOST_BLOCKS:
                    step = " × ".join(f"{value:g}" for value in self.step)
                    raise TwinError(f"{grid.name}: too many samples of {step} m around the city", "give a coarser grid")
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
        for grid, first in zip(self.grids, self.first, strict=True):
            if not self._meets(grid.lattice, column, row):
                continue
            if first is not None:
                found = window_of(grid, row - first[1], n, column - first[0], n)
            else:
                x, y = self.place(column + np.arange(n), row + np.arange(n)).T
                found = sample_bilinear(grid, x, y)
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
        across = west <= lattice.east and west + reach_x >= lattice.west
        return across and south <= lattice.north and south + reach_y >= lattice.south

    def _inside(self, lattice: Lattice, column: int, row: int) -> NDArray[np.bool_]:
        x, y = self.place(column + np.arange(BLOCK + 1), row + np.arange(BLOCK + 1)).T
        half_x, half_y = self.step[0] / 2, self.step[1] / 2
        across = (x >= lattice.west - half_x) & (x <= lattice.east + half_x)
        along = (y >= lattice.south - half_y) & (y <= lattice.north + half_y)
        return along[:, None] & across[None, :]

    def _compare(self, known: NDArray[np.float64], found: NDArray[np.float64]) -> None:
        off = np.abs(known - found)[:BLOCK, :BLOCK]
        both = np.isfinite(off)
        if both.any():
            self.tally.overlapping += int(both.sum())
            self.tally.different += int((off[both] > DIFFERENT_M).sum())
            self.tally.largest_difference_m = max(self.tally.largest_difference_m, float(off[both].max()))

    def nearest(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights (N,) [m] of the samples nearest to places (N, 2); NaN where missing."""
        out = np.full(len(place), np.nan)
        sample = np.floor((place - self.phase) / self.step + 0.5).astype(np.int64)
        block, index = np.unique(sample // BLOCK, axis=0, return_inverse=True)
        index = index.reshape(-1)
        for number, (column, row) in enumerate(block.tolist()):
            member = np.flatnonzero(index == number)
            z = self.read((column, row), count=False)
            out[member] = z[sample[member, 1] - row * BLOCK, sample[member, 0] - column * BLOCK]
        return out


def mosaic_of(grids: list[Grid]) -> Mosaic:
    """Grids in the order of their right to speak, at least one."""
    base = grids[0].lattice
    step = (base.step_x, base.step_y)
    # rounded, so that the same lattice gets the same phase from whichever of its files comes first
    phase = (round(base.west % step[0], 6), round(base.south % step[1], 6))
    phase = (0.0 if phase[0] >= step[0] else phase[0], 0.0 if phase[1] >= step[1] else phase[1])
    zero = Lattice(phase[0], phase[1], step[0], step[1], 1, 1)
    return Mosaic(grids, step, phase, [shift_of(grid.lattice, zero) for grid in grids])
