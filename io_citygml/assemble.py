"""From what a reader collected to the CityModel: clean the rings, measure, classify, leave out, name, count."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from io_citygml import polygon
from io_citygml.buffers import SurfaceBuffer
from io_citygml.classify import CLASSIFIED_TYPES, kinds_by_normal
from io_citygml.crs import Crs
from io_citygml.model import CityModel, CityObject, SurfaceKind
from io_citygml.naming import surface_ids, unique_objects
from io_citygml.polygon import Rings, Shapes
from io_citygml.repair import Defect, SkipReason, SurfaceFlag
from io_citygml.rings import clean_rings, keep_surfaces, order_rings
from io_citygml.selection import skip_reasons

# A roof that leans over by less than this is a vertical face with noise, not a downward one (sin of 0.006°).
_DOWNWARD = -1e-4
_DEFECT_OF_FLAG = {
    SurfaceFlag.DEGENERATE: ("zero area", "kept, yields no triangles"),
    SurfaceFlag.NON_PLANAR: ("non-planar", "kept as it is"),
    SurfaceFlag.DOWNWARD_ROOF: ("downward-facing roof", "kept as it is"),
    SurfaceFlag.UNCLOSED_RING: ("unclosed ring", "closed"),
    SurfaceFlag.SWAPPED_RINGS: ("exterior inside its interior ring", "the largest ring made the exterior"),
    SurfaceFlag.DUPLICATE_POINTS: ("duplicate points", "repeated points dropped"),
}
_DEFECT_OF_REASON = {
    SkipReason.NOT_FINITE: ("coordinate not finite", "polygon left out"),
    SkipReason.EMPTY: ("polygon without 3D coordinates", "polygon left out"),
}


def city_model(buffer: SurfaceBuffer, crs: Crs) -> CityModel:
    """The CityModel of everything in the buffer; completes the buffer's report."""
    coords = np.array(buffer.coords, dtype=np.float64).reshape(-1, 3)
    ring_start, surface_ring = buffer.offsets()
    _reverse(coords, ring_start, surface_ring, buffer.reversed)
    reason = skip_reasons(buffer)
    _find_unusable(coords, ring_start, surface_ring, reason)
    rings, flags = clean_rings(Rings(coords, ring_start, surface_ring))
    flags[buffer.reversed] |= np.uint16(SurfaceFlag.REVERSED)

    usable = (reason != SkipReason.NOT_FINITE) & (reason != SkipReason.EMPTY)
    rings, swapped = order_rings(keep_surfaces(rings, usable))
    flags[np.flatnonzero(usable)[swapped]] |= np.uint16(SurfaceFlag.SWAPPED_RINGS)
    shapes = polygon.measure(rings)
    area = np.zeros(len(reason))
    area[usable] = shapes.area
    _count_skipped(buffer, reason, area)

    kept = reason == SkipReason.KEPT
    inner = kept[usable]
    rings = keep_surfaces(rings, inner)
    shapes = Shapes(*(values[inner] for values in shapes))
    objects, object_index = unique_objects(buffer)
    owner = object_index[np.array(buffer.object, dtype=np.int64)[kept]]
    kind = np.frombuffer(bytes(buffer.kind), dtype=np.uint8)[kept].copy()
    flags = flags[kept]
    _classify(objects, kind, flags, owner, rings, shapes)
    _flag_shapes(kind, flags, shapes)
    names, boundary_ids = surface_ids(buffer, objects, kept, owner)
    model = CityModel(
        coords=rings.coords,
        ring_start=rings.ring_start,
        surface_ring=rings.surface_ring,
        kind=kind,
        object=owner.astype(np.int32),
        lod=np.frombuffer(bytes(buffer.lod), dtype=np.uint8)[kept].copy(),
        surface_id=names,
        boundary_id=boundary_ids,
        flags=flags,
        objects=objects,
        files=tuple(buffer.files),
        crs=crs,
        report=buffer.report,
    )
    _count_model(model, shapes.area, np.array(buffer.line, dtype=np.int64)[kept])
    return model


def _reverse(
    coords: NDArray[np.float64],
    ring_start: NDArray[np.int64],
    surface_ring: NDArray[np.int64],
    surfaces: list[int],
) -> None:
    for surface in surfaces:
        for ring in range(surface_ring[surface], surface_ring[surface + 1]):
            part = slice(ring_start[ring], ring_start[ring + 1])
            coords[part] = coords[part][::-1].copy()


