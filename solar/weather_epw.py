"""EnergyPlus weather (.epw): hourly, standard time of its LOCATION line, hours 1…24 labelled by their END.

Months of a typical year come from different years: all get one nominal year. PVGIS writes instantaneous
values, says when in its header ("Irradiance Time Offset (h)"), and counts its hours in UTC whatever
LOCATION says (row by row the same as its csv, whose times are UTC): such a value stands for the hour
centred on its instant. Source: EnergyPlus Auxiliary Programs, "Weather Converter"; PVGIS 5.3. Oracle: the
sun's elevation for the label, the sums of three TMY3 years.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar.errors import WeatherError
from solar.weather_record import Columns, Origin, Weather, build_weather
from solar.weather_text import Place, Text, calendar_time, need_place, number_column, regular_step, rows_after

HOUR_S = 3600
N_HEADER = 8
NOMINAL_YEAR, NOMINAL_LEAP_YEAR = 2015, 2016
# Field (from 0) and the value from which on the format says "missing".
FIELDS = {
    "temp_air": (6, 99.9),
    "ghi": (13, 9999.0),
    "dni": (14, 9999.0),
    "dhi": (15, 9999.0),
    "wind_speed": (21, 999.0),
}
TIME_OFFSET = re.compile(r"Irradiance Time Offset \(h\):\s*(-?[\d.]+)")


def recognises(text: Text) -> bool:
    """The first line of an EPW file is its LOCATION."""
    return bool(text.lines) and text.lines[0].upper().startswith("LOCATION,") and len(text.lines[0].split(",")) >= 10


def read(text: Text, place: Place) -> Weather:
    """Read an EPW file. Raises WeatherError; the place given by the caller wins over the LOCATION line."""
    location = [field.strip() for field in text.lines[0].split(",")]
    try:
        latitude, longitude, zone_h = (float(x) for x in location[6:9])
    except ValueError as error:
        raise WeatherError(
            "LOCATION has no latitude, longitude and time zone",
            text.file,
            1,
            "Write them in fields 7 to 9",
        ) from error
    if place.latitude_deg is not None and place.longitude_deg is not None:
        latitude, longitude = need_place(place, text.file, "")
    offset_s = round(zone_h * HOUR_S)
    rows, line = rows_after(text, N_HEADER, ",")
    year, month, day, hour = (
        number_column(rows, i, n, line, text.file) for i, n in enumerate(("year", "month", "day", "hour"))
    )
    bad = np.flatnonzero((hour < 1) | (hour > 24))
    if len(bad):
        raise WeatherError(f"hour {hour[bad[0]]:g} is not 1 … 24", text.file, int(line[bad[0]]), "Correct the row")
    nominal, flags = _year(year, month, day)
    label = calendar_time(nominal, month, day, line, text.file) + hour.astype(np.int64).astype("timedelta64[h]")
    step = regular_step(label, line, text.file)
    if step != HOUR_S:
        raise WeatherError(f"steps by {step} s", text.file, int(line[1]), "EPW is read hourly: use the plain CSV")
    shift_s, convention = _label(text, offset_s)
    return build_weather(
        Columns(
            (label + np.timedelta64(shift_s, "s")).astype("datetime64[s]"),
            float(step),
            line,
            *(_field(rows, name, line, text.file) for name in ("ghi", "dni", "dhi", "temp_air", "wind_speed")),
        ),
        Origin(
            text.file,
            latitude,
            longitude,
            offset_s,
            f"EPW, {location[1]}, {location[4]} ({Path(text.file).name})",
            convention,
            (f"Weather: {location[1]} {location[3]}, {location[4]}, as distributed in EPW form, modified",),
            flags,
        ),
    )


def _field(rows: list[list[str]], name: str, line: NDArray[np.int64], file: str) -> NDArray[np.float64]:
    index, missing = FIELDS[name]
    values = number_column(rows, index, name, line, file)
    return np.where(values >= missing, np.nan, values)


def _year(
    year: NDArray[np.float64], month: NDArray[np.float64], day: NDArray[np.float64]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """One year for all rows: the file's own if it has one and its leap day agrees, else a nominal one
    (flagged).
    """
    own = np.unique(year)
    has_leap_day = bool(np.any((month == 2) & (day == 29)))
    february = bool(np.any((month == 2) & (day == 28)) and np.any((month == 3) & (day == 1)))
    is_leap = bool(own[0] % 4 == 0 and (own[0] % 100 != 0 or own[0] % 400 == 0))
    if len(own) == 1 and (is_leap == has_leap_day or not february):
        return np.full(len(year), int(own[0]), np.int64), ()
    nominal = NOMINAL_LEAP_YEAR if has_leap_day else NOMINAL_YEAR
    return np.full(len(year), nominal, np.int64), (f"nominal_year_{nominal}",)


def _label(text: Text, zone_s: int) -> tuple[int, str]:
    """Seconds from a row's label, taken as if UTC, to the start of its interval in UTC; the convention in
    words.
    """
    for line in text.lines[:N_HEADER]:
        found = TIME_OFFSET.search(line)
        if found:
            instant_s = round(float(found[1]) * HOUR_S)
            return (
                instant_s - HOUR_S // 2,
                f"label (UTC) {instant_s / 60:+.1f} min = instant of the value, interval centred on it",
            )
    return -HOUR_S - zone_s, "label = end of hour, local standard time; interval = the hour before"
