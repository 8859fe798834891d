"""Entering what was found into the report: exact counts of everything, the place of the first thousand of each kind."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.defects import LOD1_FALLBACK, MEANING, SKIPPED
from io_citygml.defects_overlap import Overlaps
from io_citygml.model import CityModel, SurfaceKind
from io_citygml.repair import Defect, SkipReason, SurfaceFlag


def count_skipped(buffer: SurfaceBuffer, reason: NDArray[np.uint8], area: NDArray[np.float64]) -> None:
    """Enter what was read (S,), what of it was left out and why; area as drawn [m²]."""
    report = buffer.report
    report.area_read_m2 = float(area.sum())
    for why in SkipReason:
        where = np.flatnonzero(reason == why)
        if why == SkipReason.KEPT or not len(where):
            continue
        report.skipped_polygons[why.name] = len(where)
        report.skipped_area_m2[why.name] = float(area[where].sum())
        if why in SKIPPED:
            add_of_file(buffer, *SKIPPED[why], where, area[where])


def add_of_file(
    buffer: SurfaceBuffer, kind: str, action: str, source: NDArray[np.int64], area: NDArray[np.float64]
) -> None:
    """Enter one defect for each of the buffer's surfaces ``source`` (N,); area (N,) [m²]."""
    report = buffer.report
    listed = report.room(kind)
    for surface, area_m2 in zip(source[:listed].tolist(), area[:listed].tolist(), strict=True):
        owner = buffer.objects[buffer.object[surface]]
        boundary = buffer.boundary[surface]
        gml_id = buffer.boundary_ids[boundary] if boundary >= 0 else ""
        report.add(Defect(kind, owner.id, gml_id, buffer.files[owner.file], buffer.line[surface], area_m2, action))
    report.count_more(kind, len(source[listed:]))


def add_of_model(
    model: CityModel, kind: str, action: str, surfaces: NDArray[np.int64], area: NDArray[np.float64]
) -> None:
    """Enter one defect for each of the model's surfaces (N,); area (N,) [m²]."""
    report = model.report
    listed = report.room(kind)
    for surface, area_m2 in zip(surfaces[:listed].tolist(), area[:listed].tolist(), strict=True):
        owner = model.objects[model.object[surface]]
        file, line = model.files[owner.file], int(model.line[surface])
        report.add(Defect(kind, owner.id, model.surface_id[surface], file, line, area_m2, action))
    report.count_more(kind, len(surfaces[listed:]))


def add_objects(
    model: CityModel, kind: str, action: str, objects: NDArray[np.integer], area: NDArray[np.float64]
) -> None:
    """Enter one defect for each of the model's objects (N,); area (S,) of the surfaces [m²]."""
    if not len(objects):
        return
    report = model.report
    listed = report.room(kind)
    of_object = np.zeros(len(model.objects))
    np.add.at(of_object, model.object, area)
    for index in objects[:listed].tolist():
        item = model.objects[index]
        report.add(Defect(kind, item.id, "", model.files[item.file], item.line, float(of_object[index]), action))
    report.count_more(kind, len(objects[listed:]))


def add_pairs(model: CityModel, kind: str, pairs: Overlaps) -> None:
    """Enter one defect for each pair of surfaces that share area."""
    report = model.report
    listed = report.room(kind)
    rows = zip(pairs.one[:listed].tolist(), pairs.other[:listed].tolist(), pairs.shared_m2.tolist(), strict=False)
    for one, other, shared in rows:
        owner, partner = model.objects[model.object[one]], model.objects[model.object[other]]
        action = f"kept; shares {shared:.2f} m² with {model.surface_id[other]} of {partner.id}"
        file, line = model.files[owner.file], int(model.line[one])
        report.add(Defect(kind, owner.id, model.surface_id[one], file, line, shared, action))
    report.count_more(kind, len(pairs.one[listed:]))


def count_model(model: CityModel, area: NDArray[np.float64]) -> None:
    """Enter what is in the model, and the defects its flags stand for; area (S,) [m²]."""
    report = model.report
    report.interior_rings = len(model.ring_start) - len(model.surface_ring)
    report.objects.update(item.type for item in model.objects)
    report.roof_types.update(item.roof_type for item in model.objects if item.roof_type is not None)
    confidence = model.confidence
    for kind in SurfaceKind:
        where = model.kind == kind
        if where.any():
            report.polygons[kind.name] = int(where.sum())
            report.area_m2[kind.name] = float(area[where].sum())
            trust = confidence[where]
            report.confidence[kind.name] = {
                "min": round(float(trust.min()), 4),
                "mean": round(float(trust.mean(dtype=np.float64)), 4),
            }
    report.lods.update({str(lod): int(count) for lod, count in Counter(model.lod.tolist()).items()})
    for flag in SurfaceFlag:
        where = np.flatnonzero(model.flags & flag)
        if not len(where):
            continue
        report.flags[str(flag.name)] += len(where)
        meaning = MEANING[flag]
        if meaning.kind:
            add_of_model(model, meaning.kind, meaning.action, where, area[where])
    blocks = model.object[(model.flags & np.uint16(SurfaceFlag.LOD1_FALLBACK)) > 0]
    add_objects(model, LOD1_FALLBACK, MEANING[SurfaceFlag.LOD1_FALLBACK].action, np.unique(blocks), area)


def count_repeated(buffer: SurfaceBuffer, source: NDArray[np.int64], area: NDArray[np.float64]) -> None:
    """Enter polygons that are left out because they repeat another; ``source`` (N,) in the buffer, area (N,) [m²]."""
    report = buffer.report
    name = SkipReason.REPEATED.name
    report.skipped_polygons[name] += len(source)
    report.skipped_area_m2[name] = report.skipped_area_m2.get(name, 0.0) + float(area.sum())
    add_of_file(buffer, *SKIPPED[SkipReason.REPEATED], source, area)
