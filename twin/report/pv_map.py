"""pv.png: roofs by their yield per kWp, the whole city small beside them, suitability and months below.

The physical value is the map. Where a correction was asked for, a smaller map beside it shows how far its values
deviate, and hatches the plants for which it does not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.report.city_map import FRAME_COLOUR, INK, draw_map, paths_of
from twin.report.colours import NO_VALUE, Scale, weighted_quantiles
from twin.report.facts import Facts, Plan
from twin.report.figures import axes_at, figure_of, look, png_of
from twin.report.pv_charts import class_limits, draw_classes, draw_pv_months
from twin.report.pv_facts import PvFacts
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 1800, 1530
# The large map, and the column beside it [px].
LEFT, TOP, SIDE, WIDE = 110, 75, 1000, 1650
BESIDE, BESIDE_WIDTH, BESIDE_HIGH = 1210, 550, 1190
# Below a small map with a legend of its own.
LEGEND_HIGH = 130
# Steps of the scale: the smallest of these [kWh/kWp] of which no more than MOST_STEPS are needed.
STEP_KWH_KWP = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
MOST_STEPS = 12
EMPTY_KWH_KWP = (0.0, 1000.0)
# Ends of the scale of deviations [%]: the first that holds all of them.
ENDS_PCT = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 50.0, 100.0)
DEVIATION_STEPS = 256
HATCH = "/////"


def pv_png(facts: Facts, pv: PvFacts, words: Words) -> bytes:
    """The sheet as PNG bytes."""
    from matplotlib import rc_context

    scale = yield_scale(pv)
    beside = (["corrected"] if pv.model_id is not None else []) + (["whole"] if facts.focus is not None else [])
    with look(), rc_context({"hatch.linewidth": 0.7}):
        figure = figure_of(WIDTH, HEIGHT)
        shown = close_up(facts.plan._replace(roof_value=pv.roofs.kwh_kwp))
        title = words("pv_map_title")
        heading(figure, LEFT, 50, title if facts.focus is None else words("pv_map_densest", title))
        draw_map(axes_at(figure, LEFT, TOP, SIDE if beside else WIDE, SIDE), shown, scale, words)
        draw_yield_legend(figure, scale, words)
        high = BESIDE_HIGH // max(len(beside), 1)
        for index, name in enumerate(beside):
            top = TOP + index * high
            if name == "corrected":
                draw_corrected(figure, top, high - LEGEND_HIGH - 50, facts.plan, pv, words)
            else:
                draw_whole(figure, top, high - 50, facts.plan._replace(roof_value=pv.roofs.kwh_kwp), scale, words)
        limits = class_limits(facts.report["pv"]["configuration"]["classes"], words)
        draw_classes(axes_at(figure, 330, 1290, 780, 205), pv.classes, limits, words)
        draw_pv_months(axes_at(figure, BESIDE + 60, 1290, BESIDE_WIDTH - 60, 205), pv.month_mwh, words)
        return png_of(figure)


def heading(figure: Figure, left: float, top: float, text: str, size: float = 10.5) -> None:
    """Heading whose baseline starts at pixels from the upper left corner."""
    figure.text(left / WIDTH, 1 - top / HEIGHT, text, fontsize=size, color=INK, fontweight="bold", va="baseline")


def yield_scale(pv: PvFacts) -> Scale:
    """Steps [kWh/kWp] from the lowest 1 % to the highest 99 % of the roofs' power."""
    import matplotlib

    known = np.isfinite(pv.roofs.kwh_kwp) & (pv.roofs.kwp > 0)
    low, high = EMPTY_KWH_KWP
    if known.any():
        low, high = weighted_quantiles(pv.roofs.kwh_kwp[known], pv.roofs.kwp[known], (0.01, 0.99)).tolist()
    step = next((s for s in STEP_KWH_KWP if np.ceil(high / s) - np.floor(low / s) <= MOST_STEPS), STEP_KWH_KWP[-1])
    first, last = int(np.floor(low / step)), int(np.ceil(high / step))
    last = max(last, first + 1)
    # viridis, not the report's inferno: this is electricity, not irradiation. Both keep their order in grey and for
    # every colour vision.
    rgba = matplotlib.colormaps["viridis"](np.linspace(0.05, 1.0, last - first))
    return Scale(first * step, last * step, np.round(rgba[:, :3] * 255).astype(np.uint8))


def deviation_scale(delta_pct: NDArray[np.float64]) -> Scale:
    """Scale of deviations [%], even about zero; NaN do not count."""
    import matplotlib

    largest = float(np.nanmax(np.abs(delta_pct), initial=0.0))
    end = next((end for end in ENDS_PCT if largest <= end), ENDS_PCT[-1])
    # ColorBrewer's PuOr: told apart by every colour vision; violet is less, orange more.
    rgba = matplotlib.colormaps["PuOr_r"](np.linspace(0.0, 1.0, DEVIATION_STEPS))
    return Scale(-end, end, np.round(rgba[:, :3] * 255).astype(np.uint8))


