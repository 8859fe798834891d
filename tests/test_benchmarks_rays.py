"""The parts of benchmarks/rays.py: orders of points, Embree's plans, the comparison, and why answers differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import raytrace
from benchmarks import _embree_packets, _rays_agreement, _rays_peers, _rays_points, _rays_scenes, closest, rays, scaling
from benchmarks._rays_agreement import Margin
from benchmarks._rays_race import Difference, figures, race
from benchmarks.relief_city import City, city
from benchmarks.synthetic_city import directions

TO_LIGHT = directions(60, 40).astype(np.float32)


@pytest.fixture(scope="module")
def town() -> City:
    return city(400.0, 400)


@pytest.fixture(scope="module")
def bvh(town: City) -> raytrace.Bvh:
    return _rays_scenes.build(town)


@pytest.fixture(scope="module")
def sensors(town: City, bvh: raytrace.Bvh) -> _rays_points.Points:
    return _rays_points.exposed(bvh, _rays_points.windows(town, 10.0)[0])


@pytest.mark.parametrize("order", [_rays_points.kd64, _rays_points.kd16, _rays_points.morton_and_view])
def test_orders_are_permutations_that_keep_neighbours(order: _rays_points.Order, sensors: _rays_points.Points) -> None:
    found = order(sensors)
    assert np.array_equal(np.sort(found), np.arange(len(sensors.points)))
    step = np.linalg.norm(np.diff(sensors.points[found], axis=0), axis=1).mean()
    assert step < np.linalg.norm(sensors.points - sensors.points.mean(axis=0), axis=1).mean() / 2.0


def test_kd_runs_are_boxes_of_equal_number() -> None:
    points = np.random.default_rng(0).random((1000, 3))
    order = _rays_points.kd_order(points, 16)
    volume = [np.prod(np.ptp(points[order[k : k + 16]], axis=0)) for k in range(0, 992, 16)]
    assert np.mean(volume) < 2.0 * 16 / 1000


def facing(normals: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """(P, D): normal · direction > 0 in float64 from float32, in Python's own floats."""
    rows = [[sum(float(n[k]) * float(d[k]) for k in range(3)) > 0.0 for d in directions] for n in normals]
    return np.array(rows)


@pytest.mark.parametrize("by_point", [False, True])
def test_facing_rays_are_the_pairs_in_front(by_point: bool, sensors: _rays_points.Points) -> None:
    """Right angles included (axis-parallel normals and directions); each pair once, with its own rays."""
    normals = np.concatenate([sensors.normals[:40], np.eye(3, dtype=np.float32), [[0.6, 0.8, 0.0]]]).astype(np.float32)
    points = np.random.default_rng(0).random(normals.shape).astype(np.float32)
    towards = np.concatenate([TO_LIGHT[:30], np.eye(3), -np.eye(3), [[-0.8, 0.6, 0.0]]]).astype(np.float32)
    try:
        chosen = _embree_packets.facing_rays(points, normals, towards, by_point)
    except _embree_packets.Unavailable as reason:
        pytest.skip(str(reason))
    expected = facing(normals, towards)
    found = np.zeros_like(expected)
    found[chosen.point, chosen.direction] = True
    assert np.array_equal(found, expected) and len(chosen.point) == expected.sum()
    assert np.array_equal(chosen.rays.origin, points[chosen.point])
    if by_point:
        assert np.array_equal(chosen.rays.direction, towards[chosen.direction])
        assert (np.diff(chosen.point) >= 0).all()
    else:
        assert np.array_equal(chosen.rays.group_end, np.cumsum(expected.sum(axis=0)))
        assert (np.diff(chosen.direction) >= 0).all()


def test_every_plan_gives_the_same_answer(town: City, bvh: raytrace.Bvh, sensors: _rays_points.Points) -> None:
    """Points and directions sorted in any way come back in the caller's order; embreex agrees."""
    mine = raytrace.bits.unpack(raytrace.visible(bvh, sensors.points, sensors.normals, TO_LIGHT), len(TO_LIGHT))
    assert 0.1 < mine.mean() < 0.9
    peers = [_rays_peers.embreex_peer(town.vertices, town.triangles)]
    try:
        scene = _embree_packets.build(town.vertices, town.triangles)
        peers += [_rays_peers.packet_peer(scene, plan, 2) for plan in _rays_peers.PLANS]
    except _embree_packets.Unavailable:
        assert len(peers) == 1
    for peer in peers:
        answer = peer(sensors, TO_LIGHT)
        assert answer.rays == facing(sensors.normals, TO_LIGHT).sum()
        assert (answer.seen != mine).sum() <= 2


