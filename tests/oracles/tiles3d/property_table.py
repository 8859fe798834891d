"""Property tables: values of a class in binary (3D Metadata Specification, binary table format)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from oracles.tiles3d.findings import Json, Place
from oracles.tiles3d.schema import COMPONENTS, DTYPES, INTEGERS, transformed

Ranges = dict[str, tuple[float, float]]  # least and greatest value of a property over all features
ALIGNMENT = 8
OFFSET_TYPES = {"UINT8", "UINT16", "UINT32", "UINT64"}


@dataclass(frozen=True)
class Views:
    """Buffer views as bytes and where each begins in its buffer (None: unreadable, reported already)."""

    data: list[bytes | None]
    offset: list[int]

    def take(self, holder: Json, key: str, place: Place) -> bytes | None:
        """The bytes of the buffer view that holder[key] names; it must begin at a multiple of 8 bytes."""
        index = place.index(holder, key, self.data)
        if index is None:
            return None
        start = self.offset[index]
        (place / key).need(
            start % ALIGNMENT == 0, "alignment", f"view {index} begins at byte {start}, no multiple of 8"
        )
        return self.data[index]


def widen(ranges: Ranges, name: str, numbers: np.ndarray) -> None:
    """Take further values of a property into its range."""
    if len(numbers):
        low, high = ranges.get(name, (np.inf, -np.inf))
        ranges[name] = (min(low, float(numbers.min())), max(high, float(numbers.max())))


def check_table(table: Json, schema: Json | None, views: Views, place: Place, ranges: Ranges) -> int:
    """A property table; the number of its rows (0 where that cannot be told). ranges grow by its scalars."""
    name = place.get(table, "class", "string", required=True)
    count = place.at_least(table, "count", 1, "integer", required=True)
    values = place.get(table, "properties", "object") or {}
    if name is None or count is None:
        return count or 0
    each = (schema or {}).get("classes", {}).get(name)
    if not (place / "class").need(isinstance(each, dict), "unknown-class", f"no class {name}"):
        return count
    properties = each.get("properties", {})
    for key, own in values.items():
        at = place / "properties" / key
        if at.need(key in properties, "unknown-property", f"class {name} has no property {key}") and at.need(
            isinstance(own, dict), "type", "no object"
        ):
            numbers = _check_column(own, properties[key], (schema or {}).get("enums", {}), count, views, at)
            if numbers is not None and numbers.shape[1] == 1:
                widen(ranges, key, numbers)
    for key, prop in properties.items():
        if prop.get("required"):
            place.need(key in values, "required", f"{key} has no values")
    return count


def _check_column(own: Json, prop: Json, enums: Json, count: int, views: Views, place: Place) -> np.ndarray | None:
    """A property's values; those that are numbers and present (rows, numbers a row), as they are meant."""
    data = views.take(own, "values", place)
    if not place.need("values" in own, "missing", "no values") or data is None:
        return None
    variable = prop.get("array") and "count" not in prop
    place.need(variable or "arrayOffsets" not in own, "value", "arrayOffsets, yet arrays of fixed length or none")
    string = prop["type"] == "STRING"
    place.need(string or "stringOffsets" not in own, "value", "stringOffsets, yet no strings")
    items: int | None = count
    if variable:
        items = _offsets(own, "arrayOffsets", count, views, place)
    elif prop.get("array"):
        items = count * prop["count"]
    if items is None:
        return None
    if string:
        _check_strings(own, items, data, views, place)
    elif prop["type"] == "BOOLEAN":
        _check_bits(data, items, place / "values")
    else:
        return _check_numbers(own, prop, enums, items, data, place)
    return None


def _offsets(own: Json, key: str, count: int, views: Views, place: Place) -> int | None:
    """The last of count + 1 offsets, which must begin with 0 and never fall: how many items they cut."""
    data = views.take(own, key, place)
    if not place.need(key in own, "missing", f"no {key}") or data is None:
        return None
    at = place / key
    kind = own.get(key.removesuffix("s") + "Type", "UINT32")
    if not at.need(kind in OFFSET_TYPES, "value", f"{kind} is no type of offsets"):
        return None
    wanted = (count + 1) * INTEGERS[kind].itemsize
    if not at.need(len(data) == wanted, "length", f"{len(data)} bytes for {count} + 1 offsets {kind}, {wanted} wanted"):
        return None
    offsets = np.frombuffer(data, INTEGERS[kind]).astype(np.int64)
    at.need(offsets[0] == 0, "offsets", f"first offset is {offsets[0]}, not 0")
    at.need(bool(np.all(np.diff(offsets) >= 0)), "offsets", "offsets fall")
    return int(offsets[-1])


