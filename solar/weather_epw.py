"""EnergyPlus weather (.epw): standard time of its LOCATION line, labels at the END of each interval, hours 1…24.

One, two, four or six records an hour (DATA PERIODS says how many; the minute field is then 15, 30, 45, 60). Some
programs write hours 0…23 instead; whether such a label begins or ends its hour is found from the sun, not guessed.
Months of a typical year come from different years: all get one nominal year. PVGIS writes instantaneous
values, says when in its header ("Irradiance Time Offset (h)"), and counts its hours in UTC whatever
LOCATION says (row by row the same as its csv, whose times are UTC): such a value stands for the hour
centred on its instant. Source: EnergyPlus Auxiliary Programs, "Weather Converter"; PVGIS 5.3. Oracle: the
sun's elevation for the label, the sums of three TMY3 years.

pvlib's read_epw is not used: it keeps no line numbers, knows neither records per hour nor missing markers.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar.clock import fit_clock
from solar.errors import WeatherError
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import (
    Place,
    Table,
    Text,
    calendar_time,
    need_place,
    number_column,
    regular_step,
    table_after,
    whole_column,
)

FORMAT = "EPW"
HOUR_S = 3600
N_HEADER = 8
NOMINAL_YEAR, NOMINAL_LEAP_YEAR = 2015, 2016
TIME = {"year": 0, "month": 1, "day": 2, "hour": 3, "minute": 4}
# Field (from 0) and the value from which on the format says "missing".
FIELDS = {
    "temp_air": (6, 99.9),
    "ghi": (13, 9999.0),
    "dni": (14, 9999.0),
    "dhi": (15, 9999.0),
    "wind_speed": (21, 999.0),
}
RECORDS_PER_HOUR = (1, 2, 3, 4, 6, 12, 60)
TIME_OFFSET = re.compile(r"Irradiance Time Offset \(h\):\s*(-?\d+(?:\.\d+)?)")


def recognises(text: Text) -> bool:
    """The first line of an EPW file is its LOCATION."""
    return bool(text.lines) and text.lines[0].upper().startswith("LOCATION,") and len(text.lines[0].split(",")) >= 10


def read(text: Text, place: Place) -> Record:
    """Read an EPW file. Raises WeatherError; the place given by the caller wins over the LOCATION line."""
    location = [field.strip() for field in text.lines[0].split(",")]
    latitude, longitude, zone_h = _location(location, text.file)
    if place.latitude_deg is not None and place.longitude_deg is not None:
        latitude, longitude = need_place(place, text.file, "")
    offset_s = round(zone_h * HOUR_S)
    head = next((i for i, x in enumerate(text.lines[:40]) if x.upper().startswith("DATA PERIODS")), N_HEADER - 1)
    wanted = TIME | {name: index for name, (index, _) in FIELDS.items()}
    table = table_after(text, head + 1, ",", wanted)
    label, zero_based, flags = _labels(table, _records_per_hour(text, head))
    step = regular_step(label, table.line, text.file)
    values = {name: _field(table, name, missing) for name, (_, missing) in FIELDS.items()}
    shift_s, convention = _label(text, head, offset_s, step)
    if zero_based:
        start = label - np.timedelta64(offset_s, "s")
        shift_s, convention = _found_by_sun(start, step, values["ghi"], (latitude, longitude))
        shift_s -= offset_s
        flags += ("hours_0_23",)
    return Record(
        Columns(
            (label + np.timedelta64(shift_s, "s")).astype("datetime64[s]"), float(step), label, table.line, **values
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


def _location(location: list[str], file: str) -> tuple[float, float, float]:
    """Latitude, longitude [°] and time zone [h] of the LOCATION line."""
    try:
        latitude, longitude, zone_h = (float(x) for x in location[6:9])
    except ValueError:
        latitude = longitude = zone_h = math.nan
    if not (math.isfinite(latitude) and math.isfinite(longitude) and -14.0 <= zone_h <= 14.0):
        raise WeatherError(
            "LOCATION has no latitude, longitude and time zone", file, 1, "Write them in fields 7 to 9"
        ) from None
    return latitude, longitude, zone_h


def _records_per_hour(text: Text, head: int) -> int:
    """Third field of the DATA PERIODS line; 1 where there is none."""
    fields = text.lines[head].split(",") if head < len(text.lines) else []
    if len(fields) < 3 or not fields[2].strip().isdigit() or int(fields[2]) not in RECORDS_PER_HOUR:
        return 1
    return int(fields[2])


def _labels(table: Table, per_hour: int) -> tuple[NDArray[np.datetime64], bool, tuple[str, ...]]:
    """Ends of intervals (H,) on the file's clock, whether its hours are 0 … 23, and flags."""
    year, month = whole_column(table, "year", 1, 9999), whole_column(table, "month", 1, 12)
    day, hour = whole_column(table, "day", 1, 31), whole_column(table, "hour", 0, 24)
    nominal, flags = _year(year, month, day)
    midnight = calendar_time(nominal, month, day, table.line, table.file)
    zero_based = bool(np.any(hour == 0))
    if zero_based and np.any(hour == 24):
        i = int(np.argmax(hour == 0))
        raise WeatherError("hour 0 in a file with hours to 24", table.file, int(table.line[i]), "Number hours 1 … 24")
    if per_hour == 1:
        return midnight + hour.astype("timedelta64[h]"), zero_based, flags
    minute = whole_column(table, "minute", 0, 60)
    begin = midnight + (hour - (0 if zero_based else 1)).astype("timedelta64[h]")
    # with minute 0 in use (0, 15, 30, 45) a record begins at its minute; the format's own 15, 30, 45, 60 end there
    if np.any(minute == 0):
        minute = minute + 60 // per_hour
    return begin + minute.astype("timedelta64[m]"), False, flags


