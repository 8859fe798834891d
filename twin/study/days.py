"""Days traced exactly: land and surfaces at every instant of a day, points at the instants that a rule asks for."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from shadow.instants import Instants
from twin.study.outcome import Day, Lit, Scenario
from twin.study.places import Place, rows_of, spot_numbers
from twin.study.views import Views


def empty_lit(rows: int, n_directions: int) -> Lit:
    """Nothing lit, nothing there."""
    return Lit(np.zeros((rows, -(-n_directions // 64)), np.uint64), np.zeros(rows, bool))


def trace_cells(direction: NDArray[np.float64], places: Sequence[Place], views: Sequence[Views]) -> Iterator[list[Lit]]:
    """Land and surfaces of every cell along unit vectors to the sun (D, 3), in each scenario; a cell's spots stay 0."""
    for place, view in zip(places, views, strict=True):
        land, on_surface, _ = rows_of(place.samples)
        yield view.lit(direction, land | on_surface)


def day_of(
    date: datetime.date,
    instants: Instants,
    places: Sequence[Place],
    cells: Sequence[list[Lit]],
    scenarios: Sequence[Scenario],
) -> Day:
    """One day of the whole study from its cells (one list of scenarios each)."""
    count = len(instants.time)

    def whole(index: int, which: int) -> Lit:
        parts = []
        for place, lits in zip(places, cells, strict=True):
            rows = rows_of(place.samples)[which]
            parts.append(Lit(lits[index].bits[rows], lits[index].there[rows]))
        return joined_lit(parts, count)

    return Day(
        date,
        instants,
        {scenario.name: whole(index, 0) for index, scenario in enumerate(scenarios)},
        {scenario.name: whole(index, 1) for index, scenario in enumerate(scenarios)},
    )


def trace_spots(
    direction: NDArray[np.float64],
    n_spots: int,
    places: Sequence[Place],
    views: Sequence[Views],
    scenarios: Sequence[Scenario],
    wanted: NDArray[np.bool_] | None = None,
) -> list[Lit]:
    """Every spot (Q, …), or the ``wanted`` (Q,) alone, along unit vectors (D, 3), in each scenario.

    What lies in no cell or is not wanted is not there.
    """
    out = [empty_lit(n_spots, len(direction)) for _ in scenarios]
    for place, view in zip(places, views, strict=True):
        _, _, points = rows_of(place.samples)
        number = spot_numbers(place.samples)
        if wanted is not None:
            points[points] = wanted[number]
            number = number[wanted[number]]
        if not len(number):
            continue
        for whole, lit in zip(out, view.of(np.flatnonzero(points)).lit(direction), strict=True):
            whole.bits[number] = lit.bits
            whole.there[number] = lit.there
    return out


def joined_lit(parts: Sequence[Lit], n_directions: int) -> Lit:
    """The cells' rows one after the other."""
    empty = empty_lit(0, n_directions)
    return Lit(
        np.concatenate([empty.bits, *(part.bits for part in parts)]),
        np.concatenate([empty.there, *(part.there for part in parts)]),
    )
