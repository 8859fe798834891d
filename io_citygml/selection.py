"""Which of an object's geometries counts: each face of a building once, in its highest level of detail.

CityGML lets one object carry LoD0 to LoD4 side by side, and a solid beside the boundary surfaces it is made of.
LoD0 of a building is a footprint or roof edge, nothing that stands; LoD0 of land use is its surface.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.classify import CLASSIFIED_TYPES
from io_citygml.repair import SkipReason


def skip_reasons(buffer: SurfaceBuffer) -> NDArray[np.uint8]:
    """(S,) SkipReason of every polygon in the buffer.

    Rules, in this order: what a reader already left out stays out; of each object only its highest level of detail;
    a parent's geometry only if no part of it has a higher level (its LoD1 block would enclose them); a solid's own
    polygons only if boundary surfaces of that level do not already give them.
    """
    reason = np.full(buffer.n_surfaces, SkipReason.KEPT, dtype=np.uint8)
    for surfaces, why in buffer.skipped:
        reason[surfaces.start : surfaces.stop] = why
    if not len(reason):
        return reason
    owner = np.array(buffer.object, dtype=np.int64)
    lod = np.frombuffer(bytes(buffer.lod), dtype=np.uint8).astype(np.int64)
    built = np.array([item.type in CLASSIFIED_TYPES for item in buffer.objects], dtype=bool)
    reason[(reason == SkipReason.KEPT) & (lod == 0) & built[owner]] = SkipReason.FOOTPRINT

    alive = reason == SkipReason.KEPT
    highest = np.zeros(len(buffer.objects), dtype=np.int64)
    np.maximum.at(highest, owner[alive], lod[alive])
    with_parts = highest.copy()
    for index in range(len(buffer.objects) - 1, -1, -1):  # children stand behind their parents
        parent = buffer.objects[index].parent
        if parent >= 0 and buffer.objects[index].type.endswith("Part"):
            with_parts[parent] = max(with_parts[parent], with_parts[index])
    reason[alive & (lod < with_parts[owner])] = SkipReason.LOWER_LOD

    alive = reason == SkipReason.KEPT
    direct = np.array(buffer.boundary, dtype=np.int64) < 0
    has_boundary = np.zeros(len(buffer.objects), dtype=bool)
    has_boundary[owner[alive & ~direct]] = True
    supplement = np.zeros(len(reason), dtype=bool)
    for surfaces in buffer.supplements:
        supplement[surfaces.start : surfaces.stop] = True
    reason[alive & direct & ~supplement & has_boundary[owner]] = SkipReason.REPEATED_IN_SOLID
    return reason
