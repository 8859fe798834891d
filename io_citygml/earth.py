"""Places on Earth: city coordinates as geocentric ones (ECEF) and the local frame there, exact or refused.

Tiles for a globe stand in EPSG:4978. Plan goes through PROJ to ETRS89 (or WGS 84), heights through a quasigeoid grid to
the ellipsoid, both to geocentric coordinates by the closed formula on GRS 80 (Hofmann-Wellenhof and Moritz 2006,
§ 5.6). ETRS89 is taken as WGS 84, as PROJ and every web globe do: Europe's plate has carried it 0.8 m away from ITRF
since 1989, and a city's orthophotos and terrain with it. Oracle: PROJ's own pipeline,
tests/io_citygml/test_io_citygml_earth.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from io_citygml import crs as crs_door
from io_citygml.crs import Crs
from io_citygml.errors import CityModelError
from io_citygml.heights import ellipsoidal_height

Floats = NDArray[np.float64]
# GRS 80; WGS 84's flattening differs in the eleventh digit, a tenth of a millimetre at the pole.
SEMI_MAJOR_M = 6378137.0
FLATTENING = 1.0 / 298.257222101
ECCENTRICITY2 = FLATTENING * (2.0 - FLATTENING)
# A plan that PROJ cannot carry to ETRS89 or WGS 84 better than this would be seen beside its own aerial picture.
EXACT_M = 0.05


def geographic_3d(crs: Crs, place: ArrayLike, grid_file: Path, own_geoid: bool = False) -> Floats:
    """Longitude, latitude [deg] and height above the ellipsoid [m] (N, 3) of eastings, northings, heights (N, 3) [m].

    Parameters
    ----------
    grid_file
        GCG2016, or with ``own_geoid`` the user's grid for whatever heights the city is in: undulation is added.

    Raises
    ------
    CityModelError
        Where the heights are not those of the grid, the grid is missing or does not reach, or the datum's way to ETRS89
        is not known to 5 cm.
    """
    x, y, z = np.asarray(place, np.float64).reshape(-1, 3).T
    target = _exact_datum(crs)
    longitude, latitude = crs_door.transform(crs.horizontal, target, x, y)
    if own_geoid:
        if not grid_file.is_file():
            raise CityModelError("no such file", file=str(grid_file), remedy="Name a geoid grid that PROJ reads")
        height = crs_door.shift_by_grid(grid_file.resolve().as_posix(), longitude, latitude, z, 1)
    else:
        height = ellipsoidal_height(crs, x, y, z, grid_file)
    out = np.stack([longitude, latitude, height], axis=1)
    if not np.all(np.isfinite(out)):
        row = int(np.flatnonzero(~np.isfinite(out).all(axis=1))[0])
        raise CityModelError(
            f"the point {x[row]:.2f}, {y[row]:.2f}, {z[row]:.2f} has no place on the ellipsoid",
            file=str(grid_file),
            remedy="Check --crs, or name a geoid grid that covers the city",
        )
    return out


def _exact_datum(crs: Crs) -> str:
    for target in ("EPSG:4258", "EPSG:4326"):
        if 0.0 <= crs_door.accuracy_m(crs.horizontal, target) <= EXACT_M:
            return target
    raise CityModelError(
        f"{crs_door.name_of(crs.horizontal)} ({crs.horizontal}) leads to ETRS89 no better than "
        f"{crs_door.accuracy_m(crs.horizontal, 'EPSG:4258'):g} m",
        remedy="Transform the city to ETRS89 / UTM (with the state's NTv2 grid) first",
    )


def geocentric(geographic: ArrayLike) -> Floats:
    """ECEF coordinates (N, 3) [m] of longitude, latitude [deg], ellipsoidal height [m] (N, 3)."""
    longitude, latitude, height = np.asarray(geographic, np.float64).reshape(-1, 3).T
    lam, phi = np.radians(longitude), np.radians(latitude)
    prime = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY2 * np.sin(phi) ** 2)
    across = (prime + height) * np.cos(phi)
    up = (prime * (1.0 - ECCENTRICITY2) + height) * np.sin(phi)
    return np.stack([across * np.cos(lam), across * np.sin(lam), up], axis=1)


def east_north_up(geographic: ArrayLike) -> Floats:
    """Frame (4, 4) at a place (3,): columns east, north, up and the origin in ECEF, so that local · frame is ECEF.

    Multiply column vectors: ``frame @ [e, n, u, 1]``.
    """
    longitude, latitude, _ = np.asarray(geographic, np.float64)
    lam, phi = np.radians(longitude), np.radians(latitude)
    out = np.eye(4)
    out[:3, 0] = -np.sin(lam), np.cos(lam), 0.0
    out[:3, 1] = -np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)
    out[:3, 2] = np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)
    out[:3, 3] = geocentric(np.asarray(geographic, np.float64)[None])[0]
    return out


def into_frame(frame: Floats, ecef: Floats) -> Floats:
    """ECEF coordinates (N, 3) [m] in a frame (4, 4): east, north, up [m]."""
    away = ecef - frame[:3, 3]
    return np.stack([away @ frame[:3, axis] for axis in range(3)], axis=1)
