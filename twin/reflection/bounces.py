"""Passes two and following: what reflectors get of sun and sky, then what they get off each other.

Each further pass reads only what the pass before it wrote, so its result depends neither on the order of the cells nor
on how the job was cut into them. It needs no ray: what a receiver sees of reflectors is known, and a reflector gets
what the receivers that speak for it get.

Oracle: radiosity solved for all bounces at once (twin/validate/radiosity.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin import cells
from twin.cells import Cell
from twin.operators import CellData
from twin.optics import Optics
from twin.progress import OnProgress
from twin.reflection.gather import reflectors_of
from twin.reflection.response import nothing_sent, packed, reflection_on, seen_from, sent_back
from twin.reflection.speakers import speakers_of, with_neighbours_before_walls
from twin.store import Store

# Means that are added up at a time: 4,096 × 800 sun nodes × 8 bytes = 26 MB a season.
BLOCK = 4096


def reflect(store: Store, todo: list[Cell], optics: Optics, bounces: int, on_progress: OnProgress) -> None:
    """What the reflectors of each cell get, now that every cell is traced, with light followed over some bounces."""
    traced, steps = set(store.cells()), len(todo) * bounces
    looked: dict[Cell, CellData] = {}
    for index, cell in enumerate(todo):
        on_progress("reflect", index, steps)
        key = store.reflector_key(cell)
        near = [one for one in cells.window(cell) if one in traced]
        # One cell's window holds most of the next one's.
        looked = {one: looked.get(one) or store.read_looked(one) for one in near}
        store.write_reflectors(cell, reflectors_of(key, list(looked.values()), optics))
    for bounce in range(1, bounces):
        for index, cell in enumerate(todo):
            on_progress("reflect", bounce * len(todo) + index, steps)
            store.write_next_back(cell, back_of(store.read_cell(cell), _window(store, traced, cell), optics))
        for cell in todo:
            store.take_next_back(cell)
    on_progress("reflect", steps, steps)


def back_of(data: CellData, window: Sequence[CellData], optics: Optics) -> NDArray[np.float16]:
    """What the reflectors of a cell get off others: columns of a Reflection (R, C), for one bounce more than these
    know of; ``window`` holds the cell and those around it."""
    found = with_neighbours_before_walls(speakers_of(np.array(data.reflectors.key), window), window)
    count = len(found.normal)
    total = packed(nothing_sent(count, optics))
    for near, shares in zip(window, found.shares, strict=True):
        if not len(shares.row):
            continue
        sent = sent_back(near, optics, seen_from(near, shares.row))
        for first in range(0, count, BLOCK):
            end = min(first + BLOCK, count)
            row, mean, weight = shares.of(first, end)
            if len(row):
                total[first:end] += packed(reflection_on(near, sent, row, weight, mean, end - first))
    return found.given(total.astype(np.float16))


def _window(store: Store, traced: set[Cell], cell: Cell) -> list[CellData]:
    return [store.read_cell(near) for near in cells.window(cell) if near in traced]
