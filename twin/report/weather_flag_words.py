"""Words of what was derived, filled or assumed in a weather record (solar.Weather.flags), German and English.

The number in a flag (``filled_rows_3``) stands as ``{}`` in its key.
"""

from __future__ import annotations

import re

# A number at the end of a flag or between two words of it; the hours of hours_0_23 are its name.
_NUMBER = re.compile(r"(?<=_)[-+]?\d+(?:\.\d+)?(?=_min$|_rows$|$)")

# key: (German, English)
FLAG_MESSAGES: dict[str, tuple[str, str]] = {
    "flag_dni_from_ghi_dhi": (
        "Direktstrahlung aus Global- und Diffusstrahlung",
        "beam from global and diffuse irradiance",
    ),
    "flag_dni_closed_to_ghi": (
        "Direktstrahlung an die Globalstrahlung angeglichen",
        "beam closed to global irradiance",
    ),
    "flag_dhi_from_ghi_dni": (
        "Diffusstrahlung aus Global- und Direktstrahlung",
        "diffuse from global and beam irradiance",
    ),
    "flag_dhi_from_ghi_erbs": (
        "Diffusstrahlung nach Erbs aus der Globalstrahlung",
        "diffuse from global irradiance after Erbs",
    ),
    "flag_temp_air_missing": ("ohne Lufttemperatur", "no air temperature"),
    "flag_wind_speed_missing": ("ohne Windgeschwindigkeit", "no wind speed"),
    "flag_ghi_from_dni_dhi": (
        "Globalstrahlung aus Direkt- und Diffusstrahlung",
        "global from beam and diffuse irradiance",
    ),
    "flag_nominal_year_{}": ("Kalenderjahr {} gesetzt", "calendar year set to {}"),
    "flag_filled_rows_{}": ("{} Zeilen einer Lücke gefüllt", "{} rows of gaps filled"),
    "flag_temp_air_filled_{}": ("Lufttemperatur in {} Zeilen gefüllt", "air temperature filled in {} rows"),
    "flag_wind_speed_filled_{}": ("Windgeschwindigkeit in {} Zeilen gefüllt", "wind speed filled in {} rows"),
    "flag_temp_air_missing_in_{}_rows": ("Lufttemperatur fehlt in {} Zeilen", "no air temperature in {} rows"),
    "flag_wind_speed_missing_in_{}_rows": ("Windgeschwindigkeit fehlt in {} Zeilen", "no wind speed in {} rows"),
    "flag_night_offsets_zeroed_{}": ("{} negative Werte auf null gesetzt", "{} negative values set to zero"),
    "flag_leap_day_missing": ("29. Februar fehlt", "29 February is missing"),
    "flag_clock_late_{}_min": (
        "Uhr gegen die Sonne um {} min verschoben (positiv: geht nach)",
        "clock off by {} min against the sun (positive: late)",
    ),
    "flag_clock_daylight_saving": ("Sommerzeit nicht herausgerechnet", "daylight saving left in"),
    "flag_clock_shifted_{}_min": ("Zeitstempel auf Wunsch um {} min verschoben", "times moved by {} min on request"),
    "flag_hours_0_23": ("Stunden 0 bis 23, am Sonnenstand erkannt", "hours 0 to 23, told by the sun"),
    "flag_irradiance_time_offset_not_stated": (
        "Zeitversatz der Einstrahlung nicht genannt, 0 angenommen",
        "irradiance time offset not stated, taken as 0",
    ),
    "flag_clear_sky_model": ("Modell wolkenlosen Himmels, kein Wetter", "clear-sky model, not weather"),
    "flag_place_of_region_{}": ("Ort der Leitstation von Region {}", "place of the station of region {}"),
}


def flag_key(flag: str) -> tuple[str, str]:
    """The key of a flag and the number in it, "" where there is none."""
    if f"flag_{flag}" in FLAG_MESSAGES:
        return f"flag_{flag}", ""
    found = _NUMBER.search(flag)
    return (f"flag_{flag[: found.start()]}{{}}{flag[found.end() :]}", found[0]) if found else (f"flag_{flag}", "")
