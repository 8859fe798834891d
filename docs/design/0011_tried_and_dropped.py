"""Numbers behind choices that could have gone another way: refitted boxes, bundle widths, packet order, leaf size.

python docs/design/0011_tried_and_dropped.py

One window of the relief city and a year's directions; CPU time of one thread, the least of three rounds, in which the
variants take turns. Ratios, not absolutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks import _rays_points, relief_city
from benchmarks._rays_points import Points
from benchmarks.synthetic_city import directions
from raytrace import bundles, order, sah
from raytrace.bvh import BIG, EMPTY, WIDTH

ROUNDS = 3


class Variant(NamedTuple):
    """A scene, and (module, name, value) of what is another while it is traced."""

    name: str
    bvh: raytrace.Bvh
    swap: tuple[Any, str, Any]


def main() -> None:
    """Print the tables of the record."""
    numba.set_num_threads(1)
    mesh = relief_city.city()
    scene = raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)
    to_light = directions(800, 577).astype(np.float32)
    found = variants(mesh, scene)
    for spacing in (1.0, 2.0):
        sensors = _rays_points.exposed(scene, _rays_points.windows(mesh, spacing)[0])
        pairs = len(sensors.points) * len(to_light)
        print(f"\n{len(sensors.points):,} points {spacing:.0f} m apart × {len(to_light):,} directions")
        compare(found, sensors, to_light)
        per_bundle = refit_time(scene, bundles.bundles(to_light))
        n = len(bundles.bundles(to_light).begin)
        print(
            f"{per_bundle * n / pairs * 1e9:8.2f}  ns more for boxes refitted {n} times, {1e3 * per_bundle:.1f} ms each"
        )


def variants(mesh: relief_city.City, scene: raytrace.Bvh) -> list[Variant]:
    """The core as it is and its neighbours."""
    usual, weight = bundles._limits, order.NORMAL_WEIGHT_M
    same = (order, "NORMAL_WEIGHT_M", weight)
    found = [Variant("as it is", scene, same)]
    for factor in (0.7, 0.85, 1.2, 1.4):
        found.append(
            Variant(f"bundles {factor} × as wide", scene, (bundles, "_limits", lambda up, f=factor: f * usual(up)))
        )
    for metres in (2.0, 3.5, 8.0, 20.0):
        found.append(Variant(f"normal weighs {metres} m", scene, (order, "NORMAL_WEIGHT_M", np.float32(metres))))
    for most in (4, 8):
        with swapped((sah, "WIDTH", most)):  # the kernels are compiled by now and do not read it
            leaner = raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)
        found.append(Variant(f"leaves of at most {most} quads", leaner, same))
    return found


@contextmanager
def swapped(swap: tuple[Any, str, Any]) -> Iterator[None]:
    """A name of a module replaced for a while."""
    module, name, value = swap
    kept = getattr(module, name)
    setattr(module, name, value)
    bundles._bundles.cache_clear()
    try:
        yield
    finally:
        setattr(module, name, kept)
        bundles._bundles.cache_clear()


def time_of(job: Callable[[], Any]) -> float:
    """CPU seconds."""
    begin = time.process_time()
    job()
    return time.process_time() - begin


def compare(found: list[Variant], sensors: Points, to_light: npt.NDArray[np.float32]) -> None:
    """CPU ns a point and direction of each variant."""
    best = np.full(len(found), np.inf)
    for _ in range(ROUNDS):
        for k, variant in enumerate(found):
            with swapped(variant.swap):
                bundles.bundles(to_light)
                job = (variant.bvh, sensors.points, sensors.normals, to_light)
                best[k] = min(best[k], time_of(lambda j=job: raytrace.visible(*j)))
    pairs = len(sensors.points) * len(to_light)
    for variant, seconds in zip(found, best, strict=True):
        print(f"{seconds / pairs * 1e9:8.2f}  {seconds / best[0]:5.2f} ×  {variant.name}")


def refit_time(scene: raytrace.Bvh, bundled: bundles.Bundles) -> float:
    """CPU seconds to turn a scene's corners into a bundle's frame and box them again, leaf by leaf and node by node."""
    boxes = np.empty_like(scene.node_box)
    refit(scene, bundled.frame[0], boxes)
    frames = bundled.frame[:: max(1, len(bundled.frame) // 10)]
    return time_of(lambda: [refit(scene, frame, boxes) for frame in frames]) / len(frames)


@numba.njit  # type: ignore[untyped-decorator]
def refit(scene, frame, boxes):  # type: ignore[no-untyped-def]
    """Fills ``boxes``, laid out as scene.node_box, with bounds in ``frame`` (9,); children stand behind parents."""
    low, high = np.empty(3, np.float32), np.empty(3, np.float32)
    for node in range(len(scene.child) - 1, -1, -1):
        for j in range(WIDTH):
            low[:], high[:] = BIG, -BIG
            child = scene.child[node, j]
            if child >= 0:
                for a in range(3):
                    low[a], high[a] = boxes[child, a].min(), boxes[child, 3 + a].max()
            elif child != EMPTY:
                leaf_box(scene.quad, ~child, frame, low, high)
            for a in range(3):
                boxes[node, a, j], boxes[node, 3 + a, j] = low[a], high[a]


@numba.njit  # type: ignore[untyped-decorator]
def leaf_box(quad, leaf, frame, low, high):  # type: ignore[no-untyped-def]
    """Widens low..high to a leaf's corners in a frame."""
    for a in range(3):
        p, q, r = frame[3 * a], frame[3 * a + 1], frame[3 * a + 2]
        least, greatest = low[a], high[a]
        for corner in range(0, 12, 3):
            for lane in range(WIDTH):
                value = (
                    p * quad[leaf, corner, lane] + q * quad[leaf, corner + 1, lane] + r * quad[leaf, corner + 2, lane]
                )
                least, greatest = min(least, value), max(greatest, value)
        low[a], high[a] = least, greatest


if __name__ == "__main__":
    main()
