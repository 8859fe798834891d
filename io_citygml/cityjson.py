"""Reader of CityJSON 1.1 and 2.0 (https://www.cityjson.org/specs/2.0.1/): one JSON document into the buffer.

All objects with surfaces are read, whatever their type. Of several levels of detail the highest counts ("2.2" before
"2"). Oracle: counts and areas of real files measured by another program.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.cityjson_geometry import GeometryReader, has_surfaces, level
from io_citygml.errors import CityModelError, NotACityModel
from io_citygml.model import CityObject
from io_citygml.repair import Defect, SkipReason

_READ_VERSIONS = ("1.1", "2.0")
_GROUP = "CityObjectGroup"
# Objects inside a building, bridge or tunnel.
_INSIDE = frozenset(
    {"BuildingRoom", "BuildingFurniture", "BridgeRoom", "BridgeFurniture", "TunnelHollowSpace", "TunnelFurniture"}
)
_OWN_FIELDS = frozenset({"function", "roofType", "measuredHeight", "storeysAboveGround"})


def read_cityjson(stream: BinaryIO, name: str, buffer: SurfaceBuffer) -> tuple[str, dict[str, int]]:
    """Append a CityJSON document to the buffer; its format, and the reference system it names (with line 0).

    The caller has entered the file's name in ``buffer.files``. Raises CityModelError with the object's id for what
    is not CityJSON 1.1 or 2.0, NotACityModel for JSON of another kind.
    """
    document, duplicate_keys = _load(stream.read(), name)
    version = _check_version(document, name)
    for key in duplicate_keys:
        buffer.report.add(Defect("duplicate JSON key", key, "", name, 0, 0.0, "the last one counts"))
    geometry = GeometryReader(buffer, _vertices(document, name), name)
    objects = document.get("CityObjects")
    if not isinstance(objects, dict) or not all(isinstance(item, dict) for item in objects.values()):
        raise CityModelError("CityObjects is not an object of objects", file=name, remedy="Correct the file")
    _check_lists(objects, name)
    for group in _groups(objects, buffer, name):
        buffer.begin_group()
        index: dict[str, int] = {}
        for key, parent in group:
            index[key] = len(buffer.objects)
            buffer.objects.append(_city_object(key, objects[key], index.get(parent, -1), buffer, name))
            _geometries(objects[key], key, index[key], geometry, buffer)
        buffer.end_group()
    metadata = document.get("metadata")
    reference = metadata.get("referenceSystem") if isinstance(metadata, dict) else None
    return f"CityJSON {version}", {str(reference): 0} if reference else {}


def _load(data: bytes, name: str) -> tuple[dict[str, Any], list[str]]:
    """The document, and keys that occur twice in one object (JSON keeps the last without a word)."""
    duplicates: list[str] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) != len(pairs):
            seen: set[str] = set()
            duplicates.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return built

    try:
        document = json.loads(data, object_pairs_hook=build)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and b'"CityJSON' in data[: error.pos]:
            raise _sequence(name) from error
        raise CityModelError(
            f"the JSON is not well-formed ({error.msg})",
            file=name,
            line=error.lineno,
            remedy="Correct it or download it again",
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise CityModelError(f"the JSON cannot be read ({error})", file=name, remedy="Download it again") from error
    if not isinstance(document, dict):
        raise NotACityModel("the JSON is not an object", file=name, remedy="Give CityJSON 1.1 or 2.0")
    return document, duplicates


def _sequence(name: str) -> CityModelError:
    return CityModelError(
        "the file is a CityJSONSeq (one CityJSONFeature a line), which is not read",
        file=name,
        remedy="Join it into one CityJSON file, for example with cjio",
    )


def _check_version(document: dict[str, Any], name: str) -> str:
    kind, version = document.get("type"), str(document.get("version"))
    if kind == "CityJSONFeature":
        raise _sequence(name)
    if kind != "CityJSON":
        raise NotACityModel(f"the JSON has the type {kind!r}, not 'CityJSON'", file=name, remedy="Give CityJSON")
    if not version.startswith(_READ_VERSIONS):
        raise CityModelError(
            f"CityJSON {version} is not read",
            file=name,
            remedy="Read are CityJSON 1.1 and 2.0; convert the file, for example with 'cjio upgrade'",
        )
    return version


def _vertices(document: dict[str, Any], name: str) -> NDArray[np.float64]:
    """(V, 3) vertices in the units of the reference system."""
    try:
        transform = document["transform"]
        scale = np.array(transform["scale"], dtype=np.float64).reshape(3)
        translate = np.array(transform["translate"], dtype=np.float64).reshape(3)
        vertices = np.array(document["vertices"], dtype=np.float64)
        vertices = vertices.reshape(0, 3) if not vertices.size else vertices
        if vertices.ndim != 2 or vertices.shape[1] != 3:
            raise ValueError(f"vertices of shape {vertices.shape}")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CityModelError(
            f"transform or vertices are missing or malformed ({error})", file=name, remedy="Correct the file"
        ) from error
    return vertices * scale + translate


def _check_lists(objects: dict[str, Any], name: str) -> None:
    """Raise CityModelError where the lists of an object are no lists, or hold something else."""
    for key, item in objects.items():
        for label, kind in (("children", str), ("parents", str), ("geometry", dict)):
            entries = item.get(label)
            if entries and not (isinstance(entries, list) and all(isinstance(entry, kind) for entry in entries)):
                problem = f"{label} is not a list of {'ids' if kind is str else 'objects'}"
                raise CityModelError(problem, file=name, gml_id=key, remedy="Correct the object in the file")


def _relatives(objects: dict[str, Any], item: dict[str, Any], label: str) -> list[str]:
    """Children or parents of an object. A CityObjectGroup is nobody's parent: it names buildings that stand alone."""
    if item.get("type") == _GROUP:
        return []
    return [key for key in item.get(label) or [] if objects.get(key, {}).get("type") != _GROUP]


