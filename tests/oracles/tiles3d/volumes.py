"""Bounding volumes: read, and asked whether they hold points or each other.

Volumes are compared in the tileset's own coordinates. A region is geodetic (EPSG:4979) and no transform moves it; it is
compared with others in Earth-centred coordinates (EPSG:4978, WGS 84 ellipsoid).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from oracles.tiles3d.findings import Json, Place

SEMI_MAJOR_M = 6378137.0
FLATTENING = 1 / 298.257223563
ECCENTRICITY2 = FLATTENING * (2 - FLATTENING)
# Doubles at the Earth's radius hold 1e-9 m, float32 vertices within a tile of 1 km hold 6e-5 m: a millimetre is ample.
SLACK_M = 1e-3
SLACK_RAD = SLACK_M / SEMI_MAJOR_M
CORNERS = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)], dtype=np.float64)


def to_earth(lon: np.ndarray, lat: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Geodetic (rad, rad, m above the ellipsoid) to Earth-centred coordinates (n, 3), m."""
    normal = SEMI_MAJOR_M / np.sqrt(1 - ECCENTRICITY2 * np.sin(lat) ** 2)
    across = (normal + height) * np.cos(lat)
    up = (normal * (1 - ECCENTRICITY2) + height) * np.sin(lat)
    return np.stack([across * np.cos(lon), across * np.sin(lon), up], axis=-1)


