"""In which order a file writes its axes, judged by where its coordinates then lie.

A notation says one order and files do another, so both are tried, and the one in which the file lies in its system's
area of use is taken. Where both fit, URNs and URLs mean the authority's order, "EPSG:25832" and AdV names easting
first. Degrees fit in either order nearly everywhere when the system is world-wide: then the area of another system
decides, of --crs or of a file whose order is sure. A zone number before the easting (32 445623.7) is found likewise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs, Reference, covers, inside_area_of_use, to_geographic

ZONE_M = 1e6
"""What a zone number before the easting counts in [m]."""


class Layout(NamedTuple):
    """How a file writes its coordinates."""

    northing_first: bool
    prefix_m: float
    """Zone number before the easting [m], 0 where there is none."""
    fits: bool
    """Whether the file then lies in its system's area."""
    why: str
    either: bool = False
    """Whether degrees lie there in the other order as well, and nothing but the notation decided."""


def in_plan(place: NDArray[np.float64], layout: Layout) -> tuple[float, float]:
    """Easting and northing (longitude and latitude) of a point as a file writes it."""
    x, y = (float(place[1]), float(place[0])) if layout.northing_first else (float(place[0]), float(place[1]))
    return x - layout.prefix_m, y


def layout_of(reference: Reference, place: NDArray[np.float64] | None, near: Crs | None) -> Layout:
    """The layout with which a point (3,) of a file lies in its system's area of use, and if need be in that of another
    system ``near``."""
    called = reference.northing_first
    axes = ("longitude", "latitude") if reference.geographic else ("easting", "northing")
    says = axes[called]
    if place is None:
        return Layout(called, 0.0, True, f"the notation puts {says} first")
    prefix_m = reference.zone * ZONE_M
    candidates = [
        Layout(called, 0.0, True, f"the notation puts {says} first"),
        Layout(not called, 0.0, True, f"the notation puts {says} first, but only the other order lies in its area"),
    ]
    if prefix_m:
        candidates += [layout._replace(prefix_m=prefix_m) for layout in candidates]
    fitting = [layout for layout in candidates if inside_area_of_use(reference.crs, *in_plan(place, layout))]
    if not fitting:
        return Layout(False, 0.0, False, "kept as written: in neither order do the coordinates lie in its area")
    if not reference.geographic or len(fitting) == 1:
        return fitting[0]
    there = [layout for layout in fitting if near is not None and _within(reference, place, layout, near)]
    if near is not None and len(there) == 1:
        return there[0]._replace(why=f"both orders lie in its area, only this one in that of {near.horizontal}")
    return fitting[0]._replace(either=True)


def _within(reference: Reference, place: NDArray[np.float64], layout: Layout, near: Crs) -> bool:
    latitude, longitude = to_geographic(reference.crs, *in_plan(place, layout))
    return covers(near, float(latitude), float(longitude))
