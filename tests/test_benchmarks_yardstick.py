"""The C++ yardstick answers like geometry known by hand and like brute force, however rays are handed to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from oracles import brute_force

from benchmarks import _embree_packets
from benchmarks._embree_packets import COHERENT, HIGH, PACKETS, SINGLE, Mode, Rays, one_each
from benchmarks.synthetic_city import house

MODES = [SINGLE, PACKETS, COHERENT]

# Two unit right triangles facing −x, at x = 5 and x = 7.
VERTICES = np.array([(5, 0, 0), (5, 0, 1), (5, 1, 0), (7, 0, 0), (7, 0, 1), (7, 1, 0)], float)
TRIANGLES = np.array([(0, 1, 2), (3, 4, 5)])
EAST = np.array([[1.0, 0.0, 0.0]], np.float32)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    try:
        _embree_packets.library()
    except _embree_packets.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def two_triangles() -> Iterator[_embree_packets.Scene]:
    scene = _embree_packets.build(VERTICES, TRIANGLES)
    yield scene
    _embree_packets.release(scene)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [1, 15, 16, 17, 9000])
def test_known_distances(two_triangles: _embree_packets.Scene, mode: Mode, n: int) -> None:
    """Rays along x from x = 0 and x = 6, beside and through the triangles, more than one chunk of them."""
    start = np.array([(0.0, 0.2, 0.2), (6.0, 0.2, 0.2), (0.0, 0.8, 0.8), (8.0, 0.2, 0.2)], np.float32)
    origin = start[np.arange(n) % 4]
    rays = Rays(origin, EAST, np.array([n], np.int64))
    met = _embree_packets.closest(two_triangles, rays, mode)
    which = np.arange(n) % 4
    assert np.array_equal(met.triangle, np.array([0, 1, -1, -1])[which])
    assert np.allclose(met.distance, np.array([5.0, 1.0, np.inf, np.inf])[which], atol=1e-6)
    assert np.array_equal(_embree_packets.occluded(two_triangles, rays, mode).blocked, which < 2)


@pytest.mark.parametrize("mode", MODES)
def test_groups_are_runs_of_one_direction(two_triangles: _embree_packets.Scene, mode: Mode) -> None:
    """Groups of uneven length, an empty one among them, answer like rays with a direction of their own."""
    rng = np.random.default_rng(0)
    direction = np.concatenate([EAST, -EAST, rng.normal(size=(1, 3)) + [2.0, 0.0, 0.0]]).astype(np.float32)
    count = np.array([5000, 0, 37])
    origin = (rng.random((count.sum(), 3)) * [4.0, 1.0, 1.0]).astype(np.float32)
    grouped = _embree_packets.closest(two_triangles, Rays(origin, direction, np.cumsum(count)), mode, threads=2)
    single = _embree_packets.closest(
        two_triangles, one_each(origin, np.repeat(direction, count, axis=0)), SINGLE, threads=1
    )
    assert 0 < (single.triangle >= 0).sum() < len(origin)
    assert np.array_equal(grouped.triangle, single.triangle)
    assert np.array_equal(grouped.distance, single.distance)


@pytest.mark.parametrize("mode", MODES)
def test_brute_force(mode: Mode) -> None:
    """Random rays about a house, those within a tenth of a millimetre of an edge left out; either build quality."""
    mesh, rng = house(12.0, 9.0, 6.0, 9.0, "hip", 20.0), np.random.default_rng(1)
    origin = rng.uniform(-15.0, 15.0, (3000, 3)).astype(np.float32)
    towards = rng.uniform(-5.0, 8.0, (3000, 3)) - origin
    direction = (towards / np.linalg.norm(towards, axis=1, keepdims=True)).astype(np.float32)
    expected = brute_force.closest(mesh.vertices, mesh.triangles, origin, direction)
    sure = expected.margin > 1.0e-4
    assert sure.mean() > 0.99
    for quality in (_embree_packets.MEDIUM, HIGH):
        scene = _embree_packets.build(mesh.vertices, mesh.triangles, quality)
        met = _embree_packets.closest(scene, one_each(origin, direction), mode)
        blocked = _embree_packets.occluded(scene, one_each(origin, direction), mode).blocked
        _embree_packets.release(scene)
        assert np.array_equal(met.triangle[sure], expected.triangle[sure])
        assert np.allclose(met.distance[sure], expected.distance[sure], atol=1e-4)
        assert np.array_equal(blocked[sure], np.isfinite(expected.distance[sure]))


def test_says_why_where_there_is_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(_embree_packets.Unavailable, match=r"g\+\+"):
        _embree_packets.library.__wrapped__()


def test_a_compiler_that_fails_is_reported_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.cpp"
    broken.write_text("int main( {", encoding="utf-8")
    monkeypatch.setattr(_embree_packets, "SOURCE", broken)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(_embree_packets.Unavailable, match=r"g\+\+ fails: [^\n]+$"):
        _embree_packets.library.__wrapped__()
    assert not list(tmp_path.rglob("*.so"))
