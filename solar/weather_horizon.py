"""A horizon profile (azimuth, elevation) is often kept beside weather: known here only to be refused by its name."""

from __future__ import annotations

from typing import NoReturn

from solar.errors import WeatherError
from solar.weather_text import Place, Text

FORMAT = "horizon profile (no weather)"
NAMES = ({"horizon_azimuth", "horizon_elevation"}, {"A", "H_hor"}, {"azimuth", "elevation"})
HEAD_LINES = 10


def recognises(text: Text) -> bool:
    """A line of the head has only the columns of a horizon."""
    heads = ({name.strip() for name in line.replace("\t", ",").split(",")} - {""} for line in text.lines[:HEAD_LINES])
    return any(names <= head and len(head) <= 5 for head in heads for names in NAMES)


def read(text: Text, place: Place) -> NoReturn:
    """Raises WeatherError in any case: a horizon holds no irradiance."""
    raise WeatherError(
        "is a horizon profile, not weather", text.file, remedy="Give a weather file: TRY, EPW, PVGIS, station series"
    )
