"""A weather file as lines with numbers, and the two questions every reader asks of them: is it a number, is
it regular?
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import WeatherError

GZIP_MAGIC = b"\x1f\x8b"
MIN_STEP_S, MAX_STEP_S = 60, 3600


class Text(NamedTuple):
    """file: name for messages; lines: without line ends, line n of the file is lines[n − 1]."""

    file: str
    lines: list[str]


class Place(NamedTuple):
    """Coordinates given by the caller [°]; None: take them from the file."""

    latitude_deg: float | None
    longitude_deg: float | None


def read_text(path: Path) -> Text:
    """Read a plain or gzip file as UTF-8, or as Latin-1 where it is not UTF-8 (older DWD headers)."""
    raw = path.read_bytes()
    if raw.startswith(GZIP_MAGIC):
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise WeatherError(f"cannot be unpacked ({error})", str(path), remedy="Fetch the file again") from error
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("latin-1")
    return Text(str(path), content.splitlines())


def rows_after(text: Text, first: int, separator: str | None) -> tuple[list[list[str]], NDArray[np.int64]]:
    """Fields of every non-empty line from index `first` on, and the line number (from 1) of each."""
    numbered = [(i + 1, line) for i, line in enumerate(text.lines[first:], start=first) if line.strip()]
    if not numbered:
        raise WeatherError("has no data rows", text.file, remedy="Check that the file is complete")
    rows = [[field.strip() for field in line.split(separator)] for _, line in numbered]
    return rows, np.array([number for number, _ in numbered], np.int64)


def number_column(
    rows: Sequence[Sequence[str]], index: int, name: str, line: NDArray[np.int64], file: str
) -> NDArray[np.float64]:
    """Column `index` of all rows as floats (H,).

    Raises WeatherError at the first row without such a number.
    """
    values = np.empty(len(rows))
    for i, row in enumerate(rows):
        try:
            values[i] = float(row[index])
        except (ValueError, IndexError) as error:
            found = f"'{row[index]}'" if index < len(row) else "nothing"
            raise WeatherError(
                f"{name}: expected a number, found {found}",
                file,
                int(line[i]),
                "Every row needs a value in this column; fill gaps before reading",
            ) from error
    return values + 0.0  # turns −0.0 into 0.0


def calendar_time(
    year: NDArray[np.int64],
    month: NDArray[np.float64],
    day: NDArray[np.float64],
    line: NDArray[np.int64],
    file: str,
) -> NDArray[np.datetime64]:
    """Midnights (H,) datetime64[s] of calendar dates.

    Raises WeatherError at the first date that does not exist.
    """
    month_start = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1).astype(np.int64)
    date = month_start.astype("datetime64[D]") + (day - 1).astype(np.int64)
    wrong = (date.astype("datetime64[M]") != month_start) | (month < 1) | (month > 12)
    if np.any(wrong):
        i = int(np.argmax(wrong))
        raise WeatherError(
            f"{year[i]}-{month[i]:02.0f}-{day[i]:02.0f} is not a date",
            file,
            int(line[i]),
            "Correct the row",
        )
    return date.astype("datetime64[s]")


def regular_step(label: NDArray[np.datetime64], line: NDArray[np.int64], file: str) -> int:
    """The one step [s] between time labels (H,).

    Raises WeatherError at the first gap, repetition or odd step.
    """
    if len(label) < 2:
        raise WeatherError("has a single row; no step can be found", file, int(line[0]), "Give at least two rows")
    steps = np.diff(label.astype("datetime64[s]").astype(np.int64))
    # The commonest step, not the first: a gap behind the first row is then found there and not everywhere
    # else.
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[np.argmax(counts)])
    odd = np.flatnonzero(steps != step)
    if len(odd):
        i = int(odd[0])
        raise WeatherError(
            f"time steps by {steps[i]} s from {label[i]} to {label[i + 1]}, elsewhere by {step} s "
            f"({len(odd)} such places)",
            file,
            int(line[i + 1]),
            "Rows must be in order, without gap or repetition (no daylight saving): fill or cut the series",
        )
    if not MIN_STEP_S <= step <= MAX_STEP_S:
        raise WeatherError(
            f"time steps by {step} s",
            file,
            int(line[1]),
            f"Steps of {MIN_STEP_S} to {MAX_STEP_S} s are read: resample",
        )
    return step


def need_place(place: Place, file: str, where: str) -> tuple[float, float]:
    """Both coordinates, or a WeatherError that says where they could have stood."""
    if place.latitude_deg is None or place.longitude_deg is None:
        raise WeatherError(
            "says nowhere at which place it was recorded",
            file,
            remedy=f"Give latitude and longitude, {where}",
        )
    return float(place.latitude_deg), float(place.longitude_deg)
