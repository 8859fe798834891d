"""Brute force in float64: every ray against every triangle, no tree, no tricks.

Möller–Trumbore by Cramer's rule. For each ray it also reports how close the decision was, so that a test of
a float32 kernel can leave out the few rays that pass within a stated distance of an edge, or whose hit lies
within that distance of the origin or is seen almost edge-on.

Source: T. Möller, B. Trumbore (1997), doi:10.1080/10867651.1997.10487468.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RAYS_AT_ONCE = 256


class BruteForceHit(NamedTuple):
    """Answer for N rays.

    Attributes:
        distance: (N,) float64 [m], inf where nothing is met.
        triangle: (N,) int, −1 where nothing is met; the lowest index among equals.
        back_face: (N,) bool, direction · normal > 0 at the nearest hit.
        margin: (N,) float64 [m], how far the ray would have to move sideways, or its origin along it,
            before any triangle's yes or no could change (an estimate from below, exact for rays that meet
            the plane squarely).
    """

    distance: npt.NDArray[np.float64]
    triangle: npt.NDArray[np.int64]
    back_face: npt.NDArray[np.bool_]
    margin: npt.NDArray[np.float64]


def closest(
    vertices: npt.NDArray, triangles: npt.NDArray, points: npt.NDArray, directions: npt.NDArray
) -> BruteForceHit:
    """Nearest hit at a distance > 0 of each ray (points (N, 3) [m], directions (N, 3) unit)."""
    corner = np.asarray(vertices, np.float64)[np.asarray(triangles).reshape(-1, 3)]
    parts = [
        _closest(corner, points[i : i + RAYS_AT_ONCE], directions[i : i + RAYS_AT_ONCE])
        for i in range(0, len(points), RAYS_AT_ONCE)
    ]
    if not parts:
        parts = [_closest(corner, np.empty((0, 3)), np.empty((0, 3)))]
    return BruteForceHit(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _closest(corner: npt.NDArray, points: npt.NDArray, directions: npt.NDArray) -> BruteForceHit:
    n = len(points)
    if len(corner) == 0:
        far = np.full(n, np.inf)
        return BruteForceHit(far, np.full(n, -1), np.zeros(n, bool), far.copy())
    a, b, c = (corner[None, :, k] for k in range(3))
    o = np.asarray(points, np.float64)[:, None]
    d = np.broadcast_to(np.asarray(directions, np.float64)[:, None], (n, len(corner), 3))
    normal = np.cross(b - a, c - a)
    facing = np.einsum("nti,nti->nt", d, np.broadcast_to(normal, d.shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.einsum("nti,nti->nt", a - o, np.broadcast_to(normal, d.shape)) / facing
        foot = o + distance[..., None] * d
        inside = [_height(p, q, foot, normal) for p, q in ((a, b), (b, c), (c, a))]
        height = np.minimum(np.minimum(*inside[:2]), inside[2])
        cosine = np.abs(facing) / np.linalg.norm(normal, axis=-1)
        met = (facing != 0.0) & (height >= 0.0) & (distance > 0.0)
        margin = np.minimum(np.abs(height), np.where(height >= 0.0, np.abs(distance), np.inf)) * cosine
    margin = np.where(np.isfinite(margin), margin, 0.0)
    margin = np.where(np.linalg.norm(normal, axis=-1) == 0.0, np.inf, margin)
    distance = np.where(met, distance, np.inf)
    index = np.argmin(distance, axis=1)
    row = np.arange(n)
    hit = np.isfinite(distance[row, index])
    return BruteForceHit(
        distance[row, index],
        np.where(hit, index, -1),
        hit & (facing[row, index] > 0.0),
        margin.min(axis=1),
    )


def _height(p: npt.NDArray, q: npt.NDArray, foot: npt.NDArray, normal: npt.NDArray) -> npt.NDArray:
    """Signed distance [m] of the foot points from edge p → q, positive inside."""
    inward = np.cross(normal, q - p)
    length = np.linalg.norm(inward, axis=-1, keepdims=True)
    return np.einsum("nti,nti->nt", foot - p, np.broadcast_to(inward / length, foot.shape))
