"""What a proof comes to: figures beside what they should be, with the bound that they are held to."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from twin.progress import OnProgress


class Asked(NamedTuple):
    """How a proof is run: small for the suite or whole, who is told, where its pictures go, the user's sample data."""

    smoke: bool
    on_progress: OnProgress
    folder: Path
    data: Path | None = None


class Row(NamedTuple):
    """One figure. Held to ``low``, to ``high`` or between both where they are given, else only stated."""

    name: str
    expected: float | None
    found: float
    low: float | None
    high: float | None
    unit: str
    source: str

    @property
    def passed(self) -> bool | None:
        """Whether the figure is inside its bound; None for one that is only stated. NaN is inside of nothing."""
        if self.low is None and self.high is None:
            return None
        low = -math.inf if self.low is None else self.low
        return low <= self.found <= (math.inf if self.high is None else self.high)


class Sheet(NamedTuple):
    """The same figures as people read them, where one row a figure would be a wall: text, a heading each column."""

    heading: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


class Table(NamedTuple):
    """A proof's rows, what a reader must know of them, and the seconds that each tool took."""

    name: str
    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = {}  # noqa: RUF012 – never written to
    sheets: tuple[Sheet, ...] = ()
    pictures: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Row, ...]:
        """Rows outside their bound."""
        return tuple(row for row in self.rows if row.passed is False)

    @property
    def held(self) -> tuple[Row, ...]:
        """Rows that have a bound."""
        return tuple(row for row in self.rows if row.passed is not None)


def verdict(tables: Sequence[Table]) -> bool | None:
    """Whether every held figure is inside its bound; None where nothing is held."""
    if not any(table.held for table in tables):
        return None
    return not any(table.failed for table in tables)


def between(name: str, found: float, low: float, high: float, unit: str, source: str) -> Row:
    """A figure held to a published range."""
    return Row(name, None, float(found), float(low), float(high), unit, source)


def close(name: str, found: float, expected: float, tolerance: float, unit: str, source: str) -> Row:
    """A figure held to another within a tolerance in the figure's own unit."""
    return Row(
        name, float(expected), float(found), float(expected - tolerance), float(expected + tolerance), unit, source
    )


def near(name: str, found: float, expected: float, share: float, unit: str, source: str) -> Row:
    """A figure held to another within a share of it."""
    return close(name, found, expected, abs(share * expected), unit, source)


def stated(name: str, found: float, unit: str, source: str, expected: float | None = None) -> Row:
    """A figure without a bound."""
    return Row(name, expected, float(found), None, None, unit, source)


class Seconds:
    """Collects how long each tool takes, on the wall."""

    def __init__(self) -> None:
        self.of: dict[str, float] = {}

    @contextmanager
    def spent(self, tool: str) -> Iterator[None]:
        """Time a block for a tool; blocks of one tool add up."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.of[tool] = self.of.get(tool, 0.0) + time.perf_counter() - begin
