"""Rays of other kinds against Embree in C++, in turns: incoherent any-hit, and closest hit over a job's directions.

    python benchmarks/closest.py                   relief city, four windows, points 1 m apart, a job's directions
    python benchmarks/closest.py --spacing 2 --every 8   fewer points, every 8th direction
    python benchmarks/closest.py --city FILE …     buildings of real CityGML or CityJSON
    python benchmarks/closest.py --quick           a smoke run of a few seconds
    python benchmarks/closest.py --json out.json   also write the figures with machine and commit

Incoherent: one cosine-distributed direction a point, ``raytrace.occluded`` against Embree's single rays (and its 16-ray
packets, for the record). Closest hit: triangle and distance of every point along every direction in front of its plane,
cell by cell as a job asks, ``raytrace.first`` against Embree's 16-ray intersect with the coherent flag, in two
arrangements; the better one counts. Robust mode, the same number of threads, CPU time, the least of the repeats;
preparing rays is not charged to Embree. Without a C++ yardstick nothing is compared.

Chord lengths have no peer; tests/raytrace holds them against a float64 oracle.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks import _embree_packets, _rays_points, _rays_scenes
from benchmarks._embree_packets import COHERENT, PACKETS, SINGLE, Scene, facing_rays, one_each
from benchmarks._rays_points import Points, take
from benchmarks._rays_race import PAUSE_S
from benchmarks.machine import machine
from benchmarks.relief_city import SEED
from benchmarks.synthetic_city import directions

CELL = 65_536
"""Points a call of ``raytrace.first`` and of Embree, along all directions, as a cell of a job holds them: a ray takes
24 bytes, its hit 8."""

SAME_M = 0.01
"""Distances farther apart than this count as different (PERFORMANCE.md, section 9)."""

QUICK_SPACING_M = 8.0


def cosine_directions(normals: npt.NDArray, seed: int = 3) -> npt.NDArray[np.float32]:
    """One direction a normal (P, 3), with density proportional to the cosine: normal + random unit vector, scaled."""
    rng = np.random.default_rng(seed)
    around = rng.normal(size=normals.shape)
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    towards = normals + around * (1.0 - 1.0e-4)
    return (towards / np.linalg.norm(towards, axis=1, keepdims=True)).astype(np.float32)


def incoherent(bvh: raytrace.Bvh, scene: Scene, pieces: list[Points], repeats: int, threads: int) -> dict[str, Any]:
    """Any hit of one random direction a point, points in k-d runs for both."""
    sensors = Points(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
    sensors = take(sensors, _rays_points.kd64(sensors))
    towards = cosine_directions(sensors.normals)
    rays = one_each(sensors.points, towards)
    raytrace.occluded(bvh, sensors.points[:64], towards[:64])  # compile
    least = dict.fromkeys(("ours", "single", "packets"), np.inf)
    for _ in range(repeats):
        time.sleep(PAUSE_S)
        cpu = time.process_time()
        ours = raytrace.occluded(bvh, sensors.points, towards)
        least["ours"] = min(least["ours"], time.process_time() - cpu)
        time.sleep(PAUSE_S)
        single = _embree_packets.occluded(scene, rays, SINGLE, threads)
        least["single"] = min(least["single"], single.cpu_s)
        least["packets"] = min(least["packets"], _embree_packets.occluded(scene, rays, PACKETS, threads).cpu_s)
    return {
        "rays": len(towards),
        "occluded_share": float(np.mean(single.blocked)),
        "cpu_ns_per_ray": {name: cpu_s / len(towards) * 1.0e9 for name, cpu_s in least.items()},
        "ratio_to_single": least["single"] / least["ours"],
        "ratio_to_packets": least["packets"] / least["ours"],
        "different": int((np.asarray(ours, bool) != single.blocked).sum()),
    }


def job(
    bvh: raytrace.Bvh, scene: Scene, pieces: list[Points], to_light: npt.NDArray, repeats: int, threads: int
) -> dict[str, Any]:
    """Closest hit of every point along every direction in front of its plane, a cell of points at a time."""
    towards = to_light[_rays_points.kd_order(to_light, 16)]
    one = take(pieces[0], np.arange(1))
    raytrace.first(bvh, one.points, towards, normals=one.normals)  # compile
    cpu_s = dict.fromkeys(("ours", *ARRANGEMENTS), 0.0)
    counts = dict.fromkeys(("rays", "hits", "hit_or_miss", "distance", "triangle"), 0)
    for cell in cells(pieces):
        seconds, counted = race(bvh, scene, cell, towards, repeats, threads)
        cpu_s = {name: cpu_s[name] + seconds[name] for name in cpu_s}
        counts = {name: counts[name] + counted[name] for name in counts}
    plan = min(ARRANGEMENTS, key=lambda name: cpu_s[name])
    return {
        "points": sum(len(piece.points) for piece in pieces),
        "directions": len(to_light),
        "cpu_ns_per_ray": {name: seconds / max(1, counts["rays"]) * 1.0e9 for name, seconds in cpu_s.items()},
        "embree_plan": plan,
        "ratio_to_packets": cpu_s[plan] / cpu_s["ours"],
        **counts,
    }


def cells(pieces: list[Points]) -> Iterator[Points]:
    """CELL points at most that lie close together, in runs of 16."""
    for piece in pieces:
        arranged = take(piece, _rays_points.kd16(piece))
        for begin in range(0, len(arranged.points), CELL):
            yield take(arranged, np.arange(begin, min(begin + CELL, len(arranged.points))))


def race(
    bvh: raytrace.Bvh, scene: Scene, cell: Points, towards: npt.NDArray, repeats: int, threads: int
) -> tuple[dict[str, float], dict[str, int]]:
    """(least CPU seconds by name, counts of ``compare``) of one cell."""
    least = dict.fromkeys(("ours", *ARRANGEMENTS), np.inf)
    for name, by_point in ARRANGEMENTS.items():
        rays, point, direction = facing_rays(cell.points, cell.normals, towards, by_point)
        for _ in range(repeats):
            time.sleep(PAUSE_S)
            cpu = time.process_time()
            ours = raytrace.first(bvh, cell.points, towards, normals=cell.normals)
            least["ours"] = min(least["ours"], time.process_time() - cpu)
            time.sleep(PAUSE_S)
            met = _embree_packets.closest(scene, rays, COHERENT, threads)
            least[name] = min(least[name], met.cpu_s)
    return least, compare(ours.triangle[point, direction], ours.distance[point, direction], met.triangle, met.distance)


ARRANGEMENTS = {"by direction": False, "by point": True}
"""Embree's packets: 16 neighbouring points of one direction, or (facing_rays' by_point) 16 directions of one point."""


def compare(
    triangle: npt.NDArray, distance: npt.NDArray, embree_triangle: npt.NDArray, embree_distance: npt.NDArray
) -> dict[str, int]:
    """Counts over R rays: hits of Embree, and where hit or miss, distance (SAME_M) and triangle differ.

    Another triangle at the same distance (a shared edge, coplanar faces) counts under triangle alone.
    """
    hit, embree_hit = triangle >= 0, embree_triangle >= 0
    both = hit & embree_hit
    apart = np.abs(distance[both].astype(np.float64) - embree_distance[both])
    return {
        "rays": len(triangle),
        "hits": int(embree_hit.sum()),
        "hit_or_miss": int((hit != embree_hit).sum()),
        "distance": int((apart > SAME_M).sum()),
        "triangle": int((triangle[both] != embree_triangle[both]).sum()),
    }


def table(written: dict[str, Any]) -> list[str]:
    """The figures as lines."""
    lines = []
    if "incoherent" in written:
        row = written["incoherent"]
        cost = row["cpu_ns_per_ray"]
        lines += [
            f"incoherent any-hit, {row['rays']:,} rays: ours {cost['ours']:.1f}, Embree single {cost['single']:.1f}, "
            f"packets {cost['packets']:.1f} CPU ns a ray",
            f"    ratio to single rays {row['ratio_to_single']:.2f}, to packets {row['ratio_to_packets']:.2f}; "
            f"{row['different']:,} answers differ",
        ]
    if "job" in written:
        row = written["job"]
        cost = row["cpu_ns_per_ray"]
        lines += [
            f"closest hit, {row['points']:,} points × {row['directions']:,} directions: ours {cost['ours']:.1f}, "
            f"Embree packets by direction {cost['by direction']:.1f}, by point {cost['by point']:.1f} CPU ns a ray",
            f"    ratio {row['ratio_to_packets']:.2f}; {row['hits']:,} hits of {row['rays']:,} rays; "
            f"hit or miss differs in {row['hit_or_miss']:,}, distance by more than {SAME_M} m in {row['distance']:,}, "
            f"triangle in {row['triangle']:,}",
        ]
    return lines


def measure(arguments: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Scene name and figures."""
    repeats, spacing_m = (1, QUICK_SPACING_M) if arguments.quick else (arguments.repeats, arguments.spacing)
    to_light = directions(800, 577)[:: 64 if arguments.quick else arguments.every].astype(np.float32)
    if arguments.city:
        mesh, name = _rays_scenes.real(arguments.city), ", ".join(path.name for path in arguments.city)
        pieces = _rays_points.whole(mesh, spacing_m)
    else:
        mesh = _rays_scenes.synthetic(arguments.quick, None)
        name, pieces = f"relief city, seed {SEED}", _rays_points.windows(mesh, spacing_m)
    bvh = _rays_scenes.build(mesh)
    pieces = [piece for piece in (_rays_points.exposed(bvh, one) for one in pieces) if len(piece.points)]
    written: dict[str, Any] = {"triangles": len(mesh.triangles), "spacing_m": spacing_m, "threads": arguments.threads}
    try:
        scene = _embree_packets.build(mesh.vertices, mesh.triangles, threads=arguments.threads)
    except _embree_packets.Unavailable as reason:
        print(f"No C++ yardstick here ({reason}): nothing is compared.")
        return name, written
    written["incoherent"] = incoherent(bvh, scene, pieces, repeats, arguments.threads)
    written["job"] = job(bvh, scene, pieces, to_light, repeats, arguments.threads)
    _embree_packets.release(scene)
    return name, written


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small scene, every 64th direction")
    parser.add_argument("--city", type=Path, nargs="+", help="city model files instead of the relief city")
    parser.add_argument("--spacing", type=float, default=1.0, help="distance of points [m]")
    parser.add_argument("--every", type=int, default=1, help="every n-th direction only")
    parser.add_argument("--repeats", type=int, default=3, help="turns a block; the least time counts")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="threads of both")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    numba.set_num_threads(arguments.threads)
    scene, written = measure(arguments)
    print("\n".join([f"scene: {scene}, {written['triangles']:,} triangles", *table(written)]))
    if arguments.json:
        record = {"machine": machine(), "scene": scene, "figures": written}
        arguments.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