def test_race_lists_what_differs(bvh: raytrace.Bvh, sensors: _rays_points.Points) -> None:
    """A peer that denies two pairs is caught at just these."""
    mine = raytrace.bits.unpack(raytrace.visible(bvh, sensors.points, sensors.normals, TO_LIGHT), len(TO_LIGHT))
    p, d = (index[[3, -5]] for index in np.nonzero(mine))

    def liar(_: _rays_points.Points, __: np.ndarray) -> _rays_peers.Answer:
        seen = mine.copy()
        seen[p, d] = False
        return _rays_peers.Answer(seen, seen.size // 2, 1.0)

    result = race(bvh, liar, [sensors, _rays_points.take(sensors, np.empty(0, int))], TO_LIGHT, 2)
    assert np.array_equal(result.different.point, sensors.points[p])
    assert np.array_equal(result.different.direction, TO_LIGHT[d])
    assert result.different.ours_sees.all() and result.visible == mine.sum() and result.embree_cpu_s == 1.0
    assert figures(result, fair=True)["ratio"] == pytest.approx(1.0 / result.ours_cpu_s)
    assert "ratio" not in figures(result, fair=False)


def test_segment_distance_against_dense_sampling() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 50, 3))
    d = np.array([0.48, 0.6, 0.64])
    share = np.linspace(0.0, 1.0, 20_001)[:, None]
    for k, found in enumerate(_rays_agreement.segment_distance(a, b, d)):
        at = a[k] + share * (b[k] - a[k])
        off = np.linalg.norm(at - np.maximum(at @ d, 0.0)[:, None] * d, axis=1)
        assert found == pytest.approx(off.min(), abs=2e-4) and found <= off.min() + 1e-12


def test_margin_of_rays_known_by_hand() -> None:
    """Right triangle at z = 2: 3 mm inside its edge along y, and from a start 0.2 mm below its middle."""
    vertices = np.array([(0, 0, 2), (1, 0, 2), (0, 1, 2), (50, 50, 50), (51, 50, 50), (50, 51, 50)], float)
    scene = _rays_agreement.balls(vertices, np.array([(0, 1, 2), (3, 4, 5)]))
    up = np.array([0.0, 0.0, 1.0])
    through = _rays_agreement.margin(scene, np.array([0.003, 0.5, 0.0]), up)
    assert through.edge_m == pytest.approx(0.003) and through.start_m == pytest.approx(2.0)
    start = _rays_agreement.margin(scene, np.array([0.25, 0.25, 2.0 - 2.0e-4]), up)
    assert start.start_m == pytest.approx(2.0e-4, abs=1e-7) and start.edge_m == pytest.approx(0.25, abs=1e-6)
    assert _rays_agreement.margin(scene, np.array([20.0, 0.0, 0.0]), up) == Margin(np.inf, np.inf)


def test_differences_are_counted_by_margin_and_the_farthest_listed_first() -> None:
    vertices = np.array([(0, 0, 2), (1, 0, 2), (0, 1, 2)], float)
    scene = _rays_agreement.balls(vertices, np.array([(0, 1, 2)]))
    x = np.array([5e-6, 5e-5, 5e-4, 0.1])
    point = np.stack([x, np.full(4, 0.5), np.zeros(4)], axis=1)
    different = Difference(point, np.tile([0.0, 0.0, 1.0], (4, 1)), np.array([True, False, False, True]))
    told = _rays_agreement.explain(scene, different, listed=2)
    assert (told["within_1e-05_m"], told["within_1e-04_m"], told["within_1e-03_m"]) == (1, 2, 3)
    assert told["different"] == told["measured"] == 4 and told["we_see"] == 2
    assert [row["edge_m"] for row in told["farthest"]] == pytest.approx([0.1, 5e-4])


