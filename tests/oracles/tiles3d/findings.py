"""What the checker finds, and the place in a file where it looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Json = dict[str, Any]

KINDS = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool}


@dataclass(frozen=True)
class Issue:
    """A departure from the specification.

    file is relative to the tileset's folder, path is a JSON pointer or a byte position in it, rule a short name.
    """

    file: str
    path: str
    rule: str
    message: str
    severity: str = "error"  # or "warning"

    def __str__(self) -> str:
        return f"{self.severity}: {self.file}{self.path}: {self.rule}: {self.message}"


def is_kind(value: object, kind: str) -> bool:
    """Whether a JSON value is of a kind; true and false are no numbers, 2.0 is an integer (JSON Schema)."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, KINDS[kind])


@dataclass(frozen=True)
class Place:
    """A place in a file: what is wrong there is added to the list that all places share."""

    issues: list[Issue]
    file: str
    path: str = ""

    def __truediv__(self, key: str | int) -> Place:
        return Place(self.issues, self.file, f"{self.path}/{key}")

    def error(self, rule: str, message: str) -> None:
        self.issues.append(Issue(self.file, self.path, rule, message))

    def warning(self, rule: str, message: str) -> None:
        self.issues.append(Issue(self.file, self.path, rule, message, "warning"))

    def need(self, true: bool, rule: str, message: str) -> bool:
        """Add an error unless the condition holds; return it."""
        if not true:
            self.error(rule, message)
        return bool(true)

    def get(self, holder: Json, key: str, kind: str, required: bool = False) -> Any:
        """holder[key] where it is of the kind, else None: an error where it is wrong, or missing though required."""
        if key not in holder:
            if required:
                self.error("missing", f"no {key}")
            return None
        if not (self / key).need(is_kind(holder[key], kind), "type", f"{key} is no {kind}: {holder[key]!r:.60}"):
            return None
        return int(holder[key]) if kind == "integer" else holder[key]

    def at_least(self, holder: Json, key: str, least: float, kind: str = "number", required: bool = False) -> Any:
        """A number not below a bound."""
        value = self.get(holder, key, kind, required)
        if value is None or not (self / key).need(
            math.isfinite(value) and value >= least, "range", f"{value} < {least}"
        ):
            return None
        return value

    def numbers(self, holder: Json, key: str, length: int, required: bool = False) -> np.ndarray | None:
        """An array of so many finite numbers."""
        values = self.get(holder, key, "array", required)
        if values is None:
            return None
        place = self / key
        if not place.need(len(values) == length, "length", f"{len(values)} numbers, not {length}"):
            return None
        bad = [i for i, value in enumerate(values) if not is_kind(value, "number")]
        for i in bad:
            (place / i).error("element-type", f"no number: {values[i]!r:.60}")
        if bad or not place.need(all(math.isfinite(v) for v in values), "range", "not finite"):
            return None
        return np.array(values, dtype=np.float64)

    def index(self, holder: Json, key: str, of: Sequence[object], required: bool = False) -> int | None:
        """A number that points into a list."""
        value = self.at_least(holder, key, 0, "integer", required)
        if value is None or not (self / key).need(value < len(of), "index", f"{value} of {len(of)}"):
            return None
        return value

    def items(self, holder: Json, key: str, least: int = 1, required: bool = False) -> list[Any]:
        """An array with at least so many items, or an empty list."""
        values = self.get(holder, key, "array", required)
        if values is None:
            return []
        (self / key).need(len(values) >= least, "length", f"{len(values)} items, at least {least} wanted")
        return values

    def objects(self, holder: Json, key: str, least: int = 1, required: bool = False) -> list[Json]:
        """An array of objects; what is none is reported and stands as an empty object, so that indices keep."""
        values = self.items(holder, key, least, required)
        for i, value in enumerate(values):
            (self / key / i).need(isinstance(value, dict), "element-type", f"no object: {value!r:.60}")
        return [value if isinstance(value, dict) else {} for value in values]