def to_geodetic(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Earth-centred (n, 3), m, to longitude, latitude (rad), height (m); iterated until latitude stands to 1e-14."""
    x, y, z = points.T
    across = np.hypot(x, y)
    lat = np.arctan2(z, across * (1 - ECCENTRICITY2))
    for _ in range(20):
        normal = SEMI_MAJOR_M / np.sqrt(1 - ECCENTRICITY2 * np.sin(lat) ** 2)
        before, lat = lat, np.arctan2(z + ECCENTRICITY2 * normal * np.sin(lat), across)
        if np.allclose(lat, before, rtol=0, atol=1e-14):
            break
    normal = SEMI_MAJOR_M / np.sqrt(1 - ECCENTRICITY2 * np.sin(lat) ** 2)
    # cos near the equator, sin near the poles: never a division by a small number
    height = across * np.cos(lat) + z * np.sin(lat) - SEMI_MAJOR_M**2 / normal
    return np.arctan2(y, x), lat, height


@dataclass(frozen=True)
class Box:
    """An oriented box: centre (3,), half-axes as rows (3, 3), m."""

    centre: np.ndarray
    half: np.ndarray

    def moved(self, matrix: np.ndarray) -> Box:
        return Box(matrix[:3, :3] @ self.centre + matrix[:3, 3], self.half @ matrix[:3, :3].T)

    def samples(self) -> np.ndarray:
        return self.centre + CORNERS @ self.half

    def beyond(self, points: np.ndarray) -> float:
        """How far the farthest point lies outside, m (negative: inside). Exact for orthogonal axes."""
        worst = -math.inf
        for axis in self.half:
            length = float(np.sqrt((axis**2).sum()))
            if length > 0:
                worst = max(worst, float(np.abs((points - self.centre) @ (axis / length)).max()) - length)
        if np.linalg.matrix_rank(self.half) < 3:  # flat: nothing may leave its plane
            span = self.half.T @ np.linalg.pinv(self.half.T)
            out = (points - self.centre) @ (np.eye(3) - span).T
            worst = max(worst, float(np.sqrt((out**2).sum(axis=1)).max()))
        return worst


@dataclass(frozen=True)
class Sphere:
    """Centre (3,) and radius, m."""

    centre: np.ndarray
    radius: float

    def moved(self, matrix: np.ndarray) -> Sphere:
        return Sphere(matrix[:3, :3] @ self.centre + matrix[:3, 3], self.radius * largest_scale(matrix))

    def samples(self) -> np.ndarray:
        """Points of the sphere: 26 directions, enough for every box whose faces look that way."""
        directions = CORNERS[np.abs(CORNERS).sum(axis=1) > 0]
        return self.centre + self.radius * directions / np.sqrt((directions**2).sum(axis=1))[:, None]

    def beyond(self, points: np.ndarray) -> float:
        return float(np.sqrt(((points - self.centre) ** 2).sum(axis=1)).max()) - self.radius


@dataclass(frozen=True)
class Region:
    """west, south, east, north (rad), lowest, highest (m above the ellipsoid); it may cross the antimeridian."""

    bounds: np.ndarray

    def moved(self, matrix: np.ndarray) -> Region:
        return self

    def samples(self) -> np.ndarray:
        west, south, east, north, low, high = self.bounds
        east = east + (2 * math.pi if east < west else 0)
        lon, lat, height = np.meshgrid(np.linspace(west, east, 5), np.linspace(south, north, 5), [low, high])
        return to_earth(lon.ravel(), lat.ravel(), height.ravel())

    def beyond(self, points: np.ndarray) -> float:
        west, south, east, north, low, high = self.bounds
        lon, lat, height = to_geodetic(points)
        middle = west + ((east - west) % (2 * math.pi)) / 2
        off = np.abs((lon - middle + math.pi) % (2 * math.pi) - math.pi) - ((east - west) % (2 * math.pi)) / 2
        sideways = SEMI_MAJOR_M * np.max([off * np.cos(lat), south - lat, lat - north], axis=0)
        return float(np.max([sideways, low - height, height - high]))

    def beyond_region(self, other: Region) -> float:
        """As `beyond` for another region, compared number by number."""
        mine, its = self.bounds, other.bounds
        angles = SEMI_MAJOR_M * np.array([mine[0] - its[0], mine[1] - its[1], its[2] - mine[2], its[3] - mine[3]])
        return float(max(angles.max(), mine[4] - its[4], its[5] - mine[5]))


Volume = Box | Sphere | Region


def largest_scale(matrix: np.ndarray) -> float:
    return float(np.sqrt((matrix[:3, :3] ** 2).sum(axis=0)).max())


def outside_by(inner: Volume, outer: Volume) -> float:
    """How far the inner volume reaches out of the outer one, m."""
    if isinstance(inner, Region) and isinstance(outer, Region) and inner.bounds[0] <= inner.bounds[2]:
        return outer.beyond_region(inner)
    if isinstance(inner, Sphere) and isinstance(outer, Sphere | Box):
        smaller = Sphere(inner.centre, 0.0)
        return outer.beyond(smaller.centre[None]) + inner.radius
    return outer.beyond(inner.samples())


def read_volume(value: Json, place: Place) -> Volume | None:
    """The volume of a boundingVolume object: region before box before sphere, as clients choose."""
    shapes = [key for key in ("region", "box", "sphere") if key in value]
    if not shapes:
        place.need("extensions" in value, "any-of", "neither box nor region nor sphere")
        return None
    found: dict[str, Volume | None] = {
        "region": _read_region(place.numbers(value, "region", 6), place / "region"),
        "box": _read_box(place.numbers(value, "box", 12), place / "box"),
        "sphere": _read_sphere(place.numbers(value, "sphere", 4), place / "sphere"),
    }
    return found[shapes[0]]


def _read_region(numbers: np.ndarray | None, place: Place) -> Region | None:
    if numbers is None:
        return None
    good = [
        place.need(abs(angle) <= limit + SLACK_RAD, "volume", f"{name} {angle} rad is beyond ±{limit:.4f}")
        for name, angle, limit in zip(
            ("west", "south", "east", "north"), numbers, (math.pi, math.pi / 2) * 2, strict=False
        )
    ]
    good.append(place.need(numbers[1] <= numbers[3], "volume", "south lies north of north"))
    good.append(place.need(numbers[4] <= numbers[5], "volume", "lowest lies above highest"))
    return Region(numbers) if all(good) else None


def _read_box(numbers: np.ndarray | None, place: Place) -> Box | None:
    if numbers is None:
        return None
    half = numbers[3:].reshape(3, 3)
    lengths = np.sqrt((half**2).sum(axis=1))
    for a, b in ((0, 1), (0, 2), (1, 2)):
        skew = abs(float((half[a] * half[b]).sum()))
        if skew > 1e-6 * lengths[a] * lengths[b]:
            place.warning("box-skewed", f"half-axes {a} and {b} are not perpendicular")
    return Box(numbers[:3], half)


def _read_sphere(numbers: np.ndarray | None, place: Place) -> Sphere | None:
    if numbers is None or not place.need(numbers[3] >= 0, "volume", f"radius {numbers[3]} < 0"):
        return None
    return Sphere(numbers[:3], float(numbers[3]))
