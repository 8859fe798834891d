"""The error bounds of raytrace/margins.py against exact arithmetic, in the kernels' own numbers.

The fast kernel's edge functions of real packets, quads and directions are compared with those of the exact corners in
long double, and with those of the exact test (triangle.py) with its float32 shear. The difference has to stay within
the tolerance that the kernel states for that edge. Largest share of the tolerance seen: 0.02 at edges, 0.10 at planes,
less than a quarter for boxes and facing.
"""

from __future__ import annotations

import numba
import numpy as np
import pytest
from oracles import packet_reading
from oracles.packet_reading import EXTENDED, NAMES, Reading, unit

import raytrace
from raytrace import bits, fast, margins, simd, triangle, walk, work
from raytrace.visible import visible_plain

pytestmark = pytest.mark.skipif(not simd.AVAILABLE, reason="the fast kernel does not run here")

EPSILON = 2.0**-24


@pytest.fixture(
    scope="module", params=[(name, seed) for name in NAMES for seed in (0, 1)], ids=lambda p: f"{p[0]} {p[1]}"
)
def reading(request: pytest.FixtureRequest) -> Reading:
    return packet_reading.read(packet_reading.case(*request.param))


def test_edge_functions_stay_within_their_tolerance(reading: Reading) -> None:
    """Against the exact corners and against the exact test, at every edge, point and direction."""
    sheared = packet_reading.sheared_corners(reading)
    allowed = packet_reading.tolerance(reading, sheared)
    worst = 0.0
    for d in range(len(reading.directions)):
        value = reading.value[d].astype(EXTENDED) - allowed[d][..., None]
        for theirs in (
            packet_reading.exact_edges(reading, d, sheared),
            packet_reading.edges_of_the_exact_test(reading, d),
        ):
            worst = max(worst, float((np.abs(value - theirs) / allowed[d][..., None]).max()))
    assert 1.0e-4 < worst < 0.5


def test_tolerances_are_the_stated_ones(reading: Reading) -> None:
    """E, its products and the planes' tolerance are at least what margins.py derives, from exact corners."""
    q0, q1, q2, q3 = reading.corner.transpose(1, 0, 2)
    far = np.linalg.norm((reading.corner - reading.centre).astype(np.float64), axis=2).max(axis=1)
    steep = float(np.abs(reading.slope).sum(axis=1).max())
    normal = np.cross(q2 - q0, q3 - q1).astype(np.float64)
    size = np.linalg.norm(normal, axis=1)
    warp = np.abs(((q1 - q0).astype(np.float64) * normal).sum(axis=1)) / size
    least = 32.0 * EPSILON * (1.0 + steep) ** 2 * far + (1.0 + steep) * warp
    assert (0.5 * reading.rows[work.TWICE_ERROR] >= least * (1.0 - 1.0e-5)).all()
    longest = np.linalg.norm((reading.corner - np.roll(reading.corner, 1, axis=1)).astype(np.float64), axis=2).max(
        axis=1
    )
    plane = size * (32.0 * EPSILON * far + 2.0 * warp) + 9.0 * EPSILON * longest**3
    assert (reading.rows[work.LEVEL_ERROR] >= plane * (1.0 - 1.0e-5)).all()
    sheared = packet_reading.sheared_corners(reading)
    allowed = packet_reading.tolerance(reading, sheared)
    turned = (reading.points - reading.centre) @ reading.axes.T
    for d, slope in enumerate(reading.slope):
        seen = sheared[d][:, :, None] - (turned[:, :2] - slope * turned[:, 2:])
        norm = np.linalg.norm(seen.astype(np.float64), axis=3)
        both = reading.rows[work.TWICE_ERROR][:, None, None] * (norm + np.roll(norm, -1, axis=1))
        assert (allowed[d][..., None] >= both * (1.0 - 1.0e-5)).all()


