"""Classes of change of a day's sun as the viewer's legends say them, for a study and for a dropped plan alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from twin.report.study_colours import Classes

HOUR_MIN = 60.0


def class_of(classes: Classes, value: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Which class a value is in: as `twin.report.study_colours.classed` has it."""
    upward = np.searchsorted(classes.border, value, side="right") - 1
    downward = np.searchsorted(classes.border, value, side="left") - 1
    return np.clip(np.where(value < 0, downward, upward), 0, len(classes.colour) - 1)


def change_legend(classes: Classes, seen: set[int]) -> list[dict[str, Any]]:
    """Colour, borders [min] (None: open) and words, German and English, of the classes of change that are seen."""
    out = []
    borders = zip(classes.border[:-1].tolist(), classes.border[1:].tolist(), classes.colour, strict=True)
    for number, (low, high, colour) in enumerate(borders):
        if number in seen:
            from_min, to_min = (value if np.isfinite(value) else None for value in (low, high))
            entry = {"from_min": from_min, "to_min": to_min, "colour": f"#{bytes(colour).hex()}"}
            out.append({**entry, "label": _words(low, high)})
    return out


def _words(low: float, high: float) -> dict[str, str]:
    """A class between two borders [min] in words."""
    near, far = sorted((abs(low), abs(high)))
    if low < 0 < high:
        return {"de": "unverändert", "en": "unchanged"}
    part = 1.0 if near < HOUR_MIN else HOUR_MIN
    german, english = ("Minuten", "minutes") if part == 1.0 else ("Stunden", "hours")
    german, english = (f"{german} weniger", f"{english} less") if high <= 0 else (f"{german} mehr", f"{english} more")
    if not np.isfinite(far):
        return {"de": f"über {near / part:g} {german}", "en": f"over {near / part:g} {english}"}
    if near < 1.0:
        return {"de": f"bis {far / part:g} {german}", "en": f"up to {far / part:g} {english}"}
    return {
        "de": f"{near / part:g} bis {far / part:g} {german}",
        "en": f"{near / part:g} to {far / part:g} {english}",
    }
