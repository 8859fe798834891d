"""A user's own plant: `plant.csv` with its power and `plant.toml` with what no guess can replace.

    name = "Schule Nord"                  latitude_deg = 50.08        longitude_deg = 8.24
    tilt_deg = 30                         azimuth_deg = 185           peak_power_kw = 29.4
    zone = "Europe/Berlin"                unit = "kW"                 column = "P_AC"

`zone` is the clock of times without an offset of their own: an IANA name, "UTC" or "+01:00". `unit` is W, kW, or Wh,
kWh of each interval. Optional: label ("start", "middle" or "end" of its interval; start), time (name of the column of
times; the first), altitude_m, mounting, gamma_pdc, weather (a file or a bundled name). Steps of 1 to 60 min are read.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import PlantError
from solar.hours import hours_of
from solar.measured.checks import Place, checked
from solar.measured.record import HOUR, MOUNTINGS, PlantRecord
from solar.measured.times import Times, utc_times
from solar.weather_text import Text, read_text

# Unit → kW of its number, for an interval of an hour.
UNITS = {"W": 1e-3, "kW": 1.0, "Wh": 1e-3, "kWh": 1.0}
LABELS = {"start": 0.0, "middle": 0.5, "end": 1.0}
NUMBERS = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 180.0),
    "tilt_deg": (0.0, 90.0),
    "azimuth_deg": (0.0, 360.0),
    "peak_power_kw": (0.05, 1e6),
    "altitude_m": (-430.0, 6000.0),
    "gamma_pdc": (-0.02, 0.0),
}
TEXTS = ("name", "zone", "unit", "column", "label", "time", "mounting", "weather")
NEEDED = ("latitude_deg", "longitude_deg", "tilt_deg", "azimuth_deg", "peak_power_kw", "zone", "unit")
EMPTY = ("", "nan", "null", "none", "na", "n/a", "-")
# Modules with two faces in full sky stand no flatter than this.
UPRIGHT_DEG = 80.0
# An hour counts with three quarters of its steps.
LEAST_SHARE = 0.75
EXAMPLE = "docs/measured.md shows one"


class PlantFile(NamedTuple):
    """record, and what else the TOML said, None where unsaid: gamma_pdc [1/K], weather (a file or a bundled name)."""

    record: PlantRecord
    gamma_pdc: float | None
    weather: str | None


class _Meta(NamedTuple):
    file: str
    numbers: dict[str, float]
    texts: dict[str, str]


def read_plant(measured: Path, plant: Path) -> PlantFile:
    """Read and check a measured plant.

    Raises PlantError (file, line, remedy) for what cannot be used as it is; OSError where a file cannot be opened.
    """
    meta = _read_meta(plant)
    text = read_text(measured)
    times, power, step_s = _table(text, meta)
    unit = meta.texts["unit"]
    scale = UNITS[unit] / (step_s / 3600.0 if unit.endswith("h") else 1.0)
    label = LABELS[meta.texts.get("label", "start")]
    start, hourly = _hourly(times.utc - np.timedelta64(round(label * step_s), "s"), power * scale, step_s)
    n = meta.numbers
    mounting: Any = meta.texts.get("mounting", "roof")
    record = PlantRecord(
        meta.texts.get("name", plant.stem),
        n["latitude_deg"],
        n["longitude_deg"],
        n.get("altitude_m", 0.0),
        n["tilt_deg"],
        n["azimuth_deg"],
        n["peak_power_kw"],
        mounting,
        start,
        hourly / n["peak_power_kw"],
        np.isfinite(hourly),
        times.findings,
    )
    place = Place(text.file, times.utc, times.line)
    return PlantFile(checked(record, place), n.get("gamma_pdc"), meta.texts.get("weather"))


def _read_meta(path: Path) -> _Meta:
    """The plant's TOML, every key known and in range."""
    file = str(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlantError(f"is no TOML ({error})", file, remedy=EXAMPLE) from error
    unknown = sorted(set(data) - set(NUMBERS) - set(TEXTS))
    lacking = [key for key in NEEDED if key not in data]
    if unknown or lacking:
        said = f"does not know {', '.join(unknown)}" if unknown else f"lacks {', '.join(lacking)}"
        raise PlantError(said, file, remedy=f"Keys are {', '.join((*NUMBERS, *TEXTS))}; {EXAMPLE}")
    numbers = {key: _number(data[key], key, file) for key in NUMBERS if key in data}
    texts = {key: str(data[key]) for key in TEXTS if key in data}
    for key, known in (("unit", tuple(UNITS)), ("label", tuple(LABELS)), ("mounting", MOUNTINGS)):
        if key in texts and texts[key] not in known:
            raise PlantError(f"{key} is '{texts[key]}'", file, remedy=f"Write one of {', '.join(known)}")
    if texts.get("mounting") == "vertical bifacial" and numbers["tilt_deg"] < UPRIGHT_DEG:
        raise PlantError(
            f"tilt_deg is {numbers['tilt_deg']:g} and mounting 'vertical bifacial'",
            file,
            remedy=f'Give its tilt of {UPRIGHT_DEG:g} to 90°, or mounting = "free": the rear of a tilted plant is not '
            "computed",
        )
    return _Meta(file, numbers, texts)


def _number(value: object, key: str, file: str) -> float:
    low, high = NUMBERS[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise PlantError(f"{key} is {value!r}", file, remedy=f"Give a number from {low:g} to {high:g}")
    return float(value)


def _table(text: Text, meta: _Meta) -> tuple[Times, NDArray[np.float64], int]:
    """Times in order, power as the file has it (NaN where empty) and its step [s]."""
    head = next((i for i, line in enumerate(text.lines) if line.strip() and not line.startswith("#")), None)
    if head is None:
        raise PlantError("is empty", text.file, remedy="Give a CSV with a line of column names")
    separator = next((sign for sign in (";", "\t", ",") if sign in text.lines[head]), ",")
    names = [name.strip().strip('"') for name in text.lines[head].split(separator)]
    time_at = _column(names, meta.texts.get("time", names[0]), text.file, head)
    value_at = _column(names, meta.texts.get("column", names[-1]), text.file, head)
    stamps, fields, lines = [], [], []
    for number, row in enumerate(text.lines[head + 1 :], start=head + 2):
        if not row.strip() or row.startswith("#"):
            continue
        parts = [part.strip().strip('"') for part in row.split(separator)]
        if len(parts) != len(names):
            raise PlantError(
                f"{len(parts)} fields under {len(names)} column names",
                text.file,
                number,
                "Separate fields by ';' where decimals have a comma",
            )
        stamps.append(parts[time_at])
        fields.append(parts[value_at])
        lines.append(number)
    if len(stamps) < 2:
        raise PlantError("has fewer than two rows", text.file, remedy="Give the rows of at least half a year")
    line = np.array(lines, np.int64)
    values = _values(fields, line, separator != ",", text.file)
    times = utc_times(stamps, line, meta.texts["zone"], text.file, meta.file)
    return times, values[times.row], times.step_s


def _column(names: list[str], name: str, file: str, head: int) -> int:
    if name not in names:
        raise PlantError(f"has no column '{name}'", file, head + 1, f"Its columns are {', '.join(names)[:200]}")
    return names.index(name)


def _values(fields: list[str], line: NDArray[np.int64], comma: bool, file: str) -> NDArray[np.float64]:
    """Numbers (N,), NaN for empty fields; a decimal comma where fields are not separated by commas."""
    out = np.full(len(fields), np.nan)
    for i, field in enumerate(fields):
        if field.lower() in EMPTY:
            continue
        plain = field.replace(".", "").replace(",", ".") if comma and "," in field else field
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain, re.ASCII):
            raise PlantError(f"expected a number, found '{field[:40]}'", file, int(line[i]), "Correct the row")
        out[i] = float(plain)
    return out


def _hourly(
    start: NDArray[np.datetime64], power: NDArray[np.float64], step_s: int
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Contiguous hours (H,) and their means, NaN where too few steps have a value."""
    hours = hours_of(start, float(step_s))
    valid = np.isfinite(power)
    total = np.add.reduceat(np.where(valid, power, 0.0), hours.first)
    count = np.add.reduceat(valid.astype(np.int64), hours.first)
    enough = count >= LEAST_SHARE * max(3600 // step_s, 1)
    mean = np.where(enough, total / np.maximum(count, 1), np.nan)
    whole = np.arange(hours.start[0], hours.start[-1] + HOUR, HOUR)
    out = np.full(len(whole), np.nan)
    place = np.rint((hours.start - whole[0]) / HOUR).astype(np.int64)
    out[place] = mean
    return whole, out
