"""What a dropped plan changes on open land: minutes of sun on the day, as a picture and in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from raytrace import bits
from twin.serve.change_words import change_legend, class_of
from twin.serve.overlay import Overlay, classes_png, overlay_of
from twin.study.outcome import BESTAND, Day

if TYPE_CHECKING:
    from twin.study.outcome import Grid


class Picture(NamedTuple):
    """The change of open land, to lay over a map."""

    png: bytes | None
    facts: dict[str, Any]


def change_of_land(grid: Grid, day: Day, scenario: str, crs: Crs) -> Picture:
    """Minutes of sun that open land gains or loses on a day in a scenario."""
    from twin.report.study_colours import change_classes

    change, classes = _minutes(day, scenario), change_classes()
    moved = np.flatnonzero(change)
    facts: dict[str, Any] = {
        "png": None,
        "bounds": None,
        "legend": change_legend(classes, set(class_of(classes, change[moved]).tolist())),
        "changed_m2": float(len(moved)) * grid.cell_m**2,
        "worst_delta_min": float(change.min(initial=0.0)),
    }
    if not len(moved):
        return Picture(None, facts)
    overlay, value = _drawn(grid, moved, change, crs)
    picture = classes_png(class_of(classes, value), value != 0, classes.colour)
    return Picture(picture, {**facts, "bounds": list(overlay.bounds)})


def _minutes(day: Day, scenario: str) -> NDArray[np.float64]:
    """Change (G,) [min] of every receiver of open land; 0 where one of the two states does not leave it open."""
    before, after = day.ground[BESTAND], day.ground[scenario]
    counts = bits.count(after.bits).astype(np.float64) - bits.count(before.bits)
    return np.where(before.there & after.there, counts * (day.instants.step_s / 60.0), 0.0)


def _drawn(
    grid: Grid, moved: NDArray[np.intp], change: NDArray[np.float64], crs: Crs
) -> tuple[Overlay, NDArray[np.float64]]:
    """A picture around what changes, and its pixels' values; 0 where nothing does."""
    row, column = np.divmod(grid.pixel[moved], grid.columns)
    top, left = int(row.min()), int(column.min())
    part = np.zeros((int(row.max()) - top + 1, int(column.max()) - left + 1))
    part[row - top, column - left] = change[moved]
    west, north = grid.west + left * grid.cell_m, grid.north - top * grid.cell_m
    box = (west, north - part.shape[0] * grid.cell_m, west + part.shape[1] * grid.cell_m, north)
    overlay = overlay_of(crs, box, grid.cell_m)
    at_row = np.floor((north - overlay.y) / grid.cell_m).astype(np.int64)
    at_column = np.floor((overlay.x - west) / grid.cell_m).astype(np.int64)
    inside = (at_row >= 0) & (at_row < part.shape[0]) & (at_column >= 0) & (at_column < part.shape[1])
    return overlay, np.where(inside, part[np.where(inside, at_row, 0), np.where(inside, at_column, 0)], 0.0)
