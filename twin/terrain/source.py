"""Which files make up a terrain, what kind each is by its content, and how their bytes are read with bounded memory.

Folders give their files of known suffixes, with those of all folders below, in the order of their names; so do patterns
such as ``*.tif``, which Windows' command line hands over as they are. Archives give their members, read in place and
never unpacked to disk. A file that is named must be a terrain; what merely lies in a folder or archive may be
something else.
"""

from __future__ import annotations

import glob
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from twin.errors import TwinError

GEOTIFF, ASC, XYZ, LANDXML, CITYGML = "GeoTIFF", "ESRI ASCII grid", "XYZ", "LandXML", "CityGML TIN"
KINDS = "GeoTIFF, ASC, XYZ, LandXML or CityGML TIN"
# Of a folder or an archive only these are looked at; world files, previews and descriptions lie beside them.
SUFFIXES = (".tif", ".tiff", ".asc", ".xyz", ".txt", ".csv", ".xml", ".gml", ".json", ".zip")
IN_ARCHIVE = (".tif", ".tiff", ".asc", ".xyz", ".txt", ".csv")
MOST_MEMBERS = 100_000
HEAD = 1 << 14
# A line of a text grid may be long (one row of a wide grid), yet not without end: 64 MB hold 8 million heights.
LONGEST_LINE = 64 << 20
AGAIN = "download the file again"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?", re.IGNORECASE)


class Source(NamedTuple):
    """One terrain file, or one member of an archive."""

    path: Path
    member: str | None
    kind: str

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.path}" if self.member is None else f"{self.path}: {self.member}"


def expand(paths: list[Path]) -> list[Source]:
    """Every terrain file of files, patterns, folders and archives, in the order named.

    Raises
    ------
    TwinError
        Naming the path that is missing, unreadable, or holds no terrain.
    """
    out: list[Source] = []
    for path in _matched(paths):
        if path.is_dir():
            try:
                inside = sorted(p for p in path.rglob("*") if p.is_file() and _known(p.name, SUFFIXES))
            except OSError as error:
                raise TwinError(f"{path}: cannot be read ({error.strerror})", "check the folder") from error
            found = [source for file in inside for source in _sources(file, named=False)]
            if not found:
                raise TwinError(f"{path}: the folder holds no terrain", f"name {KINDS}")
            out += found
        else:
            out += _sources(path, named=True)
    return out


def _matched(paths: list[Path]) -> Iterator[Path]:
    """The paths, a pattern replaced by what fits it."""
    for path in paths:
        if not glob.has_magic(str(path)) or path.exists():
            yield path
            continue
        fitting = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207  pathlib refuses "a**"
        if not fitting:
            raise TwinError(f"{path}: no file fits this pattern", "check the path")
        yield from map(Path, fitting)


def _known(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.lower().removesuffix(".gz").endswith(suffixes)


def _sources(path: Path, named: bool) -> list[Source]:
    if path.exists() and not path.is_file():
        raise TwinError(f"{path}: is a pipe or a device, not a file", "save the data to a file")
    try:
        with path.open("rb") as raw:
            magic = raw.read(4)
        if magic.startswith(b"PK"):
            return _members(path)
        with open_source(Source(path, None, "")) as stream:
            kind = kind_of(stream.read(HEAD))
    except FileNotFoundError:
        raise TwinError(f"{path}: no such file", "check the path") from None
    except OSError as error:
        raise TwinError(f"{path}: cannot be read ({error.strerror or error})", "check the file") from error
    if kind in (GEOTIFF, ASC, XYZ, LANDXML, CITYGML):
        if kind == GEOTIFF and magic not in _TIFF:
            raise TwinError(f"{path}: a GeoTIFF inside gzip is not read", "unpack it first")
        return [Source(path, None, kind)]
    if named:
        raise TwinError(f"{path}: {kind}", AGAIN if "empty" in kind or "HTML" in kind else f"name {KINDS}")
    return []


def _members(path: Path) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_MEMBERS:
                raise TwinError(f"{path}: holds {len(entries):,} files", "unpack what is needed")
            wanted = [e for e in entries if not e.is_dir() and e.filename.lower().endswith(IN_ARCHIVE)]
            out = []
            for entry in sorted(wanted, key=lambda e: e.filename):
                if entry.flag_bits & 1:
                    raise TwinError(f"{path}: {entry.filename} is encrypted", "unpack it first")
                with archive.open(entry) as stream:
                    kind = kind_of(stream.read(HEAD))
                if kind in (GEOTIFF, ASC, XYZ):
                    out.append(Source(path, entry.filename, kind))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise TwinError(f"{path}: the zip archive is damaged ({error})", AGAIN) from error
    if not out:
        raise TwinError(f"{path}: no terrain among its {len(entries)} files", "an archive may hold GeoTIFF, ASC or XYZ")
    return out


def kind_of(head: bytes) -> str:
    """The kind of a file by its first bytes: one of this module's, or in words what it is instead."""
    if head.startswith(_TIFF):
        return GEOTIFF
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return "the file is empty"
    if text.startswith(b"<"):
        low = text[:400].lower()
        if b"<html" in low or b"<!doctype html" in low:
            return "the file is an HTML page"
        root = _ROOT.search(text)
        name = root[1].decode("ascii", "replace") if root else "nothing"
        return {"LandXML": LANDXML, "CityModel": CITYGML}.get(name, f"XML of <{name}>, not a terrain")
    if text.startswith(b"{"):
        return CITYGML if b"CityJSON" in text else "JSON, not a terrain"
    if b"\x00" in text:
        return "neither an image nor text that holds a terrain"
    if text[:5].lower() in (b"ncols", b"nrows"):
        return ASC
    return XYZ if _looks_like_points(text.decode("latin-1")) else "text without three numbers a line"


def _looks_like_points(text: str) -> bool:
    """Whether one of the first lines (below a heading) holds three numbers."""
    for line in text.splitlines()[:20]:
        if len([part for part in re.split(r"[\s;,]+", line.strip()) if _NUMBER.fullmatch(part)]) >= 3:
            return True
    return False


@contextmanager
def open_source(source: Source) -> Iterator[BinaryIO]:
    """The decompressed bytes of a text or XML source, guarded against endless lines.

    Raises
    ------
    TwinError
        Where the compression is damaged, also while the stream is read inside the ``with`` block.
    """
    try:
        if source.member is not None:
            with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as stream:
                yield io.BufferedReader(_Guard(stream, source.name))
            return
        with source.path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            inner: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
            yield io.BufferedReader(_Guard(inner, source.name))
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise TwinError(f"{source.name}: the compressed data is damaged or cut off ({error})", AGAIN) from error


class _Guard(io.RawIOBase):
    """Passes bytes on and stops a line that does not end, the shape of a decompression bomb."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name
        self._line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._stream.read(len(view))
        end = data.rfind(b"\n")
        self._line = self._line + len(data) if end < 0 else len(data) - end
        if self._line > LONGEST_LINE:
            raise TwinError(f"{self._name}: a line of more than {LONGEST_LINE >> 20} MB", AGAIN)
        view[: len(data)] = data
        return len(data)
