"""Figures as PNG bytes: one look, no clock, no screen, no user settings; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import draw_histograms, draw_months, month_top
from twin.report.city_map import draw_map, draw_north
from twin.report.colours import Scale, draw_legend, ticks_of
from twin.report.facts import Facts
from twin.report.render import north_in_picture
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
INK = "#1c1a22"
LOOK: dict[str, Any] = {
    # File names may hold a dollar sign; that is no formula.
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#77747e",
    "axes.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "savefig.facecolor": "white",
    "figure.facecolor": "white",
}


@contextmanager
def look() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the user's matplotlibrc says."""
    from matplotlib import rc_context, style

    with rc_context():
        style.use("default")
        style.use(LOOK)
        yield


def figure_of(width: int, height: int) -> Figure:
    """An empty figure of so many pixels, drawn by Agg."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def png_of(figure: Figure) -> bytes:
    """PNG without a date or a version in it."""
    out = BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at pixels counted from the upper left corner."""
    wide, high = figure.get_size_inches() * DPI
    return figure.add_axes((left / wide, 1 - (top + height) / high, width / wide, height / high))


def draw_scale(axes: Axes, scale: Scale, words: Words) -> None:
    """The legend of all pictures."""
    labels = [words.number(tick) for tick in ticks_of(scale)]
    draw_legend(axes, scale, words("legend"), labels)
    axes.title.set_fontsize(9)
    axes.tick_params(labelsize=8.5, length=3)


def draw_picture(axes: Axes, image: NDArray[np.uint8], words: Words) -> None:
    """The 3D picture with its own north arrow."""
    axes.imshow(image, interpolation="antialiased", aspect="equal")
    axes.set_axis_off()
    draw_north(axes, north_in_picture(), words)


class Pictures:
    """The pictures of the page, each drawn when asked for."""

    def __init__(self, facts: Facts, image: NDArray[np.uint8], words: Words) -> None:
        self.facts = facts
        self.image = image
        self.words = words

    def map(self) -> bytes:
        """Map with its legend below."""
        return self._drawn(1200, 1340, self._map)

    def picture(self) -> bytes:
        """3D picture with its legend below."""
        return self._drawn(1600, 1130, self._picture)

    def histograms(self) -> bytes:
        """One strip a group."""
        return self._drawn(1200, 190 * len(self.facts.groups) + 90, self._histograms)

    def months(self) -> bytes:
        """Roofs and façades side by side."""
        return self._drawn(1200, 520, self._months)

    def _drawn(self, width: int, height: int, draw: Callable[[Figure], None]) -> bytes:
        with look():
            figure = figure_of(width, height)
            draw(figure)
            return png_of(figure)

    def _map(self, figure: Figure) -> None:
        draw_map(axes_at(figure, 90, 20, 1080, 1130), self.facts.plan, self.facts.scale, self.words)
        draw_scale(axes_at(figure, 90, 1262, 1080, 26), self.facts.scale, self.words)

    def _picture(self, figure: Figure) -> None:
        draw_picture(axes_at(figure, 0, 0, 1600, 1000), self.image, self.words)
        draw_scale(axes_at(figure, 250, 1050, 1100, 26), self.facts.scale, self.words)

    def _histograms(self, figure: Figure) -> None:
        groups = self.facts.groups
        strips = [axes_at(figure, 90, 40 + 190 * i, 1070, 140) for i in range(len(groups))]
        draw_histograms(strips, groups, self.facts.scale, self.words)

    def _months(self, figure: Figure) -> None:
        draw_month_pair(figure, (90, 70, 510, 380), 50, self.facts, self.words)


def draw_month_pair(
    figure: Figure, box: tuple[float, float, float, float], gap: float, facts: Facts, words: Words
) -> None:
    """Months of roofs in a box (left, top, width, height) [px], those of façades beside it, one legend above."""
    left, top, width, height = box
    both = (("roofs", facts.months.roofs), ("facades", facts.months.facades))
    limit = month_top([month for _, month in both])
    for index, (name, month) in enumerate(both):
        axes = axes_at(figure, left + index * (width + gap), top, width, height)
        draw_months(axes, month, words(name), limit, words)
        if index:
            axes.set_yticklabels([])
        else:
            axes.set_ylabel(words("month_axis"), fontsize=8)
            handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles,
        labels,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.1),
        ncols=3,
        frameon=False,
        fontsize=8,
        handlelength=1.0,
        columnspacing=1.0,
        borderaxespad=0.1,
    )
