"""Area of open land on its slope, pixel by pixel, as the job's receivers carry it.

`ground.tif` is kWh per m² of slope. A pixel of the map holds 1/cos(slope) as much ground as the map shows, and it is
that ground which receives the energy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cells import CELL_M
from twin.receivers import is_land
from twin.store import Store


class Strip(NamedTuple):
    """Whole rows of a raster."""

    north: float  # m, upper edge
    west: float  # m, left edge
    rows: int
    columns: int
    pixel_m: float


def slope_area_m2(store: Store, strip: Strip) -> NDArray[np.float64]:
    """Area [m²] of each pixel (rows, columns) on its slope; that of the map where the job has no receiver."""
    out = np.full((strip.rows, strip.columns), strip.pixel_m**2)
    for place, area_m2 in _land(store, strip.north - strip.rows * strip.pixel_m, strip.north):
        row = np.floor((strip.north - place[:, 1]) / strip.pixel_m).astype(np.int64)
        column = np.floor((place[:, 0] - strip.west) / strip.pixel_m).astype(np.int64)
        inside = (row >= 0) & (row < strip.rows) & (column >= 0) & (column < strip.columns)
        out[row[inside], column[inside]] = area_m2[inside]
    return out


def _land(store: Store, south: float, north: float) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Places (N, 2) [m] and areas (N,) [m²] of open land, cell by cell, of cells that reach between two northings."""
    for cell in store.cells():
        if not (cell.north < north and cell.north + CELL_M > south):
            continue
        data = store.read_cell(cell)
        receivers, origin = data.receivers, data.origin
        land = is_land(receivers.surface)
        place = np.asarray(receivers.point)[land, :2].astype(np.float64) + origin[:2]
        yield place, np.asarray(receivers.area_m2)[land].astype(np.float64)
