"""Receivers of whole surfaces, taken from the store cell by cell.

A surface that several cells hold waits until all its receivers have been met, so its rows always come in the order of
the cells, however the job was cut, and no more than what waits is held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cells import Cell
from twin.operators import CellData


class Gathered(NamedTuple):
    """All receivers of some surfaces, sorted by surface."""

    surface: NDArray[np.int32]  # (P,)
    point: NDArray[np.float64]  # (P, 3) m in the CRS
    covered: NDArray[np.bool_]  # (P,)
    sun_bits: NDArray[np.uint64]  # (P, ⌈D/64⌉)
    sky_bits: NDArray[np.uint64]  # (P, ⌈K/64⌉)


def whole_surfaces(
    cells: Iterator[tuple[Cell, CellData]], wanted: NDArray[np.bool_], receivers: NDArray[np.int64]
) -> Iterator[Gathered]:
    """Wanted surfaces (S,), each as soon as all of its ``receivers`` (S,) have been met, a cell's worth at a time."""
    met = np.zeros(len(wanted), np.int64)
    waiting: list[Gathered] = []
    for _, data in cells:
        rows = _of(data, wanted)
        if not len(rows.surface):
            continue
        np.add.at(met, rows.surface, 1)
        complete = met == receivers
        now = complete[rows.surface]
        ready = [_take(part, complete[part.surface]) for part in waiting]
        waiting = [part for part in (_take(part, ~complete[part.surface]) for part in waiting) if len(part.surface)]
        if not now.all():
            waiting.append(_take(rows, ~now))
        parts = [part for part in (*ready, _take(rows, now)) if len(part.surface)]
        if parts:
            yield _sorted(parts)


def _of(data: CellData, wanted: NDArray[np.bool_]) -> Gathered:
    surface = np.asarray(data.receivers.surface)
    row = np.flatnonzero(surface >= 0)
    row = row[wanted[surface[row]]]
    return Gathered(
        surface=surface[row],
        point=np.asarray(data.receivers.point)[row].astype(np.float64) + data.origin,
        covered=np.asarray(data.receivers.covered)[row],
        sun_bits=np.asarray(data.operators.sun_bits)[row],
        sky_bits=np.asarray(data.operators.sky_bits)[row],
    )


def _take(rows: Gathered, which: NDArray[np.generic]) -> Gathered:
    return Gathered(*(column[which] for column in rows))


def _sorted(parts: list[Gathered]) -> Gathered:
    """Rows by surface; within one in the order in which its cells came."""
    whole = Gathered(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return _take(whole, np.argsort(whole.surface, kind="stable"))
