"""Planned buildings from DXF: 3D faces, meshes and polyface meshes, in blocks too; read by ezdxf.

A drawing's unit is its $INSUNITS, unless the user knows better. What has no faces is no building yet: lines are a 2-D
drawing, and 3D solids are ACIS bodies, a closed format that only CAD programs turn into meshes. Layers that are off or
frozen are not drawn and not read. Source: Autodesk, DXF Reference.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.errors import TwinError
from twin.plan.faces import triangulated
from twin.plan.notes import Note, other
from twin.plan.plan import METRES, Plan, PlanOptions, Surroundings, Unit
from twin.plan.stand import Drawn, ask, check_corners, check_one_place, plan_at_origin, plan_in_crs, upright

if TYPE_CHECKING:
    from ezdxf.document import Drawing
    from ezdxf.entities import DXFEntity

# $INSUNITS; every other is no unit of buildings.
UNITS: dict[int, Unit] = {1: "in", 2: "ft", 4: "mm", 5: "cm", 6: "m", 14: "dm"}
ACIS = frozenset(
    ("3DSOLID", "BODY", "REGION", "SURFACE", "EXTRUDEDSURFACE", "LOFTEDSURFACE", "PLANESURFACE", "REVOLVEDSURFACE")
    + ("SWEPTSURFACE",)
)


class Found(NamedTuple):
    """What a drawing holds: polygons, and the rest by type."""

    points: list[tuple[float, float, float]]  # of all polygons
    length: list[int]  # points of each polygon
    piece: list[int]  # mesh that each polygon belongs to; all 3D faces are one
    used: Counter[str]
    others: Counter[str]
    hidden: int  # entities on layers that are off or frozen


def read_dxf(options: PlanOptions, around: Surroundings) -> Plan:
    """The plan of a DXF drawing.

    Raises TwinError naming what is missing at once, for a file that cannot be read, and for one without 3D faces.
    """
    document = _opened(options)
    found = _polygons(document)
    if not found.length:
        _refuse(options, found)
    code = int(document.header.get("$INSUNITS", 0))
    named = UNITS.get(code)
    unit = options.unit or named
    missing = [] if unit else ["unit"]
    if options.origin is None and options.crs is None:
        missing.append("origin")
    ask(options, "the drawing (DXF)", missing, f"its $INSUNITS is {code}" if unit is None and code else "")
    check_one_place(options)
    points = np.array(found.points, np.float64)
    check_corners(options, points)
    triangle, owner = triangulated(points, np.arange(len(points)), np.array(found.length, np.int64))
    assert unit is not None
    drawn = Drawn(
        "DXF",
        _unit_words(options.unit, named),
        upright(points[triangle], options.up or "z") * METRES[unit],
        np.array(found.piece, np.int64)[owner],
        {"entities": dict(sorted(found.used.items())), "up": options.up or "z"},
        tuple(_warnings(found)),
    )
    if options.origin is not None:
        return plan_at_origin(options, around, drawn, zero_on_ground=False)
    return plan_in_crs(options, around, drawn, named=None)


def _unit_words(given: Unit | None, named: Unit | None) -> str:
    if given is None:
        return f"{named} (named by the file: $INSUNITS)"
    said = f"; the file says {named}" if named not in (None, given) else ""
    return f"{given} (--plan-unit{said})"


def _opened(options: PlanOptions) -> Drawing:
    import ezdxf
    from ezdxf.lldxf.const import DXFError

    path = options.file
    try:
        with path.open("rb") as stream:
            if stream.read(4) == b"AC10":
                raise TwinError(f"{path}: is a DWG drawing, a closed format", "export it as DXF with 3D faces")
        return ezdxf.readfile(path)
    except (DXFError, ValueError, LookupError, TypeError) as error:
        remedy = "let the CAD program check the drawing (AUDIT) and export it again"
        raise TwinError(f"{path}: cannot be read as DXF ({error})", remedy) from error
    except OSError as error:
        raise TwinError(f"{path}: cannot be read as DXF ({error.strerror or error})", "check the file") from error


def _polygons(document: Drawing) -> Found:
    """Every face in model space, blocks taken apart."""
    from ezdxf.disassemble import recursive_decompose

    off = {layer.dxf.name.lower() for layer in document.layers if layer.is_off() or layer.is_frozen()}
    found = Found([], [], [], Counter(), Counter(), 0)
    hidden, meshes = 0, 0
    for entity in recursive_decompose(document.modelspace()):
        kind = entity.dxftype()
        if entity.dxf.get("layer", "0").lower() in off:
            hidden += 1
            continue
        faces = _faces(entity)
        if not faces:
            found.others[kind] += 1
            continue
        found.used[kind] += 1
        number = 0
        if kind != "3DFACE":
            meshes += 1
            number = meshes
        for face in faces:
            found.points.extend(face)
            found.length.append(len(face))
            found.piece.append(number)
    return found._replace(hidden=hidden)


def _faces(entity: DXFEntity) -> list[list[tuple[float, float, float]]]:
    """The polygons of one entity, each at least three points."""
    from ezdxf.disassemble import make_primitive
    from ezdxf.entities import Face3d, Mesh, Polyline

    if isinstance(entity, Face3d):
        corners = [corner.xyz for corner in entity.wcs_vertices()]
        return [corners] if len(corners) > 2 else []
    if isinstance(entity, Mesh) or (
        isinstance(entity, Polyline) and (entity.is_poly_face_mesh or entity.is_polygon_mesh)
    ):
        mesh = make_primitive(entity).mesh
        if mesh is None:
            return []
        return [[mesh.vertices[index].xyz for index in face] for face in mesh.faces if len(face) > 2]
    return []


def _refuse(options: PlanOptions, found: Found) -> None:
    """Say of a drawing without faces what it has, and what to do."""
    solids = sum(found.others[kind] for kind in ACIS)
    if solids:
        raise TwinError(
            f"{options.file}: its {solids} 3D solids (ACIS bodies) cannot be read, and there are no 3D faces",
            "turn them into meshes (AutoCAD: MESHSMOOTH), or export the building as OBJ, glTF or IFC",
        )
    if found.hidden and not found.others:
        raise TwinError(f"{options.file}: all of it is on layers that are off or frozen", "switch the layers on")
    what = ", ".join(f"{count} {kind}" for kind, count in found.others.most_common(4)) or "nothing"
    raise TwinError(
        f"{options.file}: a 2-D DXF without 3D faces ({what} in model space)",
        "export it with 3D faces or meshes, or give the footprint as GeoJSON with a height",
    )


def _warnings(found: Found) -> list[Note]:
    solids = sum(found.others[kind] for kind in ACIS)
    out = [other(f"{solids} 3D solids (ACIS bodies) cannot be read and are missing")] if solids else []
    if found.hidden:
        out.append(other(f"{found.hidden} entities on layers that are off or frozen are left out"))
    return out
