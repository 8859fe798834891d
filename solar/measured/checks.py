"""What can be wrong with a measured plant before any physics: unit, counter, night, sign, stuck values, gaps, clipping.

Each finding says what, how often, when first and what was done. What would teach a model nonsense is refused; what is
local is flagged and left out. Bounds are wide: real plants pass (tests over the open ones).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import PlantError
from solar.measured.record import Finding, PlantRecord, first_of, without
from solar.sun import in_interval_sun

# Power over peak power: cold, bright hours reach 1.15; nothing that works stays below a twentieth all year.
MOST, LEAST = 1.3, 0.05
# Standby and offsets of meters, kW/kWp.
STANDBY = 0.02
# Shares of the year's energy that may lie in the night or below zero.
MOST_AT_NIGHT, MOST_NEGATIVE = 0.02, 0.01
NIGHT_DEG, DAY_DEG = -3.0, 5.0
STUCK_HOURS = 6
# So many hours within a thousandth of the highest are a limit and not the weather.
CLIPPED_HOURS, CLIPPED_BAND = 40, 1e-3


class Place(NamedTuple):
    """Where findings lie in a file: its name, the UTC times of its rows (N,) and their lines (N,)."""

    file: str
    utc: NDArray[np.datetime64]
    line: NDArray[np.int64]

    def line_of(self, time: np.datetime64) -> int:
        """The line of the row at or after a time."""
        return int(self.line[min(int(np.searchsorted(self.utc, time)), len(self.line) - 1)])


def checked(record: PlantRecord, place: Place) -> PlantRecord:
    """The record with odd hours flagged and every finding named.

    Raises PlantError where unit, sign or clock cannot be right.
    """
    record = _gaps(record, place)
    elevation, _ = in_interval_sun(record.start, 3600.0, record.latitude_deg, record.longitude_deg)
    highest = elevation.max(axis=1)
    _one_value(record, place)
    _counter(record, place)
    record = _negative(record, place)
    _level(record, place)
    record = _night(record, place, highest < NIGHT_DEG)
    record = _spikes(record, place)
    record = _stuck(record, place, highest > DAY_DEG)
    return _clipping(record, place)


def _noted(record: PlantRecord, rows: NDArray[np.bool_], kind: str, done: str, place: Place) -> PlantRecord:
    """The record with rows (H,) flagged and the finding; unchanged where there are none."""
    if not np.any(rows):
        return record
    first = first_of(record, rows)
    return without(record, rows, Finding(kind, int(rows.sum()), first, done, place.line_of(first)))


def _gaps(record: PlantRecord, place: Place) -> PlantRecord:
    missing = ~np.isfinite(record.measured)
    if np.all(missing):
        raise PlantError("has no hour with a value", place.file, int(place.line[0]), "Check the column and its numbers")
    return _noted(record, missing, "gap", "hours without a value; left out, nothing is filled", place)


def _one_value(record: PlantRecord, place: Place) -> None:
    values = record.measured[record.usable]
    if len(np.unique(values)) < 10:
        raise PlantError(
            f"holds {len(np.unique(values))} different values in {len(values)} hours",
            place.file,
            int(place.line[0]),
            "Check the column: a setpoint or a state is no power",
        )


def _counter(record: PlantRecord, place: Place) -> None:
    """A meter's reading only rises, day and night, and far beyond what an hour can give."""
    values = record.measured[record.usable]
    rises = np.diff(values)
    if np.mean(rises >= 0.0) > 0.99 and values[-1] - values[0] > 24.0:
        raise PlantError(
            "its values only rise: a meter's reading, not the energy of each interval",
            place.file,
            int(place.line[0]),
            "Give the difference from row to row",
        )


def _level(record: PlantRecord, place: Place) -> None:
    """The 99th percentile of what is above standby, against peak power."""
    values = record.measured[record.usable & (record.measured > STANDBY * LEAST)]
    high = float(np.percentile(values, 99)) if len(values) else 0.0
    if high > MOST or high < LEAST:
        raise PlantError(
            f"its power reaches {high:.3g} kW per kWp (99th percentile), {LEAST:g} … {MOST:g} can be",
            place.file,
            place.line_of(first_of(record, record.measured >= high)),
            f"Check unit and peak_power_kw: {_unit_hint(high)}",
        )


