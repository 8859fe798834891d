"""The files of a tileset: a folder, a 3TZ archive or a .3dtiles database, all read by name."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import struct
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote, urlsplit

from oracles.tiles3d.findings import Issue, Json, Place

INDEX = "@3dtilesIndex1@"
CONTENT_SUFFIXES = {".glb", ".gltf", ".b3dm", ".i3dm", ".pnts", ".cmpt", ".subtree", ".bin", ".3tz"}


@dataclass
class Files:
    """Bytes by name (posix, relative to the root); seen are the names that somebody asked for."""

    root: Path | None = None
    packed: dict[str, bytes] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    label: str = ""  # what stands before a name in an issue: the archive that holds it

    def place(self, issues: list[Issue], name: str) -> Place:
        return Place(issues, self.label + name)

    def read(self, name: str) -> bytes | None:
        self.seen.add(name)
        if self.root is None:
            return self.packed.get(name)
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def strays(self) -> list[str]:
        """Content files of the folder that nobody asked for."""
        if self.root is None:
            return sorted(set(self.packed) - self.seen - {INDEX})
        below = (path for path in self.root.rglob("*") if path.suffix in CONTENT_SUFFIXES and path.is_file())
        return sorted({path.relative_to(self.root).as_posix() for path in below} - self.seen)


def resolve(uri: str, base: str, place: Place) -> str | None:
    """The name of the file that a URI in the file `base` means; None (and a warning) where it lies on the network."""
    parts = urlsplit(uri)
    if parts.scheme or parts.netloc:
        place.warning("uri-remote", f"{uri}: not read")
        return None
    name = normpath(join(dirname(base), unquote(parts.path)))
    if name.startswith(("..", "/")):
        place.warning("uri-outside", f"{uri} leaves the tileset's folder")
    return name


def fetch(files: Files, uri: str, base: str, place: Place) -> tuple[str, bytes] | None:
    """Name and bytes behind a URI."""
    name = resolve(uri, base, place)
    if name is None:
        return None
    data = files.read(name)
    if data is None:
        place.error("uri-unresolved", f"{uri}: no such file")
        return None
    return name, data


def parse_json(data: bytes, place: Place) -> Any:
    """JSON in UTF-8 without byte order mark, without NaN and Infinity."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    if not place.need(not data.startswith(b"\xef\xbb\xbf"), "json", "begins with a byte order mark"):
        return None
    try:
        return json.loads(data.decode("utf-8"), parse_constant=refuse)
    except ValueError as error:
        place.error("json", str(error))
        return None


def parse_object(data: bytes, place: Place) -> Json | None:
    """A JSON object."""
    value = parse_json(data, place)
    if value is not None and place.need(isinstance(value, dict), "type", "no object"):
        return value
    return None


def _unzipped(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def open_3tz(data: bytes, place: Place) -> Files | None:
    """A 3TZ archive: a zip whose last entry is an index of MD5 hashes of the names and the entries' positions."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile as error:
        place.error("package", str(error))
        return None
    with archive:
        entries = archive.infolist()
        packed = {entry.filename: archive.read(entry) for entry in entries}
    if place.need(bool(entries) and entries[-1].filename == INDEX, "package", f"last entry is not {INDEX}"):
        _check_index(packed[INDEX], entries[:-1], place)
    return Files(packed={name: _unzipped(content) for name, content in packed.items()}, label=f"{place.file}/")


def _check_index(index: bytes, entries: list[zipfile.ZipInfo], place: Place) -> None:
    rows = [struct.unpack_from("<QQQ", index, at) for at in range(0, len(index) - 23, 24)]
    expected = {}
    for entry in entries:
        expected[struct.unpack("<QQ", hashlib.md5(entry.filename.encode()).digest())] = entry.header_offset
    place.need(len(index) == 24 * len(entries), "package", f"index has {len(index)} bytes for {len(entries)} entries")
    place.need({(low, high): at for low, high, at in rows} == expected, "package", "index names other entries")
    place.need(rows == sorted(rows, key=lambda row: (row[1], row[0])), "package", "index is not sorted")


def open_3dtiles(path: Path, place: Place) -> Files | None:
    """A .3dtiles package: an SQLite database with the table media(key, content)."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute("SELECT key, content FROM media").fetchall()
    except sqlite3.DatabaseError as error:
        place.error("package", str(error))
        return None
    finally:
        connection.close()
    return Files(packed={key: _unzipped(content) for key, content in rows}, label=f"{place.file}/")
