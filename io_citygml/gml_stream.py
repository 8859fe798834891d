"""A CityGML document as a stream of its top-level elements: each is handed over complete, and freed after.

The push parser of libxml2 builds the tree; after each chunk every child of the root but the last is complete. So
``cityObjectMember`` and the single objects inside a plural ``featureMembers`` stream alike, and memory is bounded by
one top-level object and one chunk. A DOCTYPE has been refused before (``source``), entities are not resolved, and
libxml2 keeps its own limits (256 levels, 10 MB for an attribute or text).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lxml import etree

from io_citygml.errors import CityModelError
from io_citygml.gml_tags import local_name

_CHUNK = 1 << 16
_PIECE = 1 << 10
# A tree takes about eight times the bytes of its text: no object may ask for more than some two gigabytes.
MAX_OBJECT_BYTES = 1 << 28
_PLURAL = "featureMembers"
_SAFE = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    # a third of the tree would be line breaks and indents; without them parse and walk take 20 % less
    "remove_blank_text": True,
    "remove_comments": True,
    "remove_pis": True,
}


class Root(NamedTuple):
    """The root element, before anything inside it has been read."""

    tag: str
    line: int
    doctype: bool


class CityStream:
    """The top-level elements of one XML document.

    ``stream`` is decompressed and stands at the start. Raises CityModelError for what is not well-formed and for an
    object larger than MAX_OBJECT_BYTES, with file and line.
    """

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self._stream = stream
        self._file = file
        self._head, self.root = self._find_root()

    def _find_root(self) -> tuple[bytes, Root]:
        """What was read to find the root element, and the root element."""
        probe = etree.XMLPullParser(events=("start",), **_SAFE)
        head = b""
        try:
            while chunk := self._stream.read(_CHUNK):
                head += chunk
                for start in range(0, len(chunk), _PIECE):
                    probe.feed(chunk[start : start + _PIECE])
                    for _, element in probe.read_events():
                        info = element.getroottree().docinfo
                        doctype = bool(info.doctype) or info.internalDTD is not None
                        return head, Root(str(element.tag), element.sourceline or 0, doctype)
            probe.close()
        except etree.XMLSyntaxError as error:
            raise self._not_well_formed(error) from error
        raise CityModelError("the XML has no root element", file=self._file, remedy="Download it again")

    def __iter__(self) -> Iterator[etree._Element]:
        """Children of the root, or of a plural property in it, each complete; the last one given is freed."""
        parser = etree.XMLPullParser(events=("start",), tag=self.root.tag, **_SAFE)
        root: etree._Element | None = None
        pending = 0
        try:
            chunk = self._head
            self._head = b""
            while chunk:
                parser.feed(chunk)
                # all events are taken: a forgotten one keeps its element alive
                for _, element in parser.read_events():
                    root = element if root is None else root
                pending += len(chunk)
                if root is not None:
                    for element in _complete(root, False):
                        yield element
                        pending = 0
                if pending > MAX_OBJECT_BYTES:
                    raise self._too_large(root)
                chunk = self._stream.read(_CHUNK)
            closed = parser.close()
        except etree.XMLSyntaxError as error:
            raise self._not_well_formed(error) from error
        yield from _complete(closed if root is None else root, True)

    def _not_well_formed(self, error: etree.XMLSyntaxError) -> CityModelError:
        problem = f"the XML is not well-formed ({error.msg})"
        remedy = "Correct it or download it again"
        return CityModelError(problem, file=self._file, line=error.lineno or 0, remedy=remedy)

    def _too_large(self, root: etree._Element | None) -> CityModelError:
        line = (root[-1].sourceline or 0) if root is not None and len(root) else 0
        problem = f"one object takes more than {MAX_OBJECT_BYTES >> 20} MB"
        return CityModelError(problem, file=self._file, line=line, remedy="Split it into several objects")


def _complete(parent: etree._Element, closed: bool) -> Iterator[etree._Element]:
    """The children that will not change any more; each is freed when the next is asked for."""
    children = list(parent)
    growing = None if closed or not children else children.pop()
    for child in children:
        if local_name(str(child.tag)) == _PLURAL:
            yield from _complete(child, True)
        else:
            yield child
        child.clear()
        parent.remove(child)
    if growing is not None and local_name(str(growing.tag)) == _PLURAL:
        yield from _complete(growing, False)
