"""The fast kernel's numbers of one packet and one bundle, read out of its work space, beside exact arithmetic.

A case is a scene that float32 likes least: far, slim, edge-on, bent, in points' planes, under wide beams. ``read`` runs
the steps of fast.py on it and hands out candidates, edge functions and planes; the functions below compute the same
in long double, and as the exact test (triangle.py) sees it with its float32 shear.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

import raytrace
from raytrace import bundles, fast, shear, simd, triangle, walk, work
from raytrace.simd import load, spread, store

EXTENDED = np.longdouble
BIG = np.float32(1.0e30)


class Case(NamedTuple):
    """At most 60 quads or triangles, 64 points with normals, and directions that make one bundle of at most 64."""

    vertices: np.ndarray
    triangles: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    directions: np.ndarray
    closed: np.ndarray | None = None


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def case(name: str, seed: int) -> Case:
    """A scene by its difficulty; every number is rounded to float32."""
    rng = np.random.default_rng(seed)
    forward = unit(rng.normal(size=3))
    axes = np.linalg.qr(np.stack([forward, *rng.normal(size=(2, 3))]).T)[0].T
    axes[0] = forward
    opening = {"wide": 1.5, "narrow": 1.0e-3}.get(name, 0.2)
    slope = rng.uniform(-opening, opening, (40, 2))
    directions = unit(forward + slope[:, :1] * axes[1] + slope[:, 1:] * axes[2])
    points = rng.normal(0.0, 0.01 if name == "narrow" else 2.0, (64, 3)) @ np.diag([1.0, 1.0, 0.1])
    normals = np.tile(forward, (64, 1)) if seed % 2 else unit(rng.normal(size=(64, 3)))
    distance = 10.0 ** rng.uniform(0.3, 1.5, 60)
    size = 10.0 ** rng.uniform(-0.5, 0.8, (60, 2))
    if name == "far":
        distance = 10.0 ** rng.uniform(2.0, 3.3, 60)
    if name == "slim":
        size[:, 1] = 10.0 ** rng.uniform(-4.0, -2.0, 60)
        size[:, 0] *= 20.0
    chosen, target = rng.integers(0, 40, 60), rng.integers(0, 64, 60)
    middle = points[target] + distance[:, None] * directions[chosen]
    if name == "in planes":
        middle = points[target] + rng.normal(0.0, 1.0e-3, (60, 3))
    if name == "amid":  # small quads in the middle of points that lie far apart
        middle, size = rng.normal(0.0, 0.3, (60, 3)), size * 0.05
        points = (
            middle[target[np.arange(64) % 60] % 60]
            - rng.uniform(-150.0, 150.0, (64, 1)) * directions[target % 40][np.arange(64) % 60]
        )
    across, along = np.linalg.qr(rng.normal(size=(60, 3, 2)))[0].transpose(2, 0, 1)
    if name == "edge-on":
        across = unit(directions[chosen] + rng.choice([0.0, 1.0e-6, 1.0e-4, 1.0e-2], (60, 1)) * along)
    normal = unit(np.cross(across, along))
    along = np.cross(normal, across)
    bend = rng.uniform(0.0, 9.0e-4, (60, 1)) if name == "bent" else np.zeros((60, 1))
    a, b = size[:, :1] * across, size[:, 1:] * along
    corners = np.stack([middle - a - b, middle + a - b, middle + a + b + bend * normal, middle - a + b], axis=1)
    shift = np.array([7.0e4, -3.0e4, 200.0]) if name == "off the origin" else np.zeros(3)
    vertices = (corners.reshape(-1, 3) + shift).astype(np.float32).astype(np.float64)
    first = 4 * np.arange(60)[:, None]
    triangles = np.concatenate([first + [0, 1, 2], (first + [0, 2, 3])[:40]])
    return Case(vertices, triangles, points + shift, normals, directions, rng.random(100) < 0.3)


NAMES = ("near", "far", "slim", "edge-on", "bent", "in planes", "wide", "narrow", "amid", "off the origin")


@numba.njit
def _read_out(bvh, packets, bundled, margin, value):  # type: ignore[no-untyped-def]
    """What the fast kernel computes of one packet and one bundle, all candidates at once.

    Args:
        value: (D, C, 4, 64), filled: edge functions plus tolerance by direction, candidate, edge and point.

    Returns:
        (number of candidates, work space).
    """
    space = work.workspace()
    scene, at = work.scene_of(bvh, packets, bundled, margin), work.addresses(space)
    size = bundled.size[0]
    for a in range(3):
        low, high = fast.range_of(scene.packet, a * scene.columns)
        at.centre[a] = np.float32(0.5) * (low + high)
    fast.mean_normal(scene, 0, at.normal)
    for k in range(size):
        at.open[k] = np.uint64(0xFFFFFFFFFFFFFFFF)
    fast.choose_frame(scene, 0, 0, 0, size, at)
    fast.place_points(scene, 0, 0, at)
    fast.bounds(scene, 0, size, at)
    count = 0
    for leaf in range(len(bvh.size)):
        count = walk.visit_leaf(scene.tree, leaf, at, count)
    shear.behind_planes(at, count)
    flat = value.reshape(-1)
    box = spread(-BIG), spread(BIG), spread(-BIG), spread(BIG)
    for k in range(size):
        su, sv = spread(-at.slope[k]), spread(-at.slope[shear.size_padded(size) + k])
        for c in range(count):
            block = c // 16 * (work.EDGE_ROWS * 16)
            if c % 16 == 0:
                shear.shadows(at, c, block, su, sv, box)
            for edge in range(4):
                for g in range(0, 64, 16):
                    u = simd.fma(su, load(at.lanes, work.FRAME_W + g), load(at.lanes, work.FRAME_U + g))
                    v = simd.fma(sv, load(at.lanes, work.FRAME_W + g), load(at.lanes, work.FRAME_V + g))
                    got = shear._edge_value(at.edge, block + c % 16 + 48 * edge, u, v)
                    store(flat, ((k * value.shape[1] + c) * 4 + edge) * 64 + g, got)
    return count, space


class Reading(NamedTuple):
    """C candidates, 64 points, D directions of a bundle in its own order.

    Attributes:
        corner: (C, 4, 3) corners in the order of the candidate's edges [m]; sign: (C,) −1 where it is turned over.
        directions: (D, 3); points: (64, 3); axes: (3, 3); centre: (3,), all exact in long double.
        value: (D, C, 4, 64) the kernel's edge functions plus tolerance [m²].
        rows: (CANDIDATE_ROWS, C) of work.candidate.
        pair: (2, C) triangles; maybe, sure: (C, 64) what the kernel says of the candidates' planes.
        lanes: (3, 64) float32, points in the packet's frame; bound: (BOUNDS,).
        slope: (D, 2) exact slopes in the packet's frame.
        scene: (corners (T, 9), one_sided (T,)) of the triangles.
    """

    corner: np.ndarray
    sign: np.ndarray
    directions: np.ndarray
    points: np.ndarray
    axes: np.ndarray
    centre: np.ndarray
    value: np.ndarray
    rows: np.ndarray
    pair: np.ndarray
    maybe: np.ndarray
    sure: np.ndarray
    lanes: np.ndarray
    bound: np.ndarray
    slope: np.ndarray
    scene: tuple[np.ndarray, np.ndarray]


def read(one: Case) -> Reading:
    bvh = raytrace.build(one.vertices, one.triangles, closed=one.closed)
    directions = one.directions.astype(np.float32)
    bundled = one_bundle(directions)
    packets = np.concatenate([one.points.T, one.normals.T]).astype(np.float32)
    value = np.zeros((len(directions), work.CAPACITY, 4, 64), np.float32)
    count, space = _read_out(bvh, np.ascontiguousarray(packets), bundled, np.float32(0.0), value)
    assert 20 < count <= work.CAPACITY - 32
    rows = space.candidate.reshape(work.CANDIDATE_ROWS, -1)[:, :count]
    pair = space.pair.reshape(2, -1)[:, :count]
    place = {bvh.pair[leaf, :, j].max(): (leaf, j) for leaf in range(len(bvh.size)) for j in range(bvh.size[leaf])}
    leaf, slot = np.array([place[t] for t in pair.max(axis=0)]).T
    axes = space.axes.reshape(3, 3).astype(EXTENDED)
    normal = bvh.normal[leaf, :, slot].astype(EXTENDED) @ axes.T
    sign = np.where((normal * rows[work.NORMAL : work.NORMAL + 3].T).sum(axis=1) > 0.0, 1, -1)
    corner = bvh.quad[leaf, :, slot].reshape(-1, 4, 3).astype(EXTENDED)
    corner[sign < 0] = corner[sign < 0][:, [0, 3, 2, 1]]
    inside = directions[bundled.which[: len(directions)]].astype(EXTENDED)
    lanes = 1 << np.arange(64, dtype=np.uint64)
    turned = inside @ axes.T
    return Reading(
        corner,
        sign,
        inside,
        packets[:3].T.astype(EXTENDED),
        axes,
        space.centre.astype(EXTENDED),
        value[:, :count],
        rows,
        pair,
        (space.maybe[:count, None] & lanes) != 0,
        (space.sure[:count, None] & lanes) != 0,
        space.lanes.reshape(6, 64)[:3],
        space.bound,
        turned[:, :2] / turned[:, 2:],
        (bvh.triangle, bvh.one_sided),
    )


def one_bundle(directions: np.ndarray) -> bundles.Bundles:
    """All directions in one bundle, however wide."""
    exact = directions.astype(np.float64)
    frame = bundles._frame(exact)
    slope = bundles._slopes(exact, frame)
    padded = np.concatenate([np.arange(len(exact)), np.full(-len(exact) % 16, len(exact) - 1)])
    return bundles.Bundles(
        np.zeros(1, np.int64),
        np.array([len(exact)]),
        frame.astype(np.float32).reshape(1, 9),
        padded,
        np.ascontiguousarray(directions[padded].T),
        np.ascontiguousarray(slope[padded].T, dtype=np.float32),
    )


def tolerance(got: Reading, sheared: np.ndarray) -> np.ndarray:
    """The tolerance (D, C, 4) of each edge function [m²]: 2 E (|corner i| + |corner j|) + extra."""
    norm = np.abs(sheared).sum(axis=3)
    twice, extra = got.rows[work.TWICE_ERROR].astype(EXTENDED), got.rows[work.EXTRA].astype(EXTENDED)
    return twice[:, None] * (norm + np.roll(norm, -1, axis=2)) + extra[:, None]


def sheared_corners(got: Reading) -> np.ndarray:
    """Corners (D, C, 4, 2) in the plane w = 0 of the packet's frame [m], exactly."""
    turned = (got.corner - got.centre) @ got.axes.T
    return turned[None, ..., :2] - got.slope[:, None, None] * turned[None, ..., 2:]


