"""Metadata schemas: classes, properties, enums (3D Metadata Specification), in a tileset as in a glTF."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from oracles.tiles3d.findings import Json, Place, is_kind

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Numbers in one value of a type.
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
TYPES = {*COMPONENTS, "STRING", "BOOLEAN", "ENUM"}
INTEGERS = {f"{sign}INT{bits}": np.dtype(f"<{code}{bits // 8}") for sign, code in (("", "i"), ("U", "u"))
            for bits in (8, 16, 32, 64)}  # fmt: skip
DTYPES = {**INTEGERS, "FLOAT32": np.dtype("<f4"), "FLOAT64": np.dtype("<f8")}
# 3D Metadata Semantic Reference: type, componentType (any where None), array.
SEMANTICS: dict[str, tuple[str, str | None, bool]] = {
    "ID": ("STRING", None, False),
    "NAME": ("STRING", None, False),
    "DESCRIPTION": ("STRING", None, False),
    "ATTRIBUTION_STRINGS": ("STRING", None, True),
    "TILESET_TILE_COUNT": ("SCALAR", None, False),
    "TILE_BOUNDING_BOX": ("SCALAR", None, True),
    "TILE_BOUNDING_REGION": ("SCALAR", None, True),
    "TILE_BOUNDING_SPHERE": ("SCALAR", None, True),
    "TILE_MINIMUM_HEIGHT": ("SCALAR", None, False),
    "TILE_MAXIMUM_HEIGHT": ("SCALAR", None, False),
    "TILE_GEOMETRIC_ERROR": ("SCALAR", None, False),
    "TILE_REFINE": ("SCALAR", None, False),
    "TILE_TRANSFORM": ("MAT4", None, False),
}


def semantics_of(schema: Json) -> dict[str, tuple[str, str | None, bool]]:
    """The semantics that a schema of custom semantics defines: each property's name is one."""
    found = {}
    for each in schema.get("classes", {}).values():
        for name, prop in each.get("properties", {}).items():
            found[name] = (prop["type"], prop.get("componentType"), prop.get("array", False))
    return found


def check_schema(schema: Json, place: Place, semantics: dict[str, tuple[str, str | None, bool]]) -> bool:
    """The schema itself; whether it is good enough to check values against it."""
    before = len(place.issues)
    name = place.get(schema, "id", "string", required=True)
    if name is not None:
        (place / "id").need(bool(NAME.fullmatch(name)), "name", f"{name!r} is no identifier")
    enums = place.get(schema, "enums", "object") or {}
    for key, enum in enums.items():
        _check_enum(enum, place / "enums" / key)
    for key, each in (place.get(schema, "classes", "object") or {}).items():
        at = place / "classes" / key
        at.need(bool(NAME.fullmatch(key)), "name", f"{key!r} is no identifier")
        if not at.need(isinstance(each, dict), "type", "a class is an object"):
            continue
        used: set[str] = set()
        for prop, definition in (at.get(each, "properties", "object") or {}).items():
            spot = at / "properties" / prop
            spot.need(bool(NAME.fullmatch(prop)), "name", f"{prop!r} is no identifier")
            if spot.need(isinstance(definition, dict), "type", "a property is an object"):
                _check_property(definition, enums, spot)
                _check_semantic(definition, used, spot, {**SEMANTICS, **semantics})
    return all(issue.severity != "error" for issue in place.issues[before:])


def _check_enum(enum: Any, place: Place) -> None:
    if not place.need(isinstance(enum, dict), "type", "an enum is an object"):
        return
    kind = enum.get("valueType", "UINT16")
    if not (place / "valueType").need(kind in INTEGERS, "value", f"{kind} is no integer type"):
        return
    limits = np.iinfo(INTEGERS[kind])
    values, names = [], []
    for i, each in enumerate(place.objects(enum, "values", required=True)):
        at = place / "values" / i
        names.append(at.get(each, "name", "string", required=True))
        value = at.get(each, "value", "integer", required=True)
        values.append(value)
        if value is not None:
            (at / "value").need(limits.min <= value <= limits.max, "range", f"{value} is no {kind}")
    place.need(len(set(names)) == len(names), "duplicate", "names occur twice")
    place.need(len(set(values)) == len(values), "duplicate", "values occur twice")


def _check_property(prop: Json, enums: Json, place: Place) -> None:
    kind = place.get(prop, "type", "string", required=True)
    if kind is None or not (place / "type").need(kind in TYPES, "value", f"unknown type {kind}"):
        return
    component = prop.get("componentType")
    if kind in COMPONENTS:
        if not (place / "componentType").need(component in DTYPES, "value", f"unknown component type {component}"):
            return
    else:
        place.need(component is None, "value", f"{kind} has no componentType")
    if kind == "ENUM":
        place.need(prop.get("enumType") in enums, "unknown-enum", f"no enum {prop.get('enumType')}")
    else:
        place.need("enumType" not in prop, "value", f"{kind} has no enumType")
    array = bool(place.get(prop, "array", "boolean"))
    count = place.at_least(prop, "count", 2, "integer")
    place.need(array or count is None, "value", "count, yet no array")
    normalized = bool(place.get(prop, "normalized", "boolean"))
    place.need(not normalized or component in INTEGERS, "value", f"{component} cannot be normalized")
    required = bool(place.get(prop, "required", "boolean"))
    place.need(not (required and ("noData" in prop or "default" in prop)), "exclusive", "required with noData/default")
    numeric = kind in COMPONENTS and not (array and count is None)
    for key in ("offset", "scale", "min", "max"):
        if key in prop and (place / key).need(numeric, "value", f"{key} for {kind} without fixed length"):
            _check_shape(prop[key], {**prop, "componentType": "FLOAT64"}, enums, place / key)
    scalable = normalized or (component or "").startswith("FLOAT")
    place.need(scalable or not ({"offset", "scale"} & prop.keys()), "value", f"offset or scale for {component}")
    for key in ("noData", "default"):
        if key in prop and (place / key).need(kind != "BOOLEAN" or key == "default", "value", "noData for BOOLEAN"):
            _check_shape(prop[key], prop, enums, place / key)


