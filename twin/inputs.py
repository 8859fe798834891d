"""What a file holds, told by the first bytes of its content: terrain, city model, weather, or something else.

The one place that decides it, so that ``--terrain`` of a folder and ``heliotwin inspect`` say the same. Names decide
only where nothing else bears them (.gml, .xyz). Of an archive every member is looked at, in place and in the order of
their names.
"""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from io_citygml.collect import check_list
from twin.terrain.layout import columns_of_points, layout_of, text_of

GEOTIFF, ASC, XYZ, LANDXML = "GeoTIFF", "ESRI ASCII grid", "XYZ", "LandXML"
CITY = "CityGML or CityJSON"
WEATHER = "weather"
# Of a folder or an archive only these are looked at; world files, previews and descriptions lie beside them.
CITY_SUFFIXES = (".gml", ".citygml", ".city.json", ".jsonl", ".city.jsonl")
SUFFIXES = (*CITY_SUFFIXES, ".xml", ".json", ".tif", ".tiff", ".asc", ".xyz", ".txt", ".csv", ".dat", ".epw")
TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
GZIP = b"\x1f\x8b"
HEAD_BYTES = 1 << 16
TEXT, OTHER_JSON = "text without three numbers a line", "JSON, not a terrain"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# City models also come wrapped into what a WFS sends.
_ROOTS = {"LandXML": LANDXML, "CityModel": CITY, "FeatureCollection": CITY}
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


class Content(NamedTuple):
    """One file, or one member of an archive."""

    member: zipfile.ZipInfo | None
    head: bytes  # of a file; empty of a member
    kind: str  # one of this module's, or in words what it is instead


def contents(path: Path) -> list[Content]:
    """What a file holds: one entry, for an archive one of each member of a known suffix.

    Raises
    ------
    OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile, NotImplementedError
        Where it cannot be opened or unpacked.
    io_citygml.errors.CityModelError
        For an archive whose list of members is too long.
    """
    out = []
    weather: bool | None = None  # asked once: it takes a second, and an archive may have thousands of members
    for member, head in _heads(path):
        name = member.filename if member else path.name
        kind = CITY if name.lower().removesuffix(".gz").endswith(CITY_SUFFIXES) else kind_of_head(head)
        if kind == TEXT and name.lower().removesuffix(".gz").endswith(".xyz") and is_layout(head):
            kind = XYZ  # a damaged one: its reader says where
        elif kind in (TEXT, OTHER_JSON) or (kind == XYZ and columns_of_points(text_of(head)) > 3):
            weather = is_weather(path) if weather is None else weather
            kind = WEATHER if weather else kind
        out.append(Content(member, head if member is None else b"", kind))
    return out


def _heads(path: Path) -> Iterator[tuple[zipfile.ZipInfo | None, bytes]]:
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic[:2] == GZIP:
            yield None, gzip.GzipFile(fileobj=raw).read(HEAD_BYTES)
        elif magic not in ZIP:
            yield None, raw.read(HEAD_BYTES)
        else:
            check_list(path)
            with zipfile.ZipFile(raw) as archive:
                for member in sorted(archive.infolist(), key=lambda member: member.filename):
                    if not member.is_dir() and is_known(member.filename):
                        with archive.open(member) as stream:
                            yield member, stream.read(HEAD_BYTES)


def is_known(name: str) -> bool:
    """Whether a file of this name is looked at where nobody named it; "._a.tif" is what macOS adds to a.tif."""
    plain = name.rpartition("/")[2]
    return not plain.startswith("._") and plain.lower().removesuffix(".gz").endswith(SUFFIXES)


def kind_of_head(head: bytes) -> str:
    """The kind of a file by its first bytes: one of this module's, or in words what it is instead."""
    if head.startswith(TIFF):
        return GEOTIFF
    if head.startswith(_UTF16):
        head = head.decode("utf-16", "ignore").encode()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return "the file is empty"
    if text.startswith(b"<"):
        low = text[:400].lower()
        if b"<html" in low or b"<!doctype html" in low:
            return "the file is an HTML page"
        root = _ROOT.search(_COMMENT.sub(b"", text))
        name = root[1].decode("ascii", "replace") if root else "nothing"
        return _ROOTS.get(name, f"XML of <{name}>, not a terrain")
    if text.startswith((b"{", b"[")):
        return CITY if b"CityJSON" in text else OTHER_JSON
    if b"\x00" in text:
        return "neither an image nor text that holds a terrain"
    if text[:5].lower() in (b"ncols", b"nrows"):
        return ASC
    return XYZ if columns_of_points(text_of(text)) else TEXT


def is_layout(head: bytes) -> bool:
    """Whether some line begins with three numbers, whatever else stands in the file."""
    return layout_of(text_of(head).splitlines()) is not None


def is_weather(path: Path) -> bool:
    """Whether a file, plain, packed or alone in an archive, is in a known weather format."""
    from solar.weather import recognises

    return recognises(path) is not None