def _field(table: Table, name: str, missing: float) -> NDArray[np.float64]:
    values = number_column(table, name)
    return np.where(values >= missing, np.nan, values)


def _year(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """One year for all rows: the file's own if it has one and its leap day agrees, else a nominal one
    (flagged).
    """
    own = np.unique(year)
    has_leap_day = bool(np.any((month == 2) & (day == 29)))
    february = bool(np.any((month == 2) & (day == 28)) and np.any((month == 3) & (day == 1)))
    is_leap = bool(own[0] % 4 == 0 and (own[0] % 100 != 0 or own[0] % 400 == 0))
    if len(own) == 1 and (is_leap == has_leap_day or not february):
        return year, ()
    nominal = NOMINAL_LEAP_YEAR if has_leap_day else NOMINAL_YEAR
    return np.full(len(year), nominal, np.int64), (f"nominal_year_{nominal}",)


def _label(text: Text, head: int, zone_s: int, step_s: int) -> tuple[int, str]:
    """Seconds from a row's label, taken as if UTC, to the start of its interval in UTC; the convention in
    words.
    """
    for line in text.lines[: head + 1]:
        found = TIME_OFFSET.search(line)
        if found and abs(float(found[1])) <= 24.0:
            instant_s = round(float(found[1]) * HOUR_S)
            return (
                instant_s - step_s // 2,
                f"label (UTC) {instant_s / 60:+.1f} min = instant of the value, interval centred on it",
            )
    what = "hour" if step_s == HOUR_S else f"{step_s // 60} min"
    return -step_s - zone_s, f"label = end of {what}, local standard time; interval = the {what} before"


def _found_by_sun(
    label_utc: NDArray[np.datetime64], step_s: int, ghi: NDArray[np.float64], place: tuple[float, float]
) -> tuple[int, str]:
    """Whether labels of hours 0 … 23 begin (0) or end (−step) their interval [s], whichever fits the sun better."""
    clock = fit_clock(label_utc, step_s, np.nan_to_num(ghi), *place)
    if not clock.known:
        return 0, "label = start of hour (hours 0 … 23; too few clear days to tell), local standard time"
    if clock.late_min > step_s / 120.0:
        return -step_s, "label = end of hour (hours 0 … 23, found by the sun), local standard time"
    return 0, "label = start of hour (hours 0 … 23, found by the sun), local standard time"
