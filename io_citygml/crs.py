"""The one pyproj door: what a notation means, where on Earth coordinates lie, and how to carry them elsewhere.

A ``Crs`` is what a city model is *in*: a projected system in metres, coordinates always easting, northing, whatever
axis the authority puts first. A ``Reference`` is what a *file* says: it may be in degrees, in feet, or northing first;
``io_citygml.placing`` turns one into the other. Sources: EPSG registry and PROJ (https://proj.org).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from io_citygml.crs_notation import REMEDY, is_wkt, parse_notation
from io_citygml.errors import CityModelError

if TYPE_CHECKING:
    import pyproj
    from pyproj._crs import AreaOfUse

Floats = NDArray[np.float64]
_MATCH = 70
"""How sure pyproj must be that a WKT is an EPSG system [%]."""
_PREFIXED = {4647: (25832, 32), 5649: (25831, 31), 5650: (25833, 33), 5651: (25831, 31), 5652: (25832, 32)}
_PREFIXED |= {5653: (25833, 33)}
"""ETRS89 / UTM with the zone before the easting: the same system without, and the zone."""
_SCALE = 0.01
"""A projection that stretches lengths by more than this is for maps, not for areas (Web Mercator at 50°: 55 %)."""
_FOOT_M = (0.304, 0.306)
"""Every foot that systems are in: international, of the US survey, Clarke's, Sears's, of India and the Gold Coast."""
_ZONE_REACH_DEG = 3.0
"""States keep one meridian strip beyond its border: Passau lies 1.8° east of UTM zone 32."""
_AREA_SHARE = 0.05
"""Data reach beyond the registry's area of use by up to this share of its size."""


@dataclass(frozen=True)
class Crs:
    """A coordinate system as this project uses it: easting, northing, height in metres."""

    text: str
    """As written in the file or given by the user."""
    horizontal: str
    """"EPSG:25832"."""
    vertical: str | None
    """"EPSG:7837", None where the file does not say."""


class Reference(NamedTuple):
    """What a notation says of the coordinates of a file."""

    crs: Crs
    """Its names; only where ``metric`` is true are coordinates in it fit for a city model."""
    metric: bool
    """Projected and in metres."""
    northing_first: bool
    """Whether the notation calls for northing or latitude first."""
    geographic: bool
    height_unit_m: float
    """Metres per unit of height (where the notation names no height: those of a plan in feet, else 1)."""
    ellipsoidal: bool
    """Heights above the ellipsoid (EPSG:4979, EPSG:4937)."""
    zone: int
    """UTM zone where the system, or a sister of it, writes the zone before the easting; else 0."""
    height_from_plan: bool
    """The notation names no height, and the plan is in feet: so are the heights, as far as anyone knows."""


def parse_crs(text: str) -> Crs:
    """Crs of a notation.

    Raises CityModelError for a notation that is not understood and for systems that are not projected or not in
    metres. Axes may be in any order: coordinates handed to this module are always easting, northing.
    """
    reference = parse_reference(text)
    if reference.metric:
        return reference.crs
    name = _system(reference.crs.horizontal).name
    kind = "geographic" if reference.geographic else "not in metres"
    raise CityModelError(f"{text!r} ({name}) is {kind}", remedy="Give a projected system in metres, e.g. EPSG:25832")


@lru_cache(maxsize=256)
def parse_reference(text: str) -> Reference:
    """What a notation says of the coordinates of a file.

    Raises CityModelError for a notation that is not understood, for a local system, and for systems that are neither
    projected nor geographic.
    """
    stripped = text.strip()
    if is_wkt(stripped):
        horizontal, vertical, authority_order = _codes_of_wkt(stripped)
    else:
        horizontal, vertical, authority_order = parse_notation(stripped)
    system = _from_epsg(horizontal, text)
    ellipsoidal = len(system.axis_info) == 3 and system.is_geographic and not system.is_compound
    if system.is_compound:
        if vertical is None:
            vertical = system.sub_crs_list[1].to_epsg()
        system = system.sub_crs_list[0]
    elif ellipsoidal:
        system = system.to_2d()
    horizontal = system.to_epsg() or horizontal
    if not (system.is_projected or system.is_geographic) or len(system.axis_info) < 2:
        problem = f"{text!r} is {system.type_name.lower()} ({system.name}), not projected"
        raise CityModelError(problem, remedy="Transform the file to a projected system in metres")
    plain, zone = _PREFIXED.get(horizontal, (horizontal, _zone(system)))
    units = {axis.unit_conversion_factor for axis in system.axis_info[:2]}
    metric = system.is_projected and units == {1.0}
    northing_first = authority_order and system.axis_info[0].direction.lower() in ("north", "south")
    height_unit_m = 1.0
    in_feet = vertical is None and system.is_projected and all(_FOOT_M[0] < unit < _FOOT_M[1] for unit in units)
    if in_feet:
        height_unit_m = float(max(units))
    if vertical is not None:
        heights = _from_epsg(vertical, text)
        if not heights.is_vertical:
            raise CityModelError(f"EPSG:{vertical} (from {text!r}) is not a height system", remedy=REMEDY)
        height_unit_m = float(heights.axis_info[0].unit_conversion_factor)
    crs = Crs(text, f"EPSG:{plain}", None if vertical is None or height_unit_m != 1.0 else f"EPSG:{vertical}")
    return Reference(crs, metric, northing_first, system.is_geographic, height_unit_m, ellipsoidal, zone, in_feet)


