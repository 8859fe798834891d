"""Speed and agreement of the ray core: ``raytrace.visible`` against Embree in C++, in turns, over a year's directions.

    python benchmarks/rays.py                      relief city, four windows, 1 m, sun grid and sky
    python benchmarks/rays.py --spacing 2          the same with points 2 m apart; --whole: every surface of the scene
    python benchmarks/rays.py --millions 3.6       a larger city, as densely built
    python benchmarks/rays.py --city FILE …        buildings of real CityGML or CityJSON
    python benchmarks/rays.py --city FILE --job    a job's fullest cell and its receivers (--terrain, --crs)
    python benchmarks/rays.py --quick              a smoke run of a few seconds
    python benchmarks/rays.py --json out.json      also write the figures with machine and commit

Ours is one call with all directions for a piece of points, its set-up included. Embree (4, robust mode, the same number
of threads) is called from C++ by the fastest of several plans; choosing and copying rays is not charged to it. CPU time
of both, the least of the repeats. Ratios, not absolutes: both see the same machine in turns.

Where the C++ yardstick cannot be compiled the run says why, compares the answers with embreex and prints no ratio.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks import _embree_packets, _rays_agreement, _rays_points, _rays_scenes
from benchmarks._rays_peers import Peer, best_plan, embreex_peer, packet_peer
from benchmarks._rays_points import Points
from benchmarks._rays_race import PAUSE_S, Race, figures, race
from benchmarks.machine import machine
from benchmarks.relief_city import KINDS, SEED, City
from benchmarks.synthetic_city import directions

BANDS_DEG = (0, 4, 8, 16, 28, 45, 90)
"""Elevation bands. A band is a call of its own, so its bundles of directions are not those of the whole call."""

QUICK_SPACING_M = 8.0


class Contest(NamedTuple):
    """A scene ready on both sides.

    Attributes:
        bvh: ours.
        peer: Embree.
        scene: of C++ Embree; None where embreex takes its place.
        pieces: exposed points.
        build: seconds of both builds and what they mean, for JSON.
        plans: CPU ns a ray of each plan tried; empty without C++.
        plan: the plan used.
    """

    bvh: raytrace.Bvh
    peer: Peer
    scene: _embree_packets.Scene | None
    pieces: list[Points]
    build: dict[str, float]
    plans: dict[str, float]
    plan: str

    @property
    def fair(self) -> bool:
        """The peer is C++ packets, so a ratio may be printed."""
        return self.scene is not None


def prepare(mesh: City, pieces: list[Points], to_light: npt.NDArray, repeats: int, threads: int) -> Contest:
    """Builds both, drops covered points, compiles our kernels, and finds Embree's favourite plan.

    Raises:
        SystemExit: Embree is not installed.
    """
    bvh, timing = timed_build(mesh, repeats)
    pieces = [_rays_points.exposed(bvh, piece) for piece in pieces]
    largest = max(pieces, key=lambda piece: len(piece.points))
    raytrace.visible(bvh, largest.points[:256], largest.normals[:256], to_light)
    timing["triangles"] = len(mesh.triangles)
    timing["closed_share"] = float(mesh.closed.mean())
    timing["bytes_a_triangle"] = sum(array.nbytes for array in bvh) / max(1, len(mesh.triangles))
    try:
        scene, seconds = timed_embree_build(mesh, repeats, threads)
    except _embree_packets.Unavailable as reason:
        if importlib.util.find_spec("embreex") is None:
            raise SystemExit(f"No peer to compare with: {reason}.") from reason
        print(f"No C++ yardstick here ({reason}): answers are compared with embreex, no ratio is printed.")
        plain = embreex_peer(mesh.vertices, mesh.triangles)
        return Contest(bvh, plain, None, pieces, timing, {}, "embreex: one thread, single rays")
    plan, cost = best_plan(scene, largest, to_light, repeats, threads)
    return Contest(bvh, packet_peer(scene, plan, threads), scene, pieces, {**timing, **seconds}, cost, plan.name)


def timed_embree_build(mesh: City, repeats: int, threads: int) -> tuple[_embree_packets.Scene, dict[str, float]]:
    """Embree's scene, least wall and CPU seconds of its build."""
    scene = _embree_packets.build(mesh.vertices, mesh.triangles, threads=threads)
    wall_s, cpu_s = scene.wall_s, scene.cpu_s
    for _ in range(repeats - 1):
        _embree_packets.release(scene)
        time.sleep(PAUSE_S)
        scene = _embree_packets.build(mesh.vertices, mesh.triangles, threads=threads)
        wall_s, cpu_s = min(wall_s, scene.wall_s), min(cpu_s, scene.cpu_s)
    return scene, {"embree_wall_s": wall_s, "embree_cpu_s": cpu_s}


