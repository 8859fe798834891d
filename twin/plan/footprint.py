"""Planned buildings from footprints with heights: each polygon becomes a closed body that stands on the ground.

Heights count from the lowest ground under the corners of a footprint unless the file or the user say that they count
from the sea. On a slope the body reaches half a metre into the ground, so that no light leaks under it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Reference
from twin.errors import TwinError
from twin.plan.extrude import Levels, extruded
from twin.plan.features import WGS84, Feature, read_features
from twin.plan.heights import Heights, heights_of
from twin.plan.notes import Note
from twin.plan.place import (
    Said,
    carried,
    check_heights,
    check_near,
    check_size,
    check_unused,
    id_of,
    landed,
    plan_name,
    reference_of,
)
from twin.plan.plan import Plan, PlanOptions, Surroundings
from twin.plan.shell import Body, city_model_of

# A repair that changes a footprint by more than this share of its area is a guess at what was meant.
REPAIRED_SHARE = 0.01
# Ground under a footprint that varies by less is level.
LEVEL_M = 0.05
INTO_GROUND_M = 0.5
# The ground is looked at along a footprint's edge at least this often.
EDGE_STEP_M = 5.0
# Points closer than this are one.
SAME_M = 0.001


@dataclass
class _Built:
    """What has become of the footprints read so far."""

    body: list[Body] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    notes: dict[str, tuple[Note, list[str]]] = field(default_factory=dict)  # words → remark, ids of bodies
    repaired: int = 0

    def note(self, note: Note, name: str) -> None:
        """Enter something that a body's reader should know."""
        self.notes.setdefault(note.words, (note, []))[1].append(name)


def read_footprint(options: PlanOptions, around: Surroundings) -> Plan:
    """The plan in a file of footprints; docs/plans.md says what each format needs.

    Raises
    ------
    TwinError
        Naming the file, the footprint and the remedy: no coordinate system, no height, crossing lines, far away …
    """
    why = "footprints are drawn in their coordinate system, and their heights are metres"
    check_unused(options, ("unit", "origin", "up", "rotation_deg"), why)
    features = read_features(options.file, options.crs)
    by = "as GeoJSON is (RFC 7946)" if features.crs == WGS84 else "named by the file"
    reference, crs_said = reference_of(options, features.crs, by)
    name, built, moved = plan_name(options), _Built(), ""
    for feature in features.footprint:
        heights = heights_of(feature.properties, options, feature.where)
        for polygon in feature.polygons:
            drawn = _valid(polygon, feature, built)
            outline, moved = _in_city(drawn, reference, options, around)
            _build(f"{id_of(name)}_{len(built.body) + 1}", outline, heights, (options, around, feature), built)
    model = city_model_of(options.file, features.format, built.body, around.crs)
    check_size(options.file, model.coords.min(axis=0), model.coords.max(axis=0))
    ground_m = min(fact["ground_m"] for fact in built.facts)
    repairs = [f"{count} × {why}: left out" for why, count in features.left_out.items()]
    if built.repaired:
        repairs.append(f"{built.repaired} × crossing lines: redrawn as the area they enclose, changed by less than 1 %")
    repairs += [f"{count} × {kind}" for kind, count in model.report.defect_counts().items()]
    said = Said(
        format=features.format,
        crs=crs_said + (f"; {moved}" if moved else ""),
        unit="m",
        heights="; ".join(dict.fromkeys(built.said)),
        repairs=tuple(repairs),
        warnings=(*features.warnings, *(_with_ids(note, ids) for note, ids in built.notes.values())),
    )
    facts = {**landed(model, around, said, ground_m), "buildings": built.facts}
    return Plan(name, options.scenario, options.file, model, True, facts, said.warnings)


def _with_ids(note: Note, ids: list[str]) -> Note:
    shown = ", ".join(ids[:3]) + (f" … {len(ids)} buildings" if len(ids) > 3 else "")
    return note._replace(words=f"{note.words} ({shown})")


