"""The project's plain CSV: any record a user has, with what no guess can replace said in its header.

    # latitude: 50.08
    # longitude: 8.24
    # utc_offset: +01:00
    # label: end
    # attribution: City weather station (optional)
    time,ghi,dni,dhi,temp_air,wind_speed
    2024-06-01T00:10,0,0,0,14.2,1.1

Times are ISO 8601; with an offset of their own (or Z) they need no utc_offset. `label` says whether a time
stands at the start, middle or end of its interval: half an hour moves 15 % of the energy from east to west
façades, so it is never guessed. Columns may come in any order; all but time and ghi may be left out and are
derived and flagged (dni, dhi) or become NaN (temp_air, wind_speed). The step is found from the times.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar.errors import WeatherError
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import MAX_FIELDS, Place, Text, need_place, number_column, regular_step, table_after

FORMAT = "plain CSV"

# Columns that may be absent, or present without a value.
DERIVED = ("dni", "dhi", "temp_air", "wind_speed")
COLUMNS = ("time", "ghi", "dni", "dhi", "temp_air", "wind_speed")
KEYS = ("latitude", "longitude", "utc_offset", "label", "attribution", "source")
# Position of a time label in its interval → share of the step from label back to start.
LABELS = {"start": 0.0, "middle": 0.5, "end": 1.0}
OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.0+)?)?$")


def recognises(text: Text) -> bool:
    """The first line that is no comment names at least time and ghi, whatever separates them."""
    head = next((line for line in text.lines if line.strip() and not line.startswith("#")), "")
    return {"time", "ghi"} <= {name.strip() for name in re.split(r"[,;\t]", head)}


def read(text: Text, place: Place) -> Record:
    """Read a plain CSV. Raises WeatherError; the place given by the caller wins over the header's."""
    head = next(i for i, line in enumerate(text.lines) if line.strip() and not line.startswith("#"))
    header = _header(text, head)
    names = _names(text, head)
    label_at = _label_at(header, text.file)
    if place.latitude_deg is None or place.longitude_deg is None:
        place = Place(_number(header, "latitude", text.file), _number(header, "longitude", text.file))
    latitude, longitude = need_place(
        place, text.file, "or write '# latitude: 50.08' and '# longitude: 8.24' in the header"
    )
    _check_width(text, head, len(names))
    table = table_after(text, head + 1, ",", {name: i for i, name in enumerate(names)})
    label, offset_s = _times(table.columns["time"], header, table.line, text.file)
    step = regular_step(label, table.line, text.file)
    start = label - np.timedelta64(round(LABELS[label_at] * step), "s")
    # A column without a single value is as good as absent: dni and dhi are then derived.
    empty = {name for name in names if name in DERIVED and not any(table.columns[name])}
    data = {name: number_column(table, name, gaps=True) for name in names if name != "time" and name not in empty}
    attribution = header.get("attribution")
    return Record(
        Columns(
            start,
            float(step),
            label,
            table.line,
            data["ghi"],
            data.get("dni"),
            data.get("dhi"),
            data.get("temp_air"),
            data.get("wind_speed"),
        ),
        Origin(
            text.file,
            latitude,
            longitude,
            offset_s,
            header.get("source", f"plain CSV ({Path(text.file).name})"),
            f"label = {label_at} of {step} s, times of the file",
            (f"Datengrundlage: {attribution}, verändert",) if attribution else (),
            (),
        ),
    )


def _header(text: Text, head: int) -> dict[str, str]:
    """`# key: value` lines above the column names; comments without a known key are left alone."""
    header: dict[str, str] = {}
    for line in text.lines[:head]:
        key, colon, value = line.lstrip("# ").partition(":")
        if colon and key.strip().lower() in KEYS:
            header[key.strip().lower()] = value.strip()
    return header


def _names(text: Text, head: int) -> list[str]:
    """The column names, each known and used once."""
    if re.search(r"[;\t]", text.lines[head]):
        raise WeatherError(
            "fields are separated by ';' or tab, as German spreadsheets write them",
            text.file,
            head + 1,
            "Separate fields by one comma, write decimals with a point",
        )
    names = [name.strip() for name in text.lines[head].split(",")]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) != len(names):
        raise WeatherError(
            f"unknown or repeated columns: {', '.join(unknown) or text.lines[head]}",
            text.file,
            head + 1,
            f"Columns are {','.join(COLUMNS)}",
        )
    return names


def _label_at(header: dict[str, str], file: str) -> str:
    """Where in its interval a time label stands: a key of LABELS."""
    label_at = header.get("label", "")
    if label_at not in LABELS:
        said = f"label is '{label_at}'" if label_at else "does not say where in its interval a label stands"
        raise WeatherError(said, file, remedy="Write '# label: start', 'middle' or 'end' above the column names")
    return label_at


def _check_width(text: Text, head: int, width: int) -> None:
    """As many fields as names in every row: a decimal comma would otherwise shift columns unseen."""
    for number, row in enumerate(text.lines[head + 1 :], start=head + 2):
        fields = row.count(",") + 1
        if fields != width and row.strip():
            raise WeatherError(
                f"{min(fields, MAX_FIELDS)} fields under {width} column names",
                text.file,
                number,
                "Separate fields by one comma, write decimals with a point",
            )


def _number(header: dict[str, str], key: str, file: str) -> float | None:
    if key not in header:
        return None
    try:
        return float(header[key])
    except ValueError as error:
        raise WeatherError(f"{key} is '{header[key][:40]}'", file, remedy=f"Write '# {key}: 50.08'") from error


def _offset_s(text: str) -> int:
    """Seconds of '+01:00', '-0700' or 'Z'."""
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if text[0] == "-" else seconds


def _times(
    texts: list[str], header: dict[str, str], line: NDArray[np.int64], file: str
) -> tuple[NDArray[np.datetime64], int]:
    """Labels (H,) datetime64[s] in UTC and the offset [s] of the file's clock (that of the first row)."""
    stated = header.get("utc_offset")
    if stated is not None and not OFFSET.fullmatch(stated):
        raise WeatherError(f"utc_offset is '{stated}'", file, remedy="Write it as '# utc_offset: +01:00'")
    local: list[str] = []
    offsets = np.empty(len(texts), np.int64)
    for i, stamp in enumerate(texts):
        own = OFFSET.search(stamp) if "T" in stamp or " " in stamp else None
        if own is None and stated is None:
            raise WeatherError(
                f"time '{stamp}' has no UTC offset",
                file,
                int(line[i]),
                "Write '# utc_offset: +01:00' in the header, or ISO times such as 2024-06-01T00:10+01:00",
            )
        offsets[i] = _offset_s(own[0] if own else str(stated))
        local.append(stamp[: own.start()] if own else stamp)
        if not LOCAL_TIME.match(local[-1]):
            raise WeatherError(f"'{stamp}' is not an ISO 8601 time", file, int(line[i]), "Write 2024-06-01T00:10")
    try:
        labels = np.array(local, dtype="datetime64[s]")
    except ValueError:
        labels = np.array([_real_time(stamp, int(line[i]), file) for i, stamp in enumerate(local)], "datetime64[s]")
    return labels - offsets.astype("timedelta64[s]"), int(offsets[0])


def _real_time(stamp: str, line: int, file: str) -> np.datetime64:
    """One time, or a WeatherError for a date that does not exist (30 February)."""
    try:
        return np.datetime64(stamp, "s")
    except ValueError as error:
        raise WeatherError(f"'{stamp}' is not a time that exists", file, line, "Correct the row") from error
