"""The clock of a measured plant: by how many minutes must its labels be moved to agree with physics?

Every hour of physics is taken a little later or earlier until it fits the measurement best, whatever the plant's size:
what is minimised is the part of the measurement that no multiple of physics explains. It is done for the whole record,
which gives the shift, and month by month, which gives its error and shows a wall clock with daylight saving. An hour's
mistake is never learnt: `check_clock` refuses it.

Oracle: records moved on purpose (tests/solar/test_solar_pv_align.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import PlantError
from solar.measured.instants import Running, hour_means

# Shifts tried [min]; a clock further off than this is in another time zone, and found at the edge.
FURTHEST_MIN, STEP_MIN = 110.0, 5.0
# From here on it is the clock and no longer the middle of an interval (starts taken for ends: 60, for middles: 30).
WRONG_MIN = 45.0
# Medians before and after a jump of the clock lie at least so far apart; shade that comes with autumn moves less.
LEAST_JUMP_MIN = 40.0
# Share of the measurement's square that no multiple of physics explains at any shift: 0.01 … 0.07 at real plants, also
# in shade; 0.28 and more where the days are other ones (docs/measured.md).
MOST_UNEXPLAINED = 0.25
# A month speaks for itself with this many bright hours, a record with this many in all.
LEAST_HOURS_MONTH, LEAST_HOURS = 60, 200
# An hour that physics puts below this [kW/kWp] at every shift says nothing of the clock.
BRIGHT = 0.02
SUMMER, WINTER = (5, 6, 7, 8), (11, 12, 1, 2)
REMEDY_FORCE = "or give the shift that you know to be right (--shift MINUTES)"


class Alignment(NamedTuple):
    """shift_min [min] that labels are moved by (NaN: too few hours to tell); error_min, its standard error from the
    spread of months; gain: measured over physics at that shift; unexplained share of the measurement's square before
    (in the middle of the shifts tried) and after; hours that took part; month (M,) datetime64[M] and month_min (M,)
    [min], NaN where a month has too few.
    """

    shift_min: float
    error_min: float
    gain: float
    unexplained_before: float
    unexplained: float
    hours: int
    month: NDArray[np.datetime64]
    month_min: NDArray[np.float64]

    @property
    def known(self) -> bool:
        """Whether there were enough hours to tell."""
        return bool(np.isfinite(self.shift_min))

    def season_min(self, months: tuple[int, ...]) -> float:
        """Median shift [min] of the months with these numbers; NaN with fewer than two."""
        chosen = self.month_min[np.isin(self.month.astype(np.int64) % 12 + 1, months) & np.isfinite(self.month_min)]
        return float(np.median(chosen)) if len(chosen) >= 2 else float("nan")


def align(
    start: NDArray[np.datetime64],
    measured: NDArray[np.float64],
    usable: NDArray[np.bool_],
    physics: Running,
    around_min: float = 0.0,
) -> Alignment:
    """The shift of hours (H,) at which physics, kept as running sums, fits measured power (H,) best.

    It is looked for around ``around_min`` [min].
    """
    shifts = around_min + np.arange(-FURTHEST_MIN, FURTHEST_MIN + 0.5, STEP_MIN)
    moved = np.stack([hour_means(physics, start, shift) for shift in shifts])
    rows = usable & np.isfinite(measured) & np.all(np.isfinite(moved), axis=0)
    rows[rows] = np.max(moved[:, rows], axis=0) > BRIGHT
    month = start.astype("datetime64[M]")
    months, which = np.unique(month[rows], return_inverse=True)
    n = len(months)
    m, p = measured[rows], moved[:, rows]
    squares = np.asarray(np.bincount(which, m * m, n), np.float64)
    product = np.stack([np.bincount(which, m * row, n) for row in p]).astype(np.float64)
    model = np.stack([np.bincount(which, row * row, n) for row in p]).astype(np.float64)
    count = np.bincount(which, minlength=n)
    if len(m) < LEAST_HOURS:
        nothing = np.full(n, np.nan)
        return Alignment(np.nan, np.nan, np.nan, np.nan, np.nan, len(m), months, nothing)
    left = _unexplained(squares.sum(), product.sum(axis=1), model.sum(axis=1))
    shift = _lowest(shifts, left)
    by_month = np.array(
        [
            _lowest(shifts, _unexplained(squares[i], product[:, i], model[:, i]))
            if count[i] >= LEAST_HOURS_MONTH
            else np.nan
            for i in range(n)
        ]
    )
    spread = by_month[np.isfinite(by_month)]
    deviation = float(np.median(np.abs(spread - np.median(spread)))) if len(spread) else np.nan
    at = float(np.interp(shift, shifts, product.sum(axis=1))) / float(np.interp(shift, shifts, model.sum(axis=1)))
    return Alignment(
        shift,
        # from median deviation to standard deviation, and a median's error against a mean's (normal errors)
        1.4826 * 1.2533 * deviation / np.sqrt(max(len(spread), 1)),
        at,
        float(np.interp(around_min, shifts, left)),
        float(np.interp(shift, shifts, left)),
        len(m),
        months,
        by_month,
    )


def _unexplained(squares: float, product: NDArray[np.float64], model: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 − (Σ m p)² / (Σ m² Σ p²) for each shift: what the best multiple of physics leaves."""
    below = np.maximum(squares * model, 1e-30)
    return np.asarray(1.0 - np.maximum(product, 0.0) ** 2 / below)


