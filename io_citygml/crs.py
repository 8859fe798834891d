"""The one pyproj door: what a file calls its coordinate system, and where on Earth its coordinates lie.

Read are projected systems in metres with axes easting, northing; anything else is refused with what was found.
Notations: plain EPSG numbers, ``EPSG:25832``, ``EPSG:25832+7837``, OGC URNs and URLs (OGC 07-092r3), and the
German AdV URNs ``urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016`` (AdV, GeoInfoDok 6.0, "Koordinatenreferenz-
systeme"). Compound EPSG codes such as 7415 are split into their horizontal and vertical part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from io_citygml.errors import CityModelError

if TYPE_CHECKING:
    import pyproj

_ADV_HORIZONTAL = {
    "ETRS89_UTM31": 25831,
    "ETRS89_UTM32": 25832,
    "ETRS89_UTM33": 25833,
    # Gauß-Krüger: known, so that the refusal can name its northing-first axes
    "DE_DHDN_3GK2": 31466,
    "DE_DHDN_3GK3": 31467,
    "DE_DHDN_3GK4": 31468,
    "DE_DHDN_3GK5": 31469,
}
_ADV_VERTICAL = {"DE_DHHN2016_NH": 7837, "DE_DHHN92_NH": 5783, "DE_DHHN12_NOH": 5782}
_EPSG_CODE = re.compile(r"(?:EPSG(?:/[\w.]*/|:[\w.]*:|:|\.xml#)|(?<=\d)\+)(\d{4,6})", re.IGNORECASE)
_PLAIN = re.compile(r"(?:EPSG:)?(\d{4,6})(?:\+(\d{4,6}))?", re.IGNORECASE)
_GCG2016_HEIGHT = "EPSG:7837"
_REMEDY = "Give a projected system in metres (easting, northing) with --crs, for example --crs EPSG:25832"


@dataclass(frozen=True)
class Crs:
    """A coordinate system as this project uses it."""

    text: str
    """As written in the file or given by the user."""
    horizontal: str
    """"EPSG:25832"."""
    vertical: str | None
    """"EPSG:7837", None where the file does not say."""


@lru_cache(maxsize=256)
def parse_crs(text: str) -> Crs:
    """Crs of a notation.

    Raises CityModelError for a notation that is not understood and for systems that are not projected, not in
    metres, or whose axes are not easting, northing.
    """
    horizontal, vertical = _codes(text.strip())
    parts = _pyproj_crs(horizontal, text)
    if parts.is_compound:
        if vertical is None:
            vertical = parts.sub_crs_list[1].to_epsg()
        parts = parts.sub_crs_list[0]
        horizontal = parts.to_epsg() or horizontal
    if vertical is not None and not _pyproj_crs(vertical, text).is_vertical:
        raise CityModelError(f"EPSG:{vertical} (from {text!r}) is not a height system", remedy=_REMEDY)
    _check_axes(parts, text)
    return Crs(text, f"EPSG:{horizontal}", None if vertical is None else f"EPSG:{vertical}")


def _codes(text: str) -> tuple[int, int | None]:
    """Horizontal (or compound) and vertical EPSG number of a notation."""
    if not text:
        raise CityModelError("the coordinate system has no name", remedy=_REMEDY)
    if text.startswith("#") or text.lower().startswith("urn:local"):
        raise CityModelError(f"the coordinate system {text!r} is local to the file", remedy=_REMEDY)
    if plain := _PLAIN.fullmatch(text):
        return int(plain[1]), int(plain[2]) if plain[2] else None
    if text.lower().startswith("urn:adv:crs:"):
        names = text[len("urn:adv:crs:") :].split("*")
        if names[0] in _ADV_HORIZONTAL:
            return _ADV_HORIZONTAL[names[0]], _ADV_VERTICAL.get(names[1]) if len(names) > 1 else None
    codes = [int(code) for code in _EPSG_CODE.findall(text)]
    if len(codes) in (1, 2):
        return codes[0], codes[1] if len(codes) == 2 else None
    raise CityModelError(f"the coordinate system {text!r} is not a notation this reader knows", remedy=_REMEDY)


@lru_cache(maxsize=64)
def _pyproj_crs(code: int, text: str) -> pyproj.CRS:
    import pyproj

    try:
        return pyproj.CRS.from_epsg(code)
    except pyproj.exceptions.CRSError as error:
        raise CityModelError(f"EPSG:{code} (from {text!r}) does not exist", remedy=_REMEDY) from error


def _check_axes(crs: pyproj.CRS, text: str) -> None:
    axes = [axis.direction for axis in crs.axis_info[:2]]
    units = {axis.unit_name for axis in crs.axis_info[:2]}
    if not crs.is_projected:
        problem = f"{text!r} is {crs.type_name.lower()} ({crs.name}), not projected"
    elif units != {"metre"}:
        problem = f"{text!r} ({crs.name}) is in {', '.join(sorted(units))}, not in metres"
    elif axes != ["east", "north"]:
        problem = f"{text!r} ({crs.name}) has the axes {', '.join(axes)}, not east, north"
    else:
        return
    raise CityModelError(problem, remedy="Transform the file to a projected system in metres with axes east, north")


def same(a: Crs, b: Crs) -> bool:
    """Whether two systems agree as far as both say: equal in plan, and equal in height where both name one."""
    return a.horizontal == b.horizontal and (a.vertical == b.vertical or None in (a.vertical, b.vertical))


@lru_cache(maxsize=16)
def _to_wgs84(horizontal: str) -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs(horizontal, "EPSG:4326", always_xy=True)


def to_geographic(crs: Crs, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(latitude_deg, longitude_deg) in WGS 84 of easting x and northing y [m], each of the shape of x."""
    longitude, latitude = _to_wgs84(crs.horizontal).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(latitude), np.asarray(longitude)


