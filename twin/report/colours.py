"""One colour scale for every picture: annual irradiation, dark is little and bright is much.

The colours are matplotlib's inferno (S. van der Walt and N. Smith 2015, https://bids.github.io/colormap/): lightness
rises evenly, so the order survives grey print and every colour vision. Its black end is cut off, because black is kept
for outlines and shadows, and so is its palest end, which would vanish on white paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap

STEPS = 256
FIRST, LAST = 0.13, 0.95
# Ends of the scale are round numbers people recognise in the legend.
ROUND_KWH_M2 = 50.0
# Without any value there is still a legend: this one.
EMPTY_RANGE = (0.0, 1200.0)
# Places without a value: a warm light grey that inferno does not hold.
NO_VALUE = (208, 206, 200)
OPEN_NO_VALUE = (238, 236, 231)
# Suitability of roofs as in Hessen's solar cadastre: very good red, good orange, limited yellow, unsuitable grey; their
# lightness rises as well.
CLASS_COLOURS = {"sehr gut": "#b5122b", "gut": "#f08a1d", "bedingt": "#ffe27a", "nicht geeignet": "#c9c7c1"}


class Scale(NamedTuple):
    """Values and colours of a legend."""

    low: float  # kWh/m² unless said, everything below has the first colour
    high: float  # everything above has the last colour
    table: NDArray[np.uint8]  # (K, 3), equal steps


def scale_of(groups: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> Scale:
    """Scale from the lowest 1 % to the highest 99 % of any group, so that much open land does not hide the façades.

    A group is its values (N,) [kWh/m²] and their areas (N,) [m²]; NaN and what has no area do not count.
    """
    ends: list[NDArray[np.float64]] = []
    for value, area in groups:
        counted = np.isfinite(value) & (area > 0)
        if counted.any():
            ends.append(weighted_quantiles(value[counted], area[counted], (0.01, 0.99)))
    low, high = EMPTY_RANGE
    if ends:
        low = float(np.floor(min(end[0] for end in ends) / ROUND_KWH_M2) * ROUND_KWH_M2)
        high = max(float(np.ceil(max(end[1] for end in ends) / ROUND_KWH_M2) * ROUND_KWH_M2), low + ROUND_KWH_M2)
    return Scale(low, high, colour_table())


def weighted_quantiles(
    value: NDArray[np.float64], weight: NDArray[np.float64], share: tuple[float, ...]
) -> NDArray[np.float64]:
    """Values below which the given shares of the weight lie."""
    order = np.argsort(value, kind="stable")
    passed = np.cumsum(weight[order])
    index = np.searchsorted(passed, np.asarray(share) * passed[-1])
    return np.asarray(value[order][np.minimum(index, len(value) - 1)])


def colour_table() -> NDArray[np.uint8]:
    """Colours (STEPS, 3) from little to much."""
    import matplotlib

    rgba = matplotlib.colormaps["inferno"](np.linspace(FIRST, LAST, STEPS))
    return np.round(rgba[:, :3] * 255).astype(np.uint8)


def colour_of(scale: Scale, value: ArrayLike, missing: tuple[int, int, int] = NO_VALUE) -> NDArray[np.uint8]:
    """Colours (..., 3) of values in the scale's unit; NaN gets ``missing``."""
    amount = np.asarray(value, np.float64)
    known = np.isfinite(amount)
    share = (np.where(known, amount, scale.low) - scale.low) / (scale.high - scale.low)
    steps = len(scale.table)
    step = np.clip(share * steps, 0, steps - 1).astype(np.intp)
    return np.asarray(np.where(known[..., None], scale.table[step], np.array(missing, np.uint8)))


def ticks_of(scale: Scale) -> list[float]:
    """Round values for the legend, both ends included, five to nine in number."""
    span = scale.high - scale.low
    step = next((s for s in (50.0, 100.0, 200.0, 250.0, 500.0, 1000.0) if span / s <= 7), span)
    inner = np.arange(np.ceil(scale.low / step), np.floor(scale.high / step) + 1) * step
    # A round value closer than half a step to an end would print over the end's own label.
    inner = inner[(inner - scale.low >= step / 2) & (scale.high - inner >= step / 2)]
    return [scale.low, *inner.tolist(), scale.high]


def colormap(scale: Scale) -> ListedColormap:
    """The scale for matplotlib."""
    from matplotlib.colors import ListedColormap

    return ListedColormap(scale.table / 255.0, name="irradiation")


def draw_legend(axes: Axes, scale: Scale, title: str, labels: list[str]) -> None:
    """Horizontal colour bar with ticks at `ticks_of`, labelled by ``labels``; the ends catch all beyond them."""
    axes.imshow(
        scale.table[None, :, :], extent=(scale.low, scale.high, 0.0, 1.0), aspect="auto", interpolation="nearest"
    )
    axes.set_xticks(ticks_of(scale), labels)
    axes.set_yticks([])
    axes.set_title(title, loc="left", fontsize=9)
