"""From what a reader collected to the CityModel: clean the rings, measure, repair, classify, leave out, name, count.

The order matters: what is left out is measured as drawn; crossing rings are redrawn before anything is concluded from
their normals, and flipped surfaces are turned around before surfaces without semantics are classified by theirs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import defects, polygon
from io_citygml.buffers import SurfaceBuffer
from io_citygml.classify import CLASSIFIED_TYPES, kinds_by_normal
from io_citygml.crs import Crs
from io_citygml.defects_overlap import Overlaps, coplanar_overlaps, footprint_overlaps, repeated
from io_citygml.defects_report import (
    add_objects,
    add_of_file,
    add_pairs,
    count_model,
    count_repeated,
    count_skipped,
)
from io_citygml.defects_shape import find_crossings, find_spikes, not_convex
from io_citygml.defects_solid import ShellFindings, examine_shells
from io_citygml.model import CityModel, CityObject, SurfaceKind, root_objects
from io_citygml.naming import surface_ids, unique_objects
from io_citygml.polygon import Rings, Shapes, measure
from io_citygml.repair import SkipReason, SurfaceFlag
from io_citygml.rings import Piece, clean_rings, keep_surfaces, order_rings, replace_surfaces, reverse_surfaces, spans
from io_citygml.selection import given_reasons, select

# A roof that leans over by less than this is a vertical face with noise, not a downward one (sin of 0.006°).
_DOWNWARD = -1e-4
# Earth's circumference in millimetres is 4e10, in any CRS's metres or feet below 1e8: what lies beyond is no place.
_FARTHEST = 1e8
_UNUSABLE = (SkipReason.NOT_FINITE, SkipReason.EMPTY, SkipReason.TOO_FAR)


class _Drawn(NamedTuple):
    """Polygons on their way into the model, one a row."""

    rings: Rings
    shapes: Shapes
    flags: NDArray[np.uint16]
    """(N,) bit set of SurfaceFlag."""
    source: NDArray[np.int64]
    """(N,) index of the buffer's surface each is, or is a part of."""


class _Examined(NamedTuple):
    """What a thorough read found, and what only the finished model gives names to."""

    shells: ShellFindings
    unclosed: NDArray[np.int64]
    """Objects whose solid has a hole."""


def city_model(buffer: SurfaceBuffer, crs: Crs, examine: bool = False) -> CityModel:
    """The CityModel of everything in the buffer; completes the buffer's report.

    ``examine`` also looks for what only surfaces together show: repeated polygons, shells that do not close, surfaces
    that face into their shell, overlaps. It costs two fifths to half of the time that reading takes.
    """
    drawn = _drawn(buffer)
    objects, object_index = unique_objects(buffer)
    drawn = _redraw(buffer, drawn)
    examined = None
    if examine:
        drawn = _without_repeated(buffer, drawn)
        drawn, examined = _face_outward(buffer, drawn, objects, object_index)
    else:
        buffer.report.not_checked += defects.EXAMINED
    rings, shapes, flags, source = drawn
    owner = object_index[np.array(buffer.object, dtype=np.int64)[source]]
    kind = np.frombuffer(bytes(buffer.kind), dtype=np.uint8)[source].copy()
    lod = np.frombuffer(bytes(buffer.lod), dtype=np.uint8)[source].copy()
    built = np.array([item.type in CLASSIFIED_TYPES for item in objects], dtype=bool)
    _classify(built, kind, flags, owner, rings, shapes)
    _flag_shapes(kind, flags, shapes)
    if np.any((lod > 1) & built[owner]):
        flags[(lod == 1) & built[owner]] |= np.uint16(SurfaceFlag.LOD1_FALLBACK)
    overlaps = _overlaps(drawn, kind, owner, objects) if examine else ()
    for _, pairs in overlaps:
        flags[np.concatenate([pairs.one, pairs.other])] |= np.uint16(SurfaceFlag.OVERLAPPING)
    names, boundary_ids = surface_ids(buffer, objects, source, owner)
    model = CityModel(
        coords=rings.coords,
        ring_start=rings.ring_start,
        surface_ring=rings.surface_ring,
        kind=kind,
        object=owner.astype(np.int32),
        lod=lod,
        surface_id=names,
        boundary_id=boundary_ids,
        flags=flags,
        line=np.array(buffer.line, dtype=np.int64)[source].astype(np.int32),
        objects=objects,
        files=tuple(buffer.files),
        crs=crs,
        report=buffer.report,
    )
    count_model(model, shapes.area)
    if examined is not None:
        _report_examined(model, shapes.area, examined, overlaps)
    return model


