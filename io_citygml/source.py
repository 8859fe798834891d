"""Opening an input: plain, gzip or a member of a zip; what format it is by its content; and no DOCTYPE.

A DOCTYPE is refused before any parser sees the file: entity definitions are the door to "billion laughs" and to
reading other files (https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing), and no
city model needs one. The prolog is therefore scanned here, in the encodings a city model may have. Decompression is
counted: see the limits below. Nothing is ever unpacked to disk, so that names inside an archive lead nowhere.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from io_citygml.errors import CityModelError, one_line

XML, JSON = "xml", "json"
JSON_LIMIT = 1 << 30
"""Bytes of a JSON document, or of one line of a CityJSONSeq: it is held in memory, as eight times as many."""
UNPACKED_LIMIT = 32 << 30
"""Bytes of one compressed document."""
RATIO_LIMIT = 400
"""Decompressed bytes for each compressed one, beyond the first 16 MiB: CityGML has 8 to 30, a zip bomb 1,000."""
_RATIO_FREE = 16 << 20
# Comments before the root element longer than this are no city model.
_PROLOG_LIMIT = 1 << 20
_CHUNK = 1 << 14
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_UTF16 |= {b"{\x00": "utf-16-le", b"\x00{": "utf-16-be"}
# Encodings in which ASCII characters are single ASCII bytes, so that "<!DOCTYPE" cannot hide in other bytes.
_PLAIN_ENCODING = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d+|windows-125\d|utf-?16(le|be)?", re.IGNORECASE)
_DECLARED = re.compile(r"""^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']""")
_OTHER_FILES = {
    b"PK": "a zip archive inside another",
    b"\x1f\x8b": "gzip inside gzip",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"%PDF": "a PDF",
    b"glTF": "a glTF model",
    b"ISO-10303-21": "an IFC or STEP file",
}
_REMEDY_DOWNLOAD = "Download the file again"
_REMEDY_FORMATS = "Give CityGML 1.0 to 3.0 or CityJSON 1.0 to 2.0"


class Source(NamedTuple):
    """One document: a file, or a member of an open zip archive."""

    path: Path
    """On disk."""
    named: bool = True
    """Named by the user rather than found in a folder or archive."""
    archive: zipfile.ZipFile | None = None
    member: zipfile.ZipInfo | None = None

    @property
    def name(self) -> str:
        """As shown: the path, and the member's name with what cannot be printed escaped."""
        return str(self.path) if self.member is None else f"{self.path}/{printable(self.member.filename)}"


class Opened(NamedTuple):
    """A document at its start."""

    stream: BinaryIO
    format: str
    """XML or JSON."""
    bytes: int
    """On disk, as packed as it lies there."""


def printable(name: str) -> str:
    """A name from inside an archive, cut, with control characters and what is not Unicode escaped."""
    return one_line(name[:200]) + ("…" if len(name) > 200 else "")


@contextmanager
def open_city(source: Source) -> Iterator[Opened]:
    """The decompressed stream of a document at its start, and what it is.

    Raises CityModelError for a missing, empty, truncated or foreign file, for a DOCTYPE, and beyond the limits of
    this module. What goes wrong in decompression while the stream is read inside the ``with`` block is reported in
    the same way.
    """
    name = source.name
    try:
        with _raw(source) as (raw, packed_bytes):
            head = raw.read(2)
            raw.seek(0)
            packed = source.member is not None or head == b"\x1f\x8b"
            inner: BinaryIO = gzip.GzipFile(fileobj=raw) if head == b"\x1f\x8b" else raw  # type: ignore[assignment]
            stream: BinaryIO = _Bounded(Counted(inner, unpacked_limit(packed_bytes), name) if packed else inner, name)
            file_format = _sniff(stream, name)
            stream.seek(0)
            yield Opened(stream, file_format, packed_bytes)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        problem = f"the packed data is damaged or cut off ({error})"
        raise CityModelError(problem, file=name, remedy=_REMEDY_DOWNLOAD) from error
    except (NotImplementedError, RuntimeError) as error:  # zipfile: a method or an encryption it does not know
        raise CityModelError(f"cannot be unpacked ({error})", file=name, remedy="Unpack it first") from error
    except OSError as error:
        raise unreadable(error, name) from error


def unpacked_limit(packed_bytes: int, ratio: int = RATIO_LIMIT) -> int:
    """How many bytes so many packed ones may become."""
    return min(_RATIO_FREE + ratio * packed_bytes, UNPACKED_LIMIT)


def unreadable(error: OSError, name: str) -> CityModelError:
    """The error of a file that the operating system does not give."""
    if isinstance(error, FileNotFoundError):
        return CityModelError("no such file", file=name, remedy="Check the path")
    return CityModelError(f"cannot be read ({error.strerror or error})", file=name, remedy="Check the file")


