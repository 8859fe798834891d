"""What makes the ray core fast: bundles, packets, quads and closed shells, each taken away in turn.

python docs/design/0009_light_space.py

One window of the relief city (408,012 triangles) and a year's directions; CPU time of one thread, the lesser of two
rounds, in which the variants take turns. Ratios, not absolutes. No variant may change a bit, and that is asserted.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks import _rays_points, relief_city
from benchmarks._rays_points import Points
from benchmarks.synthetic_city import directions
from raytrace import bundles, fast, first_packet, order, quads, walk, work
from raytrace.visible import node_margin, visible_plain

VISIBLE = importlib.import_module("raytrace.visible")  # the package's name for it is the function
PACKET = 64
ROUNDS = 2
EVERY_PLAIN = 16
NODES, LEAVES, CANDIDATES, WALKS, PAIRS = range(5)


class Variant(NamedTuple):
    """One way of tracing: a scene, and what takes the place of which function of which module."""

    name: str
    bvh: raytrace.Bvh
    swaps: tuple[tuple[ModuleType, str, Any], ...] = ()


def main() -> None:
    """Print the tables of the record."""
    numba.set_num_threads(1)
    mesh = relief_city.city()
    scene = raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)
    to_light = directions(800, 577).astype(np.float32)
    for spacing in (1.0, 2.0):
        sensors = _rays_points.exposed(scene, _rays_points.windows(mesh, spacing)[0])
        print(f"\n{len(sensors.points):,} points {spacing:.0f} m apart × {len(to_light):,} directions")
        compare(variants(mesh, scene), sensors, to_light)
        visible_plain(scene, sensors.points[:1], sensors.normals[:1], to_light[:1])  # compiles
        one = time_of(lambda s=sensors: visible_plain(scene, s.points, s.normals, to_light[::EVERY_PLAIN]))
        print(f"{one / (len(sensors.points) * len(to_light[::EVERY_PLAIN])) * 1e9:8.1f}  plain loops (every 16th)")
        print("bundles × | directions a bundle | nodes, leaves for each packet and direction | candidates a walk")
        for factor in (0.0, 0.5, 1.0, 2.0):
            with swapped(bundle_limits(factor)):
                print(f"{factor:9.1f} | " + counts(scene, sensors, to_light))


def variants(mesh: relief_city.City, scene: raytrace.Bvh) -> list[Variant]:
    """The core as it is and with one idea less."""
    with swapped(((quads, "merge", unmerged),)):
        single = raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)
    both_sides = raytrace.build(mesh.vertices, mesh.triangles)
    found = [Variant("as it is", scene), Variant("both sides of every surface", both_sides)]
    found.append(Variant("triangles not merged into quads", single))
    found += [Variant(f"bundles {f} × as wide", scene, bundle_limits(f)) for f in (0.0, 0.25, 0.5, 2.0)]
    found.append(Variant("k-d split blind to normals", scene, ((order, "NORMAL_WEIGHT_M", np.float32(0.0)),)))
    found.append(Variant("Morton cells and classes of normal", scene, ((VISIBLE, "packet_order", morton),)))
    return found


def bundle_limits(factor: float) -> tuple[tuple[ModuleType, str, Any], ...]:
    """Bundles so many times as wide; 0: each direction alone."""
    usual = bundles._limits
    return ((bundles, "_limits", lambda upward: np.maximum(factor * usual(upward), 1e-9)),)


def morton(point: npt.NDArray[np.float32], normal: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Another packet order."""
    return _rays_points.morton_and_view(Points(point, normal, np.zeros(len(point), np.int8)))


def unmerged(corner: npt.NDArray, index: npt.NDArray, one_sided: npt.NDArray, n_vertices: int) -> quads.Quads:
    """Every triangle a primitive of its own."""
    pair = np.full((len(index), 2), -1, np.int32)
    pair[:, 0] = np.arange(len(index))
    return quads.Quads(pair, np.ones((len(index), 2), np.uint8))


