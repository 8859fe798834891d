"""The clock of a record, found from the sun: by how many minutes does its global irradiance run late?

On a clear day irradiance is symmetric about true solar noon. The phase of its first daily harmonic, in hour angle, is
therefore the error of the record's clock: it needs no search over shifts, no clear-sky model and no horizon, and it
holds under the midnight sun as well. Clouds, haze and mountains move single days by tens of minutes; the median over
the clearest days of every month does not follow them (measured on real files: docs/weather.md).

Here too: true solar time (WOZ), in which DWD keeps some of its radiation. Equation of time and declination: Spencer
(1971) through pvlib, good to half a minute. Oracles: NREL SPA, and years shifted on purpose (tests/solar).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY_MIN = 1440.0
# The clearest days of each month that take part, and what their mean clearness index must reach at least.
DAYS_A_MONTH = 6
CLEAR = 0.45
# Fewer clear days than this tell nothing.
MIN_DAYS = 4
# Real files fit within ±10 min; the smallest mistake worth a word, half an hour, lies above.
ALARM_MIN = 15.0
# Days with less extraterrestrial irradiation than this mean [W/m²] are polar night or nearly so.
MIN_EXTRATERRESTRIAL = 20.0
SOLAR_CONSTANT = 1361.0
SUMMER, WINTER = (5, 6, 7, 8), (11, 12, 1, 2)


class ClockFit(NamedTuple):
    """late_min [min] by which a record runs behind the sun (NaN: too few rows to tell), its standard error, the
    number of clear days behind it, and the same of the months May–August and November–February alone.
    """

    late_min: float
    error_min: float
    days: int
    summer_min: float
    winter_min: float

    @property
    def known(self) -> bool:
        """Whether there were enough clear days to tell."""
        return self.days >= MIN_DAYS


def equation_of_time_min(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """True solar minus mean solar time (N,) [min] at UTC instants."""
    import pvlib

    return np.asarray(pvlib.solarposition.equation_of_time_spencer71(_day_of_year(times)), np.float64)


def utc_of_true_solar(times: NDArray[np.datetime64], longitude_deg: float) -> NDArray[np.datetime64]:
    """UTC instants (N,) datetime64[s] of true solar times (WOZ) at a longitude [°]."""
    mean = moved(times, -longitude_deg * 240.0)
    return moved(mean, -equation_of_time_min(mean) * 60.0)


def moved(times: NDArray[np.datetime64], seconds: float | NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Instants (N,) datetime64[s], moved by seconds and rounded to whole ones."""
    whole = times.astype("datetime64[s]").astype(np.int64) + np.rint(seconds).astype(np.int64)
    return np.asarray(whole.astype("datetime64[s]"))


def fit_clock(
    start: NDArray[np.datetime64],
    step_s: float,
    ghi: NDArray[np.float64],
    latitude_deg: float,
    longitude_deg: float,
) -> ClockFit:
    """The clock of a record of intervals from ``start`` (H,) UTC with means ``ghi`` (H,) [W/m²]."""
    import pvlib

    middle = moved(start, step_s / 2)
    solar_min = (middle - middle[:1].astype("datetime64[D]")) / np.timedelta64(60, "s")
    solar_min = solar_min + 4.0 * longitude_deg + equation_of_time_min(middle)
    hour_angle = np.radians((solar_min % DAY_MIN) / 4.0 - 180.0)
    day = np.floor(solar_min / DAY_MIN).astype(np.int64)
    index = day - day.min()
    n = int(index.max()) + 1
    latitude = np.radians(latitude_deg)
    declination = np.asarray(pvlib.solarposition.declination_spencer71(_day_of_year(middle)), np.float64)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    above = np.bincount(index, SOLAR_CONSTANT * np.maximum(sine, 0.0), n)
    energy = np.bincount(index, ghi, n)
    late = np.degrees(
        np.arctan2(np.bincount(index, ghi * np.sin(hour_angle), n), np.bincount(index, ghi * np.cos(hour_angle), n))
    )
    # A day counts only where all its intervals are there: half a day has its centre elsewhere.
    rows = np.bincount(index, minlength=n)
    whole = np.abs(rows * step_s - DAY_MIN * 60.0) < 1.5 * step_s
    whole &= above > MIN_EXTRATERRESTRIAL * rows
    clearness = np.divide(energy, above, out=np.zeros(n), where=whole)
    first = np.zeros(n, np.int64)
    first[index[::-1]] = np.arange(len(index))[::-1]
    month = (middle.astype("datetime64[M]").astype(np.int64) % 12 + 1)[first]
    chosen = _clearest(clearness, month)
    return _fit(late[chosen] * 4.0, month[chosen])


