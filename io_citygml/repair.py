"""What the readers found wrong, what they did about it, and what they counted: nothing is silent.

A *flag* marks a surface that stays in the model; a *defect* is one entry of the report with its place; *skipped*
polygons were read but left out for a stated reason, and their area is kept; a *repair* that changes an area leaves the
change. So the areas balance:
``area_read_m2 + sum(area_repaired_m2.values()) == sum(area_m2.values()) + sum(skipped_area_m2.values())``.
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
    """A RoofSurface whose normal points down: an overhang's underside, or a surface the wrong way round."""
    CLASSIFIED_BY_NORMAL = 16
    """The file gave no usable semantics; the kind follows from the normal."""
    UNCLOSED_RING = 32
    """The last point of a ring did not repeat the first; closed as if it had."""
    DUPLICATE_POINTS = 64
    """Repeated points were dropped: consecutive ones, and spikes (out to a point and back)."""
    REVERSED = 128
    """Turned around because an OrientableSurface says orientation "-"."""
    SWAPPED_RINGS = 256
    """A ring called interior enclosed the one called exterior; they changed places."""
    SELF_INTERSECTING = 512
    """A ring crosses or touches itself, or a hole crosses or leaves its exterior; redrawn if its area was wrong."""
    FLIPPED = 1024
    """The normal pointed into its closed solid; the surface was turned around."""
    OVERLAPPING = 2048
    """Lies upon another surface of the same kind in the same plane: part of its area is counted twice."""
    LOD1_FALLBACK = 4096
    """Of an object known only as a LoD1 block, in a model in which another built object has LoD2 or higher."""
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
    REPEATED = 10
    """The same polygon, facing the same way, stands before in the same object."""
    INCOMPLETE = 11
    """A geometry of a higher rank with too little of the area of another one, which counts instead (selection.py)."""


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
    archive: str = ""
    """The zip file on disk that holds it, "" for a file of its own."""


class FailedFile(NamedTuple):
    """A file of several that could not be read and is not in the model, with nothing of it."""

    file: str
    line: int
    message: str


class Placement(NamedTuple):
    """How the coordinates of a file came into the model's system (``io_citygml.placing``)."""

    file: str
    crs: str
    """As the file or --crs names it."""
    horizontal: str
    vertical: str | None
    order: str
    """Axes as the file writes them: "easting, northing"."""
    why: str
    """Why this order was taken."""
    action: str
    """What was done to the coordinates, "" where nothing."""


# Of each kind so many defects are listed with their place; a city with a million of one kind needs no million lines.
LISTED_PER_KIND = 1000


class Shells(NamedTuple):
    """What was found of the objects' outer shells; closed means that every edge meets its partner."""

    objects: int
    """Objects with surfaces."""
    claimed: int
    """Of these the file calls solids."""
    closed_as_read: int
    closed: int
    """Closed once edges are split at the points of neighbours that lie on them."""
    oriented: int
    """Closed, and every surface faced outward from the start."""
    turned: int
    """Closed, with surfaces that were turned around to face outward."""


@dataclass
class ReadReport:
    """Counts over all files of a read; see the module docstring for the area balance."""

    files: list[FileReport] = field(default_factory=list)
    failed: list[FailedFile] = field(default_factory=list)
    """Files of several that could not be read."""
    placements: list[Placement] = field(default_factory=list)
    """How each file came into the model's system."""
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
    area_repaired_m2: dict[str, float] = field(default_factory=dict)
    """Change of area by repairs, per kind of defect [m²]; negative where area was lost."""
    confidence: dict[str, dict[str, float]] = field(default_factory=dict)
    """Least and mean ``CityModel.confidence`` of the surfaces, per SurfaceKind name."""
    shells: Shells | None = None
    """None where the read was not asked to examine."""
    not_checked: list[str] = field(default_factory=list)
    """Kinds of defects that this read did not look for."""
    interior_rings: int = 0
    solids: int = 0
    xlinks: int = 0
    xlinks_unresolved: int = 0
    xlinks_shared: int = 0
    """References from one boundary surface to a polygon another one owns (a party wall); counted there only."""
    defects: list[Defect] = field(default_factory=list)
    """The first ``LISTED_PER_KIND`` of each kind; ``defect_counts`` counts all."""
    _counts: Counter[str] = field(default_factory=Counter)

    def add(self, defect: Defect) -> None:
        """Enter one defect."""
        self._counts[defect.kind] += 1
        if self._counts[defect.kind] <= LISTED_PER_KIND:
            self.defects.append(defect)

    def count_more(self, kind: str, n: int) -> None:
        """Count n further defects of a kind without their places; for a kind whose list is full."""
        if n:
            self._counts[kind] += n

    def room(self, kind: str) -> int:
        """How many more defects of a kind would be listed."""
        return max(0, LISTED_PER_KIND - self._counts[kind])

    def defect_counts(self) -> dict[str, int]:
        """Number of defects per kind, listed or not."""
        return dict(sorted(self._counts.items()))

    def not_listed(self) -> dict[str, int]:
        """Number of defects per kind that were counted but are not in ``defects``."""
        return {kind: n - LISTED_PER_KIND for kind, n in self.defect_counts().items() if n > LISTED_PER_KIND}

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, ready for JSON."""
        return {
            "files": [entry._asdict() for entry in self.files],
            "failed": [entry._asdict() for entry in self.failed],
            "placements": [entry._asdict() for entry in self.placements],
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
            "area_repaired_m2": _sorted(self.area_repaired_m2),
            "confidence": _sorted(self.confidence),
            "shells": None if self.shells is None else self.shells._asdict(),
            "not_checked": list(self.not_checked),
            "interior_rings": self.interior_rings,
            "solids": self.solids,
            "xlinks": self.xlinks,
            "xlinks_unresolved": self.xlinks_unresolved,
            "xlinks_shared": self.xlinks_shared,
            "defect_counts": self.defect_counts(),
            "defects_not_listed": self.not_listed(),
            "defects": [defect._asdict() for defect in self.defects],
        }


def _sorted(counter: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(counter.items()))
