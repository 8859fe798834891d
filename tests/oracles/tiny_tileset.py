"""A tileset of two walls, built by hand so that every byte is known: 1.1 (glb) and 1.0 (b3dm).

Frame of the tile: east, north, up; glTF's y is up. Wall 0 spans x 0…4, wall 1 x 6…10, both z 0…3 at y 0, m.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

Form = Literal["1.1", "1.0"]
BOX = [5.0, 0.0, 1.5, 5.0, 0, 0, 0, 0.5, 0, 0, 0, 1.5]
# Somewhere in Wiesbaden: the frame is rigid, so that metres stay metres. 48.08…, 8.24… as an east-north-up frame.
TURN = np.array([[-0.14332, -0.75904, 0.63507], [0.98968, -0.10992, 0.09197], [0.0, 0.64169, 0.76696]])


@dataclass
class Parts:
    """What the files are made of, open to change."""

    tileset: dict[str, Any]
    gltf: dict[str, Any]
    binary: bytearray
    feature: dict[str, Any]
    batch: dict[str, Any]
    batch_binary: bytearray


class _Buffer:
    """Views at multiples of 8 bytes."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, int]] = []

    def add(self, array: np.ndarray | bytes, stride: int | None = None, target: int | None = None) -> int:
        data = bytes(array) if isinstance(array, bytes) else np.ascontiguousarray(array).tobytes()
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data)}
        view |= {"byteStride": stride} if stride else {}
        view |= {"target": target} if target else {}
        self.views.append(view)
        self.data += data + bytes(-len(data) % 8)
        return len(self.views) - 1


def walls() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (8, 3) in glTF's axes, their feature ids (8,), triangles (4, 3)."""
    corner = [(x, z, 0.0) for x0 in (0.0, 6.0) for x, z in ((x0, 0.0), (x0 + 4, 0.0), (x0 + 4, 3.0), (x0, 3.0))]
    triangles = [(base + a, base + b, base + c) for base in (0, 4) for a, b, c in ((0, 1, 2), (0, 2, 3))]
    return np.array(corner, np.float32), np.repeat([0, 1], 4).astype(np.uint8), np.array(triangles, np.uint16)


def _schema() -> dict[str, Any]:
    number = {"type": "SCALAR", "componentType": "FLOAT32"}
    hours = {"type": "SCALAR", "componentType": "UINT16", "normalized": True, "array": True, "count": 3}
    return {
        "id": "tiny",
        "classes": {
            "surface": {
                "properties": {
                    "id": {"type": "STRING", "required": True},
                    "kwh": {**number, "noData": -1.0},
                    "hours": {**hours, "scale": [1000.0] * 3},
                    "notes": {"type": "STRING", "array": True},
                    "roof": {"type": "BOOLEAN"},
                    "kind": {"type": "ENUM", "enumType": "kind"},
                    "place": {"type": "VEC3", "componentType": "FLOAT64"},
                }
            }
        },
        "enums": {
            "kind": {"valueType": "UINT8", "values": [{"name": "wall", "value": 0}, {"name": "roof", "value": 1}]}
        },
    }


def _table(buffer: _Buffer) -> dict[str, Any]:
    offsets = lambda *values: buffer.add(np.array(values, np.uint32))  # noqa: E731
    hours = np.array([[0, 6554, 65535], [1, 2, 3]], np.uint16)
    return {
        "class": "surface",
        "count": 2,
        "properties": {
            "id": {"values": buffer.add("DEHE_1Süd".encode()), "stringOffsets": offsets(0, 6, 10)},
            "kwh": {"values": buffer.add(np.array([812.5, 640.25], np.float32)), "min": 640.25, "max": 812.5},
            "hours": {"values": buffer.add(hours)},
            "notes": {
                "values": buffer.add(b"oneandtwo"),
                "arrayOffsets": offsets(0, 1, 3),
                "stringOffsets": offsets(0, 3, 6, 9),
            },
            "roof": {"values": buffer.add(b"\x02")},
            "kind": {"values": buffer.add(np.array([0, 1], np.uint8))},
            "place": {"values": buffer.add(np.arange(6, dtype=np.float64))},
        },
    }


