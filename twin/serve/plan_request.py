"""A plan that somebody sends in, made a file that `twin.plan` reads: a drawn footprint, or an upload looked at first.

An upload's name is never a path. Its ending says which reader is meant, its first bytes must bear that out, and what
could grow on being opened (archives, packed files) or refer to other files is not taken at all.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.place_on_earth import METRES_A_DEGREE
from twin.plan.plan import PlanOptions
from twin.serve.models import PlanAsked, UploadFields
from twin.serve.problem import Refused

HEAD_BYTES = 4096
# How far a plan may stand from the city's box, and how large it may be; twin.plan.place looks again, in metres.
FARTHEST_M = 2000.0
LARGEST_M2 = 250_000.0
SMALLEST_M2 = 1.0
FORMATS = {
    ".geojson": "GeoJSON",
    ".json": "CityJSON or GeoJSON",
    ".gml": "CityGML",
    ".citygml": "CityGML",
    ".xml": "CityGML",
    ".ifc": "IFC",
    ".dxf": "DXF",
    ".obj": "OBJ",
    ".glb": "glTF (binary)",
    ".ply": "PLY",
    ".stl": "STL",
}
_BEGINS: dict[str, tuple[bytes, ...]] = {
    ".ifc": (b"ISO-10303-21",),
    ".glb": (b"glTF",),
    ".ply": (b"ply\n", b"ply\r"),
    ".geojson": (b"{",),
    ".json": (b"{",),
    ".gml": (b"<",),
    ".citygml": (b"<",),
    ".xml": (b"<",),
}
TEXT = (".obj", ".dxf")


@dataclass(frozen=True)
class PlanRequest:
    """What the worker is given."""

    options: PlanOptions | None  # None: the city as it stands
    remove: tuple[str, ...]
    date: str  # ISO, on the legal calendar
    shown_as: str  # the plan's file as its sender calls it
    times: tuple[str, ...] = ()  # legal clock times "HH:MM" whose shadows are asked for as polygons


def drawn(asked: PlanAsked, box: list[float], folder: Path) -> PlanRequest:
    """A footprint as a GeoJSON file in a folder of its own.

    ``box`` is the city's (west, south, east, north) [°].

    Raises
    ------
    Refused
        422, where it lies far from the city or is larger than any building.
    """
    _check_place(asked.footprint.coordinates, box)
    # What counts from a level above the sea ends at a height above the sea.
    height = {"height": asked.height_m} if asked.base_m is None else {"height_nhn": asked.base_m + asked.height_m}
    rings = [[point[:2] for point in ring] for ring in asked.footprint.coordinates]
    feature = {
        "type": "Feature",
        "properties": {**height, "roof": asked.roof},
        "geometry": {"type": "Polygon", "coordinates": rings},
    }
    path = folder / "plan.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    options = PlanOptions.model_validate({"file": path, "name": asked.name})
    return PlanRequest(options, tuple(asked.remove), asked.date.isoformat(), "footprint")


def uploaded(content: bytes, sent_as: str, fields: UploadFields, folder: Path) -> PlanRequest:
    """An upload as a file in a folder of its own.

    Raises
    ------
    Refused
        415, where its ending or its content is none of the formats; 422, where it is empty.
    """
    name = sent_as.replace("\\", "/").rpartition("/")[2]
    suffix = Path(name).suffix.lower()
    if suffix not in FORMATS:
        raise Refused(415, f"a file of the ending {suffix[:12]!r} is not taken", f"send one of {', '.join(FORMATS)}")
    if not content:
        raise Refused(422, "the file is empty", "send it again")
    if not _is_what_it_says(suffix, content[:HEAD_BYTES], len(content), content):
        raise Refused(
            415, f"the content is no {FORMATS[suffix]}", "send the file unpacked, with the ending of its format"
        )
    path = folder / f"plan{suffix}"
    path.write_bytes(content)
    said = fields.model_dump(exclude={"date", "remove", "name"})
    options = PlanOptions.model_validate({**said, "file": path, "name": fields.name or "Planung"})
    shown = "".join(letter for letter in name if letter.isprintable())[:80]
    return PlanRequest(options, tuple(fields.remove), fields.date.isoformat(), shown)


def _is_what_it_says(suffix: str, head: bytes, size: int, content: bytes) -> bool:
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if suffix in _BEGINS:
        return bare.startswith(_BEGINS[suffix])
    if suffix == ".stl":
        triangles = int.from_bytes(content[80:84], "little")
        return size == 84 + 50 * triangles or (bare[:5].lower() == b"solid" and b"facet" in head)
    if suffix == ".dxf" and bare.startswith(b"AutoCAD Binary DXF"):
        return True
    if b"\0" in head or suffix not in TEXT:
        return False
    if suffix == ".dxf":
        return b"SECTION" in head
    return any(line[:2] in (b"v ", b"o ", b"g ", b"f ", b"vn", b"vt", b"# ", b"mt") for line in head.splitlines()[:200])


def _check_place(rings: list[list[list[float]]], box: list[float]) -> None:
    middle = (box[1] + box[3]) / 2.0
    level = max(math.cos(math.radians(middle)), 0.01)
    reach = FARTHEST_M / METRES_A_DEGREE
    west, south, east, north = box[0] - reach / level, box[1] - reach, box[2] + reach / level, box[3] + reach
    if not all(west <= x <= east and south <= y <= north for ring in rings for x, y, *_ in ring):
        raise Refused(
            422,
            f"the footprint lies more than {FARTHEST_M / 1000:g} km from the city",
            "give longitude and latitude, in this order; /api/info has the city's bbox",
        )
    area = _area_m2(rings[0], level)
    if not SMALLEST_M2 <= area <= LARGEST_M2:
        raise Refused(
            422,
            f"the footprint has {area:,.1f} m²",
            f"give one of {SMALLEST_M2:g} to {LARGEST_M2:,.0f} m² that does not cross itself",
        )


def _area_m2(ring: list[list[float]], level: float) -> float:
    """Area of a ring in degrees as on a small flat Earth."""
    origin = ring[0]
    x = [(p[0] - origin[0]) * METRES_A_DEGREE * level for p in ring]
    y = [(p[1] - origin[1]) * METRES_A_DEGREE for p in ring]
    return abs(sum(x[i] * y[i + 1] - x[i + 1] * y[i] for i in range(len(ring) - 1))) / 2.0


def upload_schema() -> dict[str, Any]:
    """The multipart body, for OpenAPI."""
    schema = UploadFields.model_json_schema(ref_template="#/components/schemas/{model}")
    properties: dict[str, Any] = dict(schema["properties"])
    properties["origin"] = {"type": "string", "description": "easting,northing[,height] in the city's CRS"}
    properties["remove"] = {"type": "string", "description": "ids, separated by commas"}
    properties["file"] = {"type": "string", "format": "binary", "description": ", ".join(FORMATS)}
    return {"type": "object", "required": ["file", "date"], "properties": properties, "additionalProperties": False}
