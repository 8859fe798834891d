"""What float32 does to visibility: local origin, offset from the surface, slim triangles, and how much is in doubt.

python docs/design/0010_precision.py

One window of the relief city, points 1 m apart, every eighth of a year's directions; strips of their own for slimness.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numba
import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks import _rays_points, relief_city
from benchmarks._rays_points import OFFSET_M, Points
from benchmarks.relief_city import City
from benchmarks.synthetic_city import directions
from raytrace import bundles, check, fast, first_packet, order, shear, walk, work
from raytrace.visible import node_margin, visible_plain

UTM = (445_000.0, 5_549_000.0, 110.0)
EVERY = 8
STRIPS = 100
PACKET = 64
FACING, DOUBTED, ASKED, BLOCKED, PLANE, EDGE_ON = range(6)


def main() -> None:
    """Print the tables of the record."""
    numba.set_num_threads(1)
    mesh = relief_city.city()
    scene = raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)
    sensors = _rays_points.exposed(scene, _rays_points.windows(mesh, 1.0)[0])
    to_light = directions(800, 577)[::EVERY].astype(np.float32)
    print(f"{len(sensors.points):,} points × {len(to_light)} directions")
    origins(mesh, sensors, to_light)
    offsets(scene, sensors, to_light)
    doubts(scene, sensors, to_light)
    strips()


def facing(sensors: Points, to_light: npt.NDArray[np.float32]) -> int:
    """Pairs whose direction lies in front of the point's plane."""
    return int((sensors.normals.astype(np.float64) @ to_light.astype(np.float64).T > 0.0).sum())


def origins(mesh: City, sensors: Points, to_light: npt.NDArray[np.float32]) -> None:
    """The same city about origins that lie farther and farther away."""
    total, reference = facing(sensors, to_light), None
    print("origin east, north of the city [m]: coordinates' spacing [m], facing pairs answered differently")
    for shift in ((0.0, 0.0, 0.0), (5e3, 5e3, 0.0), (20e3, 20e3, 0.0), (50e3, 50e3, 0.0), UTM):
        with far_coordinates():
            bvh = raytrace.build(mesh.vertices + shift, mesh.triangles, mesh.closed)
            bits = raytrace.visible(bvh, sensors.points.astype(np.float64) + shift, sensors.normals, to_light)
        reference = bits if reference is None else reference
        spacing = np.spacing(np.float32(max(shift[:2]) or 1000.0))
        print(f"{shift[0]:9.0f} {shift[1]:9.0f}  {spacing:8.1e}  {different(reference, bits) / total:9.2e}")


@contextmanager
def far_coordinates() -> Iterator[None]:
    """Lets coordinates pass that the package refuses."""
    kept, check.MAX_COORDINATE_M = check.MAX_COORDINATE_M, 1.0e7
    try:
        yield
    finally:
        check.MAX_COORDINATE_M = kept


def different(one: npt.NDArray[np.uint64], two: npt.NDArray[np.uint64]) -> int:
    """Bits that differ."""
    return int(np.bitwise_count(one ^ two).sum())


def offsets(scene: raytrace.Bvh, sensors: Points, to_light: npt.NDArray[np.float32]) -> None:
    """Points nearer to and farther from their surface than 1 cm."""
    total = facing(sensors, to_light)
    normal = sensors.normals.astype(np.float64)
    surface = sensors.points.astype(np.float64) - OFFSET_M * normal
    seen = raytrace.visible(scene, sensors.points, sensors.normals, to_light)
    print("offset [m]: share of the facing pairs that 1 cm sees and this one does not, and the other way round")
    for offset in (0.0, 1e-5, 1e-4, 1e-3, 5e-3, 2e-2, 5e-2, 1e-1):
        bits = raytrace.visible(scene, surface + offset * normal, sensors.normals, to_light)
        lost, won = (int(np.bitwise_count(a & ~b).sum()) / total for a, b in ((seen, bits), (bits, seen)))
        print(f"{offset:9.5f}  {lost:8.4%}  {won:8.4%}")


