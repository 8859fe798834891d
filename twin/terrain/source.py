"""Which files make up a terrain, what kind each is by its content, and how their bytes are read with bounded memory.

Folders give their files of known suffixes, with those of all folders below, in the order of their names; so do patterns
such as ``*.tif``, which Windows' command line hands over as they are. Archives give their members, read in place and
never unpacked to disk. A file that is named must be a terrain; what merely lies in a folder or archive may be
something else, and is passed over and said.
"""

from __future__ import annotations

import glob
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from io_citygml.errors import CityModelError
from io_citygml.source import RATIO_LIMIT, Counted, printable, unpacked_limit
from twin import inputs
from twin.errors import TwinError
from twin.inputs import ASC, GEOTIFF, LANDXML, XYZ, Content

__all__ = ["ASC", "CITYGML", "GEOTIFF", "LANDXML", "XYZ", "Expanded", "NotTerrain", "Source", "expand", "open_source"]

CITYGML = "CityGML TIN"
KINDS = "GeoTIFF, ASC, XYZ, LandXML or CityGML TIN"
IN_ARCHIVE = (GEOTIFF, ASC, XYZ)
# Decompressed bytes for each compressed one: coordinates line by line come to ten, a bomb to a thousand. The heights of
# an empty ASC tile do too, and are held in an array whose size is known before.
XYZ_RATIO = 100
# A line of a text grid may be long (one row of a wide grid), yet not without end: 64 MB hold 8 million heights.
LONGEST_LINE = 64 << 20
AGAIN = "download the file again"


class NotTerrain(TwinError):
    """A file that holds something else: an error where it was named, else passed over."""


class Source(NamedTuple):
    """One terrain file, or one member of an archive."""

    path: Path
    member: str | None
    kind: str
    named: bool = True  # by the user, rather than found in a folder or archive

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.path}" if self.member is None else f"{self.path}: {printable(self.member)}"


class Expanded(NamedTuple):
    """What paths stand for."""

    sources: list[Source]
    passed_over: list[str]  # file and what it is instead


def expand(paths: list[Path]) -> Expanded:
    """Every terrain file of files, patterns, folders and archives, in the order named.

    Raises
    ------
    TwinError
        Naming the path that is missing, unreadable, or holds no terrain.
    """
    out = Expanded([], [])
    for path in _matched(paths):
        if not path.is_dir():
            _add(path, True, out)
            continue
        try:
            inside = sorted(p for p in path.rglob("*") if p.is_file() and _is_looked_at(p.name))
        except OSError as error:
            raise TwinError(f"{path}: cannot be read ({error.strerror})", "check the folder") from error
        before = len(out.sources)
        for file in inside:
            _add(file, False, out)
        if len(out.sources) == before:
            raise TwinError(f"{path}: the folder holds no terrain", f"name {KINDS}")
    return out


def _is_looked_at(name: str) -> bool:
    return inputs.is_known(name) or name.lower().endswith(".zip")


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


def _add(path: Path, named: bool, out: Expanded) -> None:
    """Add what a file holds to the sources or to what is passed over."""
    found = _contents(path)
    if any(content.member for content in found) or not found:
        _add_members(path, found, named, out)
        return
    (content,) = found
    kind = CITYGML if content.kind == inputs.CITY else content.kind
    if named and kind == inputs.TEXT and inputs.is_layout(content.head):
        kind = XYZ  # the user says so
    if kind == GEOTIFF and not content.head.startswith(inputs.TIFF):
        raise TwinError(f"{path}: a GeoTIFF inside gzip is not read", "unpack it first")
    if kind in (GEOTIFF, ASC, XYZ, LANDXML, CITYGML):
        out.sources.append(Source(path, None, kind, named))
    elif named:
        raise TwinError(f"{path}: {kind}", AGAIN if "empty" in kind or "HTML" in kind else f"name {KINDS}")
    else:
        out.passed_over.append(f"{path}: {kind}")


def _add_members(path: Path, found: list[Content], named: bool, out: Expanded) -> None:
    before = len(out.sources)
    for content in found:
        if content.member is None:
            continue
        source = Source(path, content.member.filename, content.kind, False)
        if content.kind not in IN_ARCHIVE:
            out.passed_over.append(f"{source.name}: {content.kind}, in an archive")
            continue
        limit = unpacked_limit(content.member.compress_size, _ratio(content.kind))
        if content.member.file_size > limit:
            raise TwinError(f"{source.name}: unpacks to more than {limit:,} bytes (a zip bomb?)", "unpack it first")
        out.sources.append(source)
    if len(out.sources) == before:
        if named:
            raise TwinError(f"{path}: no terrain among its files", "an archive may hold GeoTIFF, ASC or XYZ")
        out.passed_over.append(f"{path}: an archive without terrain")


def _contents(path: Path) -> list[Content]:
    if path.exists() and not path.is_file():
        raise TwinError(f"{path}: is a pipe or a device, not a file", "save the data to a file")
    try:
        return inputs.contents(path)
    except FileNotFoundError:
        raise TwinError(f"{path}: no such file", "check the path") from None
    except CityModelError as error:
        raise TwinError(f"{path}: {error.problem}", error.remedy) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TwinError(f"{path}: the compressed data is damaged or cut off ({error})", AGAIN) from error
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise TwinError(f"{path}: the zip archive is damaged ({error})", AGAIN) from error
    except RuntimeError as error:  # an encrypted member
        raise TwinError(f"{path}: cannot be unpacked ({error})", "unpack it first") from error
    except OSError as error:
        raise TwinError(f"{path}: cannot be read ({error.strerror or error})", "check the file") from error


def _ratio(kind: str) -> int:
    return XYZ_RATIO if kind == XYZ else RATIO_LIMIT


@contextmanager
def open_source(source: Source) -> Iterator[BinaryIO]:
    """The decompressed bytes of a text source, guarded against bombs and endless lines.

    Raises
    ------
    TwinError
        Where the compression is damaged or a bomb, also while the stream is read inside the ``with`` block.
    """
    try:
        if source.member is not None:  # whose size was looked at, and zipfile hands out no more than that
            with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as stream:
                yield _guarded(stream, source)
            return
        with source.path.open("rb") as raw:
            packed = raw.read(2) == inputs.GZIP
            raw.seek(0)
            limit = unpacked_limit(source.path.stat().st_size, _ratio(source.kind))
            inner: IO[bytes] = Counted(gzip.GzipFile(fileobj=raw), limit, source.name) if packed else raw  # type: ignore[assignment, arg-type]
            yield _guarded(inner, source)
    except CityModelError as error:
        raise TwinError(f"{source.name}: {error.problem}", error.remedy) from error
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise TwinError(f"{source.name}: the compressed data is damaged or cut off ({error})", AGAIN) from error


def _guarded(stream: IO[bytes], source: Source) -> BinaryIO:
    """A buffered stream; a CityJSON may be one line of gigabytes."""
    return io.BufferedReader(stream if source.kind == CITYGML else _Guard(stream, source.name))  # type: ignore[type-var]


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
