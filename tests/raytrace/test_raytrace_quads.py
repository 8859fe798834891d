"""Merged quads are made of their triangles' corners, flat, convex, and as many as a sorted greedy choice finds."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.synthetic_city import city
from raytrace import weld
from raytrace.build import build
from raytrace.bvh import WIDTH, Bvh
from raytrace.quads import MAX_TILT, MAX_VALENCE, MAX_WARP_M

SQUARE = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


def pairs(bvh: Bvh) -> set[tuple[int, int]]:
    one, two = bvh.pair[:, 0], bvh.pair[:, 1]
    return {(min(p, q), max(p, q)) for p, q in zip(one[two >= 0].tolist(), two[two >= 0].tolist(), strict=True)}


def rotation(seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]


def folded(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n × n jittered squares, cut along either diagonal, on ground of which half is a little folded."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij")
    x, y = x + rng.uniform(-0.3, 0.3, x.shape), y + rng.uniform(-0.3, 0.3, x.shape)
    z = rng.choice([0.0, 3e-4, 2e-3, 0.1], p=[0.7, 0.1, 0.1, 0.1], size=x.shape)
    i, j = (k.ravel() for k in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    a, b = i * (n + 1) + j, (i + 1) * (n + 1) + j
    other = rng.random(a.size) < 0.5
    first = np.where(other[:, None], np.stack([a, b, a + 1], axis=1), np.stack([a, b, b + 1], axis=1))
    second = np.where(other[:, None], np.stack([b, b + 1, a + 1], axis=1), np.stack([a, b + 1, a + 1], axis=1))
    triangles = np.concatenate([first, second])
    turned = np.take_along_axis(triangles, (np.arange(3) + rng.integers(0, 3, (len(triangles), 1))) % 3, axis=1)
    return np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1) @ rotation(seed), rng.permutation(turned)


def lanes(bvh: Bvh) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Used lanes in a row: corners (Q, 4, 3), normal (Q, 3), warp (Q,) in float64, pair (Q, 2)."""
    used = np.arange(WIDTH) < bvh.size[:, None]
    corner = bvh.quad.transpose(0, 2, 1)[used].reshape(-1, 4, 3).astype(np.float64)
    normal = bvh.normal.transpose(0, 2, 1)[used].astype(np.float64)
    return corner, normal, bvh.warp[used].astype(np.float64), bvh.pair.transpose(0, 2, 1)[used]


@pytest.mark.parametrize("mesh", [folded(30, 1), city(2)], ids=["folded", "city"])
def test_quads_are_their_triangles_and_flat_and_convex(mesh: tuple[np.ndarray, np.ndarray]) -> None:
    bvh = build(*mesh)
    corner, normal, warp, pair = lanes(bvh)
    merged = pair[:, 1] >= 0
    assert merged.any() and not merged.all()
    triangle = bvh.triangle.reshape(-1, 3, 3).astype(np.float64)
    for half, order in ((pair[:, 0], [0, 1, 2]), (pair[merged, 1], [0, 2, 3])):
        want = corner[half >= 0] if len(half) == len(corner) else corner[merged]
        turns = np.stack([np.roll(triangle[half], k, axis=1) for k in range(3)])
        assert (turns == want[:, order]).all(axis=(2, 3)).any(axis=0).all()
    assert np.array_equal(corner[~merged, 3], corner[~merged, 2])
    exact = np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])
    assert np.array_equal(normal, exact.astype(np.float32))
    alone = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    assert np.allclose(exact[~merged], alone[~merged], rtol=0.0, atol=1e-9 * np.abs(alone).max())
    unit = exact / np.linalg.norm(exact, axis=1, keepdims=True)
    rise = np.abs(np.einsum("qij,qj->qi", corner - corner[:, :1], unit)).max(axis=1)
    assert (warp[merged] >= rise[merged]).all() and not warp[~merged].any()
    assert (warp[merged] <= rise[merged] * (1.0 + 1e-6) + 1e-12).all() and warp.max() <= 1.001 * MAX_WARP_M
    side = np.roll(corner, -1, axis=1) - corner
    turn = np.cross(side, np.roll(side, -1, axis=1))[merged]
    turn /= np.linalg.norm(turn, axis=2, keepdims=True)
    assert (np.einsum("qij,qj->qi", turn, unit[merged]) >= np.cos(np.arctan(MAX_TILT)) - 1e-12).all()


