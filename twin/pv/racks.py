"""How modules stand on what carries them: in the plane of a roof or façade, in tents, or in rows towards the equator.

Rows towards the equator stand so far apart that none shades the next at noon of the winter solstice: the sun then
stands 90° − |latitude| − 23.44° high. On a level roof, with a module of depth s tilted by t,

    pitch = s·cos t + s·sin t / tan p        p: the sun's height in the plane across the rows

            sun  ·
                   ·   /|                /|
                     /  | s·sin t  ·   /  |
                   /____|____________/____|__
                   s·cos t
                   |----- pitch -----|
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.site import Site
from twin.pv.config import PvConfig
from twin.pv.layout import Place
from twin.pv.planes import UP

# Tilt of the Earth's axis, as the sun's declination at the solstice.
OBLIQUITY_DEG = 23.44
# Beyond 60° of latitude rows would shade each other whatever the roof: the sun of 60° counts, and never more than this
# many module depths from row to row.
LOWEST_SUN_DEG = 90.0 - 60.0 - OBLIQUITY_DEG
WIDEST = 4.0


class Mounting(IntEnum):
    """How modules are mounted."""

    ROOF = 0
    EAST_WEST = 1
    SOUTH = 2
    FACADE = 3


class Rack(NamedTuple):
    """What is laid at one place; the drawing's y runs up the slope, or away from where the first facing looks."""

    place: Place
    size_m: tuple[float, float]  # of a module along its u and v
    middle: NDArray[np.float64]  # (F, 2) of each facing's module from the place's lower left corner, drawn [m]
    raised_m: float  # of a module's middle above the surface
    gcr: float  # depth of a module by the distance of rows that look the same way; 0 where they lie in the plane


def rack_of(mounting: Mounting, portrait: bool, distance: float, config: PvConfig) -> Rack:
    """The rack of a mounting; ``distance`` is the distance of rows in module depths, for rows towards the equator."""
    module, layout = config.module, config.layout
    wide, deep = (module.width_m, module.length_m) if portrait else (module.length_m, module.width_m)
    if mounting in (Mounting.ROOF, Mounting.FACADE):
        place = Place(wide, deep, layout.gap_m, deep + layout.gap_m)
        return Rack(place, (wide, deep), np.array([[wide / 2, deep / 2]]), 0.0, 0.0)
    run, rise = (deep * float(part(np.radians(tilt_of(mounting, config)))) for part in (np.cos, np.sin))
    if mounting is Mounting.SOUTH:
        pitch_m = max(distance * deep, run + layout.gap_m)
        place = Place(wide, run, layout.gap_m, pitch_m)
        return Rack(place, (wide, deep), np.array([[wide / 2, run / 2]]), rise / 2, deep / pitch_m)
    tent = 2 * run + layout.gap_m
    place = Place(wide, tent, layout.gap_m, tent + layout.east_west_gap_m)
    middle = np.array([[wide / 2, run / 2], [wide / 2, tent - run / 2]])
    return Rack(place, (wide, deep), middle, rise / 2, deep / place.pitch_m)


def tilt_of(mounting: Mounting, config: PvConfig) -> float:
    """Tilt [°] of modules on a flat roof."""
    return config.layout.south_tilt_deg if mounting is Mounting.SOUTH else config.layout.east_west_tilt_deg


def axes_of(facing: NDArray[np.float64], tilt_deg: float) -> NDArray[np.float64]:
    """(3, 3) unit u along a module's width, v up its slope and its normal, where it looks to a level direction."""
    tilt = np.radians(tilt_deg)
    along = np.array([-facing[1], facing[0], 0.0])
    return np.stack([along, np.sin(tilt) * UP - np.cos(tilt) * facing, np.cos(tilt) * UP + np.sin(tilt) * facing])


def facing_of(edge: NDArray[np.float64], mounting: Mounting, site: Site) -> NDArray[np.float64]:
    """(N, 3) where the first facing of a flat roof's modules looks, along or across its edge (N, 3), level and unit.

    Tents: the one of the two axes nearer to east and west, and of it the end that looks east. Rows: of the four
    directions the one nearest to the equator.
    """
    convergence = np.radians(site.convergence_deg)
    # True east in grid axes.
    east = np.array([np.cos(convergence), np.sin(convergence), 0.0])
    wanted = east
    if mounting is Mounting.SOUTH:
        south = np.array([east[1], -east[0], 0.0])
        wanted = south if site.latitude_deg >= 0 else -south
    across = np.column_stack([-edge[:, 1], edge[:, 0], np.zeros(len(edge))])
    toward = [part[:, 0] * wanted[0] + part[:, 1] * wanted[1] for part in (edge, across)]
    first = np.abs(toward[0]) >= np.abs(toward[1])
    sign = np.where(np.where(first, toward[0], toward[1]) >= 0, 1.0, -1.0)
    # Adding 0 turns −0 into 0.
    return np.asarray(np.where(first[:, None], edge, across) * sign[:, None] + 0.0)


def row_distance(
    facing: NDArray[np.float64], climb: NDArray[np.float64], tilt_deg: float, site: Site
) -> NDArray[np.float64]:
    """(N,) distance in module depths of rows that do not shade each other at noon of the winter solstice.

    Parameters
    ----------
    facing : (N, 3)
        Level unit direction that the rows look to, grid axes.
    climb : (N,)
        How many metres the roof rises per metre from a row to the next behind it.
    """
    height = np.radians(max(90.0 - abs(site.latitude_deg) - OBLIQUITY_DEG, LOWEST_SUN_DEG))
    convergence = np.radians(site.convergence_deg)
    sign = 1.0 if site.latitude_deg >= 0 else -1.0
    noon = sign * np.array([np.sin(convergence), -np.cos(convergence)])
    cosine = np.maximum(facing[:, 0] * noon[0] + facing[:, 1] * noon[1], 1e-6)
    profile = np.tan(height) / cosine
    run, rise = np.cos(np.radians(tilt_deg)), np.sin(np.radians(tilt_deg))
    # The shadow's edge falls by `profile` and the roof rises by `climb` per metre; they meet at the next row.
    meets = profile + climb
    distance = np.where(meets > 0, (rise + profile * run) / np.where(meets > 0, meets, 1.0), WIDEST)
    return np.asarray(np.clip(distance, run, WIDEST))