def _drawn(buffer: SurfaceBuffer) -> _Drawn:
    """Clean rings of the polygons that count, measured as the file draws them; the others enter the report."""
    coords = np.array(buffer.coords, dtype=np.float64).reshape(-1, 3)
    rings = Rings(coords, *buffer.offsets())
    if buffer.reversed:
        # a surface may be turned twice: in its own right, and by the reference that adopts it
        turns = np.bincount(np.array(buffer.reversed, dtype=np.int64))
        rings = reverse_surfaces(rings, np.flatnonzero(turns % 2))
    reason = given_reasons(buffer)
    _find_unusable(rings, reason)
    rings, flags = clean_rings(rings)
    flags[buffer.reversed] |= np.uint16(SurfaceFlag.REVERSED)
    usable = np.flatnonzero(~np.isin(reason, _UNUSABLE))
    rings, swapped, alike = order_rings(keep_surfaces(rings, ~np.isin(reason, _UNUSABLE)))
    flags[usable[swapped]] |= np.uint16(SurfaceFlag.SWAPPED_RINGS)
    shapes = measure(rings)
    area = np.zeros(len(reason))
    area[usable] = shapes.area
    select(buffer, reason, area)
    count_skipped(buffer, reason, area)

    inner = reason[usable] == SkipReason.KEPT
    alike = usable[alike][inner[alike]]
    add_of_file(buffer, defects.HOLE_WINDING, "the hole turned around", alike, area[alike])
    kept = usable[inner]
    doubled = kept[(flags[kept] & np.uint16(SurfaceFlag.DUPLICATE_POINTS)) > 0]
    action = defects.MEANING[SurfaceFlag.DUPLICATE_POINTS].action
    add_of_file(buffer, defects.DUPLICATE_POINTS, action, doubled, area[doubled])
    return _Drawn(keep_surfaces(rings, inner), Shapes(*(values[inner] for values in shapes)), flags[kept], kept)


def _find_unusable(rings: Rings, reason: NDArray[np.uint8]) -> None:
    """Mark polygons with a ring without points, or with a coordinate that is not finite or on no Earth."""
    coords, ring_start, surface_ring = rings
    if not len(reason):
        return
    of_ring = np.repeat(np.arange(len(reason)), np.diff(surface_ring))
    if len(coords) and not (coords.max() <= _FARTHEST and coords.min() >= -_FARTHEST):
        for why, bad in (
            (SkipReason.TOO_FAR, ~(np.abs(coords) <= _FARTHEST).all(axis=1)),
            (SkipReason.NOT_FINITE, ~np.isfinite(coords).all(axis=1)),
        ):
            reason[of_ring[np.searchsorted(ring_start, np.flatnonzero(bad), side="right") - 1]] = why
    reason[of_ring[np.diff(ring_start) == 0]] = SkipReason.EMPTY


