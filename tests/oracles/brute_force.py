"""Brute force in float64: every ray against every triangle, no tree, no tricks.

``closest`` takes rays one by one (Möller–Trumbore by Cramer's rule); ``fan`` takes many points along many
directions, in the plane across each direction, and of closed surfaces the exits alone. For each ray they also report
how close the decision was, so that a test of a float32 kernel can leave out the few rays that pass within a stated
distance of an edge, or whose hit lies within that distance of the origin or is seen almost edge-on.

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


EDGE_BOUND = 16.0 * 2.0**-24
"""Metres of doubt about an edge for each metre between the point and the triangle's farthest corner.

The test in float32 rounds a corner relative to the point (1 unit of 2⁻²⁴), the shear (1), its product and its
difference (2), for each of two axes: the triangle that is decided has its corners within 6 units of the true one.
The rounding of the edge functions adds 3 more for a ray inside; 16 leaves room.
"""

BOX_BOUND = 8.0 * 2.0**-24
"""Padding of a triangle's own box for each metre of summed distances and coordinates (Woop et al. 2013): as far as
the noise of a triangle that the ray sees as a line may reach beyond that line's ends."""


class FanAnswer(NamedTuple):
    """Answer for P points along D directions each.

    Attributes:
        distance: (P, D) float64 [m] to the nearest triangle that blocks, inf where nothing does.
        edge_distance: (P, D) float64 [m] from the ray to the nearest edge of any triangle ahead of it.
        clearance: (P, D) float64, dimensionless: how far the decision is from turning over, in units of what float32
            may get wrong; above 1 a float32 kernel has to agree.
    """

    distance: npt.NDArray[np.float64]
    edge_distance: npt.NDArray[np.float64]
    clearance: npt.NDArray[np.float64]


def fan(
    vertices: npt.NDArray,
    triangles: npt.NDArray,
    points: npt.NDArray,
    directions: npt.NDArray,
    closed: npt.NDArray | None = None,
) -> FanAnswer:
    """Every point (P, 3) [m] along every direction (D, 3), in the plane across the direction.

    There a ray is a point and a triangle is flat: blocked means inside the flat triangle and in front of its plane.
    Triangles marked in closed (T,) block only rays that leave through their back. A ray that surely meets one
    triangle is surely blocked, whatever the others say; a free ray is as sure as its least sure miss.
    """
    middle = np.median(np.asarray(vertices, np.float64), axis=0)  # a far scene loses no digit
    corner = (np.asarray(vertices, np.float64) - middle)[np.asarray(triangles).reshape(-1, 3)]
    point = np.asarray(points, np.float64) - middle
    answer = FanAnswer(*(np.full((len(point), len(directions)), np.inf) for _ in range(3)))
    if not len(corner) or not len(point):
        return answer
    one_sided = np.zeros(len(corner), bool) if closed is None else np.asarray(closed, bool)
    scale = _scale(corner, point, np.abs(points).sum(axis=1))
    for d, direction in enumerate(np.asarray(directions, np.float64)):
        facing = scale.normal @ direction
        leaving = ~one_sided | (facing > 0.0)
        columns = _along(corner, point, direction, scale, leaving)
        answer.distance[:, d], answer.edge_distance[:, d], answer.clearance[:, d] = columns
    return answer


class _Scale(NamedTuple):
    """What does not depend on the direction: normal (T, 3) [m²]; the bounds of doubt about edges and about lines,
    and the distance from the plane in units of its bound, each (P, T)."""

    normal: npt.NDArray[np.float64]
    edge_bound: npt.NDArray[np.float64]
    line_bound: npt.NDArray[np.float64]
    plane: npt.NDArray[np.float64]


