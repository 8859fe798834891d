"""Reader of CityJSON 1.0, 1.1 and 2.0 and of CityJSONSeq (https://www.cityjson.org/specs/2.0.1/) into the buffer.

A document is one JSON object. A CityJSONSeq is a header line and one CityJSONFeature a line, each with vertices of
its own, and only one of them is in memory at a time. What 1.0 has otherwise (changelog of the specification): no
transform needed, lod a number, "BridgeConstructionElement", and a URN as reference system. Oracle: counts and areas
of real files measured by another program, and the cases of the CityJSON conformance corpus.
"""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from io_citygml.buffers import SurfaceBuffer
from io_citygml.cityjson_geometry import GeometryReader
from io_citygml.cityjson_load import load_object
from io_citygml.cityjson_objects import read_objects
from io_citygml.cityjson_place import JsonPlace
from io_citygml.cityjson_templates import Templates
from io_citygml.cityjson_vertices import IDENTITY, Transform, apply, read_transform, read_vertices
from io_citygml.errors import CityModelError, NotACityModel

_READ_VERSION = re.compile(r"(1\.0|1\.1|2\.0)(\.\d+)?")
_SEPARATOR = b"\x1e"
"""ASCII's record separator, which RFC 7464 and RFC 8142 put before each text of a sequence."""
_ROOT = frozenset(
    {"type", "version", "transform", "metadata", "CityObjects", "vertices", "appearance", "geometry-templates"}
    | {"extensions", "id"}
)


def read_cityjson(stream: BinaryIO, name: str, buffer: SurfaceBuffer) -> tuple[str, dict[str, int]]:
    """Append a CityJSON document or sequence to the buffer; its format, and the reference system it names (line 0).

    The caller has entered the file's name in ``buffer.files``. Raises CityModelError with the object's id, in a
    sequence also with the line, for what is not CityJSON 1.0 to 2.0, NotACityModel for JSON of another kind.
    """
    place = JsonPlace(buffer, name)
    try:
        document, following = _head(stream, place)
        version = _version(document, place)
        transform = read_transform(document, version, place)
        templates = Templates(document.get("geometry-templates"), place)
        _read_part(document, transform, templates, place)
        if following is not None:
            _read_features(stream, following, (transform, templates), place)
    except RecursionError as error:
        raise place.error("the JSON is nested too deeply", remedy="Correct it or download it again") from error
    metadata = document.get("metadata")
    reference = metadata.get("referenceSystem") if isinstance(metadata, dict) else None
    kind = "CityJSON" if following is None else "CityJSONSeq"
    return f"{kind} {version}", {str(reference): 0} if reference else {}


def _head(stream: BinaryIO, place: JsonPlace) -> tuple[dict[str, Any], tuple[bytes, int] | None]:
    """The document, or the header of a sequence and the line after it with its number.

    What stands on the first line alone is the header where another line follows it.
    """
    first, line = _line(stream), 1
    while first and not first.strip():
        first, line = _line(stream), line + 1
    if first.rstrip().endswith(b"}"):
        following, number = _line(stream), line + 1
        while following and not following.strip():
            following, number = _line(stream), number + 1
        if not following:
            return load_object(first, place), None
        place.line = line
        try:
            document = load_object(first, place)
        except CityModelError:  # the first line of a document that is broken into lines may end like an object
            document = None
        if document is not None:
            return document, (following, number)
        first += following
    place.line = 0
    return load_object(b"\n" * (line - 1) + first + stream.read(), place), None


def _line(stream: BinaryIO) -> bytes:
    """The next line, without the separator before it."""
    return stream.readline().lstrip(_SEPARATOR)


def _version(document: dict[str, Any], place: JsonPlace) -> str:
    kind, version = document.get("type"), str(document.get("version"))
    if kind == "CityJSONFeature":
        raise place.error(
            "a CityJSONFeature without a header, so that its coordinates and their system are unknown",
            remedy='Put the line {"type": "CityJSON", "version": …, "transform": …} before it (CityJSONSeq)',
        )
    if kind != "CityJSON":
        problem = f"the JSON has the type {str(kind)[:40]!r}, not 'CityJSON'"
        raise NotACityModel(problem.replace("'None'", "None"), file=place.file, remedy="Give CityJSON")
    if not _READ_VERSION.fullmatch(version):
        raise place.error(
            f"CityJSON {version[:40]} is not read",
            remedy="Read are CityJSON 1.0, 1.1 and 2.0; convert the file, for example with 'cjio upgrade'",
        )
    return version


def _read_part(document: dict[str, Any], transform: Transform, templates: Templates, place: JsonPlace) -> None:
    """Read the objects of a document, header or feature over its own vertices."""
    raw, whole = read_vertices(document.get("vertices"), "vertices", place)
    if transform is not IDENTITY and not whole:
        place.defect("vertices are not integers", "", "scaled and shifted as they are")
    geometry = GeometryReader(apply(transform, raw), templates, place)
    read_objects(document.get("CityObjects"), geometry, place)
    unused = len(raw) - int(geometry.used.sum())
    if unused:
        place.defect("unused vertices", "", f"{unused} of {len(raw)}: no geometry refers to them")
    for member in document.keys() - _ROOT:
        place.buffer.report.not_read[member] += 1


def _read_features(
    stream: BinaryIO, following: tuple[bytes, int], common: tuple[Transform, Templates], place: JsonPlace
) -> None:
    """Read the lines of a sequence after its header, one at a time."""
    data, place.line = following
    while data:
        if data.strip():
            _read_feature(load_object(data, place), *common, place)
        data = _line(stream)
        place.line += 1


def _read_feature(feature: dict[str, Any], transform: Transform, templates: Templates, place: JsonPlace) -> None:
    kind, name, objects = feature.get("type"), feature.get("id"), feature.get("CityObjects")
    if kind == "CityJSON":
        raise place.error("a second header", remedy="Split the file before this line: one header for each CityJSONSeq")
    if kind != "CityJSONFeature":
        problem = f"the line has the type {str(kind)[:40]!r}, not 'CityJSONFeature'"
        raise place.error(problem, remedy="Give one CityJSONFeature a line")
    if name is None:
        place.defect("feature without id", "", "read by the family of its objects")
    elif not isinstance(name, str) or not isinstance(objects, dict) or name not in objects:
        problem = "the feature's id is not one of its CityObjects"
        raise place.error(problem, str(name)[:80], "Correct the feature in the file")
    if "geometry-templates" in feature:
        templates = Templates(feature["geometry-templates"], place)
    _read_part(feature, transform, templates, place)