def strips() -> None:
    """Receivers 1 cm off a lone triangle of length L and width w: which of them shade themselves?"""
    rng = np.random.default_rng(0)
    print(f"L²/w [m], L [m], w [mm]: 9ε L²/w [mm], strips of {STRIPS} with a receiver in its own shadow, share of the")
    print("pairs in it, pairs that the fast kernel answers differently")
    for slimness in (2e4, 1e5, 3e5, 1e6, 3e6):
        for length in (10.0, 100.0, 300.0):
            width = length**2 / slimness
            shaded, differ = np.array([shade_of_strip(rng, length, width) for _ in range(STRIPS)]).T
            print(
                f"{slimness:8.0f} {length:4.0f} {1e3 * width:9.2f}  {9e3 * 2.0**-24 * slimness:8.3f}  "
                f"{(shaded > 0).sum():3d}  {shaded.mean() / PACKET**2:7.1e}  {differ.sum():3d}"
            )


def shade_of_strip(rng: np.random.Generator, length: float, width: float) -> tuple[int, int]:
    """Pairs in their own shadow by the rule, and pairs that the fast kernel answers differently; turned at random."""
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    if np.linalg.det(axes) < 0.0:
        axes[2] = -axes[2]
    place = rng.uniform(-100.0, 100.0, 3)
    corner = (place + np.array([(0, 0, 0), (length, 0, 0), (rng.uniform(0, length), width, 0)]) @ axes).astype(
        np.float32
    )
    share = rng.dirichlet((1.0, 1.0, 1.0), PACKET)
    a, b, c = corner.astype(np.float64)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal)
    to_light = rng.normal(size=(PACKET, 3))
    to_light *= np.sign(to_light @ normal)[:, None] / np.linalg.norm(to_light, axis=1)[:, None]
    points = share @ corner.astype(np.float64) + OFFSET_M * normal
    asked = raytrace.build(corner, [(0, 1, 2)]), points, np.tile(normal, (PACKET, 1)), to_light
    rule, fast_one = visible_plain(*asked), raytrace.visible(*asked)
    return PACKET * PACKET - int(np.bitwise_count(rule).sum()), different(rule, fast_one)


