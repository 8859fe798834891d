"""Where a city lies on the ellipsoid: by the bundled GCG2016 for DHHN2016, else by the user's geoid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from io_citygml import crs as crs_door
from io_citygml.crs import Crs
from io_citygml.earth import geographic_3d
from io_citygml.heights import GCG2016_HEIGHT, unknown_heights
from twin.package_data import geoid_grid

# Of latitude, and of longitude at the equator: for distances that need not be exact.
METRES_A_DEGREE = 111_320.0
EDGE = 17  # places along an edge of a box, which the other system bends


def geographic_of(crs: Crs, place: ArrayLike, geoid: Path | None = None) -> NDArray[np.float64]:
    """Longitude, latitude [deg], ellipsoidal height [m] (N, 3) of places (N, 3) [m]; ``geoid``: the user's grid file.

    Raises
    ------
    io_citygml.errors.CityModelError
        Where nothing leads there exactly.
    """
    if geoid is not None:
        return geographic_3d(crs, place, geoid, own_geoid=True)
    if crs.vertical is None:
        # a job is finished: its --crs cannot be said any more
        raise unknown_heights(crs, f"Name them with --heights, for example --heights {GCG2016_HEIGHT} for DHHN2016")
    with geoid_grid() as bundled:
        return geographic_3d(crs, place, bundled)


def lonlat_of(crs: Crs, place: ArrayLike) -> NDArray[np.float64]:
    """Longitude, latitude [°, WGS 84] (N, 2) of places (N, 2) [m], whatever their heights are."""
    x, y = np.asarray(place, np.float64).reshape(-1, 2).T
    latitude, longitude = crs_door.to_geographic(crs, x, y)
    return np.column_stack([longitude, latitude])


def box_lonlat(crs: Crs, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """West, south, east, north [°, WGS 84] around a box (west, south, east, north) [m] of a system."""
    west, south, east, north = box
    x, y = np.linspace(west, east, EDGE), np.linspace(south, north, EDGE)
    edge_x = np.concatenate([x, x, np.full(EDGE, west), np.full(EDGE, east)])
    edge_y = np.concatenate([np.full(EDGE, south), np.full(EDGE, north), y, y])
    degrees = lonlat_of(crs, np.column_stack([edge_x, edge_y]))
    (low_x, low_y), (high_x, high_y) = degrees.min(axis=0).tolist(), degrees.max(axis=0).tolist()
    return low_x, low_y, high_x, high_y
