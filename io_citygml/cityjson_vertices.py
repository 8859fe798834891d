"""Vertices of CityJSON: whole numbers times a scale plus a shift (1.1 and 2.0), or coordinates as they are (1.0).

https://www.cityjson.org/specs/2.0.1/#transform-object; CityJSON 1.0 may do without (https://www.cityjson.org/specs/1.0.3/).
"""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.cityjson_place import JsonPlace

_NUMBERS = {int, float}
# What a vertex may hold: 64-bit whole numbers, as every other CityJSON reader has them.
_BOUND = 2.0**63
_REMEDY = "Correct the file"


class Transform(NamedTuple):
    """From vertices to coordinates: vertex * scale + translate."""

    scale: NDArray[np.float64]
    """(3,) [units of the reference system]."""
    translate: NDArray[np.float64]
    """(3,) [units of the reference system]."""


IDENTITY = Transform(np.ones(3), np.zeros(3))


def read_transform(document: dict[str, Any], version: str, place: JsonPlace) -> Transform:
    """The transform of a document. Raises CityModelError where it is malformed, or missing in CityJSON 1.1 and 2.0."""
    raw = document.get("transform")
    if version.startswith("1.0") and (not raw or (isinstance(raw, dict) and not any(raw.values()))):
        return IDENTITY
    if raw is None:
        problem = f"the transform is missing, which CityJSON {version} must have"
        raise place.error(problem, remedy="Without it no coordinate is known: write the file again")
    if not isinstance(raw, dict):
        raise place.error("the transform is not an object", remedy=_REMEDY)
    return Transform(_triple(raw, "scale", place), _triple(raw, "translate", place))


def _triple(raw: dict[str, Any], label: str, place: JsonPlace) -> NDArray[np.float64]:
    values = raw.get(label)
    numbers = finite_numbers(values, 3)
    if numbers is None:
        raise place.error(f"the transform's {label} is not three finite numbers", remedy=_REMEDY)
    return numbers


def finite_numbers(values: Any, count: int) -> NDArray[np.float64] | None:
    """(count,) float64 of a list of that many finite JSON numbers; None of anything else."""
    if not isinstance(values, list) or len(values) != count or not set(map(type, values)) <= _NUMBERS:
        return None
    try:
        numbers = np.array(values, dtype=np.float64)
    except OverflowError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def read_vertices(raw: Any, label: str, place: JsonPlace) -> tuple[NDArray[np.float64], bool]:
    """(V, 3) numbers of a list of vertices before any transform, and whether all are whole; NaN and infinity pass.

    Raises CityModelError with the number of the first vertex that is not three numbers within 64 bits.
    """
    if not isinstance(raw, list):
        raise place.error(f"{label} is not a list", remedy=_REMEDY)
    triples = set(map(type, raw)) <= {list} and set(map(len, raw)) <= {3}
    types = set(map(type, chain.from_iterable(raw))) if triples else {object}
    if not types <= _NUMBERS:
        bad = next(number for number, vertex in enumerate(raw) if not _is_vertex(vertex))
        raise place.error(f"vertex {bad} of {label} is not three numbers", remedy=_REMEDY)
    try:
        numbers = np.fromiter(chain.from_iterable(raw), dtype=np.float64, count=3 * len(raw)).reshape(-1, 3)
    except OverflowError as error:
        raise place.error(f"{label} holds a number beyond 64 bits", remedy=_REMEDY) from error
    huge = np.flatnonzero((np.isfinite(numbers) & (np.abs(numbers) >= _BOUND)).any(axis=1))
    if len(huge):
        raise place.error(f"vertex {huge[0]} of {label} holds a number beyond 64 bits", remedy=_REMEDY)
    return numbers, float not in types


def _is_vertex(vertex: Any) -> bool:
    return isinstance(vertex, list) and len(vertex) == 3 and set(map(type, vertex)) <= _NUMBERS


def apply(transform: Transform, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """(V, 3) coordinates [units of the reference system] of vertices (V, 3)."""
    with np.errstate(over="ignore", invalid="ignore"):  # NaN and infinity make a polygon that is left out and counted
        return vertices * transform.scale + transform.translate
