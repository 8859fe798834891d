"""Planned buildings that come as a city model: CityGML or CityJSON, read as the city itself is.

The file's own heights count; how far its buildings then hover or sink is said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from io_citygml import crs as crs_door
from io_citygml.classify import CLASSIFIED_TYPES
from io_citygml.errors import CityModelError
from io_citygml.heights import CLOSE_HEIGHTS
from io_citygml.model import CityModel, root_objects
from io_citygml.polygon import Rings
from io_citygml.read import read_city
from io_citygml.rings import keep_surfaces
from twin.errors import TwinError
from twin.package_data import geoid_grid
from twin.plan.notes import Note
from twin.plan.place import (
    Said,
    carried,
    check_heights,
    check_near,
    check_size,
    check_unused,
    hull,
    landed,
    plan_name,
)
from twin.plan.plan import Plan, PlanOptions, Surroundings


def read_city_file(options: PlanOptions, around: Surroundings) -> Plan:
    """The plan in a CityGML or CityJSON file, plain, packed or in a .zip.

    Raises
    ------
    TwinError
        Where the file cannot be read, names no system, holds nothing built, or lies far away, in the air or buried.
    """
    why = "a city model has its own coordinates, metres and heights"
    check_unused(options, ("unit", "origin", "up", "rotation_deg", "height_m", "height_field"), why)
    file = options.file
    try:
        with geoid_grid() as grid_file:
            whole = read_city(file, crs=options.crs, grid_file=grid_file, examine=True)
    except CityModelError as error:
        raise TwinError(str(error).removesuffix(error.remedy).rstrip(" ."), _plan_options(error.remedy)) from error
    crs = _crs_said(whole, options)
    model, left_out = _built(whole)
    if not model.n_surfaces:
        kinds = ", ".join(sorted({item.type for item in whole.objects})) or "none"
        raise TwinError(f"{file}: no surface of a building in it (objects: {kinds})", "give a file with buildings")
    heights = _heights_said(model, options, around)
    x, y, moved = carried(file, model.crs.horizontal, around, model.coords[:, 0], model.coords[:, 1])
    coords = np.column_stack([x, y, model.coords[:, 2]])
    check_near(file, coords.min(axis=0), coords.max(axis=0), around)
    check_size(file, coords.min(axis=0), coords.max(axis=0))
    if options.heights == "ground":
        coords[:, 2] += float(around.ground_m(hull(coords)).min()) - coords[:, 2].min()
    model = replace(model, coords=coords, crs=around.crs)
    buildings, warnings = _standing(model, options, around)
    said = Said(
        format=whole.report.files[0].format,
        crs=crs + (f"; {moved}" if moved else ""),
        unit="m",
        heights=heights,
        repairs=(
            *(f"{count} surfaces of {kind}: left out, not built" for kind, count in left_out.items()),
            *(f"{count} × {kind}" for kind, count in whole.report.defect_counts().items()),
        ),
        warnings=tuple(warnings),
    )
    facts = {**landed(model, around, said), "buildings": buildings}
    return Plan(plan_name(options), options.scenario, file, model, True, facts, said.warnings)


def _plan_options(remedy: str) -> str:
    return remedy.replace("--crs", "--plan-crs")


def _crs_said(model: CityModel, options: PlanOptions) -> str:
    """What the file's coordinates were in; raises TwinError where the file and --plan-crs differ."""
    placement = model.report.placements[0]
    by = "named by the file"
    if options.crs is not None:
        given = crs_door.parse_reference(options.crs).crs.horizontal
        if placement.horizontal != given:
            raise TwinError(
                f"{options.file}: the file says that it is in {placement.horizontal}, --plan-crs says {given}",
                "leave --plan-crs out, or correct the file",
            )
        by = "named by the file" if placement.crs != options.crs else "named by --plan-crs"
    words = f"{placement.horizontal} ({crs_door.name_of(placement.horizontal)}), {by}"
    if placement.horizontal != model.crs.horizontal:
        words += f"; transformed to {model.crs.horizontal}"
    return words


def _heights_said(model: CityModel, options: PlanOptions, around: Surroundings) -> str:
    """What the heights count from; raises TwinError where they are of another system than the city's."""
    if options.heights == "ground":
        return "its lowest point stands on the lowest ground under its outline (--plan-heights ground)"
    own, city = model.crs.vertical, around.crs.vertical
    if own is None or city is None:
        by = "--plan-heights sea" if options.heights == "sea" else "not named: taken as the city's"
        return f"above the sea ({own or by})"
    if own != city and not {own, city} <= CLOSE_HEIGHTS:
        raise TwinError(
            f"{options.file}: its heights are in {own}, the city's in {city}",
            "transform its heights, or put it on the ground with --plan-heights ground",
        )
    return f"above the sea ({own})"


def _built(model: CityModel) -> tuple[CityModel, dict[str, int]]:
    """The surfaces of built objects, and how many others the file has, by the type of their object."""
    built = np.array([item.type in CLASSIFIED_TYPES for item in model.objects], bool)
    keep = built[model.object] if model.n_surfaces else np.zeros(0, bool)
    left_out: dict[str, int] = {}
    for owner in model.object[~keep]:
        kind = model.objects[owner].type
        left_out[kind] = left_out.get(kind, 0) + 1
    if not left_out:
        return model, left_out
    rings = keep_surfaces(Rings(model.coords, model.ring_start, model.surface_ring), keep)
    rows = np.flatnonzero(keep)
    return (
        replace(
            model,
            coords=rings.coords,
            ring_start=rings.ring_start,
            surface_ring=rings.surface_ring,
            kind=model.kind[keep],
            object=model.object[keep],
            lod=model.lod[keep],
            surface_id=tuple(model.surface_id[row] for row in rows),
            boundary_id=tuple(model.boundary_id[row] for row in rows),
            flags=model.flags[keep],
            line=model.line[keep],
        ),
        left_out,
    )


def _standing(model: CityModel, options: PlanOptions, around: Surroundings) -> tuple[list[dict[str, Any]], list[Note]]:
    """Each building's levels [m], and remarks on those that do not stand on the ground."""
    points = np.diff(model.ring_start[model.surface_ring])
    building = np.repeat(root_objects(model.objects)[model.object], points)
    order = np.argsort(building, kind="stable")
    facts: list[dict[str, Any]] = []
    warnings: list[Note] = []
    for rows in np.split(order, np.flatnonzero(np.diff(building[order])) + 1):
        corner, name = model.coords[rows], model.objects[building[rows[0]]].id
        ground, base, top = float(around.ground_m(hull(corner)).min()), corner[:, 2].min(), corner[:, 2].max()
        found = check_heights(options.file, float(base), float(top), ground)
        warnings += [note._replace(words=f"{name} {note.words}") for note in found]
        levels = {"ground_m": ground, "base_m": base, "top_m": top, "height_m": top - ground}
        facts.append({"id": name, **{key: round(float(value), 3) for key, value in levels.items()}})
    return facts, warnings
