"""A triangulated surface as a file gives it, used as it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Triangles of less area than this on the map are edges or walls; they shade, but nothing stands on them.
FLAT_M2 = 1e-9


class Tin(NamedTuple):
    """Triangles in the CRS."""

    name: str
    vertex: NDArray[np.float64]  # (V, 3) m
    triangle: NDArray[np.int64]  # (T, 3)


def upward(vertex: NDArray[np.float64], triangle: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles counter-clockwise seen from above; those without any area are dropped."""
    a, b, c = (vertex[triangle[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    down = normal[:, 2] < 0
    turned = np.where(down[:, None], triangle[:, ::-1], triangle)
    return turned[np.linalg.norm(normal, axis=1) > FLAT_M2]


def delaunay(name: str, point: NDArray[np.float64]) -> Tin:
    """TIN of scattered points (N, 3) [m]: the Delaunay triangulation on the map.

    Raises
    ------
    ValueError
        Where the points lie on one line.
    """
    from scipy.spatial import Delaunay, QhullError

    place = point[:, :2] - np.floor(point[:, :2].min(axis=0))
    try:
        found = Delaunay(place).simplices
    except QhullError as error:
        raise ValueError("the points lie on one line") from error
    return Tin(name, point, upward(point, found.astype(np.int64)))