def exact_edges(got: Reading, d: int, sheared: np.ndarray) -> np.ndarray:
    """Edge functions (C, 4, 64) of the exact corners along direction d, seen from each point [m²]."""
    turned = (got.points - got.centre) @ got.axes.T
    point = turned[:, :2] - got.slope[d] * turned[:, 2:]
    seen = sheared[d][:, :, None] - point
    after = np.roll(seen, -1, axis=1)
    return seen[..., 0] * after[..., 1] - seen[..., 1] * after[..., 0]


def edges_of_the_exact_test(got: Reading, d: int) -> np.ndarray:
    """The same of the corners as triangle.py shears them in float32, turned into the packet's frame exactly."""
    frame = triangle.frame_of(got.directions[d].astype(np.float32))
    order = [frame.kx, frame.ky, frame.kz]
    corner = got.corner.astype(np.float32)[..., order]
    relative = corner[:, :, None] - got.points.astype(np.float32)[:, order]
    x = relative[..., 0] - frame.shear_x * relative[..., 2]
    y = relative[..., 1] - frame.shear_y * relative[..., 2]
    assert x.dtype == np.float32
    x, y = x.astype(EXTENDED), y.astype(EXTENDED)
    after_x, after_y = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    turn = got.axes[:2] - got.slope[d][:, None] * got.axes[2]
    area = turn[0, frame.kx] * turn[1, frame.ky] - turn[0, frame.ky] * turn[1, frame.kx]
    return area * (x * after_y - y * after_x)
