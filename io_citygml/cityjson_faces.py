"""CityJSON boundaries to flat arrays: nested lists of vertex indices, and semantics nested one level less.

https://www.cityjson.org/specs/2.0.1/#geometry-objects: a MultiSurface is a list of surfaces, a Solid a list of shells
(the outer one first), a MultiSolid a list of solids; a surface is a list of rings (the exterior first), a ring a list
of indices without the closing one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.cityjson_place import JsonPlace

# How many lists lie around the surfaces of a geometry.
DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}


class Faces(NamedTuple):
    """The F surfaces of one geometry."""

    ring_count: list[int]
    """(F,) rings of each surface."""
    ring_length: list[int]
    """(R,) points of each ring, the closing one counted."""
    vertex: NDArray[np.int64]
    """(I,) index of the vertex of each point; every ring is closed."""
    nested: list[bool]
    """(F,) of a shell inside a solid."""
    semantic: list[int]
    """(F,) index into labels, -1 without semantics."""
    labels: list[str]
    """Classes of the semantic surfaces."""
    ids: list[str]
    """Ids of the semantic surfaces, "" where there is none: not in the standard, but citygml-tools writes them."""


def parse_faces(geometry: dict[str, Any], n_vertices: int, object_id: str, place: JsonPlace) -> Faces:
    """The surfaces of a geometry whose type is in DEPTH, over n_vertices vertices.

    Semantics that do not fit enter the report. Raises CityModelError with the object's id where the boundaries are
    nested wrongly or refer to vertices that do not exist.
    """
    kind = str(geometry["type"])
    semantics = geometry.get("semantics") or {}
    if not isinstance(semantics, dict):
        raise place.error("semantics is not an object", object_id)
    labels, ids = _labels(semantics, object_id, place)
    values = semantics.get("values")
    try:
        surfaces = list(_surfaces(geometry["boundaries"], values, DEPTH[kind], False))
        rings = [ring for surface, _, _ in surfaces for ring in surface]
        if not set(map(type, rings)) <= {list}:
            raise TypeError("a ring is not a list")
    except (KeyError, TypeError) as error:
        raise place.error(f"the boundaries of a {kind} are missing or nested wrongly ({error})", object_id) from error
    if values is not None and _leaves(values) > len(surfaces):
        action = "more values than surfaces: those ignored"
        place.defect("semantics do not fit the boundaries", object_id, action)
    closed = [ring + ring[:1] for ring in rings]
    return Faces(
        ring_count=[len(surface) for surface, _, _ in surfaces],
        ring_length=list(map(len, closed)),
        vertex=_indices(list(chain.from_iterable(closed)), n_vertices, object_id, place),
        nested=[nested for _, _, nested in surfaces],
        semantic=_semantics([value for _, value, _ in surfaces], len(labels), object_id, place),
        labels=labels,
        ids=ids,
    )


def _indices(points: list[Any], n_vertices: int, object_id: str, place: JsonPlace) -> NDArray[np.int64]:
    """(I,) vertex indices, checked: whole numbers of vertices that exist."""
    if not set(map(type, points)) <= {int}:  # True and 1.0 are none, although Python calls them equal to 1
        raise place.error("a vertex index is not an integer", object_id)
    try:
        index = np.array(points, dtype=np.int64)
    except OverflowError as error:
        raise place.error("a vertex index is beyond all bounds", object_id) from error
    if index.size and (index.min() < 0 or index.max() >= n_vertices):
        beyond = int(index.max() if index.max() >= n_vertices else index.min())
        raise place.error(f"vertex {beyond} does not exist (there are {n_vertices})", object_id)
    return index


def _labels(semantics: dict[str, Any], object_id: str, place: JsonPlace) -> tuple[list[str], list[str]]:
    surfaces = semantics.get("surfaces") or []
    if not isinstance(surfaces, list) or not all(isinstance(item, dict) and "type" in item for item in surfaces):
        raise place.error("a semantic surface has no type", object_id)
    names = [item.get("id") for item in surfaces]
    return [str(item["type"]) for item in surfaces], [name if isinstance(name, str) else "" for name in names]


def _semantics(values: list[Any], n_labels: int, object_id: str, place: JsonPlace) -> list[int]:
    """(F,) index of the semantic surface of each face, -1 for none."""
    if values.count(None) == len(values):
        return [-1] * len(values)
    semantic = [-1] * len(values)
    for face, value in enumerate(values):
        if type(value) is int and 0 <= value < n_labels:
            semantic[face] = value
        elif value is not None:
            what = f"entry {value}" if type(value) is int else f"a {type(value).__name__}"
            action = f"{'no entry' if value is _MISSING else what}: classified without"
            place.defect("semantics do not fit the boundaries", object_id, action)
    return semantic


_MISSING: Any = object()
"""In place of a semantic value that the list is too short for."""


def _surfaces(parts: Any, values: Any, depth: int, nested: bool) -> Iterator[tuple[list[Any], Any, bool]]:
    """(rings, semantic value, of an inner shell) of surfaces: the value is None without semantics, _MISSING where the
    values are too few."""
    if not isinstance(parts, list):
        raise TypeError(f"{type(parts).__name__} in place of a list")
    for number, part in enumerate(parts):
        value = None if values is None else _MISSING
        if isinstance(values, list) and number < len(values):
            value = values[number]
        if depth:
            yield from _surfaces(part, value, depth - 1, depth == 1 and number > 0)
        elif not isinstance(part, list) or not part:
            raise TypeError("a surface without rings")
        else:
            yield part, value, nested


def _leaves(values: Any) -> int:
    """Number of entries in nested lists, however deep."""
    count, stack = 0, [values]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        else:
            count += 1
    return count


def point_indices(boundaries: Any) -> list[int]:
    """Every vertex index in nested lists of a geometry that is not read (points, lines)."""
    found, stack = [], [boundaries]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif type(item) is int:
            found.append(item)
    return found