def test_planes_stay_within_their_tolerance(reading: Reading) -> None:
    """How far each point lies behind each quad's plane, times twice the quad's area, as the kernel sums it."""
    q0, q1, q2, q3 = reading.corner.transpose(1, 0, 2)
    behind = (np.cross(q2 - q0, q3 - q1)[:, None] * (q0[:, None] - reading.points)).sum(axis=2)
    normal, level = reading.rows[work.NORMAL : work.NORMAL + 3], reading.rows[work.LEVEL]
    u, v, w = reading.lanes
    summed = normal[0][:, None] * u + (normal[1][:, None] * v + normal[2][:, None] * w)
    error = np.abs(level[:, None] - summed - behind)
    worst = float((error / reading.rows[work.LEVEL_ERROR][:, None]).max())
    assert 1.0e-5 < worst < 0.6


@numba.njit
def _exact_hits(corner, one_sided, pair, points, direction, hit):  # type: ignore[no-untyped-def]
    """Points (C, 64) whose ray is blocked by either triangle of each candidate."""
    box, shaft = np.empty((1, 6), np.float32), np.empty(6, np.float32)
    frame = triangle.frame_of(direction)
    for c in range(pair.shape[1]):
        for p in range(len(points)):
            for half in range(2):
                t = pair[half, c]
                if t >= 0:
                    distance, back = triangle.hit_distance(points[p], corner, t, frame, box, shaft)
                    hit[c, p] |= distance < np.inf and (back or not one_sided[t])


def test_what_is_sure_is_so(reading: Reading) -> None:
    """What the kernel is certain of, the exact test blocks; what the exact test blocks, the kernel keeps."""
    allowed = packet_reading.tolerance(reading, packet_reading.sheared_corners(reading)).max(axis=2)
    corner, one_sided = reading.scene
    points = reading.points.astype(np.float32)
    _, twin = np.unique(reading.pair.max(axis=0), return_inverse=True)
    n_hits = n_certain = 0
    for d, direction in enumerate(reading.directions.astype(np.float32)):
        hit = np.zeros((len(allowed[0]), 64), bool)
        _exact_hits(corner, one_sided, reading.pair, points, direction, hit)
        least = reading.value[d].min(axis=1)
        certain = (least >= 2.001 * allowed[d][:, None].astype(np.float64)) & reading.sure
        assert not (certain & ~hit).any()
        kept = np.zeros((twin.max() + 1, 64), bool)
        np.logical_or.at(kept, twin, (least >= 0.0) & reading.maybe)
        assert not (hit & ~kept[twin]).any()
        n_hits, n_certain = n_hits + int(hit.sum()), n_certain + int(certain.sum())
    assert n_hits > 50


def test_facing() -> None:
    """normal · direction close to zero, summed in float32 in any order, is off by less than a quarter of FACING."""
    rng = np.random.default_rng(3)
    normal = unit(rng.normal(size=(200_000, 3)) * 10.0 ** rng.integers(-3, 1, (200_000, 3))).astype(np.float32)
    tilt = rng.choice([0.0, 1.0e-7, 1.0e-6, 1.0], (200_000, 1)) * rng.normal(size=(200_000, 1))
    direction = unit(np.cross(normal, rng.normal(size=(200_000, 3))) + tilt * normal).astype(np.float32)
    exact = (normal.astype(EXTENDED) * direction).sum(axis=1)
    x, y, z = (normal * direction).T
    largest = max(float(np.abs(value - exact).max()) for value in (x + (y + z), (x + y) + z, (x + z) + y))
    assert EPSILON < largest < 0.25 * margins.FACING


@numba.njit
def _met(bvh, packets, bundled, margin):  # type: ignore[no-untyped-def]
    """Children of node 0 that the walk keeps for one packet and one bundle: (number, stack)."""
    space = work.workspace()
    scene, at = work.scene_of(bvh, packets, bundled, margin), work.addresses(space)
    for a in range(3):
        low, high = fast.range_of(scene.packet, a * scene.columns)
        at.centre[a] = np.float32(0.5) * (low + high)
    at.normal[3] = np.float32(0.0)
    for k in range(bundled.size[0]):
        at.open[k] = np.uint64(0xFFFFFFFFFFFFFFFF)
    fast.choose_frame(scene, 0, 0, 0, bundled.size[0], at)
    fast.place_points(scene, 0, 0, at)
    fast.bounds(scene, 0, bundled.size[0], at)
    return walk.visit_node(scene, 0, 0, at, 0), space.stack


