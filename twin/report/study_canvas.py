"""Paper for the pictures of a study: measured in millimetres, sharp in print, the colours that all of them share."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from twin.report.city_map import Extent, round_length
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200
MM = 25.4
# Width of the report's type area.
WIDTH_MM = 170.0
INK = "#1c1a22"
SOFT = "#55525c"
PAPER = "#f1efea"  # where nothing was measured
# Shadows: told apart by lightness as well as by hue, so that red and green are no riddle to any eye or in grey print.
SUNNY = "#ffffff"
GREY = "#9b99a3"
RED = "#b5122b"
GREEN = "#62d2a6"
HOUSE = "#ebe1cd"
HOUSE_SMALL = "#cdb98f"
PLANNED = "#1d3f8f"
PLANNED_FILL = "#dbe4f7"
# The scale bar takes about this share of a map's width.
BAR_SHARE = 0.28
BAR_MM = 0.9


def paper(width_mm: float, height_mm: float) -> Figure:
    """An empty figure of a size on paper, drawn by Agg."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_mm / MM, height_mm / MM), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def box(figure: Figure, left_mm: float, top_mm: float, width_mm: float, height_mm: float) -> Axes:
    """Axes at millimetres from the upper left corner."""
    wide, high = figure.get_size_inches() * MM
    return figure.add_axes((left_mm / wide, 1 - (top_mm + height_mm) / high, width_mm / wide, height_mm / high))


def line(figure: Figure, left_mm: float, top_mm: float, text: str, size: float, weight: str = "normal") -> None:
    """Text whose baseline begins at millimetres from the upper left corner."""
    wide, high = figure.get_size_inches() * MM
    colour = INK if weight == "bold" else SOFT
    figure.text(left_mm / wide, 1 - top_mm / high, text, fontsize=size, fontweight=weight, color=colour, va="baseline")


def picture_png(figure: Figure) -> bytes:
    """PNG without a date or a version in it."""
    out = BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def show(axes: Axes, extent: Extent) -> None:
    """Turn axes into a map without coordinates; its extent must have the box's proportions."""
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor(PAPER)


def draw_signs(axes: Axes, extent: Extent, words: Words, size: float = 6.5) -> None:
    """Scale bar and north arrow, small, on white corners; ``size`` of their letters [pt]."""
    width = extent.east - extent.west
    length = round_length(BAR_SHARE * width)
    number = words.number(length / 1000) + " km" if length >= 1000 else words.number(length) + " m"
    backing = {"boxstyle": "square,pad=0.25", "fc": "white", "ec": "none", "alpha": 0.85}
    axes.annotate(
        number,
        (0.03 + length / width / 2, 0.035),
        xycoords="axes fraction",
        xytext=(0, 2.0),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=size,
        color=INK,
        bbox=backing,
        zorder=20,
    )
    draw_bar(axes, length / width)
    arrow(axes, (0.0, 1.0), words("north"), size)


def arrow(axes: Axes, toward: tuple[float, float], text: str, size: float = 6.5) -> None:
    """North arrow in the upper right corner, ``toward`` as a unit vector to the right and up."""
    from matplotlib.transforms import offset_copy

    right, up = toward
    figure = axes.get_figure(root=True)
    reach = 1.25 * size
    head = offset_copy(axes.transAxes, figure, -1.6 * size + reach * right, -2.2 * size + reach * up, "points")
    tail = offset_copy(axes.transAxes, figure, -1.6 * size - reach * right, -2.2 * size - reach * up, "points")
    axes.annotate(
        text,
        xy=(1.0, 1.0),
        xycoords=head,
        xytext=(1.0, 1.0),
        textcoords=tail,
        ha="center",
        va="center",
        fontsize=size,
        fontweight="bold",
        color=INK,
        bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
        arrowprops={"arrowstyle": "-|>,head_width=0.22,head_length=0.45", "color": INK, "lw": 1.0, "shrinkB": 0},
        zorder=20,
    )


def draw_bar(axes: Axes, share: float) -> None:
    """A bar over a share of the axes' width, low in the left corner."""
    from matplotlib.patches import Rectangle

    high = BAR_MM / (axes.bbox.height / DPI * MM)
    for part, colour in ((0.0, INK), (0.5, "white")):
        corner = (0.03 + part * share, 0.03)
        axes.add_patch(
            Rectangle(corner, share / 2, high, transform=axes.transAxes, fc=colour, ec=INK, lw=0.5, zorder=21)
        )