def timed_build(mesh: City, repeats: int) -> tuple[raytrace.Bvh, dict[str, float]]:
    """Our hierarchy, least wall and CPU seconds of its build, compiled kernels."""
    bvh, wall_s, cpu_s = _rays_scenes.build(mesh), np.inf, np.inf
    for _ in range(repeats):
        time.sleep(PAUSE_S)
        began, cpu = time.perf_counter(), time.process_time()
        bvh = _rays_scenes.build(mesh)
        wall_s, cpu_s = min(wall_s, time.perf_counter() - began), min(cpu_s, time.process_time() - cpu)
    return bvh, {"wall_s": wall_s, "cpu_s": cpu_s, "wall_s_per_million": wall_s / len(mesh.triangles) * 1.0e6}


def by_band(contest: Contest, to_light: npt.NDArray, repeats: int) -> dict[str, dict[str, Any]]:
    """The race with the directions of each elevation band alone."""
    elevation_deg = np.degrees(np.arcsin(np.clip(to_light[:, 2], -1.0, 1.0)))
    rows = {}
    for low, high in pairwise(BANDS_DEG):
        chosen = to_light[(elevation_deg >= low) & ((elevation_deg < high) | (high == 90))]
        if len(chosen):
            run = race(contest.bvh, contest.peer, contest.pieces, chosen, repeats)
            rows[f"{low}–{high}°"] = {"directions": len(chosen), **figures(run, contest.fair)}
    return rows


def by_kind(contest: Contest, to_light: npt.NDArray, repeats: int) -> dict[str, dict[str, Any]]:
    """The race with the points of each kind of surface alone."""
    rows = {}
    for kind, name in enumerate(KINDS):
        pieces = [_rays_points.of_kind(piece, kind) for piece in contest.pieces]
        points = sum(len(piece.points) for piece in pieces)
        if points:
            run = race(contest.bvh, contest.peer, pieces, to_light, repeats)
            rows[name] = {"points": points, **figures(run, contest.fair)}
    return rows


def measure(mesh: City, contest: Contest, to_light: npt.NDArray, repeats: int, split: bool) -> dict[str, Any]:
    """All figures of one scene; ``split``: by band and kind too."""
    result = race(contest.bvh, contest.peer, contest.pieces, to_light, repeats)
    written = {
        "points": sum(len(piece.points) for piece in contest.pieces),
        "directions": len(to_light),
        "build": contest.build,
        "embree_plan": contest.plan,
        "embree_plans_cpu_ns_per_ray": contest.plans,
        "all": figures(result, contest.fair),
    }
    if contest.fair:
        written["all_in_ratio"] = all_in_ratio(contest.build, result)
    if split:
        written["by_band"] = by_band(contest, to_light, repeats)
        written["by_kind"] = by_kind(contest, to_light, repeats)
    written["differences"] = _rays_agreement.explain(
        _rays_agreement.balls(mesh.vertices, mesh.triangles), result.different
    )
    return written


def all_in_ratio(build: dict[str, float], result: Race) -> float:
    """CPU seconds of Embree's build and rays over those of ours."""
    return (build["embree_cpu_s"] + result.embree_cpu_s) / (build["cpu_s"] + result.ours_cpu_s)


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