def _redraw(buffer: SurfaceBuffer, drawn: _Drawn) -> _Drawn:
    """Spikes cut off, and crossing rings replaced by what they cover; the change of area enters the report."""
    suspects = np.flatnonzero(not_convex(drawn.rings, drawn.shapes.normal))
    if not len(suspects):
        return drawn
    spikes = find_spikes(drawn.rings, suspects)
    if spikes:
        spiked = np.array(sorted(spikes), dtype=np.int64)
        source = drawn.source[spiked]
        add_of_file(buffer, defects.SPIKE, "cut off", source, drawn.shapes.area[spiked])
        drawn = _replaced(drawn, spikes)
        drawn.flags[spiked] |= np.uint16(SurfaceFlag.DUPLICATE_POINTS)
    crossings = find_crossings(drawn.rings, drawn.shapes, suspects, _outward(buffer, drawn))
    drawn.flags[crossings.surface] |= np.uint16(SurfaceFlag.SELF_INTERSECTING)
    redrawn = np.isin(crossings.surface, np.array(sorted(crossings.redrawn), dtype=np.int64))
    tangled = np.isin(crossings.surface, crossings.tangled)
    for action, where in (
        ("kept: it touches itself, its area is right", ~redrawn & ~tangled),
        ("kept as drawn: it crosses itself too often", tangled),
        ("redrawn as what it winds around", redrawn),
    ):
        surfaces = crossings.surface[where]
        area = drawn.shapes.area[surfaces]
        add_of_file(buffer, defects.SELF_INTERSECTING, action, drawn.source[surfaces], area)
    if crossings.redrawn:
        before = float(drawn.shapes.area.sum())
        drawn = _replaced(drawn, crossings.redrawn)
        buffer.report.area_repaired_m2[defects.SELF_INTERSECTING] = float(drawn.shapes.area.sum()) - before
    return drawn


def _outward(buffer: SurfaceBuffer, drawn: _Drawn) -> NDArray[np.float64]:
    """(N, 3) where polygons face as far as their kind says it: roofs up, floors down, the rest away from the middle of
    their object."""
    first = drawn.rings.ring_start[drawn.rings.surface_ring[:-1]]
    count = np.diff(drawn.rings.ring_start)[drawn.rings.surface_ring[:-1]]
    points = drawn.rings.coords[spans(first, count)]
    middle = np.add.reduceat(points, np.cumsum(count) - count) / count[:, None]
    owner = np.array(buffer.object, dtype=np.int64)[drawn.source]
    number = np.bincount(owner)
    of_object = np.stack([np.bincount(owner, axis) for axis in middle.T], axis=1) / np.maximum(number, 1)[:, None]
    out = middle - of_object[owner]
    out[:, 2] = 0.0
    kind = np.frombuffer(bytes(buffer.kind), dtype=np.uint8)[drawn.source]
    out[kind == SurfaceKind.ROOF] = (0.0, 0.0, 1.0)
    out[np.isin(kind, (SurfaceKind.GROUND, SurfaceKind.OUTER_CEILING))] = (0.0, 0.0, -1.0)
    return out


def _replaced(drawn: _Drawn, pieces: dict[int, list[Piece]]) -> _Drawn:
    """The same with other polygons in the place of some; only these are measured again."""
    rings, origin = replace_surfaces(drawn.rings, pieces)
    changed = np.isin(origin, np.array(sorted(pieces), dtype=np.int64))
    shapes = Shapes(*(values[origin] for values in drawn.shapes))
    for values, new in zip(shapes, measure(keep_surfaces(rings, changed)), strict=True):
        values[changed] = new
    return _Drawn(rings, shapes, drawn.flags[origin], drawn.source[origin])


def _kept(drawn: _Drawn, keep: NDArray[np.bool_]) -> _Drawn:
    shapes = Shapes(*(values[keep] for values in drawn.shapes))
    return _Drawn(keep_surfaces(drawn.rings, keep), shapes, drawn.flags[keep], drawn.source[keep])


def _without_repeated(buffer: SurfaceBuffer, drawn: _Drawn) -> _Drawn:
    """Leave out polygons that repeat an earlier one of their object."""
    kind = np.frombuffer(bytes(buffer.kind), dtype=np.uint8)[drawn.source]
    again = repeated(drawn.rings, kind, np.array(buffer.object, dtype=np.int64)[drawn.source])
    if not again.any():
        return drawn
    count_repeated(buffer, drawn.source[again], drawn.shapes.area[again])
    return _kept(drawn, ~again)


