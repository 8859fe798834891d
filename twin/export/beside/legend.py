"""A legend of annual irradiation as SVG, in German and English, for portals that show a picture."""

from __future__ import annotations

from xml.sax.saxutils import escape

from twin.export.beside.conditions import steps_between
from twin.export.vectors.classes import NO_VALUE_COLOUR
from twin.report.study_canvas import INK

ROW, SWATCH, WIDTH, TOP = 22, 28, 260, 34
WORDS = {
    "de": ("Einstrahlung im Jahr [kWh/m²]", "keine Angabe"),
    "en": ("Annual irradiation [kWh/m²]", "no value"),
}


def irradiation_legend(legend: tuple[float, float], language: str) -> str:
    """SVG of the classes between the ends of a legend [kWh/m²]: much above, no value below."""
    title, missing = WORDS[language]
    rows = [(step.colour, step.label) for step in reversed(steps_between(legend))] + [(NO_VALUE_COLOUR, missing)]
    height = TOP + ROW * len(rows) + 6
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'xml:lang="{language}" role="img" font-family="sans-serif" font-size="13" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="21" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (colour, words) in enumerate(rows):
        y = TOP + ROW * number
        out.append(
            f'<rect x="8" y="{y}" width="{SWATCH}" height="{ROW - 5}" fill="{colour}" stroke="{INK}"/>'
            f'<text x="{SWATCH + 18}" y="{y + 13}">{escape(words)}</text>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"