def _scale(corner: npt.NDArray, point: npt.NDArray, coordinate: npt.NDArray) -> _Scale:
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(normal, axis=1)
    flat = area > 0.0
    longest = np.linalg.norm(corner - np.roll(corner, 1, axis=1), axis=2).max(axis=1)
    # The sign of a distance is noise near the plane, the more so the slimmer the triangle.
    slimness = np.divide(longest**2, area, out=np.ones_like(area), where=flat)
    unit = np.divide(normal, area[:, None], out=np.zeros_like(normal), where=flat[:, None])
    lower, upper = corner.min(axis=1), corner.max(axis=1)
    reach = np.maximum(upper - point[:, None], point[:, None] - lower).sum(axis=2)
    height = np.abs(point @ unit.T - np.einsum("tk,tk->t", corner[:, 0], unit))
    edge_bound = EDGE_BOUND * np.maximum(reach, 1.0e-30)  # a triangle that is one point may be the point itself
    line_bound = 2.0 * BOX_BOUND * (reach + coordinate[:, None])
    return _Scale(normal, edge_bound, line_bound, height / (edge_bound * slimness))


def _along(
    corner: npt.NDArray, point: npt.NDArray, direction: npt.NDArray, scale: _Scale, leaving: npt.NDArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The three columns of a FanAnswer for one direction; triangles not in leaving (T,) do not block."""
    axes = np.linalg.svd(direction[None])[2][1:]  # two unit vectors across the direction
    inside, edge, height = _flat(corner @ axes.T, point @ axes.T)
    facing = scale.normal @ direction
    faced = np.where(facing == 0.0, 1.0, facing)
    distance = (np.einsum("tk,tk->t", corner[:, 0], scale.normal) - point @ scale.normal.T) / faced
    ahead = ((corner @ direction).max(axis=1) - (point @ direction)[:, None] > -scale.edge_bound) & leaving
    met = inside & (distance > 0.0) & (facing != 0.0) & leaving
    # Seen nearly as a line (edge-on, needle, degenerate) a triangle may answer anything, along that line only.
    thin = height <= 4.0 * scale.edge_bound
    edge_clearance = edge / np.where(thin, scale.line_bound, scale.edge_bound)
    hit = np.where(met & ~thin, np.minimum(edge_clearance, scale.plane), 0.0)
    # A miss is as sure as the edges are far, or, inside the flat triangle, as the plane is far behind.
    behind = np.where(thin | met, 0.0, scale.plane)
    miss = np.where(ahead, np.where(inside, behind, edge_clearance), np.inf)
    clearance = np.where(met.any(axis=1), hit.max(axis=1), miss.min(axis=1))
    return np.where(met, distance, np.inf).min(axis=1), np.where(ahead, edge, np.inf).min(axis=1), clearance


def _flat(
    corner: npt.NDArray, spot: npt.NDArray
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points (P, 2) against triangles (T, 3, 2): inside (P, T), distance to the nearest edge (P, T) [m], and each
    triangle's least height (T,) [m]."""
    squared = np.full((len(spot), len(corner)), np.inf)
    lowest, highest = squared.copy(), -squared
    longest = np.zeros(len(corner))
    for k in range(3):
        a, side = corner[:, k], corner[:, (k + 1) % 3] - corner[:, k]
        length = np.hypot(side[:, 0], side[:, 1])
        unit_x, unit_y = (side / np.where(length > 0.0, length, 1.0)[:, None]).T
        x, y = spot[:, :1] - a[:, 0], spot[:, 1:] - a[:, 1]
        across = unit_x * y - unit_y * x
        along = unit_x * x + unit_y * y
        beyond = along - np.minimum(np.maximum(along, 0.0), length)
        squared = np.minimum(squared, np.where(length > 0.0, across * across + beyond * beyond, x * x + y * y))
        lowest, highest = np.minimum(lowest, across), np.maximum(highest, across)
        longest = np.maximum(longest, length)
    ab, ac = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    height = np.divide(area, longest, out=np.zeros_like(area), where=longest > 0.0)
    inside = ((lowest >= 0.0) | (highest <= 0.0)) & (area > 0.0)
    return inside, np.sqrt(squared), height
