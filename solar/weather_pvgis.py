"""PVGIS files: a typical year (TMY, csv and json, 5.2 and 5.3) and hourly series (csv and json); UTC.

Values are instantaneous. A TMY says by how many hours its radiation lies behind the label ("Irradiance Time Offset
(h)", since 5.3), hourly series are labelled by the satellite's minute (:10 for SARAH over Europe): each value stands
for the hour centred on its instant. Months of a TMY come from different years: all get one nominal year.

An hourly series is given in the plane that was asked for. In the horizontal plane Gb(i) and Gd(i) are the direct and
diffuse parts of GHI, and are read; on a slope the diffuse part cannot be turned back exactly (it went through a sky
model), so such a file is refused with the remedy. Source: PVGIS user manual 5.3. Oracles: the column H_sun, the sums
of the same year in three forms, the sun. pvlib's readers are not used: they keep no line numbers and no time offset.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import WeatherError
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import Place, Table, Text, calendar_time, need_place, number_column, regular_step, table_after

FORMAT = "PVGIS"
HOUR_S = 3600
# A satellite scans a place within the hour; an offset beyond it is none.
MAX_OFFSET_H = 1.0
NOMINAL_YEAR, NOMINAL_LEAP_YEAR = 2015, 2016
HEAD_LINES = 60
TIME = re.compile(r"(\d{4})(\d{2})(\d{2}):?(\d{2})(\d{2})$")
TMY_TIME, HOURLY_TIME = "time(UTC)", "time"
JSON_KEY = re.compile(r'"(irradiance_time_offset|radiation_db|tmy_hourly)"')
ATTRIBUTION = "PVGIS © European Union, modified"
# Names in the file → names here.
TMY = {"G(h)": "ghi", "Gb(n)": "dni", "Gd(h)": "dhi", "T2m": "temp_air", "WS10m": "wind_speed"}
WEATHER = {"T2m": "temp_air", "WS10m": "wind_speed"}
REMEDY_SLOPE = (
    "Ask PVGIS for slope 0 and its beam, diffuse and reflected components, or for a typical year (TMY), which is read"
)


class Header(NamedTuple):
    """What stands above the rows: place [°], offset of TMY radiation from its label [h], slope [°], database."""

    latitude_deg: float | None
    longitude_deg: float | None
    offset_h: float | None
    slope_deg: float | None
    database: str


def recognises(text: Text) -> bool:
    """Column names of PVGIS below its header, or its JSON."""
    if text.is_json:
        return '"inputs"' in text.lines[0][:4000] and bool(JSON_KEY.search(text.lines[0][:8000]))
    return _names_at(text) is not None


def read(text: Text, place: Place) -> Record:
    """Read a TMY or an hourly series. Raises WeatherError; the place given by the caller wins over the file's."""
    header, names, table = _json(text) if text.is_json else _csv(text)
    latitude, longitude = header.latitude_deg, header.longitude_deg
    if place.latitude_deg is not None or latitude is None or longitude is None:
        latitude, longitude = need_place(place, text.file, "")
    is_tmy = TMY_TIME in names
    if not is_tmy and HOURLY_TIME not in names:
        raise WeatherError("has no column of times", text.file, remedy="Fetch the file again")
    values = _tmy(names, table) if is_tmy else _hourly(header, names, table)
    date, minute = _dates(table)
    year, month, day = date.T
    flags: tuple[str, ...] = ()
    if is_tmy:
        leap = bool(np.any((month == 2) & (day == 29)))
        year = np.full(len(month), NOMINAL_LEAP_YEAR if leap else NOMINAL_YEAR, np.int64)
        flags = (f"nominal_year_{year[0]}",)
        flags += ("irradiance_time_offset_not_stated",) if header.offset_h is None else ()
    label = calendar_time(year, month, day, table.line, table.file) + minute.astype("timedelta64[m]")
    step = regular_step(label, table.line, table.file)
    if not abs(header.offset_h or 0.0) <= MAX_OFFSET_H:
        raise WeatherError(
            f"says an irradiance time offset of {header.offset_h:g} h",
            text.file,
            remedy=f"It is within {MAX_OFFSET_H:g} h: fetch the file again",
        )
    offset_s = round((header.offset_h or 0.0) * HOUR_S)
    return Record(
        Columns(
            (label + np.timedelta64(offset_s - step // 2, "s")).astype("datetime64[s]"),
            float(step),
            label,
            table.line,
            **values,
        ),
        Origin(
            table.file,
            latitude,
            longitude,
            0,
            f"PVGIS {'TMY' if is_tmy else 'hourly'}, {header.database} ({Path(text.file).name})",
            f"label (UTC) {offset_s / 60:+.1f} min = instant of the value, interval centred on it",
            (ATTRIBUTION,),
            flags,
        ),
    )


def _names_at(text: Text) -> int | None:
    """Index of the line of column names."""
    for i, line in enumerate(text.lines[:HEAD_LINES]):
        names = {name.strip() for name in line.split(",")}
        if {TMY_TIME, "G(h)"} <= names or (HOURLY_TIME in names and names & {"Gb(i)", "G(i)"} and "H_sun" in names):
            return i
    return None


def _csv(text: Text) -> tuple[Header, tuple[str, ...], Table]:
    head = _names_at(text)
    assert head is not None  # recognised by it
    names = tuple(name.strip() for name in text.lines[head].split(","))
    said: dict[str, str] = {}
    for line in text.lines[:head]:
        key, colon, value = line.partition(":")
        if colon:
            said.setdefault(re.sub(r"\s*\(.*", "", key).strip().lower(), value.replace("deg.", "").strip())

    def number(name: str) -> float | None:
        try:
            value = float(said[name].split()[0])
        except (KeyError, IndexError, ValueError):
            return None
        return value if np.isfinite(value) else None

    # the legend of the columns follows the rows
    end = next((i for i in range(head + 1, len(text.lines)) if not text.lines[i].strip()), len(text.lines))
    rows = Text(text.file, text.lines[:end])
    table = table_after(rows, head + 1, ",", {name: i for i, name in enumerate(names)})
    database = said.get("radiation database", "radiation database not named")
    offset = number("irradiance time offset")
    return Header(number("latitude"), number("longitude"), offset, number("slope"), database), names, table


def _json(text: Text) -> tuple[Header, tuple[str, ...], Table]:
    try:
        content = json.loads(text.lines[0])
        records = content["outputs"].get("tmy_hourly") or content["outputs"]["hourly"]
        place = content["inputs"]["location"]
        meteo = content["inputs"].get("meteo_data", {})
        fixed = content["inputs"].get("mounting_system", {}).get("fixed", {})
        slope = fixed.get("slope", {}).get("value") if fixed else None
        offset = place.get("irradiance_time_offset")
        header = Header(
            float(place["latitude"]),
            float(place["longitude"]),
            None if offset is None else float(offset),
            None if slope is None else float(slope),
            str(meteo.get("radiation_db", "radiation database not named")),
        )
        names = tuple(records[0])
        columns = {name: [_field(record[name]) for record in records] for name in names}
    except json.JSONDecodeError as error:
        raise WeatherError(f"is no JSON ({error.msg})", text.file, error.lineno, "Fetch the file again") from error
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, AttributeError, RecursionError) as error:
        raise WeatherError(
            f"is JSON without the parts of a PVGIS answer ({type(error).__name__}: {str(error)[:60]})",
            text.file,
            remedy="Fetch the file again",
        ) from error
    # in messages the rows of a JSON file are counted, it may all be one line
    return header, names, Table(columns, np.arange(1, len(records) + 1), f"{text.file} [hourly records]")


def _field(value: Any) -> str:
    """A JSON value as the csv would have it."""
    return "" if value is None else str(value)


def _dates(table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(H, 3) year, month, day and the minute of the day of every row."""
    out = np.empty((len(table.line), 5), np.int64)
    for i, stamp in enumerate(table.columns.get(TMY_TIME) or table.columns[HOURLY_TIME]):
        found = TIME.match(stamp)
        if not found or int(found[4]) > 23 or int(found[5]) > 59:
            raise WeatherError(
                f"time '{stamp[:40]}' is not like 20160101:0010", table.file, int(table.line[i]), "Correct the row"
            )
        out[i] = [int(part) for part in found.groups()]
    return out[:, :3], out[:, 3] * 60 + out[:, 4]


def _tmy(names: tuple[str, ...], table: Table) -> dict[str, NDArray[np.float64]]:
    lacking = [name for name in ("G(h)", "Gb(n)", "Gd(h)") if name not in names]
    if lacking:
        raise WeatherError(f"has no column {', '.join(lacking)}", table.file, remedy="Fetch the file again")
    return {ours: number_column(table, theirs) for theirs, ours in TMY.items() if theirs in names}


def _hourly(header: Header, names: tuple[str, ...], table: Table) -> dict[str, NDArray[np.float64]]:
    """GHI and DHI of a series in the horizontal plane; any other plane is refused."""
    if header.slope_deg != 0.0:
        said = "on a slope that is not named" if header.slope_deg is None else f"on a slope of {header.slope_deg:g}°"
        raise WeatherError(f"gives irradiance {said}, not in the horizontal plane", table.file, remedy=REMEDY_SLOPE)
    values = {ours: number_column(table, theirs) for theirs, ours in WEATHER.items() if theirs in names}
    if "Gb(i)" not in names or "Gd(i)" not in names:
        if "G(i)" not in names:
            raise WeatherError("has neither G(i) nor Gb(i) and Gd(i)", table.file, remedy="Fetch the file again")
        return values | {"ghi": number_column(table, "G(i)")}
    diffuse = number_column(table, "Gd(i)")
    return values | {"ghi": number_column(table, "Gb(i)") + diffuse, "dhi": diffuse}
