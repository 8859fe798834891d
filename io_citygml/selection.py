"""Which of an object's geometries counts: each face of a building once, in its highest level of detail.

CityGML lets one object carry LoD0 to LoD4 side by side, and a solid beside the boundary surfaces it is made of.
LoD0 of a building is a footprint or roof edge, nothing that stands; LoD0 of land use is its surface. A geometry that
is better by its name but lacks most of the area that another one of the same object has is only a piece of it: a lone
roof drawn in LoD3 does not replace a house.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.classify import CLASSIFIED_TYPES, INDOOR_TYPES, SUBDIVISION_TYPES
from io_citygml.defects import INCOMPLETE_BOUNDARY, INCOMPLETE_LEVEL
from io_citygml.model import CityObject, SurfaceKind
from io_citygml.repair import Defect, SkipReason

# What closes a gap in a shell and makes none: windows of LoD3 in a house whose walls and roofs are LoD2.
_FILLINGS = (SurfaceKind.WINDOW, SurfaceKind.DOOR, SurfaceKind.CLOSURE)
_ELEMENTS = ("ConstructionElement", "ConstructiveElement")
# Roof and walls without the ground are five sixths of a cube, less a party wall two thirds; a lone roof is one sixth.
_COMPLETE = 0.6
# Beside a LoD1 block, whose roof is level whatever the real one is, half a house is worth more: the roof and the two
# free walls of a row house, drawn without ground and party walls, are 35 to 50 % of its block.
_BESIDE_BLOCK = 0.35

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class _Levels(NamedTuple):
    """What objects have in one level of detail, one (object, level) a row."""

    of_surface: Ints
    """(S,) row of each surface."""
    owner: Ints
    lod: Ints
    themed: Bools
    """Boundary surfaces give it."""
    poor: Bools
    """They give too little of what a geometry directly under the object gives, which counts in their place."""
    area_m2: Floats
    """Of what counts in it."""
    given_m2: Floats
    """Of its boundary surfaces and what adds to them."""
    present: Bools
    solid: Bools
    """It is more than windows, doors and closures."""


def given_reasons(buffer: SurfaceBuffer) -> NDArray[np.uint8]:
    """(S,) SkipReason of the polygons that the readers themselves left out."""
    reason = np.full(buffer.n_surfaces, SkipReason.KEPT, dtype=np.uint8)
    for surfaces, why in buffer.skipped:
        reason[surfaces.start : surfaces.stop] = why
    return reason


def select(buffer: SurfaceBuffer, reason: NDArray[np.uint8], area: Floats) -> None:
    """Enter into ``reason`` (S,) why polygons do not count; ``area`` (S,) as drawn [m²].

    Rules, in this order: what is already left out stays out, and so does what stands indoors; of each object only its
    highest level of detail that is more than windows, doors and closures, and complete; a LoD1 block not where parts
    give it in a higher level (the block would enclose them; the LoD2 body of a house with a LoD3 annex stays); a storey
    or unit only where the building itself has no geometry; a solid's own polygons only if boundary surfaces of that
    level do not already give them. Complete is what has 60 % of the area of the best alternative, 35 % of that of a
    LoD1 block; what is not enters the report.
    """
    if not len(reason):
        return
    objects = buffer.objects
    owner = np.array(buffer.object, dtype=np.int64)
    lod = np.frombuffer(bytes(buffer.lod), dtype=np.uint8).astype(np.int64)
    built = np.array([item.type in CLASSIFIED_TYPES for item in objects], dtype=bool)
    reason[(reason == SkipReason.KEPT) & _indoors(objects)[owner]] = SkipReason.INTERIOR
    reason[(reason == SkipReason.KEPT) & (lod == 0) & built[owner]] = SkipReason.FOOTPRINT

    alive = reason == SkipReason.KEPT
    own = _own_geometry(buffer)
    levels = _levels(buffer, (owner, lod), (alive, own), area, built)
    highest = _highest(levels, built, _elements_m2(objects, levels))
    counts = levels.lod == highest[levels.owner]
    area_of = np.zeros(len(objects))
    area_of[levels.owner[counts]] = levels.area_m2[counts]
    with_parts, incomplete_parts = _with_parts(objects, highest, area_of)

    above = levels.lod > highest[levels.owner]
    lower = (lod < highest[owner]) | ((lod <= 1) & (lod < with_parts[owner]))
    reason[alive & lower] = SkipReason.LOWER_LOD
    # openings of a higher level than their walls: the walls of the lower one have no holes and cover their place
    reason[alive & (above & ~levels.solid)[levels.of_surface]] = SkipReason.REPEATED_IN_SOLID
    reason[alive & (above & levels.solid)[levels.of_surface]] = SkipReason.INCOMPLETE
    reason[alive & incomplete_parts[owner]] = SkipReason.INCOMPLETE
    reason[(reason == SkipReason.KEPT) & _divided(objects, with_parts)[owner]] = SkipReason.REPEATED_IN_SOLID

    alive = reason == SkipReason.KEPT
    poor, themed = levels.poor[levels.of_surface], levels.themed[levels.of_surface]
    reason[alive & poor & ~own] = SkipReason.INCOMPLETE
    reason[alive & themed & ~poor & own] = SkipReason.REPEATED_IN_SOLID
    _report(buffer, levels, highest, (incomplete_parts, area_of))


def _own_geometry(buffer: SurfaceBuffer) -> Bools:
    """(S,) polygons directly under an object, which its boundary surfaces repeat rather than complete."""
    own = np.array(buffer.boundary, dtype=np.int64) < 0
    for surfaces in buffer.supplements:
        own[surfaces.start : surfaces.stop] = False
    return own


def _levels(
    buffer: SurfaceBuffer, place: tuple[Ints, Ints], masks: tuple[Bools, Bools], area: Floats, built: Bools
) -> _Levels:
    """What each object has in each level; ``place`` is owner and level, ``masks`` alive and own, of surfaces (S,)."""
    (owner, lod), (alive, own) = place, masks
    key, of_surface = np.unique(owner * 256 + lod, return_inverse=True)
    count = len(key)

    def total(where: Bools) -> Floats:
        return np.bincount(of_surface[where], area[where], count).astype(np.float64)

    def any_of(where: Bools) -> Bools:
        return np.bincount(of_surface[where], minlength=count) > 0

    given_m2, own_m2 = total(alive & ~own), total(alive & own)
    themed = any_of(alive & (np.array(buffer.boundary, dtype=np.int64) >= 0))
    largest_m2 = np.zeros(count)
    rows = np.flatnonzero(alive & own)
    if themed.any() and len(rows):
        # a solid and a multi-surface of the same faces are no alternative of twice the area
        number = np.searchsorted(np.array(buffer.geometry_start, dtype=np.int64), rows, side="right")
        each, of_row = np.unique(np.column_stack([of_surface[rows], number]), axis=0, return_inverse=True)
        np.maximum.at(largest_m2, each[:, 0], np.bincount(of_row.ravel(), area[rows]))
    poor = themed & built[key // 256] & (given_m2 < _COMPLETE * largest_m2)
    kind = np.frombuffer(bytes(buffer.kind), dtype=np.uint8)
    return _Levels(
        of_surface=of_surface,
        owner=key // 256,
        lod=key % 256,
        themed=themed,
        poor=poor,
        area_m2=np.where(poor, largest_m2, np.where(themed, given_m2, given_m2 + own_m2)),
        given_m2=given_m2,
        present=any_of(alive),
        solid=any_of(alive & ~np.isin(kind, _FILLINGS)),
    )


def _elements_m2(objects: list[CityObject], levels: _Levels) -> Floats:
    """(O,) area of the constructive elements of each object, which make it up together with its own surfaces."""
    best, total = np.zeros(len(objects)), np.zeros(len(objects))
    np.maximum.at(best, levels.owner, levels.area_m2)
    for index, item in enumerate(objects):
        if item.parent >= 0 and item.type.endswith(_ELEMENTS):
            total[item.parent] += best[index]
    return total


def _highest(levels: _Levels, built: Bools, elements_m2: Floats) -> Ints:
    """(O,) highest complete level of detail of each object, -1 where it has none."""
    highest = np.full(len(built), -1, dtype=np.int64)
    # an object of nothing but openings counts by these
    for useful in (levels.solid, levels.present):
        best = np.zeros(len(built))
        weight = np.where(levels.lod <= 1, _BESIDE_BLOCK / _COMPLETE, 1.0)
        np.maximum.at(best, levels.owner[useful], (weight * levels.area_m2)[useful])
        reached = levels.area_m2 + elements_m2[levels.owner]
        complete = (reached >= _COMPLETE * best[levels.owner]) | ~built[levels.owner]
        found = np.full(len(built), -1, dtype=np.int64)
        np.maximum.at(found, levels.owner[useful & complete], levels.lod[useful & complete])
        highest = np.where(highest < 0, found, highest)
    return highest


def _indoors(objects: list[CityObject]) -> Bools:
    """(O,) whether an object, or one it belongs to, stands inside; parents precede their children."""
    inside = np.zeros(len(objects), dtype=bool)
    for index, item in enumerate(objects):
        inside[index] = (
            item.type in INDOOR_TYPES
            or (item.parent >= 0 and inside[item.parent])
            # CityGML 3.0 has one class for the installations inside and outside
            or (item.type.endswith("Installation") and item.attributes.get("relationToConstruction") == "inside")
        )
    return inside


def _with_parts(objects: list[CityObject], highest: Ints, area_m2: Floats) -> tuple[Ints, Bools]:
    """(O,) level of detail of each object or the higher one of its parts, and whether an object is a part that, with
    the others, gives too little of a LoD1 block of its building to stand in its place."""
    with_parts, given = highest.copy(), np.where(highest > 1, area_m2, 0.0)
    incomplete = np.zeros(len(objects), dtype=bool)
    for index in range(len(objects) - 1, -1, -1):  # children stand behind their parents
        if highest[index] == 1 and with_parts[index] > 1:
            if given[index] < _BESIDE_BLOCK * area_m2[index]:
                with_parts[index], incomplete[index] = 1, True
            given[index] = max(given[index], area_m2[index])
        parent = objects[index].parent
        if parent >= 0 and objects[index].type.endswith("Part"):
            with_parts[parent] = max(with_parts[parent], with_parts[index])
            given[parent] += given[index]
    replaced = np.zeros(len(objects), dtype=bool)
    for index, item in enumerate(objects):
        if item.parent >= 0 and item.type.endswith("Part"):
            replaced[index] = replaced[item.parent] or incomplete[item.parent]
    return with_parts, replaced


def _divided(objects: list[CityObject], level: Ints) -> Bools:
    """(O,) whether an object is a storey or unit (or one within another) of a building that has its own geometry."""
    divided = np.zeros(len(objects), dtype=bool)
    has_geometry = level > 0
    for index, item in enumerate(objects):
        if item.parent < 0:
            continue
        inherited = divided[item.parent] and item.type in SUBDIVISION_TYPES
        divided[index] = inherited or (item.type in SUBDIVISION_TYPES and has_geometry[item.parent])
    return divided


def _report(buffer: SurfaceBuffer, levels: _Levels, highest: Ints, parts: tuple[Bools, Floats]) -> None:
    """Enter each geometry that was left out because it is not complete."""
    incomplete_parts, area_of = parts

    def enter(kind: str, index: int, area_m2: float, action: str) -> None:
        item = buffer.objects[index]
        buffer.report.add(Defect(kind, item.id, "", buffer.files[item.file], item.line, area_m2, action))

    for row in np.flatnonzero((levels.lod == highest[levels.owner]) & levels.poor).tolist():
        index, left_m2, kept_m2 = int(levels.owner[row]), float(levels.given_m2[row]), float(levels.area_m2[row])
        action = f"left out: they give {left_m2:.1f} m², the geometry of the object itself {kept_m2:.1f} m²"
        enter(INCOMPLETE_BOUNDARY, index, left_m2, action)
    for row in np.flatnonzero((levels.lod > highest[levels.owner]) & levels.solid).tolist():
        index, left_m2 = int(levels.owner[row]), float(levels.area_m2[row])
        action = (
            f"LoD{levels.lod[row]} left out: it gives {left_m2:.1f} m², LoD{highest[index]} {area_of[index]:.1f} m²"
        )
        enter(INCOMPLETE_LEVEL, index, left_m2, action)
    for index in np.flatnonzero(incomplete_parts & (highest > 0)).tolist():
        action = (
            f"part in LoD{highest[index]} left out: the LoD1 block of its building has far more area than its parts"
        )
        enter(INCOMPLETE_LEVEL, index, float(area_of[index]), action)
