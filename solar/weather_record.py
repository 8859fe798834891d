"""`Weather`, the one form every reader ends in, and the steps from a file's columns to it: shift where asked, fill,
check, compare the clock with the sun, complete, close.

A reader says what stands in the file (`weather_columns`) and nothing else; what follows from it is decided here, once,
for all formats.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from solar.clock import ClockFit, daylight_saving, fit_clock, told
from solar.closure import ClosureReport, MeanSun, close_dni, mean_sun
from solar.errors import WeatherError
from solar.weather_columns import IRRADIANCE, Columns, Origin, Record, with_values
from solar.weather_gaps import NIGHT_OFFSET, fill, with_missing_rows, without_night_offsets

logger = logging.getLogger(__name__)

# Highest believable interval means [W/m²]: one-minute cloud enhancement reaches about 1,900 in GHI; the
# extraterrestrial beam is 1,412 at most; diffuse above 1,000 is seen under bright broken cloud at altitude
# only.
LIMITS = {
    "ghi": (0.0, 2000.0, "W/m²"),
    "dni": (0.0, 1420.0, "W/m²"),
    "dhi": (0.0, 1200.0, "W/m²"),
    "temp_air": (-90.0, 60.0, "°C"),
    "wind_speed": (0.0, 100.0, "m/s"),
}
# Twilight and a station's own horizon put a few tenths of a per cent of the energy where the sun is down; a
# clock or a sign of longitude that is wrong by an hour or more puts several per cent there.
MAX_NIGHT_SHARE = 0.01
# A record of a single dawn is mostly twilight: below this [W/m²] light without sun is nothing to stop for.
MAX_TWILIGHT = 20.0
# A shift up to here is named and left to the user; a record further off is in another time zone.
MAX_LATE_MIN = 90.0


@dataclass(frozen=True, eq=False)
class Weather:
    """A series of equal intervals, each labelled by its start.

    start (H,) datetime64[s] UTC; step_s [s]; ghi, dni, dhi (H,) [W/m²] interval means over the whole
    interval, dni closed: dni · (mean sin h while the sun is up) + dhi = ghi at latitude_deg,
    longitude_deg [°]; temp_air
    (H,) [°C], wind_speed (H,) [m/s], NaN where the file has none; source: file and
    kind; label_convention: how the file's time stamps were read; attribution: lines an output must carry;
    flags: what was derived, filled or assumed; closure: what was moved from direct to diffuse; utc_offset_s [s] of
    the file's own standard clock; filled (H,) rows whose irradiance was missing; clock: how the record's clock
    compares with the sun, as read; warnings: what a user must be told.

    Starts follow each other by step_s, except where DWD keeps true solar time (they drift by the equation of time,
    seconds from row to row) and at a 29 February that the file has dropped.
    """

    start: NDArray[np.datetime64]
    step_s: float
    ghi: NDArray[np.float64]
    dni: NDArray[np.float64]
    dhi: NDArray[np.float64]
    temp_air: NDArray[np.float64]
    wind_speed: NDArray[np.float64]
    latitude_deg: float
    longitude_deg: float
    source: str
    label_convention: str
    attribution: tuple[str, ...]
    flags: tuple[str, ...]
    closure: ClosureReport
    utc_offset_s: int = 0
    filled: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    clock: ClockFit | None = None
    warnings: tuple[str, ...] = ()


def build_weather(record: Record, shift_min: float = 0.0) -> Weather:
    """Fill, check and close what a reader found; labels moved by ``shift_min`` [min] where the user asked for it.

    Raises WeatherError naming the line.
    """
    columns, origin = record
    if not (-90.0 <= origin.latitude_deg <= 90.0 and -180.0 <= origin.longitude_deg <= 180.0):
        raise WeatherError(
            f"coordinates {origin.latitude_deg}, {origin.longitude_deg} are not on the Earth",
            origin.file,
            remedy="Give latitude −90…90 and longitude −180…180 in degrees, east positive",
        )
    check_values(columns, origin.file, NIGHT_OFFSET)
    columns, flags = with_missing_rows(columns, origin.utc_offset_s, origin.file)
    columns = columns._replace(start=columns.start + np.timedelta64(round(shift_min * 60), "s"))
    if shift_min:
        flags += (f"clock_shifted_{shift_min:+g}_min",)
    sun = mean_sun(columns.start, columns.step_s, origin.latitude_deg, origin.longitude_deg)
    columns, more = _global(columns, sun)
    flags += more
    columns, more = without_night_offsets(columns, sun)
    check_values(columns, origin.file)
    filled = fill(columns, sun, origin.file)
    columns, flags = filled.columns, flags + more + filled.flags
    clock, warnings, more = _clock(columns, origin, sun)
    dhi, derived = _diffuse(columns, sun)
    closed = close_dni(columns.ghi, dhi, sun, columns.step_s)
    missing = np.full(len(columns.ghi), np.nan)
    derived += tuple(f"{name}_missing" for name in ("temp_air", "wind_speed") if getattr(columns, name) is None)
    return Weather(
        start=columns.start,
        step_s=columns.step_s,
        ghi=columns.ghi,
        dni=closed.dni,
        dhi=closed.dhi,
        temp_air=missing if columns.temp_air is None else columns.temp_air,
        wind_speed=missing if columns.wind_speed is None else columns.wind_speed,
        latitude_deg=origin.latitude_deg,
        longitude_deg=origin.longitude_deg,
        source=origin.source,
        label_convention=origin.label_convention,
        attribution=origin.attribution,
        flags=origin.flags + flags + more + derived,
        closure=closed.report,
        utc_offset_s=origin.utc_offset_s,
        filled=filled.rows,
        clock=clock,
        warnings=warnings,
    )


def _clock(columns: Columns, origin: Origin, sun: MeanSun) -> tuple[ClockFit, tuple[str, ...], tuple[str, ...]]:
    """The clock against the sun; a warning and a flag where they disagree.

    Raises WeatherError where so much falls into the night that no plain shift explains it.
    """
    clock = fit_clock(columns.start, columns.step_s, columns.ghi, origin.latitude_deg, origin.longitude_deg)
    said = told(clock, origin.utc_offset_s)
    if said is None or abs(clock.late_min) > MAX_LATE_MIN:
        _check_night(columns, sun, origin.file, clock)
    if said is None:
        return clock, (), ()
    logger.info("%s: %s", origin.file, said)
    flag = "clock_daylight_saving" if daylight_saving(clock) else f"clock_late_{clock.late_min:+.0f}_min"
    return clock, (said,), (flag,)


def check_values(columns: Columns, file: str, offset: float = 0.0) -> None:
    """Every value believable or missing (NaN), or a WeatherError naming the first line that is not.

    ``offset`` [W/m²] is how far below zero irradiance may lie for now.
    """
    for name, (low, high, unit) in LIMITS.items():
        values = getattr(columns, name)
        if values is None:
            continue
        lowest = low + (offset if name in IRRADIANCE else 0.0)
        bad = np.flatnonzero((values < lowest) | (values > high))
        if len(bad):
            raise WeatherError(
                f"{name} {values[bad[0]]:g} {unit} is outside {low:g} … {high:g} {unit} ({len(bad)} such rows)",
                file,
                int(columns.line[bad[0]]),
                f"Correct or fill the value{', or leave the column out' if name != 'ghi' else ''}",
            )
    if np.all(np.isnan(columns.ghi)) and (columns.dni is None or columns.dhi is None):
        raise WeatherError("ghi is missing in all rows", file, int(columns.line[0]), "Give global irradiance")


def _check_night(columns: Columns, sun: MeanSun, file: str, clock: ClockFit) -> None:
    """Much energy while the sun is down means a wrong clock or place: say so instead of computing with it."""
    dark = sun.sin_elevation == 0.0
    total, night = float(np.sum(columns.ghi)), float(np.sum(columns.ghi[dark]))
    worst = int(np.argmax(np.where(dark, columns.ghi, -1.0)))
    if night > MAX_NIGHT_SHARE * total and columns.ghi[worst] > MAX_TWILIGHT:
        raise WeatherError(
            f"{100 * night / total:.1f} % of the GHI falls in intervals in which the sun is down, "
            f"most of it {columns.ghi[worst]:.0f} W/m² at {columns.start[worst]} UTC",
            file,
            int(columns.line[worst]),
            "Check the UTC offset, the label position and the coordinates"
            + (f" (the sun fits with labels moved by {-clock.late_min:+.0f} min)" if clock.known else ""),
        )


def _global(columns: Columns, sun: MeanSun) -> tuple[Columns, tuple[str, ...]]:
    """GHI from beam and diffuse where a file has no single value of it; parts that are missing throughout are none."""
    gone = {n: None for n in ("dni", "dhi", "temp_air", "wind_speed") if _empty(getattr(columns, n))}
    columns = with_values(columns, gone)
    if not _empty(columns.ghi) or columns.dni is None or columns.dhi is None:
        return columns, ()
    return columns._replace(ghi=columns.dni * sun.sin_elevation + columns.dhi), ("ghi_from_dni_dhi",)


def _empty(values: NDArray[np.float64] | None) -> bool:
    return values is not None and bool(np.all(np.isnan(values)))


def _diffuse(columns: Columns, sun: MeanSun) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """DHI (H,) from whatever the file has, and the flags that say how the parts came about."""
    if columns.dhi is not None:
        return columns.dhi, ("dni_from_ghi_dhi",) if columns.dni is None else ("dni_closed_to_ghi",)
    if columns.dni is not None:
        return np.maximum(columns.ghi - columns.dni * sun.sin_elevation, 0.0), ("dhi_from_ghi_dni",)
    import pvlib

    zenith = np.degrees(np.arccos(np.clip(sun.sin_elevation, 0.0, 1.0)))
    day = (columns.start.astype("datetime64[D]") - columns.start.astype("datetime64[Y]")).astype(np.int64) + 1
    parts = pvlib.irradiance.erbs(columns.ghi, zenith, day)
    return np.asarray(parts["dhi"], np.float64), ("dhi_from_ghi_erbs", "dni_from_ghi_dhi")
