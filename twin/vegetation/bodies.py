"""Bodies that stand for crowns: convex polytopes of few faces, spheroids, prisms. All closed and outward.

A convex crown is spanned by the extreme points along 42 fixed directions (the vertices of an icosahedron and the
middles of its edges), so that a tree of ten thousand points has at most 80 faces. That cuts off a few per cent of the
volume; the polytope is widened, in plan only, until it holds what the hull of all points holds.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.vegetation.crowns import Body, Floats

# Below this a body is a sheet of leaves, and rounding decides where its inside is.
SMALLEST_M3 = 0.05


def _directions() -> Floats:
    """(42, 3) unit vectors, the axes among them."""
    golden = (1 + 5**0.5) / 2
    corners = [np.roll((0.0, a, b * golden), k) for k in range(3) for a in (-1, 1) for b in (-1, 1)]
    middles = [p + q for p, q in itertools.combinations(corners, 2) if np.isclose(np.sum((p - q) ** 2), 4.0)]
    rows = np.array([*corners, *middles])
    return np.asarray(rows / np.linalg.norm(rows, axis=1)[:, None])


DIRECTIONS = _directions()


def convex(points: Floats) -> Body | None:
    """Hull of points (N, 3) [m]; None where they lie in a plane or hold next to nothing."""
    from scipy.spatial import ConvexHull, QhullError

    if len(points) < 4:
        return None
    shift = points.mean(axis=0)
    for options in ("", "QJ"):  # joggled where facets degenerate, so that they still meet edge to edge
        try:
            hull = ConvexHull(points - shift, qhull_options=options)
        except QhullError:  # flat: no body
            return None
        vertex, flat = np.unique(hull.simplices, return_inverse=True)
        triangles = flat.reshape(-1, 3).astype(np.int64)
        local = hull.points[vertex]
        a, b, c = (local[triangles[:, k]] for k in range(3))
        inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a - local.mean(axis=0)) < 0
        triangles[inward] = triangles[inward][:, ::-1]
        if closed(triangles) and volume_m3(Body(local, triangles)) > SMALLEST_M3:
            return Body(local + shift, triangles)
    return None


def convex_of_few(points: Floats) -> Body | None:
    """Convex body of at most 80 faces about points (N, 3) [m], as high and as voluminous as their hull."""
    whole = convex(points)
    if whole is None:
        return None
    shift = whole.vertices.mean(axis=0)
    local = whole.vertices - shift
    body = convex(local[np.unique(np.argmax(local @ DIRECTIONS.T, axis=0))])
    if body is None:
        return whole
    wider = np.sqrt(volume_m3(whole) / volume_m3(body))
    return Body(body.vertices * [wider, wider, 1.0] + shift, body.triangles)


def closed(triangles: NDArray[np.int64]) -> bool:
    """Whether every edge of triangles (T, 3) is run along once each way."""
    edge = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    size = int(triangles.max(initial=0)) + 1
    key, back = edge[:, 0] * size + edge[:, 1], edge[:, 1] * size + edge[:, 0]
    return len(np.unique(key)) == len(key) and np.array_equal(np.sort(key), np.sort(back))


def volume_m3(body: Body) -> float:
    """Signed volume [m³], positive where the body is closed and outward."""
    local = body.vertices - body.vertices[0]
    a, b, c = (local[body.triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


def plan_area_m2(body: Body) -> float:
    """Ground that a convex body covers [m²]."""
    local = (body.vertices - body.vertices[0])[body.triangles][:, :, :2]
    one, other = local[:, 1] - local[:, 0], local[:, 2] - local[:, 0]
    return float(np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).sum() / 4.0)


def spheroid(middle: Floats, diameter_m: float, depth_m: float) -> Body:
    """Spheroid about a middle (3,) [m] with 320 faces, of the volume that the smooth one has."""
    sphere = _unit_sphere()
    grown = (4.0 / 3.0 * np.pi / volume_m3(sphere)) ** (1 / 3)
    return Body(sphere.vertices * grown * [diameter_m / 2, diameter_m / 2, depth_m / 2] + middle, sphere.triangles)


@lru_cache(maxsize=1)
def _unit_sphere() -> Body:
    """Polyhedron of 320 faces on the unit sphere: the 42 directions and the middles of their hull's edges."""
    coarse = convex(DIRECTIONS)
    if coarse is None:
        raise ValueError("directions in a plane")
    edges = np.unique(np.sort(np.concatenate([coarse.triangles[:, [k, (k + 1) % 3]] for k in range(3)])), axis=0)
    between = coarse.vertices[edges].sum(axis=1)
    fine = convex(np.concatenate([DIRECTIONS, between / np.linalg.norm(between, axis=1)[:, None]]))
    return coarse if fine is None else fine


def prism(corner: Floats, height_m: float) -> Body:
    """What stands on triangles (T, 3, 3) [m] of one polygon, straight up.

    Triangles without area in plan are left out; the others are turned to face up.
    """
    across, along = (corner[:, k, :2] - corner[:, 0, :2] for k in (1, 2))
    twice = across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]
    corner = np.where((twice < 0)[:, None, None], corner[:, ::-1], corner)[np.abs(twice) > 1e-6]
    vertices, flat = np.unique(corner.reshape(-1, 3), axis=0, return_inverse=True)
    foot = flat.reshape(-1, 3).astype(np.int64)
    edge = np.concatenate([foot[:, [k, (k + 1) % 3]] for k in range(3)])
    size = len(vertices)
    rim = edge[~np.isin(edge[:, 0] * size + edge[:, 1], edge[:, 1] * size + edge[:, 0])]
    start, end = rim.T
    sides = [np.stack([start, end, end + size], axis=1), np.stack([start, end + size, start + size], axis=1)]
    top = vertices + [0.0, 0.0, height_m]
    return Body(np.concatenate([vertices, top]), np.concatenate([foot[:, ::-1], foot + size, *sides]))