def _clearest(clearness: NDArray[np.float64], month: NDArray[np.int64]) -> NDArray[np.intp]:
    """The clearest days of every calendar month, so that one fine season does not speak for the year."""
    chosen: list[NDArray[np.intp]] = []
    for m in range(1, 13):
        days = np.flatnonzero((month == m) & (clearness >= CLEAR))
        chosen.append(days[np.argsort(-clearness[days], kind="stable")][:DAYS_A_MONTH])
    return np.sort(np.concatenate(chosen))


def _fit(late_min: NDArray[np.float64], month: NDArray[np.int64]) -> ClockFit:
    def median(rows: NDArray[np.bool_]) -> float:
        return float(np.median(late_min[rows])) if np.count_nonzero(rows) >= MIN_DAYS else float("nan")

    everything = np.ones(len(late_min), bool)
    middle = median(everything)
    spread = float(np.median(np.abs(late_min - middle))) if np.isfinite(middle) else float("nan")
    # 1.4826: from median deviation to standard deviation; 1.2533: a median's error against a mean's (normal errors)
    error = 1.4826 * 1.2533 * spread / np.sqrt(max(len(late_min), 1))
    return ClockFit(
        middle,
        float(error),
        len(late_min),
        median(np.isin(month, SUMMER)),
        median(np.isin(month, WINTER)),
    )


def daylight_saving(fit: ClockFit) -> bool:
    """Whether summer and winter differ by an hour, as under a wall clock (either hemisphere)."""
    return abs(abs(fit.summer_min - fit.winter_min) - 60.0) < 20.0


def told(fit: ClockFit, utc_offset_s: float) -> str | None:
    """What is wrong with a clock and how to put it right, in one line; None where nothing is.

    ``utc_offset_s`` [s] is the time zone in which the file was read.
    """
    if not fit.known:
        return None
    if daylight_saving(fit):
        return (
            f"clock: the sun runs {fit.winter_min:+.0f} min late in winter and {fit.summer_min:+.0f} min in summer: "
            "daylight saving is left in; write the file in standard time or UTC"
        )
    if abs(fit.late_min) < ALARM_MIN:
        return None
    minutes = round(fit.late_min / 5.0) * 5
    return (
        f"clock: the sun runs {abs(minutes)} min {'late' if minutes > 0 else 'early'}: "
        f"labels look {_cause(minutes, utc_offset_s)}; "
        f"check the file, or move its labels with --weather-shift {-minutes:+d}"
    )


def _cause(minutes: int, utc_offset_s: float) -> str:
    """What kind of mistake makes such a shift."""
    if abs(abs(minutes) - 60) <= 10:
        meant = utc_offset_s + (3600.0 if minutes > 0 else -3600.0)
        taken = "the end of an hour taken for its start" if minutes > 0 else "the start of an hour taken for its end"
        return f"like {_zone(meant)} instead of {_zone(utc_offset_s)}, or like {taken}"
    if abs(abs(minutes) - 30) <= 10:
        return "half an hour off: the middle of an hour taken for its start or end"
    if abs(minutes) > 90:
        return "like another time zone, or the longitude has the wrong sign"
    return "shifted"


def _zone(utc_offset_s: float) -> str:
    """Name of a time zone: UTC, MEZ and MESZ (central European time and its summer time), else UTC+5.5."""
    hours = utc_offset_s / 3600.0
    return {0.0: "UTC", 1.0: "MEZ (UTC+1)", 2.0: "MESZ (summer time, UTC+2)"}.get(hours, f"UTC{hours:+g}")


def _day_of_year(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Day of the year with its fraction (N,), 1 at the start of 1 January."""
    seconds = (times.astype("datetime64[s]") - times.astype("datetime64[Y]").astype("datetime64[s]")).astype(np.float64)
    return np.asarray(1.0 + seconds / 86400.0)


def daylight_utc_h(
    day: NDArray[np.datetime64], latitude_deg: float, longitude_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sunrise, true noon and sunset (N,) of days (N,) in hours UTC from their midnight; NaN under midnight sun or polar
    night. Disc centre, unrefracted; good to a minute.
    """
    import pvlib

    noon_time = moved(day.astype("datetime64[s]"), (12.0 - longitude_deg / 15.0) * 3600.0)
    noon = 12.0 - longitude_deg / 15.0 - equation_of_time_min(noon_time) / 60.0
    declination = np.asarray(pvlib.solarposition.declination_spencer71(_day_of_year(noon_time)), np.float64)
    cosine = -np.tan(np.radians(latitude_deg)) * np.tan(declination)
    half = np.degrees(np.arccos(np.where(np.abs(cosine) < 1.0, cosine, np.nan))) / 15.0
    return noon - half, noon, noon + half