def _lowest(shifts: NDArray[np.float64], left: NDArray[np.float64]) -> float:
    """Where a parabola through the three lowest points has its foot [min]."""
    i = int(np.argmin(left))
    if i in (0, len(shifts) - 1):
        return float(shifts[i])
    before, here, after = left[i - 1 : i + 2]
    curve = before - 2.0 * here + after
    return float(shifts[i] + (0.5 * (before - after) / curve * STEP_MIN if curve > 0.0 else 0.0))


def daylight_saving(found: Alignment) -> bool:
    """Whether summer and winter differ by an hour, as under a wall clock taken for standard time."""
    return bool(abs(abs(found.season_min(SUMMER) - found.season_min(WINTER)) - 60.0) < 20.0)


def clock_jump(found: Alignment) -> tuple[np.datetime64, float] | None:
    """The month in which the clock jumps, and by how much [min]: neighbouring months differ, and so do the medians of
    all before and all after. None where it does not.
    """
    known = np.flatnonzero(np.isfinite(found.month_min))
    values, months = found.month_min[known], found.month[known]
    if len(values) < 4:
        return None
    steps = np.diff(values)
    for i in np.argsort(-np.abs(steps), kind="stable").tolist():
        apart = float(np.median(values[i + 1 :]) - np.median(values[: i + 1]))
        if abs(steps[i]) >= WRONG_MIN and abs(apart) >= LEAST_JUMP_MIN and 1 <= i + 1 < len(values):
            return months[i + 1], apart
    return None


def check_weather(found: Alignment, file: str) -> None:
    """Raises PlantError where the physics is that of other days."""
    if found.known and found.unexplained > MOST_UNEXPLAINED:
        raise PlantError(
            f"{100 * found.unexplained:.0f} % of its power has nothing to do with what this weather gives",
            file,
            remedy="Give the weather of the same days (no test reference year), and check place and column",
        )


def check_clock(found: Alignment, file: str, shift_min: float | None = None) -> None:
    """Raises PlantError where the clock is wrong (45 min or more), jumps, keeps daylight saving unsaid, or cannot be
    told.

    Who gives the shift, ``shift_min`` [min], answers for its size: that the clock is one and runs evenly is still
    asked, as far as the record tells.
    """
    if not found.known and shift_min is None:
        raise PlantError(
            f"only {found.hours} bright hours with measurement and physics, too few to tell its clock",
            file,
            remedy=f"Give {LEAST_HOURS} hours at least, and weather of the same time",
        )
    check_even(found, file)
    if shift_min is None and abs(found.shift_min) >= WRONG_MIN:
        minutes = round(found.shift_min / 5.0) * 5
        raise PlantError(
            f"its clock is wrong: it fits the sun when labels are moved by {minutes:+d} min "
            f"(± {found.error_min:.0f} min)",
            file,
            remedy=f"Correct zone or label in the plant's TOML ({_cause(minutes)}), {REMEDY_FORCE}",
        )


def check_even(found: Alignment, file: str) -> None:
    """Raises PlantError where the weather is not the plant's, or its clock jumps or keeps daylight saving unsaid."""
    check_weather(found, file)
    if daylight_saving(found):
        raise PlantError(
            f"its clock fits the sun when moved by {found.season_min(SUMMER):+.0f} min in summer and by "
            f"{found.season_min(WINTER):+.0f} min in winter: daylight saving is in it, though its zone has none",
            file,
            remedy='Name the zone as its clock has it, such as zone = "Europe/Berlin"',
        )
    jump = clock_jump(found)
    if jump is not None:
        raise PlantError(
            f"its clock jumps by {jump[1]:+.0f} min in {jump[0]}",
            file,
            remedy="Put the hours before or after it right, or cut the record there; where the clock keeps daylight "
            'saving, name its zone (zone = "Europe/Berlin")',
        )


def _cause(minutes: int) -> str:
    if abs(abs(minutes) - 60) <= 15:
        return "an hour is a zone taken for its neighbour, summer time, or the end of an hour taken for its start"
    return "another time zone, or a longitude of the wrong sign"
