"""Legends of raster layers as PNG and SVG, German and English: colours, what they mean, and where the data come from.

Text in the SVG stays text, so that it can be read aloud and searched.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from twin.report.words import LANGUAGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twin.report.colours import Scale
    from twin.report.study_colours import Classes

WIDTH = 1000
LEFT, WIDE = 40, 920
LINE = 24
FINE = 6.5
# Letters of the fine print on a line.
LETTERS = 118

# Draws what stands above the fine print into a figure, in a language.
Body = Callable[["Figure", str], None]


def write_legends(folder: Path, stem: str, body: Body, height: int, attribution: Sequence[str]) -> list[str]:
    """Write ``stem_de.png``, ``stem_de.svg`` and the same in English; ``height`` [px] is what the body takes."""
    return [name for language in LANGUAGES for name in _legend(folder, stem, body, height, attribution, language)]


def _legend(folder: Path, stem: str, body: Body, height: int, attribution: Sequence[str], language: str) -> list[str]:
    from matplotlib import rc_context

    from twin.report.figures import INK, figure_of, look, png_of

    lines = [line for text in attribution for line in textwrap.wrap(text, LETTERS, subsequent_indent="   ")]
    whole = height + LINE * len(lines) + 16
    # Names inside the SVG come from a fixed seed instead of a random one.
    with (
        look(),
        rc_context({"svg.fonttype": "none", "svg.hashsalt": stem, "font.family": ["DejaVu Sans", "sans-serif"]}),
    ):
        figure = figure_of(WIDTH, whole)
        body(figure, language)
        for index, line in enumerate(lines):
            at = height + LINE * (index + 1) - 6
            figure.text(LEFT / WIDTH, 1 - at / whole, line, fontsize=FINE, color=INK, va="baseline")
        drawing = BytesIO()
        figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None, "Language": language})
        content = {"png": png_of(figure), "svg": drawing.getvalue()}
    for suffix, data in content.items():
        (folder / f"{stem}_{language}.{suffix}").write_bytes(data)
    return [f"{stem}_{language}.{suffix}" for suffix in content]


def scale_body(
    scale: Scale, title: dict[str, str], notes: dict[str, list[str]], unknown: dict[str, str] | None
) -> Body:
    """A scale of irradiation with notes below; ``unknown`` names the grey of what has no value. By language."""

    def draw(figure: Figure, language: str) -> None:
        from twin.report.colours import NO_VALUE, draw_legend, ticks_of
        from twin.report.figures import axes_at
        from twin.report.words import Words

        words = Words(language)
        axes = axes_at(figure, LEFT, 44, WIDE, 28)
        draw_legend(axes, scale, title[language], [words.number(tick) for tick in ticks_of(scale)])
        axes.tick_params(labelsize=8, length=3)
        top = 124
        if unknown is not None:
            draw_patch(figure, top - 14, NO_VALUE, unknown[language])
            top += 40
        draw_lines(figure, top, notes[language])

    return draw


def class_body(classes: Classes, title: dict[str, str], of_hours: bool) -> Body:
    """Classes of sun hours, or of their change, as the study's own maps have them."""

    def draw(figure: Figure, language: str) -> None:
        from twin.report.figures import axes_at
        from twin.report.study_colours import draw_change_legend, draw_hour_legend
        from twin.report.study_picture_words import StudyWords

        axes = axes_at(figure, LEFT, 44, WIDE, 28)
        words = StudyWords(language)
        if of_hours:
            draw_hour_legend(axes, classes, title[language], words)
        else:
            draw_change_legend(axes, classes, title[language], words)

    return draw


def patch_body(title: dict[str, str], entries: Sequence[tuple[tuple[int, int, int] | None, dict[str, str]]]) -> Body:
    """A colour and what it means, line by line; None: transparent."""

    def draw(figure: Figure, language: str) -> None:
        draw_lines(figure, 34, [title[language]], size=9.0)
        for index, (colour, words) in enumerate(entries):
            draw_patch(figure, 52 + 34 * index, colour, words[language])

    return draw


def draw_patch(figure: Figure, top: int, colour: tuple[int, int, int] | None, text: str) -> None:
    """A field of a colour with words beside it; a field without colour is crossed out."""
    from matplotlib.lines import Line2D

    from twin.report.figures import INK, axes_at

    axes: Axes = axes_at(figure, LEFT, top, 48, 24)
    axes.set_xticks([])
    axes.set_yticks([])
    red, green, blue = (part / 255 for part in colour or (255, 255, 255))
    axes.set_facecolor((red, green, blue))
    if colour is None:
        axes.add_line(Line2D([0, 1], [0, 1], transform=axes.transAxes, color=INK, linewidth=0.7))
    high = figure.get_size_inches()[1] * figure.dpi
    figure.text((LEFT + 62) / WIDTH, 1 - (top + 12) / high, text, fontsize=8, color=INK, va="center")


def draw_lines(figure: Figure, top: int, lines: Sequence[str], size: float = 7.5) -> None:
    """Lines of text whose first baseline is ``top`` [px]."""
    from twin.report.figures import INK

    high = figure.get_size_inches()[1] * figure.dpi
    for index, line in enumerate(lines):
        at = top + index * LINE
        figure.text(LEFT / WIDTH, 1 - at / high, line, fontsize=size, color=INK, va="baseline")
