"""The directions of a job: the sun grid of its site and the patches of the sky, in one array."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.site import Site
from solar.sky import Sky, reinhart
from solar.sun_grid import SunGrid, sun_grid

N_SUN = 800


class Directions(NamedTuple):
    """Where a job looks."""

    grid: SunGrid
    sky: Sky
    direction: NDArray[np.float64]  # (D + K, 3) unit, to the light, sun first

    @property
    def n_sun(self) -> int:
        """Number of sun nodes D."""
        return len(self.grid.direction)


def directions_of(site: Site, patches: int) -> Directions:
    """Directions for a site and a number of sky patches (145, 577 or 2305)."""
    grid, sky = sun_grid(site, N_SUN), reinhart(patches)
    return Directions(grid, sky, np.concatenate([grid.direction, sky.direction]))
