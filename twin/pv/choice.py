"""Which surfaces of a city are worth a plant, how it would be mounted, and why the others are not."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from io_citygml.classify import UPWARD
from io_citygml.model import CityModel, SurfaceKind
from twin.pv.config import PvConfig
from twin.pv.racks import Mounting
from twin.scene import Scene

# Flatter than 45° a wall is none.
FLATTEST_WALL = 0.7


class Reason(IntEnum):
    """Why a surface has no plant."""

    NONE = 0
    NO_ROOF_OR_FACADE = 1
    NOT_BUILT = 2
    LOOKS_DOWN = 3
    COVERED = 4
    TOO_SMALL = 5
    TOO_LITTLE_SUN = 6
    NO_MODULE_FITS = 7
    TOO_FEW_MODULES = 8


REASON_WORDS: dict[Reason, str] = {
    Reason.NONE: "",
    Reason.NO_ROOF_OR_FACADE: "no roof or façade",
    Reason.NOT_BUILT: "no part of a building",
    Reason.LOOKS_DOWN: "looks downwards",
    Reason.COVERED: "covered",
    Reason.TOO_SMALL: "exposed area below the minimum",
    Reason.TOO_LITTLE_SUN: "too little sun",
    Reason.NO_MODULE_FITS: "no module fits",
    Reason.TOO_FEW_MODULES: "fewer modules fit than the minimum",
}


def chosen_surfaces(
    model: CityModel,
    scene: Scene,
    irradiation_kwh_m2: NDArray[np.float64],
    exposed_area_m2: NDArray[np.float64],
    config: PvConfig,
) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8]]:
    """Reason (S,) of every surface, and of those without one their index (N,) and Mounting (N,).

    A roof that stands upright (within 10° of the vertical) is mounted, and judged, like a façade.
    """
    layout = config.layout
    rise = scene.normal[:, 2]
    roof, wall = model.kind == SurfaceKind.ROOF, model.kind == SurfaceKind.WALL
    upright = np.abs(rise) < UPWARD
    facade = wall | (roof & upright)
    flat = rise >= np.cos(np.radians(layout.flat_below_deg))
    flat_mounting = Mounting.EAST_WEST if layout.flat_rows == "east_west" else Mounting.SOUTH
    mounting = np.where(facade, Mounting.FACADE, np.where(flat, flat_mounting, Mounting.ROOF)).astype(np.uint8)
    least = np.where(
        facade, layout.minimum_facade_m2, np.where(flat, layout.minimum_flat_m2, layout.minimum_pitched_m2)
    )
    lit = np.nan_to_num(exposed_area_m2, nan=0.0)
    # The first that holds is the reason.
    tests = (
        (Reason.NO_ROOF_OR_FACADE, ~(roof | wall) | (wall & (rise > FLATTEST_WALL))),
        (Reason.NOT_BUILT, ~scene.receives),
        (Reason.LOOKS_DOWN, rise <= -UPWARD),
        (Reason.COVERED, (lit <= 0.0) | ~np.isfinite(irradiation_kwh_m2)),
        (Reason.TOO_SMALL, lit < least),
        (Reason.TOO_LITTLE_SUN, facade & ~(irradiation_kwh_m2 >= layout.facade_from_kwh_m2)),
    )
    reason = np.select([held for _, held in tests], [why for why, _ in tests], Reason.NONE).astype(np.uint8)
    surface = np.flatnonzero(reason == Reason.NONE).astype(np.int32)
    return reason, surface, mounting[surface]