def _codes_of_wkt(text: str) -> tuple[int, int | None, bool]:
    """EPSG numbers of well-known text, and that its own axes count."""
    import pyproj

    try:
        system = pyproj.CRS.from_wkt(text)
    except pyproj.exceptions.CRSError as error:
        raise CityModelError("the coordinate system is WKT that cannot be read", remedy=REMEDY) from error
    parts = system.sub_crs_list if system.is_compound else [system]
    codes = [part.to_epsg(_MATCH) for part in parts]
    if codes[0] is None:
        raise CityModelError(f"the coordinate system {system.name!r} has no EPSG number", remedy=REMEDY)
    return codes[0], codes[1] if len(codes) > 1 else None, parts[0].axis_info[0].direction.lower() == "north"


@lru_cache(maxsize=256)
def _from_epsg(code: int, text: str) -> pyproj.CRS:
    import pyproj

    try:
        return pyproj.CRS.from_epsg(code)
    except pyproj.exceptions.CRSError as error:
        raise CityModelError(f"EPSG:{code} (from {text!r}) does not exist", remedy=REMEDY) from error


@lru_cache(maxsize=64)
def _system(horizontal: str) -> pyproj.CRS:
    import pyproj

    return pyproj.CRS.from_user_input(horizontal)


def _zone(system: pyproj.CRS) -> int:
    digits = (system.utm_zone or "").rstrip("NS")
    return int(digits) if digits.isdecimal() else 0


def same(a: Crs, b: Crs) -> bool:
    """Whether two systems agree as far as both say: equal in plan, and equal in height where both name one."""
    return a.horizontal == b.horizontal and (a.vertical == b.vertical or None in (a.vertical, b.vertical))


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    import pyproj

    with warnings.catch_warnings():
        # a better grid that is not installed is told by the accuracy of what is
        warnings.simplefilter("ignore", UserWarning)
        group = pyproj.transformer.TransformerGroup(source, target, always_xy=True)
    if not group.transformers:
        raise CityModelError(f"nothing is known that leads from {source} to {target}", remedy=REMEDY)
    return group.transformers[0]


