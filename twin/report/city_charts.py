"""Bar charts of the city report: yield by district, roof area by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.cityreport.facts import CityFacts
from twin.pv.cadastre import CLASS_KEYS
from twin.report.city_words import CityWords
from twin.report.colours import CLASS_COLOURS
from twin.report.figures import look
from twin.report.picture import Picture
from twin.report.study_canvas import INK, WIDTH_MM, box, line, paper, picture_png

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Districts of one chart; the table holds all.
MOST = 40
BAR_MM = 5.0
TOP_MM, FOOT_MM, NAMES_MM = 9.0, 7.0, 50.0
# Longest name beside a bar; its number says which district it is.
NAME_CHARACTERS = 32
# Okabe and Ito (2008).
PART_COLOURS = {"roof": "#0072B2", "facade": "#E69F00"}


def energy_chart(facts: CityFacts, words: CityWords) -> Picture:
    """Yield of roofs and façades of each district, with the band of their sum."""
    rows = largest(facts, "pv_kwh")
    height = TOP_MM + FOOT_MM + BAR_MM * len(rows)
    with look():
        figure = paper(WIDTH_MM, height)
        axes = box(figure, NAMES_MM, TOP_MM, WIDTH_MM - NAMES_MM - 4, BAR_MM * len(rows))
        place = np.arange(len(rows))
        left = np.zeros(len(rows))
        for part, colour in PART_COLOURS.items():
            value = rows[f"{part}_kwh"].to_numpy(np.float64) / 1000.0
            axes.barh(place, value, 0.62, left=left, color=colour, label=words(f"{part}s"))
            left = left + value
        low, high = (rows[f"pv_{name}_kwh"].to_numpy(np.float64) / 1000.0 for name in ("p10", "p90"))
        axes.hlines(place, low, high, color=INK, linewidth=1.1, label=words("whisker"))
        for ends in (low, high):
            axes.vlines(ends, place - 0.13, place + 0.13, color=INK, linewidth=1.1)
        line(figure, 1, 6, words("chart_energy"), 8)
        finish(axes, rows, max(float(np.nanmax(high, initial=0.0)), 1e-9), words)
        png = picture_png(figure)
    return Picture("energy", png, WIDTH_MM, height, words("alt_energy"), caption(facts, "caption_energy", words))


def class_chart(facts: CityFacts, words: CityWords) -> Picture:
    """Roof area of each district by class."""
    rows = largest(facts, "roof_m2")
    height = TOP_MM + FOOT_MM + BAR_MM * len(rows)
    with look():
        figure = paper(WIDTH_MM, height)
        axes = box(figure, NAMES_MM, TOP_MM, WIDTH_MM - NAMES_MM - 4, BAR_MM * len(rows))
        left = np.zeros(len(rows))
        for name, key in CLASS_KEYS.items():
            value = rows[f"roof_{key}_m2"].to_numpy(np.float64)
            axes.barh(
                np.arange(len(rows)),
                value,
                0.62,
                left=left,
                color=CLASS_COLOURS[name],
                edgecolor=INK,
                linewidth=0.3,
                label=words(key),
            )
            left = left + value
        line(figure, 1, 6, words("chart_classes"), 8)
        finish(axes, rows, max(float(left.max(initial=0.0)), 1e-9), words)
        png = picture_png(figure)
    return Picture("classes", png, WIDTH_MM, height, words("alt_classes"), caption(facts, "caption_classes", words))


def largest(facts: CityFacts, column: str) -> pd.DataFrame:
    """The districts of a chart in the table's order, numbered as there; what lies outside only where it holds any."""
    rows = facts.rows.copy()
    rows["name"] = [
        *(f"{n}  {name}" for n, name in enumerate(rows["district"][:-1], start=1)),
        rows["district"].iloc[-1],
    ]
    rows = rows[(np.arange(len(rows)) < len(rows) - 1) | (rows["buildings"] > 0)]
    kept = rows.sort_values(column, ascending=False, kind="stable").head(MOST).index
    return rows.loc[sorted(kept)]


def caption(facts: CityFacts, key: str, words: CityWords) -> str:
    """A chart's caption; where it shows a part, how many of how many."""
    count = len(facts.districts)
    more = "" if count <= MOST else " " + words("shown_of", words.number(MOST), words.number(count))
    return words(key) + more


def finish(axes: Axes, rows: pd.DataFrame, top: float, words: CityWords) -> None:
    """Names, the first district on top, a grid, and the legend above the bars."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, top * 1.03)
    names = [name if len(name) <= NAME_CHARACTERS else name[: NAME_CHARACTERS - 1] + "…" for name in rows["name"]]
    axes.set_yticks(np.arange(len(rows)), names, fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    decimals = 0 if top >= 6 else 1
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, decimals)))
    axes.tick_params(axis="x", labelsize=7, length=2.5)
    axes.grid(axis="x", color="#e3e1dc", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=5,
        frameon=False,
        fontsize=7.5,
        handlelength=1.2,
        columnspacing=1.2,
        borderaxespad=0.1,
    )
