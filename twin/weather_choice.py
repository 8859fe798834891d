"""Which weather: a bundled year by its name, a file, or the one that a store keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from solar.weather import BUNDLED, ClosureReport, Weather, bundled, read_weather
from twin.errors import TwinError
from twin.export.geoparquet import write_parquet

FILE = "weather.parquet"
COLUMNS = ("ghi", "dni", "dhi", "temp_air", "wind_speed")
FILLED = "filled"
# Warnings of the record itself begin so; others are of the distance and the site, and are found anew by each question.
OF_THE_RECORD = "clock:"


class WeatherAsked(NamedTuple):
    """A bundled year or a file; by how much [min] its labels are moved; its place [°] where the file names none."""

    name: str
    shift_min: float = 0.0
    place: tuple[float, float] | None = None


def place_from(text: str) -> tuple[float, float]:
    """Latitude and longitude [°] of 'LAT,LON'. ValueError for anything else."""
    latitude, longitude = (float(part) for part in text.split(","))
    if not (abs(latitude) <= 90.0 and abs(longitude) <= 180.0):
        raise ValueError(text)
    return latitude, longitude


def part_of_year(weather: Weather) -> str | None:
    """A line for weather that is not one whole year; None for one that is."""
    days = len(weather.start) * weather.step_s / 86400.0
    if 365.0 <= days <= 366.0:
        return None
    return f"covers {days:.4g} days, not a year: sums are of these days"


def choose_weather(name: str | WeatherAsked) -> Weather:
    """Read the bundled year of that name, or else the file.

    Raises
    ------
    TwinError
        Where it is neither.
    solar.errors.WeatherError
        Where the file cannot be used.
    """
    asked = WeatherAsked(name) if isinstance(name, str) else name
    if asked.name in BUNDLED:
        return bundled(asked.name, asked.shift_min)
    path = Path(asked.name)
    if not path.is_file():
        raise TwinError(
            f"{asked.name}: no such weather file",
            f"give a TRY, EPW, PVGIS, DWD or CSV file, or one of {', '.join(sorted(BUNDLED))}",
        )
    latitude_deg, longitude_deg = asked.place or (None, None)
    return read_weather(path, latitude_deg, longitude_deg, asked.shift_min)


def keep_weather(root: Path, weather: Weather) -> None:
    """Keep a job's weather beside its results, so that questions need no file from outside."""
    import pandas as pd

    table = pd.DataFrame({"time_utc": pd.DatetimeIndex(weather.start.astype("datetime64[ns]")).tz_localize("UTC")})
    for name in COLUMNS:
        table[name] = getattr(weather, name)
    if np.any(weather.filled):
        table[FILLED] = weather.filled
    write_parquet(table, root / FILE, {"source": weather.source, "attribution": list(weather.attribution)})


def kept_weather(root: Path, origin: dict[str, Any]) -> Weather:
    """The weather of a job; ``origin`` is what its manifest says of it."""
    import pandas as pd

    table = pd.read_parquet(root / FILE)
    start = table["time_utc"].dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    ghi, dni, dhi, temp_air, wind_speed = (table[name].to_numpy(np.float64) for name in COLUMNS)
    return Weather(
        start=start,
        step_s=float(origin["step_s"]),
        ghi=ghi,
        dni=dni,
        dhi=dhi,
        temp_air=temp_air,
        wind_speed=wind_speed,
        latitude_deg=float(origin["latitude_deg"]),
        longitude_deg=float(origin["longitude_deg"]),
        source=str(origin["source"]),
        label_convention=str(origin["label_convention"]),
        attribution=tuple(origin["attribution"]),
        flags=tuple(origin["flags"]),
        closure=ClosureReport(**origin["closure"]),
        utc_offset_s=int(origin["utc_offset_s"]),
        filled=table[FILLED].to_numpy(bool) if FILLED in table else np.zeros(len(start), bool),
        warnings=tuple(w for w in origin.get("warnings", ()) if w.startswith(OF_THE_RECORD)),
    )
