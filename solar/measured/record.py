"""A measured plant as everything behind the reader sees it: where and how it stands, and its power hour by hour.

Nothing here knows what the sun should have given: that comes from `plant_hours`. Times are UTC, an hour is labelled
by its start, powers are per kWp.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Mounting = Literal["free", "roof", "facade", "vertical bifacial"]
MOUNTINGS: tuple[Mounting, ...] = ("free", "roof", "facade", "vertical bifacial")
HOUR = np.timedelta64(3600, "s")


class Finding(NamedTuple):
    """Something found in a measurement, and what became of it.

    kind: one word that programs can rely on (gap, night, negative, stuck, …); number: how many values or days; first:
    the first time of it, UTC (NaT where it has none); done: what was done, in words; line: of the file, None where it
    has none.
    """

    kind: str
    number: int
    first: np.datetime64
    done: str
    line: int | None = None


class PlantRecord(NamedTuple):
    """A measured plant.

    latitude_deg, longitude_deg [°] north and east positive; altitude_m [m]; tilt_deg, azimuth_deg [°] of its modules,
    clockwise from true north (of a vertical bifacial plant: of the front); peak_power_kw [kW] at standard test
    conditions; start (H,) datetime64[s] UTC, contiguous, an hour apart; measured (H,) [kW/kWp], NaN where missing;
    usable (H,) measured and not flagged; findings: what was found.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    tilt_deg: float
    azimuth_deg: float
    peak_power_kw: float
    mounting: Mounting
    start: NDArray[np.datetime64]
    measured: NDArray[np.float64]
    usable: NDArray[np.bool_]
    findings: tuple[Finding, ...] = ()


def without(record: PlantRecord, rows: NDArray[np.bool_], finding: Finding) -> PlantRecord:
    """The record with some hours (H,) no longer usable, and the finding that says why."""
    return record._replace(usable=record.usable & ~rows, findings=(*record.findings, finding))


def first_of(record: PlantRecord, rows: NDArray[np.bool_]) -> np.datetime64:
    """Start of the first hour among rows (H,); NaT where there is none."""
    return record.start[int(np.argmax(rows))] if np.any(rows) else np.datetime64("NaT", "s")


def span(record: PlantRecord, rows: NDArray[np.bool_]) -> PlantRecord:
    """The hours of a record from the first to the last of rows (H,), such as those of one year."""
    at = np.flatnonzero(rows)
    cut = slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, 0)
    return record._replace(start=record.start[cut], measured=record.measured[cut], usable=record.usable[cut])
