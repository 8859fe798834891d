"""What chosen points see of the sky, before and after: a grid of directions for sun-path diagrams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

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


def fisheyes_of(city: City, spots: Spots, places: Sequence[Place], views: Sequence[Views]) -> Iterator[Fisheye]:
    """One sky for every chosen point and scenario; the Bestand alone where there is no other."""
    chosen = np.flatnonzero(spots.storey == CHOSEN)
    if not len(chosen):
        return
    site = city.scene.site
    azimuth = np.arange(0.0, 360.0, STEP_DEG)
    # Level with the ground and straight up are left to the next row: both lie in the plane of something.
    elevation = np.arange(STEP_DEG / 2, 90.0, STEP_DEG)
    rise, turn = (grid.ravel() for grid in np.meshgrid(elevation, azimuth, indexing="ij"))
    direction = sun_direction(rise, turn, site.convergence_deg)
    lits = trace_spots(direction, len(spots.surface), places, views, city.scenarios)
    shape = len(elevation), len(azimuth)
    seen = [bits.unpack(lit.bits[chosen], len(direction)).reshape(-1, *shape) for lit in lits]
    for number, spot in enumerate(city.job.points):
        for state, scenario in compared(city.scenarios):
            before, after = seen[0][number], seen[state][number]
            kind = np.where(before, np.where(after, FREE, ADDED), np.where(after, FREED, HIDDEN)).astype(np.uint8)
            name = spot.name if scenario.name == BESTAND or len(lits) == 2 else f"{spot.name}, {scenario.name}"
            yield Fisheye(name, site, azimuth, elevation, kind)
