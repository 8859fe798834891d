"""A weather file as numbered lines within stated bounds, and the questions every reader asks of them: is it a
number, is it a date, is it regular?

A file is read whole but never beyond the limits below, packed or not, so that a gzip bomb, a line of a gigabyte or a
billion rows cost a message and no memory. The csv readers of pandas and pvlib are not used: they lose the line
number that an error must name.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar import weather_archive
from solar.errors import WeatherError

GZIP_MAGIC = b"\x1f\x8b"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Limits of a file, unpacked: two years of minutes are 1,052,640 rows and about 60 MB; the longest header line met
# (design conditions of an EPW) has 1,300 characters; PVGIS' 19 years of hours are 23 MB of JSON on a single line.
MAX_BYTES, MAX_JSON_BYTES = 96 << 20, 32 << 20
MAX_LINES = 1_200_000
MAX_LINE = 16 << 10
MAX_FIELDS = 100
# Enough of a file to know its format by: header and first rows of every format there is.
HEAD_BYTES = 64 << 10
MIN_STEP_S, MAX_STEP_S = 60, 3600
REMEDY_DOWNLOAD = "Fetch the file again"


class Text(NamedTuple):
    """file: name for messages; lines: without line ends, line n of the file is lines[n − 1].

    A JSON file is one line, however long.
    """

    file: str
    lines: list[str]

    @property
    def is_json(self) -> bool:
        """Whether the content is a JSON object."""
        return bool(self.lines) and self.lines[0].startswith("{")


class Place(NamedTuple):
    """Coordinates given by the caller [°]; None: take them from the file."""

    latitude_deg: float | None
    longitude_deg: float | None


class Table(NamedTuple):
    """Columns of a file as text, name → (H,) fields ('' where a row ends early), and the line of each row."""

    columns: dict[str, list[str]]
    line: NDArray[np.int64]
    file: str


def read_text(path: Path) -> Text:
    """Read a plain, gzip or zip file as UTF-8, UTF-16 by its mark, or else Windows-1252 (older headers).

    Raises WeatherError for what is no text, damaged or beyond the limits; OSError where it cannot be opened.
    """
    file = str(path)
    return as_text(file, _bytes(path, MAX_BYTES + 1))


def as_text(file: str, raw: bytes) -> Text:
    """Unpacked bytes as lines; `read_text` for the limits and errors."""
    if len(raw) > MAX_BYTES:
        raise WeatherError(
            f"is larger than {MAX_BYTES >> 20} MB (unpacked)", file, remedy="Cut it to the years that are needed"
        )
    content = _decode(raw, file)
    if content.lstrip().startswith("{"):
        if len(raw) > MAX_JSON_BYTES:
            raise WeatherError(f"is JSON of more than {MAX_JSON_BYTES >> 20} MB", file, remedy="Take fewer years")
        return Text(file, [content.strip()])
    return Text(file, _lines(content, file))


def read_head(path: Path) -> Text:
    """The first lines of a file, decoded as far as they go: enough to know the format by, cheap on any file."""
    raw = _bytes(path, HEAD_BYTES)
    if b"\0" in raw and not raw.startswith(UTF16_MARKS):
        return Text(str(path), [])
    encoding = "utf-16" if raw.startswith(UTF16_MARKS) else "utf-8-sig"
    content = raw.decode(encoding, errors="replace")
    return Text(str(path), [content.strip()] if content.lstrip().startswith("{") else _split(content))


def _bytes(path: Path, limit: int) -> bytes:
    """The first ``limit`` bytes of what a file holds, unpacked."""
    if path.exists() and not path.is_file():
        raise WeatherError("is a folder or a device, not a file", str(path), remedy="Name the weather file itself")
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic == weather_archive.MAGIC:
            return weather_archive.read_member(path, limit)
        if not magic.startswith(GZIP_MAGIC):
            return raw.read(limit)
        try:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                return unpacked.read(limit)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise WeatherError(f"cannot be unpacked ({error})", str(path), remedy=REMEDY_DOWNLOAD) from error


def _decode(raw: bytes, file: str) -> str:
    if raw.startswith(UTF16_MARKS):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise WeatherError(f"is damaged UTF-16 ({error.reason})", file, remedy=REMEDY_DOWNLOAD) from error
    zero = raw.find(b"\0")
    if zero >= 0:
        line = raw.count(b"\n", 0, zero) + 1
        raise WeatherError("holds binary data (a zero byte)", file, line, "Give the weather file as text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # No byte is without a meaning in Latin-1; Windows-1252 differs from it in a few signs that no reader needs.
        return raw.decode("latin-1")


def _split(content: str) -> list[str]:
    """Lines as an editor counts them: ``str.splitlines`` would also break at form feeds and the like."""
    if "\r" in content:
        content = content.replace("\r\n", "\n").replace("\r", "\n")
    lines = content.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines


def _lines(content: str, file: str) -> list[str]:
    # counted before the list is made: empty lines would cost fifty times their size
    if content.count("\n") + content.count("\r") > MAX_LINES:
        raise WeatherError(f"has more than {MAX_LINES:,} lines", file, remedy="Cut it to the years that are needed")
    lines = _split(content)
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE:
            raise WeatherError(
                f"has a line of {len(line):,} characters", file, number, "No weather file has such lines"
            )
    return lines


def table_after(text: Text, first: int, separator: str | None, wanted: dict[str, int]) -> Table:
    """The wanted columns (name → position) of every non-empty line from index ``first`` on."""
    columns: dict[str, list[str]] = {name: [] for name in wanted}
    line: list[int] = []
    for i, row in enumerate(text.lines[first:], start=first + 1):
        if not row.strip():
            continue
        line.append(i)
        fields = row.split(separator, MAX_FIELDS)
        for name, index in wanted.items():
            columns[name].append(fields[index].strip() if index < len(fields) else "")
    if not line:
        raise WeatherError("has no data rows", text.file, remedy="Check that the file is complete")
    return Table(columns, np.array(line, np.int64), text.file)


def number_column(table: Table, name: str, gaps: bool = False) -> NDArray[np.float64]:
    """Column ``name`` of all rows as floats (H,); with ``gaps`` an empty field is a missing value (NaN).

    Raises WeatherError at the first row without such a number.
    """
    fields = table.columns[name]
    if gaps:
        fields = [field or "nan" for field in fields]
    try:
        whole = "".join(fields)
        if "_" in whole or not whole.isascii():  # Python alone would take 1_000 and other scripts' digits
            raise ValueError
        values = np.array([float(field) for field in fields])
    except ValueError as error:
        i, found = next((i, field) for i, field in enumerate(fields) if not _is_number(field))
        raise WeatherError(
            f"{name}: expected a number, found " + (f"'{found[:40]}'" if found else "nothing ('')"),
            table.file,
            int(table.line[i]),
            "Every row needs a value in this column; fill gaps before reading",
        ) from error
    return values + 0.0  # turns −0.0 into 0.0


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return field.isascii() and "_" not in field


def whole_column(table: Table, name: str, low: int, high: int) -> NDArray[np.int64]:
    """Column ``name`` as whole numbers (H,) within low … high; a WeatherError names the first that is not."""
    values = number_column(table, name)
    bad = np.flatnonzero(~((values >= low) & (values <= high) & (values == np.floor(values))))
    if len(bad):
        raise WeatherError(
            f"{name} {values[bad[0]]:g} is not {low} … {high}", table.file, int(table.line[bad[0]]), "Correct the row"
        )
    return values.astype(np.int64)


def calendar_time(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64], line: NDArray[np.int64], file: str
) -> NDArray[np.datetime64]:
    """Midnights (H,) datetime64[s] of calendar dates.

    Raises WeatherError at the first date that does not exist.
    """
    month_start = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    date = month_start.astype("datetime64[D]") + (day - 1)
    wrong = (date.astype("datetime64[M]") != month_start) | (month < 1) | (month > 12)
    if np.any(wrong):
        i = int(np.argmax(wrong))
        raise WeatherError(
            f"{year[i]}-{month[i]:02d}-{day[i]:02d} is not a date", file, int(line[i]), "Correct the row"
        )
    return date.astype("datetime64[s]")


def regular_step(label: NDArray[np.datetime64], line: NDArray[np.int64], file: str) -> int:
    """The one step [s] between time labels (H,) in order; gaps of whole steps are left to `weather_gaps`.

    Raises WeatherError at the first repetition, step back or odd step.
    """
    if len(label) < 2:
        raise WeatherError("has a single row; no step can be found", file, int(line[0]), "Give at least two rows")
    steps = np.asarray(np.diff(label.astype("datetime64[s]").astype(np.int64)), np.int64)
    # The commonest step, not the first: a gap behind the first row is then found there and not everywhere else.
    values, counts = np.unique(steps[steps > 0], return_counts=True)
    step = int(values[np.argmax(counts)]) if len(values) else 0
    odd = np.flatnonzero((steps <= 0) | (steps % max(step, 1) != 0))
    if len(odd):
        i = int(odd[0])
        raise WeatherError(
            f"time steps by {steps[i]} s from {label[i]} to {label[i + 1]}, elsewhere by {step} s "
            f"({len(odd)} such places)",
            file,
            int(line[i + 1]),
            "Rows must be in order and none twice; a clock with daylight saving repeats an hour in autumn",
        )
    if not MIN_STEP_S <= step <= MAX_STEP_S:
        raise WeatherError(
            f"time steps by {step} s", file, int(line[1]), f"Steps of {MIN_STEP_S} to {MAX_STEP_S} s are read: resample"
        )
    return step


def need_place(place: Place, file: str, where: str) -> tuple[float, float]:
    """Both coordinates, or a WeatherError that says where they could have stood."""
    if place.latitude_deg is None or place.longitude_deg is None:
        raise WeatherError(
            "says nowhere at which place it was recorded",
            file,
            remedy=f"Give latitude and longitude (--weather-place LAT,LON), {where}",
        )
    return float(place.latitude_deg), float(place.longitude_deg)
