"""The hierarchy is sound for every kind of mesh: boxes are nested and tight, leaves partition, depth is bounded."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from benchmarks.synthetic_city import city
from raytrace import sah
from raytrace.build import build
from raytrace.bvh import BIG, EMPTY, SAH_DEPTH_LIMIT, STACK_SIZE, WIDTH, Bvh, scene_box
from raytrace.lock import PARALLEL_KERNELS

FAN = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.01, 0.0, 0.0], [1.0, 0.01, 0.0]])


def soup(n: int, seed: int = 0, size: float = 100.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-size, size, (n, 1, 3)) + rng.normal(0.0, 3.0, (n, 3, 3))
    return corner.reshape(-1, 3), np.arange(3 * n).reshape(-1, 3)


def geometric_spacing() -> tuple[np.ndarray, np.ndarray]:
    """Each SAH split of 2^-k positions peels off a few triangles: the worst case for depth."""
    position = 2.0 ** -np.arange(0, 120, 0.05)
    corner = position[:, None, None] * FAN[1:]
    return corner.reshape(-1, 3), np.arange(3 * len(position)).reshape(-1, 3)


def grid(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """An uneven ground of n × n squares cut in two."""
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij")
    height = 3.0 * np.random.default_rng(seed).normal(size=x.size) * (np.arange(x.size) % 3 == 0)
    i, j = (k.ravel() for k in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    a, b = i * (n + 1) + j, (i + 1) * (n + 1) + j
    triangles = np.concatenate([np.stack([a, b, b + 1], axis=1), np.stack([a, b + 1, a + 1], axis=1)])
    return np.stack([x.ravel(), y.ravel(), height], axis=1), triangles


def box_of_leaf(bvh: Bvh, leaf: int) -> np.ndarray:
    used = bvh.pair[leaf][bvh.pair[leaf] >= 0]
    corners = bvh.triangle[used].reshape(-1, 3)
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])


def assert_boxes_nested_and_tight(bvh: Bvh) -> None:
    """Every node is entered once, from a parent before it, and its slots hold the bounds of what is below."""
    reached_nodes, reached_leaves = [0], []
    stack, most = [0], 1
    while stack:
        most = max(most, len(stack))
        node = stack.pop()
        used = bvh.child[node] != EMPTY
        assert not (used[1:] & ~used[:-1]).any()
        assert (bvh.node_box[node][:3, ~used] == BIG).all() and (bvh.node_box[node][3:, ~used] == -BIG).all()
        for j, child in enumerate(bvh.child[node][used]):
            if child >= 0:
                assert child > node
                below = bvh.node_box[child]
                box = np.concatenate([below[:3].min(axis=1), below[3:].max(axis=1)])
                stack.append(child)
                reached_nodes.append(child)
            else:
                box = box_of_leaf(bvh, ~child)
                reached_leaves.append(~child)
            assert np.array_equal(bvh.node_box[node, :, j], box)
    assert sorted(reached_nodes) == list(range(len(bvh.child)))
    assert sorted(reached_leaves) == list(range(len(bvh.quad)))
    assert most <= STACK_SIZE


@pytest.mark.parametrize("n", [1, 5, 3000])
def test_box_of_the_scene(n: int) -> None:
    """Also of a root that is not full; a scene without triangles is a point at the origin."""
    corner = np.random.default_rng(n).normal(5.0, 3.0, (3 * n, 3)).astype(np.float32)
    box = scene_box(build(corner, np.arange(3 * n).reshape(-1, 3)).node_box)
    assert box.tolist() == [*corner.min(axis=0).tolist(), *corner.max(axis=0).tolist()]
    assert not scene_box(build(corner, np.empty((0, 3), int)).node_box).any()


def assert_leaves_hold_each_triangle_once(bvh: Bvh) -> None:
    lane = np.arange(WIDTH)
    used = lane < bvh.size[:, None]
    assert ((bvh.size >= 1) & (bvh.size <= WIDTH)).all()
    assert ((bvh.pair[:, 0] >= 0) == used).all() and not (bvh.pair[:, 1][~used] >= 0).any()
    assert sorted(bvh.pair[bvh.pair >= 0]) == list(range(len(bvh.triangle)))
    corner = bvh.quad.reshape(-1, 4, 3, WIDTH).transpose(0, 3, 1, 2)
    assert (corner == corner[:, :1, :1])[~used].all()
    assert not bvh.normal.transpose(0, 2, 1)[~used].any() and not bvh.warp[~used].any()
    bits = (bvh.closed[:, None] >> lane) & 1
    assert np.array_equal(bits[used], bvh.one_sided[bvh.pair[:, 0]][used]) and not bits[~used].any()


def assert_sound(bvh: Bvh, vertices: np.ndarray, triangles: np.ndarray) -> None:
    assert np.array_equal(bvh.triangle, vertices.astype(np.float32)[triangles].reshape(-1, 9))
    assert_boxes_nested_and_tight(bvh)
    assert_leaves_hold_each_triangle_once(bvh)


@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 33, 1000])
def test_random_soup(n: int) -> None:
    vertices, triangles = soup(n, seed=n)
    bvh = build(vertices, triangles)
    assert_sound(bvh, vertices, triangles)
    assert bvh.size.sum() == n  # nothing shares an edge
    if n <= WIDTH:
        assert bvh.child.shape == (1, WIDTH) and bvh.size.tolist() == [n]


def test_ranges_split_by_all_threads() -> None:
    vertices, triangles = soup(3 * sah.TASK_BOXES, seed=5, size=1000.0)
    assert_sound(build(vertices, triangles), vertices, triangles)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="no threads without the JIT")
def test_number_of_threads_leaves_no_trace() -> None:
    vertices, triangles = soup(3 * sah.TASK_BOXES, seed=5, size=1000.0)
    two = build(vertices, triangles)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        one = build(vertices, triangles)
    finally:
        numba.set_num_threads(before)
    for a, b in zip(one, two, strict=True):
        assert a.tobytes() == b.tobytes()


def test_bytes_a_triangle() -> None:
    """At most 200, even where nothing merges; some 90 where walls and ground are rectangles."""
    for mesh, most in ((soup(20000, seed=6), 160), (city(4), 110)):
        bvh = build(*mesh)
        assert sum(array.nbytes for array in bvh) <= most * len(bvh.triangle)


def test_merged_ground_and_city() -> None:
    for vertices, triangles in (grid(40), city(2)):
        bvh = build(vertices, triangles)
        assert_sound(bvh, vertices, triangles)
        assert bvh.size.sum() < 0.9 * len(triangles)


def test_duplicates_and_degenerate_triangles() -> None:
    vertices, triangles = soup(10)
    triangles = np.concatenate([np.repeat(triangles, 50, axis=0), np.repeat(triangles[:, :1], 3, axis=1)])
    assert_sound(build(vertices, triangles), vertices, triangles)


def test_identical_centroids_are_halved() -> None:
    triangles = np.tile([0, 1, 2], (1025, 1))
    bvh = build(FAN, triangles)
    assert_sound(bvh, FAN, triangles)
    assert len(bvh.size) == 65  # 1025 in 64 parts is 16 each and one too many


def test_geometric_spacing_cannot_overflow_the_stack() -> None:
    vertices, triangles = geometric_spacing()
    assert_sound(build(vertices, triangles), vertices, triangles)


def test_depth_is_limited() -> None:
    """On each axis stand points of which the next is 17 times nearer to zero: every split by bins takes off one."""
    far = 1.0e6 * 17.0 ** -np.arange(35.0)
    point = (far[:, None, None] * np.eye(3)).reshape(-1, 3).astype(np.float32)
    with PARALLEL_KERNELS:
        tree = sah.split(np.concatenate([point, point], axis=1))
    waiting, deepest = [(0, 0)], 0
    while waiting:
        slot, depth = waiting.pop()
        deepest = max(deepest, depth)
        if tree.right[slot]:
            waiting += [(slot + 1, depth + 1), (tree.right[slot], depth + 1)]
    assert SAH_DEPTH_LIMIT < deepest <= SAH_DEPTH_LIMIT + 27


def test_closed_flags_are_kept_and_keep_quads_apart() -> None:
    vertices, triangles = grid(20)
    closed = np.random.default_rng(1).random(len(triangles)) < 0.5
    bvh = build(vertices, triangles, closed)
    assert_sound(bvh, vertices, triangles)
    assert np.array_equal(bvh.one_sided, closed.astype(np.uint8))
    both = (bvh.pair >= 0).all(axis=1)
    assert both.any()
    assert (closed[bvh.pair[:, 0]] == closed[bvh.pair[:, 1]])[both].all()


def test_wrong_flags_are_refused() -> None:
    with pytest.raises(ValueError, match=r"closed: expected shape \(1,\)"):
        build(FAN, [[0, 1, 2]], [True, False])
    with pytest.raises(TypeError, match="closed: expected booleans"):
        build(FAN, [[0, 1, 2]], [1.0])


def test_no_triangle() -> None:
    bvh = build(np.empty((0, 3)), np.empty((0, 3), int))
    shapes = [array.shape for array in bvh]
    assert shapes == [
        *((0, 6, 16), (0, 16), (0, 12, 16), (0, 3, 16), (0, 16), (0, 16), (0, 2, 16), (0,), (0,), (0, 9), (0,)),
    ]
    assert [a.dtype for a in bvh] == [a.dtype for a in build(FAN, [[0, 1, 2]])]
