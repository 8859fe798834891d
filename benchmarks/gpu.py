"""Speed and agreement of ``raytrace.visible`` on a GPU against the CPU in the same run.

    python benchmarks/gpu.py                  synthetic city, 1 m, sun grid and sky
    python benchmarks/gpu.py --blocks 40      a larger city
    python benchmarks/gpu.py --quick          a smoke run
    python benchmarks/gpu.py --json out.json  also write the figures with machine and commit

Wall seconds of whole calls, the least of the repeats: on the GPU the order of the points, the upload of the tree and
the way back of the bits are included. Where there is no GPU the run says why and ends well; in Numba's simulator
(NUMBA_ENABLE_CUDASIM=1) it compares a few answers and its speed means nothing.

Not called cuda.py: a script's own folder comes first on Python's path and would hide the package ``cuda``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks.machine import machine
from benchmarks.synthetic_city import Receivers, city, directions, receivers
from raytrace import cuda

SHOWN = 10
"""Differing pairs that are printed."""

SIMULATED_POINTS = 12
"""More would keep the simulator busy for minutes."""


def timed(call: Callable[[], npt.NDArray[np.uint64]], repeats: int) -> tuple[npt.NDArray[np.uint64], float]:
    """Answer and least wall seconds of a call that has been compiled."""
    least = np.inf
    for _ in range(repeats):
        began = time.perf_counter()
        answer = call()
        least = min(least, time.perf_counter() - began)
    return answer, least


def on_gpu(bvh: raytrace.Bvh, rows: Receivers, toward: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """Bits (P, ceil(D / 64)) from the GPU."""
    bits = np.empty((len(rows.points), (len(toward) + 63) // 64), np.uint64)
    cuda.visible(bvh, rows.points, rows.normals, toward, bits)
    return bits


def differences(
    rows: Receivers, toward: npt.NDArray[np.float32], ours: npt.NDArray[np.uint64], theirs: npt.NDArray[np.uint64]
) -> tuple[int, list[dict[str, list[float]]]]:
    """How many pairs differ, and the first of them as rays."""
    point, word = np.nonzero(ours ^ theirs)
    count = int(np.bitwise_count(ours ^ theirs).sum())
    shown = []
    for p, w in zip(point[:SHOWN], word[:SHOWN], strict=True):
        differing = int(ours[p, w] ^ theirs[p, w])
        lowest = 64 * int(w) + (differing & -differing).bit_length() - 1
        shown.append({"point": rows.points[p].tolist(), "direction": toward[lowest].tolist()})
    return count, shown


def measure(blocks: int, spacing_m: float, n_sun: int, n_sky: int, repeats: int) -> dict[str, Any]:
    """Figures of one city."""
    mesh = city(blocks)
    sensors = receivers(mesh, spacing_m)
    toward = np.ascontiguousarray(directions(n_sun, n_sky), np.float32)
    n_points = SIMULATED_POINTS if cuda.SIMULATED else len(sensors.points)
    rows = Receivers(*(np.ascontiguousarray(array[:n_points], np.float32) for array in sensors))
    bvh = raytrace.build(*mesh)
    first = Receivers(rows.points[:64], rows.normals[:64])
    raytrace.visible(bvh, first.points, first.normals, toward[:1])  # compile
    began = time.perf_counter()
    on_gpu(bvh, first, toward[:1])
    compile_s = time.perf_counter() - began
    cpu_bits, cpu_s = timed(lambda: raytrace.visible(bvh, rows.points, rows.normals, toward), repeats)
    gpu_bits, gpu_s = timed(lambda: on_gpu(bvh, rows, toward), repeats)
    pairs = len(rows.points) * len(toward)
    count, shown = differences(rows, toward, cpu_bits, gpu_bits)
    return {
        "device": cuda.device_name("cuda"),
        "threads": numba.get_num_threads(),
        "triangles": len(mesh.triangles),
        "points": len(rows.points),
        "directions": len(toward),
        "visible_share": float(np.bitwise_count(cpu_bits).sum()) / pairs,
        "gpu_compile_s": compile_s,
        "gpu_s": gpu_s,
        "cpu_s": cpu_s,
        "gpu_pairs_per_s": pairs / gpu_s,
        "cpu_pairs_per_s": pairs / cpu_s,
        "ratio": cpu_s / gpu_s,
        "different": count,
        "different_share": count / pairs,
        "first_different": shown,
    }


def report(figures: dict[str, Any]) -> None:
    """The figures as a table."""
    print(f"{figures['triangles']:,} triangles, {figures['points']:,} points × {figures['directions']:,} directions")
    print(f"{'':<34}{'seconds':>10}{'M point-directions/s':>24}")
    threads = f"CPU, {figures['threads']} threads"
    for name, key in ((threads, "cpu"), (figures["device"], "gpu")):
        print(f"{name:<34}{figures[f'{key}_s']:>10.3f}{figures[f'{key}_pairs_per_s'] / 1.0e6:>24.1f}")
    print(f"ratio {figures['ratio']:.2f}, first call on the device {figures['gpu_compile_s']:.1f} s")
    print(f"different: {figures['different']} ({figures['different_share']:.1e} of the pairs)")
    for ray in figures["first_different"]:
        print(f"  from {ray['point']} along {ray['direction']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=12, help="city blocks along each side")
    parser.add_argument("--spacing", type=float, default=1.0, help="points, one a spacing² [m]")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    written: dict[str, Any] = {"machine": machine()}
    print("Points × directions on a GPU and on the CPU")
    try:
        cuda.choose("cuda")
    except RuntimeError as reason:
        print(f"Nothing measured: {reason}")
        written["figures"] = {"no_gpu": str(reason)}
    else:
        size = (1, 4.0, 40, 24, 1) if asked.quick else (asked.blocks, asked.spacing, 775, 577, 3)
        written["figures"] = measure(*size)
        report(written["figures"])
    if asked.json:
        asked.json.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
