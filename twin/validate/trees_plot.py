"""The course of two cloudless days with and without trees, as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.report.figures import axes_at, figure_of, look, png_of
from twin.validate.district import KINDS
from twin.validate.trees_light import BARE, BLOCKS, DAYS, HOURS, LEAFY, NONE, OPAQUE, SEASONS, Beam

# Apart for red-green blind readers too, and by their dashes in grey.
LOOKS = {
    NONE: ("no trees", "#1c1a22", "-", 1.2),
    BARE: ("wood all year", "#2a6f97", ":", 1.2),
    SEASONS: ("seasons", "#6a994e", "-", 2.4),
    LEAFY: ("leaves all year", "#6a994e", ":", 1.2),
    OPAQUE: ("opaque crowns", "#c1440e", "--", 1.2),
    BLOCKS: ("opaque blocks", "#c1440e", "-", 1.2),
}
WIDTH, HEIGHT, LEFT, TOP = 330, 210, 90, 120


def day_courses(path: Path, found: dict[str, Beam]) -> None:
    """Write a row of panels for each place and day, a panel for each kind of receiver: direct beam by hour."""
    hours = np.arange(HOURS) + 0.5
    with look():
        figure = figure_of(LEFT + len(KINDS) * (WIDTH + 75), TOP + len(found) * len(DAYS) * (HEIGHT + 70) + 20)
        high = figure.get_figheight() * figure.dpi
        figure.text(0.04, 1.0 - 70 / high, "Direct beam through trees", fontsize=11, weight="bold")
        for row, (place, day) in enumerate((place, day) for place in found for day in DAYS):
            part = slice(list(DAYS).index(day) * HOURS, (list(DAYS).index(day) + 1) * HOURS)
            for column, kind in enumerate(KINDS):
                axes = axes_at(figure, LEFT + column * (WIDTH + 75), TOP + row * (HEIGHT + 70), WIDTH, HEIGHT)
                for model, (label, colour, dashes, width) in LOOKS.items():
                    watts = found[place].hour[model][column, part] * 1000.0
                    axes.plot(hours, watts, dashes, color=colour, linewidth=width, label=label)
                axes.set_title(f"{place}, {kind}, {day}", fontsize=8)
                axes.set_xlim(3, 21)
                axes.set_ylim(bottom=0.0)
                axes.set_xticks(range(4, 21, 4))
                axes.tick_params(labelsize=7)
                if not column:
                    axes.set_ylabel("W/m²", fontsize=8)
                if row == len(found) * len(DAYS) - 1:
                    axes.set_xlabel("hour, UTC+1", fontsize=8)
        figure.legend(*axes.get_legend_handles_labels(), loc="upper right", ncols=len(LOOKS), fontsize=7, frameon=False)
        path.write_bytes(png_of(figure))
