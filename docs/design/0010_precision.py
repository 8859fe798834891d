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
from raytrace import bundles, check, fast, margins, order, shear, walk, work

UTM = (445_000.0, 5_549_000.0, 110.0)
EVERY = 8
STRIPS = 100
PACKET = 64
FACING, DOUBTED, ASKED, BLOCKED = range(4)


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
    print("L²/w [m], L [m], w [mm]: 9ε L²/w [mm], strips of 100 with a receiver in its own shadow, pairs in it")
    for slimness in (1e3, 1e4, 2e4, 5e4, 1e5, 1e6):
        for length in (10.0, 100.0):
            width = length**2 / slimness
            shaded, pairs = zip(*(shade_of_strip(rng, length, width) for _ in range(STRIPS)), strict=True)
            print(
                f"{slimness:8.0f} {length:4.0f} {1e3 * width:9.2f}  {9e3 * 2.0**-24 * slimness:8.3f}  "
                f"{sum(s > 0 for s in shaded):3d}  {sum(shaded) / sum(pairs):.1e}"
            )


def shade_of_strip(rng: np.random.Generator, length: float, width: float) -> tuple[int, int]:
    """Pairs in their own shadow and pairs at all; points within 100 m of the origin, strip turned at random."""
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
    bits = raytrace.visible(raytrace.build(corner, [(0, 1, 2)]), points, np.tile(normal, (PACKET, 1)), to_light)
    return PACKET * PACKET - int(np.bitwise_count(bits).sum()), PACKET * PACKET


def doubts(scene: raytrace.Bvh, sensors: Points, to_light: npt.NDArray[np.float32]) -> None:
    """How many pairs the filter hands to the exact test."""
    rows = order.packet_order(sensors.points, sensors.normals)
    rows = rows[: len(rows) // PACKET * PACKET]
    packets = np.ascontiguousarray(np.concatenate([sensors.points[rows], sensors.normals[rows]], axis=1).T)
    largest = max(np.abs(packets[:3]).max(), np.abs(scene.triangle).max())
    tally = np.zeros(4, np.int64)
    _all(scene, packets, bundles.bundles(to_light), np.float32(margins.BOX * largest), work.workspace(), tally)
    print(f"facing pairs {tally[FACING]:,}; in a million of them")
    print(f"  tests of a point against a quad that the bound leaves open {tally[DOUBTED] / tally[FACING] * 1e6:8.2f}")
    print(f"  left for the exact test after all that is sure             {tally[ASKED] / tally[FACING] * 1e6:8.2f}")
    print(f"  blocked by the exact test                                  {tally[BLOCKED] / tally[FACING] * 1e6:8.2f}")


@numba.njit  # type: ignore[untyped-decorator]
def _all(scene_arrays, packets, bundled, margin, space, tally):  # type: ignore[no-untyped-def]
    scene, lanes = work.scene_of(scene_arrays, packets, bundled, margin), work.addresses(space)
    kept = np.empty((2, work.CAPACITY * 2), np.int64)
    for base in range(0, packets.shape[1], PACKET):
        for a in range(3):
            low, high = fast._range_of(scene.packet, a * scene.columns + base)
            lanes.centre[a] = np.float32(0.5) * (low + high)
        fast._mean_normal(scene, base, lanes.normal)
        for b in range(len(bundled.begin)):
            _bundle(scene, base, b, bundled.begin[b], bundled.size[b], lanes, kept, tally)


@numba.njit  # type: ignore[untyped-decorator]
def _bundle(scene, base, b, first, size, lanes, kept, tally):  # type: ignore[no-untyped-def]
    """fast._trace_bundle with the doubtful pairs counted."""
    if fast._facing(scene, base, first, size, lanes.open) == np.uint64(0):
        return
    for k in range(size):
        tally[FACING] += _size(lanes.open[k])
    fast._choose_frame(scene, base, b, first, size, lanes)
    fast._place_points(scene, base, b, lanes)
    fast._bounds(scene, first, size, lanes)
    full = fast.FIRST_BATCH_FLAT if abs(scene.frame[b * 9 + 8]) < fast.FLAT else fast.FIRST_BATCH
    lanes.stack[0] = 0
    height, count = 1, 0
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
                fast._bounds(scene, first, size, lanes)


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
            tally[ASKED] += _size(lanes.doubt_points[c] & sure)
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
def _size(points):  # type: ignore[no-untyped-def]
    """Members of a set of points."""
    n = 0
    while points != np.uint64(0):
        points &= points - np.uint64(1)
        n += 1
    return n


if __name__ == "__main__":
    main()
