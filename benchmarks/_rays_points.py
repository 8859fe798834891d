"""Sensor points of the ray benchmarks: sampling, windows of the relief city, pieces, and orders along a curve or tree.

Random points on faces, one a spacing² on average, OFFSET_M off their face; those below the land are left out here,
those inside a solid by ``exposed``. A piece is a set of neighbouring points that both engines answer in turn.

Oracle: tests/test_benchmarks_rays.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks import relief_city
from benchmarks.relief_city import City

OFFSET_M = 0.01

WINDOWS = ((900.0, 900.0, 220.0), (500.0, 1300.0, 200.0), (1500.0, 600.0, 200.0), (200.0, 200.0, 200.0))
"""South-west corner from that of a city of SIZE_M, and side [m]; in a larger city the corner moves with its size."""

CELL_M = 500.0
"""Side of the cells into which a whole scene is cut: those of a job."""

MOST_POINTS = 120_000
"""Points a piece at most: 1,377 directions × 120,000 answers as bytes are 165 MB."""

NORMAL_WEIGHT_M = 5.0
"""In a k-d order two points whose normals differ by a unit count as 5 m apart."""

MORTON_CELL_M = 8.0


class Points(NamedTuple):
    """Sensors.

    Attributes:
        points: (P, 3) float32 [m].
        normals: (P, 3) float32, unit.
        kind: (P,) int8, see relief_city.
    """

    points: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    kind: npt.NDArray[np.int8]


def take(sensors: Points, which: npt.NDArray) -> Points:
    """The chosen rows."""
    return Points(*(np.ascontiguousarray(column[which]) for column in sensors))


def sample(mesh: City, faces: npt.NDArray[np.bool_], spacing_m: float, seed: int) -> Points:
    """Random points on the chosen faces (T,), FLOOR never."""
    rng = np.random.default_rng(seed)
    chosen = np.flatnonzero(faces & (mesh.kind != relief_city.FLOOR))
    a, b, c = (mesh.vertices[mesh.triangles[chosen, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    double_area = np.linalg.norm(normal, axis=1)
    normal /= np.maximum(double_area, 1e-12)[:, None]
    expected = double_area / 2.0 / spacing_m**2
    index = np.repeat(np.arange(len(chosen)), np.floor(expected + rng.random(len(chosen))).astype(np.int64))
    root, share = np.sqrt(rng.random(len(index)))[:, None], rng.random(len(index))[:, None]
    points = (1.0 - root) * a[index] + root * (1.0 - share) * b[index] + root * share * c[index]
    points += OFFSET_M * normal[index]
    return Points(points.astype(np.float32), normal[index].astype(np.float32), mesh.kind[chosen[index]])


def windows(mesh: City, spacing_m: float) -> list[Points]:
    """Points of the four windows of the relief city, above the land."""
    centre = mesh.vertices[mesh.triangles].mean(axis=1)[:, :2] + mesh.size_m / 2.0
    pieces = []
    for x, y, side in WINDOWS:
        corner = np.array([x, y]) * (mesh.size_m / relief_city.SIZE_M)
        inside = ((centre > corner) & (centre < corner + side)).all(axis=1)
        pieces.append(above_land(mesh, sample(mesh, inside, spacing_m, seed=int(x))))
    return pieces


def whole(mesh: City, spacing_m: float) -> list[Points]:
    """Points on every face, cut into cells of CELL_M and these into pieces of MOST_POINTS at most."""
    sensors = sample(mesh, np.ones(len(mesh.triangles), bool), spacing_m, seed=2)
    if relief_city.GROUND in mesh.kind:
        sensors = above_land(mesh, sensors)
    cell = np.floor(sensors.points[:, :2] / CELL_M).astype(np.int64)
    _, member = np.unique(cell, axis=0, return_inverse=True)
    cells = [take(sensors, member.ravel() == k) for k in range(int(member.max()) + 1)]
    return [piece for sensors in cells for piece in cut(sensors)]


def cut(sensors: Points) -> list[Points]:
    """Neighbouring points together, MOST_POINTS at most."""
    order = kd_order(sensors.points, MOST_POINTS)
    return [take(sensors, order[k : k + MOST_POINTS]) for k in range(0, len(order), MOST_POINTS)]


def above_land(mesh: City, sensors: Points) -> Points:
    """Without the points of walls that lie below the land."""
    x, y = sensors.points[:, 0] + mesh.size_m / 2.0, sensors.points[:, 1] + mesh.size_m / 2.0
    land = sensors.kind == relief_city.GROUND
    return take(sensors, land | (sensors.points[:, 2] > relief_city.height(x, y)))


def exposed(bvh: raytrace.Bvh, sensors: Points) -> Points:
    """Without the points inside a solid: from there the first face above shows its back."""
    up = np.tile(np.array([0.0, 0.0, 1.0], np.float32), (len(sensors.points), 1))
    return take(sensors, ~raytrace.closest(bvh, sensors.points, up).back_face)


def of_kind(sensors: Points, kind: int) -> Points:
    """The points of one kind of surface."""
    return take(sensors, sensors.kind == kind)


Order = Callable[[Points], npt.NDArray[np.int64]]
"""Points (P) → permutation (P,)."""


def kd64(sensors: Points) -> npt.NDArray[np.int64]:
    """Runs of 64 that lie close together and look the same way."""
    return kd_order(_place_and_view(sensors), 64)


def kd16(sensors: Points) -> npt.NDArray[np.int64]:
    """Runs of 16: one Embree packet each, as long as all of them face the direction."""
    return kd_order(_place_and_view(sensors), 16)


def morton_and_view(sensors: Points) -> npt.NDArray[np.int64]:
    """Morton cells of 8 m, in a cell by class of normal (up, eight slopes, eight walls), there Morton cells of 1 m."""
    place = sensors.points - sensors.points.min(axis=0)
    normal = sensors.normals
    octant = np.floor((np.degrees(np.arctan2(normal[:, 1], normal[:, 0])) + 22.5) % 360.0 / 45.0).astype(np.int64)
    view = np.where(normal[:, 2] > 0.98, 0, np.where(normal[:, 2] > 0.1, 1 + octant, 10 + octant))
    return np.lexsort((place[:, 2], _morton(place, 1.0), view, _morton(place, MORTON_CELL_M)))


def kd_order(coordinates: npt.NDArray, run: int) -> npt.NDArray[np.int64]:
    """Permutation (P,) of coordinates (P, K): halved at the median of the widest axis, at multiples of ``run``,
    until no more than ``run`` are left."""
    order = np.arange(len(coordinates))
    waiting = [(0, len(order))]
    while waiting:
        begin, end = waiting.pop()
        if end - begin <= run:
            continue
        part = order[begin:end]
        value = coordinates[part, np.argmax(np.ptp(coordinates[part], axis=0))]
        middle = max(1, -(-(end - begin) // run) // 2) * run
        order[begin:end] = part[np.argpartition(value, middle)]
        waiting += [(begin, begin + middle), (begin + middle, end)]
    return order


def _place_and_view(sensors: Points) -> npt.NDArray[np.float32]:
    return np.concatenate([sensors.points, np.float32(NORMAL_WEIGHT_M) * sensors.normals], axis=1)


def _morton(place: npt.NDArray, cell_m: float) -> npt.NDArray[np.uint64]:
    """Interleaved cell numbers of x and y (Morton 1966), up to 65,535 cells a side."""
    x, y = (np.floor(place[:, k] / cell_m).astype(np.uint64) for k in range(2))
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        x, y = ((v | (v << np.uint64(shift))) & np.uint64(mask) for v in (x, y))
    return x | (y << np.uint64(1))