@contextmanager
def swapped(swaps: tuple[tuple[ModuleType, str, Any], ...]) -> Iterator[None]:
    """Some names of the package replaced for a while; no compiled kernel reads them."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in swaps]
    for module, name, value in swaps:
        setattr(module, name, value)
    bundles._bundles.cache_clear()
    try:
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)
        bundles._bundles.cache_clear()


def time_of(job: Callable[[], Any]) -> float:
    """CPU seconds."""
    begin = time.process_time()
    job()
    return time.process_time() - begin


def compare(found: list[Variant], sensors: Points, to_light: npt.NDArray[np.float32]) -> None:
    """CPU ns a point and direction of each variant."""
    best, answer = np.full(len(found), np.inf), None
    for _ in range(ROUNDS):
        for k, variant in enumerate(found):
            with swapped(variant.swaps):
                bundles.bundles(to_light)  # kept from call to call in a job
                bits: list[npt.NDArray] = []
                see = lambda v=variant, b=bits: b.append(  # noqa: E731
                    raytrace.visible(v.bvh, sensors.points, sensors.normals, to_light)
                )
                best[k] = min(best[k], time_of(see))
            answer = bits[0] if answer is None else answer
            differ = int(np.bitwise_count(answer ^ bits[0]).sum())
            assert differ == 0, f"{variant.name}: {differ} bits differ"
    pairs = len(sensors.points) * len(to_light)
    print(f"{'ns':>8}")
    for variant, seconds in zip(found, best, strict=True):
        print(f"{seconds / pairs * 1e9:8.1f}  {seconds / best[0]:5.2f} ×  {variant.name}")


def counts(scene: raytrace.Bvh, sensors: Points, to_light: npt.NDArray[np.float32]) -> str:
    """Steps of the walks of all packets, as a row of the second table."""
    rows = order.packet_order(sensors.points, sensors.normals)
    rows = rows[: len(rows) // PACKET * PACKET]
    packets = np.ascontiguousarray(np.concatenate([sensors.points[rows], sensors.normals[rows]], axis=1).T)
    bundled, tally = bundles.bundles(to_light), np.zeros(5, np.int64)
    _walk_all(scene, packets, bundled, node_margin(scene, sensors.points), work.workspace(), tally)
    nodes, leaves = tally[NODES] / tally[PAIRS], tally[LEAVES] / tally[PAIRS]
    return f"{bundled.size.mean():5.1f} | {nodes:5.2f} {leaves:5.2f} | {tally[CANDIDATES] / tally[WALKS]:5.1f}"


@numba.njit  # type: ignore[untyped-decorator]
def _walk_all(scene_arrays, packets, bundled, margin, space, tally):  # type: ignore[no-untyped-def]
    scene, lanes = work.scene_of(scene_arrays, packets, bundled, margin), work.addresses(space)
    for base in range(0, packets.shape[1], PACKET):
        first_packet.place_packet(scene, base, lanes)
        for b in range(len(bundled.begin)):
            _walk(scene, base, b, bundled.begin[b], bundled.size[b], lanes, tally)


@numba.njit  # type: ignore[untyped-decorator]
def _walk(scene, base, b, first, size, lanes, tally):  # type: ignore[no-untyped-def]
    """fast._trace_bundle with its steps counted."""
    if fast.facing(scene, base, first, size, lanes.open) == np.uint64(0):
        return
    for k in range(size):
        tally[PAIRS] += lanes.open[k] != np.uint64(0)
    tally[WALKS] += 1
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
            tally[NODES] += 1
            height = walk.visit_node(scene, node, b * 9, lanes, height)
        else:
            tally[LEAVES] += 1
            begin = count
            count = walk.visit_leaf(scene.tree, ~node, lanes, count)
            tally[CANDIDATES] += count - begin
        if count > full or (height == 0 and count > 0):
            if fast.run_batch(scene, base, first, size, lanes, count) == np.uint64(0):
                return
            count = 0
            full = min(2 * full, work.BATCH)
            if height > 0:
                fast.bounds(scene, first, size, lanes)


if __name__ == "__main__":
    main()
