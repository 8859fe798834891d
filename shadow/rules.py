"""Daylight rules as data: what a norm, guide or city asks for, read from TOML.

A rule says when the sun counts, where the point of proof lies, what is summed and which levels there are; nothing here
judges (shadow.judge does) and nothing decides: a level that is not reached is an orientation value that is not met, as
courts weigh and people decide. ``shadow/rules/*.toml`` are the bundled ones, docs/rules.md explains them. Figures known
from memory alone carry ``verified = false``; the norms' own texts have not been read.
"""

from __future__ import annotations

import datetime
import difflib
import tomllib
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
# A year without 29 February: a rule's day exists in every year.
COMMON_YEAR = 2027

Measure = Literal["sun_hours", "shade_hours", "area_share", "sky_component", "sunlight_share"]
Language = Literal["de", "en"]
NonEmpty = Annotated[str, Field(min_length=1)]
MonthDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
Share = Annotated[float, Field(ge=0, le=1)]
Hour = Annotated[float, Field(ge=0, le=24)]
Azimuth = Annotated[float, Field(ge=0, le=360)]


class RuleError(ValueError):
    """A rule that does not exist or cannot be read; the text says what there is, or which entry is wrong."""


@dataclass(frozen=True, config=STRICT)
class Words:
    """One text in both languages."""

    de: NonEmpty
    en: NonEmpty

    def said(self, language: Language) -> str:
        """The text in "de" or "en"."""
        return self.de if language == "de" else self.en


# Never "zulässig": what is admissible is for authorities and courts to weigh.
MET = Words(de="Orientierungswert eingehalten", en="orientation value met")
MISSED = Words(de="Orientierungswert unterschritten", en="orientation value not met")


@dataclass(frozen=True, config=STRICT)
class Figure:
    """One number or provision of a rule and where it was read; ``verified`` false: known from memory alone."""

    what: Words
    value: NonEmpty
    source: NonEmpty
    verified: bool


@dataclass(frozen=True, config=STRICT)
class Level:
    """A step of the scale: ``at`` in hours, or as a share 0 … 1 where shares are measured."""

    name: NonEmpty
    at: Annotated[float, Field(ge=0)]
    title: Words
    verified: bool


@dataclass(frozen=True, config=STRICT)
class Window:
    """The opening that stands in where the model has none: clear width and depth of the reveal [m]."""

    width_m: Annotated[float, Field(gt=0, le=20)]
    depth_m: Annotated[float, Field(ge=0, le=5)]


@dataclass(frozen=True, config=STRICT)
class Criterion:
    """One thing that a rule measures, and the levels it knows.

    measure
        sun_hours, shade_hours [h] of a day; area_share: share of an area with at least ``least_h`` hours of sun;
        sky_component: of an overcast sky, as a share of the free horizontal; sunlight_share: of the year's probable
        sunlight, or with ``winter`` of that in the winter half (share of the year's all the same).
    subject
        facade (storeys or openings) or area (gardens, squares).
    dates
        "MM-DD", each judged by itself; empty where the year or no day counts.
    free
        First and last day of a span from which one day may be chosen in place of ``dates``.
    levels
        Ascending; shade_hours has one, and it is a maximum.
    former_share
        Reached as well by what keeps at least this share of the value before.
    caused
        Only shade counts that is not there without the plan.
    facing_deg
        [°] Only façades between these azimuths are judged, clockwise, both included; None: all.
    """

    id: NonEmpty
    title: Words
    measure: Measure
    subject: Literal["facade", "area"]
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    dates: tuple[MonthDay, ...] = ()
    free: tuple[MonthDay, MonthDay] | None = None
    former_share: Share | None = None
    least_h: Hour | None = None
    caused: bool = False
    winter: bool = False
    facing_deg: tuple[Azimuth, Azimuth] | None = None

    @property
    def at_most(self) -> bool:
        """Whether levels are maxima: less is better."""
        return self.measure == "shade_hours"

    @property
    def is_share(self) -> bool:
        """Whether levels are shares 0 … 1 instead of hours."""
        return self.measure not in ("sun_hours", "shade_hours")

    def days(self, year: int, chosen: datetime.date | None = None) -> tuple[datetime.date, ...]:
        """The days of this criterion in a year; where the choice is free, the ``chosen`` one.

        Raises
        ------
        RuleError
            The chosen day lies outside the span that the rule leaves.
        """
        if chosen is None or self.free is None:
            return tuple(_day(text, year) for text in self.dates)
        first, last = (_day(text, chosen.year) for text in self.free)
        if not first <= chosen <= last:
            raise RuleError(f"{self.id}: {chosen:%d.%m.%Y} is not between {first:%d.%m.} and {last:%d.%m.}")
        return (chosen,)

    @model_validator(mode="after")
    def _coherent(self) -> Criterion:
        for text in (*self.dates, *(self.free or ())):
            _day(text, COMMON_YEAR)
        if self.free is not None and (not self.dates or self.free[0] > self.free[1]):
            raise ValueError("free: a span within one year, with a default in dates")
        if bool(self.dates) != (self.measure in ("sun_hours", "shade_hours", "area_share")):
            raise ValueError(f"dates: hours of a day need them, other measures have none ({self.measure})")
        if (self.least_h is not None) != (self.measure == "area_share") or (
            (self.measure == "area_share") != (self.subject == "area")
        ):
            raise ValueError("least_h and subject area belong to area_share, and area_share needs both")
        if any(a.at >= b.at for a, b in pairwise(self.levels)) or (self.at_most and len(self.levels) > 1):
            raise ValueError("levels: in ascending order; shade_hours has exactly one")
        if self.is_share and self.levels[-1].at > 1:
            raise ValueError("levels: shares lie between 0 and 1")
        return self