def _face_outward(
    buffer: SurfaceBuffer, drawn: _Drawn, objects: tuple[CityObject, ...], object_index: NDArray[np.int64]
) -> tuple[_Drawn, _Examined]:
    """Turn the surfaces that face into their closed shell; flag those of solids that are not closed."""
    owner = object_index[np.array(buffer.object, dtype=np.int64)[drawn.source]]
    lod = np.frombuffer(bytes(buffer.lod), dtype=np.uint8)[drawn.source]
    # a solid of a level that does not count claims nothing of the surfaces that do
    solids = np.unique(np.array(buffer.solids, dtype=np.int64))
    old_owner = np.array(buffer.object, dtype=np.int64)[drawn.source]
    claimed = np.zeros(len(objects), dtype=bool)
    claimed[owner[np.isin(old_owner * 256 + lod, solids)]] = True
    with_area = np.flatnonzero(drawn.shapes.area > polygon.MIN_AREA_M2)
    found = examine_shells(drawn.rings, with_area, owner[with_area], claimed)
    flags, shapes, rings = drawn.flags, drawn.shapes, drawn.rings
    if len(found.turn):
        rings = reverse_surfaces(rings, found.turn)
        shapes.normal[found.turn] *= -1.0
        flags[found.turn] |= np.uint16(SurfaceFlag.FLIPPED)
    has_surfaces = np.bincount(owner, minlength=len(objects)) > 0
    unclosed = claimed & has_surfaces & ~found.closed
    flags[unclosed[owner]] |= np.uint16(SurfaceFlag.UNCLOSED_SOLID)
    return _Drawn(rings, shapes, flags, drawn.source), _Examined(found, np.flatnonzero(unclosed))


def _overlaps(
    drawn: _Drawn, kind: NDArray[np.uint8], owner: NDArray[np.int64], objects: tuple[CityObject, ...]
) -> tuple[tuple[str, Overlaps], ...]:
    """Pairs of surfaces that share area, per kind of defect."""
    building = root_objects(objects).astype(np.int64)[owner]
    built = np.array([item.type in CLASSIFIED_TYPES for item in objects], dtype=bool)
    usable = (drawn.shapes.area > polygon.MIN_AREA_M2) & built[owner]
    return (
        (defects.OVERLAPPING, coplanar_overlaps(drawn.rings, drawn.shapes, kind, building, usable)),
        (defects.OVERLAPPING_FOOTPRINTS, footprint_overlaps(drawn.rings, kind, building, usable)),
    )


def _report_examined(
    model: CityModel, area: NDArray[np.float64], examined: _Examined, overlaps: tuple[tuple[str, Overlaps], ...]
) -> None:
    report = model.report
    report.shells = examined.shells.counts
    action = defects.MEANING[SurfaceFlag.UNCLOSED_SOLID].action
    add_objects(model, defects.UNCLOSED_SOLID, action, examined.unclosed, area)
    action = "kept: without a closed solid it is not known which of two neighbours faces the wrong way"
    add_objects(model, defects.INCONSISTENT, action, examined.shells.inconsistent, area)
    if not examined.shells.complete:
        report.not_checked.append(
            f"{defects.UNCLOSED_SOLID}: some, there are too many open edges or shells within shells"
        )
    for kind, pairs in overlaps:
        add_pairs(model, kind, pairs)
        if not pairs.complete:
            report.not_checked.append(f"{kind}: some, there are too many pairs")


def _classify(
    built: NDArray[np.bool_],
    kind: NDArray[np.uint8],
    flags: NDArray[np.uint16],
    owner: NDArray[np.int64],
    rings: Rings,
    shapes: Shapes,
) -> None:
    """Give a kind to the surfaces of built objects that came without."""
    chosen = np.flatnonzero((kind == SurfaceKind.OTHER) & built[owner]) if len(owner) else np.empty(0, int)
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
