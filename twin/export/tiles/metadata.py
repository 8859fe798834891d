"""EXT_structural_metadata: the schema and one property table of a tile.

Source: 3D Metadata specification and EXT_structural_metadata (Cesium, 3D Tiles 1.1). Booleans are bits, strings and
their offsets two buffer views, the matrix a fixed-length array of normalised 16-bit numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.export.tiles.glb import Buffer
from twin.export.tiles.properties import MATRIX_FULL_W_M2, NO_NUMBER, NO_SHARE, Column, Property
from twin.month_hour import BINS

SCHEMA_ID, CLASS = "heliotwin", "surface"
NUMBER = {"number": "FLOAT64", "count": "FLOAT64", "float": "FLOAT32"}
# The property that tells a client what a feature is called.
SEMANTIC = {"id": "ID"}


def schema_of(columns: list[Column]) -> dict[str, Any]:
    """Schema with one class for the properties."""
    return {
        "id": SCHEMA_ID,
        "description": "solar results of heliotwin on roofs, walls and openings",
        "classes": {
            CLASS: {"name": "surface", "properties": {c.property.name: class_property(c.property) for c in columns}}
        },
    }


def class_property(described: Property) -> dict[str, Any]:
    """A property as the 3D Metadata schema has it."""
    unit = f" [{described.unit}]" if described.unit else ""
    out: dict[str, Any] = {"description": described.description + unit}
    if described.kind == "text":
        out |= {"type": "STRING", "noData": ""}
        if described.name in SEMANTIC:
            out = {"description": out["description"], "type": "STRING", "semantic": SEMANTIC[described.name]}
    elif described.kind == "flag":
        out |= {"type": "BOOLEAN"}
    elif described.kind == "matrix":
        out |= {"type": "SCALAR", "componentType": "UINT16", "normalized": True, "array": True, "count": BINS}
        out |= {"scale": [MATRIX_FULL_W_M2] * BINS, "noData": [NO_SHARE] * BINS}
    else:
        out |= {"type": "SCALAR", "componentType": NUMBER[described.kind], "noData": NO_NUMBER}
    return out


def property_table(columns: list[Column], buffer: Buffer) -> dict[str, Any]:
    """The values of a tile's features as a property table; their bytes go into the buffer.

    A text that no feature has is left out: a buffer view must not be empty, and what is not there is no data.
    """
    count = len(columns[0].value)
    told = [c for c in columns if c.property.kind != "text" or any(map(str, c.value))]
    return {
        "name": "surfaces",
        "class": CLASS,
        "count": count,
        "properties": {c.property.name: _values(c, buffer) for c in told},
    }


def _values(column: Column, buffer: Buffer) -> dict[str, Any]:
    kind = column.property.kind
    if kind == "text":
        return _strings(column.value, buffer)
    if kind == "flag":
        return {"values": buffer.view(np.packbits(column.value.astype(bool), bitorder="little").tobytes())}
    if kind == "matrix":
        return {"values": buffer.view(np.ascontiguousarray(column.value.astype("<u2")).tobytes())}
    plain = np.where(np.isfinite(column.value), column.value, NO_NUMBER)
    return {"values": buffer.view(plain.astype("<f4" if kind == "float" else "<f8").tobytes())}


def _strings(value: NDArray[np.generic], buffer: Buffer) -> dict[str, Any]:
    encoded = [str(text).encode() for text in value]
    offset = np.concatenate([[0], np.cumsum([len(text) for text in encoded])]).astype("<u4")
    return {
        "values": buffer.view(b"".join(encoded)),
        "stringOffsets": buffer.view(offset.tobytes()),
        "stringOffsetType": "UINT32",
    }
