"""A glTF binary read by hand: its JSON and the numbers of its accessors, as glTF 2.0 lays them out."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

KINDS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}


def read_glb(path: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """JSON and every accessor (count, width) of a file."""
    content = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", content)
    assert magic == b"glTF" and version == 2 and length == len(content)
    size, kind = struct.unpack_from("<I4s", content, 12)
    assert kind == b"JSON"
    document = json.loads(content[20 : 20 + size])
    binary = content[20 + size + 8 :]
    return document, [_accessor(document, one, binary) for one in document["accessors"]]


def _accessor(document: dict[str, Any], accessor: dict[str, Any], binary: bytes) -> np.ndarray:
    view = document["bufferViews"][accessor["bufferView"]]
    dtype, width = np.dtype(KINDS[accessor["componentType"]]), WIDTH[accessor["type"]]
    stride = view.get("byteStride", dtype.itemsize * width)
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    rows = [np.frombuffer(binary, dtype, width, start + row * stride) for row in range(accessor["count"])]
    return np.array(rows)