@contextmanager
def _raw(source: Source) -> Iterator[tuple[BinaryIO, int]]:
    """The bytes as they lie on disk or come out of the archive, and how many lie there."""
    if source.archive is not None and source.member is not None:
        if source.member.flag_bits & 0x1:
            raise CityModelError(
                "the member is encrypted", file=source.name, remedy="Unpack it with its password first"
            )
        with source.archive.open(source.member) as member:
            yield member, source.member.compress_size  # type: ignore[misc]
        return
    if not stat.S_ISREG(source.path.stat().st_mode):
        raise CityModelError("is a pipe or a device, not a file", file=source.name, remedy="Save the data to a file")
    with source.path.open("rb", buffering=0) as raw:
        yield raw, os.fstat(raw.fileno()).st_size  # type: ignore[misc]


class Counted(io.RawIOBase):
    """A decompressed stream that raises CityModelError beyond a limit [bytes], and says whose it is."""

    def __init__(self, inner: BinaryIO, limit: int, name: str) -> None:
        self._inner = inner
        self._limit = limit
        self._name = name
        self._count = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._count = self._inner.seek(offset, whence)
        return self._count

    def tell(self) -> int:
        return self._count

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._inner.read(len(into))
        into[: len(data)] = data
        self._count += len(data)
        if self._count > self._limit:
            problem = f"unpacks to more than {self._limit:,} bytes (a zip bomb?)"
            raise CityModelError(problem, file=self._name, remedy="Unpack it first if it is to be trusted")
        return len(data)


class _Bounded(io.BufferedReader):
    """A buffered stream that never hands out more at a time than fits in memory."""

    def __init__(self, raw: BinaryIO | Counted, name: str) -> None:
        super().__init__(raw, buffer_size=1 << 16)  # type: ignore[arg-type]
        self._city_file = name

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size >= 0:
            return super().read(size)
        parts: list[bytes] = []
        length = 0
        while length <= JSON_LIMIT and (part := super().read(1 << 20)):
            parts.append(part)
            length += len(part)
        return self._checked(b"".join(parts) if length <= JSON_LIMIT else None)

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(JSON_LIMIT + 1 if size is None or size < 0 else size)
        return self._checked(line if len(line) <= JSON_LIMIT else None)

    def _checked(self, data: bytes | None) -> bytes:
        if data is None:
            raise CityModelError(
                f"the JSON is larger than {JSON_LIMIT:,} bytes, and would have to be in memory at once",
                file=self._city_file,
                remedy="Convert it to a CityJSONSeq, which is read object by object (cjio, cjseq)",
            )
        return data


def _sniff(stream: BinaryIO, name: str) -> str:
    head = stream.read(_CHUNK)
    if not head.strip(b" \t\r\n\x00"):
        raise CityModelError("the file is empty", file=name, remedy=_REMEDY_DOWNLOAD)
    for magic, what in _OTHER_FILES.items():
        if head.startswith(magic):
            raise CityModelError(f"the file is {what}", file=name, remedy=f"Unpack or convert it. {_REMEDY_FORMATS}")
    encoding = _UTF16.get(head[:2], "latin-1")
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff").removeprefix("ï»¿").lstrip()
    if text.startswith(("{", "[")):
        return JSON
    if not text.startswith("<"):
        raise CityModelError("the file is neither XML nor JSON", file=name, remedy=_REMEDY_FORMATS)
    declared = _DECLARED.match(text)
    if declared and not _PLAIN_ENCODING.fullmatch(declared[1]):
        shown = printable(declared[1])
        raise CityModelError(f"the encoding {shown!r} is not read", file=name, remedy="Convert the file to UTF-8")
    _refuse_doctype(stream, text, encoding, name)
    return XML


def _refuse_doctype(stream: BinaryIO, text: str, encoding: str, name: str) -> None:
    """Walk over the prolog (declaration, comments, instructions) to the root element."""
    read = len(text)
    while True:
        text = text.lstrip()
        begin, end = ("<!--", "-->") if text.startswith("<!--") else ("<?", "?>")
        inside = text.startswith(begin)
        # the search starts behind the opening: "<!-->" opens a comment and does not close it
        if inside and end in text[len(begin) :]:
            text = text[text.index(end, len(begin)) + len(end) :]
            continue
        complete = text[:9].upper() if len(text) >= 9 else ""
        if complete == "<!DOCTYPE":
            what = "an HTML page" if text[9:40].strip().lower().startswith("html") else "XML with a DOCTYPE"
            remedy = _REMEDY_DOWNLOAD if what == "an HTML page" else "Remove the DOCTYPE declaration"
            raise CityModelError(f"the file is {what}, which is refused unread", file=name, remedy=remedy)
        if complete and not inside:
            if text[:5].lower() == "<html":
                raise CityModelError("the file is an HTML page", file=name, remedy=_REMEDY_DOWNLOAD)
            return
        chunk = stream.read(_CHUNK)
        read += len(chunk)
        if not chunk or read > _PROLOG_LIMIT:
            raise CityModelError("no root element follows the XML prolog", file=name, remedy=_REMEDY_DOWNLOAD)
        text += chunk.decode(encoding, errors="replace")
