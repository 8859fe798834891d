"""Opening an input: plain or gzip, what format it is by its content, and no DOCTYPE.

A DOCTYPE is refused before any parser sees the file: entity definitions are the door to "billion laughs" and to
reading other files (https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing), and no
city model needs one. The prolog is therefore scanned here, in the encodings a city model may have.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from io_citygml.errors import CityModelError

XML, JSON = "xml", "json"
# Comments before the root element longer than this are no city model.
_PROLOG_LIMIT = 1 << 20
_CHUNK = 1 << 14
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
# Encodings in which ASCII characters are single ASCII bytes, so that "<!DOCTYPE" cannot hide in other bytes.
_PLAIN_ENCODING = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d+|windows-125\d|utf-?16(le|be)?", re.IGNORECASE)
_DECLARED = re.compile(r"""^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']""")
_REMEDY_DOWNLOAD = "Download the file again"


@contextmanager
def open_city(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """The decompressed stream at its start, and "xml" or "json".

    Raises CityModelError for a missing, empty, truncated or foreign file and for a DOCTYPE. What goes wrong in
    decompression while the stream is read inside the ``with`` block is reported in the same way.
    """
    name = str(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
            file_format = _sniff(stream, name)
            stream.seek(0)
            yield stream, file_format
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        problem = f"the gzip data is damaged or cut off ({error})"
        raise CityModelError(problem, file=name, remedy=_REMEDY_DOWNLOAD) from error
    except FileNotFoundError as error:
        raise CityModelError("no such file", file=name, remedy="Check the path") from error
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise CityModelError(problem, file=name, remedy="Check the file") from error


def _sniff(stream: BinaryIO, name: str) -> str:
    head = stream.read(_CHUNK)
    if not head.strip():
        raise CityModelError("the file is empty", file=name, remedy=_REMEDY_DOWNLOAD)
    if head.startswith(b"PK\x03\x04"):
        raise CityModelError("the file is a zip archive", file=name, remedy="Unpack it first")
    encoding = _UTF16.get(head[:2], "latin-1")
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff").removeprefix("ï»¿").lstrip()
    if text.startswith(("{", "[")):
        return JSON
    if not text.startswith("<"):
        raise CityModelError(
            "the file is neither XML nor JSON", file=name, remedy="Give CityGML 1.0/2.0 or CityJSON 1.1/2.0"
        )
    declared = _DECLARED.match(text)
    if declared and not _PLAIN_ENCODING.fullmatch(declared[1]):
        raise CityModelError(f"the encoding {declared[1]!r} is not read", file=name, remedy="Convert the file to UTF-8")
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
