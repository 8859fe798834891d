"""What chosen points see of the sky, before and after: a grid of directions for sun-path diagrams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar.sun import sun_direction
from twin.study.days import trace_spots
from twin.study.outcome import ADDED, BESTAND, FREE, FREED, HIDDEN, Fisheye
from twin.study.places import Place
from twin.study.scenarios import City
from twin.study.spots import CHOSEN, Spots
from twin.study.storeys import compared
from twin.study.views import Views

STEP_DEG = 0.5
# Directions at a time: bits of a whole sky for every receiver of a cell would fill gigabytes.
AT_A_TIME = 7200


def fisheyes_of(city: City, spots: Spots, places: Sequence[Place], views: Sequence[Views]) -> Iterator[Fisheye]:
    """One sky for every chosen point and scenario; the Bestand alone where there is no other."""
    if not (spots.storey == CHOSEN).any():
        return
    site = city.scene.site
    azimuth = np.arange(0.0, 360.0, STEP_DEG)
    # Level with the ground and straight up are left to the next row: both lie in the plane of something.
    elevation = np.arange(STEP_DEG / 2, 90.0, STEP_DEG)
    rise, turn = (grid.ravel() for grid in np.meshgrid(elevation, azimuth, indexing="ij"))
    direction = sun_direction(rise, turn, site.convergence_deg)
    seen = [one.reshape(-1, len(elevation), len(azimuth)) for one in _seen(city, spots, places, views, direction)]
    for number, spot in enumerate(city.job.points):
        for state, scenario in compared(city.scenarios):
            before, after = seen[0][number], seen[state][number]
            kind = np.where(before, np.where(after, FREE, ADDED), np.where(after, FREED, HIDDEN)).astype(np.uint8)
            name = spot.name if scenario.name == BESTAND or len(seen) == 2 else f"{spot.name}, {scenario.name}"
            yield Fisheye(name, site, azimuth, elevation, kind)


def _seen(
    city: City, spots: Spots, places: Sequence[Place], views: Sequence[Views], direction: NDArray[np.float64]
) -> list[NDArray[np.bool_]]:
    """What the chosen points see along unit vectors (D, 3): (points, D) of each scenario."""
    chosen = spots.storey == CHOSEN
    parts: list[list[NDArray[np.bool_]]] = [[] for _ in city.scenarios]
    for begin in range(0, len(direction), AT_A_TIME):
        some = direction[begin : begin + AT_A_TIME]
        for part, lit in zip(parts, trace_spots(some, len(chosen), places, views, city.scenarios, chosen), strict=True):
            part.append(bits.unpack(lit.bits[chosen], len(some)))
    return [np.concatenate(part, axis=1) for part in parts]
