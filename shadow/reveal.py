"""What the reveal of a window hides from a point on the room side of the wall.

Seen from above, with the point in the middle of an opening of clear width w in a wall of depth d:

        outside      ______|        w        |______
                           |                 |          d
        room side    ------'--------x--------'------    tan β = (w/2) / d

The sun enters within ±β of the wall's normal. Upwards the lintel limits the profile angle atan(tan h / cos Δaz), the
sun's elevation seen in the plane of the normal. The sill hides nothing: the point lies above it and the sun above the
horizontal. Source: the geometry of DIN EN 17037 as secondary sources tell it (docs/rules.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def half_angle_deg(width_m: ArrayLike, depth_m: ArrayLike) -> NDArray[np.float64]:
    """Horizontal half-angle β [°] of openings of clear ``width_m`` in reveals of ``depth_m`` [m]; 90 without depth."""
    return np.asarray(np.degrees(np.arctan2(np.asarray(width_m, np.float64) / 2.0, np.asarray(depth_m, np.float64))))


def lintel_deg(rise_m: ArrayLike, depth_m: ArrayLike) -> NDArray[np.float64]:
    """Steepest profile angle [°] under a lintel ``rise_m`` above the point, ``depth_m`` in front of it [m]."""
    return np.asarray(np.degrees(np.arctan2(np.asarray(rise_m, np.float64), np.asarray(depth_m, np.float64))))


def enters(
    elevation_deg: NDArray[np.float64],
    turned_deg: NDArray[np.float64],
    half_angle_deg: ArrayLike,
    lintel_deg: ArrayLike | None = None,
) -> NDArray[np.bool_]:
    """Whether the sun enters (Q, N).

    Parameters
    ----------
    elevation_deg : (N,)
        [°] Of the sun.
    turned_deg : (Q, N)
        [°] Sun's azimuth less the façade's, −180 … 180.
    half_angle_deg : () or (Q,)
        [°] β of each opening; 90 or more: everything in front of the plane.
    lintel_deg : () or (Q,)
        [°] Steepest profile angle of each; None: no lintel.
    """
    half = np.minimum(np.asarray(half_angle_deg, np.float64), 90.0)
    inside = np.abs(turned_deg) < half.reshape(-1, 1)
    if lintel_deg is not None:
        steepest = np.tan(np.radians(np.asarray(lintel_deg, np.float64))).reshape(-1, 1)
        # Multiplied by cos Δaz, which is positive inside, so that nothing divides by zero at the plane.
        inside &= np.tan(np.radians(elevation_deg)) <= steepest * np.cos(np.radians(turned_deg))
    return np.asarray(inside)