def _find_unusable(
    coords: NDArray[np.float64],
    ring_start: NDArray[np.int64],
    surface_ring: NDArray[np.int64],
    reason: NDArray[np.uint8],
) -> None:
    """Mark polygons with a ring without points or with a coordinate that is not finite."""
    if not len(reason):
        return
    of_ring = np.repeat(np.arange(len(reason)), np.diff(surface_ring))
    reason[of_ring[np.diff(ring_start) == 0]] = SkipReason.EMPTY
    bad_point = np.flatnonzero(~np.isfinite(coords).all(axis=1))
    bad_ring = np.searchsorted(ring_start, bad_point, side="right") - 1
    reason[of_ring[bad_ring]] = SkipReason.NOT_FINITE


def _classify(
    objects: tuple[CityObject, ...],
    kind: NDArray[np.uint8],
    flags: NDArray[np.uint16],
    owner: NDArray[np.int64],
    rings: Rings,
    shapes: Shapes,
) -> None:
    """Give a kind to the surfaces of buildings and bridges that came without."""
    by_type = np.array([item.type in CLASSIFIED_TYPES for item in objects], dtype=bool)
    chosen = np.flatnonzero((kind == SurfaceKind.OTHER) & by_type[owner]) if len(owner) else np.empty(0, int)
    if not len(chosen):
        return
    lowest = np.minimum.reduceat(rings.coords[:, 2], rings.ring_start[rings.surface_ring[:-1]])
    kind[chosen] = kinds_by_normal(shapes.normal[chosen], lowest[chosen], owner[chosen])
    flags[chosen] |= np.uint16(SurfaceFlag.CLASSIFIED_BY_NORMAL)


def _flag_shapes(kind: NDArray[np.uint8], flags: NDArray[np.uint16], shapes: Shapes) -> None:
    degenerate = shapes.area <= polygon.MIN_AREA_M2
    sliver = ~degenerate & (2.0 * shapes.area < polygon.SLIVER_WIDTH_M * shapes.perimeter)
    non_planar = ~degenerate & (shapes.off_plane > polygon.PLANARITY_M)
    downward = ~degenerate & (kind == SurfaceKind.ROOF) & (shapes.normal[:, 2] < _DOWNWARD)
    for flag, where in (
        (SurfaceFlag.DEGENERATE, degenerate),
        (SurfaceFlag.SLIVER, sliver),
        (SurfaceFlag.NON_PLANAR, non_planar),
        (SurfaceFlag.DOWNWARD_ROOF, downward),
    ):
        flags[where] |= np.uint16(flag)


def _count_skipped(buffer: SurfaceBuffer, reason: NDArray[np.uint8], area: NDArray[np.float64]) -> None:
    report = buffer.report
    report.area_read_m2 = float(area.sum())
    for why in SkipReason:
        where = np.flatnonzero(reason == why)
        if why == SkipReason.KEPT or not len(where):
            continue
        report.skipped_polygons[why.name] = len(where)
        report.skipped_area_m2[why.name] = float(area[where].sum())
        if why in _DEFECT_OF_REASON:
            kind, action = _DEFECT_OF_REASON[why]
            for surface in where.tolist():
                owner = buffer.objects[buffer.object[surface]]
                boundary = buffer.boundary[surface]
                gml_id = buffer.boundary_ids[boundary] if boundary >= 0 else ""
                file = buffer.files[owner.file]
                report.add(Defect(kind, owner.id, gml_id, file, buffer.line[surface], 0.0, action))


def _count_model(model: CityModel, area: NDArray[np.float64], line: NDArray[np.int64]) -> None:
    report = model.report
    report.interior_rings = len(model.ring_start) - len(model.surface_ring)
    report.objects.update(item.type for item in model.objects)
    report.roof_types.update(item.roof_type for item in model.objects if item.roof_type is not None)
    for kind in SurfaceKind:
        where = model.kind == kind
        if where.any():
            report.polygons[kind.name] = int(where.sum())
            report.area_m2[kind.name] = float(area[where].sum())
    report.lods.update({str(lod): int(count) for lod, count in Counter(model.lod.tolist()).items()})
    for flag in SurfaceFlag:
        where = np.flatnonzero(model.flags & flag)
        if not len(where):
            continue
        report.flags[str(flag.name)] += len(where)
        if flag in _DEFECT_OF_FLAG:
            kind_of_defect, action = _DEFECT_OF_FLAG[flag]
            for surface in where.tolist():
                owner = model.objects[model.object[surface]]
                report.add(
                    Defect(
                        kind_of_defect,
                        owner.id,
                        model.surface_id[surface],
                        model.files[owner.file],
                        int(line[surface]),
                        float(area[surface]),
                        action,
                    )
                )
