"""Implicit tiling: its root, its subtrees, and the contents that they say are there."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from oracles.tiles3d.files import Files, fetch, parse_object
from oracles.tiles3d.findings import Json, Place
from oracles.tiles3d.property_table import Views, check_table
from oracles.tiles3d.scope import Frame, Scope
from oracles.tiles3d.volumes import Box, Region, Volume, read_volume

Reader = Callable[[Scope, str, Place, Frame, bool], None]  # checks the file behind a content's URI
VARIABLES = {"QUADTREE": ("level", "x", "y"), "OCTREE": ("level", "x", "y", "z")}


@dataclass(frozen=True)
class Tiling:
    """A valid implicitTiling object."""

    axes: int  # 2 or 3: x, y (, z)
    levels: int  # of a subtree
    available: int
    subtrees: str
    contents: tuple[str, ...]


@dataclass(frozen=True)
class Around:
    """The root's volume in its own frame, that frame, and who reads contents."""

    volume: Volume | None
    frame: Frame
    read: Reader


def check_implicit(scope: Scope, tile: Json, place: Place, frame: Frame, read: Reader) -> None:
    """The root tile of an implicit tiling and all its subtrees."""
    value = place.get(tile, "implicitTiling", "object")
    if value is None:
        return
    for key in ("children", "metadata"):
        place.need(key not in tile, "implicit-root", f"a tile with implicitTiling has no {key}")
    holder = tile.get("boundingVolume", {})
    place.need(bool({"box", "region"} & holder.keys()), "implicit-root", "a sphere cannot be divided")
    entries = place.objects(tile, "contents") + ([tile["content"]] if isinstance(tile.get("content"), dict) else [])
    for entry in entries:
        place.need("boundingVolume" not in entry, "implicit-root", "its content has no boundingVolume")
    at = place / "implicitTiling"
    scheme = value.get("subdivisionScheme")
    good = (at / "subdivisionScheme").need(scheme in VARIABLES, "value", f"{scheme!r} is no scheme")
    levels = at.at_least(value, "subtreeLevels", 1, "integer", required=True)
    available = at.at_least(value, "availableLevels", 1, "integer", required=True)
    subtrees = at.get(value, "subtrees", "object", required=True)
    uri = (at / "subtrees").get(subtrees, "uri", "string", required=True) if subtrees is not None else None
    if not good or uri is None or levels is None or available is None:
        return
    variables = VARIABLES[scheme]
    contents = tuple(str(entry.get("uri", "")) for entry in entries)
    known = [_check_template(each, variables, place) for each in (uri, *contents)]
    if all(known):
        tiling = Tiling(len(variables) - 1, levels, available, uri, contents)
        around = Around(read_volume(holder, Place([], "")), frame, read)
        _walk(scope, tiling, around, at / "subtrees" / "uri")


def _check_template(uri: str, variables: tuple[str, ...], place: Place) -> bool:
    names = set(re.findall(r"\{([^}]*)\}", uri))
    missing, unknown = set(variables) - names, names - set(variables)
    place.need(not missing, "template-missing", f"{uri}: no {sorted(missing)}")
    place.need(not unknown, "template-unknown", f"{uri}: {sorted(unknown)}")
    return not unknown and not missing


def _fill(template: str, level: int, at: tuple[int, ...]) -> str:
    return template.format(level=level, **dict(zip("xyz", at, strict=False)))


def _walk(scope: Scope, tiling: Tiling, around: Around, place: Place) -> None:
    """Subtree after subtree from the root's."""
    todo: list[tuple[int, tuple[int, ...]]] = [(0, (0,) * tiling.axes)]
    while todo:
        level, at = todo.pop()
        found = fetch(scope.files, _fill(tiling.subtrees, level, at), scope.name, place)
        if found is None:
            continue
        here = scope.files.place(scope.run.issues, found[0])
        subtree = _Subtree.open(found[1], scope.files, found[0], here)
        if subtree is not None:
            todo += _check_subtree(scope, tiling, subtree, (level, at), around, here)


