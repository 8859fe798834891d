"""What styles draw, as classes: irradiation, suitability, shadow. Colours are those of the pictures and the report."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from twin.report.colours import CLASS_COLOURS, NO_VALUE, OPEN_NO_VALUE, Scale, colour_of
from twin.report.study_canvas import GREEN, GREY, RED
from twin.report.study_colours import Classes, change_classes, hour_classes

# Widths of classes [kWh/m²]: the first of which no more than MOST are needed.
WIDTHS_KWH_M2 = (10.0, 25.0, 50.0, 100.0, 200.0, 500.0)
MOST = 14
NO_VALUE_COLOUR = "#{:02x}{:02x}{:02x}".format(*NO_VALUE)
NO_CLASS_COLOUR = "#{:02x}{:02x}{:02x}".format(*OPEN_NO_VALUE)  # "nicht geeignet" is nearly the other grey
NO_VALUE_LABEL = "keine Angabe / no value"
TITLE = "Einstrahlung [kWh/m²a] / irradiation [kWh/m²a]"
PERIOD_TITLE = (
    "Einstrahlung im Zeitraum der Wetterdaten [kWh/m²] / irradiation in the period of the weather data [kWh/m²]"
)
MONTH_TITLE = "Einstrahlung im Monat [kWh/m²] / irradiation of the month [kWh/m²]"
CLASS_TITLE = "Eignung des Dachs / suitability of the roof"
SHADOW_TITLE = "Schatten / shadow"
HOURS_TITLE = "Sonnenstunden [h] / hours of sun [h]"
CHANGE_TITLE = "Änderung der Besonnung [min] / change of sun [min]"
# Hours of sun that a legend has classes for: the longest day of central Europe.
LONGEST_H = 17.0
# Suitability: the value in the tables, and what the legend says.
SUITABILITY = {
    "sehr gut": "sehr gut / very good",
    "gut": "gut / good",
    "bedingt": "bedingt / limited",
    "nicht geeignet": "nicht geeignet / unsuitable",
}


class Step(NamedTuple):
    """One class of a number: from low up to high (not included), its colour "#rrggbb", what the legend says."""

    low: float
    high: float
    colour: str
    label: str


class Category(NamedTuple):
    """One class of a word or a code."""

    value: str
    colour: str
    label: str


def steps_of(scale: Scale) -> list[Step]:
    """A scale of irradiation [kWh/m²] as classes of one round width; the outer ones hold all that lies beyond."""
    span = scale.high - scale.low
    width = next((width for width in WIDTHS_KWH_M2 if span / width <= MOST), span)
    inner = np.arange(np.floor(scale.low / width) + 1, np.ceil(scale.high / width)) * width
    edges = [float(scale.low), *inner.tolist(), float(scale.high)]
    out = []
    for index, (low, high) in enumerate(pairwise(edges)):
        red, green, blue = colour_of(scale, (low + high) / 2)
        first, last = index == 0, index == len(edges) - 2
        label = f"< {high:.0f}" if first else f"≥ {low:.0f}" if last else f"{low:.0f} – {high:.0f}"
        colour = f"#{red:02x}{green:02x}{blue:02x}"
        out.append(Step(-np.inf if first else low, np.inf if last else high, colour, label))
    return out


def hour_steps() -> list[Step]:
    """Hours of sun, as the maps of a shadow study have them [h]."""
    classes = hour_classes(LONGEST_H)
    return _steps(classes._replace(border=np.concatenate([classes.border[:-1], [np.inf]])), 1)


def change_steps() -> list[Step]:
    """Minutes of sun won or lost [min]."""
    return _steps(change_classes(), 0)


def _steps(classes: Classes, decimals: int) -> list[Step]:
    edges = zip(classes.border[:-1].tolist(), classes.border[1:].tolist(), classes.colour.tolist(), strict=True)
    out = []
    for low, high, (red, green, blue) in edges:
        below, above = f"{high:.{decimals}f}", f"{low:.{decimals}f}"
        label = f"≥ {above}" if np.isinf(high) else f"< {below}" if np.isinf(low) else f"{above} – {below}"
        out.append(Step(low, high, f"#{red:02x}{green:02x}{blue:02x}", label))
    return out


def suitability() -> list[Category]:
    """Classes of roofs."""
    return [Category(value, CLASS_COLOURS[value], label) for value, label in SUITABILITY.items()]


def shadows() -> list[Category]:
    """Sorts of shadow, as columns ``kind`` of shadows.gpkg name them."""
    return [
        Category("bestand", GREY, "Schatten im Bestand / existing shadow"),
        Category("both", GREY, "Schatten im Bestand / existing shadow"),
        Category("additional", RED, "zusätzlicher Schatten / additional shadow"),
        Category("removed", GREEN, "entfallender Schatten / shadow that goes"),
    ]


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
