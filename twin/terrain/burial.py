"""What the terrain does to receivers: those below it are buried, those just at it are set on it.

Official terrain is interpolated under buildings and official heights are rounded, so "at the ground" means within the
error of the triangles. Oracle: tests/twin/test_twin_terrain_walls.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.terrain.surface import Surface

# Receivers of walls stand on pieces that the terrain cut exactly; this is the rounding of their float32 heights.
ROUNDING_M = 1e-3


def buried(surface: Surface, foot: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points (N, 3) [m] on surfaces lie below the terrain; none where there is no terrain."""
    return np.asarray(foot[:, 2] < surface.height(foot[:, :2]) - ROUNDING_M)


def rest_on_ground(
    surface: Surface, point: NDArray[np.float64], offset_m: float, bound_m: float
) -> NDArray[np.float64]:
    """Receivers (N, 3) of a roof or terrace, lifted onto the terrain where that is above them by its error at most.

    A roof at ground level (an underground garage) would otherwise be half buried by the noise of the triangles.
    """
    ground = surface.height(point[:, :2])
    short = ground + offset_m - point[:, 2]
    near = (short > 0) & (short <= bound_m + offset_m)
    return np.where(near[:, None], np.stack([point[:, 0], point[:, 1], ground + offset_m], axis=1), point)
