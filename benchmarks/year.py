"""Time and peak memory of the demo by stage, as a user runs it: a fresh process from files to pictures.

    python benchmarks/year.py                 the demo at 1 m on surfaces and 2 m on open land
    python benchmarks/year.py --quick         a block of it at 16 m and 32 m, the first run alone
    python benchmarks/year.py --json out.json  also write the figures with machine and commit

Two runs: the first may compile kernels, the second finds them in the cache. No peer does the same job; the ray core's
peer is in benchmarks/rays.py, the reader's in benchmarks/read.py.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, machine

sys.path.insert(0, str(ROOT / "tests"))

from oracles.district import write_part


def process(out: Path, spacing: float, ground_spacing: float, city: Path | None) -> tuple[float, dict[str, Any]]:
    """Wall seconds of one `heliotwin demo` process, or of a job over a city, and its summary."""
    verb = ["demo"] if city is None else ["solar", str(city)]
    command = [sys.executable, "-m", "twin.cli.main", *verb, "-o", str(out), "--json"]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--spacing", str(spacing), "--ground-spacing", str(ground_spacing)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return time.perf_counter() - began, json.loads(done.stdout)


def table(wall_s: float, summary: dict[str, Any]) -> list[str]:
    """One run as lines."""
    counted = summary["receivers"]
    receivers = counted["on_surfaces"] - counted["covered"] + counted["open_land"]
    lines = [f"{'stage':<12}{'wall s':>8}{'cpu s':>8}{'peak MB':>9}"]
    for name, stage in summary["timing"].items():
        memory = "–" if stage["peak_memory_mb"] is None else f"{stage['peak_memory_mb']:.0f}"
        lines.append(f"{name:<12}{stage['wall_s']:>8.2f}{stage['cpu_s']:>8.2f}{memory:>9}")
    staged = sum(stage["wall_s"] for stage in summary["timing"].values())
    lines.append(f"{'start, imports':<15}{wall_s - staged:>5.2f}")
    lines.append(f"{'whole process':<15}{wall_s:>5.2f}   {receivers:,} exposed receivers")
    return lines


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="coarse receivers, a smoke run")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    spacing, ground_spacing = (16.0, 32.0) if arguments.quick else (1.0, 2.0)
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        city = write_part(Path(folder) / "block.gml") if arguments.quick else None
        for label in ("first run",) if arguments.quick else ("first run", "second run"):
            wall_s, summary = process(Path(folder) / label.replace(" ", "-"), spacing, ground_spacing, city)
            print(f"{label}: surfaces at {spacing} m, open land at {ground_spacing} m")
            print("\n".join(table(wall_s, summary)), end="\n\n")
            runs.append(
                {"run": label, "wall_s": wall_s, "timing": summary["timing"], "receivers": summary["receivers"]}
            )
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "runs": runs}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
