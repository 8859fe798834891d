"""A glTF asset opened: header and chunks of a GLB, buffers, buffer views, accessors as arrays."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass, field

import numpy as np
from oracles.tiles3d.files import Files, fetch, parse_object
from oracles.tiles3d.findings import Json, Place
from oracles.tiles3d.property_table import Views

JSON_CHUNK, BIN_CHUNK = 0x4E4F534A, 0x004E4942
COMPONENT_DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
UNREAD = ("EXT_meshopt_compression", "KHR_draco_mesh_compression")


@dataclass
class Gltf:
    """A glTF whose buffers are loaded. arrays[i] is accessor i as (count, width), or None where it cannot be read."""

    json: Json
    place: Place
    views: Views = field(default_factory=lambda: Views([], []))
    arrays: list[np.ndarray | None] = field(default_factory=list)

    def list(self, key: str) -> list[Json]:
        """A top-level list; what is no object in it was reported on opening."""
        return [each if isinstance(each, dict) else {} for each in self.json.get(key, [])]


def open_gltf(data: bytes, files: Files, name: str, place: Place, embedded: bool = False) -> Gltf | None:
    """A GLB or a glTF; embedded: in a b3dm, after whose GLB up to 7 zeros may stand."""
    chunk = b""
    if data[:4] == b"glTF":
        parts = _chunks(data, place, embedded)
        if parts is None:
            return None
        text, chunk = parts
    else:
        text = data
    content = parse_object(text, place)
    if content is None:
        return None
    gltf = Gltf(content, place)
    asset = place.get(content, "asset", "object", required=True) or {}
    version = (place / "asset").get(asset, "version", "string", required=True) or "2.0"
    at = place / "asset" / "version"
    if at.need(re.fullmatch(r"2\.\d+", version) is not None, "version", f"glTF {version}, not 2") and version != "2.0":
        at.warning("minor-version", f"glTF {version}: only 2.0 is known")
    for key in (
        "scenes",
        "nodes",
        "meshes",
        "accessors",
        "bufferViews",
        "buffers",
        "materials",
        "textures",
        "images",
        "samplers",
    ):
        place.objects(content, key)
    _check_extensions(content, place)
    buffers = _buffers(gltf, chunk, files, name, data[:4] == b"glTF")
    gltf.views = _views(gltf, buffers)
    gltf.arrays = [_accessor(gltf, each, place / "accessors" / i) for i, each in enumerate(gltf.list("accessors"))]
    return gltf


def _chunks(data: bytes, place: Place, embedded: bool) -> tuple[bytes, bytes] | None:
    """JSON and binary chunk of a GLB."""
    if not place.need(len(data) >= 20, "length", f"a GLB of {len(data)} bytes"):
        return None
    _, version, length = struct.unpack_from("<4sII", data)
    place.need(version == 2, "version", f"GLB version {version}")
    rest = data[length:]
    exact = length == len(data) or (embedded and length < len(data) and len(rest) < 8 and not any(rest))
    if not place.need(exact, "length", f"header says {length} bytes, there are {len(data)}"):
        return None
    found, at = [], 12
    while at < length:
        if not place.need(at + 8 <= length, "length", f"chunk header cut at byte {at}"):
            return None
        size, kind = struct.unpack_from("<II", data, at)
        if not place.need(at + 8 + size <= length, "length", f"chunk at byte {at} of {size} bytes passes the end"):
            return None
        place.need(size % 4 == 0, "alignment", f"chunk at byte {at} has {size} bytes, no multiple of 4")
        found.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    kinds = [kind for kind, _ in found]
    if not place.need(kinds in ([JSON_CHUNK], [JSON_CHUNK, BIN_CHUNK]), "chunks", f"chunks {[hex(k) for k in kinds]}"):
        return None
    return found[0][1], found[1][1] if len(found) > 1 else b""


def _check_extensions(content: Json, place: Place) -> None:
    used = set(place.items(content, "extensionsUsed"))
    required = set(place.items(content, "extensionsRequired"))
    place.need(required <= used, "extension-required-unused", f"{sorted(required - used)} required, not used")
    found: set[str] = set()
    stack: list[object] = [content]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            found |= set(each.get("extensions", {}))
            stack += [value for key, value in each.items() if key != "extras"]
        elif isinstance(each, list) and each and isinstance(each[0], dict | list):
            stack += each
    place.need(found <= used, "extension-undeclared", f"{sorted(found - used)} not in extensionsUsed")
    # A material's extension may be an empty object, but every one appears where it is used.
    for name in sorted(used - found - {"KHR_mesh_quantization"}):
        place.warning("extension-unused", f"{name} is declared and not there")


def _buffers(gltf: Gltf, chunk: bytes, files: Files, name: str, is_glb: bool) -> list[bytes | None]:
    out: list[bytes | None] = []
    for i, each in enumerate(gltf.list("buffers")):
        at = gltf.place / "buffers" / i
        size = at.at_least(each, "byteLength", 1, "integer", required=True)
        uri = at.get(each, "uri", "string")
        if uri is None:
            fallback = "EXT_meshopt_compression" in each.get("extensions", {})
            data: bytes | None = chunk if is_glb and i == 0 else None
            at.need(data is not None or fallback, "missing", "no uri, and not the GLB's own buffer")
            if data is not None and size is not None and len(data) - size > 3:
                at.warning("bin-padding", f"{len(data) - size} bytes after the buffer's {size}")
        elif uri.startswith("data:"):
            data = base64.b64decode(uri.partition(",")[2])
        else:
            found = fetch(files, uri, name, at / "uri")
            data = found[1] if found else None
        if (
            data is not None
            and size is not None
            and not at.need(len(data) >= size, "length", f"{len(data)} bytes, byteLength {size}")
        ):
            data = None
        out.append(data[:size] if data is not None else None)
    return out


def _views(gltf: Gltf, buffers: list[bytes | None]) -> Views:
    data: list[bytes | None] = []
    offsets = []
    for i, each in enumerate(gltf.list("bufferViews")):
        at = gltf.place / "bufferViews" / i
        index = at.index(each, "buffer", buffers, required=True)
        size = at.at_least(each, "byteLength", 1, "integer", required=True) or 0
        start = at.at_least(each, "byteOffset", 0, "integer") or 0
        stride = at.at_least(each, "byteStride", 4, "integer")
        if stride is not None:
            at.need(stride <= 252 and stride % 4 == 0, "value", f"byteStride {stride}")
        at.need(each.get("target", 34962) in (34962, 34963), "value", f"target {each.get('target')}")
        buffer = buffers[index] if index is not None else None
        whole = gltf.list("buffers")[index].get("byteLength", 0) if index is not None else 0
        inside = at.need(start + size <= whole, "length", f"bytes {start}…{start + size} of a buffer of {whole}")
        packed = "EXT_meshopt_compression" in each.get("extensions", {})
        if packed:
            at.warning("unread", "EXT_meshopt_compression: the checker does not decode it")
        data.append(buffer[start : start + size] if buffer is not None and inside and not packed else None)
        offsets.append(start)
    return Views(data, offsets)


def _accessor(gltf: Gltf, accessor: Json, place: Place) -> np.ndarray | None:
    kind = accessor.get("componentType")
    width = WIDTHS.get(str(accessor.get("type")))
    count = place.at_least(accessor, "count", 1, "integer", required=True)
    offset = place.at_least(accessor, "byteOffset", 0, "integer") or 0
    if not place.need(kind in COMPONENT_DTYPES and width is not None, "value", f"{kind} {accessor.get('type')}"):
        return None
    dtype = np.dtype(COMPONENT_DTYPES[kind])
    for key in ("min", "max"):
        place.numbers(accessor, key, width or 0)
    if "sparse" in accessor:
        place.warning("unread", "sparse accessor")
        return None
    index = place.index(accessor, "bufferView", gltf.views.data)
    if index is None or count is None or width is None:
        return None
    view = gltf.list("bufferViews")[index]
    size = dtype.itemsize
    stride = view.get("byteStride", width * size)
    start = gltf.views.offset[index] + offset
    place.need(start % size == 0 and stride % size == 0, "alignment", f"byte {start}, stride {stride} for {size} bytes")
    end = offset + stride * (count - 1) + width * size
    if not place.need(end <= view.get("byteLength", 0), "length", f"needs {end} bytes of {view.get('byteLength')}"):
        return None
    data = gltf.views.data[index]
    if data is None:
        return None
    array = np.ndarray((count, width), dtype, data, offset, (stride, size))
    if dtype.kind == "f" and not place.need(bool(np.isfinite(array).all()), "finite", "NaN or infinite"):
        return None
    for key, true in (("min", array.min(axis=0)), ("max", array.max(axis=0))):
        if key in accessor and len(accessor[key]) == width:
            stated = np.array(accessor[key], dtype=np.float64).astype(dtype)
            (place / key).need(
                bool((stated == true).all()), "min-max", f"{key} is {true.tolist()}, not {accessor[key]}"
            )
    return array
