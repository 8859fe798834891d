"""Laser scans made up for the tests: a slope, trees that are cones, houses, as LAS files of any kind.

Points are strewn with a fixed seed, so that every number about the scan is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import laspy
import numpy as np
from numpy.typing import NDArray

X0, Y0 = 500_000.0, 5_700_000.0
"""Where points are counted from (EPSG:25832); a corner of tiles."""
SLOPE = 0.02


class Points(NamedTuple):
    """Points about (X0, Y0, 0)."""

    xyz: NDArray[np.float64]
    kind: NDArray[np.uint8]
    returns: NDArray[np.uint8]


def height(plan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ground height (N,) at places (N, 2)."""
    return np.asarray(100.0 + SLOPE * plan[:, 0])


def ground(low: tuple[float, float], high: tuple[float, float], kind: int, per_m2: float = 4.0) -> Points:
    """The slope."""
    random = np.random.default_rng(1)
    plan = random.uniform(low, high, (int(per_m2 * (high[0] - low[0]) * (high[1] - low[1])), 2))
    z = height(plan) + random.normal(0, 0.03, len(plan))
    return _points(np.column_stack([plan, z]), kind, 1)


def cone(x: float, y: float, top_m: float, base_m: float, radius_m: float, kind: int, n: int = 3000) -> Points:
    """A tree whose crown is a cone from its base to its top, filled with leaves, and a thin trunk."""
    random = np.random.default_rng(int(1000 * x + y))
    share = random.uniform(0, 1, n) ** (1 / 3)  # of the way from the top down, even in volume
    angle, out = random.uniform(0, 2 * np.pi, n), np.sqrt(random.uniform(0, 1, n)) * share * radius_m
    plan = np.column_stack([x + out * np.cos(angle), y + out * np.sin(angle)])
    foot = float(height(np.array([[x, y]]))[0])
    crown = np.column_stack([plan, foot + top_m - share * (top_m - base_m)])
    tip = np.array([[x, y, foot + top_m]])
    trunk = np.column_stack([np.full(20, x), np.full(20, y), foot + random.uniform(0.5, base_m, 20)])
    return _points(np.concatenate([crown, tip, trunk]), kind, 3)


def house(x: float, y: float, size_m: float, eaves_m: float, kind: int, per_m2: float = 8.0) -> Points:
    """A flat roof and its four walls, smooth to 2 cm."""
    random = np.random.default_rng(7)
    foot = float(height(np.array([[x, y]]))[0])
    n = int(per_m2 * size_m**2)
    roof = np.column_stack([random.uniform(x, x + size_m, n), random.uniform(y, y + size_m, n), np.full(n, eaves_m)])
    walls = []
    for axis, at in ((0, x), (0, x + size_m), (1, y), (1, y + size_m)):
        wall = np.column_stack([random.uniform((x, y), (x + size_m, y + size_m), (n // 8, 2)), np.zeros(n // 8)])
        wall[:, axis], wall[:, 2] = at, random.uniform(0, eaves_m, n // 8)
        walls.append(wall)
    xyz = np.concatenate([roof, *walls]) + [0, 0, foot]
    return _points(xyz + random.normal(0, 0.02, xyz.shape), kind, 1)


def joined(*parts: Points) -> Points:
    """All points of several."""
    return Points(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def chosen(points: Points, where: NDArray[np.bool_]) -> Points:
    """Some of the points, in another order."""
    order = np.random.default_rng(3).permutation(np.flatnonzero(where))
    return Points(*(column[order] for column in points))


def write(path: Path, points: Points, epsg: str = "EPSG:25832", unit_m: float = 1.0, keys: bool = False) -> Path:
    """A LAS or LAZ file, by the name's ending; without a system where ``epsg`` is empty.

    ``unit_m`` is the unit that it counts heights in. ``keys``: its system as GeoTIFF keys, not as WKT.
    """
    import pyproj

    header = laspy.LasHeader(point_format=1 if keys else 6, version="1.2" if keys else "1.4")
    low = np.floor(points.xyz.min(axis=0) / 1000) * 1000
    header.offsets, header.scales = low + [X0, Y0, 0.0], [0.001, 0.001, 0.001]
    if epsg:
        header.add_crs(pyproj.CRS(epsg))
    las = laspy.LasData(header)
    las.x, las.y, las.z = points.xyz[:, 0] + X0, points.xyz[:, 1] + Y0, points.xyz[:, 2] / unit_m
    las.classification, las.number_of_returns = points.kind, points.returns
    las.return_number = np.ones(len(points.kind), np.uint8)
    las.write(path)
    return path


def _points(xyz: NDArray[np.float64], kind: int, returns: int) -> Points:
    return Points(xyz, np.full(len(xyz), kind, np.uint8), np.full(len(xyz), returns, np.uint8))
