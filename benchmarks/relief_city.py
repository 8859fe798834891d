"""The city of the ray benchmarks: 2 × 2 km of rolling land, 9,992 houses with wings, garages and dormers.

Blocks of 130 × 72 m along streets; towards the middle closed rows of 9–20 m (one house in a hundred a tower of
30–70 m), outside detached houses. Every part of a house is a closed, outward-oriented prism (parts overlap); the land
is an open surface of 10 m cells. 408,012 triangles at the default size, seed 1. A larger city has more of the same
blocks.

All random numbers come from one seeded generator, so size and seed name a city.

Units: metres; x east, y north, z up; the city's middle is the origin.
Oracle: tests/test_benchmarks_city.py (closedness, orientation, counts).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ROOF, FACADE, GROUND, FLOOR = 0, 1, 2, 3
KINDS = ("roof", "façade", "ground")

SIZE_M = 2000.0
HOUSES = 10_000
SEED = 1
BLOCK_M = (130.0, 72.0)
STREET_M = (16.0, 14.0)
LAND_CELL_M = 10.0
FOUNDATION_M = 1.0
TRIANGLES = 408_012
"""Triangles of the default city."""

# Corners of a prism: 0-3 foundation, 4-7 eaves (both counter-clockwise from above), 8-9 ridge.
WALLS = [(0, 1, 5), (0, 5, 4), (1, 2, 6), (1, 6, 5), (2, 3, 7), (2, 7, 6), (3, 0, 4), (3, 4, 7)]
BOTTOM = [(0, 2, 1), (0, 3, 2)]
FLAT = [(4, 5, 6), (4, 6, 7)]
SLOPES = [(4, 5, 9), (4, 9, 8), (6, 7, 8), (6, 8, 9)]
ENDS = [(5, 6, 9), (7, 4, 8)]


class City(NamedTuple):
    """A triangle mesh.

    Attributes:
        vertices: (V, 3) float64 [m].
        triangles: (T, 3) int64.
        kind: (T,) int8, ROOF, FACADE, GROUND or FLOOR.
        closed: (T,) bool, True for triangles of closed, outward-oriented prisms.
        size_m: extent along x and y.
    """

    vertices: npt.NDArray[np.float64]
    triangles: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    closed: npt.NDArray[np.bool_]
    size_m: float


class House(NamedTuple):
    """What the parts of a house have in common; lengths and heights above z [m], rotation [rad]."""

    x: float
    y: float
    z: float
    length: float
    width: float
    rotation: float
    eaves: float
    ridge: float
    roof: str
    urban: bool
    back: int  # +1: the court lies to the north, −1: to the south


class Parts:
    """Prisms collected into one mesh."""

    def __init__(self) -> None:
        self.vertices: list[npt.NDArray[np.float64]] = []
        self.triangles: list[npt.NDArray[np.int64]] = []
        self.kind: list[npt.NDArray[np.int8]] = []
        self.count = 0

    def add(self, vertices: npt.NDArray, triangles: npt.ArrayLike, kind: npt.ArrayLike) -> None:
        """Appends a mesh with its own vertex numbers."""
        self.vertices.append(vertices)
        self.triangles.append(np.asarray(triangles, np.int64) + self.count)
        self.kind.append(np.asarray(kind, np.int8))
        self.count += len(vertices)

    def prism(
        self,
        at: tuple[float, float, float],
        size: tuple[float, float],
        heights: tuple[float, float],
        rotation: float,
        roof: str,
    ) -> None:
        """A closed prism centred on ``at``, ridge along its length; size (length, width), heights (eaves, ridge)
        above at[2], roof "flat", "gable" or "hip"."""
        x, y = size[0] / 2.0, size[1] / 2.0
        rectangle = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
        plan, z = np.concatenate([rectangle, rectangle]), np.repeat([-FOUNDATION_M, heights[0]], 4)
        faces, kind = WALLS + FLAT + BOTTOM, [FACADE] * 8 + [ROOF] * 2 + [FLOOR] * 2
        if roof != "flat":
            hip = 0.0 if roof == "gable" else min(y, x * 0.8)
            plan, z = np.concatenate([plan, [(-x + hip, 0.0), (x - hip, 0.0)]]), np.append(z, [heights[1]] * 2)
            ends = FACADE if roof == "gable" else ROOF
            faces, kind = WALLS + SLOPES + ENDS + BOTTOM, [FACADE] * 8 + [ROOF] * 4 + [ends] * 2 + [FLOOR] * 2
        c, s = np.cos(rotation), np.sin(rotation)
        corners = np.column_stack([plan @ np.array([[c, s], [-s, c]]), z]) + at
        self.add(corners, faces, kind)


def height(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Height of the land [m]; x and y from the south-west corner."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    hills = 18.0 * np.sin(x / 610.0) * np.cos(y / 730.0) + 9.0 * np.sin((x + 2.0 * y) / 420.0)
    return hills + 3.0 * np.sin(x / 95.0 + 1.0) * np.sin(y / 120.0)


def city(size_m: float = SIZE_M, houses: int = HOUSES, seed: int = SEED) -> City:
    """About ``houses`` houses on size_m × size_m."""
    rng, parts = np.random.default_rng(seed), Parts()
    columns, rows = int(size_m // BLOCK_M[0]), int(size_m // BLOCK_M[1])
    for column in range(columns):
        for row in range(rows):
            corner = (column * BLOCK_M[0] + STREET_M[0] / 2.0, row * BLOCK_M[1] + STREET_M[1] / 2.0)
            off_centre = np.hypot(corner[0] - size_m / 2.0, corner[1] - size_m / 2.0) / (size_m / 2.0)
            urban = bool(rng.random() < np.clip(0.9 - off_centre * 1.1, 0.03, 0.9))
            _block(rng, parts, corner, urban, int(houses / (columns * rows) + rng.random()))
    built = sum(len(part) for part in parts.triangles)
    _land(parts, size_m)
    triangles = np.concatenate(parts.triangles)
    middle = [round(size_m / 2.0), round(size_m / 2.0), 0.0]
    return City(
        np.concatenate(parts.vertices) - middle,
        triangles,
        np.concatenate(parts.kind),
        np.arange(len(triangles)) < built,
        size_m,
    )


def city_of(millions: float, seed: int = SEED) -> City:
    """A city of about so many million triangles, as densely built as the default one."""
    share = millions * 1.0e6 / TRIANGLES
    return city(SIZE_M * np.sqrt(share), round(HOUSES * share), seed)


def _block(rng: np.random.Generator, parts: Parts, corner: tuple[float, float], urban: bool, count: int) -> None:
    """Two rows of houses, back to back."""
    half = max(1, (count + 1) // 2)
    pitch = (BLOCK_M[0] - STREET_M[0]) / half
    for k in range(count):
        back = 1 if k < half else -1
        x = corner[0] + (k % half + 0.5) * pitch
        y = corner[1] + (14.0 if back > 0 else BLOCK_M[1] - 28.0)
        house = _house(rng, x, y, pitch, urban, back)
        at = (house.x, house.y, house.z)
        parts.prism(at, (house.length, house.width), (house.eaves, house.ridge), house.rotation, house.roof)
        _annexes(rng, parts, house)


def _house(rng: np.random.Generator, x: float, y: float, pitch: float, urban: bool, back: int) -> House:
    rng.random()  # keeps the sequence of draws with which the published figures were measured
    rotation = rng.normal(0.0, 0.04) + (np.pi / 2.0 if rng.random() < 0.25 else 0.0)
    if urban:
        length, width, eaves = pitch * rng.uniform(0.92, 1.0), rng.uniform(11.0, 15.0), rng.uniform(9.0, 20.0)
        rotation = rng.normal(0.0, 0.01)
        roof = ("gable", "flat", "hip")[int(rng.choice(3, p=[0.55, 0.35, 0.1]))]
        if rng.random() < 0.01:
            eaves, roof = rng.uniform(30.0, 70.0), "flat"
    else:
        length = min(pitch * 0.85, rng.uniform(9.0, 14.0))
        width, eaves = rng.uniform(8.0, 11.0), rng.uniform(3.2, 7.0)
        roof = ("gable", "flat", "hip")[int(rng.choice(3, p=[0.62, 0.15, 0.23]))]
        if abs(np.sin(rotation)) > 0.5:
            length, width = min(length, pitch * 0.85), min(width, pitch * 0.85)
    ridge = eaves + width / 2.0 * np.tan(np.radians(rng.uniform(28.0, 48.0)))
    return House(x, y, float(height(x, y)), length, width, rotation, eaves, ridge, roof, urban, back)


def _annexes(rng: np.random.Generator, parts: Parts, house: House) -> None:
    """Wing, garage and dormers, as chance has it."""
    x, y, z, back = house.x, house.y, house.z, house.back
    across = house.rotation + np.pi / 2.0
    if rng.random() < 0.45:
        at = (x + rng.uniform(-0.2, 0.2) * house.length, y + back * (house.width / 2.0 + 2.5), z)
        size = (rng.uniform(5.0, 8.0), rng.uniform(4.0, 6.0))
        roof = "flat" if house.roof == "flat" else "gable"
        parts.prism(at, size, (house.eaves * 0.8, house.eaves * 0.8 + 2.0), across, roof)
    if rng.random() < 0.4:
        beside = y - back * (house.width / 2.0 + 2.0) if house.urban else y + back * (house.width / 2.0 + 6.0)
        parts.prism((x + house.length * 0.35, beside, z), (6.0, 3.0), (2.6, 2.6), across, "flat")
    if house.roof == "gable" and rng.random() < 0.35:
        rise = house.ridge - house.eaves
        for offset in (-0.25 * house.length, 0.25 * house.length):
            at = (x + np.cos(house.rotation) * offset, y + np.sin(house.rotation) * offset, house.eaves + z)
            roof = "flat" if rng.random() < 0.5 else "gable"
            parts.prism(at, (2.0, house.width * 0.6), (rise * 0.35, rise * 0.7), house.rotation, roof)


def _land(parts: Parts, size_m: float) -> None:
    """The land as two triangles a cell."""
    n = int(size_m / LAND_CELL_M) + 1
    x, y = (k.ravel() for k in np.meshgrid(*[np.linspace(0.0, size_m, n)] * 2, indexing="ij"))
    i, j = (k.ravel() for k in np.meshgrid(np.arange(n - 1), np.arange(n - 1), indexing="ij"))
    a = i * n + j
    triangles = np.concatenate([np.stack([a, a + n, a + n + 1], axis=1), np.stack([a, a + n + 1, a + 1], axis=1)])
    parts.add(np.stack([x, y, height(x, y)], axis=1), triangles, np.full(len(triangles), GROUND))
