"""The rule itself: every ray against every triangle by the exact float32 test (raytrace/triangle.py), and nothing else.

No tree, no packet, no bundle, no filter: what `visible` and `closest` have to give, bit for bit, also where the answer
is noise. How good that test is, brute_force.py says.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from raytrace import slab, triangle


class Answer(NamedTuple):
    """Of P points along D directions: free (P, D) bool, no triangle blocks; distance (P, D) float32 [m] of the nearest
    triangle from either side, inf for none."""

    free: npt.NDArray[np.bool_]
    distance: npt.NDArray[np.float32]


def fan(
    vertices: npt.NDArray,
    triangles: npt.NDArray,
    points: npt.NDArray,
    directions: npt.NDArray,
    closed: npt.NDArray | None = None,
) -> Answer:
    """Every point (P, 3) along every direction (D, 3); triangles marked in closed (T,) block leaving rays only."""
    corner = np.ascontiguousarray(np.asarray(vertices, np.float32)[triangles].reshape(-1, 9))
    one_sided = np.zeros(len(corner), bool) if closed is None else np.asarray(closed, bool)
    shape = len(points), len(directions)
    answer = Answer(np.ones(shape, bool), np.full(shape, np.inf, np.float32))
    ray = np.ascontiguousarray(points, np.float32), np.ascontiguousarray(directions, np.float32)
    _fan(*ray, corner, one_sided, answer.free, answer.distance)
    return answer


@numba.njit
def _fan(points, directions, corner, one_sided, free, distance):  # type: ignore[no-untyped-def]
    box, shaft = np.empty((1, 6), np.float32), np.empty(6, np.float32)
    for d in range(len(directions)):
        frame = triangle.frame_of(directions[d])
        for p in range(len(points)):
            for t in range(len(corner)):
                met, back = triangle.hit_distance(points[p], corner, t, frame, box, shaft)
                distance[p, d] = min(distance[p, d], met)
                if met < slab.MISS and (back or not one_sided[t]):
                    free[p, d] = False