def node_of(one: raytrace.Bvh, lower: np.ndarray, upper: np.ndarray) -> raytrace.Bvh:
    """``one`` with a root whose sixteen children have these boxes (16, 3); nothing below it is read."""
    box = np.concatenate([lower.T, upper.T]).astype(np.float32)[None]
    return one._replace(node_box=np.ascontiguousarray(box), child=np.arange(1, 17, dtype=np.int32)[None])


def test_node_boxes_touched_by_a_ray_are_met() -> None:
    """Boxes whose face, edge or corner lies on the ray, up to its own rounding, far from the origin and far from the
    point: all are met, and without the margin some are not."""
    rng = np.random.default_rng(4)
    missed = {0.0: 0, 0.25: 0, 1.0: 0}
    triangle_alone = raytrace.build(np.eye(3), np.array([[0, 1, 2]]))
    for _ in range(400):
        direction = unit(rng.normal(size=3) * 10.0 ** rng.uniform(-4.0, 0.0, 3)).astype(np.float32)
        point = (rng.normal(size=3) * 10.0 ** rng.uniform(0.0, 5.5)).astype(np.float32)
        step = 10.0 ** rng.uniform(0.0, 3.5, (16, 1))
        touched = (point.astype(np.float64) + step * direction).astype(np.float32).astype(np.float64)
        extent = rng.choice([0.0, 0.3, 7.0, 200.0], (16, 3)) * rng.random((16, 3))
        below = rng.random((16, 3)) < 0.5
        lower = np.where(below, touched - extent, touched).astype(np.float32)
        upper = np.where(below, touched, touched + extent).astype(np.float32)
        largest = max(np.abs(lower).max(), np.abs(upper).max(), np.abs(point).max())
        packets = np.zeros((6, 64), np.float32)
        packets[:3] = point[:, None]
        bvh, bundled = node_of(triangle_alone, lower, upper), packet_reading.one_bundle(direction[None])
        for share in missed:
            height, _ = _met(bvh, packets, bundled, np.float32(share * margins.BOX * largest))
            missed[share] += 16 - height
    assert missed[0.0] > 0
    assert missed[1.0] == 0


# --- what the bounds are for: the fast kernel equals the plain one where they are needed --------------------------


def same_by_both_kernels(
    bvh: raytrace.Bvh, points: np.ndarray, normals: np.ndarray, directions: np.ndarray
) -> np.ndarray:
    """The answer of both kernels (P, D) bool, one bit a ray."""
    fast = raytrace.visible(bvh, points, normals, directions)
    assert np.array_equal(fast, visible_plain(bvh, points, normals, directions))
    return bits.unpack(fast, len(directions))


@pytest.mark.parametrize("width_m", [2.0e-3, 0.05, 1.0])
def test_fast_is_plain_for_needles_a_kilometre_away(width_m: float) -> None:
    """120 m long, up to 0.1 mm of a turn wide; the receivers stand within metres, as those of one roof do."""
    rng = np.random.default_rng(8)
    away = unit(rng.normal(size=(220, 3)))
    foot = 1000.0 * away
    across = np.cross(away, unit(rng.normal(size=(220, 3))))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    thin = np.cross(away, across) * width_m
    tips = np.stack(
        [foot - 60.0 * across, foot + 60.0 * across, foot - 60.0 * across + thin, foot + 60.0 * across + thin], 1
    )
    first = 4 * np.arange(220)[:, None]
    triangles = np.concatenate([first + [0, 1, 3], (first + [0, 3, 2])[:150]])
    points = rng.uniform(-0.5, 0.5, (256, 3)) * [4.0, 4.0, 0.02]
    slid = foot + rng.uniform(-50.0, 50.0, (220, 1)) * across + 0.5 * thin - points[rng.integers(0, 256, 220)]
    directions = slid / np.linalg.norm(slid, axis=1, keepdims=True)
    scene = tips.reshape(-1, 3), triangles, points, np.tile([0.0, 0.0, 1.0], (256, 1)), directions
    bvh = raytrace.build(*scene[:2])
    seen = same_by_both_kernels(bvh, *scene[2:])
    front = scene[3] @ directions.astype(np.float32).astype(np.float64).T > 0.0
    assert (front & ~seen).sum() >= 100


