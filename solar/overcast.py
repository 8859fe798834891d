"""The overcast sky of the CIE: three times as bright overhead as at the horizon, the same all round.

L(γ) = L_zenith · (1 + 2 sin γ) / 3 (Moon & Spencer 1942; CIE S 011 sky type 16). It is looked at along a Fibonacci
spiral (Swinbank & Purser 2006, doi:10.1256/qj.05.227): whole rows of patches would pass a level skyline at once, the
spiral's directions pass it one by one. What they give a plane is scaled so that a free plane of tilt β gets

    E(β) / L_z = π (1 + cos β) / 6  +  4/9 · [sin β + (π − β) cos β]          E(0) = 7π/9

and a free vertical façade 3/14 + 4/(7π) = 39.62 % of the free horizontal. Oracle: a fine quadrature in tests/solar, the
formula of an infinite wall in tests/shadow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.sky import FRONT

HORIZONTAL = 7.0 * np.pi / 9.0
"""Illuminance of the free horizontal plane for a zenith luminance of 1."""

DIRECTIONS = 16384
"""Behind an infinite wall of up to 45° any façade is then within 0.45 % of the formula, with 9,248 within 0.6 %."""


class OvercastSky(NamedTuple):
    """K directions of equal solid angle.

    direction (K, 3) unit, grid axes; light (K, 3) luminance · solid angle · direction, L_zenith = 1.
    """

    direction: NDArray[np.float64]
    light: NDArray[np.float64]


def overcast_sky() -> OvercastSky:
    """The sky in 16,384 directions, from the horizon up."""
    turn = np.arange(DIRECTIONS) * ((np.sqrt(5.0) - 1.0) / 2.0) % 1.0 * 2.0 * np.pi
    up = (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
    level = np.sqrt(1.0 - up * up)
    direction = np.stack([level * np.sin(turn), level * np.cos(turn), up], axis=1)
    luminance = (1.0 + 2.0 * up) / 3.0
    return OvercastSky(direction, direction * (luminance * 2.0 * np.pi / DIRECTIONS)[:, None])


def overcast_weights(sky: OvercastSky, normals: NDArray[np.floating]) -> NDArray[np.float64]:
    """What each direction gives (G, K) to planes of unit normal (G, 3), as a share of the free horizontal's light.

    Only directions in front of the plane count; a plane that faces straight down gets zeros. Raises ValueError if the
    normals are no unit vectors.
    """
    planes = np.asarray(normals, np.float64).reshape(-1, 3)
    length = np.sqrt((planes * planes).sum(axis=1))
    if not np.all(np.abs(length - 1.0) < 1e-3):
        raise ValueError("plane normals must be unit vectors")
    x, y, z = np.ascontiguousarray(sky.direction.T)
    right, ahead, up = np.ascontiguousarray(sky.light.T)
    weights = np.zeros((len(planes), len(sky.direction)))
    for g, (nx, ny, nz) in enumerate(planes / length[:, None]):
        front = nx * x + ny * y + nz * z > FRONT
        kept = np.where(front, nx * right + ny * ahead + nz * up, 0.0)
        tilt = float(np.arccos(np.clip(nz, -1.0, 1.0)))
        free = np.pi * (1.0 + np.cos(tilt)) / 6.0 + 4.0 / 9.0 * (np.sin(tilt) + (np.pi - tilt) * np.cos(tilt))
        total = float(np.sum(kept))
        weights[g] = kept * (free / HORIZONTAL / total) if total > 0.0 else 0.0
    return weights
