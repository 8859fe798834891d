"""Every surface of a city and the plant on it: real modules at real places, or the reason why there is none.

Pitched roofs carry modules parallel to them, flat roofs tents that look east and west or rows towards the equator,
façades modules in their plane. Portrait or landscape is whichever holds more modules.

Where the model knows no opening of a building, ``window_share`` of the modules is taken off its façades, evenly along
the rows: what stays are whole modules at possible places, and their sum is right; which of them a window takes, no one
knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, SurfaceKind
from twin.pv.choice import Reason, chosen_surfaces
from twin.pv.config import PvConfig
from twin.pv.layout import Packed, edges_of, modules_in, rows_in
from twin.pv.planes import UP, Drawings, drawings, lifted, longest_edges
from twin.pv.racks import Mounting, Rack, axes_of, facing_of, rack_of, row_distance, tilt_of
from twin.pv.roofs import knows_openings, usable_areas
from twin.scene import Scene

if TYPE_CHECKING:
    import shapely

__all__ = ["Mounting", "Plants", "Reason", "corners", "lay_out"]


@dataclass(frozen=True)
class Plants:
    """N plants and their M modules, sorted by plant, then by facing, string, row and place; S surfaces of the model.

    Facing 0 is the only one but for tents, whose facing 0 looks east.
    """

    surface: NDArray[np.int32]  # (N,) of the model, ascending
    mounting: NDArray[np.uint8]  # (N,) Mounting
    portrait: NDArray[np.bool_]  # (N,) the long side runs up the slope
    normal: NDArray[np.float64]  # (N, 2, 3) unit, of modules by facing, grid axes; 0 where there is one facing
    u: NDArray[np.float64]  # (N, 2, 3) unit, level, along a module's side
    v: NDArray[np.float64]  # (N, 2, 3) unit, up a module's slope
    size_m: NDArray[np.float64]  # (N, 2) of a module along u and v
    tilt_deg: NDArray[np.float64]  # (N,) of the modules
    gcr: NDArray[np.float64]  # (N,) module depth by the distance of rows that look the same way; 0 in the plane
    usable_area_m2: NDArray[np.float64]  # (N,) without edges and obstacles; of a flat roof in plan
    module_start: NDArray[np.int64]  # (N + 1,) plant n has the modules module_start[n] … module_start[n + 1] − 1
    centre: NDArray[np.float64]  # (M, 3) m in the CRS
    facing: NDArray[np.uint8]  # (M,)
    string: NDArray[np.int32]  # (M,) one plant and one facing each
    reason: NDArray[np.uint8]  # (S,) Reason


class _Laid(NamedTuple):
    """Modules of one drawing."""

    portrait: bool
    rack: Rack
    middle: NDArray[np.float64]  # (M, 2) drawn [m]
    facing: NDArray[np.uint8]  # (M,)
    string: NDArray[np.int32]  # (M,) counted from 0


def lay_out(
    model: CityModel,
    scene: Scene,
    irradiation_kwh_m2: NDArray[np.float64],
    exposed_area_m2: NDArray[np.float64],
    config: PvConfig,
) -> Plants:
    """Lay modules on every surface that is worth it.

    Parameters
    ----------
    irradiation_kwh_m2 : (S,) [kWh/m²]
        Of a year; NaN where a surface is covered throughout.
    exposed_area_m2 : (S,) [m²]
        Part of each surface that light reaches.
    """
    reason, surface, mounting = chosen_surfaces(model, scene, irradiation_kwh_m2, exposed_area_m2, config)
    facade = mounting == Mounting.FACADE
    facing, drawing = drawn(model, scene, surface, mounting)
    usable = usable_areas(model, scene, drawing, facade, config.layout)
    distance = _distances(scene, drawing, facing, mounting, config)
    blind = (model.kind[surface] == SurfaceKind.WALL) & ~knows_openings(model)[surface]
    kept = np.where(blind, 1.0 - config.layout.window_share, 1.0)
    laid: list[_Laid | None] = [
        _lay(usable[n], Mounting(int(mounting[n])), float(distance[n]), float(kept[n]), config)
        for n in range(len(surface))
    ]
    count = np.array([0 if part is None else len(part.middle) for part in laid], np.int64)
    planted = count >= config.layout.minimum_modules
    reason[surface[~planted]] = np.where(count[~planted] > 0, Reason.TOO_FEW_MODULES, Reason.NO_MODULE_FITS)
    rows = np.flatnonzero(planted)
    parts = [part for part, built in zip(laid, planted, strict=True) if part is not None and built]
    return _assembled(drawing, mounting, facing, usable, parts, rows, reason, config)


def drawn(
    model: CityModel, scene: Scene, surface: NDArray[np.int32], mounting: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], Drawings]:
    """Level direction (N, 3) that the first facing on a flat roof looks to, 0 elsewhere, and the surfaces' drawings."""
    facing = np.zeros((len(surface), 3))
    for kind in (Mounting.EAST_WEST, Mounting.SOUTH):
        rows = np.flatnonzero(mounting == kind)
        facing[rows] = facing_of(longest_edges(model, surface[rows]), kind, scene.site)
    return facing, drawings(model, scene.normal, surface, facing)


