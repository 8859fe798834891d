"""A legend of irradiation as SVG, in German and English, for portals that show a picture."""

from __future__ import annotations

from xml.sax.saxutils import escape

from twin.export.beside.conditions import steps_between
from twin.export.vectors.classes import NO_VALUE_COLOUR
from twin.export.words import NO_VALUE_WORDS
from twin.report.study_canvas import INK

ROW, SWATCH, TOP = 22, 28, 34
# Of the picture, as long as its title is.
WIDTH, WIDE = 260, 380
# Title over a year, and over less of it.
WORDS = {
    "de": ("Einstrahlung im Jahr [kWh/m²]", "Einstrahlung im Zeitraum der Wetterdaten [kWh/m²]"),
    "en": ("Annual irradiation [kWh/m²]", "Irradiation in the period of the weather data [kWh/m²]"),
}


def irradiation_legend(legend: tuple[float, float], language: str, part_of_year: bool = False) -> str:
    """SVG of the classes between the ends of a legend [kWh/m²]: much above, no value below."""
    title, missing = WORDS[language][int(part_of_year)], NO_VALUE_WORDS[language]
    rows = [(step.colour, step.label) for step in reversed(steps_between(legend))] + [(NO_VALUE_COLOUR, missing)]
    width, height = WIDE if part_of_year else WIDTH, TOP + ROW * len(rows) + 6
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'xml:lang="{language}" role="img" font-family="sans-serif" font-size="13" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="21" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (colour, words) in enumerate(rows):
        y = TOP + ROW * number
        out.append(
            f'<rect x="8" y="{y}" width="{SWATCH}" height="{ROW - 5}" fill="{colour}" stroke="{INK}"/>'
            f'<text x="{SWATCH + 18}" y="{y + 13}">{escape(words)}</text>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"