@dataclass(frozen=True, config=STRICT)
class Rule:
    """A daylight rule.

    lowest_elevation_deg
        [°] The sun counts from this elevation of its centre (unrefracted) on.
    point
        facade_plane, or room_side: the inner plane of the outer wall, which sees through the reveal of ``window``.
    height_above_floor_m, height_above_sill_m
        [m] Least height of the point of proof.
    clock_window
        Legal hours between which alone instants count.
    union_of_openings
        Openings of one room add up, simultaneous time once.
    caster_above_m
        [m] The rule speaks only of buildings higher than this; None: of all.
    exempt_scenario
        Name of the scenario whose equal or longer shade exempts.
    """

    id: NonEmpty
    title: Words
    source: NonEmpty
    status: Words
    lowest_elevation_deg: Annotated[float, Field(ge=0, lt=90)]
    point: Literal["facade_plane", "room_side"]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    figures: tuple[Figure, ...]
    caveats: tuple[Words, ...] = ()
    window: Window | None = None
    height_above_floor_m: Annotated[float, Field(ge=0, le=10)] | None = None
    height_above_sill_m: Annotated[float, Field(ge=0, le=10)] | None = None
    clock_window: tuple[Hour, Hour] | None = None
    union_of_openings: bool = False
    caster_above_m: Annotated[float, Field(ge=0)] | None = None
    exempt_scenario: str | None = None
    met: Words = MET
    missed: Words = MISSED

    @property
    def unverified(self) -> tuple[Figure, ...]:
        """The figures that are known from memory alone."""
        return tuple(figure for figure in self.figures if not figure.verified)

    @model_validator(mode="after")
    def _coherent(self) -> Rule:
        if (self.point == "room_side") != (self.window is not None):
            raise ValueError("window: a point on the room side needs one, a point on the façade has none")
        if self.clock_window is not None and self.clock_window[0] >= self.clock_window[1]:
            raise ValueError("clock_window: ends before it begins")
        if len({criterion.id for criterion in self.criteria}) < len(self.criteria):
            raise ValueError("criteria: two with the same id")
        return self


def rule_names() -> tuple[str, ...]:
    """Names of the bundled rules, in order."""
    found = (entry.name for entry in (files("shadow") / "rules").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def rule_named(name: str) -> Rule:
    """A bundled rule.

    Raises
    ------
    RuleError
        There is none of this name; the text lists those there are, the nearest first.
    """
    known = rule_names()
    wanted = name.strip().lower()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RuleError(f"no rule {name!r}: {hint}there are {', '.join(known)}, or give a TOML file")
    path = files("shadow") / "rules" / f"{wanted}.toml"
    return _checked(tomllib.loads(path.read_text(encoding="utf-8")), wanted)


def read_rule(path: Path) -> Rule:
    """A rule from the user's own file, written as the bundled ones are.

    Raises
    ------
    RuleError
        No such file, no TOML, or entries that are missing, unknown or out of range: each is named.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RuleError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError(f"{path}: not TOML ({error})") from None
    return _checked(content, str(path))


def _checked(content: dict[str, Any], where: str) -> Rule:
    try:
        return TypeAdapter(Rule).validate_python(content)
    except ValidationError as error:
        parts = [[".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, ")] for e in error.errors()]
        raise RuleError(f"{where}: " + "; ".join(": ".join(filter(None, part)) for part in parts)) from None


def _day(text: str, year: int) -> datetime.date:
    month, day = map(int, text.split("-"))
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise ValueError(f"{text}: no day of every year") from None
