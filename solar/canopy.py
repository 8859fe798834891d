"""How much light tree crowns let through, by genus and season: τ = exp(−k ℓ), ℓ the chord in the crown's hull.

k [1/m] is effective: leaf area density times the projection G of leaves, with gaps and twigs in it (Monsi & Saeki 1953,
doi:10.1093/aob/mci052 in English). The table solar/data/canopy.csv names a source for every number or says what is
assumed; docs/trees.md shows how published transmissivities became k, and what is not known. Oracle: those published
transmissivities, got back by the chord they were divided by (tests/solar).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FILE = "canopy.csv"
UNKNOWN = 0
MonthDay = tuple[int, int]
# Cumulated days before each month of a common year, to turn the seasons round in the southern hemisphere.
MONTH_START = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
HALF_A_YEAR = 182


class Species(NamedTuple):
    """A row of the table: genus; German names (folded); k [1/m] with and without leaves; half the leaves out, down.

    Dates are None for evergreens, whose leaves are always on.
    """

    genus: str
    german: tuple[str, ...]
    k_leaf_on: float
    k_leaf_off: float
    leaf_on: MonthDay | None
    leaf_off: MonthDay | None
    source: str


class Seasons(NamedTuple):
    """The year cut where leaves come or go: start of each of S seasons (month, day), and k (S, C) [1/m] of C crowns.

    Starts ascend; before the first of them the last one still runs.
    """

    start: tuple[MonthDay, ...]
    k: NDArray[np.float64]


@cache
def species_table() -> tuple[Species, ...]:
    """All rows: unknown, deciduous, evergreen, then the genera."""
    text = resources.files("solar").joinpath("data", FILE).read_text(encoding="utf-8")
    return tuple(
        Species(
            row["genus"],
            tuple(_folded(name) for name in row["german_name"].split("|") if name),
            float(row["k_leaf_on"]),
            float(row["k_leaf_off"]),
            _month_day(row["leaf_on"]) if row["type"] == "deciduous" else None,
            _month_day(row["leaf_off"]) if row["type"] == "deciduous" else None,
            row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def species_of(names: Sequence[str]) -> NDArray[np.int64]:
    """Row of the table (N,) for names as trees carry them; 0 (unknown) for codes and for what is not in the table.

    "Tilia cordata", "Tilia × europaea 'Pallida'", "Linde", "Winter-Linde" and "WINTERLINDE" are all Tilia: a word that
    is a genus decides, else the longest German name that a word ends with ("Hainbuche" is no Buche).
    """
    known: dict[str, int] = {}
    for name in names:
        if name not in known:
            known[name] = _row_of(name)
    return np.array([known[name] for name in names], np.int64)


def seasons_of(
    species_present: NDArray[np.integer] | Sequence[int],
    latitude_deg: float,
    overrides: Mapping[str, Mapping[str, float | str]] | None = None,
) -> Seasons:
    """Seasons of crowns whose rows in the table are `species_present` (C,), as few as their dates ask for.

    Without any deciduous one there is one season. South of the equator the table's dates move by half a year.
    overrides: genus (or unknown, deciduous, evergreen) → k_leaf_on, k_leaf_off [1/m], leaf_on, leaf_off ("MM-DD", as
    the place has them, not moved); only what is named changes. Raises ValueError for a genus, field, date or k that
    cannot be.
    """
    rows = [_moved(row) if latitude_deg < 0.0 else row for row in species_table()]
    for genus, values in (overrides or {}).items():
        index = next((i for i, row in enumerate(rows) if row.genus.casefold() == genus.casefold()), None)
        if index is None:
            raise ValueError(f"no genus '{genus}' in the table of crowns: {', '.join(row.genus for row in rows)}")
        rows[index] = _overridden(rows[index], values)
    crowns = [rows[index] for index in np.asarray(species_present, np.int64)]
    present = set(crowns)
    start = tuple(sorted({date for row in present for date in (row.leaf_on, row.leaf_off) if date})) or ((1, 1),)
    k = np.array([[_k_at(row, date) for row in crowns] for date in start], np.float64)
    return Seasons(start, k.reshape(len(start), len(crowns)))


def season_index(start_utc: NDArray[np.datetime64], step_s: float, seasons: Seasons) -> NDArray[np.int64]:
    """Season (H,) that the middle of each interval of `step_s` [s] from `start_utc` (H,) UTC lies in."""
    middle = start_utc.astype("datetime64[ms]") + np.timedelta64(round(step_s * 500), "ms")
    month = middle.astype("datetime64[M]")
    day = (middle.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64) + 1
    date = (month.astype(np.int64) % 12 + 1) * 100 + day
    start = np.array([month * 100 + day for month, day in seasons.start])
    return np.asarray((np.searchsorted(start, date, side="right") - 1) % len(start), np.int64)


def transmittance(k: NDArray[np.floating], length: NDArray[np.floating]) -> NDArray[np.float64]:
    """τ (N,) [1] of rays with chords `length` (N, C) [m] in C crowns of extinction `k` (C,) [1/m]."""
    # elementwise, since BLAS has no fixed order
    depth = np.sum(np.asarray(length, np.float64) * np.asarray(k, np.float64), axis=-1)
    return np.asarray(np.exp(-depth), np.float64)


def _row_of(name: str) -> int:
    """Row of one name, 0 where nothing fits."""
    words = re.findall(r"[a-z]+", _folded(name))
    table = species_table()
    genera = {row.genus.casefold(): i for i, row in enumerate(table)}
    for word in words:
        if word in genera:
            return genera[word]
    fits = [
        (len(german), -i)
        for i, row in enumerate(table)
        for german in row.german
        for word in words
        if word.endswith((german, german + "n"))
    ]
    return -max(fits)[1] if fits else UNKNOWN


def _folded(name: str) -> str:
    """Lower case, ß as ss, umlauts as two letters: how names are compared."""
    return name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")


def _k_at(row: Species, date: MonthDay) -> float:
    """k of a crown on a day [1/m]."""
    if row.leaf_on is None or row.leaf_off is None:
        return row.k_leaf_on
    since, until = (row.leaf_on <= date), (date < row.leaf_off)
    in_leaf = (since and until) if row.leaf_on < row.leaf_off else (since or until)
    return row.k_leaf_on if in_leaf else row.k_leaf_off


def _moved(row: Species) -> Species:
    """The row half a year later."""
    if row.leaf_on is None or row.leaf_off is None:
        return row
    return row._replace(leaf_on=_half_a_year_on(row.leaf_on), leaf_off=_half_a_year_on(row.leaf_off))


def _half_a_year_on(date: MonthDay) -> MonthDay:
    """182 days later in a common year."""
    day = (MONTH_START[date[0] - 1] + date[1] - 1 + HALF_A_YEAR) % 365
    month = int(np.searchsorted(MONTH_START, day, side="right"))
    return month, day - MONTH_START[month - 1] + 1


def _month_day(text: str) -> MonthDay:
    """(month, day) of "MM-DD"; ValueError for no such day of a common year."""
    found = re.fullmatch(r"(\d\d)-(\d\d)", text)
    month, day = (int(part) for part in found.groups()) if found else (0, 0)
    length = np.diff([*MONTH_START, 365])
    if not 1 <= month <= 12 or not 1 <= day <= length[month - 1]:
        raise ValueError(f"'{text}' is no day of the year; write MM-DD")
    return month, day


def _is_number(value: object) -> bool:
    """Whether a user's value is a number, and no date, list or truth value, which TOML has too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _overridden(row: Species, values: Mapping[str, float | str]) -> Species:
    """The row with a user's values; ValueError for what cannot be."""
    rates = {"k_leaf_on": row.k_leaf_on, "k_leaf_off": row.k_leaf_off}
    dates = {"leaf_on": row.leaf_on, "leaf_off": row.leaf_off}
    for field, value in values.items():
        if field in dates:
            dates[field] = _month_day(str(value))
        elif field in rates and _is_number(value) and np.isfinite(float(value)) and float(value) >= 0.0:
            rates[field] = float(value)
        else:
            raise ValueError(
                f"crowns of {row.genus}: {field} = {value!r} cannot be; {', '.join(rates)} are 0 or more [1/m], "
                f"{', '.join(dates)} are MM-DD"
            )
    row = row._replace(
        k_leaf_on=rates["k_leaf_on"],
        k_leaf_off=rates["k_leaf_off"],
        leaf_on=dates["leaf_on"],
        leaf_off=dates["leaf_off"],
    )
    if (row.leaf_on is None) != (row.leaf_off is None) or (row.leaf_on and row.leaf_on == row.leaf_off):
        raise ValueError(f"crowns of {row.genus}: give leaf_on and leaf_off, on different days")
    return row
