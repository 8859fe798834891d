"""`Weather`, the one form every reader ends in, and the steps from a file's columns to it: check, complete,
close.

A reader says what stands in the file (`Columns`, `Origin`) and nothing else; which beam and diffuse parts
follow from it is decided here, once, for all formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.closure import ClosureReport, MeanSun, close_dni, mean_sun
from solar.errors import WeatherError

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


@dataclass(frozen=True, eq=False)
class Weather:
    """A series of equal intervals, each labelled by its start.

    start (H,) datetime64[s] UTC; step_s [s]; ghi, dni, dhi (H,) [W/m²] interval means over the whole
    interval, dni closed: dni · (mean sin h while the sun is up) + dhi = ghi at latitude_deg,
    longitude_deg [°]; temp_air
    (H,) [°C], wind_speed (H,) [m/s], NaN throughout where the file has no such column; source: file and
    kind; label_convention: how the file's time stamps were read; attribution: lines an output must carry;
    flags: what was derived or assumed; closure: what was moved from direct to diffuse; utc_offset_s [s] of
    the file's own standard clock.
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


class Columns(NamedTuple):
    """What a file says: start (H,) datetime64[s] UTC, step_s [s], line (H,) of each row, the columns it
    has.
    """

    start: NDArray[np.datetime64]
    step_s: float
    line: NDArray[np.int64]
    ghi: NDArray[np.float64]
    dni: NDArray[np.float64] | None
    dhi: NDArray[np.float64] | None
    temp_air: NDArray[np.float64] | None
    wind_speed: NDArray[np.float64] | None


class Origin(NamedTuple):
    """Where a record comes from: fields as in `Weather`, `file` as shown in errors."""

    file: str
    latitude_deg: float
    longitude_deg: float
    utc_offset_s: int
    source: str
    label_convention: str
    attribution: tuple[str, ...]
    flags: tuple[str, ...]


def build_weather(columns: Columns, origin: Origin) -> Weather:
    """Check a file's columns, derive what is missing, close DNI. Raises WeatherError naming the line."""
    if not (-90.0 <= origin.latitude_deg <= 90.0 and -180.0 <= origin.longitude_deg <= 180.0):
        raise WeatherError(
            f"coordinates {origin.latitude_deg}, {origin.longitude_deg} are not on the Earth",
            origin.file,
            remedy="Give latitude −90…90 and longitude −180…180 in degrees, east positive",
        )
    check_values(columns, origin.file)
    sun = mean_sun(columns.start, columns.step_s, origin.latitude_deg, origin.longitude_deg)
    _check_night(columns, sun, origin.file)
    dhi, flags = _diffuse(columns, sun)
    closed = close_dni(columns.ghi, dhi, sun, columns.step_s)
    missing = np.full(len(columns.ghi), np.nan)
    for name in ("temp_air", "wind_speed"):
        if getattr(columns, name) is None:
            flags += (f"{name}_missing",)
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
        flags=origin.flags + flags,
        closure=closed.report,
        utc_offset_s=origin.utc_offset_s,
    )


def check_values(columns: Columns, file: str) -> None:
    """Every value present, finite and believable, or a WeatherError naming the first line that is not."""
    for name, (low, high, unit) in LIMITS.items():
        values = getattr(columns, name)
        if values is None:
            continue
        bad = np.flatnonzero(~((values >= low) & (values <= high)))
        if len(bad):
            value = values[bad[0]]
            said = "is missing" if np.isnan(value) else f"{value:g} {unit} is outside {low:g} … {high:g} {unit}"
            raise WeatherError(
                f"{name} {said} ({len(bad)} such rows)",
                file,
                int(columns.line[bad[0]]),
                f"Correct or fill the value{', or leave the column out' if name != 'ghi' else ''}",
            )


def _check_night(columns: Columns, sun: MeanSun, file: str) -> None:
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
            "Check the UTC offset, the label position and the coordinates",
        )


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
