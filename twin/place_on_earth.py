"""Where a city lies on the ellipsoid: by the bundled GCG2016 for DHHN2016, else by the user's geoid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from io_citygml.crs import Crs
from io_citygml.earth import geographic_3d
from twin.package_data import geoid_grid


def geographic_of(crs: Crs, place: ArrayLike, geoid: Path | None = None) -> NDArray[np.float64]:
    """Longitude, latitude [deg], ellipsoidal height [m] (N, 3) of places (N, 3) [m]; ``geoid``: the user's grid file.

    Raises
    ------
    io_citygml.errors.CityModelError
        Where nothing leads there exactly.
    """
    if geoid is not None:
        return geographic_3d(crs, place, geoid, own_geoid=True)
    with geoid_grid() as bundled:
        return geographic_3d(crs, place, bundled)