def _groups(objects: dict[str, Any], buffer: SurfaceBuffer, name: str) -> Iterator[list[tuple[str, str]]]:
    """Top-level objects in file order, each with all its descendants, as (key, key of the parent or "")."""
    visited: set[str] = set()

    def descend(key: str, parent: str) -> Iterator[tuple[str, str]]:
        stack = [(key, parent)]
        while stack:
            item, above = stack.pop()
            if item in visited:
                continue
            visited.add(item)
            yield item, above
            children = _relatives(objects, objects[item], "children")
            stack += [(child, item) for child in reversed(children) if child in objects]
            for child in children:
                if child not in objects:
                    action = f"child {child} is not in the file: ignored"
                    buffer.report.add(Defect("unknown child", item, "", name, 0, 0.0, action))

    for key, item in objects.items():
        parents = _relatives(objects, item, "parents")
        if not any(parent in objects for parent in parents):
            if parents:
                buffer.report.add(Defect("unknown parent", key, "", name, 0, 0.0, "read as a top-level object"))
            yield list(descend(key, ""))
    for key in objects:
        if key not in visited:
            buffer.report.add(Defect("unlinked child", key, "", name, 0, 0.0, "read as a top-level object"))
            yield list(descend(key, ""))


def _geometries(item: dict[str, Any], key: str, owner: int, geometry: GeometryReader, buffer: SurfaceBuffer) -> None:
    """Read every geometry of an object, and mark those below its highest level of detail and those inside."""
    entries = item.get("geometry") or []
    highest = max((level(entry) for entry in entries if has_surfaces(entry)), default=(0, 0))
    first = buffer.n_surfaces
    for entry in entries:
        geometry.read(entry, key, owner, level(entry) < highest)
    if item.get("type") in _INSIDE:
        buffer.skipped.append((range(first, buffer.n_surfaces), SkipReason.INTERIOR))


def _city_object(key: str, item: dict[str, Any], parent: int, buffer: SurfaceBuffer, name: str) -> CityObject:
    raw = item.get("attributes")
    fields: dict[str, Any] = raw if isinstance(raw, dict) else {}
    height = _number(fields, "measuredHeight", key, buffer, name)
    storeys = _number(fields, "storeysAboveGround", key, buffer, name)
    return CityObject(
        id=key,
        type=str(item.get("type")),
        parent=parent,
        file=len(buffer.files) - 1,
        line=0,
        function=_text(fields.get("function")),
        roof_type=_text(fields.get("roofType")),
        measured_height_m=height,
        storeys_above_ground=None if storeys is None else int(storeys),
        attributes={
            label: value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
            for label, value in fields.items()
            if value is not None and label not in _OWN_FIELDS
        },
    )


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = " ".join(str(part) for part in value)
    return str(value) if value not in (None, "") else None


def _number(fields: dict[str, Any], label: str, key: str, buffer: SurfaceBuffer, name: str) -> float | None:
    value = fields.get(label)
    try:
        number = None if value is None else float(value)
        if number is None or np.isfinite(number):
            return number
    except (TypeError, ValueError):
        number = None
    action = f"{label}={value}: ignored"
    buffer.report.add(Defect("attribute is not a number", key, "", name, 0, 0.0, action))
    return None
