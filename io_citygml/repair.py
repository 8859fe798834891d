"""What the readers found wrong, what they did about it, and what they counted: nothing is silent.

A *flag* marks a surface that stays in the model; a *defect* is one entry of the report with its place; *skipped*
polygons were read but left out for a stated reason, and their area is kept, so that
``area_read_m2 == sum(area_m2.values()) + sum(skipped areas)``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple


class SurfaceFlag(IntFlag):
    """Bits of ``CityModel.flags``."""

    DEGENERATE = 1
    """No area: fewer than three distinct points, or all on a line. Yields no triangles."""
    NON_PLANAR = 2
    """A point lies farther than ``polygon.PLANARITY_M`` from the polygon's plane."""
    SLIVER = 4
    """Mean width 2·area/perimeter below ``polygon.SLIVER_WIDTH_M``."""
    DOWNWARD_ROOF = 8
    """A RoofSurface whose normal points down."""
    CLASSIFIED_BY_NORMAL = 16
    """The file gave no usable semantics; the kind follows from the normal."""
    UNCLOSED_RING = 32
    """The last point of a ring did not repeat the first; closed as if it had."""
    DUPLICATE_POINTS = 64
    """Repeated consecutive points were dropped."""
    REVERSED = 128
    """Turned around because an OrientableSurface says orientation "-"."""
    SWAPPED_RINGS = 256
    """A ring called interior enclosed the one called exterior; they changed places."""
    SELF_INTERSECTING = 512
    """A ring crosses or touches itself, or a hole crosses or leaves its exterior."""
    FLIPPED = 1024
    """The normal pointed into its closed solid; the surface was turned around."""
    OVERLAPPING = 2048
    """Lies upon another surface of the same kind in the same plane: part of its area is counted twice."""
    LOD1_FALLBACK = 4096
    """Of an object known only as a LoD1 block, in a model that has LoD2 or higher elsewhere."""
    UNCLOSED_SOLID = 8192
    """Bounds a solid that has a hole: an edge of it belongs to one surface alone."""


class SkipReason(IntEnum):
    """Why a polygon of the file is not in the model (0: it is)."""

    KEPT = 0
    LOWER_LOD = 1
    """The object, or a part of it, has a higher level of detail."""
    FOOTPRINT = 2
    """LoD0 footprint or roof edge."""
    REPEATED_IN_SOLID = 3
    """The solid repeats the geometry that the boundary surfaces of the same LoD already gave."""
    INTERIOR = 4
    """Inside the building (rooms, interior walls)."""
    DUPLICATE_OBJECT = 5
    """The same object with the same geometry was read before."""
    NOT_FINITE = 6
    """A coordinate is NaN or infinite."""
    EMPTY = 7
    """No coordinates, or coordinates without height."""
    NESTED_SHELL = 8
    """An interior shell of a solid: the wall of a cavity, which no light reaches."""
    TOO_FAR = 9
    """A coordinate no CRS on Earth can have (beyond 1e8)."""


class Defect(NamedTuple):
    """One defect and its place; ``action`` says what was done."""

    kind: str
    object_id: str
    surface_id: str
    file: str
    line: int
    area_m2: float
    action: str


class FileReport(NamedTuple):
    """One input file: its size on disk and what it turned out to be."""

    file: str
    bytes: int
    format: str


@dataclass
class ReadReport:
    """Counts over all files of a read; see the module docstring for the area balance."""

    files: list[FileReport] = field(default_factory=list)
    objects: Counter[str] = field(default_factory=Counter)
    """City objects read, per type."""
    not_read: Counter[str] = field(default_factory=Counter)
    """Elements this reader does not read, per name."""
    boundary_surfaces: Counter[str] = field(default_factory=Counter)
    """Thematic boundary surfaces met, per class (RoofSurface …)."""
    polygons: Counter[str] = field(default_factory=Counter)
    """Polygons in the model, per SurfaceKind name."""
    area_m2: dict[str, float] = field(default_factory=dict)
    """Area in the model, per SurfaceKind name [m²]."""
    lods: Counter[str] = field(default_factory=Counter)
    """Polygons in the model, per level of detail."""
    flags: Counter[str] = field(default_factory=Counter)
    """Surfaces per SurfaceFlag name."""
    roof_types: Counter[str] = field(default_factory=Counter)
    """Objects per roofType code."""
    skipped_polygons: Counter[str] = field(default_factory=Counter)
    """Polygons left out, per SkipReason name."""
    skipped_area_m2: dict[str, float] = field(default_factory=dict)
    """Area left out, per SkipReason name [m²]."""
    area_read_m2: float = 0.0
    interior_rings: int = 0
    solids: int = 0
    xlinks: int = 0
    xlinks_unresolved: int = 0
    xlinks_shared: int = 0
    """References from one boundary surface to a polygon another one owns (a party wall); counted there only."""
    defects: list[Defect] = field(default_factory=list)

    def add(self, defect: Defect) -> None:
        """Enter one defect."""
        self.defects.append(defect)

    def defect_counts(self) -> dict[str, int]:
        """Number of defects per kind."""
        return dict(sorted(Counter(defect.kind for defect in self.defects).items()))

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, ready for JSON."""
        return {
            "files": [entry._asdict() for entry in self.files],
            "objects": _sorted(self.objects),
            "not_read": _sorted(self.not_read),
            "boundary_surfaces": _sorted(self.boundary_surfaces),
            "polygons": _sorted(self.polygons),
            "area_m2": _sorted(self.area_m2),
            "lods": _sorted(self.lods),
            "flags": _sorted(self.flags),
            "roof_types": _sorted(self.roof_types),
            "skipped": {
                name: {"polygons": count, "area_m2": self.skipped_area_m2[name]}
                for name, count in sorted(self.skipped_polygons.items())
            },
            "area_read_m2": self.area_read_m2,
            "interior_rings": self.interior_rings,
            "solids": self.solids,
            "xlinks": self.xlinks,
            "xlinks_unresolved": self.xlinks_unresolved,
            "xlinks_shared": self.xlinks_shared,
            "defect_counts": self.defect_counts(),
            "defects": [defect._asdict() for defect in self.defects],
        }


def _sorted(counter: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(counter.items()))
