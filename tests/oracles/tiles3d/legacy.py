"""Tile formats of 3D Tiles 1.0: b3dm, i3dm, pnts, cmpt: headers, lengths, alignment, feature and batch tables."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from oracles.tiles3d.files import Files, fetch, parse_object
from oracles.tiles3d.findings import Json, Place, is_kind
from oracles.tiles3d.glb import WIDTHS, open_gltf
from oracles.tiles3d.gltf import Scene, check_scene
from oracles.tiles3d.property_table import Ranges, widen

HEADERS = {b"b3dm": 28, b"i3dm": 32, b"pnts": 28}
DTYPES = {"BYTE": np.dtype("i1"), "UNSIGNED_BYTE": np.dtype("u1"), "SHORT": np.dtype("<i2"),
          "UNSIGNED_SHORT": np.dtype("<u2"), "INT": np.dtype("<i4"), "UNSIGNED_INT": np.dtype("<u4"),
          "FLOAT": np.dtype("<f4"), "DOUBLE": np.dtype("<f8")}  # fmt: skip
# Binary feature table semantics: bytes for one feature.
SEMANTICS = {"POSITION": 12, "POSITION_QUANTIZED": 6, "RGBA": 4, "RGB": 3, "RGB565": 2, "NORMAL": 12,
             "NORMAL_OCT16P": 2, "NORMAL_UP": 12, "NORMAL_RIGHT": 12, "NORMAL_UP_OCT32P": 4,
             "NORMAL_RIGHT_OCT32P": 4, "SCALE": 4, "SCALE_NON_UNIFORM": 12}  # fmt: skip
COUNTS = {b"b3dm": "BATCH_LENGTH", b"i3dm": "INSTANCES_LENGTH", b"pnts": "POINTS_LENGTH"}
NOTHING = Scene(np.empty((0, 3)), 0, 0)


@dataclass(frozen=True)
class Parts:
    """The sections of a b3dm, i3dm or pnts."""

    feature: Json
    feature_binary: bytes
    batch: Json
    batch_binary: bytes
    rest: bytes
    rest_at: int


def check_legacy(data: bytes, files: Files, name: str, place: Place) -> Scene:
    """A content of 3D Tiles 1.0 by its magic."""
    magic = data[:4]
    if magic == b"cmpt":
        return _check_composite(data, files, name, place)
    parts = _split(data, place)
    if parts is None:
        return NOTHING
    count = place.at_least(parts.feature, COUNTS[magic], 0, "integer", required=True) or 0
    _check_feature_table(parts, count, place / "featureTable")
    if magic == b"pnts":
        count = parts.feature.get("BATCH_LENGTH", count)
    _check_batch_table(parts, count, place / "batchTable")
    if magic == b"pnts":
        return Scene(np.empty((0, 3)), count, 0)
    if magic == b"i3dm":
        _check_instanced(data, parts, files, name, place)
        return Scene(np.empty((0, 3)), count, 0)
    gltf = open_gltf(parts.rest, files, name, place / "glb", embedded=True)
    if gltf is None:
        return NOTHING
    scene = check_scene(gltf, files, name, batch=count)
    given = isinstance(parts.feature.get("RTC_CENTER"), list)
    centre = place.numbers(parts.feature, "RTC_CENTER", 3) if given else None
    points = scene.points if centre is None else scene.points + centre
    return Scene(points, scene.features, scene.triangles, _batch_ranges(parts, count, place / "batchTable"))


def _split(data: bytes, place: Place) -> Parts | None:
    head = HEADERS[data[:4]]
    if not place.need(len(data) >= head, "length", f"{len(data)} bytes, the header has {head}"):
        return None
    version, size, *lengths = struct.unpack_from("<6I", data, 4)
    place.need(version == 1, "version", f"version {version}")
    whole = place.need(size == len(data), "byte-length", f"byteLength {size}, the file has {len(data)}")
    place.need(size % 8 == 0, "alignment", f"byteLength {size} is no multiple of 8")
    at, sections = head, []
    for label, length in zip(("feature JSON", "feature binary", "batch JSON", "batch binary"), lengths, strict=True):
        first = label == "feature JSON"  # right behind the header, wherever that ends
        place.need(first or at % 8 == 0 or length == 0, "alignment", f"{label} begins at byte {at}, no multiple of 8")
        sections.append(data[at : at + length])
        at += length
    if not place.need(at <= size, "length", f"tables end at byte {at} of {size}"):
        return None
    place.need(at % 8 == 0, "alignment", f"tables end at byte {at}, no multiple of 8")
    if not whole and size > len(data):
        return None
    feature = parse_object(sections[0], place / "featureTable") if sections[0] else {}
    batch = parse_object(sections[2], place / "batchTable") if sections[2] else {}
    if feature is None or batch is None:
        return None
    return Parts(feature, sections[1], batch, sections[3], data[at:size], at)


def _check_feature_table(parts: Parts, count: int, place: Place) -> None:
    for key, value in parts.feature.items():
        if isinstance(value, dict) and "byteOffset" in value and key in SEMANTICS:
            start = place.at_least(value, "byteOffset", 0, "integer") or 0
            end = start + SEMANTICS[key] * count
            size = len(parts.feature_binary)
            (place / key).need(end <= size, "length", f"bytes {start}…{end} of {size}")


def _check_batch_table(parts: Parts, count: int, place: Place) -> None:
    """Every property is an array of as many values as features, or points into the binary body."""
    for key, value in parts.batch.items():
        at = place / key
        if key in ("extensions", "extras"):
            continue
        if isinstance(value, list):
            at.need(len(value) == count, "batch-length", f"{len(value)} values for {count} features")
        elif at.need(isinstance(value, dict), "type", "neither an array nor a binary reference"):
            _check_reference(value, count, len(parts.batch_binary), at)
    if count == 0:
        place.need(not parts.batch, "batch-length", "a batch table without features")


def _batch_ranges(parts: Parts, count: int, place: Place) -> Ranges:
    """Ranges of the numbers in a batch table: its arrays, the objects of such an array (nested attributes), its binary
    columns. These have no word for no value: where there are nested attributes, they say which rows count and what they
    hold."""
    ranges: Ranges = {}
    alone = True
    binary = {key: _binary(value, count, parts.batch_binary) for key, value in parts.batch.items()}
    for key, values in parts.batch.items():
        rows = values if isinstance(values, list) else []
        nested = {name for row in rows if isinstance(row, dict) for name in row}
        columns = {name: [row.get(name) for row in rows if isinstance(row, dict)] for name in nested} | {key: rows}
        for name, column in columns.items():
            alone = alone and not nested
            known = [row for row, value in enumerate(column) if is_kind(value, "number")]
            widen(ranges, name, np.array([column[row] for row in known], dtype=np.float64))
            flat = binary.get(name) if name in nested else None
            if flat is not None:
                said = np.array([column[row] for row in known], dtype=np.float64)
                good = np.allclose(flat[known, 0], said, rtol=1e-6, atol=0.0)  # nested numbers may be shortened
                (place / name).need(good, "batch-values", "the binary column and the nested attributes differ")
    for name, flat in binary.items():
        if alone and flat is not None and flat.shape[1] == 1:
            widen(ranges, name, flat)
    return ranges


def _binary(value: Any, count: int, body: bytes) -> np.ndarray | None:
    """Values (count, width) of a binary column; None where it is none, or cannot be read (reported already)."""
    if not isinstance(value, dict):
        return None
    width, dtype = WIDTHS.get(str(value.get("type"))), DTYPES.get(str(value.get("componentType")))
    start = value.get("byteOffset")
    if width is None or dtype is None or not isinstance(start, int) or start < 0:
        return None
    if start + width * dtype.itemsize * count > len(body):
        return None
    return np.frombuffer(body, dtype, width * count, start).reshape(count, width).astype(np.float64)


def _check_reference(value: dict[str, Any], count: int, size: int, place: Place) -> None:
    start = place.at_least(value, "byteOffset", 0, "integer", required=True)
    width = {key: WIDTHS[key] for key in ("SCALAR", "VEC2", "VEC3", "VEC4")}.get(str(value.get("type")))
    dtype = DTYPES.get(str(value.get("componentType")))
    component = None if dtype is None else dtype.itemsize
    known = width is not None and component is not None
    if not place.need(known, "value", f"{value.get('componentType')} {value.get('type')}") or start is None:
        return
    end = start + (width or 0) * (component or 0) * count
    place.need(end <= size, "length", f"bytes {start}…{end} of {size}")
    place.need(start % (component or 1) == 0, "alignment", f"byte {start} for values of {component} bytes")


def _check_instanced(data: bytes, parts: Parts, files: Files, name: str, place: Place) -> None:
    form = struct.unpack_from("<I", data, 28)[0]
    if form == 1:
        gltf = open_gltf(parts.rest, files, name, place / "glb", embedded=True)
    elif place.need(form == 0, "value", f"gltfFormat {form}"):
        text = parts.rest.rstrip(b"\0")
        if len(text) < len(parts.rest):
            place.warning("uri-padding", f"{len(parts.rest) - len(text)} zero bytes after the URI, spaces are allowed")
        found = fetch(files, text.decode("utf-8", "replace").strip(), name, place / "uri")
        gltf = open_gltf(found[1], files, found[0], files.place(place.issues, found[0])) if found else None
    else:
        return
    if gltf is not None:
        check_scene(gltf, files, name)


def _check_composite(data: bytes, files: Files, name: str, place: Place) -> Scene:
    if not place.need(len(data) >= 16, "length", f"a cmpt of {len(data)} bytes"):
        return NOTHING
    version, size, tiles = struct.unpack_from("<3I", data, 4)
    place.need(version == 1, "version", f"version {version}")
    place.need(size == len(data), "byte-length", f"byteLength {size}, the file has {len(data)}")
    at, scenes = 16, []
    for i in range(tiles):
        inner = place / i
        known = data[at : at + 4] in {*HEADERS, b"cmpt"} and at + 12 <= len(data)
        if not inner.need(known, "magic", f"no tile at byte {at}"):
            return NOTHING
        length = struct.unpack_from("<I", data, at + 8)[0]
        scenes.append(check_legacy(data[at : at + length], files, name, inner))
        at += length
    place.need(at == size, "length", f"tiles end at byte {at} of {size}")
    points = np.concatenate([scene.points for scene in scenes]) if scenes else np.empty((0, 3))
    return Scene(points, sum(scene.features for scene in scenes), sum(scene.triangles for scene in scenes))
