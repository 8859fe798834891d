"""Where a wall of known place and height stands in the sky: on a sphere by vectors, on the ellipsoid by PROJ.

Nothing here knows of rasters or rays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def on_sphere(d: ArrayLike, eye_m: float, top_m: ArrayLike, radius: ArrayLike) -> NDArray[np.float64]:
    """Elevation (...) [°] of points at arcs d [m] and heights, seen from a height, by vectors from the centre."""
    d, top_m, radius = np.broadcast_arrays(d, top_m, np.asarray(radius, float))
    point = np.stack([np.sin(d / radius), np.cos(d / radius)], axis=-1) * (radius + top_m)[..., None]
    sight = point - np.stack([np.zeros_like(radius), radius + eye_m], axis=-1)
    return np.asarray(np.degrees(np.arcsin(sight[..., 1] / np.linalg.norm(sight, axis=-1))))


def radius_along(latitude: float, azimuth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euler's radius of curvature [m] of GRS 80 in azimuths [°]."""
    a, f = 6378137.0, 1 / 298.257222101
    e2 = f * (2 - f)
    w2 = 1 - e2 * np.sin(np.radians(latitude)) ** 2
    across, along = a / np.sqrt(w2), a * (1 - e2) / w2**1.5
    turn = np.radians(azimuth)
    return 1 / (np.cos(turn) ** 2 / along + np.sin(turn) ** 2 / across)


def on_ellipsoid(
    eye: tuple[float, float, float], place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True azimuth, elevation (N,) [°] of places (N, 3) of EPSG:25832 seen from one; heights above the ellipsoid."""
    from pyproj import Transformer

    steps = "+proj=pipeline +step +inv +proj=utm +zone=32 +ellps=GRS80"
    to_degrees = Transformer.from_pipeline(f"{steps} +step +proj=unitconvert +xy_in=rad +xy_out=deg")
    to_centred = Transformer.from_pipeline(f"{steps} +step +proj=cart +ellps=GRS80")
    longitude, latitude = (np.radians(v) for v in to_degrees.transform(eye[0], eye[1]))
    start = np.array(to_centred.transform(*eye))
    sight = np.column_stack(to_centred.transform(*place.T)) - start
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    north = np.cross(up, east)
    e, n, u = sight @ east, sight @ north, sight @ up
    return np.degrees(np.arctan2(e, n)) % 360.0, np.degrees(np.arctan2(u, np.hypot(e, n)))
