"""Vertical sky component behind an endless wall under the overcast sky of the CIE: row 13 of the acceptance table.

Of a window behind a parallel wall whose top stands at θ above its horizontal, under L ∝ 1 + 2 sin γ (Moon & Spencer
1942), ground and wall black: 3 (1 − sin θ)/14 + 4 cos²θ/(7π). Rays along the spiral of `solar.overcast`, the component
of `shadow.vsc`. Oracle: the formula, computed twice elsewhere.
"""

from __future__ import annotations

import numpy as np

import raytrace
from shadow.vsc import vertical_sky_component
from solar.overcast import overcast_sky
from twin.validate.table import Asked, Seconds, Table, near

NAME = "overcast"
SOURCE = "3 (1 − sin θ)/14 + 4 cos²θ/(7π)"
BOUND = 0.005
ELEVATIONS_DEG = (0.0, 25.0, 45.0)
DISTANCE_M, HALF_LENGTH_M = 10.0, 20_000.0


def component_behind(elevation_deg: float) -> float:
    """Vertical sky component of a south façade 10 m from a wall whose top it sees at an elevation [°]."""
    sky = overcast_sky()
    top = DISTANCE_M * np.tan(np.radians(elevation_deg))
    corner = np.array([[x, -DISTANCE_M, z] for z in (-20.0, top) for x in (-HALF_LENGTH_M, HALF_LENGTH_M)])
    bvh = raytrace.build(corner, np.array([[0, 1, 3], [0, 3, 2]]))
    south = np.array([[0.0, -1.0, 0.0]])
    bits = raytrace.visible(bvh, np.zeros((1, 3), np.float32), south.astype(np.float32), sky.direction)
    return float(vertical_sky_component(bits, sky, south)[0])


def overcast(asked: Asked) -> Table:
    """Three walls."""
    seconds, rows = Seconds(), []
    for elevation in ELEVATIONS_DEG:
        theta = np.radians(elevation)
        exact = 3.0 * (1.0 - np.sin(theta)) / 14.0 + 4.0 * np.cos(theta) ** 2 / (7.0 * np.pi)
        with seconds.spent("heliotwin"):
            found = component_behind(elevation)
        rows.append(near(f"wall to {elevation:g}°", 100.0 * found, 100.0 * exact, BOUND, "%", SOURCE))
    return Table(NAME, "Vertical sky component behind a wall", tuple(rows), seconds=seconds.of)