def _check_strings(own: Json, items: int, data: bytes, views: Views, place: Place) -> None:
    end = _offsets(own, "stringOffsets", items, views, place)
    if end is None:
        return
    at = place / "values"
    at.need(len(data) == end, "length", f"{len(data)} bytes, last offset {end}")
    kind = INTEGERS[own.get("stringOffsetType", "UINT32")]
    offsets = np.frombuffer(views.data[own["stringOffsets"]] or b"", kind).astype(np.int64)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        at.error("utf-8", str(error))
        return
    inner = offsets[(offsets > 0) & (offsets < len(data))]
    within = np.frombuffer(data, np.uint8)[inner] & 0xC0 == 0x80  # a continuation byte: the cut splits a character
    at.need(not within.any(), "utf-8", "an offset cuts a character")


def _check_bits(data: bytes, items: int, place: Place) -> None:
    wanted = (items + 7) // 8
    if place.need(len(data) == wanted, "length", f"{len(data)} bytes for {items} bits, {wanted} wanted"):
        rest = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[items:]
        place.need(not rest.any(), "padding", "bits after the last value are set")


def _check_numbers(own: Json, prop: Json, enums: Json, items: int, data: bytes, place: Place) -> np.ndarray | None:
    at = place / "values"
    enum = enums.get(prop.get("enumType"), {})
    component = enum.get("valueType", "UINT16") if prop["type"] == "ENUM" else prop["componentType"]
    size = COMPONENTS.get(prop["type"], 1)
    wanted = items * size * DTYPES[component].itemsize
    if not at.need(
        len(data) == wanted, "length", f"{len(data)} bytes for {items} × {size} {component}, {wanted} wanted"
    ):
        return None
    raw = np.frombuffer(data, DTYPES[component])
    if prop["type"] == "ENUM":
        allowed = [each.get("value") for each in enum.get("values", [])]
        at.need(bool(np.isin(raw, allowed).all()), "enum-value", f"values besides {allowed}")
        return None
    per_row = size * prop.get("count", 1)
    rows = raw.reshape(-1, per_row)
    present = np.ones(len(rows), dtype=bool)
    if "noData" in prop:
        present = (rows != np.array(prop["noData"], dtype=raw.dtype).reshape(-1)).any(axis=1)
    if raw.dtype.kind == "f":
        at.need(bool(np.isfinite(rows[present]).all()), "finite", "NaN or infinite where noData does not say so")
    return _check_limits(own, prop, rows[present], place)


def _check_limits(own: Json, prop: Json, rows: np.ndarray, place: Place) -> np.ndarray:
    """The table's min and max are those of its values; the class's are never passed. Both after scale and offset."""
    flat = {key: np.array(own[key], dtype=np.float64).reshape(-1) for key in ("scale", "offset") if key in own}
    kind = {**prop, **{k: np.array(prop[k], np.float64).reshape(-1) for k in ("scale", "offset") if k in prop}}
    numbers = transformed(rows, kind, flat)
    # 1 in the last digit of float32, which is what a client computes in
    slack = 1e-6 * (1 + float(np.abs(numbers).max(initial=0.0)))
    for key, reduce in (("min", np.min), ("max", np.max)):
        sign = 1 if key == "max" else -1
        if key in own and len(numbers):
            stated: Any = np.array(own[key], dtype=np.float64).reshape(-1)
            true = reduce(numbers, axis=0)
            good = stated.shape == true.shape and bool(np.all(np.abs(stated - true) <= slack))
            (place / key).need(good, "min-max", f"{key} is {true.tolist()}, not {own[key]}")
        if key in prop and len(numbers):
            limit = np.array(prop[key], dtype=np.float64).reshape(-1)
            place.need(bool(np.all(sign * (numbers - limit) <= slack)), "value-range", f"beyond the class's {key}")
    return numbers
