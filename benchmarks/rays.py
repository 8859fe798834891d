"""Speed and agreement of the ray core: our ``visible`` against Embree in the same run, block by block.

    python benchmarks/rays.py                    synthetic city, 1 m, sun grid and sky
    python benchmarks/rays.py --quick            a smoke run of a few seconds
    python benchmarks/rays.py --city FILE …      real CityGML or CityJSON instead
    python benchmarks/rays.py --json out.json    also write the figures with machine and commit

Embree is called through embreex: one thread, single rays, robust mode. We use all threads, so compare CPU time, not
wall time. A fair C++ yardstick (16-ray packets, all threads) is not part of this benchmark.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks import _embree
from benchmarks.machine import machine
from benchmarks.synthetic_city import Mesh, Receivers, city, directions, receivers

BLOCK = 128
"""Directions a block: ours and Embree's turns alternate after each, so both see the same machine load."""

CLOSURE_KIND = 4
WINDOW_M = 220.0


def build_seconds(mesh: Mesh, repeats: int) -> tuple[raytrace.Bvh, float]:
    """Hierarchy and the least wall seconds of its build, compiled kernels."""
    bvh, least = raytrace.build(*mesh), np.inf
    for _ in range(repeats):
        began = time.perf_counter()
        bvh = raytrace.build(*mesh)
        least = min(least, time.perf_counter() - began)
    return bvh, least


def outside(bvh: raytrace.Bvh, sensors: Receivers) -> Receivers:
    """Without the sensors inside a solid: there the first face above shows its back."""
    up = np.tile([0.0, 0.0, 1.0], (len(sensors.points), 1))
    free = ~raytrace.closest(bvh, sensors.points, up).back_face
    return Receivers(sensors.points[free], sensors.normals[free])


def measure(mesh: Mesh, sensors: Receivers, to_light: npt.NDArray, repeats: int) -> dict[str, Any]:
    """Figures of one scene. Each block is timed ``repeats`` times and its least time counts."""
    bvh, build_s = build_seconds(mesh, max(repeats, 3))
    sensors = outside(bvh, sensors)
    theirs, their_build_s = _embree.scene(*mesh)
    raytrace.visible(bvh, sensors.points[:64], sensors.normals[:64], to_light[:1])  # compile
    ours_s, ours_cpu_s, embree_s, embree_cpu_s = (0.0,) * 4
    rays, different, seen = 0, 0, 0
    for begin in range(0, len(to_light), BLOCK):
        block = to_light[begin : begin + BLOCK]
        turns = []
        for _ in range(repeats):
            began, cpu = time.perf_counter(), time.process_time()
            bits = raytrace.visible(bvh, *sensors, block)
            ours = (time.perf_counter() - began, time.process_time() - cpu)
            answer = _embree.visible(theirs, *sensors, block)
            turns.append((*ours, answer.wall_s, answer.cpu_s))
        least = np.min(turns, axis=0)
        ours_s, ours_cpu_s = ours_s + least[0], ours_cpu_s + least[1]
        embree_s, embree_cpu_s = embree_s + least[2], embree_cpu_s + least[3]
        mine = raytrace.bits.unpack(bits, len(block))
        rays += answer.rays
        different += int((mine != answer.seen).sum())
        seen += int(mine.sum())
    pairs = len(sensors.points) * len(to_light)
    return {
        "triangles": len(mesh.triangles),
        "points": len(sensors.points),
        "directions": len(to_light),
        "facing_share": rays / pairs,
        "visible_share_of_facing": seen / rays,
        "build_s": build_s,
        "build_s_per_million_triangles": build_s / len(mesh.triangles) * 1.0e6,
        "embree_build_s": their_build_s,
        "visible_s": ours_s,
        "million_pairs_per_s": pairs / ours_s / 1.0e6,
        "cpu_ns_per_facing_pair": ours_cpu_s / rays * 1.0e9,
        "embree_s": embree_s,
        "embree_million_rays_per_s": rays / embree_s / 1.0e6,
        "embree_cpu_ns_per_facing_pair": embree_cpu_s / rays * 1.0e9,
        "cpu_ratio_embree_to_ours": embree_cpu_s / ours_cpu_s,
        "different_bits": different,
        "different_bits_per_million": different / pairs * 1.0e6,
    }


