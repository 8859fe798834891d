"""The door to weather: read a file of any known format, or one of the two bundled years.

Formats are told by content, never by name: DWD TRY 2015/2045, EPW, the plain CSV, DWD station series; each
plain or gzip. Every reader ends in a `Weather` whose rows are labelled by interval start in UTC
(`weather_record`).
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar import weather_csv, weather_epw, weather_station, weather_try
from solar.closure import ClosureReport, close_dni, mean_sun
from solar.errors import WeatherError
from solar.site import Site
from solar.weather_record import Weather
from solar.weather_text import Place, read_text

__all__ = [
    "BUNDLED",
    "DEFAULT_WEATHER",
    "ClosureReport",
    "Weather",
    "WeatherError",
    "bundled",
    "close_dni",
    "distance_km",
    "mean_sun",
    "month_index",
    "read_weather",
]

# Name → file in solar/data (licences and hashes in LICENSES.md there).
BUNDLED = {
    "try2015-region12": "TRY2015_494902084637_Jahr.dat.gz",
    "duesseldorf-2024": "dwd_15min_2024_Duesseldorf_6.7686_51.2960.csv.gz",
}
DEFAULT_WEATHER = "try2015-region12"
READERS = (weather_try, weather_epw, weather_station, weather_csv)
KNOWN_FORMATS = (
    "DWD TRY 2015/2045 (.dat), EPW, DWD station series (10 or 15 min csv), "
    "plain CSV (time,ghi,dni,dhi,temp_air,wind_speed); each also as .gz"
)
# Mean radius of the Earth (IUGG) [km]: the distance is a hint about climate, 0.5 % of it does not matter.
EARTH_RADIUS_KM = 6371.0


def read_weather(path: Path | str, latitude_deg: float | None = None, longitude_deg: float | None = None) -> Weather:
    """Read a weather file; coordinates [°] given here win over those in the file.

    Raises WeatherError (file, line, remedy) for anything that cannot be used as it is, also for an unknown
    format; OSError where the file cannot be opened.
    """
    text = read_text(Path(path))
    if (latitude_deg is None) != (longitude_deg is None):
        raise WeatherError("only one of latitude and longitude was given", text.file, remedy="Give both or none")
    for reader in READERS:
        if reader.recognises(text):
            return reader.read(text, Place(latitude_deg, longitude_deg))
    pvgis = any("G(h)" in line for line in text.lines[:40])
    remedy = "PVGIS offers the same year as EPW, which is read" if pvgis else f"Known are: {KNOWN_FORMATS}"
    raise WeatherError("is in no known weather format", text.file, remedy=remedy)


def bundled(name: str = DEFAULT_WEATHER) -> Weather:
    """One of the years in the package: 'try2015-region12' (default) or 'duesseldorf-2024'.

    ValueError otherwise.
    """
    if name not in BUNDLED:
        raise ValueError(f"no bundled weather '{name}'; there are {', '.join(BUNDLED)}")
    with resources.as_file(resources.files("solar").joinpath("data", BUNDLED[name])) as path:
        return read_weather(path)


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
