"""DWD station series as the Climate Data Center hands them out: energies in J/cm², semicolons, −999 where missing.

    produkt_zehn_min_sd_*.txt   STATIONS_ID;MESS_DATUM;QN;DS_10;GS_10;SD_10;LS_10;eor
    produkt_st_stunde_*.txt     STATIONS_ID;MESS_DATUM;QN_592;ATMO_LBERG;FD_LBERG;FG_LBERG;SD_LBERG;ZENIT;
                                MESS_DATUM_WOZ;eor

Ten minutes: MESS_DATUM is the end of the interval, UTC since the year 2000 and UTC+1 before. Hours: sums over hours
of TRUE SOLAR TIME, MESS_DATUM_WOZ is their end on that clock and MESS_DATUM the same end in UTC to the minute (so its
minutes drift with the equation of time); intervals of the record are those hours. Such files name no coordinates: they
stand in Metadaten_Geographie_*.txt of the same download, which is read as it comes, zipped. Source: DWD CDC, dataset
descriptions of 10_minutes/solar and hourly/solar. Oracle: ZENIT, the sun's zenith angle at mid-interval, in the rows
themselves (tests/solar).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar.errors import WeatherError
from solar.weather_archive import read_beside
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import (
    HEAD_BYTES,
    Place,
    Table,
    Text,
    as_text,
    calendar_time,
    need_place,
    number_column,
    regular_step,
    table_after,
)

FORMAT = "DWD CDC station series"
MISSING = -999.0
TEN_MINUTES, HOUR = {"GS_10": "ghi", "DS_10": "dhi"}, {"FG_LBERG": "ghi", "FD_LBERG": "dhi"}
# The names of hours until 2016 (DIFFUS_HIMMEL_KW_J …) are the same columns.
OLD_HOUR = {"GLOBAL_KW_J": "ghi", "DIFFUS_HIMMEL_KW_J": "dhi"}
LAYOUTS = ((TEN_MINUTES, 600), (HOUR, 3600), (OLD_HOUR, 3600))
STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(?::?(\d{2}))?$")
UTC_SINCE, MEZ_S = np.datetime64("2000-01-01T00:00:00"), 3600
ATTRIBUTION = "Datengrundlage: Deutscher Wetterdienst, Climate Data Center (CC BY 4.0), verändert"


def recognises(text: Text) -> bool:
    """The first line names STATIONS_ID, MESS_DATUM and a column of radiation."""
    names = _names(text)
    return {"STATIONS_ID", "MESS_DATUM"} <= set(names) and any(set(layout) & set(names) for layout, _ in LAYOUTS)


def read(text: Text, place: Place) -> Record:
    """Read a CDC series. Raises WeatherError; the place given by the caller wins over the metadata beside it."""
    names = _names(text)
    layout, step_s = next((x, s) for x, s in LAYOUTS if set(x) & set(names))
    true_solar = "MESS_DATUM_WOZ" in names
    kept = {"STATIONS_ID": "station", "MESS_DATUM": "end", "MESS_DATUM_WOZ": "woz", **layout}
    table = table_after(text, 1, ";", {ours: names.index(theirs) for theirs, ours in kept.items() if theirs in names})
    if "ghi" not in table.columns:
        raise WeatherError("has no column of global radiation", text.file, 1, "Fetch the file again")
    station = _one_station(table)
    end = _times(table, "end")
    if step_s == 600:
        end = np.where(end < UTC_SINCE, end - np.timedelta64(MEZ_S, "s"), end)
    label = _times(table, "woz") if true_solar else end
    step = regular_step(label, table.line, text.file)
    if step != step_s:
        raise WeatherError(f"steps by {step} s", text.file, int(table.line[1]), f"Such a file has steps of {step_s} s")
    where, known = _place(text, place, station)
    values = {name: _mean(table, name, step_s) for name in ("ghi", "dhi") if name in table.columns}
    return Record(
        Columns(
            (end - np.timedelta64(step_s, "s")).astype("datetime64[s]"), float(step_s), label, table.line, **values
        ),
        Origin(
            text.file,
            *known,
            0,
            f"DWD station {where}, measured ({Path(text.file).name})",
            "label = end of hour, true solar time; its end in UTC stands beside it"
            if true_solar
            else f"label = end of {step_s // 60} min, UTC (UTC+1 before 2000)",
            (ATTRIBUTION,),
            (),
        ),
    )


def _names(text: Text) -> list[str]:
    return [name.strip().upper() for name in text.lines[0].split(";")] if text.lines else []


def _mean(table: Table, name: str, step_s: int) -> NDArray[np.float64]:
    """J/cm² of an interval as its mean in W/m²."""
    values = number_column(table, name)
    return np.where(values == MISSING, np.nan, values * (1e4 / step_s))


def _one_station(table: Table) -> str:
    stations = table.columns["station"]
    other = next((i for i, station in enumerate(stations) if station != stations[0]), None)
    if other is not None:
        raise WeatherError(
            f"station {stations[other]} after {stations[0]}", table.file, int(table.line[other]), "One station a file"
        )
    return stations[0]


def _times(table: Table, name: str) -> NDArray[np.datetime64]:
    """Time stamps like 202401010010 or 2009010100:26 (H,)."""
    parts = np.empty((len(table.line), 5), np.int64)
    for i, stamp in enumerate(table.columns[name]):
        found = STAMP.match(stamp)
        if not found or int(found[4]) > 24 or int(found[5] or 0) > 59:
            raise WeatherError(
                f"time '{stamp[:40]}' is not like 2009010100:26", table.file, int(table.line[i]), "Correct the row"
            )
        parts[i] = [int(part or 0) for part in found.groups()]
    midnight = calendar_time(parts[:, 0], parts[:, 1], parts[:, 2], table.line, table.file)
    return midnight + (parts[:, 3] * 3600 + parts[:, 4] * 60).astype("timedelta64[s]")


def _place(text: Text, place: Place, station: str) -> tuple[str, tuple[float, float]]:
    """Name and coordinates: the caller's, or the last entry of the station's geography beside the file."""
    if place.latitude_deg is None:
        pattern = f"Metadaten_Geographie_*{station.lstrip('0')}.txt"
        for name, raw in read_beside(text.file, pattern, HEAD_BYTES):
            rows = [[field.strip() for field in line.split(";")] for line in as_text(name, raw.read()).lines]
            if len(rows) < 2 or not {"Geogr.Breite", "Geogr.Laenge"} <= set(rows[0]):
                continue
            last = dict(zip(rows[0], next(row for row in reversed(rows) if any(row)), strict=False))
            try:
                latitude, longitude = float(last["Geogr.Breite"]), float(last["Geogr.Laenge"])
            except (KeyError, ValueError) as error:
                raise WeatherError("names no coordinates", name, len(rows), "Fetch the file again") from error
            return last.get("Stationsname", station), (latitude, longitude)
    return station, need_place(
        place, text.file, f"or keep Metadaten_Geographie_{station.zfill(5)}.txt of the download beside it"
    )
