"""Embree as the yardstick: embreex in robust mode, one call for all rays of a block of directions.

embreex passes whole numpy arrays and uses one thread and single rays (no 16-ray packets). Only the time inside
Embree is charged, not the making of the ray arrays.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

UPWARD = np.array([[0.0, 0.0, 1.0]], np.float32)


class Answer(NamedTuple):
    """Seen (P, D) bool, number of rays shot, and wall and CPU seconds inside Embree."""

    seen: npt.NDArray[np.bool_]
    rays: int
    wall_s: float
    cpu_s: float


def scene(vertices: npt.NDArray, triangles: npt.NDArray) -> tuple[EmbreeScene, float]:
    """Embree scene and the wall seconds of its build (Embree builds on the first ray)."""
    began = time.perf_counter()
    built = EmbreeScene(robust=True)
    TriangleMesh(built, np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(triangles, np.int32))
    built.run(np.zeros((1, 3), np.float32), UPWARD, query="OCCLUDED")
    return built, time.perf_counter() - began


def visible(built: EmbreeScene, points: npt.NDArray, normals: npt.NDArray, directions: npt.NDArray) -> Answer:
    """The question of ``raytrace.visible``, front-facing pairs only."""
    point, direction = np.asarray(points, np.float32), np.asarray(directions, np.float32)
    front = direction.astype(np.float64) @ np.asarray(normals, np.float32).astype(np.float64).T > 0.0
    d, p = np.nonzero(front)
    origins, rays = np.ascontiguousarray(point[p]), np.ascontiguousarray(direction[d])
    began, cpu = time.perf_counter(), time.process_time()
    met = built.run(origins, rays, query="OCCLUDED")
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    seen = np.zeros((len(point), len(direction)), bool)
    seen[p, d] = met != 0
    return Answer(seen, len(p), wall_s, cpu_s)
