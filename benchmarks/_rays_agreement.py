"""Why two engines answer a ray differently: how close, in float64, it passes an edge or starts on a surface.

Both engines round: a ray within their error of a triangle's edge may be answered either way, and so may one whose start
lies within it of a surface. A difference farther away than a millimetre from both would be a fault of one of them.

Oracle: tests/test_benchmarks_rays.py (distances known by hand).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks._rays_race import Difference

MOST = 2000
"""Differences measured, evenly drawn where there are more: each looks at every triangle."""

REACH_M = 1.0
"""Triangles whose surrounding ball stays farther than this from the ray are not looked at."""

LIMITS_M = (1.0e-5, 1.0e-4, 1.0e-3)


class Margin(NamedTuple):
    """Distance of a ray from the nearest edge, and of its start from the nearest triangle it meets there, in metres
    (inf: farther than REACH_M)."""

    edge_m: float
    start_m: float


class Balls(NamedTuple):
    """Corners (T, 3, 3) [m] and a ball about each triangle: centre (T, 3), radius (T,)."""

    corner: npt.NDArray[np.float64]
    centre: npt.NDArray[np.float64]
    radius: npt.NDArray[np.float64]


def balls(vertices: npt.NDArray, triangles: npt.NDArray) -> Balls:
    """Corners as both engines get them, rounded to float32."""
    corner = np.asarray(vertices, np.float32).astype(np.float64)[triangles]
    centre = corner.mean(axis=1)
    return Balls(corner, centre, np.linalg.norm(corner - centre[:, None], axis=2).max(axis=1))


def margin(scene: Balls, point: npt.NDArray, direction: npt.NDArray) -> Margin:
    """Margins of one ray from ``point`` (3,) along unit ``direction`` (3,)."""
    o, d = np.asarray(point, np.float64), np.asarray(direction, np.float64)
    d = d / np.linalg.norm(d)
    centre = scene.centre - o
    along = np.maximum(centre @ d, 0.0)
    near = np.einsum("ij,ij->i", centre, centre) - 2.0 * along * (centre @ d) + along**2
    corner = scene.corner[near < (scene.radius + REACH_M) ** 2] - o
    if not len(corner):
        return Margin(np.inf, np.inf)
    edge = min(float(segment_distance(corner[:, k], corner[:, (k + 1) % 3], d).min()) for k in range(3))
    return Margin(edge, _start_distance(corner, d))


def segment_distance(a: npt.NDArray, b: npt.NDArray, d: npt.NDArray) -> npt.NDArray[np.float64]:
    """Distance [m] of segments a b (N, 3) from the half line of unit d (3,) from the origin.

    Source: C. Ericson (2005), Real-Time Collision Detection, section 5.1.9, for one half line: the least over the
    segment is at one of its ends, at the foot of the common perpendicular, or nearest to the origin.
    """
    e = b - a
    length2 = np.einsum("ij,ij->i", e, e)
    ed, ad, ea = e @ d, a @ d, np.einsum("ij,ij->i", e, a)
    safe = np.where(length2 > 0.0, length2, 1.0)
    apart = length2 - ed**2  # |e × d|²
    crossing = np.where(apart > 0.0, (ed * ad - ea) / np.where(apart > 0.0, apart, 1.0), 0.0)
    least = np.full(len(a), np.inf)
    for share in (np.zeros(len(a)), np.ones(len(a)), crossing, -ea / safe):
        at = a + np.clip(share, 0.0, 1.0)[:, None] * e
        off = at - np.maximum(at @ d, 0.0)[:, None] * d
        least = np.minimum(least, np.linalg.norm(off, axis=1))
    return least


def _start_distance(corner: npt.NDArray, d: npt.NDArray) -> float:
    """Least |distance along d| at which the line meets a triangle (N, 3, 3), 1 mm beyond its edges included."""
    a, e, f = corner[:, 0], corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    normal = np.cross(e, f)
    double_area, slope = np.linalg.norm(normal, axis=1), normal @ d
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.einsum("ij,ij->i", a, normal) / slope
        at = t[:, None] * d - a
        u = np.einsum("ij,ij->i", np.cross(at, f), normal) / double_area**2
        v = np.einsum("ij,ij->i", np.cross(e, at), normal) / double_area**2
        slack = 1.0e-3 / np.sqrt(double_area)
        meets = (u >= -slack) & (v >= -slack) & (u + v <= 1.0 + slack)
    return float(np.abs(t[meets]).min(initial=np.inf))


def explain(scene: Balls, different: Difference, listed: int = 100) -> dict[str, Any]:
    """Differences listed and counted by their distance from an edge or a start on a surface, for JSON."""
    n = len(different.point)
    rows = np.unique(np.linspace(0, n - 1, min(n, MOST)).astype(np.int64)) if n else np.empty(0, np.int64)
    margins = [margin(scene, different.point[k], different.direction[k]) for k in rows]
    near = np.array([min(m) for m in margins])
    worst = np.argsort(-near, kind="stable")[:listed]
    return {
        "different": n,
        "measured": len(rows),
        "we_see": int(different.ours_sees.sum()),
        **{f"within_{limit:.0e}_m": int((near <= limit).sum()) for limit in LIMITS_M},
        "largest_m": float(near.max(initial=0.0)),
        "farthest": [
            {
                "point": [float(x) for x in different.point[rows[k]]],
                "direction": [float(x) for x in different.direction[rows[k]]],
                "ours_sees": bool(different.ours_sees[rows[k]]),
                "edge_m": margins[k].edge_m,
                "start_m": margins[k].start_m,
            }
            for k in worst
        ],
    }
