"""Hostile input through the real command, each case in a process of its own: message, exit code, seconds, peak memory.

    python benchmarks/hostile.py                    a Markdown table, for docs/validation.md
    python benchmarks/hostile.py --quick            the first cases only
    python benchmarks/hostile.py --json out.json    also write the figures with machine and commit

The cases are those of tests/hostile, and every file of the sample data's bad-input folder where that lies beside the
checkout. Exit code 1 where a case ends otherwise than tests/hostile/expected.json says. Memory is the peak resident
set of the whole process, of which 60 to 190 MB are Python and libraries, or 0 where the system does not tell.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, machine
from benchmarks.read import peak_mb

sys.path.insert(0, str(ROOT / "tests"))

from hostile import cases

EXPECTED = ROOT / "tests" / "hostile" / "expected.json"
BAD_INPUT = ROOT.parent / "shared" / "data" / "bad-input"
QUICK = 2
LIMIT_S = 120


def run_child(arguments: list[str]) -> None:
    """The command, in this process; its peak memory is the last line on standard error."""
    from twin.cli.main import main as heliotwin

    sys.argv = ["heliotwin", *arguments]
    code: int | str | None = 0
    try:
        heliotwin()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.write(f"\npeak {0.0 if os.name == 'nt' else peak_mb():.0f}\n")
    sys.exit(code)


def measure(folder: Path, arguments: list[str]) -> dict[str, Any]:
    """One call of the command."""
    command = [sys.executable, __file__, "--child", *arguments]
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"code": "stopped", "message": f"took longer than {LIMIT_S} s", "seconds": LIMIT_S, "peak_mb": 0.0}
    seconds = time.perf_counter() - began
    lines = [line for line in done.stderr.splitlines() if line]
    peak = float(lines.pop().split()[1]) if lines and lines[-1].startswith("peak ") else 0.0
    said = [line.removeprefix("heliotwin: ") for line in lines if line.startswith("heliotwin: ")]
    traceback = any(line.startswith("Traceback") for line in lines)
    found = [line for line in done.stdout.splitlines() if line.startswith("defects")]
    message = lines[-1] if traceback else (said or found or lines or [""])[-1]
    code = "traceback" if traceback else done.returncode
    return {"code": code, "message": " ".join(message.split()), "seconds": seconds, "peak_mb": peak}


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The figures as Markdown."""
    out = ["| case | exit | s | MB | message |", "|---|---|---|---|---|"]
    for row in rows:
        mark = "" if row["as_expected"] else " **(not expected)**"
        message = row["message"].replace("|", "\\|")
        out.append(
            f"| {row['case']} | {row['code']}{mark} | {row['seconds']:.2f} | {row['peak_mb']:.0f} | {message[:200]} |"
        )
    return out


def main() -> None:
    """Run every case, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK} cases")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        run_child(arguments.child)
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        calls = [(name, ["inspect", name], expected["cases"][name]) for name in cases.write_all(folder)]
        if BAD_INPUT.is_dir():
            calls += [
                (f"bad-input/{name}", ["inspect", str(BAD_INPUT / name), "--crs", "EPSG:25832"], entry)
                for name, entry in expected["shared"].items()
            ]
        for name, call, entry in calls[: QUICK if arguments.quick else None]:
            row = {"case": name, **measure(folder, call)}
            row["as_expected"] = row["code"] == entry["exit"] and (not entry["exit"] or entry["says"] in row["message"])
            rows.append(row)
    print("\n".join(table(rows)))
    if arguments.json:
        written = {"machine": machine(), "figures": rows}
        arguments.json.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.exit(0 if all(row["as_expected"] for row in rows) else 1)


if __name__ == "__main__":
    main()
