"""Second implementation: Intel Embree (robust mode) through embreex, one direction after the other.

embreex hands whole numpy arrays to Embree and runs on one thread; it is an oracle and a rough yardstick, not the
fastest way to use Embree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene


def scene(vertices: npt.NDArray, triangles: npt.NDArray) -> EmbreeScene:
    """Embree scene in robust mode (watertight tests)."""
    built = EmbreeScene(robust=True)
    TriangleMesh(built, np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(triangles, np.int32))
    return built


def visible(
    built: EmbreeScene, points: npt.NDArray, normals: npt.NDArray, directions: npt.NDArray
) -> npt.NDArray[np.bool_]:
    """(P, D) bool: the direction lies in front of the point's plane and nothing is met."""
    point = np.ascontiguousarray(points, np.float32)
    direction = np.ascontiguousarray(directions, np.float32)
    normal = np.asarray(normals, np.float32).astype(np.float64)
    seen = np.zeros((len(point), len(direction)), bool)
    for d, to_light in enumerate(direction):
        front = np.flatnonzero(normal @ to_light.astype(np.float64) > 0.0)
        if front.size:
            rays = np.ascontiguousarray(np.broadcast_to(to_light, (len(front), 3)))
            seen[front, d] = built.run(point[front], rays, query="OCCLUDED") != 0
    return seen
