"""The door to weather: read a file of any known format, or one of the two bundled years.

Formats are told by content, never by name, plain or gzip. Every reader ends in a `Weather` whose rows are labelled by
interval start in UTC (`weather_record`); the clock of each is compared with the sun (`clock`).
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar import (
    weather_cams,
    weather_cdc,
    weather_csv,
    weather_epw,
    weather_horizon,
    weather_pvgis,
    weather_station,
    weather_try,
    weather_try2011,
)
from solar.closure import ClosureReport, close_dni, mean_sun
from solar.errors import WeatherError
from solar.site import Site
from solar.weather_columns import Record
from solar.weather_record import Weather, build_weather
from solar.weather_text import Place, read_head, read_text

__all__ = [
    "BUNDLED",
    "DEFAULT_WEATHER",
    "ClosureReport",
    "Weather",
    "WeatherError",
    "build_weather",
    "bundled",
    "close_dni",
    "distance_km",
    "mean_sun",
    "month_index",
    "read_record",
    "read_weather",
    "recognises",
]

# Name → file in solar/data (licences and hashes in LICENSES.md there).
BUNDLED = {
    "try2015-region12": "TRY2015_494902084637_Jahr.dat.gz",
    "duesseldorf-2024": "dwd_15min_2024_Duesseldorf_6.7686_51.2960.csv.gz",
}
DEFAULT_WEATHER = "try2015-region12"
READERS = (
    weather_try,
    weather_try2011,
    weather_epw,
    weather_pvgis,
    weather_cdc,
    weather_station,
    weather_cams,
    weather_csv,
    weather_horizon,
)
KNOWN_FORMATS = (
    "DWD TRY 2015/2045 and 2011 (.dat), EPW, PVGIS TMY and hourly (csv, json), DWD station series (CDC 10 min and "
    "hourly txt, re-gridded 10 or 15 min csv), CAMS radiation csv, plain CSV (time,ghi,dni,dhi,temp_air,wind_speed); "
    "each also as .gz, or alone in a .zip"
)
# No clock is further off than a day.
MAX_SHIFT_MIN = 1440.0
# Mean radius of the Earth (IUGG) [km]: the distance is a hint about climate, 0.5 % of it does not matter.
EARTH_RADIUS_KM = 6371.0


def read_weather(
    path: Path | str, latitude_deg: float | None = None, longitude_deg: float | None = None, shift_min: float = 0.0
) -> Weather:
    """Read a weather file; coordinates [°] given here win over those in the file, and its labels are moved by
    `shift_min` [min] (a clock that runs an hour late is put right by −60).

    Raises WeatherError (file, line, remedy) for anything that cannot be used as it is, also for an unknown
    format; OSError where the file cannot be opened.
    """
    if not abs(shift_min) <= MAX_SHIFT_MIN:
        raise WeatherError(f"a shift of {shift_min:g} min", str(path), remedy=f"Give up to ±{MAX_SHIFT_MIN:g} min")
    return build_weather(read_record(path, latitude_deg, longitude_deg), shift_min)


def read_record(path: Path | str, latitude_deg: float | None = None, longitude_deg: float | None = None) -> Record:
    """What stands in a weather file, before anything is filled, checked against the sun or closed.

    Raises as `read_weather` does.
    """
    text = read_text(Path(path))
    if (latitude_deg is None) != (longitude_deg is None):
        raise WeatherError("only one of latitude and longitude was given", text.file, remedy="Give both or none")
    for reader in READERS:
        if reader.recognises(text):
            return reader.read(text, Place(latitude_deg, longitude_deg))
    if not any(line.strip() for line in text.lines):
        raise WeatherError("is empty, in no known weather format", text.file, remedy="Fetch the file again")
    raise WeatherError("is in no known weather format", text.file, remedy=f"Known are: {KNOWN_FORMATS}")


def recognises(path: Path | str) -> str | None:
    """The name of the weather format that a file is in, by its first lines; None where it is no weather."""
    try:
        text = read_head(Path(path))
    except WeatherError:
        return None
    return next((reader.FORMAT for reader in READERS if reader.recognises(text)), None)


def bundled(name: str = DEFAULT_WEATHER, shift_min: float = 0.0) -> Weather:
    """One of the years in the package: 'try2015-region12' (default) or 'duesseldorf-2024'.

    ValueError otherwise.
    """
    if name not in BUNDLED:
        raise ValueError(f"no bundled weather '{name}'; there are {', '.join(BUNDLED)}")
    with resources.as_file(resources.files("solar").joinpath("data", BUNDLED[name])) as path:
        return read_weather(path, shift_min=shift_min)


def distance_km(weather: Weather, site: Site) -> float:
    """Great-circle distance [km] between the weather record's place and the site (haversine)."""
    lat1, lat2 = np.radians([weather.latitude_deg, site.latitude_deg])
    half_lat = (lat2 - lat1) / 2.0
    half_lon = np.radians(site.longitude_deg - weather.longitude_deg) / 2.0
    chord = np.sin(half_lat) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(half_lon) ** 2
    return float(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(min(chord, 1.0))))


def month_index(weather: Weather) -> NDArray[np.int64]:
    """Month 0…11 (H,) of each interval's middle, by the record's own standard clock: bins for months."""
    shift = np.timedelta64(round(weather.utc_offset_s + weather.step_s / 2.0), "s")
    month: NDArray[np.int64] = (weather.start + shift).astype("datetime64[M]").astype(np.int64) % 12
    return month
