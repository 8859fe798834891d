"""Words of layers and legends: German and English side by side."""

from __future__ import annotations

from twin.export.words import MONTHS
from twin.report.words import LANGUAGES

# key: (German, English); {} take values in their order.
TEXT: dict[str, tuple[str, str]] = {
    "roofs": ("Einstrahlung der Dächer im Jahr", "Annual irradiation of roofs"),
    "land": ("Einstrahlung der Freiflächen im Jahr", "Annual irradiation of open land"),
    "land_month": ("Einstrahlung der Freiflächen, {}", "Irradiation of open land, {}"),
    "roofs_period": ("Einstrahlung der Dächer im Zeitraum", "Irradiation of roofs in the period"),
    "land_period": ("Einstrahlung der Freiflächen im Zeitraum", "Irradiation of open land in the period"),
    "month_legend": ("Einstrahlung im Monat [kWh/m²]", "Irradiation in the month [kWh/m²]"),
    "no_value": ("keine Angabe", "no value"),
    "shadow_legend": ("Schatten auf Freiflächen", "Shadow on open land"),
    "shadow_layer": ("Schatten, {}, {}", "Shadow, {}, {}"),
    "hours_layer": ("Sonnenstunden, {}, {}", "Sun hours, {}, {}"),
    "difference_layer": ("Änderung der Sonnendauer, {}, {}", "Change of sun duration, {}, {}"),
    "hours_legend": ("Sonnenstunden des Tages [h]", "Sun hours of the day [h]"),
    "difference_legend": (
        "Änderung der Sonnendauer gegenüber dem Bestand [min]; rot: weniger Sonne, blau: mehr",
        "Change of sun duration against the Bestand (as it stands) [min]; red: less sun, blue: more",
    ),
    "sunny": ("kein Schatten, oder nicht berechnet: durchsichtig", "No shadow, or not computed: transparent"),
    "roofs_note": (
        "Werte je m² der geneigten Dachfläche; das höchste Dach unter jedem Bildpunkt.",
        "Values per m² of the roof's slope; the highest roof under each pixel.",
    ),
}


def said(key: str, language: str, *values: object) -> str:
    """The words of a key in one language with values put in."""
    return TEXT[key][LANGUAGES.index(language)].format(*values)


def month_name(month: int, language: str) -> str:
    """Name of a month, 1 … 12."""
    return MONTHS[month - 1][LANGUAGES.index(language)]
