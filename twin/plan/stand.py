"""A mesh that a file draws becomes a plan that stands in the city: placed, checked, cleaned, made a city model.

Two ways lead from a file's numbers to the city. Either its own zero has a place there (--plan-origin, with a turn about
it), or its coordinates lie in a coordinate system (--plan-crs, or named by the file). Nothing is guessed: what is
missing is asked for, all at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.plan.bodies import Bodies, bodies
from twin.plan.faces import faces
from twin.plan.notes import Note
from twin.plan.place import (
    MOST_OUTLINES,
    STANDS_M,
    Said,
    carried,
    check_heights,
    check_near,
    check_size,
    check_unused,
    hull,
    landed,
    reference_of,
)
from twin.plan.plan import Plan, PlanOptions, Surroundings
from twin.plan.shell import Body, body_of_triangles, city_model_of

Floats = NDArray[np.float64]
# Numbers that a file cannot tell apart closer than this do not place a building.
COARSE_M = 0.01
# A building is higher than a sheet of paper.
FLAT_M = 1e-3
# Cellars of a drawing with all its storeys.
BASEMENT_M = 30.0
_FOOTPRINT_FIELDS = ("height_m", "height_field")


class Drawn(NamedTuple):
    """A mesh as its file draws it, in metres, z up."""

    format: str
    unit: str  # what its lengths were, and who says so
    corner: Floats  # (T, 3, 3) [m]
    piece: NDArray[np.int64]  # (T,) part of the file
    facts: dict[str, Any]  # what else the file says
    warnings: tuple[Note, ...] = ()
    masses: bool = True  # draws what is seen from outside; False: elements of a building, rooms between them


class Zero(NamedTuple):
    """Where a file that is in a coordinate system has its own zero."""

    easting: float  # [m] in the file's system
    northing: float
    height_m: float | None  # above sea level; None: the file does not say, and its zero stands on the ground
    said: str  # what the file says it by


class Stood(NamedTuple):
    """The same in the city."""

    corner: Floats  # (T, 3, 3) [m] in the city's CRS and heights
    crs: str
    heights: str
    ground_m: float  # what its heights are measured from
    sinks_m: float = STANDS_M  # how deep it may reach into the ground without a word


def ask(options: PlanOptions, kind: str, missing: list[str], hint: str = "") -> None:
    """Raise one TwinError for everything that neither the file nor the user says.

    ``missing`` names fields of PlanOptions, of those this module's words know; ``hint`` is what the file says in its
    stead, though not surely enough.
    """
    if not missing:
        return
    words = {
        "unit": ("unit", "--plan-unit m|cm|mm|ft|in"),
        "up": ("upward axis", "--plan-up z|y"),
        "origin": ("place", "--plan-origin E,N[,H] of its zero, or --plan-crs where its coordinates lie in a system"),
    }
    named = [words[name][0] for name in missing]
    listed = named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]
    raise TwinError(
        f"{options.file}: {kind} does not say its {listed}" + (f" ({hint})" if hint else ""),
        "give " + "; ".join(words[name][1] for name in missing),
    )


def check_corners(options: PlanOptions, corner: Floats) -> None:
    """Refuse a file without a corner, and corners (..., 3) of its faces that are no numbers."""
    if not len(corner):
        raise TwinError(f"{options.file}: no triangle in it", "export faces, not lines or points")
    bad = ~np.isfinite(corner).all(axis=-1)
    if bad.any():
        raise TwinError(
            f"{options.file}: {int(bad.sum())} of {bad.size} corners of its faces are not numbers",
            "repair the mesh and export it again",
        )


def upright(corner: Floats, up: str) -> Floats:
    """Corners (..., 3) with z up; a file with y up has its z to the south, as glTF defines it."""
    return corner if up == "z" else np.stack([corner[..., 0], -corner[..., 2], corner[..., 1]], axis=-1)


def check_one_place(options: PlanOptions) -> None:
    """Refuse an origin and a system at once: nobody could tell which of them counts."""
    if options.origin is not None and options.crs is not None:
        raise TwinError(
            f"{options.file}: --plan-origin says where its zero lies, --plan-crs that its coordinates need none",
            "give one of them (an origin is in the city's coordinates)",
        )


def plan_at_origin(options: PlanOptions, around: Surroundings, drawn: Drawn, zero_on_ground: bool) -> Plan:
    """The plan with its own zero at --plan-origin.

    ``zero_on_ground``: without a height its zero stands on the ground at the origin (IFC, whose zero is a floor), else
    its lowest point on the lowest ground under its outline. Raises TwinError.
    """
    assert options.origin is not None
    found = _bodies(options, drawn)
    east, north, *height = options.origin
    turn = np.radians(options.rotation_deg)
    x, y, z = (found.corner[..., axis] for axis in range(3))
    x, y = east + (x * np.cos(turn) + y * np.sin(turn)), north + (y * np.cos(turn) - x * np.sin(turn))
    said = f"of the city ({around.crs.horizontal}): the file's zero at E {east:.2f} N {north:.2f} (--plan-origin), "
    said += f"turned {options.rotation_deg:g}° clockwise" if options.rotation_deg else "its y axis to grid north"
    corner = np.stack([x, y, z], axis=-1)
    _check_placed(options, around, corner)
    if height and options.heights == "ground":
        raise TwinError(
            f"{options.file}: --plan-origin gives a height, --plan-heights ground says that there is none",
            "leave one of them out",
        )
    sinks = BASEMENT_M if zero_on_ground else STANDS_M
    if height or options.heights == "sea":
        heights = "above sea level (--plan-heights)"
        if height:
            corner[..., 2] += height[0]
            heights = f"the file's zero lies {height[0]:.2f} m above sea level (--plan-origin)"
        return _stood(options, around, drawn, found, Stood(corner, said, heights, _ground(around, corner), sinks))
    if zero_on_ground:
        stood = _zero_on_ground(around, corner, said, np.array([east, north]))
        return _stood(options, around, drawn, found, stood)
    return _stood(options, around, drawn, found, _on_ground(around, corner, said))


def plan_in_crs(
    options: PlanOptions, around: Surroundings, drawn: Drawn, named: str | None, zero: Zero | None = None
) -> Plan:
    """The plan whose coordinates lie in a coordinate system: the one the file names, or --plan-crs.

    Its heights are those of the file's ``zero`` (of which its corners' heights then count), of the system where that
    names any, or what --plan-heights says. Raises TwinError.
    """
    check_unused(options, ("rotation_deg", "origin"), "coordinates that lie in a coordinate system have their place")
    reference, crs = reference_of(options, named)
    if not reference.metric:
        raise TwinError(
            f"{options.file}: {reference.crs.horizontal} is not in metres, a mesh is",
            "name a projected system in metres with --plan-crs, or where its zero lies with --plan-origin E,N[,H]",
        )
    if zero is None:
        _check_heights_known(options, around, reference.crs.vertical)
    found = _bodies(options, drawn)
    horizontal = reference.crs.horizontal
    x, y, how = carried(options.file, horizontal, around, found.corner[..., 0], found.corner[..., 1])
    corner = np.stack([x, y, found.corner[..., 2]], axis=-1)
    crs += (f"; {how}" if how else "") + (f"; {zero.said}" if zero else "")
    _check_placed(options, around, corner)
    if zero is not None and (zero.height_m is None or options.heights == "ground"):
        place = carried(options.file, horizontal, around, zero.easting, zero.northing)[:2]
        stood = _zero_on_ground(around, corner, crs, np.stack(place))
    elif zero is not None:
        corner[..., 2] += zero.height_m
        heights = f"the file's zero lies {zero.height_m:.2f} m above sea level ({zero.said})"
        stood = Stood(corner, crs, heights, _ground(around, corner), BASEMENT_M)
    elif options.heights == "ground":
        stood = _on_ground(around, corner, crs)
    else:
        by = "--plan-heights" if options.heights else reference.crs.vertical
        stood = Stood(corner, crs, f"above sea level ({by})", _ground(around, corner))
    return _stood(options, around, drawn, found, stood)


def _check_heights_known(options: PlanOptions, around: Surroundings, vertical: str | None) -> None:
    """Refuse heights of which nobody says what they count from, or that count from elsewhere than the city's."""
    if options.heights is not None:
        return
    if vertical is None:
        raise TwinError(
            f"{options.file}: its coordinate system does not say what heights count from",
            "give --plan-heights sea where they are the city's, or ground to stand the plan on the ground",
        )
    if around.crs.vertical not in (None, vertical):
        raise TwinError(
            f"{options.file}: its heights are in {vertical}, the city's in {around.crs.vertical}",
            "convert them, or stand the plan on the ground with --plan-heights ground",
        )