def doubts(scene: raytrace.Bvh, sensors: Points, to_light: npt.NDArray[np.float32]) -> None:
    """How many pairs the filter hands to the exact test."""
    rows = order.packet_order(sensors.points, sensors.normals)
    rows = rows[: len(rows) // PACKET * PACKET]
    packets = np.ascontiguousarray(np.concatenate([sensors.points[rows], sensors.normals[rows]], axis=1).T)
    tally = np.zeros(6, np.int64)
    _all(scene, packets, bundles.bundles(to_light), node_margin(scene, sensors.points), work.workspace(), tally)
    print(f"facing pairs {tally[FACING]:,}; in a million of them")
    for what, row in (
        ("tests of a point against a quad that the bound leaves open", DOUBTED),
        ("left for the exact test after all that is sure", ASKED),
        ("  of these: too near the quad's plane", PLANE),
        ("            the quad almost edge-on for a direction of the bundle", EDGE_ON),
        ("blocked by the exact test", BLOCKED),
    ):
        print(f"{tally[row] / tally[FACING] * 1e6:9.1f}  {what}")


@numba.njit  # type: ignore[untyped-decorator]
def _all(scene_arrays, packets, bundled, margin, space, tally):  # type: ignore[no-untyped-def]
    scene, lanes = work.scene_of(scene_arrays, packets, bundled, margin), work.addresses(space)
    kept = np.empty((2, work.CAPACITY * 2), np.int64)
    for base in range(0, packets.shape[1], PACKET):
        first_packet.place_packet(scene, base, lanes)
        for b in range(len(bundled.begin)):
            _bundle(scene, base, b, bundled.begin[b], bundled.size[b], lanes, kept, tally)


@numba.njit  # type: ignore[untyped-decorator]
def _bundle(scene, base, b, first, size, lanes, kept, tally):  # type: ignore[no-untyped-def]
    """fast._trace_bundle with the doubtful pairs counted."""
    if fast.facing(scene, base, first, size, lanes.open) == np.uint64(0):
        return
    for k in range(size):
        tally[FACING] += _size(lanes.open[k])
    fast.choose_frame(scene, base, b, first, size, lanes)
    fast.place_points(scene, base, b, lanes)
    fast.bounds(scene, first, size, lanes)
    full = fast.FIRST_BATCH_FLAT if abs(scene.frame[b * 9 + 8]) < fast.FLAT else fast.FIRST_BATCH
    lanes.stack[0] = 0
    height, count = np.int64(1), np.int64(0)
    while height > 0:
        height -= 1
        node = np.int64(lanes.stack[height])
        if node >= 0:
            height = walk.visit_node(scene, node, b * 9, lanes, height)
        else:
            count = walk.visit_leaf(scene.tree, ~node, lanes, count)
        if count > full or (height == 0 and count > 0):
            if _batch(scene, base, first, size, lanes, kept, tally, count) == np.uint64(0):
                return
            count = 0
            full = min(2 * full, work.BATCH)
            if height > 0:
                fast.bounds(scene, first, size, lanes)


@numba.njit  # type: ignore[untyped-decorator]
def _batch(scene, base, first, size, lanes, kept, tally, count):  # type: ignore[no-untyped-def]
    """shear.run_batch direction by direction, first with candidates that have no triangles: then the exact test blocks
    nothing, and what it would have been asked is there to be counted."""
    none, alive = np.uint64(0), np.uint64(0)
    opened = np.empty(size, np.uint64)
    for k in range(size):
        opened[k], lanes.open[k] = lanes.open[k], none
    for k in range(size):
        if opened[k] == none:
            continue
        for c in range(count):
            lanes.doubt_points[c] = none
            for half in range(2):
                at = half * work.CAPACITY + c
                kept[half, c], lanes.pair[at] = lanes.pair[at], -1
        lanes.open[k] = opened[k]
        sure = shear.run_batch(scene, base, first, size, lanes, count)
        for c in range(count):
            tally[DOUBTED] += _size(lanes.doubt_points[c])
            asked, candidate = lanes.doubt_points[c] & sure, np.int64(lanes.doubt[c])
            tally[ASKED] += _size(asked)
            if asked != none:
                tally[PLANE] += _size(asked & ~lanes.sure[candidate])
                if _edge_on(lanes, candidate):
                    tally[EDGE_ON] += _size(asked & lanes.sure[candidate])
            for half in range(2):
                lanes.pair[half * work.CAPACITY + c] = kept[half, c]
        lanes.open[k] = opened[k]
        left = shear.run_batch(scene, base, first, size, lanes, count)
        tally[BLOCKED] += _size(sure & ~left)
        opened[k], lanes.open[k] = left, none
        alive |= left
    for k in range(size):
        lanes.open[k] = opened[k]
    return alive


@numba.njit  # type: ignore[untyped-decorator]
def _edge_on(lanes, c):  # type: ignore[no-untyped-def]
    """Whether a candidate has the tolerance of quads that some direction of the bundle sees almost edge-on."""
    usual = lanes.candidate[work.TWICE_ERROR * work.CAPACITY + c] * np.float32(2.0) * lanes.bound[work.RADIUS]
    return lanes.candidate[work.EXTRA * work.CAPACITY + c] > np.float32(1.01) * usual


@numba.njit  # type: ignore[untyped-decorator]
def _size(points):  # type: ignore[no-untyped-def]
    """Members of a set of points."""
    n = 0
    while points != np.uint64(0):
        points &= points - np.uint64(1)
        n += 1
    return n


if __name__ == "__main__":
    main()
