"""Planned buildings from IFC 2x3, 4 and 4.3, plain, gzipped or zipped (.ifczip); read by ifcopenshell (extra "ifc").

Every element that stands in the light casts shadow: walls, slabs, roofs, columns, beams, members, plates, curtain
walls, stairs, ramps, railings, coverings, chimneys, shading devices, and windows and doors. Glass counts as opaque: a
study asks what a house takes from others, and no sun worth counting comes through two panes and a room. Spaces,
openings, furniture, foundations, the site's terrain and annotations are left out and counted. The elements' faces
shade and are not measured: those of inner walls would be taken for façades.

The place is the file's map conversion; without one it is asked for. Without a height the file's zero, a floor, stands
on the ground.
"""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from io_citygml.errors import CityModelError
from io_citygml.source import Counted, unpacked_limit
from twin.errors import TwinError
from twin.plan.ifc_place import Conversion, about_wcs, conversion_of, north_of, place_hint, unit_m
from twin.plan.notes import other
from twin.plan.place import check_unused
from twin.plan.plan import METRES, Plan, PlanOptions, Surroundings
from twin.plan.stand import Drawn, Zero, ask, check_corners, plan_at_origin, plan_in_crs

if TYPE_CHECKING:
    import ifcopenshell

CASTING = (
    "IfcWall",
    "IfcSlab",
    "IfcRoof",
    "IfcColumn",
    "IfcBeam",
    "IfcMember",
    "IfcPlate",
    "IfcCurtainWall",
    "IfcStair",
    "IfcStairFlight",
    "IfcRamp",
    "IfcRampFlight",
    "IfcRailing",
    "IfcWindow",
    "IfcDoor",
    "IfcCovering",
    "IfcChimney",
    "IfcShadingDevice",
    "IfcBuildingElementProxy",
    "IfcBuildingElementPart",
)
_HEAD, _TAIL = b"ISO-10303-21", b"END-ISO-10303-21"
_UNIT_NAMES = {factor: name for name, factor in METRES.items()}


class Elements(NamedTuple):
    """What of a file casts shadow."""

    corner: NDArray[np.float64]  # (T, 3, 3) [m] in the file's axes
    piece: NDArray[np.int64]  # (T,) element
    classes: dict[str, int]  # class → elements that cast
    left_out: dict[str, int]  # class → products with a shape that do not
    failed: int  # elements whose shape could not be made


def read_ifc(options: PlanOptions, around: Surroundings) -> Plan:
    """The plan of an IFC file.

    Raises TwinError where ifcopenshell is missing, for a file that cannot be read or has no element with a shape, and
    where neither the file nor the options say its place.
    """
    check_unused(options, ("up",), "IFC has z up")
    model = _opened(options.file)
    stated = unit_m(model)
    if stated is not None:
        check_unused(options, ("unit",), "the file names its unit")
    elif options.unit is None:
        ask(options, "the IFC file", ["unit"])
    metres = stated if stated is not None else METRES[options.unit or "m"]
    conversion = conversion_of(model, options.file, metres)
    if conversion is None and options.origin is None and options.crs is None:
        ask(options, "the IFC file has no map conversion and", ["origin"], place_hint(model))
    elements = _elements(model)
    check_corners(options, elements.corner)
    # ifcopenshell takes lengths without a unit for metres
    corner = elements.corner * (1.0 if stated is not None else metres)
    by = "named by the file" if stated is not None else "--plan-unit"
    warnings = [other(f"{elements.failed} elements could not be drawn and are missing")] if elements.failed else []
    if conversion is not None and options.origin is not None:
        warnings.append(other(f"the file's own {conversion.said} is set aside for --plan-origin"))
    drawn = Drawn(
        f"IFC ({model.schema})",
        f"{_UNIT_NAMES.get(metres, f'{metres:g} m')} ({by})",
        corner,
        elements.piece,
        _facts(model, elements, conversion),
        tuple(warnings),
        masses=False,
    )
    if options.origin is not None:
        return plan_at_origin(options, around, drawn, zero_on_ground=True)
    if conversion is None:
        return plan_in_crs(options, around, drawn, named=None)
    named = _named(options, conversion)
    zero = Zero(conversion.easting, conversion.northing, conversion.height_m, conversion.said)
    on_map = conversion.on_map(about_wcs(model, corner, metres))
    return plan_in_crs(options, around, drawn._replace(corner=on_map), named, zero)