@pytest.mark.parametrize("turn", ["level", "tilted"])
def test_fast_is_plain_in_stacks_of_bent_sheets(turn: str) -> None:
    """Sheets of quads bent by up to 1 mm, in one plane or tenths of a millimetre apart, seen edge-on and otherwise from
    points in, on and between them: planes, warps and sides are in doubt at once."""
    rng = np.random.default_rng(9)
    axes = np.eye(3) if turn == "level" else np.linalg.qr(rng.normal(size=(3, 3)))[0]
    x, y = np.meshgrid(np.arange(7.0), np.arange(7.0), indexing="ij")
    i, j = (k.ravel() for k in np.meshgrid(np.arange(6), np.arange(6), indexing="ij"))
    square = np.stack([7 * i + j, 7 * i + 7 + j, 7 * i + 8 + j, 7 * i + j + 1], axis=1)
    cells = np.concatenate([square[:, [0, 1, 2]], square[:, [0, 2, 3]]])
    vertices, triangles = [], []
    for sheet, height in enumerate([0.0, 0.0, 0.0, 1.0e-5, 1.0e-4, 3.0e-4, 1.0e-3, 2.0e-3, 5.0e-3]):
        bend = rng.uniform(-4.0e-4, 4.0e-4, x.size) * (sheet % 3 > 0)
        flat = np.stack([x.ravel(), y.ravel()], axis=1) * rng.uniform(0.5, 1.5) - rng.uniform(0.0, 3.0, 2)
        vertices.append(np.concatenate([flat, height + bend[:, None]], axis=1))
        triangles.append((cells if sheet % 2 else cells[:, ::-1]) + 49 * sheet)
    level = np.repeat([0.0, 1.0e-5, 2.0e-4, -3.0e-4, 1.0e-3, -2.0e-3], 64)
    points = np.concatenate([rng.uniform(-8.0, 8.0, (384, 2)), level[:, None] + rng.normal(0.0, 1.0e-5, (384, 1))], 1)
    azimuth = rng.uniform(0.0, 2.0 * np.pi, 150)
    slope = rng.choice([0.0, 1.0e-7, 1.0e-6, 1.0e-5, 1.0e-4, 1.0e-3, 0.1, 1.0], 150) * rng.choice([-1.0, 1.0], 150)
    directions = np.stack([np.cos(azimuth), np.sin(azimuth), slope], axis=1)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    normals = np.where((np.arange(384) % 3 == 0)[:, None], [0.0, 0.0, 1.0], unit(rng.normal(size=(384, 3))))
    vertices, triangles = np.concatenate(vertices) @ axes, np.concatenate(triangles)
    for closed in (None, np.ones(len(triangles), bool), rng.random(len(triangles)) < 0.5):
        rays = points @ axes, normals @ axes, directions @ axes
        seen = same_by_both_kernels(raytrace.build(vertices, triangles, closed=closed), *rays)
        front = normals @ directions.T > 0.0
        assert 0.02 < seen[front].mean() < 0.98


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("distance_m", [50.0, 400.0])
def test_fast_is_plain_for_small_closed_faces_seen_edge_on(distance_m: float, seed: int) -> None:
    """Triangles and flat quads of 5 cm to 1 m, far away and closed, met by rays within their planes or tilted by up to
    1e-3: which side they show is noise, and a point may lie in front of a plane and yet see its back."""
    rng = np.random.default_rng(12 + seed)
    points = rng.uniform(-0.5, 0.5, (320, 3))
    away = unit(rng.normal(size=(240, 3)))
    across = np.cross(away, unit(rng.normal(size=(240, 3))))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    size = 10.0 ** rng.uniform(-1.3, 0.0, (240, 1))
    place = distance_m * rng.uniform(0.5, 1.0, (240, 1)) * away
    corners = [place, place + size * away, place + size * (away + across), place + size * across]
    vertices = np.stack(corners, axis=1).reshape(-1, 3).astype(np.float32).astype(np.float64)
    first = 4 * np.arange(240)[:, None]
    triangles = np.concatenate([first + [0, 1, 2], (first + [0, 2, 3])[:120]])
    target = vertices.reshape(-1, 4, 3)[:, [0, 1, 2]].mean(axis=1)
    normal = np.cross(away, across)
    tilt = rng.choice([0.0, 1.0e-7, 1.0e-6, 1.0e-5, 1.0e-4, 1.0e-3], (240, 1)) * rng.choice([-1.0, 1.0], (240, 1))
    directions = target - points[rng.integers(0, 320, 240)] * rng.choice([0.0, 1.0e-3, 1.0], (240, 1))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # Half of the points are moved onto the rays themselves, up to rounding.
    step = np.linalg.norm(target, axis=1, keepdims=True)
    on_ray = (target - step * directions)[:200] + tilt[:200] * normal[:200] * size[:200]
    points[:200] = on_ray
    scene = vertices, triangles, points, np.repeat(unit(rng.normal(size=(5, 3))), 64, axis=0), directions
    blocked = 0
    for closed in (np.ones(len(triangles), bool), rng.random(len(triangles)) < 0.5):
        bvh = raytrace.build(*scene[:2], closed=closed)
        seen = same_by_both_kernels(bvh, *scene[2:])
        front = scene[3] @ directions.T > 0.0
        blocked += (front & ~seen).sum()
    assert blocked > 100


