"""Results written into a CityGML file as generic attributes, every byte of the original kept.

Attributes are inserted directly before a tag and followed by the white space that already stands there, so that what
is written is exactly what ``strip_results`` takes away. Two passes over the file: ``citygml_write_scan`` finds the
places, this module copies. Memory holds ids and positions, never the document.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import BinaryIO, NamedTuple, TypeAlias

import numpy as np

from io_citygml.citygml_write_scan import PREFIX, Spots, Style, scan
from io_citygml.errors import one_line
from io_citygml.gml_tags import CORE_PREFIX, GML, GML_32


class Measure(NamedTuple):
    """A number with its unit; CityGML 1.0 and CityJSON take the number alone."""

    value: float
    uom: str
    """Unit in ASCII, without blank or colon (gml:UomIdentifier)."""


Value: TypeAlias = str | int | float | Measure
Attributes: TypeAlias = Mapping[str, Value]
"""Of one object or surface: name (PREFIX is put before it) and value."""
_CHUNK = 1 << 18
# White space before a tag that is repeated behind an inserted attribute; what is longer is no indentation.
_INDENT_BYTES = 256
_BLANK = " \t\r\n"
_AFTER_NAME = tuple(f"{_BLANK}/>") + ("",)
_UTF16 = {b"\xff\xfe": "utf-16-le", b"<\x00": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\x00<": "utf-16-be"}
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class _Edit(NamedTuple):
    """What happens at one byte of the original: some are left out, something is put in."""

    offset: int
    end: int
    spot: int


def write_attributes(
    original: BinaryIO, spots: Spots, attributes_of: Callable[[int], Attributes | None], into: BinaryIO
) -> int:
    """Copy a document with attributes inserted; how many spots got some.

    Attributes of an earlier export are left out. ``original`` is decompressed, stands at its start and is the document
    of ``spots``; ``attributes_of`` says of each spot what it gets (None: nothing) and is asked in document order.
    """
    copier = _Copier(original, into)
    written = 0
    for edit in _edits(spots):
        if edit.spot < 0:
            copier.copy(edit.offset)
            copier.skip(edit.end)
            continue
        attributes = attributes_of(edit.spot)
        if attributes:
            copier.copy(edit.offset)
            copier.insert(_elements(attributes, spots.styles[spots.style[edit.spot]]))
            written += 1
    copier.copy(None)
    return written


def write_marked(original: BinaryIO, spots: Spots, mark_of: Callable[[int], str], into: BinaryIO) -> None:
    """Copy a document with a gml:id for each boundary surface that has none, so that a reader tells them apart.

    The id stands in the namespace of the GML version that the document is not of: whatever name the element has, no
    attribute stands twice, and the readers know both.
    """
    copier = _Copier(original, into)
    for spot in np.flatnonzero(~spots.is_object).tolist():
        if not spots.ids[spot]:
            other = GML if spots.styles[spots.style[spot]].version == "3.0" else GML_32
            copier.copy(int(spots.start[spot]))
            copier.copy_name()
            copier.put(f' xmlns:mark="{other}" mark:id="{_text(mark_of(spot))}"')
    copier.copy(None)


def strip_results(data: bytes) -> bytes:
    """A document without the attributes that this program has written into it: the original bytes.

    Raises CityModelError where it is not well-formed CityGML.
    """
    out = io.BytesIO()
    write_attributes(io.BytesIO(data), scan(io.BytesIO(data), "the document"), lambda spot: None, out)
    return out.getvalue()


def bare(value: Value) -> str | int | float:
    """A value where no unit can stand."""
    return value.value if isinstance(value, Measure) else value


def _edits(spots: Spots) -> Iterator[_Edit]:
    """Every place where something may change, in the order of bytes; at one byte the leaving out comes last."""
    removed = spots.earlier
    offset = np.concatenate([spots.offset, removed[:, 0]])
    end = np.concatenate([spots.offset, removed[:, 1]])
    spot = np.concatenate([np.arange(len(spots.offset)), np.full(len(removed), -1)])
    for place in np.lexsort((spot < 0, offset)).tolist():
        if offset[place] >= 0:
            yield _Edit(int(offset[place]), int(end[place]), int(spot[place]))


def _elements(attributes: Attributes, style: Style) -> list[str]:
    """One element an attribute, in ASCII: what is not, as a reference, so that every encoding holds it."""
    found = []
    for name, value in attributes.items():
        uom = value.uom if isinstance(value, Measure) and style.version != "1.0" else ""
        plain = bare(value)
        number = "int" if isinstance(plain, int) else "measure" if uom else "double"
        before, after = _frame(name, "string" if isinstance(plain, str) else number, style, uom)
        found.append(before + (_text(plain) if isinstance(plain, str) else repr(plain)) + after)
    return found


@lru_cache(maxsize=4096)
def _frame(name: str, kind: str, style: Style, uom: str) -> tuple[str, str]:
    """What stands before and behind the value of an attribute.

    In CityGML 1.0 and 2.0 the name is an XML attribute (generics.xsd); in 3.0 a property of the core holds the
    attribute, whose name is a child (core.xsd, generics.xsd). A measure has its unit; 1.0 knows none.
    """
    gen, declared = _prefix(style.gen, "gen", f"{CORE_PREFIX}generics/{style.version}")
    label = _text(PREFIX + name)
    tag = f"{kind}Attribute"
    unit = f' uom="{_text(uom)}"' if uom else ""
    if style.version != "3.0":
        before = f'<{gen}{tag}{declared} name="{label}"><{gen}value{unit}>'
        return before, f"</{gen}value></{gen}{tag}>"
    core, core_declared = _prefix(style.core, "core", CORE_PREFIX + style.version)
    tag = tag[0].upper() + tag[1:]
    before = f"<{core}genericAttribute{core_declared}><{gen}{tag}{declared}><{gen}name>{label}</{gen}name>"
    return f"{before}<{gen}value{unit}>", f"</{gen}value></{gen}{tag}></{core}genericAttribute>"


def _prefix(known: str | None, usual: str, space: str) -> tuple[str, str]:
    """What stands before a name of a namespace, and the declaration that it needs."""
    if known is None:
        return f"{usual}:", f' xmlns:{usual}="{space}"'
    return (f"{known}:" if known else ""), ""


def _text(text: str) -> str:
    """Text in ASCII; what XML cannot hold is escaped."""
    return one_line(text).translate(_ESCAPED).encode("ascii", "xmlcharrefreplace").decode("ascii")


class _Copier:
    """Copies one stream into another, byte by byte the same but where told otherwise."""

    def __init__(self, original: BinaryIO, into: BinaryIO) -> None:
        self._original = original
        self._into = into
        self._chunk = b""
        self._begin = 0
        """Of the chunk in the original."""
        self._at = 0
        """In the original; what is before it has been dealt with."""
        self._tail = b""
        self._encoding = ""

    def copy(self, end: int | None) -> None:
        """Copy up to a byte of the original, or to its end."""
        self._advance(end, True)

    def skip(self, end: int) -> None:
        """Leave out what stands before a byte of the original."""
        self._advance(end, False)

    def copy_name(self) -> None:
        """Copy the "<" and the name of the tag that begins here."""
        width = len("<".encode(self._encoding or "ascii"))
        while True:
            self.copy(self._at + width)
            if self._next(width) in _AFTER_NAME:
                return

    def put(self, text: str) -> None:
        """Write text that holds ASCII alone."""
        self._into.write(text.encode(self._encoding))

    def insert(self, elements: list[str]) -> None:
        """Write elements, each followed by the white space that stands before them."""
        blank = self._indent()
        self.put("".join(element + blank for element in elements))

    def _advance(self, end: int | None, keep: bool) -> None:
        while end is None or self._at < end:
            first = self._at - self._begin
            if first >= len(self._chunk):
                if not self._read():
                    return
                first = 0
            last = len(self._chunk) if end is None else min(end - self._begin, len(self._chunk))
            if keep:
                piece = self._chunk[first:last]
                self._into.write(piece)
                self._tail = (self._tail + piece[-_INDENT_BYTES:])[-_INDENT_BYTES:]
            self._at = self._begin + last

    def _read(self) -> bool:
        """The next chunk; False at the end."""
        self._begin += len(self._chunk)
        self._chunk = self._original.read(_CHUNK)
        self._encoding = self._encoding or _UTF16.get(self._chunk[:2], "ascii")
        return bool(self._chunk)

    def _next(self, width: int) -> str:
        """The character that comes next, of so many bytes; "" at the end. No chunk ends within a character."""
        first = self._at - self._begin
        if first >= len(self._chunk):
            if not self._read():
                return ""
            first = 0
        return self._chunk[first : first + width].decode(self._encoding, "replace")

    def _indent(self) -> str:
        """White space at the end of what has been written; none where it is too long to be an indentation."""
        tail = self._tail.decode(self._encoding, "replace")
        blank = tail[len(tail.rstrip(_BLANK)) :]
        return blank if len(blank) < len(tail) else ""
