"""Bundles of directions: complete, tight, in the right frames; and no bit of ``visible`` depends on them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import numpy as np
import pytest
from oracles import soups

import raytrace
from benchmarks.synthetic_city import city, receivers, sky_directions, sun_directions
from raytrace import bundles
from raytrace.simd import LANES

SPREAD_DEG = np.array([24.0, 24.0]) * 1.35
"""No bundle of two or more directions opens wider than this along u or v, whatever its height."""


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def ring(n: int, z: float) -> np.ndarray:
    angle = 2.0 * np.pi * np.arange(n) / n
    return unit(np.stack([np.cos(angle), np.sin(angle), np.full(n, z)], axis=1))


def direction_sets() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    sphere = unit(rng.normal(size=(3000, 3)))
    near = unit([0.3, 0.5, 0.8] + rng.normal(0.0, 1.0e-6, (500, 3)))
    return {
        "none": np.empty((0, 3), np.float32),
        "one": unit(np.array([[0.3, -0.4, 0.5]])),
        "two opposite": np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]], np.float32),
        "pairs of opposite": np.concatenate([sphere[:90], -sphere[:90]]),
        "three that cancel": ring(3, 0.0),
        "one, 200 times": np.repeat(unit(np.array([[0.0, -0.6, 0.8]])), 200, axis=0),
        "each three times": np.tile(sphere[:100], (3, 1)),
        "almost one": near,
        "axes": np.concatenate([np.eye(3), -np.eye(3)]).astype(np.float32),
        "zenith": unit([0.0, 0.0, 1.0] + rng.normal(0.0, 1.0e-3, (70, 3))),
        "nadir": unit([0.0, 0.0, -1.0] + rng.normal(0.0, 0.2, (70, 3))),
        "horizon": ring(360, 0.0),
        "grazing": ring(100, 1.0e-7),
        "16": unit([1.0, 0.0, 1.0] + rng.normal(0.0, 1.0e-3, (16, 3))),
        "17": unit([1.0, 0.0, 1.0] + rng.normal(0.0, 1.0e-3, (17, 3))),
        "65": unit([1.0, 0.0, 1.0] + rng.normal(0.0, 1.0e-3, (65, 3))),
        "sphere": sphere,
        "a year's sun": sun_directions(800).astype(np.float32),
        "sun and sky": np.concatenate([sun_directions(300), sky_directions(577)]).astype(np.float32),
    }


SETS = direction_sets()


@pytest.mark.parametrize("name", list(SETS))
def test_every_direction_exactly_once(name: str) -> None:
    """Columns begin at multiples of 16; what a bundle leaves of its last 16 repeats its last direction."""
    directions = SETS[name]
    made = bundles.bundles(directions)
    assert (made.size >= 1).all() and (made.size <= bundles.MAX_DIRECTIONS).all()
    padded = -(-made.size // LANES) * LANES
    assert made.begin.tolist() == (np.cumsum(padded) - padded).tolist()
    width = int(padded.sum())
    assert made.which.shape == (width,) and made.direction.shape == (3, width) and made.slope.shape == (2, width)
    members = [made.which[b : b + n] for b, n in zip(made.begin, made.size, strict=True)]
    assert np.array_equal(np.sort(np.concatenate([[], *members])), np.arange(len(directions)))
    for begin, size, whole in zip(made.begin, made.size, padded, strict=True):
        assert (made.which[begin + size : begin + whole] == made.which[begin + size - 1]).all()
    assert np.array_equal(made.direction.T, directions[made.which])
    for column in made:
        assert column.flags.c_contiguous


@pytest.mark.parametrize("name", list(SETS))
def test_frames_and_slopes(name: str) -> None:
    """Frames are right-handed and orthonormal with u horizontal or along x; slopes are (u, v) / w in float64."""
    made = bundles.bundles(SETS[name])
    frames = made.frame.reshape(-1, 3, 3).astype(np.float64)
    assert np.allclose(frames @ frames.transpose(0, 2, 1), np.eye(3), atol=2.0e-7)
    assert np.linalg.det(frames) == pytest.approx(1.0, abs=1.0e-6)
    steep = np.abs(frames[:, 2, 2]) > 0.9901
    assert (frames[~steep, 0, 2] == 0.0).all()
    for begin, size, frame in zip(made.begin, made.size, frames, strict=True):
        columns = slice(begin, begin - (-size // LANES) * LANES)
        inside = frame @ made.direction[:, columns].astype(np.float64)
        assert (inside[2] > bundles.LEAST_FORWARD).all()
        assert made.slope[:, columns] == pytest.approx(inside[:2] / inside[2], abs=2.0e-6)
        spread = np.ptp(made.slope[:, columns].astype(np.float64), axis=1)
        assert (spread <= np.tan(np.radians(SPREAD_DEG)) + 1.0e-6).all()
        # The middle of the slopes' range is the frame's own axis, up to the turn from the rough to the final frame.
        middle = 0.5 * (made.slope[:, columns].min(axis=1) + made.slope[:, columns].max(axis=1))
        assert (np.abs(middle) < 0.06).all()


def test_bundles_are_flat_and_narrow_near_the_horizon() -> None:
    """A flat beam opens by 4° · 1.35 upwards and 12° · 1.35 across at most, a steep one by 24° · 1.35 each way."""
    flat, steep = bundles._limits(0.0), bundles._limits(1.0)
    assert flat == pytest.approx(np.tan(np.radians([16.2, 5.4])))
    assert steep == pytest.approx(np.tan(np.radians([32.4, 32.4])))
    made = bundles.bundles(SETS["sphere"])
    for begin, size, frame in zip(made.begin, made.size, made.frame, strict=True):
        spread = np.ptp(made.slope[:, begin : begin + size], axis=1)
        assert (spread <= bundles._limits(frame[8]) + 1.0e-6).all()


def test_same_input_same_bundles() -> None:
    directions = SETS["sun and sky"]
    one = bundles.bundles(directions)
    bundles._bundles.cache_clear()
    two = bundles.bundles(directions.copy())
    assert one is not two
    for first, second in zip(one, two, strict=True):
        assert first.dtype == second.dtype and np.array_equal(first, second)
    assert bundles.bundles(directions) is two


def test_the_year_takes_few_walks() -> None:
    """Bundles are there to save walks: of a job's directions more than eight share one on average."""
    made = bundles.bundles(SETS["sun and sky"])
    assert made.size.sum() / len(made.size) > 8.0