def weighted_sum_seconds(n_rows: int, n_directions: int = 1377, n_groups: int = 10_000) -> float:
    """Wall seconds of ``bits.weighted_sum`` on random bits, groups unsorted."""
    rng = np.random.default_rng(0)
    words = rng.integers(0, 2**64, (n_rows, (n_directions + 63) // 64), dtype=np.uint64)
    words[:, -1] >>= np.uint64(-n_directions % 64)
    weights, group = rng.random(n_rows), rng.integers(0, n_groups, n_rows)
    raytrace.bits.weighted_sum(words[:1], n_directions, weights[:1], group[:1], n_groups)  # compile
    began = time.perf_counter()
    raytrace.bits.weighted_sum(words, n_directions, weights, group, n_groups)
    return time.perf_counter() - began


def synthetic_scene(quick: bool) -> tuple[Mesh, Receivers]:
    """The synthetic city, and receivers at 1 m (2 m) in a window in its middle."""
    mesh = city(4 if quick else 25)
    sensors = receivers(mesh, 2.0 if quick else 1.0)
    middle = mesh.vertices[:, :2].max(axis=0) / 2.0
    inside = (np.abs(sensors.points[:, :2] - middle) < WINDOW_M / 2.0).all(axis=1)
    return mesh, Receivers(sensors.points[inside], sensors.normals[inside])


def city_scene(paths: list[Path], quick: bool) -> tuple[Mesh, Receivers]:
    """A real city model without closure surfaces, and receivers on all its faces (no open land)."""
    from io_citygml.polygon import triangulate
    from io_citygml.read import read_city

    model = read_city(paths)
    triangles = triangulate(model, np.flatnonzero(model.kind != CLOSURE_KIND)).triangle
    used, index = np.unique(triangles, return_inverse=True)
    vertices = model.coords[used]
    origin = np.floor(vertices.min(axis=0)) - [0.0, 0.0, 1.0]
    mesh = Mesh(vertices - origin, index.reshape(-1, 3))
    return mesh, receivers(mesh, 8.0 if quick else 2.0)


def table(figures: dict[str, Any]) -> list[str]:
    """The figures as lines."""
    f = figures
    return [
        f"{f['triangles']:,} triangles, {f['points']:,} points × {f['directions']:,} directions, "
        f"{f['facing_share']:.0%} of the pairs face, {f['visible_share_of_facing']:.0%} of those are visible",
        "",
        f"{'':<28}{'heliotwin':>12}{'embreex':>12}",
        f"{'build [s]':<28}{f['build_s']:>12.3f}{f['embree_build_s']:>12.3f}",
        f"{'trace, wall [s]':<28}{f['visible_s']:>12.2f}{f['embree_s']:>12.2f}",
        f"{'CPU ns a facing pair':<28}{f['cpu_ns_per_facing_pair']:>12.1f}{f['embree_cpu_ns_per_facing_pair']:>12.1f}",
        "",
        f"build: {f['build_s_per_million_triangles']:.2f} s a million triangles (one thread)",
        f"visible(): {f['million_pairs_per_s']:.1f} million point-directions a second, all threads",
        f"CPU time, embreex / heliotwin: {f['cpu_ratio_embree_to_ours']:.2f}",
        f"different bits: {f['different_bits']:,} = {f['different_bits_per_million']:.2f} per million pairs",
        f"weighted_sum, {f['weighted_sum_rows']:,} rows × 1,377 directions: {f['weighted_sum_s']:.2f} s",
        "embreex: one thread, single rays, robust mode; the C++ packet yardstick is not part of this run.",
    ]


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small scene, every 16th direction")
    parser.add_argument("--city", type=Path, nargs="+", help="city model files instead of the synthetic city")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    quick = arguments.quick
    mesh, sensors = city_scene(arguments.city, quick) if arguments.city else synthetic_scene(quick)
    figures = measure(mesh, sensors, directions(800, 577)[:: 16 if quick else 1], 1 if quick else 2)
    figures["weighted_sum_rows"] = 100_000 if quick else 1_000_000
    figures["weighted_sum_s"] = weighted_sum_seconds(figures["weighted_sum_rows"])
    scene = [path.name for path in arguments.city] if arguments.city else "synthetic city"
    print("\n".join([f"scene: {scene}", *table(figures)]))
    if arguments.json:
        written = {"machine": machine(), "scene": scene, "figures": figures}
        arguments.json.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
