"""glTF 2.0 binary (glb): a JSON chunk and one buffer, aligned as the format asks.

Source: glTF 2.0 specification § 4.4 and § 3.6. Knows bytes and accessors, nothing of cities.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION = b"glTF", 2
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
COMPONENT = {np.dtype(np.uint8): 5121, np.dtype(np.uint16): 5123, np.dtype(np.uint32): 5125, np.dtype(np.float32): 5126}
COMPONENT |= {np.dtype(np.int8): 5120}
# Property tables of EXT_structural_metadata begin on multiples of 8; everything else on fewer.
ALIGNMENT = 8


class Buffer:
    """One buffer that grows view by view."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.length = 0
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def view(self, content: bytes, target: int | None = None, stride: int | None = None) -> int:
        """Index of a new buffer view with this content."""
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self.length, "byteLength": len(content)}
        if stride is not None:
            view["byteStride"] = stride
        if target is not None:
            view["target"] = target
        self.views.append(view)
        self._append(content)
        return len(self.views) - 1

    def attribute(
        self, value: NDArray[np.generic], kind: Literal["SCALAR", "VEC2", "VEC3", "VEC4"], normalized: bool = False
    ) -> int:
        """Index of a new accessor over one value a vertex; elements are padded to multiples of 4 bytes."""
        table = value.reshape(len(value), -1)
        width = table.shape[1] * table.dtype.itemsize
        stride = -(-width // 4) * 4
        bytes_ = np.ascontiguousarray(table).view(np.uint8).reshape(len(table), width)
        padded = np.zeros((len(table), stride), np.uint8)
        padded[:, :width] = bytes_
        accessor: dict[str, Any] = {
            "bufferView": self.view(padded.tobytes(), ARRAY_BUFFER, stride),
            "componentType": COMPONENT[table.dtype],
            "count": len(table),
            "type": kind,
            "min": _plain(table.min(axis=0)),
            "max": _plain(table.max(axis=0)),
        }
        if normalized:
            accessor["normalized"] = True
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def indices(self, value: NDArray[np.integer]) -> int:
        """Index of a new accessor over vertex numbers, two bytes each where they fit."""
        flat = value.reshape(-1)
        highest = int(flat.max(initial=0))
        packed = flat.astype(np.uint16 if highest < 65535 else np.uint32)
        self.accessors.append(
            {
                "bufferView": self.view(packed.tobytes(), ELEMENT_ARRAY_BUFFER),
                "componentType": COMPONENT[packed.dtype],
                "count": len(packed),
                "type": "SCALAR",
                "min": [int(flat.min(initial=0))],
                "max": [highest],
            }
        )
        return len(self.accessors) - 1

    def _append(self, content: bytes) -> None:
        padding = -len(content) % ALIGNMENT
        self.parts += [content, bytes(padding)]
        self.length += len(content) + padding


def _plain(row: NDArray[np.generic]) -> list[float | int]:
    return [value.item() for value in row]


def pack(document: dict[str, Any], buffer: Buffer) -> bytes:
    """A glb of a document, to which the buffer's views and accessors are added."""
    whole = {
        **document,
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": buffer.length}],
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    # 12 + 8 + text + 8: the binary chunk's content begins on a multiple of 8 only if the text is 4 beyond one
    text += b" " * 4
    binary = b"".join(buffer.parts)
    length = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        [
            struct.pack("<4sII", MAGIC, VERSION, length),
            struct.pack("<II", len(text), JSON_CHUNK),
            text,
            struct.pack("<II", len(binary), BINARY_CHUNK),
            binary,
        ]
    )