def close_up(plan: Plan) -> Plan:
    """The densest part of a plan, or all of a small one, without open land; what lies beyond is left out."""
    import shapely

    box = plan.focus or plan.bounds
    # The map is widened to its axes: keep what may show beside the box.
    west, south, east, north = box
    more = max(east - west, north - south)
    near = shapely.box(west - more, south - more, east + more, north + more)
    roof, outline = (shapely.intersects(shapely.force_2d(shapes), near) for shapes in (plan.roof, plan.outline))
    return plan._replace(
        roof=plan.roof[roof],
        roof_value=plan.roof_value[roof],
        outline=plan.outline[outline],
        ground=None,
        focus=None,
        bounds=box,
    )


def draw_corrected(figure: Figure, top: float, high: float, plan: Plan, pv: PvFacts, words: Words) -> None:
    """The smaller map of what a correction changes, hatched where it does not answer, with its legend."""
    from matplotlib.collections import PathCollection
    from matplotlib.patches import Patch

    roofs = pv.roofs
    delta = np.where(roofs.abstained, np.nan, roofs.delta_pct)
    scale = deviation_scale(delta)
    heading(figure, BESIDE, top - 25, words("pv_ml_title", pv.model_id), 9.0)
    axes = axes_at(figure, BESIDE, top, BESIDE_WIDTH, high)
    draw_map(axes, close_up(plan._replace(roof_value=delta)), scale, words)
    hatched = close_up(plan._replace(roof_value=roofs.abstained.astype(np.float64)))
    paths = paths_of(hatched.roof[hatched.roof_value > 0])
    if paths:
        axes.add_collection(
            PathCollection(paths, facecolor="white", edgecolor=INK, hatch=HATCH, linewidth=0.0, zorder=3.5)
        )
    if pv.leaves_years:
        axes.text(
            0.45,
            0.95,
            words("pv_leaves_years_short"),
            transform=axes.transAxes,
            ha="center",
            va="top",
            fontsize=8.5,
            bbox={"boxstyle": "square,pad=0.25", "fc": "white", "ec": "none", "alpha": 0.9},
            zorder=9,
        )
    without_coordinates(axes)
    end = scale.high
    ticks = [-end, -end / 2, 0.0, end / 2, end]
    labels = [words.number(tick, 0 if tick == round(tick) else 1) for tick in ticks]
    bar = axes_at(figure, BESIDE, top + high + 42, BESIDE_WIDTH, 18)
    draw_steps(bar, scale, words("pv_ml_legend"), ticks, labels)
    figure.legend(
        handles=[Patch(facecolor="white", edgecolor=INK, hatch=HATCH, linewidth=0.0, label=words("pv_abstained"))],
        loc="upper left",
        bbox_to_anchor=(BESIDE / WIDTH, 1 - (top + high + 97) / HEIGHT),
        frameon=False,
        fontsize=8,
        borderpad=0.0,
        borderaxespad=0.0,
    )


def draw_whole(figure: Figure, top: float, high: float, plan: Plan, scale: Scale, words: Words) -> None:
    """The whole city small, with a frame where the large map lies."""
    heading(figure, BESIDE, top - 25, words("pv_whole"))
    axes = axes_at(figure, BESIDE, top, BESIDE_WIDTH, high)
    west, south, east, north = plan.focus or plan.bounds
    around = (*np.minimum(plan.bounds[:2], (west, south)), *np.maximum(plan.bounds[2:], (east, north)))
    draw_map(axes, plan._replace(ground=None, focus=None, bounds=around), scale, words)
    without_coordinates(axes)
    axes.plot(
        [west, east, east, west, west],
        [south, south, north, north, south],
        color=FRAME_COLOUR,
        linewidth=1.3,
        linestyle=(0, (5, 2.5)),
        zorder=5,
    )


def without_coordinates(axes: Axes) -> None:
    """A small map needs none: the large one has them."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("")
    axes.set_ylabel("")


def draw_yield_legend(figure: Figure, scale: Scale, words: Words) -> None:
    """Steps of the large map, and the colour of roofs without a plant."""
    from matplotlib.patches import Patch

    edges = np.linspace(scale.low, scale.high, len(scale.table) + 1).tolist()
    labels = [words.number(edge) for edge in edges]
    draw_steps(axes_at(figure, LEFT, 1190, SIDE - 220, 22), scale, words("pv_legend"), edges, labels)
    red, green, blue = (part / 255 for part in NO_VALUE)
    figure.legend(
        handles=[Patch(facecolor=(red, green, blue), edgecolor=INK, linewidth=0.5, label=words("pv_no_plant"))],
        loc="center right",
        bbox_to_anchor=((LEFT + SIDE) / WIDTH, 1 - 1201 / HEIGHT),
        frameon=False,
        fontsize=8.5,
        borderaxespad=0.0,
    )


def draw_steps(axes: Axes, scale: Scale, title: str, ticks: Sequence[float], labels: Sequence[str]) -> None:
    """Horizontal colour bar with labelled ticks."""
    axes.imshow(scale.table[None], extent=(scale.low, scale.high, 0.0, 1.0), aspect="auto", interpolation="nearest")
    axes.set_xticks(ticks, labels)
    axes.set_yticks([])
    axes.tick_params(labelsize=8, length=3)
    axes.set_title(title, loc="left", fontsize=8.5, pad=4)
