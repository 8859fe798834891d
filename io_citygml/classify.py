"""What an object or a surface is: by the name of its class, and without semantics by the direction of its normal.

Up is roof, down is the underside, the rest wall. Of the undersides of one object those at its lowest height are
ground, the others outer ceilings (the soffit of a passage or a balcony).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import SurfaceKind

# sin 10°: a face closer than 10° to the vertical is a wall, whatever the noise of its points.
UPWARD = 0.17
# Undersides within half a metre of the lowest one are the same, perhaps stepped, ground slab.
GROUND_STEP_M = 0.5
KINDS = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "WaterClosureSurface": SurfaceKind.CLOSURE,
    "OuterCeilingSurface": SurfaceKind.OUTER_CEILING,
    "OuterFloorSurface": SurfaceKind.OUTER_FLOOR,
    "Window": SurfaceKind.WINDOW,
    "WindowSurface": SurfaceKind.WINDOW,
    "Door": SurfaceKind.DOOR,
    "DoorSurface": SurfaceKind.DOOR,
}
"""Kind of each class of boundary surface in CityGML and CityJSON; every other (traffic areas, water) is OTHER."""
INTERIOR_SURFACES = frozenset({"InteriorWallSurface", "FloorSurface", "CeilingSurface"})
"""Classes of boundary surfaces of rooms."""
_ELEMENTS = ("", "Part", "Installation", "ConstructiveElement", "ConstructionElement")
SUBDIVISION_TYPES = frozenset({"Storey", "BuildingStorey", "BuildingUnit"})
"""Divide a building again that stands there already, mostly by references to its surfaces."""
INDOOR_TYPES = frozenset(
    {
        *("Room", "BuildingRoom", "BuildingFurniture", "IntBuildingInstallation"),
        *("BridgeRoom", "BridgeFurniture", "IntBridgeInstallation"),
        *("HollowSpace", "TunnelHollowSpace", "TunnelFurniture", "IntTunnelInstallation"),
    }
)
"""Stand inside something built: no light of the sky reaches them but through a window."""
CLASSIFIED_TYPES = SUBDIVISION_TYPES | {
    "OtherConstruction",
    *(prefix + suffix for prefix in ("Building", "Bridge", "Tunnel") for suffix in _ELEMENTS),
}
"""What is built: casts shade, receives, and is classified where it comes without semantics."""


def kinds_by_normal(
    normal: NDArray[np.float64], lowest_m: NDArray[np.float64], owner: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """(N,) SurfaceKind of surfaces with unit normal (N, 3), lowest point (N,) [m] and object index (N,)."""
    kind = np.full(len(owner), SurfaceKind.WALL, dtype=np.uint8)
    kind[normal[:, 2] > UPWARD] = SurfaceKind.ROOF
    down = normal[:, 2] < -UPWARD
    if np.any(down):
        floor = np.full(int(owner.max()) + 1, np.inf)
        np.minimum.at(floor, owner[down], lowest_m[down])
        kind[down] = np.where(
            lowest_m[down] <= floor[owner[down]] + GROUND_STEP_M, SurfaceKind.GROUND, SurfaceKind.OUTER_CEILING
        )
    return kind