def _bodies(options: PlanOptions, drawn: Drawn) -> Bodies:
    check_unused(options, _FOOTPRINT_FIELDS, "the plan's file has its heights")
    flat = drawn.corner.reshape(-1, 3)
    low, high = flat.min(axis=0), flat.max(axis=0)
    check_size(options.file, low, high)
    if high[2] - low[2] < FLAT_M:
        raise TwinError(
            f"{options.file}: it is flat: all corners are {low[2]:g} m high",
            "check which axis points up (--plan-up), or give the footprint as GeoJSON with a height",
        )
    found = bodies(drawn.corner, drawn.piece)
    if not len(found.corner):
        raise TwinError(f"{options.file}: none of its {len(drawn.corner)} triangles has an area", "export it again")
    return found


def _check_placed(options: PlanOptions, around: Surroundings, corner: Floats) -> None:
    flat = corner.reshape(-1, 3)
    check_near(options.file, flat.min(axis=0), flat.max(axis=0), around)


def _ground(around: Surroundings, corner: Floats) -> float:
    """Lowest ground [m] under the outline of corners (T, 3, 3)."""
    flat = corner.reshape(-1, 3)[:, :2]
    # corners of one mesh repeat six times each, and the hull of points takes longest to make its points
    return float(np.min(around.ground_m(hull(np.unique(np.round(flat, 2), axis=0)))))