def of_groups(directions: np.ndarray, groups: list[np.ndarray]) -> bundles.Bundles:
    """Bundles of a given grouping, built anew from the layout that their docstring promises."""
    columns, begin, frames, slopes, width = [], [], [], [], 0
    for members in groups:
        exact = directions[members].astype(np.float64)
        w = exact.sum(axis=0) / np.linalg.norm(exact.sum(axis=0))
        u = np.linalg.svd(w[None])[2][1]
        frame = np.stack([u, np.cross(w, u), w])
        padded = np.concatenate([members, np.repeat(members[-1:], -len(members) % LANES)])
        inside = directions[padded].astype(np.float64) @ frame.T
        begin.append(width)
        frames.append(frame.ravel())
        columns.append(padded)
        slopes.append(inside[:, :2] / inside[:, 2:])
        width += len(padded)
    which = np.concatenate(columns)
    return bundles.Bundles(
        np.array(begin, np.int64),
        np.array([len(members) for members in groups], np.int64),
        np.array(frames, np.float32),
        which,
        np.ascontiguousarray(directions[which].T),
        np.ascontiguousarray(np.concatenate(slopes).T, dtype=np.float32),
    )


def groupings(directions: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Each direction alone; pairs up to 110° apart; up to 64 of one octant at random; all at random within 60°."""
    rng = np.random.default_rng(7)
    order = rng.permutation(len(directions))
    yield [order[k : k + 1] for k in range(len(order))]
    left, pairs = list(order), []
    while left:
        first = left.pop()
        near = [k for k in left if directions[k] @ directions[first] > np.cos(np.radians(110.0))]
        pairs.append(np.array([first, near[0]] if near else [first]))
        left = [k for k in left if not near or k != near[0]]
    yield pairs
    octant = (directions > 0.0) @ [1, 2, 4]
    parts = [rng.permutation(np.flatnonzero(octant == k)) for k in np.unique(octant)]
    yield [part[k : k + 64] for part in parts for k in range(0, len(part), 64)]


@pytest.mark.parametrize("seed", [0, 7])
def test_no_bit_depends_on_the_bundles(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other groupings than ours give the same answer, from one direction a walk to beams as wide as an octant."""
    scene = soups.soup(seed)
    _same_with_any_grouping(monkeypatch, scene, None)


def test_no_bit_of_a_city_depends_on_the_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = city(2, seed=4)
    sampled = receivers(mesh, 6.0)
    chosen = np.random.default_rng(3).permutation(len(sampled.points))[:640]
    directions = np.concatenate([sun_directions(120), sky_directions(60)])
    scene = soups.Soup(*mesh, sampled.points[chosen], sampled.normals[chosen], directions)
    _same_with_any_grouping(monkeypatch, scene, np.arange(len(mesh.triangles)) % 2 == 0)


def _same_with_any_grouping(monkeypatch: pytest.MonkeyPatch, scene: soups.Soup, closed: np.ndarray | None) -> None:
    directions = scene.directions.astype(np.float32)
    bvh = raytrace.build(scene.vertices, scene.triangles, closed=closed)
    expected = raytrace.visible(bvh, scene.points, scene.normals, directions)
    assert 0 < np.bitwise_count(expected).sum() < len(scene.points) * len(directions)
    module = importlib.import_module("raytrace.visible")  # the name in the package is the function
    for groups in groupings(directions):
        made = of_groups(directions, groups)
        monkeypatch.setattr(module, "bundles", lambda _, made=made: made)
        assert np.array_equal(raytrace.visible(bvh, scene.points, scene.normals, directions), expected)
