"""CityModel: every polygon of a city as flat arrays, with its objects beside them.

The layout is two levels of offsets, as in CSR matrices: a surface is a run of rings, a ring is a run of points.
One surface is one polygon; several polygons of one RoofSurface share its ``boundary_id``. Class names and
attribute meanings are those of CityGML 2.0 (OGC 12-019, https://www.opengis.net/doc/IS/citygml/2.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from io_citygml.defects import confidence_of
from io_citygml.repair import ReadReport, SurfaceFlag


class SurfaceKind(IntEnum):
    """Thematic class of a surface (CityGML 2.0, §10.3.3)."""

    OTHER = 0
    ROOF = 1
    WALL = 2
    GROUND = 3
    CLOSURE = 4
    OUTER_CEILING = 5
    OUTER_FLOOR = 6
    WINDOW = 7
    DOOR = 8


CLASS_NAME = {
    SurfaceKind.ROOF: "RoofSurface",
    SurfaceKind.WALL: "WallSurface",
    SurfaceKind.GROUND: "GroundSurface",
    SurfaceKind.CLOSURE: "ClosureSurface",
    SurfaceKind.OUTER_CEILING: "OuterCeilingSurface",
    SurfaceKind.OUTER_FLOOR: "OuterFloorSurface",
    SurfaceKind.WINDOW: "Window",
    SurfaceKind.DOOR: "Door",
    SurfaceKind.OTHER: "Other",
}
"""What CityGML and CityJSON call each kind; `Other` is a word of our own, for a surface without a class."""


@dataclass(frozen=True, slots=True)
class CityObject:
    """One city object: a Building, a BuildingPart, a LandUse and so on."""

    id: str
    type: str
    parent: int
    """Index into ``CityModel.objects``, -1 for a top-level object."""
    file: int
    """Index into ``CityModel.files``."""
    line: int
    """Line of the start tag, 0 where unknown."""
    function: str | None
    roof_type: str | None
    measured_height_m: float | None
    storeys_above_ground: int | None
    attributes: dict[str, str | float | int]
    spot: tuple[float, float, float] | None = None
    """Easting, northing, height [m] of an object drawn as a point, or of the place of what another file draws."""


@dataclass(frozen=True)
class CityModel:
    """Surfaces and objects of one or several files in one projected CRS.

    Rings are open (the closing point is dropped). ``surface_id`` is unique over the model. Seen from outside, an
    exterior ring runs counter-clockwise and its holes clockwise, as in the file or, proven wrong, turned around.
    """

    coords: NDArray[np.float64]
    """(C, 3) easting, northing, height [m] in the source CRS."""
    ring_start: NDArray[np.int64]
    """(R+1,) ring r is ``coords[ring_start[r]:ring_start[r + 1]]``."""
    surface_ring: NDArray[np.int64]
    """(S+1,) surface s is rings ``surface_ring[s]:surface_ring[s + 1]``: the exterior, then the holes."""
    kind: NDArray[np.uint8]
    """(S,) SurfaceKind."""
    object: NDArray[np.int32]
    """(S,) index into ``objects``."""
    lod: NDArray[np.uint8]
    """(S,) level of detail (of CityJSON's "2.2" the 2)."""
    surface_id: tuple[str, ...]
    boundary_id: tuple[str, ...]
    """(S,) gml:id of the thematic boundary surface, "" where there is none."""
    flags: NDArray[np.uint16]
    """(S,) bit set of repair.SurfaceFlag."""
    line: NDArray[np.int32]
    """(S,) line of the polygon in its file, 0 where unknown."""
    objects: tuple[CityObject, ...]
    files: tuple[str, ...]
    crs: Crs
    report: ReadReport

    @property
    def n_surfaces(self) -> int:
        """Number of surfaces S."""
        return len(self.kind)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """(S,) how far each surface can be trusted, 0 … 1, by its flags and level of detail (docs/defects.md)."""
        block = (self.lod < 2) & (self.kind != SurfaceKind.OTHER)
        return confidence_of(np.where(block, self.flags | np.uint16(SurfaceFlag.LOD1_FALLBACK), self.flags))


def root_objects(objects: Sequence[CityObject]) -> NDArray[np.int32]:
    """(O,) index of the top-level object each object belongs to: the building of a building part.

    Parents precede their children in ``CityModel.objects``.
    """
    root = np.arange(len(objects), dtype=np.int32)
    for index, item in enumerate(objects):
        if item.parent >= 0:
            root[index] = root[item.parent]
    return root
