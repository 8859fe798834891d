"""CAMS radiation and McClear series (csv, 1 min to 1 h): energies of the interval in Wh/m², its start and end as UT.

    # Observation period;TOA;Clear sky GHI;Clear sky BHI;Clear sky DHI;Clear sky BNI;GHI;BHI;DHI;BNI;Reliability;…
    2020-06-01T12:00:00.0/2020-06-01T12:01:00.0;18.0699;14.1417;…

McClear files have the clear-sky columns alone: they are read too, flagged, as the weather of an ever clear year.
Source: CAMS radiation service, user guide (Copernicus). Oracle: TOA, the energy above the atmosphere in the same
interval, which is pure geometry (tests/solar).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from solar.errors import WeatherError
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import Place, Text, need_place, number_column, regular_step, table_after

FORMAT = "CAMS radiation / McClear"
HEAD_LINES = 120
PERIOD = "Observation period"
TIMES = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z?/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z?$")
COORDINATE = {
    "latitude": re.compile(r"#\s*Latitude[^:]*:\s*(\S+)"),
    "longitude": re.compile(r"#\s*Longitude[^:]*:\s*(\S+)"),
}
ATTRIBUTION = "Contains modified Copernicus Atmosphere Monitoring Service information (CAMS radiation service)"
CLEAR = "Clear sky "


def recognises(text: Text) -> bool:
    """A comment names 'Observation period' and TOA as the first columns."""
    return _names_at(text) is not None


def read(text: Text, place: Place) -> Record:
    """Read a CAMS series. Raises WeatherError; the place given by the caller wins over the file's."""
    at = _names_at(text)
    assert at is not None  # recognised by it
    head, names = at
    said = "\n".join(text.lines[:head])
    if "true solar time" in said.lower():
        raise WeatherError("is in true solar time", text.file, remedy="Order it in universal time (UT)")
    measured = "GHI" in names
    wanted = {n: ("" if measured else CLEAR) + n for n in ("GHI", "BNI", "DHI")}
    lacking = [column for column in wanted.values() if column not in names]
    if lacking:
        raise WeatherError(f"has no column {', '.join(lacking)}", text.file, head + 1, "Fetch the file again")
    if place.latitude_deg is None:
        place = Place(*(_coordinate(said, key, text.file) for key in ("latitude", "longitude")))
    latitude, longitude = need_place(place, text.file, "or keep the header of the file")
    table = table_after(text, head + 1, ";", {"time": 0} | {n: names.index(c) for n, c in wanted.items()})
    begin, end = [], []
    for i, period in enumerate(table.columns["time"]):
        found = TIMES.match(period)
        if not found:
            raise WeatherError(
                f"'{period[:60]}' is no period like 2020-06-01T12:00:00.0/2020-06-01T12:01:00.0",
                text.file,
                int(table.line[i]),
                "Correct the row",
            )
        begin.append(found[1])
        end.append(found[2])
    try:
        start, stop = np.array(begin, "datetime64[s]"), np.array(end, "datetime64[s]")
    except ValueError as error:
        raise WeatherError(f"has a time that does not exist ({error})", text.file, remedy="Correct it") from error
    step = regular_step(start, table.line, text.file)
    odd = np.flatnonzero((stop - start).astype(np.int64) != step)
    if len(odd):
        raise WeatherError(f"a period is not {step} s long", text.file, int(table.line[odd[0]]), "Correct the row")
    to_mean = 3600.0 / step
    ghi, dni, dhi = (number_column(table, name) * to_mean for name in wanted)
    return Record(
        Columns(start, float(step), start, table.line, ghi, dni, dhi),
        Origin(
            text.file,
            latitude,
            longitude,
            0,
            f"CAMS {'radiation service' if measured else 'McClear'} ({Path(text.file).name})",
            "period named by its start and end, UT",
            (ATTRIBUTION,),
            () if measured else ("clear_sky_model",),
        ),
    )


def _names_at(text: Text) -> tuple[int, list[str]] | None:
    """Index of the last comment with the column names, and these; what stands before them in the line is ignored."""
    for i, line in enumerate(text.lines[:HEAD_LINES]):
        if line.startswith("#") and f"# {PERIOD};TOA;" in line:
            return i, [name.strip() for name in line[line.rindex(PERIOD) :].split(";")]
    return None


def _coordinate(said: str, key: str, file: str) -> float | None:
    found = COORDINATE[key].search(said)
    if not found:
        return None
    try:
        return float(found[1])
    except ValueError as error:
        raise WeatherError(f"{key} is '{found[1][:40]}'", file, remedy="Write it in degrees") from error
