"""What turns a cell's bits into light, the same for all cells of a job: directions, sky patches, albedos."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.sky import Sky


class Optics(NamedTuple):
    """Directions that bits stand for, and what surfaces send back."""

    sun: NDArray[np.float64]  # (D, 3) unit, to the sun at each node, grid axes
    sky: Sky
    albedo: float  # of the ground
    surface_albedo: NDArray[np.float32]  # (S,) of each surface of the model

    @property
    def n_sun(self) -> int:
        """Number of sun nodes D."""
        return len(self.sun)

    @property
    def n_sky(self) -> int:
        """Number of sky patches K."""
        return len(self.sky.direction)