def table(written: dict[str, Any], threads: int) -> list[str]:
    """The figures as lines."""
    build, total, off = written["build"], written["all"], written["differences"]
    lines = [
        f"{build['triangles']:,} triangles ({build['closed_share']:.0%} of closed objects), "
        f"{written['points']:,} exposed points × {written['directions']:,} directions, {threads} threads on both sides",
        "",
        f"build: {build['wall_s']:.2f} s = {build['wall_s_per_million']:.2f} s a million triangles, "
        f"{build['bytes_a_triangle']:.0f} bytes a triangle"
        + (f"; Embree {build['embree_wall_s']:.2f} s (wall)" if "embree_wall_s" in build else ""),
        f"Embree: {written['embree_plan']}",
    ]
    lines += [f"    {cost:7.1f} CPU ns a ray  {name}" for name, cost in written["embree_plans_cpu_ns_per_ray"].items()]
    rows = {"all": total, **written.get("by_band", {}), **written.get("by_kind", {})}
    head = ("", "facing", "visible", "ours", "Embree", "ratio", "differ")
    lines += ["", "CPU ns a pair of point and direction, back-facing pairs counted as free pairs on both sides"]
    lines += [f"{head[0]:<10}" + "".join(f"{word:>10}" for word in head[1:])]
    for name, row in rows.items():
        theirs, ratio = row.get("embree_cpu_ns_per_pair"), row.get("ratio")
        lines.append(
            f"{name:<10}{row['facing_share']:>10.0%}{row['visible_share_of_facing']:>10.0%}{row['cpu_ns_per_pair']:>10.2f}"
            + ("         –         –" if theirs is None or ratio is None else f"{theirs:>10.2f}{ratio:>10.2f}")
            + f"{row['different_bits']:>10,}"
        )
    if "all_in_ratio" in written:
        lines.append(f"with both builds: ratio {written['all_in_ratio']:.2f}")
    lines += [
        "",
        "Bands and kinds are calls of their own: other bundles of directions and points than in the whole call.",
    ]
    lines.append(
        f"different bits: {off['different']:,} = {total['different_per_million_facing']:.3f} per million facing pairs "
        f"(agreement {1.0 - total['different_per_million_facing'] / 1.0e6:.6%}); of {off['measured']:,} measured, "
        f"within 1e-4 m of an edge or of a surface at the start {off['within_1e-04_m']:,}, "
        f"within 1e-3 m {off['within_1e-03_m']:,}, farthest {off['largest_m']:.1e} m"
    )
    return lines


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small scene, every 16th direction")
    parser.add_argument("--city", type=Path, nargs="+", help="city model files instead of the relief city")
    parser.add_argument("--job", action="store_true", help="of --city: the receivers of a job's fullest cell")
    parser.add_argument("--terrain", type=Path, nargs="+", default=[], help="of --job: terrain")
    parser.add_argument("--crs", help="of --job: CRS of the city")
    parser.add_argument("--millions", type=float, help="million triangles of the relief city (default 0.408)")
    parser.add_argument("--spacing", type=float, default=1.0, help="distance of points [m]")
    parser.add_argument("--whole", action="store_true", help="points on the whole scene instead of four windows")
    parser.add_argument("--every", type=int, default=1, help="every n-th direction only")
    parser.add_argument("--repeats", type=int, default=3, help="turns a piece; the least time counts")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="threads of both")
    parser.add_argument("--total-only", action="store_true", help="not by elevation band and kind of surface")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    quick, threads = arguments.quick, arguments.threads
    numba.set_num_threads(threads)
    repeats, spacing_m = (1, QUICK_SPACING_M) if quick else (arguments.repeats, arguments.spacing)
    to_light = directions(800, 577)[:: 16 if quick else arguments.every].astype(np.float32)
    if arguments.city and arguments.job:
        mesh, pieces = _rays_scenes.of_job(arguments.city, arguments.terrain, arguments.crs, spacing_m)
        scene = "a job on " + ", ".join(path.name for path in [*arguments.city, *arguments.terrain])
    elif arguments.city:
        mesh, scene = _rays_scenes.real(arguments.city), ", ".join(path.name for path in arguments.city)
        pieces = _rays_points.whole(mesh, spacing_m)
    else:
        mesh = _rays_scenes.synthetic(quick, arguments.millions)
        scene = f"relief city, {mesh.size_m:.0f} × {mesh.size_m:.0f} m, seed {SEED}"
        cut_out = _rays_points.whole if arguments.whole else _rays_points.windows
        pieces = cut_out(mesh, spacing_m)
    contest = prepare(mesh, pieces, to_light, repeats, threads)
    written = measure(mesh, contest, to_light, repeats, not arguments.total_only)
    written["spacing_m"], written["threads"] = spacing_m, threads
    written["weighted_sum_rows"] = 100_000 if quick else 1_000_000
    written["weighted_sum_s"] = weighted_sum_seconds(written["weighted_sum_rows"])
    print("\n".join([f"scene: {scene}, points {spacing_m:g} m apart", *table(written, threads)]))
    print(f"weighted_sum, {written['weighted_sum_rows']:,} rows × 1,377 directions: {written['weighted_sum_s']:.2f} s")
    if arguments.json:
        record = {"machine": machine(), "scene": scene, "figures": written}
        arguments.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