def _valid(polygon: Any, feature: Feature, built: _Built) -> Any:
    """The polygon, or what its crossing lines enclose where that is all but the same."""
    import shapely

    if polygon.is_valid and polygon.area > 0.0:
        return polygon
    repaired = shapely.make_valid(polygon)
    parts = [part for part in shapely.get_parts(repaired) if part.geom_type in ("Polygon", "MultiPolygon")]
    parts = [part for part in shapely.get_parts(np.array(parts, object)) if part.area > 0.0]
    drawn = _drawn_area(polygon)
    area = sum(part.area for part in parts)
    largest = max(parts, key=lambda part: float(part.area), default=None)
    if largest is None or max(abs(area - drawn), area - largest.area) > REPAIRED_SHARE * max(area, drawn):
        reason = shapely.is_valid_reason(polygon) if not polygon.is_valid else "it encloses no area"
        raise TwinError(
            f"{feature.where}: not a simple polygon: {reason} (in the file's coordinates)",
            "correct the outline: it may neither cross nor touch itself along a line",
        )
    built.repaired += 1
    return largest


def _drawn_area(polygon: Any) -> float:
    """Area that the rings' points add up to, holes taken off: what winds the other way counts against it."""
    areas = [_ring_area(np.asarray(ring.coords)[:, :2]) for ring in (polygon.exterior, *polygon.interiors)]
    return areas[0] - sum(areas[1:])


def _ring_area(ring: NDArray[np.float64]) -> float:
    x, y = (ring - ring[0]).T
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2.0


def _in_city(polygon: Any, reference: Reference, options: PlanOptions, around: Surroundings) -> tuple[Any, str]:
    """The polygon in the city's CRS, and what was done to its coordinates."""
    import shapely

    flat = shapely.force_2d(polygon)
    place = shapely.get_coordinates(flat)
    x, y, moved = carried(options.file, reference.crs.horizontal, around, place[:, 0], place[:, 1], reference.zone)
    place = np.stack([x, y], axis=1)
    check_near(options.file, place.min(axis=0), place.max(axis=0), around)
    outline = shapely.set_coordinates(flat, place)
    return shapely.remove_repeated_points(outline, SAME_M), moved


def _build(
    name: str,
    outline: Any,
    heights: Heights,
    given: tuple[PlanOptions, Surroundings, Feature],
    built: _Built,
) -> None:
    """One body over an outline in the city's CRS."""
    import shapely

    options, around, feature = given
    corners = shapely.get_coordinates(outline)
    edge = around.ground_m(shapely.get_coordinates(shapely.segmentize(outline, EDGE_STEP_M)))
    under = around.ground_m(corners)
    if not (np.isfinite(edge).all() and np.isfinite(under).all()):
        raise TwinError(f"{feature.where}: the terrain has no height at its place", "give terrain that reaches there")
    ground_m = float(under.min()) if heights.ground_m is None else heights.ground_m
    lift = 0.0 if heights.sea else ground_m
    top_m = heights.top_m + lift
    eaves_m = None if heights.eaves_m is None else heights.eaves_m + lift
    lowest = min(float(edge.min()), ground_m)
    base_m = lowest - INTO_GROUND_M if float(edge.max()) - lowest > LEVEL_M else lowest
    for warning in check_heights(options.file, ground_m, top_m, float(under.min())):
        built.note(warning, name)
    if eaves_m is not None and eaves_m <= ground_m:
        raise TwinError(
            f"{feature.where}: its eaves, {eaves_m:.1f} m, are not above the ground ({ground_m:.1f} m)",
            "say what its heights count from with --plan-heights ground|sea",
        )
    check_size(options.file, [*corners.min(axis=0), ground_m], [*corners.max(axis=0), top_m])
    body, note = extruded(name, outline, Levels(base_m, eaves_m, top_m, round(top_m - ground_m, 3)), heights.roof)
    for each in (*([] if note is None else [note]), *heights.notes):
        built.note(each, name)
    counts = "above the sea" if heights.sea else "above the lowest ground under its corners"
    if not heights.sea and heights.ground_m is not None:
        counts = "above the ground that the plan fixes (GOK)"
    built.said.append(f"{heights.said}, {counts}")
    built.body.append(body)
    built.facts.append(
        {
            "id": name,
            "ground_m": round(ground_m, 3),
            "base_m": round(base_m, 3),
            "eaves_m": None if eaves_m is None else round(eaves_m, 3),
            "top_m": round(top_m, 3),
            "height_m": round(top_m - ground_m, 3),
            "footprint_m2": round(float(outline.area), 2),
        }
    )