def meridian_convergence_deg(crs: Crs, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Angle from true north to grid north [deg], of the shape of x; negative west of the central meridian.

    grid azimuth = true azimuth - convergence. Source: PROJ's factors of the projection (proj_factors).
    """
    import pyproj

    source = pyproj.CRS.from_user_input(crs.horizontal)
    base = source.geodetic_crs
    to_base = pyproj.Transformer.from_crs(source, base, always_xy=True)
    longitude, latitude = to_base.transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(pyproj.Proj(source).get_factors(longitude, latitude).meridian_convergence)


def inside_area_of_use(crs: Crs, x: float, y: float, margin_deg: float = 1.0) -> bool:
    """Whether a point [m] lies in the area its system is made for, give or take a margin [deg]."""
    import pyproj

    area = pyproj.CRS.from_user_input(crs.horizontal).area_of_use
    if area is None:
        return True
    latitude, longitude = (float(value) for value in to_geographic(crs, x, y))
    return (
        area.west - margin_deg <= longitude <= area.east + margin_deg
        and area.south - margin_deg <= latitude <= area.north + margin_deg
    )


def wkt(crs: Crs) -> str:
    """WKT 2 (ISO 19162) of the system, compound where the heights are known."""
    import pyproj

    name = crs.horizontal if crs.vertical is None else crs.horizontal + "+" + crs.vertical.removeprefix("EPSG:")
    return pyproj.CRS.from_user_input(name).to_wkt()


def ellipsoidal_height(crs: Crs, x: ArrayLike, y: ArrayLike, z: ArrayLike, grid_file: Path) -> NDArray[np.float64]:
    """Heights above the GRS 80 ellipsoid [m] of DHHN2016 normal heights z [m], of the shape of z.

    ``grid_file`` is BKG's quasigeoid GCG2016 as GeoTIFF (EPSG:7837 to EPSG:4937, https://cdn.proj.org). The grid is
    applied explicitly, because PROJ silently returns z itself ("ballpark") where it finds no grid: 48 m off.

    Raises CityModelError where the grid is missing, does not cover a point, or the heights are not DHHN2016.
    """
    import pyproj

    if crs.vertical != _GCG2016_HEIGHT:
        raise CityModelError(
            f"heights of {crs.text!r} are {crs.vertical or 'of unknown kind'}; the grid {Path(grid_file).name} turns "
            f"DHHN2016 heights ({_GCG2016_HEIGHT}) into ellipsoidal ones",
            remedy="Name the heights with --crs, for example --crs EPSG:25832+7837",
        )
    if not Path(grid_file).is_file():
        raise CityModelError(
            "the quasigeoid grid is missing, and without it heights would be about 48 m wrong",
            file=str(grid_file),
            remedy="Put de_bkg_gcg2016.tif there (https://cdn.proj.org/de_bkg_gcg2016.tif)",
        )
    source = pyproj.CRS.from_user_input(crs.horizontal)
    to_base = pyproj.Transformer.from_crs(source, source.geodetic_crs, always_xy=True)
    longitude, latitude = to_base.transform(np.asarray(x, float), np.asarray(y, float))
    grid = Path(grid_file).resolve().as_posix()
    shift = pyproj.Transformer.from_pipeline(
        f'+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=vgridshift +grids="{grid}" '
        "+multiplier=1 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    height = np.asarray(shift.transform(longitude, latitude, np.asarray(z, float))[2])
    if not np.all(np.isfinite(height)):
        outside = int(np.flatnonzero(~np.isfinite(np.atleast_1d(height)))[0])
        raise CityModelError(
            f"point {outside} lies outside the quasigeoid grid", file=str(grid_file), remedy="Check --crs"
        )
    return height