def _on_ground(around: Surroundings, corner: Floats, crs: str) -> Stood:
    ground = _ground(around, corner)
    corner[..., 2] += ground - corner[..., 2].min()
    return Stood(corner, crs, "its lowest point stands on the lowest ground under its outline", ground)


def _zero_on_ground(around: Surroundings, corner: Floats, crs: str, place: Floats) -> Stood:
    """Corners whose zero stands on the ground at a place (2,) [m]."""
    ground = float(around.ground_m(place.reshape(1, 2))[0])
    corner[..., 2] += ground
    return Stood(corner, crs, "the file's zero stands on the ground at its place", ground, BASEMENT_M)


def _stood(options: PlanOptions, around: Surroundings, drawn: Drawn, found: Bodies, stood: Stood) -> Plan:
    """The plan of a mesh in its place."""
    corner, name = stood.corner, options.name or options.file.stem
    base, top = float(corner[..., 2].min()), float(corner[..., 2].max())
    warnings = check_heights(options.file, base, top, stood.ground_m, stood.sinks_m)
    receives = found.receives and drawn.masses
    if receives:
        body = Body(name, *faces(corner, found.shell), kind=np.zeros(0, np.uint8))
        body = body._replace(kind=np.zeros(len(body.ring_count), np.uint8))
    else:
        body = body_of_triangles(name, corner.reshape(-1, 3), np.arange(3 * len(corner)).reshape(-1, 3))
        body = body._replace(closed=found.closed)
    model = city_model_of(options.file, drawn.format, [body], around.crs, examine=False)
    repairs = tuple(f"{count} {what}" for what, count in found.repairs.items())
    said = Said(drawn.format, stood.crs, drawn.unit, stood.heights, repairs, (*drawn.warnings, *warnings))
    facts = landed(model, around, said, stood.ground_m)
    facts |= {
        "triangles": len(corner),
        "bodies": len(found.volume_m3),
        "open_edges": found.open_edges,
        "closed": found.closed,
        "volume_m3": round(float(found.volume_m3.sum()), 2) if found.closed and drawn.masses else None,
        "footprint_m2": _footprint_m2(corner),
        "receives": found.why if drawn.masses else "elements of a building: its faces shade and are not measured",
        **drawn.facts,
    }
    return Plan(name, options.scenario, options.file, model, receives, facts, said.warnings)


def _footprint_m2(corner: Floats) -> float | None:
    """Area [m²] of what triangles (T, 3, 3) cover, seen from above; None where there are very many."""
    import shapely

    a, b, c = (corner[:, k, :2] for k in range(3))
    area = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    rows = np.flatnonzero(np.abs(area) > 1e-6)
    if len(rows) > MOST_OUTLINES:
        return None
    part = shapely.polygons(corner[rows][:, :, :2])
    return round(float(shapely.union_all(part).area), 2)