def _named(options: PlanOptions, conversion: Conversion) -> str | None:
    """The file's CRS where it can be understood; where not, --plan-crs stands in for it."""
    from io_citygml import crs as crs_door

    if conversion.crs is None:
        return None
    try:
        crs_door.parse_reference(conversion.crs)
    except CityModelError as error:
        if options.crs is not None:
            return None
        raise TwinError(
            f"{options.file}: IfcProjectedCRS is named {conversion.crs!r}, which is not understood",
            "say which system it is with --plan-crs, for example --plan-crs EPSG:25832",
        ) from error
    return conversion.crs


def _facts(model: ifcopenshell.file, elements: Elements, conversion: Conversion | None) -> dict[str, Any]:
    return {
        "elements": elements.classes,
        "left_out": elements.left_out,
        "glass": "opaque",
        "storeys": [
            {"name": storey.Name, "elevation": storey.Elevation} for storey in model.by_type("IfcBuildingStorey")
        ],
        "place": conversion.said if conversion else place_hint(model) or "the file says nothing of its place",
        "north": north_of(model),
    }


def _opened(path: Path) -> ifcopenshell.file:
    """The file's content; never unpacked to disk. Raises TwinError."""
    try:
        import ifcopenshell
    except ImportError as error:
        remedy = "pip install 'heliotwin[ifc]'"
        raise TwinError(f"{path}: reading IFC needs ifcopenshell, which is not installed", remedy) from error

    content = _content(path)
    if not content.lstrip()[: len(_HEAD)] == _HEAD:
        raise TwinError(f"{path}: is no IFC file (STEP physical file)", "export it as .ifc, not as ifcXML")
    if _TAIL not in content[-1000:]:
        raise TwinError(f"{path}: the file is cut off: its end is missing", "export or copy it again")
    try:
        model = ifcopenshell.file.from_string(content.decode("utf-8", "replace"))
        model.by_type("IfcProject")  # of a schema that it does not know a file has no class at all
    except (RuntimeError, ifcopenshell.Error) as error:
        raise TwinError(
            f"{path}: cannot be read as IFC 2x3, 4 or 4.3 ({error})", "export it in one of these"
        ) from error
    return model


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        limit = unpacked_limit(len(content))
        if content[:2] == b"\x1f\x8b":
            return _unpacked(gzip.GzipFile(fileobj=io.BytesIO(content)), limit, path)
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [name for name in archive.namelist() if name.lower().endswith(".ifc")]
                if len(members) != 1:
                    raise TwinError(f"{path}: {len(members)} .ifc files in it instead of one", "unpack it first")
                with archive.open(members[0]) as stream:
                    return _unpacked(stream, limit, path)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise TwinError(f"{path}: the packed data is damaged or cut off ({error})", "download it again") from error
    except CityModelError as error:
        raise TwinError(f"{path}: {error.problem}", error.remedy) from error
    except (OSError, NotImplementedError, RuntimeError) as error:
        raise TwinError(f"{path}: cannot be read ({error})", "check the path") from error
    return content


def _unpacked(stream: IO[bytes] | gzip.GzipFile, limit: int, path: Path) -> bytes:
    return Counted(cast(BinaryIO, stream), limit, str(path)).read()


def _elements(model: ifcopenshell.file) -> Elements:
    """Triangles of every element that casts, openings cut out, in metres."""
    import ifcopenshell
    import ifcopenshell.geom

    chosen = {element.id(): element for name in CASTING for element in _by_type(model, name) if element.Representation}
    parts: list[NDArray[np.float64]] = []
    classes: Counter[str] = Counter()
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    if chosen:
        shapes = ifcopenshell.geom.iterator(settings, model, os.cpu_count() or 1, include=list(chosen.values()))
        more: object = shapes.initialize()
        while more:
            shape = shapes.get()
            vertices = np.frombuffer(shape.geometry.verts_buffer, np.float64).reshape(-1, 3)
            triangles = np.frombuffer(shape.geometry.faces_buffer, np.int32).reshape(-1, 3)
            if len(triangles):
                parts.append(vertices[triangles])
                classes[chosen[shape.id].is_a()] += 1
            more = shapes.next()
    left_out = Counter(
        item.is_a() for item in model.by_type("IfcProduct") if item.Representation and item.id() not in chosen
    )
    return Elements(
        np.concatenate(parts) if parts else np.zeros((0, 3, 3)),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        dict(sorted(classes.items())),
        dict(sorted(left_out.items())),
        len(chosen) - len(parts),
    )


def _by_type(model: ifcopenshell.file, name: str) -> list[ifcopenshell.entity_instance]:
    try:
        return list(model.by_type(name))
    except RuntimeError:  # a class that this schema does not have
        return []
