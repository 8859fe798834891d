"""City objects of CityJSON: families of parents and children, and their attributes.

A family is a top-level object with all its descendants, found by the lists "children" and "parents". Types that
begin with "+" come from an extension and are read like any other object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from io_citygml.cityjson_geometry import GeometryReader
from io_citygml.cityjson_place import JsonPlace
from io_citygml.classify import INDOOR_TYPES, SUBDIVISION_TYPES
from io_citygml.model import CityObject

_GROUP = "CityObjectGroup"
# Of CityJSON 1.0 (BridgeConstructionElement, TransportSquare …) to 2.0.
_TYPES = (
    INDOOR_TYPES
    | SUBDIVISION_TYPES
    | {f"{what}{part}" for what in ("Building", "Bridge", "Tunnel") for part in ("", "Part", "Installation")}
    | {"BuildingConstructiveElement", "BridgeConstructiveElement", "TunnelConstructiveElement"}
    | {"BridgeConstructionElement", "OtherConstruction", _GROUP, "CityFurniture", "GenericCityObject", "LandUse"}
    | {"PlantCover", "SolitaryVegetationObject", "TINRelief", "WaterBody", "Waterway"}
    | {"Railway", "Road", "TransportSquare"}
)
_OWN_FIELDS = frozenset({"function", "roofType", "measuredHeight", "storeysAboveGround"})
_MAX_STOREYS = 1000


def read_objects(objects: Any, geometry: GeometryReader, place: JsonPlace) -> None:
    """Append the member "CityObjects" to the buffer.

    Raises CityModelError with the object's id where an object is malformed.
    """
    if not isinstance(objects, dict) or not all(isinstance(item, dict) for item in objects.values()):
        raise place.error("CityObjects is not an object of objects", remedy="Correct the file")
    _check_lists(objects, place)
    buffer = place.buffer
    for family in _families(objects, place):
        buffer.begin_group()
        index: dict[str, int] = {}
        for key, parent in family:
            item = objects[key]
            index[key] = len(buffer.objects)
            buffer.objects.append(_city_object(key, item, index.get(parent, -1), place))
            geometry.read(item.get("geometry") or [], key, index[key])
            _mark_addresses(item, geometry)
        buffer.end_group()


def _mark_addresses(item: dict[str, Any], geometry: GeometryReader) -> None:
    """Note the vertices of the points that addresses hold."""
    addresses = item.get("address")
    for address in addresses if isinstance(addresses, list) else [addresses]:
        location = address.get("location") if isinstance(address, dict) else None
        if isinstance(location, dict):
            geometry.mark_used(location.get("boundaries"))


def _check_lists(objects: dict[str, Any], place: JsonPlace) -> None:
    """Raise CityModelError where the lists of an object are no lists, or hold something else."""
    for key, item in objects.items():
        for label, kind in (("children", str), ("parents", str), ("geometry", dict)):
            entries = item.get(label)
            if entries and not (isinstance(entries, list) and all(isinstance(entry, kind) for entry in entries)):
                raise place.error(f"{label} is not a list of {'ids' if kind is str else 'objects'}", key)


def _relatives(objects: dict[str, Any], item: dict[str, Any], label: str) -> list[str]:
    """Children or parents of an object. A CityObjectGroup is nobody's parent: it names buildings that stand alone."""
    if item.get("type") == _GROUP:
        return []
    return [key for key in item.get(label) or [] if objects.get(key, {}).get("type") != _GROUP]


def _families(objects: dict[str, Any], place: JsonPlace) -> Iterator[list[tuple[str, str]]]:
    """Top-level objects in file order, each with all its descendants, as (key, key of the parent or "")."""
    visited: set[str] = set()

    def descend(key: str) -> Iterator[tuple[str, str]]:
        stack = [(key, "")]
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
                    place.defect("unknown child", item, f"child {child} is not in the file: ignored")

    # a child that does not name its parent is known by its parent's list
    listed = {child for item in objects.values() for child in _relatives(objects, item, "children")}
    for key, item in objects.items():
        parents = _relatives(objects, item, "parents")
        if key not in listed and not any(parent in objects for parent in parents):
            if parents:
                place.defect("unknown parent", key, "read as a top-level object")
            yield list(descend(key))
    for key in objects:
        if key not in visited:
            place.defect("unlinked child", key, "read as a top-level object")
            yield list(descend(key))


def _city_object(key: str, item: dict[str, Any], parent: int, place: JsonPlace) -> CityObject:
    kind = item.get("type")
    if not isinstance(kind, str) or not kind:
        place.defect("object without type", key, "read as GenericCityObject")
        kind = "GenericCityObject"
    elif kind not in _TYPES and not kind.startswith("+"):
        place.defect("unknown object type", key, f"{kind}: read as it is, nothing is known of it")
    raw = item.get("attributes")
    fields: dict[str, Any] = raw if isinstance(raw, dict) else {}
    storeys = _number(fields, "storeysAboveGround", key, place)
    if storeys is not None and abs(storeys) > _MAX_STOREYS:
        place.defect("attribute out of range", key, f"storeysAboveGround={storeys:g}: ignored")
        storeys = None
    return CityObject(
        id=key,
        type=kind,
        parent=parent,
        file=len(place.buffer.files) - 1,
        line=place.line,
        function=_text(fields.get("function")),
        roof_type=_text(fields.get("roofType")),
        measured_height_m=_number(fields, "measuredHeight", key, place),
        storeys_above_ground=None if storeys is None else int(storeys),
        attributes=_attributes(fields, key, place),
    )


def _attributes(fields: dict[str, Any], key: str, place: JsonPlace) -> dict[str, str | float | int]:
    """Plain values as they are, lists and objects as JSON text."""
    attributes: dict[str, str | float | int] = {}
    for label, value in fields.items():
        if value is None or label in _OWN_FIELDS:
            continue
        if isinstance(value, float) and not np.isfinite(value):
            place.defect("attribute is not a number", key, f"{label}={value}: ignored")
        elif isinstance(value, int) and abs(value) >= 1 << 63:  # beyond what any table holds
            attributes[label] = str(value)
        elif isinstance(value, str | int | float):
            attributes[label] = value
        else:
            attributes[label] = json.dumps(value, ensure_ascii=False)
    return attributes


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = " ".join(str(part) for part in value)
    return str(value) if value not in (None, "") else None


def _number(fields: dict[str, Any], label: str, key: str, place: JsonPlace) -> float | None:
    """A finite number, also one written as text; anything else enters the report."""
    value = fields.get(label)
    if value is None:
        return None
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if np.isfinite(number):
        return number
    place.defect("attribute is not a number", key, f"{label}={str(value)[:40]}: ignored")
    return None