def _check_subtree(
    scope: Scope,
    tiling: Tiling,
    subtree: _Subtree,
    root: tuple[int, tuple[int, ...]],
    around: Around,
    place: Place,
) -> list[tuple[int, tuple[int, ...]]]:
    """Availability in one subtree and the contents it promises; the subtrees below."""
    level, at = root
    branch = 2**tiling.axes
    starts = [(branch**i - 1) // (branch - 1) for i in range(tiling.levels + 2)]
    tiles = subtree.bits("tileAvailability", subtree.json.get("tileAvailability"), starts[tiling.levels])
    last = branch**tiling.levels
    below = subtree.bits("childSubtreeAvailability", subtree.json.get("childSubtreeAvailability"), last)
    contents = [
        subtree.bits(f"contentAvailability/{i}", each, starts[tiling.levels])
        for i, each in enumerate(place.items(subtree.json, "contentAvailability"))
    ]
    place.need(len(contents) <= len(tiling.contents), "count", f"{len(contents)} contents, {len(tiling.contents)} URIs")
    if tiles is None or below is None:
        return []
    place.need(bool(tiles[0]), "availability", "the subtree's root is not available")
    parents = (np.arange(1, len(tiles)) - 1) // branch
    place.need(bool(np.all(tiles[parents] | ~tiles[1:])), "availability", "a tile without its parent")
    owners = starts[tiling.levels - 1] + np.arange(last) // branch
    place.need(bool(np.all(tiles[owners] | ~below)), "availability", "a subtree without its parent tile")
    deepest = next((i for i in reversed(range(tiling.levels)) if tiles[starts[i] : starts[i + 1]].any()), 0)
    deepest = tiling.levels if below.any() else deepest
    limit = tiling.available
    place.need(level + deepest < limit, "availability", f"tiles on level {level + deepest}, availableLevels {limit}")
    scope.run.tiles += int(tiles.sum())
    _check_tables(scope, subtree, tiles, place)

    def where(index: int, depth: int) -> tuple[int, ...]:
        return tuple((base << depth) + part for base, part in zip(at, _unmorton(index, tiling.axes), strict=True))

    for bits, template in zip(contents, tiling.contents, strict=False):
        if bits is None:
            continue
        place.need(not np.any(bits & ~tiles), "availability", "a content without its tile")
        for index in np.flatnonzero(bits & tiles):
            depth = next(i for i in range(tiling.levels) if index < starts[i + 1])
            spot = where(int(index) - starts[depth], depth)
            part = _divided(around.volume, level + depth, spot)
            inner = replace(around.frame, volume=part.moved(around.frame.matrix) if part is not None else None)
            around.read(scope, _fill(template, level + depth, spot), place / "contentAvailability", inner, False)
    return [(level + tiling.levels, where(int(index), tiling.levels)) for index in np.flatnonzero(below)]


def _unmorton(index: int, axes: int) -> tuple[int, ...]:
    """The coordinates whose bits are interleaved in a Morton index, x lowest."""
    out = [0] * axes
    for bit in range(index.bit_length()):
        out[bit % axes] |= (index >> bit & 1) << (bit // axes)
    return tuple(out)


def _divided(volume: Volume | None, level: int, at: tuple[int, ...]) -> Volume | None:
    """The part of the root's volume that a tile of the tiling fills."""
    n = 2**level
    if isinstance(volume, Box):
        half = volume.half.copy()
        centre = volume.centre.copy()
        for axis, index in enumerate(at):
            centre = centre + volume.half[axis] * ((2 * index + 1) / n - 1)
            half[axis] = volume.half[axis] / n
        return Box(centre, half)
    if isinstance(volume, Region):
        bounds = volume.bounds.copy()
        for (low, high), index in zip(((0, 2), (1, 3), (4, 5)), at, strict=False):
            step = (volume.bounds[high] - volume.bounds[low]) / n
            bounds[low] = volume.bounds[low] + index * step
            bounds[high] = volume.bounds[low] + (index + 1) * step
        return Region(bounds)
    return None


def _check_tables(scope: Scope, subtree: _Subtree, tiles: np.ndarray, place: Place) -> None:
    tables = place.objects(subtree.json, "propertyTables")
    rows = [check_table(t, scope.schema, subtree.views, place / "propertyTables" / i, {}) for i, t in enumerate(tables)]
    index = place.index(subtree.json, "tileMetadata", rows)
    if index is not None:
        place.need(rows[index] == int(tiles.sum()), "count", f"{rows[index]} rows for {int(tiles.sum())} tiles")


@dataclass(frozen=True)
class _Subtree:
    """A subtree file: its JSON and its buffer views."""

    json: Json
    views: Views
    place: Place

    @staticmethod
    def open(data: bytes, files: Files, name: str, place: Place) -> _Subtree | None:
        binary: bytes = b""
        if data[:4] == b"subt":
            if not place.need(len(data) >= 24, "length", f"{len(data)} bytes, the header has 24"):
                return None
            version, text, rest = struct.unpack_from("<IQQ", data, 4)
            place.need(version == 1, "version", f"version {version}")
            place.need(text % 8 == 0 and rest % 8 == 0, "alignment", f"{text} and {rest} bytes, multiples of 8 wanted")
            if not place.need(24 + text + rest == len(data), "byte-length", f"24 + {text} + {rest} of {len(data)}"):
                return None
            data, binary = data[24 : 24 + text], data[24 + text :]
        value = parse_object(data, place)
        if value is None:
            return None
        buffers: list[bytes | None] = []
        for i, each in enumerate(place.objects(value, "buffers")):
            at = place / "buffers" / i
            size = at.at_least(each, "byteLength", 1, "integer", required=True) or 0
            uri = at.get(each, "uri", "string")
            found = fetch(files, uri, name, at) if uri is not None else (name, binary)
            long_enough = found is not None and at.need(len(found[1]) >= size, "length", f"shorter than {size} bytes")
            buffers.append(found[1][:size] if found is not None and long_enough else None)
        views: list[bytes | None] = []
        offsets = []
        for i, each in enumerate(place.objects(value, "bufferViews")):
            at = place / "bufferViews" / i
            index = at.index(each, "buffer", buffers, required=True)
            start = at.at_least(each, "byteOffset", 0, "integer", required=True) or 0
            size = at.at_least(each, "byteLength", 1, "integer", required=True) or 0
            whole = (buffers[index] if index is not None else None) or b""
            inside = at.need(start + size <= len(whole), "length", f"bytes {start}…{start + size} of {len(whole)}")
            views.append(whole[start : start + size] if inside else None)
            offsets.append(start)
        return _Subtree(value, Views(views, offsets), place)

    def bits(self, key: str, value: object, length: int) -> np.ndarray | None:
        """An availability as booleans (length,)."""
        at = self.place / key
        if not at.need(isinstance(value, dict), "missing", "no availability") or not isinstance(value, dict):
            return None
        if "constant" in value:
            at.need(value["constant"] in (0, 1) and "bitstream" not in value, "value", "constant is 0 or 1, alone")
            out = np.full(length, value["constant"] == 1)
        else:
            data = self.views.take(value, "bitstream", at)
            wanted = (length + 7) // 8
            if data is None or not at.need(len(data) == wanted, "length", f"{len(data or b'')} bytes, {wanted} wanted"):
                return None
            every = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").astype(bool)
            at.need(not every[length:].any(), "padding", "bits after the last are set")
            out = every[:length]
        if "availableCount" in value:
            at.need(value["availableCount"] == out.sum(), "count", f"{out.sum()} set, {value['availableCount']} said")
        return out
