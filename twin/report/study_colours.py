"""Classes and colours of sun hours and of their change.

Sun hours: matplotlib's inferno (S. van der Walt and N. Smith 2015, https://bids.github.io/colormap/), lightness rising
evenly, cut into classes of half an hour; at 1.5, 3 and 4 h (levels of DIN EN 17037) it leaps, so that these borders are
seen without a line. Change: ColorBrewer's RdBu (https://colorbrewer2.org), safe for red-green blindness; 0 is grey.
Oracle: tests/twin/test_twin_study_pictures.py sees them with simulated colour blindness (Machado 2009).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.study_canvas import INK, PAPER
from twin.report.study_picture_words import StudyWords

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLASS_H = 0.5
BREAKS_H = (1.5, 3.0, 4.0)
# Parts of inferno for the hours between two breaks; the gaps between the parts are the leaps.
PARTS = ((0.11, 0.21), (0.38, 0.48), (0.60, 0.66), (0.78, 1.0))
# Borders of the classes of change [min]; the outermost are open, and 0 has a class of its own.
STEPS_MIN = (15.0, 30.0, 60.0, 120.0, 180.0)
ZERO = "#d6d4cf"
# Changes are multiples of the time step, at least one minute.
NOTHING_MIN = 0.5


class Classes(NamedTuple):
    """Borders (N + 1,) in rising order and the colours (N, 3) uint8 between them; the outer ones catch all beyond.

    A border belongs to the class farther from zero, on both sides of it.
    """

    border: NDArray[np.float64]
    colour: NDArray[np.uint8]


def hour_classes(top_h: float) -> Classes:
    """Classes of half an hour from 0 to at least ``top_h`` [h] and at least 6 h."""
    import matplotlib

    count = int(np.ceil(max(top_h, 6.0) / CLASS_H - 1e-9))
    border = np.asarray(np.arange(count + 1) * CLASS_H, np.float64)
    middle = border[:-1] + CLASS_H / 2
    end = (0.0, *BREAKS_H, border[-1])
    share = np.empty(count)
    for (low, high), first, last in zip(PARTS, end[:-1], end[1:], strict=True):
        inside = (middle > first) & (middle < last)
        share[inside] = np.linspace(low, high, int(inside.sum()))
    return Classes(border, np.round(matplotlib.colormaps["inferno"](share)[:, :3] * 255).astype(np.uint8))


def change_classes() -> Classes:
    """Loss red, gain blue, nothing grey [min]."""
    import matplotlib
    from matplotlib.colors import to_rgb

    steps = np.array([NOTHING_MIN, *STEPS_MIN])
    border = np.concatenate([[-np.inf], -steps[::-1], steps, [np.inf]])
    table = matplotlib.colormaps["RdBu"]
    loss, gain = (table(np.linspace(*ends, len(steps)))[:, :3] for ends in ((0.02, 0.37), (0.63, 0.98)))
    colour = np.concatenate([loss, [to_rgb(ZERO)], gain])
    return Classes(border, np.round(colour * 255).astype(np.uint8))


def classed(classes: Classes, value: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Colours (..., 3) of values; NaN has the paper's."""
    from matplotlib.colors import to_rgb

    upward = np.searchsorted(classes.border, value, side="right") - 1
    downward = np.searchsorted(classes.border, value, side="left") - 1
    index = np.clip(np.where(value < 0, downward, upward), 0, len(classes.colour) - 1)
    none = np.round(np.array(to_rgb(PAPER)) * 255).astype(np.uint8)
    return np.where(np.isnan(value)[..., None], none, classes.colour[index])


def draw_hour_legend(axes: Axes, classes: Classes, title: str, words: StudyWords) -> None:
    """A field a class; the breaks have long ticks and bold numbers."""
    top = float(classes.border[-1])
    axes.imshow(classes.colour[None], extent=(0.0, top, 0.0, 1.0), aspect="auto", interpolation="nearest")
    rest = [hour for hour in (6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0) if hour <= top]
    ticks = [0.0, *BREAKS_H, *rest]
    axes.set_xticks(ticks, [words.number(hour, 0 if hour % 1 == 0 else 1) for hour in ticks], fontsize=7)
    for hour, label in zip(ticks, axes.get_xticklabels(), strict=True):
        if hour in BREAKS_H:
            label.set_fontweight("bold")
            axes.axvline(hour, color=INK, linewidth=1.2)
    axes.tick_params(length=2.5)
    axes.set_yticks([])
    axes.set_title(title, loc="left", fontsize=7.5, pad=3)


def draw_change_legend(axes: Axes, classes: Classes, title: str, words: StudyWords, size: float = 7.0) -> None:
    """A field a class, as wide as each other, borders named below."""
    count = len(classes.colour)
    axes.imshow(classes.colour[None], extent=(0.0, count, 0.0, 1.0), aspect="auto", interpolation="nearest")
    half = count // 2
    sides = [words.number(value) for value in (*-np.array(STEPS_MIN[::-1]), *STEPS_MIN)]
    places = [*range(1, half), *range(half + 2, count)]
    ticks = dict(zip([*map(float, places), half + 0.5], [*sides, words("unchanged")], strict=True))
    axes.set_xticks(list(ticks), list(ticks.values()), fontsize=size)
    for border in range(1, count):
        axes.axvline(border, color="white", linewidth=0.8)
    axes.tick_params(length=2.5)
    axes.set_yticks([])
    axes.set_title(title, loc="left", fontsize=7.5, pad=3)
