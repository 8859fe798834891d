"""What the years in the package are called where people read of them (solar/data/weather_names.json)."""

from __future__ import annotations

import json
from importlib import resources

from solar.weather import BUNDLED

FILE = "weather_names.json"


def weather_words(name: str) -> dict[str, str] | None:
    """German and English words (``de``, ``en``) for a bundled year; None for any other weather.

    ``name`` is the year's own, or a `Weather.source` that says its file.
    """
    known = next((year for year, file in BUNDLED.items() if name == year or f"({file})" in name), None)
    if known is None:
        return None
    table = resources.files("solar").joinpath("data", FILE)
    words: dict[str, str] = json.loads(table.read_text(encoding="utf-8"))[known]
    return words
