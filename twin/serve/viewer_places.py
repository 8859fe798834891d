"""Where the viewer's camera goes: the part of the city that it opens on, and every building for its search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.export.tiles.write import City
from twin.place_on_earth import box_lonlat

if TYPE_CHECKING:
    import pandas as pd

    from io_citygml.crs import Crs

# The overview shows this much: some hundred buildings, whose roofs are still told apart.
VIEW_M = 600.0
BIN_M = 100.0
MARGIN_M = 20.0
# A seventh decimal of a degree is a centimetre.
DEGREES, METRES = 7, 2
NAMED_BY = ("address", "function")


def densest_box(bounds_m: NDArray[np.float64], area_m2: NDArray[np.float64], crs: Crs) -> list[float] | None:
    """West, south, east, north [deg] of the square of VIEW_M that holds most roofs; None where all of it is smaller.

    Parameters
    ----------
    bounds_m
        West, south, east, north (S, 4) [m] of roofs, in the CRS.
    area_m2
        Their areas (S,).
    """
    known = np.isfinite(bounds_m).all(axis=1) & (area_m2 > 0)
    bounds, area = bounds_m[known], area_m2[known]
    if not len(bounds):
        return None
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    if (high - low <= VIEW_M).all():
        return None
    bins = np.maximum(np.ceil((high - low) / BIN_M).astype(np.int64), 1)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2.0
    column, row = np.minimum(((middle - low) / BIN_M).astype(np.int64), bins - 1).T
    total = np.zeros((bins[1] + 1, bins[0] + 1))
    np.add.at(total, (row + 1, column + 1), area)
    total = total.cumsum(axis=0).cumsum(axis=1)
    tall, wide = (int(min(VIEW_M / BIN_M, count)) for count in (bins[1], bins[0]))
    inside = total[tall:, wide:] - total[:-tall, wide:] - total[tall:, :-wide] + total[:-tall, :-wide]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    corner = low + np.array([left, top]) * BIN_M
    here = ((middle >= corner) & (middle <= corner + np.array([wide, tall]) * BIN_M)).all(axis=1)
    (west, east), (south, north) = (_most(middle[here, axis], area[here]) for axis in (0, 1))
    return list(box_lonlat(crs, (west, south, east, north)))


def _most(place: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Where all but a fiftieth on either side lie [m], with a margin: a mast out in the fields is no part of a town."""
    order = np.argsort(place, kind="stable")
    share = weight[order].cumsum() / weight.sum()
    first, last = np.searchsorted(share, [0.02, 0.98]).clip(0, len(order) - 1)
    return float(place[order[first]]) - MARGIN_M, float(place[order[last]]) + MARGIN_M


def building_index(city: City, buildings: pd.DataFrame) -> dict[str, list[Any]]:
    """Columns id, lon, lat [deg], height_m (of the top, above the ellipsoid), name of every building with a shape."""
    ids = np.unique(city.surfaces["building_id"].to_numpy(str))
    corners = np.diff(city.shapes.rings.ring_start[city.shapes.rings.surface_ring])
    owner = np.repeat(city.building, corners)
    low, high = np.full((len(ids), 3), np.inf), np.full((len(ids), 3), -np.inf)
    np.minimum.at(low, owner, city.geographic)
    np.maximum.at(high, owner, city.geographic)
    shown = np.flatnonzero(np.isfinite(high[:, 2]))
    middle = np.round((low[shown, :2] + high[shown, :2]) / 2.0, DEGREES)
    names = _names(buildings)
    return {
        "id": ids[shown].tolist(),
        "lon": middle[:, 0].tolist(),
        "lat": middle[:, 1].tolist(),
        "height_m": np.round(high[shown, 2], METRES).tolist(),
        "name": [names.get(name, "") for name in ids[shown].tolist()],
    }


def _names(buildings: pd.DataFrame) -> dict[str, str]:
    """What a building is called: its address, else what it is used for where that is a word and not a code."""
    out: dict[str, str] = {}
    for column in (name for name in NAMED_BY if name in buildings):
        for name, value in zip(buildings["building_id"].tolist(), buildings[column].tolist(), strict=True):
            text = value.strip() if isinstance(value, str) else ""
            if any(letter.isalpha() for letter in text):
                out.setdefault(name, text)
    return out
