"""Features of a tileset as a client meets them: values by name out of the binary, corners of triangles on Earth.

Reads what our tilesets have, by the specifications: 3D Metadata's binary tables (1.1), batch tables (1.0).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Json = dict[str, Any]
COMPONENTS = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
FLOATS = {"FLOAT64": "<f8", "FLOAT32": "<f4"}


@dataclass(frozen=True)
class Feature:
    """One feature of a tile."""

    flat: Json  # values by property, None where there is none; of 1.0 the flat ones
    nested: Json  # of 1.0 the object in ``attributes``
    corners: np.ndarray  # (T, 3, 3) EPSG:4978 [m]


def features_of(folder: Path) -> dict[str, Feature]:
    """Every feature of a tileset by its id."""
    tileset = json.loads((folder / "tileset.json").read_text(encoding="utf-8"))
    found: dict[str, Feature] = {}
    for uri, matrix in _tiles(tileset["root"], np.eye(4)):
        content = (folder / uri).read_bytes()
        own = list(_of_b3dm(content, matrix) if uri.endswith(".b3dm") else _of_glb(content, matrix))
        assert not found.keys() & {feature.flat["id"] for feature in own}
        found |= {feature.flat["id"]: feature for feature in own}
    return found


def _tiles(tile: Json, above: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    matrix = above @ np.array(tile.get("transform", np.eye(4).T.ravel()), np.float64).reshape(4, 4).T
    yield tile["content"]["uri"], matrix
    for child in tile.get("children", []):
        yield from _tiles(child, matrix)


def _of_glb(content: bytes, matrix: np.ndarray) -> Iterator[Feature]:
    document, binary = _opened(content)
    extension = document["extensions"]["EXT_structural_metadata"]
    (table,) = extension["propertyTables"]
    described = extension["schema"]["classes"][table["class"]]["properties"]
    columns = {
        name: _values(described[name], own, table["count"], document, binary)
        for name, own in table["properties"].items()
    }
    by_feature = _corners(document, binary, matrix, "_FEATURE_ID_0", table["count"])
    for row, corners in enumerate(by_feature):
        yield Feature({name: column[row] for name, column in columns.items()}, {}, corners)


def _of_b3dm(content: bytes, matrix: np.ndarray) -> Iterator[Feature]:
    *_, features, feature_binary, batch, batch_binary = struct.unpack_from("<4s6I", content)
    at = 28 + features + feature_binary
    table = json.loads(content[at : at + batch])
    body = content[at + batch : at + batch + batch_binary]
    nested = table.pop("attributes")
    columns = {name: _batch_values(own, len(nested), body) for name, own in table.items()}
    document, binary = _opened(content[at + batch + batch_binary :])
    for row, corners in enumerate(_corners(document, binary, matrix, "_BATCHID", len(nested))):
        yield Feature({name: column[row] for name, column in columns.items()}, nested[row], corners)


def _batch_values(own: Any, count: int, body: bytes) -> list[Any]:
    if isinstance(own, list):
        return own
    assert (own["componentType"], own["type"]) == ("DOUBLE", "SCALAR")
    return [None if value == -9999.0 else value for value in np.frombuffer(body, "<f8", count, own["byteOffset"])]


def _opened(content: bytes) -> tuple[Json, bytes]:
    (size,) = struct.unpack_from("<I", content, 12)
    (length,) = struct.unpack_from("<I", content, 20 + size)
    return json.loads(content[20 : 20 + size]), content[28 + size : 28 + size + length]


def _view(document: Json, binary: bytes, index: int) -> bytes:
    view = document["bufferViews"][index]
    return binary[view.get("byteOffset", 0) :][: view["byteLength"]]


def _values(described: Json, own: Json, count: int, document: Json, binary: bytes) -> list[Any]:
    data = _view(document, binary, own["values"])
    if described["type"] == "STRING":
        offset = np.frombuffer(_view(document, binary, own["stringOffsets"]), "<u4")
        return [data[first:last].decode() or None for first, last in pairwise(offset)]
    if described["type"] == "BOOLEAN":
        return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[:count].astype(bool).tolist()
    if described.get("array"):
        raw = np.frombuffer(data, "<u2").reshape(count, described["count"])
        nothing = (raw == np.array(described["noData"])).all(axis=1)
        meant = raw / 65535.0 * np.array(described["scale"])
        return [None if none else row for none, row in zip(nothing, meant, strict=True)]
    number = np.frombuffer(data, FLOATS[described["componentType"]])
    assert len(number) == count
    return [None if value == described["noData"] else float(value) for value in number]


def _corners(document: Json, binary: bytes, matrix: np.ndarray, name: str, count: int) -> list[np.ndarray]:
    """Corners of the triangles of each feature; glTF is y up, tiles are z up."""
    out: list[list[np.ndarray]] = [[] for _ in range(count)]
    for primitive in document["meshes"][0]["primitives"]:
        x, y, z = _accessor(document, binary, primitive["attributes"]["POSITION"]).astype(np.float64).T
        place = np.stack([x, -z, y, np.ones_like(x)], axis=1) @ matrix.T
        feature = _accessor(document, binary, primitive["attributes"][name])[:, 0].astype(int)
        for corner in _accessor(document, binary, primitive["indices"]).reshape(-1, 3):
            (own,) = set(feature[corner].tolist())
            out[own].append(place[corner, :3])
    return [np.array(triangles).reshape(-1, 3, 3) for triangles in out]


def _accessor(document: Json, binary: bytes, index: int) -> np.ndarray:
    accessor = document["accessors"][index]
    view = document["bufferViews"][accessor["bufferView"]]
    dtype, width = np.dtype(COMPONENTS[accessor["componentType"]]), WIDTHS[accessor["type"]]
    stride = view.get("byteStride", dtype.itemsize * width) // dtype.itemsize
    first = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    flat = np.frombuffer(binary, dtype, (accessor["count"] - 1) * stride + width, first)
    return np.stack([flat[column::stride][: accessor["count"]] for column in range(width)], axis=1)