def _unit_hint(high: float) -> str:
    if high > 50.0:
        return 'this looks like W taken for kW, write unit = "W"'
    if high < 0.005:
        return 'this looks like kW taken for W, write unit = "kW"'
    return "energy of an interval (kWh) and power (kW) differ by the number of intervals in an hour"


def _negative(record: PlantRecord, place: Place) -> PlantRecord:
    negative = record.usable & (record.measured < 0.0)
    below = -float(np.sum(record.measured[negative]))
    above = float(np.sum(np.maximum(record.measured[record.usable], 0.0)))
    deep = negative & (record.measured < -STANDBY)
    if np.any(deep) and (below > MOST_NEGATIVE * above or deep.sum() > MOST_NEGATIVE * record.usable.sum()):
        first = first_of(record, deep)
        raise PlantError(
            f"{100 * below / max(above, 1e-9):.1f} % of its energy is negative ({int(deep.sum())} hours), "
            f"first {record.measured[deep][0]:.3g} kW/kWp at {first} UTC",
            place.file,
            place.line_of(first),
            "Give what the inverter feeds in: a grid meter that also counts consumption cannot be used",
        )
    record = _noted(record, deep, "negative", "hours below standby; left out", place)
    small = negative & ~deep
    if not np.any(small):
        return record
    first = first_of(record, small)
    finding = Finding("standby", int(small.sum()), first, "small negative values set to zero", place.line_of(first))
    measured = np.where(small, 0.0, record.measured)
    return record._replace(measured=measured, findings=(*record.findings, finding))


def _night(record: PlantRecord, place: Place, night: NDArray[np.bool_]) -> PlantRecord:
    lit = record.usable & night & (record.measured > STANDBY * 0.1)
    total = float(np.sum(record.measured[record.usable]))
    share = float(np.sum(record.measured[lit])) / max(total, 1e-9)
    if share > MOST_AT_NIGHT:
        worst = record.start[int(np.argmax(np.where(lit, record.measured, -1.0)))]
        raise PlantError(
            f"{100 * share:.1f} % of its energy falls into the night, most of it at {worst} UTC",
            place.file,
            place.line_of(worst),
            "Check zone, label and longitude_deg (east is positive)",
        )
    return _noted(record, lit, "night", "power while the sun is below −3°; left out", place)


def _spikes(record: PlantRecord, place: Place) -> PlantRecord:
    rows = record.usable & (record.measured > MOST)
    return _noted(record, rows, "spike", f"hours above {MOST:g} × peak power; left out", place)


def _stuck(record: PlantRecord, place: Place, day: NDArray[np.bool_]) -> PlantRecord:
    """The same value, and not zero, through six daylight hours; the limit of an inverter is no such value."""
    same = record.measured[1:] == record.measured[:-1]
    group = np.concatenate([[0], np.cumsum(~same)])
    counts = np.bincount(group[day & record.usable], minlength=int(group[-1]) + 1)
    top = float(np.max(record.measured[record.usable]))
    held = (counts[group] >= STUCK_HOURS) & (record.measured > STANDBY * 0.1) & record.usable
    held &= record.measured < top * (1.0 - CLIPPED_BAND)
    return _noted(record, held, "stuck", f"one value through {STUCK_HOURS} daylight hours or more; left out", place)


def _clipping(record: PlantRecord, place: Place) -> PlantRecord:
    top = float(np.max(record.measured[record.usable]))
    at = record.usable & (record.measured >= top * (1.0 - CLIPPED_BAND))
    if at.sum() < CLIPPED_HOURS:
        return record
    first = first_of(record, at)
    done = f"hours at a limit of {top:.3f} kW/kWp; kept"
    finding = Finding("clipping", int(at.sum()), first, done, place.line_of(first))
    return record._replace(findings=(*record.findings, finding))
