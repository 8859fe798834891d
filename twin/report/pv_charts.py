"""Bars of photovoltaics: roofs by suitability, and the yield of each month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.pv.cadastre import CLASS_KEYS
from twin.report.colours import CLASS_COLOURS
from twin.report.pv_facts import KINDS, PvClass
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1c1a22"
GRID = "#e3e1dc"
# Okabe and Ito (2008), as far apart in lightness as in colour.
PART_COLOURS = {"roofs": "#0072B2", "facades": "#E69F00"}
# The longest bar takes this share of its axes, so that its text fits beside it.
BAR_SHARE = 0.55


def class_word(name: str, words: Words) -> str:
    """A class of the cadastre; a foreign one as it stands."""
    return words.known(f"class_{CLASS_KEYS.get(name)}", name)


def class_limits(classes: dict[str, Any], words: Words) -> list[str]:
    """What makes a roof of each class, best first, by the configured convention."""
    if classes["convention"] == "irradiation":
        upper = [words("limit_irradiation", words.number(limit)) for limit in classes["irradiation_kwh_m2"]]
    elif classes["convention"] == "share":
        upper = [words("limit_share", words.number(100.0 * share)) for share in classes["share"]]
    else:
        low, high = (words.number(limit) for limit in classes["good_tilt_deg"])
        upper = [
            words("limit_geometry_south", low, high, words.number(classes["south_within_deg"], 1)),
            words("limit_geometry_side", low, high),
            words("limit_geometry_other", words.number(classes["steepest_deg"])),
        ]
    return [*upper, words("limit_below_or_none" if classes["only_planted"] else "limit_below")]


def draw_classes(axes: Axes, classes: tuple[PvClass, ...], limits: list[str], words: Words) -> None:
    """One bar a class, its length the exposed area of its roofs, best on top."""
    place = [-float(index) for index in range(len(classes))]
    area = [row.exposed_m2 for row in classes]
    longest = max(*area, 1e-9)
    axes.barh(
        place,
        area,
        height=0.62,
        color=[CLASS_COLOURS[row.name] for row in classes],
        edgecolor=INK,
        linewidth=0.6,
    )
    for row, height in zip(classes, place, strict=True):
        said = words("pv_class_bar", words.number(row.exposed_m2), words.number(row.kwp), words.number(row.mwh))
        axes.text(row.exposed_m2 + 0.01 * longest, height, said, va="center", fontsize=8, color=INK)
    axes.set_xlim(0, longest / BAR_SHARE)
    axes.set_xticks([])
    names = [f"{class_word(row.name, words)}\n{limit}" for row, limit in zip(classes, limits, strict=True)]
    axes.set_yticks(place, names, fontsize=7.5)
    axes.tick_params(length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_title(words("pv_classes_title"), loc="left", fontsize=9, color=INK, pad=4)


def draw_pv_months(axes: Axes, month_mwh: NDArray[np.float64], words: Words) -> None:
    """Stacked bars of twelve months (12, 2) [MWh]: roofs, façades."""
    place, base = np.arange(12), np.zeros(12)
    for column, name in enumerate(KINDS):
        axes.bar(
            place,
            month_mwh[:, column],
            bottom=base,
            width=0.78,
            color=PART_COLOURS[name],
            edgecolor="white",
            linewidth=0.4,
            label=words(name),
        )
        base = base + month_mwh[:, column]
    axes.set_ylim(0, max(float(base.max()), 1e-9) * 1.05)
    axes.set_xlim(-0.6, 11.6)
    axes.set_xticks(place, [name[:1] for name in words("month_names").split()], fontsize=8)
    ticks = [tick for tick in axes.get_yticks() if tick <= axes.get_ylim()[1]]
    decimals = 0 if base.max() >= 10 else 2
    axes.set_yticks(ticks, [words.number(float(tick), decimals) for tick in ticks], fontsize=7.5)
    axes.tick_params(axis="y", length=2.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(words("pv_months_title"), loc="left", fontsize=9, color=INK, pad=4)
    # In winter there is room above the bars.
    axes.legend(loc="upper left", frameon=False, fontsize=8, handlelength=1.0, borderaxespad=0.2)
