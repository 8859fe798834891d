"""Where the points of a laser scan lie: its coordinate system, and the feet that it may count in.

A file names its system as WKT or as GeoTIFF keys (ASPRS LAS 1.4 R15, §2.6 and §3; OGC 19-008r4), often not at all, and
sometimes one that no registry knows. What it does not say the user says (`--crs`). PROJ is asked through
``io_citygml.crs``. Heights are scaled to metres and never shifted: another height datum is reported.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from io_citygml import crs as crs_door
from io_citygml.crs import Crs
from io_citygml.errors import CityModelError
from twin.errors import TwinError
from twin.vegetation.crowns import Floats

# EPSG units of measure: metre, international foot, US survey foot.
UNIT_M = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937}
# "User-defined": the key is there and says nothing that can be looked up.
USER_DEFINED = 32767
GEOGRAPHIC_KEY, PROJECTED_KEY, PLAN_UNIT_KEY, VERTICAL_KEY, VERTICAL_UNIT_KEY = 2048, 3072, 3076, 4096, 4099
_HEIGHTS = re.compile(r"\b(?:VERT_CS|VERTCRS|VERTICALCRS)\[.*", re.DOTALL | re.IGNORECASE)
_UNIT = re.compile(r"\b(?:LENGTH)?UNIT\[\s*\"[^\"]*\"\s*,\s*([0-9.eE+-]+)", re.IGNORECASE)
# Where a system writes its zone before the easting: 32 500 000.
ZONE_M = 1e6


class Stated(NamedTuple):
    """What a file says of its system."""

    wkt: str  # "" where it holds none
    keys: dict[int, int]  # GeoTIFF keys with short values


class Place(NamedTuple):
    """How the coordinates of a file become those of the job."""

    source: str  # EPSG system in plan
    target: str
    plan_unit_m: float  # metres per unit in plan, where the system's own unit is the metre; else 1
    height_unit_m: float
    zone: int
    said: str  # one line for the report


def place_of(name: str, stated: Stated, target: Crs, crs: str | None) -> Place:
    """Place of a file; ``crs`` is what the user says of files that say nothing.

    Raises
    ------
    TwinError
        Where neither the file nor the user names a system that is known.
    """
    text, height_unit_m, problem = _named(stated), 0.0, "names no coordinate system"
    plan_unit_m = 1.0
    if text:
        try:
            reference = crs_door.parse_reference(text)
            origin = "as the file says"
            height_unit_m = _height_unit_m(stated)
            plan_unit_m = UNIT_M.get(stated.keys.get(PLAN_UNIT_KEY, 0), 1.0) if reference.metric else 1.0
        except CityModelError as error:
            problem, text = f"names a coordinate system that is not known ({error.problem})", ""
    if not text:
        if crs is None:
            raise TwinError(
                f"{name}: {problem}",
                "say which one it is in with --trees-crs, or --crs for all files that name none, e.g. --crs EPSG:25832",
            )
        try:
            reference = crs_door.parse_reference(crs)
        except CityModelError as error:
            raise TwinError(f"--trees-crs {crs}: {error.problem}", error.remedy) from error
        origin = f"the file {problem}: taken from --trees-crs or --crs"
    height_unit_m = height_unit_m or reference.height_unit_m
    horizontal, vertical = reference.crs.horizontal, reference.crs.vertical
    said = f"{horizontal}, {origin}"
    if horizontal != target.horizontal:
        said += f"; transformed to {target.horizontal}"
    if plan_unit_m != 1.0 or height_unit_m != 1.0:
        said += f"; heights × {height_unit_m:.7g}" + (f", plan × {plan_unit_m:.7g}" if plan_unit_m != 1.0 else "")
    if vertical and target.vertical and vertical != target.vertical:
        said += f"; heights in {vertical}, not {target.vertical}: kept as they are"
    return Place(horizontal, target.horizontal, plan_unit_m, height_unit_m, reference.zone, said)


def _named(stated: Stated) -> str:
    """The system as WKT or as EPSG numbers; "" where the file names none."""
    if stated.wkt:
        return stated.wkt
    plan = stated.keys.get(PROJECTED_KEY, 0) or stated.keys.get(GEOGRAPHIC_KEY, 0)
    if plan in (0, USER_DEFINED):
        return ""
    heights = stated.keys.get(VERTICAL_KEY, 0)
    return f"EPSG:{plan}" + (f"+{heights}" if heights not in (0, USER_DEFINED) else "")


def _height_unit_m(stated: Stated) -> float:
    """Metres per unit of height as the file writes it out; 0 where it does not."""
    heights = _HEIGHTS.search(stated.wkt)
    unit = _UNIT.search(heights[0]) if heights else None
    return float(unit[1]) if unit else UNIT_M.get(stated.keys.get(VERTICAL_UNIT_KEY, 0), 0.0)


def placed(place: Place, point: Floats) -> Floats:
    """Points (N, 3) of a file in the job's CRS [m]."""
    plan = point[:, :2] * place.plan_unit_m
    if place.zone:
        plan[:, 0] -= np.where(plan[:, 0] > ZONE_M, place.zone * ZONE_M, 0.0)
    if place.source != place.target:
        plan = np.stack(crs_door.transform(place.source, place.target, plan[:, 0], plan[:, 1]), axis=1)
    return np.concatenate([plan, point[:, 2:] * place.height_unit_m], axis=1)
