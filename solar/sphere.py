"""Directions all round, as evenly as they come: a Fibonacci spiral over the whole sphere.

A level roof edge passes whole rows of sky patches at once; the spiral's directions pass it one by one, so a few hundred
tell well how much of a plane's view something takes. Source: Swinbank & Purser 2006, doi:10.1256/qj.05.227. Oracle: the
cosine integrals in closed form (tests/solar/test_solar_sphere.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solar.sky import FRONT


def spiral(n: int) -> NDArray[np.float64]:
    """Unit vectors (n, 3) of equal solid angle, from straight down to straight up; n even, so that half are above."""
    turn = np.arange(n) * ((np.sqrt(5.0) - 1.0) / 2.0) % 1.0 * 2.0 * np.pi
    up = (2.0 * np.arange(n) + 1.0) / n - 1.0
    level = np.sqrt(1.0 - up * up)
    return np.stack([level * np.sin(turn), level * np.cos(turn), up], axis=1)


def plane_shares(direction: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share (G, N) of each direction in the view of planes of unit normal (G, 3).

    Directions above the horizon sum to (1 + cos β)/2, those below to (1 − cos β)/2, as they do for a plane that sees
    all of both.
    """
    x, y, z = np.ascontiguousarray(direction.T)
    out = np.zeros((len(normals), len(direction)))
    above = z > 0.0
    for g, (nx, ny, nz) in enumerate(normals):
        cosine = nx * x + ny * y + nz * z
        cosine = np.where(cosine > FRONT, cosine, 0.0)
        for half, whole in ((above, (1.0 + nz) / 2.0), (~above, (1.0 - nz) / 2.0)):
            part = np.where(half, cosine, 0.0)
            found = float(np.sum(part))
            if found > 0.0:
                out[g] += part * (whole / found)
    return out
