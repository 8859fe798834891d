"""Pictures of a proof as PNG: engine against Radiance, receiver by receiver, and where they differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.report.figures import axes_at, figure_of, look, png_of
from twin.validate.district import KINDS, Chosen
from twin.validate.transport import Light

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#c1440e", "#2a6f97", "#6a994e")  # roof, façade, ground: apart for red-green blind readers too
PARTS = ("direct", "sky", "reflected")
MAP_PERCENT = 3.0


def compared(path: Path, name: str, ours: Light, theirs: tuple[Light, Light], chosen: Chosen) -> None:
    """Scatter of each part over the year, and a map of the total's difference, as one PNG."""
    with look():
        figure = figure_of(1500, 1180)
        figure.text(0.04, 0.965, f"heliotwin against Radiance: {name}", fontsize=11, weight="bold")
        for number, part in enumerate(PARTS):
            axes = axes_at(figure, 90 + 480 * number, 110, 400, 400)
            mine = getattr(ours, part).sum(axis=1)
            peer = (getattr(theirs[0], part) + getattr(theirs[1], part)).sum(axis=1) / 2.0
            _scatter(axes, part, peer, mine, chosen.kind)
        peer = (theirs[0].total + theirs[1].total).sum(axis=1) / 2.0
        off = 100.0 * (ours.total.sum(axis=1) - peer) / peer.mean()
        _map(axes_at(figure, 90, 620, 760, 480), chosen.point, off)
        _histogram(axes_at(figure, 1050, 640, 400, 430), off, chosen.kind)
        path.write_bytes(png_of(figure))


def _scatter(
    axes: Axes, part: str, peer: NDArray[np.float64], mine: NDArray[np.float64], kind: NDArray[np.int64]
) -> None:
    top = float(max(peer.max(), mine.max())) * 1.03
    axes.plot([0, top], [0, top], color="#77747e", linewidth=0.7)
    for index, name in enumerate(KINDS):
        rows = kind == index
        axes.scatter(peer[rows], mine[rows], s=2.5, color=COLOURS[index], label=name, linewidths=0, alpha=0.6)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_title(f"{part} [kWh/m² a year]", fontsize=9)
    axes.set_xlabel("Radiance", fontsize=8)
    axes.set_ylabel("heliotwin", fontsize=8)
    axes.tick_params(labelsize=7)
    if part == PARTS[0]:
        axes.legend(fontsize=7, markerscale=3, frameon=False, loc="upper left")


def _map(axes: Axes, point: NDArray[np.float64], off: NDArray[np.float64]) -> None:
    order = np.argsort(np.abs(off))
    shown = axes.scatter(
        point[order, 0],
        point[order, 1],
        c=off[order],
        s=4,
        cmap="PuOr",
        vmin=-MAP_PERCENT,
        vmax=MAP_PERCENT,
        linewidths=0,
    )
    axes.set_aspect("equal")
    axes.set_title("total, heliotwin less Radiance [% of the mean of all], seen from above", fontsize=9)
    axes.set_xlabel("m east", fontsize=8)
    axes.set_ylabel("m north", fontsize=8)
    axes.tick_params(labelsize=7)
    bar = axes.figure.colorbar(shown, ax=axes, fraction=0.03, pad=0.02, extend="both")
    bar.ax.tick_params(labelsize=7)


def _histogram(axes: Axes, off: NDArray[np.float64], kind: NDArray[np.int64]) -> None:
    edges = [float(x) for x in np.linspace(-MAP_PERCENT, MAP_PERCENT, 61)]
    inside = np.clip(off, -MAP_PERCENT, MAP_PERCENT)
    for index, name in enumerate(KINDS):
        axes.hist(inside[kind == index], bins=edges, histtype="step", color=COLOURS[index], label=name, linewidth=1.2)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.set_title("receivers by it [ends: beyond]", fontsize=9)
    axes.set_xlabel("%", fontsize=8)
    axes.tick_params(labelsize=7)
