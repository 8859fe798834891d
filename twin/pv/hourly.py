"""Hourly AC power of surfaces, in the order asked for: what `--hourly` keeps beside irradiance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.hours import Hours
from twin import irradiation
from twin.cells import Cell
from twin.pv.plants import take
from twin.pv.run import PvYear
from twin.pv.yields import yields_of
from twin.store import Store

# Surfaces computed at a time: 1,024 × 8,784 hours × 8 bytes = 72 MB.
BLOCK = 1024


class Traced(NamedTuple):
    """Where what surfaces see is kept."""

    store: Store
    receivers: NDArray[np.int64]  # (S,) of every surface of the model
    cells_with: Callable[[NDArray[np.int32]], set[Cell]]  # the cells that some surfaces' receivers stand in


def power_series(
    found: PvYear, traced: Traced, surface: NDArray[np.int32], hours: Hours
) -> Iterator[NDArray[np.float64]]:
    """AC power (H,) [kW] of each of the surfaces: 0 at night, NaN throughout where there is no plant."""
    column = np.searchsorted(hours.start, found.year.light.hour)
    for first in range(0, len(surface), BLOCK):
        block = surface[first : first + BLOCK]
        plants = take(found.plants, np.isin(found.plants.surface, block) & (found.yields.kwp > 0))
        power = np.zeros((len(plants.surface), len(hours.start)))

        def _keep(owner: NDArray[np.intp], ac: NDArray[np.float64], power: NDArray[np.float64] = power) -> None:
            power[np.ix_(owner, column)] = ac

        if len(plants.surface):
            cells = irradiation.cells_of(traced.store, only=traced.cells_with(plants.surface))
            config = found.assumed.config
            yields_of(cells, plants, traced.receivers, found.year, config, keep=_keep)
        row = {int(s): i for i, s in enumerate(plants.surface)}
        none = np.full(len(hours.start), np.nan)
        yield from (power[row[int(s)]] if int(s) in row else none for s in block)
