"""What is what among the arguments of `heliotwin inspect`: city model, weather or terrain, told by content.

Only the head of a file is looked at. A file that is none of the three goes to the city reader, whose error says what it
is; in a folder it is passed over.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEAD_BYTES = 1 << 16
CITY, WEATHER, TERRAIN = "city", "weather", "terrain"
# These are city models or nothing; everything else is looked into.
_CITY_SUFFIXES = (".gml", ".citygml", ".city.json", ".jsonl", ".city.jsonl")
_LOOKED_INTO = (".xml", ".json", ".tif", ".tiff", ".asc", ".xyz", ".txt", ".csv", ".dat", ".epw")
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
# Possessive, for a line of 64 KB of digits would be split into two numbers in every way there is.
_NUMBER = rb"[-+]?(?:\d++\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?"
_TRIPLE = re.compile(rb"\s*+" + rb"[\s,;]++".join([_NUMBER] * 3) + rb"[\s,;]*+")


class Inputs(NamedTuple):
    """The arguments, sorted."""

    city: list[Path]
    weather: list[Path]
    terrain: list[Path]


def sorted_inputs(paths: list[Path]) -> Inputs:
    """Each path under what it holds; a folder of several kinds stands under each, for its readers take only theirs."""
    found = Inputs([], [], [])
    for path in paths:
        if not path.is_dir():
            getattr(found, kind_of(path) or CITY).append(path)
            continue
        inside = [(item, kind_of(item)) for item in _files_of(path)]
        kinds = {kind for _, kind in inside if kind}
        if TERRAIN in kinds:
            found.terrain.append(path)
        found.weather.extend(item for item, kind in inside if kind == WEATHER)
        if CITY in kinds or not kinds:
            found.city.append(path)
    return found


def _files_of(folder: Path) -> Iterator[Path]:
    for item in sorted(folder.rglob("*")):
        name = item.name.lower().removesuffix(".gz")
        if name.endswith((*_CITY_SUFFIXES, *_LOOKED_INTO, ".zip")) and item.is_file():
            yield item


def kind_of(path: Path) -> str | None:
    """CITY, WEATHER or TERRAIN of a file; None for what is none of them or cannot be opened."""
    if path.name.lower().removesuffix(".gz").endswith(_CITY_SUFFIXES):
        return CITY
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        return None
    try:
        name, head = head_of(path)
    except (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile, NotImplementedError):
        return None
    if name.lower().endswith(_CITY_SUFFIXES):
        return CITY
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(_TIFF):
        return TERRAIN
    if start.startswith(b"<"):
        return TERRAIN if re.search(rb"<(?:\w+:)?LandXML[\s>]", head) else CITY
    if start.startswith((b"{", b"[")) and b"CityJSON" in head:
        return CITY
    if start[:5].lower() == b"ncols" or _is_xyz(start):
        return TERRAIN
    return WEATHER if _is_weather(path) else None


def head_of(path: Path) -> tuple[str, bytes]:
    """Name and first bytes of a file, unpacked; of a zip those of its first member that has a known suffix."""
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic[:2] == b"\x1f\x8b":
            return path.name.removesuffix(".gz"), gzip.GzipFile(fileobj=raw).read(HEAD_BYTES)
        if magic != b"PK\x03\x04":
            return path.name, raw.read(HEAD_BYTES)
        with zipfile.ZipFile(raw) as archive:
            wanted = (*_CITY_SUFFIXES, *_LOOKED_INTO)
            for member in archive.infolist():
                if member.filename.lower().removesuffix(".gz").endswith(wanted):
                    with archive.open(member) as stream:
                        return member.filename, stream.read(HEAD_BYTES)
    return path.name, b""


def _is_xyz(start: bytes) -> bool:
    """Three numbers a line, below a heading or not."""
    lines = [line for line in start.splitlines()[:12] if line.strip() and not line.startswith(b"#")][:4]
    rows = [bool(_TRIPLE.fullmatch(line)) for line in lines]
    return len(rows) >= 2 and all(rows[1:]) and (rows[0] or len(rows) >= 3)


def _is_weather(path: Path) -> bool:
    from solar.weather import recognises

    return recognises(path) is not None