def parts(form: Form) -> Parts:
    """A valid tileset in pieces."""
    points, ids, triangles = walls()
    buffer = _Buffer()
    id_bytes = np.zeros((8, 4), np.uint8)
    id_bytes[:, 0] = ids
    views = {
        "position": buffer.add(points, 12, 34962),
        "normal": buffer.add(np.tile(np.array([0, 0, 1], np.float32), (8, 1)), 12, 34962),
        "id": buffer.add(id_bytes, 4, 34962),
        "index": buffer.add(triangles.ravel(), target=34963),
    }
    accessors = [
        {"bufferView": views["position"], "byteOffset": 0, "componentType": 5126, "count": 8, "type": "VEC3",
         "min": [0.0, 0.0, 0.0], "max": [10.0, 3.0, 0.0]},
        {"bufferView": views["normal"], "componentType": 5126, "count": 8, "type": "VEC3"},
        {"bufferView": views["id"], "componentType": 5121, "count": 8, "type": "SCALAR", "min": [0], "max": [1]},
        {"bufferView": views["index"], "componentType": 5123, "count": 12, "type": "SCALAR", "min": [0], "max": [7]},
    ]  # fmt: skip
    name = "_FEATURE_ID_0" if form == "1.1" else "_BATCHID"
    primitive: dict[str, Any] = {"attributes": {"POSITION": 0, "NORMAL": 1, name: 2}, "indices": 3, "material": 0}
    gltf: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"pbrMetallicRoughness": {"metallicFactor": 0.0}}],
        "accessors": accessors,
    }
    if form == "1.1":
        ids_of = {"featureCount": 2, "attribute": 0, "propertyTable": 0}
        primitive["extensions"] = {"EXT_mesh_features": {"featureIds": [ids_of]}}
        metadata = {"schema": _schema(), "propertyTables": [_table(buffer)]}
        gltf["extensions"] = {"EXT_structural_metadata": metadata}
        gltf["extensionsUsed"] = ["EXT_mesh_features", "EXT_structural_metadata"]
    gltf["bufferViews"] = buffer.views
    gltf["buffers"] = [{"byteLength": len(buffer.data)}]
    attributes = [{"n": 1}, {"n": 2}]
    batch = {
        "id": ["a", "b"],
        "attributes": attributes,
        "kwh": {"byteOffset": 8, "componentType": "DOUBLE", "type": "SCALAR"},
    }
    binary = bytearray(8) + bytearray(np.array([812.5, 640.25]).tobytes())
    return Parts(_tileset(form), gltf, buffer.data, {"BATCH_LENGTH": 2}, batch, binary)


def _tileset(form: Form) -> dict[str, Any]:
    frame = np.eye(4)
    frame[:3, :3] = np.linalg.qr(TURN)[0]
    frame[:3, 3] = [4058000.0, 588000.0, 4869000.0]
    uri = "near.glb" if form == "1.1" else "near.b3dm"
    child = {"boundingVolume": {"box": [*BOX]}, "geometricError": 0.0, "content": {"uri": uri}}
    return {
        "asset": {"version": form},
        "geometricError": 20.0,
        "root": {
            "boundingVolume": {"box": [*BOX[:3], 6.0, 0, 0, 0, 1.0, 0, 0, 0, 2.0]},
            "geometricError": 10.0,
            "refine": "REPLACE",
            "transform": frame.T.ravel().tolist(),
            "children": [child],
        },
    }


def glb(gltf: dict[str, Any], binary: bytes) -> bytes:
    """JSON and buffer as a GLB."""
    text = json.dumps(gltf).encode()
    text += b" " * (-(len(text) + 20) % 8)
    binary = bytes(binary) + bytes(-len(binary) % 8)
    size = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<4sII", b"glTF", 2, size) + struct.pack("<II", len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary


def b3dm(pieces: Parts) -> bytes:
    """Tables and GLB as a b3dm."""
    feature = json.dumps(pieces.feature).encode()
    feature += b" " * (-(len(feature) + 28) % 8)
    batch = json.dumps(pieces.batch).encode()
    batch += b" " * (-len(batch) % 8)
    body = bytes(pieces.batch_binary) + bytes(-len(pieces.batch_binary) % 8)
    inner = glb(pieces.gltf, pieces.binary)
    size = 28 + len(feature) + len(batch) + len(body) + len(inner)
    head = struct.pack("<4s6I", b"b3dm", 1, size, len(feature), 0, len(batch), len(body))
    return head + feature + batch + body + inner + bytes(-size % 8)


def write(
    folder: Path,
    form: Form,
    change: Callable[[Parts], object] | None = None,
    patch: Callable[[bytearray], object] | None = None,
) -> Path:
    """The tileset's files; change alters its pieces, patch the finished content file. Returns tileset.json."""
    pieces = parts(form)
    if change is not None:
        change(pieces)
    content = bytearray(glb(pieces.gltf, pieces.binary) if form == "1.1" else b3dm(pieces))
    if patch is not None:
        patch(content)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("near.glb" if form == "1.1" else "near.b3dm")).write_bytes(content)
    path = folder / "tileset.json"
    path.write_text(json.dumps(pieces.tileset), encoding="utf-8")
    return path


def subtree(content: dict[str, Any], binary: bytes = b"") -> bytes:
    """A subtree file."""
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 8)
    binary = binary + bytes(-len(binary) % 8)
    return struct.pack("<4sIQQ", b"subt", 1, len(text), len(binary)) + text + binary