def _check_semantic(prop: Json, used: set[str], place: Place, known: dict[str, tuple[str, str | None, bool]]) -> None:
    semantic = place.get(prop, "semantic", "string")
    if semantic is None:
        return
    at = place / "semantic"
    at.need(semantic not in used, "duplicate", f"{semantic} twice in a class")
    used.add(semantic)
    if semantic not in known:
        at.warning("semantic-unknown", f"{semantic} is no semantic that the checker knows")
        return
    kind, component, array = known[semantic]
    same = prop.get("type") == kind and bool(prop.get("array")) == array
    same &= component is None or prop.get("componentType") == component
    at.need(same, "semantic", f"{semantic} is {component or ''} {kind}{' array' if array else ''}")


def check_entity(entity: Json, schema: Json | None, place: Place) -> Json:
    """A metadata entity of a tileset (tileset, tile, content, group): its values by semantic."""
    name = place.get(entity, "class", "string", required=True)
    values = place.get(entity, "properties", "object") or {}
    if name is None:
        return {}
    if not place.need(schema is not None, "schema-missing", "metadata without schema"):
        return {}
    each = schema.get("classes", {}).get(name)
    if not (place / "class").need(isinstance(each, dict), "unknown-class", f"no class {name}"):
        return {}
    properties = each.get("properties", {})
    by_semantic = {}
    for key, value in values.items():
        at = place / "properties" / key
        if at.need(key in properties, "unknown-property", f"class {name} has no property {key}"):
            check_value(value, properties[key], schema.get("enums", {}), at)
            by_semantic[properties[key].get("semantic")] = value
    for key, prop in properties.items():
        if prop.get("required"):
            place.need(values.get(key) is not None, "required", f"{key} has no value")
    return by_semantic


def check_value(value: Any, prop: Json, enums: Json, place: Place) -> None:
    """One value in JSON: shape, range of the component type, and the property's own min and max."""
    if value is None or value == prop.get("noData"):
        return
    if not _check_shape(value, prop, enums, place) or prop["type"] not in COMPONENTS:
        return
    numbers = transformed(np.array(value, dtype=np.float64), prop, prop)
    for key, beyond in (("min", np.less), ("max", np.greater)):
        if key in prop and np.any(beyond(numbers, np.array(prop[key], dtype=np.float64))):
            place.error("value-range", f"{numbers.tolist()} beyond {key} {prop[key]}")


def transformed(raw: np.ndarray, prop: Json, own: Json) -> np.ndarray:
    """Values after normalization, scale and offset; a property table's own scale and offset go before the class's."""
    component = prop.get("componentType")
    out = raw.astype(np.float64)
    if prop.get("normalized"):
        out = np.maximum(out / np.iinfo(INTEGERS[component]).max, -1.0)
    scale, offset = (np.array(own.get(key, prop.get(key, neutral))) for key, neutral in (("scale", 1), ("offset", 0)))
    return out * scale + offset


def _check_shape(value: Any, prop: Json, enums: Json, place: Place) -> bool:
    """Whether a JSON value has the shape of the property's type; every number within its component type."""
    if prop.get("array"):
        if not place.need(isinstance(value, list), "type", f"no array: {value!r:.60}"):
            return False
        count = prop.get("count")
        good = place.need(count is None or len(value) == count, "length", f"{len(value)} items, not {count}")
        single = {**prop, "array": False}
        return all([good, *(_check_shape(item, single, enums, place / i) for i, item in enumerate(value))])
    kind = prop["type"]
    if kind == "BOOLEAN":
        return place.need(is_kind(value, "boolean"), "type", f"no boolean: {value!r:.60}")
    if kind in ("STRING", "ENUM") and not place.need(is_kind(value, "string"), "type", f"no string: {value!r:.60}"):
        return False
    if kind == "ENUM":
        names = [each.get("name") for each in enums.get(prop.get("enumType"), {}).get("values", [])]
        return place.need(value in names, "enum-value", f"{value} is none of {names}")
    if kind == "STRING":
        return True
    size = COMPONENTS[kind]
    if size == 1:
        return _check_number(value, prop["componentType"], place)
    if not place.need(isinstance(value, list) and len(value) == size, "length", f"{kind} wants {size} numbers"):
        return False
    good = [_check_number(item, prop["componentType"], place / i) for i, item in enumerate(value)]
    return all(good)


def _check_number(value: Any, component: str, place: Place) -> bool:
    if component not in INTEGERS:
        return place.need(is_kind(value, "number"), "type", f"no number: {value!r:.60}")
    if not place.need(is_kind(value, "integer"), "type", f"no integer: {value!r:.60}"):
        return False
    limits = np.iinfo(INTEGERS[component])
    return place.need(limits.min <= value <= limits.max, "range", f"{value} is no {component}")