def test_fast_is_plain_where_a_packet_lies_around_small_faces() -> None:
    """64 points up to 150 m from their middle, where triangles of centimetres stand whose rims their rays meet: the
    exact test sees those from afar, the fast kernel from near by."""
    rng = np.random.default_rng(31)
    blocked = 0
    for _ in range(40):
        place = rng.normal(0.0, 0.3, (60, 1, 3)) + rng.normal(0.0, 0.05, (60, 3, 3))
        corner = place.astype(np.float32).astype(np.float64)
        cone = unit(rng.normal(size=(1, 3))) + 0.15 * rng.normal(size=(24, 3))
        directions = cone / np.linalg.norm(cone, axis=1, keepdims=True)
        rims = corner[rng.integers(0, 60, 64)]
        share, step = rng.random((64, 1)), rng.uniform(-150.0, 150.0, (64, 1))
        points = share * rims[:, 0] + (1.0 - share) * rims[:, 1] - step * directions[np.arange(64) % 24]
        scene = (
            corner.reshape(-1, 3),
            np.arange(180).reshape(-1, 3),
            points,
            np.repeat(directions[:1], 64, 0),
            directions,
        )
        bvh = raytrace.build(*scene[:2])
        seen = same_by_both_kernels(bvh, *scene[2:])
        blocked += int((~seen).sum())
    assert blocked > 400


def test_fast_is_plain_for_points_in_a_tilted_face() -> None:
    """A rectangle, and points in it as well as float32 can tell; frames lie in its plane, so its depth is noise."""
    rng = np.random.default_rng(32)
    blocked = 0
    for trial in range(24):
        axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        a, b = 10.0 ** rng.uniform(-0.5, 1.5) * axes[:2]
        corner = np.array([-a - b, a - b, a + b, b - a]) + (trial % 2) * rng.uniform(-1.0, 1.0, 3)
        corner = corner.astype(np.float32).astype(np.float64)
        triangles = np.array([[0, 1, 2], [0, 2, 3]])[: 1 + trial % 3 % 2]
        points = rng.dirichlet(np.ones(3), 300) @ corner[:3]
        normals = np.where(rng.random((300, 1)) < 0.5, axes[2], -axes[2])
        directions = np.concatenate([unit(rng.normal(size=(12, 3))), axes[2:], -axes[2:]])
        rays = np.repeat(points, 64, axis=0), np.repeat(normals, 64, axis=0), directions
        bvh = raytrace.build(corner, triangles, closed=np.full(len(triangles), trial % 4 > 1))
        seen = same_by_both_kernels(bvh, *rays)
        front = normals @ directions.astype(np.float32).T > 0.0
        blocked += int((front & ~seen[::64]).sum())
    assert blocked > 1000
