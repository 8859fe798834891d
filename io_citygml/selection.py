"""Which of an object's geometries counts: each face of a building once, in its highest level of detail.

CityGML lets one object carry LoD0 to LoD4 side by side, and a solid beside the boundary surfaces it is made of.
LoD0 of a building is a footprint or roof edge, nothing that stands; LoD0 of land use is its surface.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.classify import CLASSIFIED_TYPES, INDOOR_TYPES, SUBDIVISION_TYPES
from io_citygml.model import CityObject, SurfaceKind
from io_citygml.repair import SkipReason

# What closes a gap in a shell and makes none: windows of LoD3 in a house whose walls and roofs are LoD2.
_FILLINGS = (SurfaceKind.WINDOW, SurfaceKind.DOOR, SurfaceKind.CLOSURE)


def skip_reasons(buffer: SurfaceBuffer) -> NDArray[np.uint8]:
    """(S,) SkipReason of every polygon in the buffer.

    Rules, in this order: what a reader already left out stays out, and so does what stands indoors; of each object
    only its highest level of detail that is more than windows, doors and closures; a LoD1 block not where a part has a
    higher level (the block would enclose it; the LoD2 body of a house with a LoD3 annex stays); a storey or unit only
    where the building itself has no geometry; a solid's own polygons only if boundary surfaces of that level do not
    already give them.
    """
    reason = np.full(buffer.n_surfaces, SkipReason.KEPT, dtype=np.uint8)
    for surfaces, why in buffer.skipped:
        reason[surfaces.start : surfaces.stop] = why
    if not len(reason):
        return reason
    objects = buffer.objects
    owner = np.array(buffer.object, dtype=np.int64)
    lod = np.frombuffer(bytes(buffer.lod), dtype=np.uint8).astype(np.int64)
    built = np.array([item.type in CLASSIFIED_TYPES for item in objects], dtype=bool)
    reason[(reason == SkipReason.KEPT) & _indoors(objects)[owner]] = SkipReason.INTERIOR
    reason[(reason == SkipReason.KEPT) & (lod == 0) & built[owner]] = SkipReason.FOOTPRINT

    alive = reason == SkipReason.KEPT
    kind = np.frombuffer(bytes(buffer.kind), dtype=np.uint8)
    highest, with_parts = _levels(objects, owner, lod, alive, np.isin(kind, _FILLINGS))
    lower = (lod < highest[owner]) | ((lod <= 1) & (lod < with_parts[owner]))
    reason[alive & lower] = SkipReason.LOWER_LOD
    # openings of a higher level than their walls: the walls of the lower one have no holes and cover their place
    reason[alive & (lod > highest[owner])] = SkipReason.REPEATED_IN_SOLID

    divided = _divided(objects, with_parts)
    reason[(reason == SkipReason.KEPT) & divided[owner]] = SkipReason.REPEATED_IN_SOLID

    alive = reason == SkipReason.KEPT
    direct = np.array(buffer.boundary, dtype=np.int64) < 0
    has_boundary = np.zeros(len(objects), dtype=bool)
    has_boundary[owner[alive & ~direct]] = True
    supplement = np.zeros(len(reason), dtype=bool)
    for surfaces in buffer.supplements:
        supplement[surfaces.start : surfaces.stop] = True
    reason[alive & direct & ~supplement & has_boundary[owner]] = SkipReason.REPEATED_IN_SOLID
    return reason


def _indoors(objects: list[CityObject]) -> NDArray[np.bool_]:
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


def _levels(
    objects: list[CityObject],
    owner: NDArray[np.int64],
    lod: NDArray[np.int64],
    alive: NDArray[np.bool_],
    filling: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(O,) level of detail in which each object counts, and the same or the higher one of its parts."""
    highest = np.full(len(objects), -1, dtype=np.int64)
    for useful in (alive & ~filling, alive):
        found = np.full(len(objects), -1, dtype=np.int64)
        np.maximum.at(found, owner[useful], lod[useful])
        # an object of nothing but openings counts by these
        highest = np.where(highest < 0, found, highest)
    with_parts = highest.copy()
    for index in range(len(objects) - 1, -1, -1):  # children stand behind their parents
        parent = objects[index].parent
        if parent >= 0 and objects[index].type.endswith("Part"):
            with_parts[parent] = max(with_parts[parent], with_parts[index])
    return highest, with_parts


def _divided(objects: list[CityObject], level: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(O,) whether an object is a storey or unit (or one within another) of a building that has its own geometry."""
    divided = np.zeros(len(objects), dtype=bool)
    has_geometry = level > 0
    for index, item in enumerate(objects):
        if item.parent < 0:
            continue
        inherited = divided[item.parent] and item.type in SUBDIVISION_TYPES
        divided[index] = inherited or (item.type in SUBDIVISION_TYPES and has_geometry[item.parent])
    return divided
