"""Heights above the ellipsoid and above the sea: the German quasigeoid GCG2016, or the reason why not.

BKG's grid turns DHHN2016 normal heights (EPSG:7837) into heights above GRS 80 in ETRS89 (EPSG:4937); they differ by 36
to 50 m. It is applied explicitly, because PROJ silently returns z itself ("ballpark") where it finds no grid.
Source: https://cdn.proj.org/de_bkg_gcg2016.tif, CC BY 4.0, © BKG. Oracle: 148.165 m at (445623.74, 5547802.12, 100).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from io_citygml import crs as crs_door
from io_citygml.crs import Crs
from io_citygml.errors import CityModelError

GCG2016_HEIGHT = "EPSG:7837"
_GERMAN_HEIGHTS = Crs(GCG2016_HEIGHT, GCG2016_HEIGHT, None)
CLOSE_HEIGHTS = frozenset({"EPSG:5783", GCG2016_HEIGHT})
"""DHHN92 and DHHN2016 differ by -6 to +6 cm (AdV, DHHN2016): one city may mix them."""
# Other heights a file may name: what they are called, and the grid they would need.
_FOREIGN = {
    "EPSG:5709": ("NAP heights", "the Dutch quasigeoid (nl_nsgi_nlgeo2018.tif)"),
    "EPSG:5728": ("LN02 heights", "the Swiss geoid CHGeo2004 with the HTRANS correction"),
    "EPSG:5729": ("LHN95 heights", "the Swiss geoid CHGeo2004"),
    "EPSG:5783": ("DHHN92 heights", "the older German quasigeoid GCG2011"),
    "EPSG:5782": ("DHHN12 heights", "a transformation to DHHN2016 (HOETRA2016)"),
    "EPSG:5784": ("DHHN85 heights", "a transformation to DHHN2016 (HOETRA2016)"),
    "EPSG:5621": ("EVRF2007 heights", "the European quasigeoid"),
    "EPSG:5730": ("EVRF2000 heights", "the European quasigeoid"),
    "EPSG:6695": ("JGD2011 heights", "the Japanese geoid GSIGEO2011"),
}


class Ellipsoidal(NamedTuple):
    """Heights above the ellipsoid, or why there are none."""

    height_m: NDArray[np.float64] | None
    reason: str
    """"" where there are heights."""


def ellipsoidal_or_reason(crs: Crs, x: ArrayLike, y: ArrayLike, z: ArrayLike, grid_file: Path) -> Ellipsoidal:
    """Heights above the GRS 80 ellipsoid [m] of points in a system, or a sentence that says what is missing."""
    try:
        return Ellipsoidal(ellipsoidal_height(crs, x, y, z, grid_file), "")
    except CityModelError as error:
        return Ellipsoidal(None, f"{error.problem}. {error.remedy}")


def ellipsoidal_height(crs: Crs, x: ArrayLike, y: ArrayLike, z: ArrayLike, grid_file: Path) -> NDArray[np.float64]:
    """Heights above the GRS 80 ellipsoid [m] of DHHN2016 normal heights z [m], of the shape of z.

    ``grid_file`` is GCG2016 as GeoTIFF (EPSG:7837 to EPSG:4937). Raises CityModelError where the grid is missing, does
    not cover a point, or the heights are not DHHN2016.
    """
    if crs.vertical is None:
        raise unknown_heights(crs, f"Name them with --crs{_example(crs, x, y)}")
    if crs.vertical != GCG2016_HEIGHT:
        name, needed = _FOREIGN.get(crs.vertical, (f"heights in {crs.vertical}", "a geoid of their own"))
        raise CityModelError(
            f"{name} ({crs.vertical}) need {needed}, which is not bundled; {Path(grid_file).name} is for DHHN2016 "
            f"({GCG2016_HEIGHT})",
            remedy="Transform the heights first, or leave out ellipsoidal output",
        )
    longitude, latitude = crs_door.to_base(crs, x, y)
    height = _shifted(longitude, latitude, z, grid_file, 1)
    if not np.all(np.isfinite(height)):
        outside = int(np.flatnonzero(~np.isfinite(np.atleast_1d(height)))[0])
        raise CityModelError(
            f"point {outside} lies outside the quasigeoid grid", file=str(grid_file), remedy="Check --crs"
        )
    return height


def unknown_heights(crs: Crs, remedy: str) -> CityModelError:
    """The refusal of heights that no file names; how to name them depends on who asks."""
    problem = f"the heights of {crs.text!r} are of unknown kind, so that nothing leads to the ellipsoid"
    return CityModelError(problem, remedy=remedy)


def _example(crs: Crs, x: ArrayLike, y: ArrayLike) -> str:
    """How to name heights in Germany, for places there."""
    latitude, longitude = crs_door.to_geographic(crs, np.mean(np.asarray(x, float)), np.mean(np.asarray(y, float)))
    german = crs_door.covers(_GERMAN_HEIGHTS, float(latitude), float(longitude), 0.0)
    return f", for example --crs {crs.horizontal}+7837 for DHHN2016" if german else " (EPSG number behind a +)"


def normal_height(longitude: ArrayLike, latitude: ArrayLike, z: ArrayLike, grid_file: Path) -> NDArray[np.float64]:
    """DHHN2016 normal heights [m] of heights z above the ellipsoid [m] at ETRS89 positions [deg].

    Not finite where the grid does not cover a point. Raises CityModelError where the grid is missing.
    """
    return _shifted(longitude, latitude, z, grid_file, -1)


def _shifted(
    longitude: ArrayLike, latitude: ArrayLike, z: ArrayLike, grid_file: Path, sign: int
) -> NDArray[np.float64]:
    if not Path(grid_file).is_file():
        raise CityModelError(
            "the quasigeoid grid is missing, and without it heights would be about 48 m wrong",
            file=str(grid_file),
            remedy="Put de_bkg_gcg2016.tif there (https://cdn.proj.org/de_bkg_gcg2016.tif)",
        )
    grid = Path(grid_file).resolve().as_posix()
    return crs_door.shift_by_grid(grid, longitude, latitude, z, sign)