def test_without_a_compiler_no_ratio(
    town: City, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise _embree_packets.Unavailable("no g++ here")

    monkeypatch.setattr(_embree_packets, "build", missing)
    contest = rays.prepare(town, _rays_points.windows(town, 20.0), TO_LIGHT, 1, 2)
    written = rays.measure(town, contest, TO_LIGHT, 1, split=True)
    assert "no g++ here" in capsys.readouterr().out
    assert "ratio" not in written["all"] and "all_in_ratio" not in written
    assert written["all"]["different_bits"] <= 2
    assert sum(row["directions"] for row in written["by_band"].values()) == len(TO_LIGHT)
    assert sum(row["points"] for row in written["by_kind"].values()) == written["points"]
    assert any("–" in line for line in rays.table(written, 2))


def test_without_any_peer_it_says_what_to_install(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rays.importlib.util, "find_spec", lambda _: None)
    _embree_packets.library.cache_clear()
    with pytest.raises(SystemExit, match=r"embreex is not installed; `python3 run.py test` installs it"):
        rays.prepare(town, _rays_points.windows(town, 20.0), TO_LIGHT, 1, 2)


def test_growth_of_a_logarithmic_cost() -> None:
    """Two nanoseconds a doubling are found again."""
    rows = [{"triangles": 1000 * 2**k, "cpu_ns_per_pair": 5.0 + 2.0 * k} for k in range(5)]
    grown = scaling.growth(rows)
    assert grown["cpu_ns_per_doubling"] == pytest.approx(2.0)
    assert grown["cost_largest_to_smallest"] == pytest.approx(13.0 / 5.0)


def test_cosine_directions_have_their_density() -> None:
    """Mean cosine to the normal is 2/3, and none points below the plane."""
    normals = np.tile(np.array([[0.6, 0.0, 0.8]], np.float32), (20_000, 1))
    cosine = (closest.cosine_directions(normals) * normals).sum(axis=1)
    assert cosine.min() > 0.0 and cosine.mean() == pytest.approx(2.0 / 3.0, abs=0.01)


def test_hits_compared_by_kind_of_difference() -> None:
    told = closest.compare(
        np.array([3, -1, 4, 5, 6], np.int32),
        np.array([1.0, np.inf, 2.0, 3.0, 4.0], np.float32),
        np.array([3, 2, 7, 5, -1], np.int32),
        np.array([1.0, 9.0, 2.0, 3.5, np.inf], np.float32),
    )
    assert told == {"rays": 5, "hits": 4, "hit_or_miss": 2, "distance": 1, "triangle": 1}


def test_both_races_of_the_other_rays(town: City, bvh: raytrace.Bvh, sensors: _rays_points.Points) -> None:
    """Pairs meet their own answers, whatever the order."""
    try:
        scene = _embree_packets.build(town.vertices, town.triangles)
    except _embree_packets.Unavailable as reason:
        pytest.skip(str(reason))
    any_hit = closest.incoherent(bvh, scene, [sensors, sensors], 1, 2)
    assert any_hit["rays"] == 2 * len(sensors.points) and 0.1 < any_hit["occluded_share"] < 0.9
    assert any_hit["different"] <= 1
    towards = TO_LIGHT[::10]
    hits = closest.job(bvh, scene, [sensors], towards, 1, 2)
    _embree_packets.release(scene)
    in_front = int((sensors.normals.astype(np.float64) @ towards.T.astype(np.float64) > 0.0).sum())
    assert abs(hits["rays"] - in_front) <= 1e-4 * in_front and 0 < hits["hits"] < hits["rays"]
    assert hits["hit_or_miss"] <= 1 and hits["distance"] <= 1 and hits["triangle"] < 0.02 * hits["hits"]
    assert len(closest.table({"incoherent": any_hit, "job": hits})) == 4


def test_cells_hold_every_point_once(sensors: _rays_points.Points, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closest, "CELL", 64)
    made = list(closest.cells([sensors]))
    assert len(made) > 1 and max(len(cell.points) for cell in made) <= 64
    together = np.concatenate([np.hstack([cell.points, cell.normals]) for cell in made])
    alone = np.hstack([sensors.points, sensors.normals])
    assert np.array_equal(together[np.lexsort(together.T)], alone[np.lexsort(alone.T)])


def test_receivers_of_a_job() -> None:
    """Every exposed receiver of the demo's fullest cell, and the walls that cast on them."""
    demo = Path(__file__).parents[1] / "twin" / "data" / "demo" / "LoD2_32_364_5650_1_NW.gml.gz"
    mesh, (piece,) = _rays_scenes.of_job([demo], [], None, 8.0)
    counts = np.bincount(piece.kind, minlength=3)
    assert (counts > 50).all() and len(counts) == 3
    assert np.allclose(piece.normals[piece.kind == 2], [0.0, 0.0, 1.0])
    assert 5_000 < len(mesh.triangles) < 6_000 and mesh.closed.mean() > 0.8
    inside = (piece.points > mesh.vertices.min(axis=0) - 60.0) & (piece.points < mesh.vertices.max(axis=0) + 60.0)
    assert inside.all()


@pytest.mark.shared
def test_real_tile(shared_data: Path) -> None:
    """Roofs and façades of an official tile; nearly all of its buildings are proven closed."""
    mesh = _rays_scenes.real([shared_data / "citygml" / "nw" / "LoD2_32_327_5727_1_NW.gml.gz"])
    assert mesh.closed.mean() > 0.9
    assert {0, 1} <= set(np.unique(mesh.kind).tolist()) <= {0, 1, 3}
    pieces = _rays_points.whole(mesh, 8.0)
    assert sum(len(piece.points) for piece in pieces) > 300