def take(plants: Plants, keep: NDArray[np.bool_]) -> Plants:
    """Some plants (N,) of a job; strings keep their numbers."""
    count = np.diff(plants.module_start)
    module = np.repeat(keep, count)
    return Plants(
        surface=plants.surface[keep],
        mounting=plants.mounting[keep],
        portrait=plants.portrait[keep],
        normal=plants.normal[keep],
        u=plants.u[keep],
        v=plants.v[keep],
        size_m=plants.size_m[keep],
        tilt_deg=plants.tilt_deg[keep],
        gcr=plants.gcr[keep],
        usable_area_m2=plants.usable_area_m2[keep],
        module_start=np.concatenate([[0], np.cumsum(count[keep])]),
        centre=plants.centre[module],
        facing=plants.facing[module],
        string=plants.string[module],
        reason=plants.reason,
    )


def corners(plants: Plants) -> NDArray[np.float64]:
    """(M, 4, 3) corners of every module [m in the CRS], counter-clockwise from the lower left as its front is seen."""
    owner = np.repeat(np.arange(len(plants.surface)), np.diff(plants.module_start))
    half = plants.size_m[owner] / 2
    u = plants.u[owner, plants.facing] * half[:, :1]
    v = plants.v[owner, plants.facing] * half[:, 1:]
    return np.stack([plants.centre + a * u + b * v for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))], axis=1)


def _distances(
    scene: Scene,
    drawing: Drawings,
    facing: NDArray[np.float64],
    mounting: NDArray[np.uint8],
    config: PvConfig,
) -> NDArray[np.float64]:
    """(N,) distance of rows in module depths, 0 where they are no rows towards the equator."""
    out = np.zeros(len(mounting))
    rows = np.flatnonzero(mounting == Mounting.SOUTH)
    climb = drawing.lift[rows, 2, 2]
    out[rows] = row_distance(facing[rows], climb, tilt_of(Mounting.SOUTH, config), scene.site)
    return out


def _lay(usable: shapely.Geometry, mounting: Mounting, distance: float, kept: float, config: PvConfig) -> _Laid | None:
    """Modules of one drawing in the better of their two positions; None where none fits."""
    if usable.is_empty:
        return None
    best: tuple[bool, Rack, Packed] | None = None
    for portrait in (True, False):
        rack = rack_of(mounting, portrait, distance, config)
        in_plane = mounting in (Mounting.ROOF, Mounting.FACADE)
        found = modules_in(usable, rack.place) if in_plane else rows_in(edges_of(usable), rack.place)
        if len(found.low) and (best is None or len(found.low) > len(best[2].low)):
            best = portrait, rack, found
    if best is None:
        return None
    portrait, rack, found = best
    middle, facing, string = [], [], []
    strings = 0
    for number, offset in enumerate(rack.middle):
        centre = (found.low + offset)[_evenly(len(found.low), kept)]
        split = -(-len(centre) // config.layout.string_modules)
        middle.append(centre)
        facing.append(np.full(len(centre), number, np.uint8))
        # Strings of nearly equal length, each along its rows.
        string.append(strings + np.arange(len(centre)) * split // max(len(centre), 1))
        strings += split
    if not strings:
        return None
    return _Laid(
        portrait, rack, np.concatenate(middle), np.concatenate(facing), np.concatenate(string).astype(np.int32)
    )


def _evenly(count: int, kept: float) -> NDArray[np.bool_]:
    """Which of a sequence stay so that a share of them does, as evenly as can be."""
    passed = np.floor(np.arange(count + 1) * kept + 0.5)
    return np.asarray(np.diff(passed) > 0)


def _assembled(
    drawing: Drawings,
    mounting: NDArray[np.uint8],
    facing: NDArray[np.float64],
    usable: NDArray[np.object_],
    laid: list[_Laid],
    rows: NDArray[np.intp],
    reason: NDArray[np.uint8],
    config: PvConfig,
) -> Plants:
    """Plants of the drawings ``rows`` (N,) that modules fit on."""
    import shapely

    axes = np.zeros((len(rows), 2, 3, 3))  # plant, facing, (u, v, normal), xyz
    for number, (row, part) in enumerate(zip(rows, laid, strict=True)):
        if not drawing.flat[row]:
            axes[number, 0] = drawing.x[row], drawing.y[row], drawing.normal[row]
            continue
        tilt_deg = tilt_of(Mounting(int(mounting[row])), config)
        for side in range(len(part.rack.middle)):
            axes[number, side] = axes_of(facing[row] * (1 - 2 * side), tilt_deg)
    count = np.array([len(part.facing) for part in laid], np.int64)
    strings = np.array([int(part.string[-1]) + 1 for part in laid], np.int64)
    before = np.cumsum(strings) - strings
    owner = np.repeat(rows, count)
    raised = np.repeat(np.array([part.rack.raised_m for part in laid]), count)
    middle = np.concatenate([part.middle for part in laid]) if laid else np.zeros((0, 2))
    normal = axes[:, 0, 2]
    return Plants(
        surface=drawing.surface[rows],
        mounting=mounting[rows],
        portrait=np.array([part.portrait for part in laid], bool),
        normal=axes[:, :, 2],
        u=axes[:, :, 0],
        v=axes[:, :, 1],
        size_m=np.array([part.rack.size_m for part in laid]).reshape(-1, 2),
        tilt_deg=np.degrees(np.arctan2(np.hypot(normal[:, 0], normal[:, 1]), normal[:, 2])),
        gcr=np.array([part.rack.gcr for part in laid]),
        usable_area_m2=shapely.area(usable[rows]),
        module_start=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        centre=lifted(drawing, owner, middle) + raised[:, None] * UP,
        facing=np.concatenate([part.facing for part in laid]) if laid else np.zeros(0, np.uint8),
        string=np.concatenate([part.string + np.int32(first) for part, first in zip(laid, before, strict=True)])
        if laid
        else np.zeros(0, np.int32),
        reason=reason,
    )
