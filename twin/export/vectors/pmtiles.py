"""PMTiles 3: all tiles of a map in one file that a web server need only serve by byte ranges.

Tiles lie in the order of a Hilbert curve, zoom by zoom; equal ones are kept once. Source: PMTiles specification 3.6,
https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md. Oracle: GDAL's driver reads the archive.

Written here rather than with the package ``pmtiles`` (3.8): its writer takes two tiles for one where a 64-bit hash of
them is the same, and for the hundred lines below it would be a dependency more.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from twin.export.vectors.mvt import varint

# Header and root directory are fetched at once.
_HEADER, _FIRST_FETCH = 127, 16384
_GZIP, _MVT, _CLUSTERED = 2, 1, 1
_LEAF = 4096
_LEVEL = 6
_DEGREE = 10_000_000


class Tile(NamedTuple):
    """A tile, or rather its place and bytes as served (gzip)."""

    zoom: int
    x: int
    y: int
    content: bytes


class Head(NamedTuple):
    """What a map must know before the first tile; degrees in WGS 84: west, south, east, north."""

    bounds: tuple[float, float, float, float]
    metadata: Mapping[str, object]


class _Entry(NamedTuple):
    tile: int
    offset: int
    length: int
    run: int


def packed(content: bytes) -> bytes:
    """Content as gzip, without a date in it."""
    return gzip.compress(content, _LEVEL, mtime=0)


def hilbert(zoom: int, x: int, y: int) -> int:
    """Number of a tile: all of the zooms before, then its place on the Hilbert curve of its own."""
    number = ((1 << 2 * zoom) - 1) // 3
    for level in range(zoom - 1, -1, -1):
        side = 1 << level
        right, down = bool(x & side), bool(y & side)
        number += (side * side) * ((3 * right) ^ down)
        x, y = x & (side - 1), y & (side - 1)
        if not down:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
    return number


def write_archive(path: Path, tiles: Iterable[Tile], head: Head) -> None:
    """Write an archive of tiles that come in the order of `hilbert`; the file is there whole or not at all."""
    heap, aside = path.with_name(f".{path.name}.tiles.part"), path.with_name(f".{path.name}.part")
    try:
        entries, zooms, kept = _write_heap(heap, tiles)
        with aside.open("wb") as file:
            root, leaves = _directories(entries)
            metadata = packed(json.dumps(dict(head.metadata), ensure_ascii=False).encode("utf-8"))
            offset = [_HEADER, _HEADER + len(root), _HEADER + len(root) + len(metadata)]
            offset.append(offset[2] + len(leaves))
            sizes = [len(root), len(metadata), len(leaves), heap.stat().st_size]
            places = [number for pair in zip(offset, sizes, strict=True) for number in pair]
            counts = [sum(entry.run for entry in entries), len(entries), kept]
            west, south, east, north = (round(edge * _DEGREE) for edge in head.bounds)
            low, high = (min(zooms), max(zooms)) if zooms else (0, 0)
            file.write(
                b"PMTiles\x03"
                + struct.pack("<11Q", *places, *counts)
                + struct.pack("<6B4i", _CLUSTERED, _GZIP, _GZIP, _MVT, low, high, west, south, east, north)
                + struct.pack("<B2i", min(high, 14), (west + east) // 2, (south + north) // 2)
            )
            file.write(root + metadata + leaves)
            with heap.open("rb") as content:
                shutil.copyfileobj(content, file)
        aside.replace(path)
    finally:
        heap.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)


def _write_heap(path: Path, tiles: Iterable[Tile]) -> tuple[list[_Entry], set[int], int]:
    """Write tiles one after the other; their entries, zooms, and how many different ones there are."""
    entries: list[_Entry] = []
    zooms: set[int] = set()
    known: dict[bytes, tuple[int, int]] = {}
    with path.open("wb") as file:
        for tile in tiles:
            number, digest = hilbert(tile.zoom, tile.x, tile.y), hashlib.sha256(tile.content).digest()
            if digest not in known:
                known[digest] = (file.tell(), len(tile.content))
                file.write(tile.content)
            offset, length = known[digest]
            zooms.add(tile.zoom)
            last = entries[-1] if entries else None
            if last and last.offset == offset and last.tile + last.run == number:
                entries[-1] = last._replace(run=last.run + 1)
            else:
                entries.append(_Entry(number, offset, length, 1))
    return entries, zooms, len(known)


def _directories(entries: Sequence[_Entry]) -> tuple[bytes, bytes]:
    """The root directory, and the leaves it points to where it would not fit into the first fetch itself."""
    root, leaves, size = _directory(entries), b"", _LEAF
    while len(root) > _FIRST_FETCH - _HEADER:
        parts = [entries[start : start + size] for start in range(0, len(entries), size)]
        leaves, pointers = b"", []
        for part in parts:
            leaf = _directory(part)
            pointers.append(_Entry(part[0].tile, len(leaves), len(leaf), 0))
            leaves += leaf
        root, size = _directory(pointers), size * 2
    return root, leaves


def _directory(entries: Sequence[_Entry]) -> bytes:
    """Entries column by column; an offset is 0 where the tile lies right behind the one before."""
    out = [varint(len(entries))]
    before = [0, *(entry.tile for entry in entries)]
    out += [varint(entry.tile - last) for entry, last in zip(entries, before, strict=False)]
    out += [varint(entry.run) for entry in entries]
    out += [varint(entry.length) for entry in entries]
    end = -1
    for entry in entries:
        out.append(varint(0 if entry.offset == end else entry.offset + 1))
        end = entry.offset + entry.length
    return packed(b"".join(out))
