"""Histograms of areas by irradiation, and the months by the origin of their radiation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.report.colours import ROUND_KWH_M2, Scale, colour_of, ticks_of
from twin.report.facts import Group
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1c1a22"
SOFT = "#55525c"
# Okabe and Ito (2008): told apart by every colour vision; their lightness differs too, for grey print.
ORIGIN_COLOURS = {"direct": "#E69F00", "diffuse": "#56B4E9", "reflected": "#55525c"}


def bins_of(group: Group, scale: Scale) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Left edges (N,) [kWh/m²] and areas (N,) [m²] of a group's bins; the outer ones hold everything beyond."""
    count = round((scale.high - scale.low) / ROUND_KWH_M2)
    edge = scale.low + np.arange(count) * ROUND_KWH_M2
    index = np.clip(np.floor((group.value - scale.low) / ROUND_KWH_M2), 0, count - 1).astype(np.intp)
    area = np.bincount(index, weights=group.area_m2, minlength=count)
    return edge.astype(np.float64), area.astype(np.float64)


def draw_histograms(strips: Sequence[Axes], groups: Sequence[Group], scale: Scale, words: Words) -> None:
    """One strip a group, all over the same irradiation axis, bars in the colours of the legend."""
    for axes, group in zip(strips, groups, strict=True):
        edge, area = bins_of(group, scale)
        axes.bar(
            edge,
            area,
            width=ROUND_KWH_M2,
            align="edge",
            color=colour_of(scale, edge + ROUND_KWH_M2 / 2) / 255,
            edgecolor=INK,
            linewidth=0.4,
        )
        peak = float(area.max()) if area.max() > 0 else 1.0
        axes.set_xlim(scale.low, scale.high)
        axes.set_ylim(0, peak * 1.08)
        half = round_half(peak)
        axes.set_yticks([0, half], [words.number(0), words.number(half)], fontsize=7)
        axes.set_xticks(ticks_of(scale)[1:-1], [])
        axes.tick_params(length=2.5)
        axes.grid(axis="y", color="#e3e1dc", linewidth=0.6)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.set_title(group_line(group, words), loc="left", fontsize=8, color=INK, pad=2.5)
        if np.isfinite(group.mean):
            axes.axvline(np.clip(group.mean, scale.low, scale.high), color=INK, linewidth=1.4)
    # The strips are narrow: the ends of the scale go unlabelled here, the legend names them.
    inner = ticks_of(scale)[1:-1]
    strips[-1].set_xticks(inner, [words.number(tick) for tick in inner], fontsize=7.5)
    strips[-1].set_xlabel(words("legend"), fontsize=8)


def round_half(peak: float) -> float:
    """A round value between half of a peak and the peak, for the axis."""
    power = 10.0 ** np.floor(np.log10(peak))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= peak))


def group_line(group: Group, words: Words) -> str:
    """A group's name, area and mean in one line."""
    if not np.isfinite(group.mean):
        return words("no_area", words(group.name))
    area = float(group.area_m2.sum())
    return words("group_line", words(group.name), words.number(area), words.number(group.mean))


def draw_months(axes: Axes, month: NDArray[np.float64], title: str, top: float, words: Words) -> None:
    """Stacked bars of twelve months (12, 3) [kWh/m²], up to a common ``top`` [kWh/m²]."""
    place = np.arange(12)
    base = np.zeros(12)
    for column, (name, colour) in enumerate(ORIGIN_COLOURS.items()):
        axes.bar(place, month[:, column], bottom=base, width=0.78, color=colour, label=words(name))
        base = base + month[:, column]
    axes.set_ylim(0, top)
    axes.set_xlim(-0.6, 11.6)
    axes.set_xticks(place, [name[:1] for name in words("month_names").split()], fontsize=8)
    axes.tick_params(axis="y", labelsize=7.5, length=2.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color="#e3e1dc", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(title, loc="left", fontsize=8.5, color=INK, pad=4)


def month_top(months: Sequence[NDArray[np.float64]]) -> float:
    """Common upper end of month axes [kWh/m²], a multiple of 20."""
    peak = max(float(month.sum(axis=1).max()) for month in months)
    return max(20.0, float(np.ceil(peak * 1.04 / 20.0) * 20.0))
