"""Results written into a CityJSON document or sequence: every value of the original kept, attributes added.

A semantic surface may have attributes of its own
(https://www.cityjson.org/specs/2.0.1/#semantics-of-geometric-primitives); a face without semantics has no place
for any. What is written is UTF-8 without line breaks inside an object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from io_citygml.citygml_write import Attributes, bare
from io_citygml.citygml_write_scan import PREFIX
from io_citygml.errors import CityModelError

_SEPARATOR = b"\x1e"
_SURFACES = frozenset({"MultiSurface", "CompositeSurface", "Solid", "MultiSolid", "CompositeSolid"})


class Part(NamedTuple):
    """A document, or one line of a sequence."""

    content: dict[str, Any]
    before: bytes
    """Separator of a JSON text sequence, or nothing."""


def parts(stream: BinaryIO, name: str) -> Iterator[Part]:
    """The document, or the header and the features of a sequence one by one; ``stream`` stands at its start.

    Raises CityModelError with the line for what is no JSON.
    """
    first, following = stream.readline(), b""
    while first and not first.strip(b"\x1e \t\r\n"):
        first = stream.readline()
    head = _object(first) if first.rstrip().endswith(b"}") else None
    if head is not None:
        yield Part(head, first[: len(first) - len(first.lstrip(_SEPARATOR))])
        number = 1
        while following := stream.readline():
            number += 1
            if following.strip(b"\x1e \t\r\n"):
                feature = _object(following)
                if feature is None:
                    raise _error(name, number)
                yield Part(feature, following[: len(following) - len(following.lstrip(_SEPARATOR))])
        return
    document = _object(first + stream.read())
    if document is None:
        raise _error(name, 0)
    yield Part(document, b"")


def semantic_surfaces(part: Part) -> Iterator[dict[str, Any]]:
    """Every semantic surface of the geometries of a part, in the order of the document."""
    for item in objects(part).values():
        for geometry in item.get("geometry") or []:
            semantics = geometry.get("semantics") if geometry.get("type") in _SURFACES else None
            if isinstance(semantics, dict):
                yield from semantics.get("surfaces") or []


def objects(part: Part) -> dict[str, dict[str, Any]]:
    """City objects of a part by their keys."""
    return part.content.get("CityObjects") or {}


def mark_semantics(part: Part, mark_of: Callable[[int], str], first: int) -> int:
    """Give each semantic surface an id, numbered from ``first`` on, so that readers tell them apart; the next one."""
    for surface in semantic_surfaces(part):
        surface["id"] = mark_of(first)
        first += 1
    return first


def annotate(
    part: Part,
    object_attributes: Callable[[str], Attributes | None],
    surface_attributes: Callable[[int], Attributes | None],
    first: int,
) -> int:
    """Write attributes into the objects and semantic surfaces of a part, in place of those of an earlier export.

    Semantic surfaces are numbered from ``first`` on in the order of `semantic_surfaces`; the number after the last.
    """
    for key, item in objects(part).items():
        given = object_attributes(key)
        before = item.get("attributes")
        if given or (isinstance(before, dict) and any(name.startswith(PREFIX) for name in before)):
            item["attributes"] = _with(before if isinstance(before, dict) else {}, given)
    for surface in semantic_surfaces(part):
        after = _with(surface, surface_attributes(first))
        surface.clear()
        surface.update(after)
        first += 1
    return first


def to_bytes(part: Part) -> bytes:
    """One line of JSON."""
    text = json.dumps(part.content, ensure_ascii=False, separators=(",", ":"))
    return part.before + text.encode("utf-8") + b"\n"


def _with(before: dict[str, Any], given: Attributes | None) -> dict[str, Any]:
    kept = {name: value for name, value in before.items() if not name.startswith(PREFIX)}
    return kept | named(given)


def named(attributes: Attributes | None) -> dict[str, Any]:
    """Attributes as CityJSON has them."""
    return {PREFIX + name: bare(value) for name, value in (attributes or {}).items()}


def _object(data: bytes) -> dict[str, Any] | None:
    data = data.lstrip(_SEPARATOR)
    try:
        content = json.loads(data.decode(json.detect_encoding(data)))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _error(name: str, line: int) -> CityModelError:
    return CityModelError("the JSON is not well-formed", file=name, line=line, remedy="Download the file again")