def transform(source: str, target: str, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Easting or longitude x and northing or latitude y of one EPSG system in another, of the shape of x.

    Not finite where a point has no place in the target.
    """
    moved = _transformer(source, target).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(moved[0]), np.asarray(moved[1])


def accuracy_m(source: str, target: str) -> float:
    """How well PROJ can carry coordinates between two EPSG systems without further grids [m]; -1 where unknown."""
    return float(_transformer(source, target).accuracy)


def to_geographic(crs: Crs, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """(latitude_deg, longitude_deg) in WGS 84 of easting x and northing y [m], each of the shape of x."""
    longitude, latitude = _to_wgs84(crs.horizontal).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(latitude), np.asarray(longitude)


@lru_cache(maxsize=64)
def _to_wgs84(horizontal: str) -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs(horizontal, "EPSG:4326", always_xy=True)


def meridian_convergence_deg(crs: Crs, x: ArrayLike, y: ArrayLike) -> Floats:
    """Angle from true north to grid north [deg], of the shape of x; negative west of the central meridian.

    grid azimuth = true azimuth - convergence. Source: PROJ's factors of the projection (proj_factors).
    """
    import pyproj

    source = _system(crs.horizontal)
    longitude, latitude = _to_base(crs.horizontal).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(pyproj.Proj(source).get_factors(longitude, latitude).meridian_convergence)


@lru_cache(maxsize=16)
def _to_base(horizontal: str) -> pyproj.Transformer:
    import pyproj

    source = _system(horizontal)
    return pyproj.Transformer.from_crs(source, source.geodetic_crs, always_xy=True)


def true_to_scale(crs: Crs, x: float, y: float) -> bool:
    """Whether lengths about a point [m] are those on the ground, to 1 %."""
    import pyproj

    longitude, latitude = _to_base(crs.horizontal).transform(x, y)
    factors = pyproj.Proj(_system(crs.horizontal)).get_factors(longitude, latitude)
    scales = np.array([factors.meridional_scale, factors.parallel_scale])
    return bool(np.all(np.abs(scales - 1.0) < _SCALE)) if np.all(np.isfinite(scales)) else True


def inside_area_of_use(crs: Crs, x: float, y: float, margin_deg: float | None = None) -> bool:
    """Whether easting or longitude x and northing or latitude y lie in the area their system is made for.

    Give or take a margin [deg]: by default a share of the area's size, for meridian strips 3° of longitude.
    """
    latitude_deg, longitude_deg = (float(value) for value in to_geographic(crs, x, y))
    return covers(crs, latitude_deg, longitude_deg, margin_deg)


def covers(crs: Crs, latitude_deg: float, longitude_deg: float, margin_deg: float | None = None) -> bool:
    """Whether a place [deg, WGS 84] lies in the area a system is made for, give or take as above."""
    system = _system(crs.horizontal)
    area = system.area_of_use
    if area is None:
        return bool(np.isfinite(latitude_deg) and abs(latitude_deg) <= 90.0)
    across, up = (margin_deg, margin_deg) if margin_deg is not None else _margins(system, area)
    return bool(
        area.west - across <= longitude_deg <= area.east + across and area.south - up <= latitude_deg <= area.north + up
    )


def _margins(system: pyproj.CRS, area: AreaOfUse) -> tuple[float, float]:
    if system.is_geographic and area.east - area.west > 350.0:
        return 0.0, 0.0
    across, up = (_AREA_SHARE * size for size in (area.east - area.west, area.north - area.south))
    method = system.coordinate_operation.method_name if system.coordinate_operation else ""
    return (_ZONE_REACH_DEG if method == "Transverse Mercator" else across), up


def utm_of(horizontal: str, longitude_deg: float, latitude_deg: float) -> str:
    """EPSG name of the UTM system of a place in the datum of another system, in WGS 84 where it has none.

    Raises CityModelError beyond 84° north and 80° south, where UTM ends.
    """
    if not -80.0 <= latitude_deg <= 84.0 or not abs(longitude_deg) <= 180.0:
        raise CityModelError(f"{latitude_deg:.4f}, {longitude_deg:.4f} lies in no UTM zone", remedy=REMEDY)
    zone = min(int((longitude_deg + 180.0) // 6.0) + 1, 60)
    datum = str(_system(horizontal).geodetic_crs.name)  # type: ignore[union-attr]
    return _utm(datum, zone, int(latitude_deg // 4.0))


@lru_cache(maxsize=64)
def _utm(datum: str, zone: int, band: int) -> str:
    """UTM system of a zone and a band of 4° of latitude: the registry is searched once for each."""
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_utm_crs_info

    wanted = f"{datum} / UTM zone {zone}{'S' if band < 0 else 'N'}"
    place = (6.0 * zone - 183.0, 4.0 * band + 2.0)
    for found in query_utm_crs_info(datum_name=datum, area_of_interest=AreaOfInterest(*place, *place)):
        if found.name == wanted and not found.deprecated:
            return f"EPSG:{found.code}"
    return f"EPSG:{(32700 if band < 0 else 32600) + zone}"


def name_of(horizontal: str) -> str:
    """The registry's name of an EPSG system: "ETRS89 / UTM zone 32N"."""
    return str(_system(horizontal).name)


def wkt(crs: Crs) -> str:
    """WKT 2 (ISO 19162) of the system, compound where the heights are known."""
    name = crs.horizontal if crs.vertical is None else crs.horizontal + "+" + crs.vertical.removeprefix("EPSG:")
    return str(_system(name).to_wkt())


def to_base(crs: Crs, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """(longitude_deg, latitude_deg) in the system's own datum of easting x and northing y [m]."""
    longitude, latitude = _to_base(crs.horizontal).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(longitude), np.asarray(latitude)


def shift_by_grid(grid: str, longitude_deg: ArrayLike, latitude_deg: ArrayLike, z: ArrayLike, sign: int) -> Floats:
    """Heights z [m] plus (sign 1) or minus (sign -1) the undulation in a geoid grid; not finite outside it."""
    import pyproj

    try:
        shift = pyproj.Transformer.from_pipeline(
            f'+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=vgridshift +grids="{grid}" '
            f"+multiplier={sign} +step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )
    except pyproj.exceptions.ProjError as error:
        remedy = "Name a geoid grid that PROJ reads (GeoTIFF as on cdn.proj.org, GTX)"
        raise CityModelError("PROJ cannot read this as a geoid grid", file=grid, remedy=remedy) from error
    longitude, latitude, z = (np.asarray(values, float) for values in (longitude_deg, latitude_deg, z))
    return np.asarray(shift.transform(longitude, latitude, z)[2])
