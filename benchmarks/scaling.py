"""How the ray core's costs grow with the scene: a pair of point and direction, the build, the memory.

    python benchmarks/scaling.py                   0.1 to 3.6 million triangles; scaling.json and scaling.png
    python benchmarks/scaling.py --quick           two small scenes, a smoke run
    python benchmarks/scaling.py --json out.json   figures with machine and commit there, the plot beside it

Relief cities as densely built, only larger: the same four windows (moved with the size) hold about as many points in
each. Where the C++ yardstick compiles, Embree answers the same pieces in turns. A tree answers in logarithmic time, so
the line fitted to cost over log2(triangles) tells how many nanoseconds a doubling of the scene costs.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from benchmarks import _embree_packets, _rays_points, relief_city
from benchmarks._rays_race import figures, race
from benchmarks.machine import machine
from benchmarks.rays import prepare
from benchmarks.relief_city import City
from benchmarks.synthetic_city import directions

MILLIONS = (0.1, 0.2, 0.408, 0.8, 1.6, 3.6)
QUICK_MILLIONS = (0.01, 0.03)


def measure(mesh: City, spacing_m: float, to_light: npt.NDArray, repeats: int, threads: int) -> dict[str, Any]:
    """One scene's row."""
    contest = prepare(mesh, _rays_points.windows(mesh, spacing_m), to_light, repeats, threads)
    result = race(contest.bvh, contest.peer, contest.pieces, to_light, repeats)
    if contest.scene is not None:
        _embree_packets.release(contest.scene)
    return {
        "triangles": len(mesh.triangles),
        "size_m": mesh.size_m,
        "points": sum(len(piece.points) for piece in contest.pieces),
        "directions": len(to_light),
        "build": contest.build,
        "embree_plan": contest.plan,
        **figures(result, contest.fair),
    }


def growth(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Least-squares line of cost over log2(triangles): ns a doubling, and the exponent of a power law beside it.

    A cost that grows logarithmically has an exponent that falls towards 0; linear cost would have 1.
    """
    doubling = np.log2([row["triangles"] for row in rows])
    cost = np.array([row["cpu_ns_per_pair"] for row in rows])
    return {
        "cpu_ns_per_doubling": float(np.polyfit(doubling, cost, 1)[0]),
        "exponent": float(np.polyfit(doubling, np.log2(cost), 1)[0]),
        "cost_largest_to_smallest": float(cost[-1] / cost[0]),
        "triangles_largest_to_smallest": rows[-1]["triangles"] / rows[0]["triangles"],
    }


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Cost a pair and build seconds a million triangles over the number of triangles."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    cost, build = figure.subplots(1, 2)
    millions = [row["triangles"] / 1.0e6 for row in rows]
    cost.plot(millions, [row["cpu_ns_per_pair"] for row in rows], "o-", label="heliotwin")
    if all("embree_cpu_ns_per_pair" in row for row in rows):
        cost.plot(millions, [row["embree_cpu_ns_per_pair"] for row in rows], "s--", label="Embree 4, C++ packets")
    cost.set_ylabel("CPU ns a pair of point and direction")
    build.plot(millions, [row["build"]["wall_s_per_million"] for row in rows], "o-", label="heliotwin")
    build.set_ylabel("build, wall s a million triangles")
    for axes in (cost, build):
        axes.set(xscale="log", xlabel="million triangles", ylim=(0.0, 1.15 * axes.get_ylim()[1]))
        axes.set_xticks(millions, [f"{value:.2g}" for value in millions])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=120)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """One line a scene."""
    head = ("triangles", "points", "ns a pair", "Embree", "ratio", "differ", "build s", "s/million", "bytes/tri")
    lines = ["".join(f"{word:>11}" for word in head)]
    for row in rows:
        build = row["build"]
        peer = f"{row['embree_cpu_ns_per_pair']:>11.2f}{row['ratio']:>11.2f}" if "ratio" in row else f"{'–':>11}" * 2
        lines.append(
            f"{row['triangles']:>11,}{row['points']:>11,}{row['cpu_ns_per_pair']:>11.2f}{peer}{row['different_bits']:>11,}"
            f"{build['wall_s']:>11.2f}{build['wall_s_per_million']:>11.2f}{build['bytes_a_triangle']:>11.0f}"
        )
    return lines


def main() -> None:
    """Run, print, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two small scenes, every 64th direction")
    parser.add_argument("--millions", type=float, nargs="+", default=MILLIONS, help="million triangles of each scene")
    parser.add_argument("--spacing", type=float, default=2.0, help="distance of points [m]")
    parser.add_argument("--every", type=int, default=4, help="every n-th direction only")
    parser.add_argument("--repeats", type=int, default=2, help="turns a piece; the least time counts")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="threads of both")
    parser.add_argument("--json", type=Path, default=Path("scaling.json"), help="write figures to this file")
    arguments = parser.parse_args()
    quick = arguments.quick
    numba.set_num_threads(arguments.threads)
    to_light = directions(800, 577)[:: 64 if quick else arguments.every].astype(np.float32)
    rows = []
    for millions in QUICK_MILLIONS if quick else arguments.millions:
        mesh = relief_city.city_of(millions)
        spacing_m, repeats = (8.0, 1) if quick else (arguments.spacing, arguments.repeats)
        rows.append(measure(mesh, spacing_m, to_light, repeats, arguments.threads))
        print("\n".join(table(rows) if len(rows) == 1 else table(rows)[-1:]), flush=True)
    grown = growth(rows)
    print(
        f"{grown['triangles_largest_to_smallest']:.1f} × the triangles cost {grown['cost_largest_to_smallest']:.2f} × "
        f"as much a pair: {grown['cpu_ns_per_doubling']:.2f} ns a doubling, exponent {grown['exponent']:.2f}"
    )
    picture = arguments.json.with_suffix(".png")
    plot(rows, picture)
    record = {"machine": machine(), "plot": picture.name, "figures": {"rows": rows, "growth": grown}}
    arguments.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written: {arguments.json}, {picture}")


if __name__ == "__main__":
    main()