def sorted_greedy(vertices: np.ndarray, triangles: np.ndarray, possible: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The obvious way: all shared edges, longest first, lower numbers first among equals."""
    point = vertices.astype(np.float32).astype(np.float64)
    edges = []
    for p, q in possible:
        p_to_q = sorted(set(triangles[p]) & set(triangles[q]))
        edges.append((-np.float32(((point[p_to_q[0]] - point[p_to_q[1]]) ** 2).sum()), p, q))
    free, chosen = set(range(len(triangles))), set()
    for _, p, q in sorted(edges):
        if {p, q} <= free:
            free -= {p, q}
            chosen.add((p, q))
    return chosen


def mergeable(vertices: np.ndarray, triangles: np.ndarray) -> set[tuple[int, int]]:
    """Pairs that merge when nobody else is there."""
    owner: dict[tuple[int, int], list[int]] = {}
    for t, corners in enumerate(triangles.tolist()):
        for k in range(3):
            owner.setdefault(tuple(sorted((corners[k], corners[(k + 1) % 3]))), []).append(t)
    shared = [(min(p), max(p)) for p in owner.values() if len(p) == 2]
    return {(p, q) for p, q in shared if pairs(build(vertices, triangles[[p, q]]))}


def test_same_pairs_as_sorting_all_edges() -> None:
    vertices, triangles = folded(7, 2)
    possible = mergeable(vertices, triangles)
    assert len(possible) > 30
    assert pairs(build(vertices, triangles)) == sorted_greedy(vertices, triangles, possible)


def test_long_path_of_growing_edges() -> None:
    """A fan from one corner of a half disc: each chord is longer than the last, so the path visits them all."""
    angle = np.linspace(0.0, np.pi, 60)  # within MAX_VALENCE
    vertices = 50.0 * np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=1)
    triangles = np.array([[0, k, k + 1] for k in range(1, 59)])
    chosen = pairs(build(vertices, triangles))
    assert chosen == sorted_greedy(vertices, triangles, mergeable(vertices, triangles))
    assert len(chosen) == 29


@pytest.mark.parametrize(
    ("corner", "merges"),
    [
        ([1.0, 1.0, 0.0], True),
        ([1.0, 1.0, 1.5e-3], True),  # warp 0.75 mm about the mean plane's diagonal rise
        ([1.0, 1.0, 0.02], False),  # warped
        ([0.5, 0.5, 0.0], False),  # straight at the third corner
        ([0.3, 0.3, 0.0], False),  # reflex
        ([0.5 + 1e-6, 0.5 + 1e-6, 0.0], True),  # just convex and exactly flat
    ],
)
def test_which_shapes_merge(corner: list[float], merges: bool) -> None:
    vertices = SQUARE.copy()
    vertices[2] = corner
    assert bool(pairs(build(vertices, [[1, 2, 3], [1, 3, 0]]))) == merges
    assert bool(pairs(build(vertices, [[3, 0, 1], [2, 3, 1]]))) == merges


def test_who_may_not_merge() -> None:
    assert pairs(build(SQUARE, HALVES)) == {(0, 1)}
    assert not pairs(build(SQUARE, [[0, 1, 2], [0, 3, 2]]))  # opposite winding
    assert not pairs(build(np.concatenate([SQUARE, SQUARE + 1e-3]), [[0, 1, 2], [4, 6, 7]]))  # another place
    assert not pairs(build(SQUARE, HALVES, [True, False]))
    assert not pairs(build(SQUARE, [[0, 1, 2], [2, 1, 0]]))  # front and back of the same
    assert not pairs(build(SQUARE, [[0, 1, 1], [1, 1, 2]]))  # nothing in between


def test_corners_at_the_same_place_are_the_same_corner() -> None:
    """Also where one of them says −0."""
    apart = np.concatenate([SQUARE, SQUARE * [1.0, 1.0, -1.0]])
    assert pairs(build(apart, [[0, 1, 2], [4, 6, 7]])) == {(0, 1)}


def test_edges_of_more_than_two_triangles() -> None:
    """Party walls: two rectangles back to back; doubled walls: the same twice. Each keeps to its own."""
    back = HALVES[:, ::-1]
    assert pairs(build(SQUARE, np.concatenate([HALVES, back]))) == {(0, 1), (2, 3)}
    assert pairs(build(SQUARE, np.concatenate([HALVES, HALVES]))) == {(0, 1), (2, 3)}
    assert pairs(build(SQUARE, np.concatenate([HALVES, HALVES[:1]]))) == {(0, 1)}
    assert pairs(build(SQUARE, [[0, 1, 2], [0, 1, 2], [0, 0, 2], [0, 2, 3]])) <= {(0, 3), (1, 3)}


def test_equal_places_are_found() -> None:
    rng = np.random.default_rng(8)
    vertex = rng.integers(-3, 4, (2000, 3)).astype(np.float32) * np.float32(0.1)
    vertex[rng.random((2000, 3)) < 0.1] *= np.float32(-0.0)
    seen: dict[tuple[float, ...], int] = {}
    expected = [seen.setdefault(tuple(place), i) for i, place in enumerate((vertex + 0.0).tolist())]
    assert weld.first_at_place(vertex).tolist() == expected


def test_a_collision_of_hashes_welds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weld, "MULTIPLIERS", (np.uint64(0),) * 3)
    assert weld.first_at_place(np.concatenate([SQUARE, SQUARE]).astype(np.float32)).tolist() == [0, 1, 2, 3, 0, 5, 6, 7]


@pytest.mark.parametrize("n", [MAX_VALENCE - 1, MAX_VALENCE])
def test_vertices_of_very_many_triangles(n: int) -> None:
    """n triangles turn about one edge, the first of them lies flat against one more: where both ends of an edge have
    long lists of users, searching them for each would take quadratic time."""
    around = np.random.default_rng(4).normal(size=(n, 3))
    around[0] = [3.0, 0.0, 0.0]
    vertices = np.concatenate([[[0.0, 0.0, 5.0], [0.0, 0.0, -5.0]], around, [[-3.0, 0.0, 0.0]]])
    turning = np.stack([np.zeros(n, int), np.ones(n, int), np.arange(2, n + 2)], axis=1)
    found = pairs(build(vertices, np.concatenate([turning, [[1, 0, n + 2]]])))
    assert found == ({(0, n)} if n + 1 <= MAX_VALENCE else set())
