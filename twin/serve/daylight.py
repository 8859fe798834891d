"""Where the sun reaches at every step of a day, from a job's bits: what `Shadows` answers for one node, for many.

A city's cells are read once for all of them, not twice for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin import irradiation
from twin.cells import Cell
from twin.serve.overlay import png
from twin.serve.shadows import COLOURS, LIT, NO_LAND, SHADED, Land, Shadows, column


class Daylight(NamedTuple):
    """Shares and pictures under the sun of some nodes."""

    share: NDArray[np.float64]  # (nodes, surfaces) of each surface of `Shadows.rows` that the sun reaches
    land: list[bytes]  # PNG of open land of each node; empty where there is none


def daylight_of(shadows: Shadows, nodes: Sequence[int]) -> Daylight:
    """What the sun of each node reaches."""
    store, n_sun = shadows.served.source.store, len(shadows.served.known.grid.direction)
    land, which = shadows.land(), shadows.of_row[shadows.rows()]
    count = int(shadows.of_row.max(initial=-1)) + 1
    lit_m2, all_m2 = np.zeros((len(nodes), count)), np.zeros(count)
    picture = _Pictures(land, len(nodes))
    for cell, data in irradiation.cells_of(store):
        surface, sun_bits = np.asarray(data.receivers.surface), np.asarray(data.operators.sun_bits)
        at = np.flatnonzero((surface >= 0) & ~np.asarray(data.receivers.covered))
        area = np.asarray(data.receivers.area_m2)[at].astype(np.float64)
        all_m2 += np.bincount(surface[at], area, count)
        picture.turn_to(cell)
        for number, node in enumerate(nodes):
            lit = column(sun_bits, n_sun, node)
            lit_m2[number] += np.bincount(surface[at], np.where(lit[at], area, 0.0), count)
            picture.draw(number, lit)
    share = np.divide(lit_m2[:, which], all_m2[which], out=np.zeros((len(nodes), len(which))), where=all_m2[which] > 0)
    return Daylight(share, [] if land is None else [png(kind, COLOURS) for kind in picture.kind])


class _Pictures:
    """Pictures (nodes, rows, columns) of open land that fill up cell by cell."""

    def __init__(self, land: Land | None, count: int) -> None:
        self.cells = {} if land is None else dict(land.cells)
        pixel = np.zeros((0, 0), np.int32) if land is None else land.pixel
        self.kind = np.full((count, *pixel.shape), NO_LAND, np.uint8)
        self._flat = self.kind.reshape(count, -1)
        # Pixels in the order of the land that they show, so that a cell's are a slice.
        self._order = np.argsort(pixel, axis=None, kind="stable")
        self._shows = pixel.ravel()[self._order]
        self._begin = dict(zip(self.cells, np.cumsum([0, *map(len, self.cells.values())]).tolist(), strict=False))
        self._pixel, self._row = np.zeros(0, np.intp), np.zeros(0, np.intp)

    def turn_to(self, cell: Cell) -> None:
        """What is drawn next is of this cell."""
        rows, begin = self.cells.get(cell, np.zeros(0, np.intp)), self._begin.get(cell, 0)
        first, last = np.searchsorted(self._shows, [begin, begin + len(rows)])
        self._pixel, self._row = self._order[first:last], rows[self._shows[first:last] - begin]

    def draw(self, number: int, lit: NDArray[np.bool_]) -> None:
        """The cell's receivers (P,) in one of the pictures."""
        self._flat[number, self._pixel] = np.where(lit[self._row], LIT, SHADED)
