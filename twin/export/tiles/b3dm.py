"""Batched 3D Model, the tile of 3D Tiles 1.0: a glb with ``_BATCHID`` and a batch table.

Source: 3D Tiles 1.0 specification, OGC 18-053r2 § 10 and § 8.2. VC Map reads nested ``attributes`` from the batch
table's JSON (VC Solar: ``getProperty('attributes')``); styles of Masterportal and Cesium read the flat numbers, which
stand in its binary part.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from twin.export.tiles.properties import MATRIX_FULL_W_M2, NO_NUMBER, NO_SHARE, Column

HEADER = 28
ALIGNMENT = 8
# One step of the packed matrix [W/m²]; JSON takes it in whole watts.
WATTS = MATRIX_FULL_W_M2 / 65535.0


def batch_table(columns: list[Column]) -> tuple[dict[str, Any], bytes]:
    """Batch table: ``id`` and the texts, nested ``attributes`` of every feature, flat numbers as binary.

    The binary part has ``NO_NUMBER`` for no value; the nested attributes leave such a key out.
    """
    head: dict[str, Any] = {}
    parts: list[bytes] = []
    length = 0
    for column in columns:
        kind = column.property.kind
        if kind == "text":
            head[column.property.name] = [str(text) for text in column.value]
        elif kind in ("number", "count", "float"):
            plain = np.where(np.isfinite(column.value), column.value, NO_NUMBER).astype("<f8").tobytes()
            head[column.property.name] = {"byteOffset": length, "componentType": "DOUBLE", "type": "SCALAR"}
            parts.append(plain)
            length += len(plain)
    head["attributes"] = nested(columns)
    return head, b"".join(parts)


def nested(columns: list[Column]) -> list[dict[str, Any]]:
    """The attributes of every feature as one object each, without what has no value."""
    out: list[dict[str, Any]] = [{} for _ in columns[0].value]
    for column in columns:
        name, kind = column.property.name, column.property.kind
        if name == "id":
            continue
        value = column.value
        if kind == "matrix":
            known = (value != NO_SHARE).any(axis=1)
            value = np.round(np.asarray(value, np.float64) * WATTS).astype(np.int64)
        elif kind == "text":
            known = value != ""
        else:
            known = np.isfinite(value.astype(np.float64))
        for row, told in zip(np.flatnonzero(known).tolist(), value[known].tolist(), strict=True):
            out[row][name] = float(f"{told:.7g}") if kind == "float" else told
    return out


def pack(glb: bytes, columns: list[Column]) -> bytes:
    """A b3dm around a glb; every part begins and ends on a multiple of 8 bytes."""
    table, binary = batch_table(columns)
    count = len(columns[0].value)
    feature_text = _padded_json({"BATCH_LENGTH": count}, HEADER)
    batch_text = _padded_json(table, HEADER + len(feature_text))
    binary += bytes(-len(binary) % ALIGNMENT)
    body = glb + bytes(-len(glb) % ALIGNMENT)
    length = HEADER + len(feature_text) + len(batch_text) + len(binary) + len(body)
    head = struct.pack("<4sIIIIII", b"b3dm", 1, length, len(feature_text), 0, len(batch_text), len(binary))
    return head + feature_text + batch_text + binary + body


def _padded_json(value: object, offset: int) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return text + b" " * (-(offset + len(text)) % ALIGNMENT)
