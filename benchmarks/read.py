"""Speed and memory of the CityGML reader: file → CityModel against a bare lxml iterparse of the same file.

    python benchmarks/read.py                    230 MB, made of copies of the demo tile
    python benchmarks/read.py --quick            a smoke run of a few seconds
    python benchmarks/read.py --tile FILE        copies of another tile (plain or .gz)
    python benchmarks/read.py --json out.json    also write the figures with machine and commit

There are two bare loops. "iterparse" is lxml's plain one: it hands over the end of every element, which is looked at
no further and freed. "members only" has libxml2 hand over nothing but each cityObjectMember: no reader built on lxml
can be faster. All run in processes of their own, in turns; the least wall time of each counts. Memory is the peak
resident set of the reading process above what it held once its libraries were imported.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, machine

TILE = ROOT / "twin" / "data" / "demo" / "LoD2_32_364_5650_1_NW.gml.gz"
MEGABYTE = 1_000_000
STEP_M = 1100
"""Distance of the copies: a tile is 1 km wide and its buildings reach over the border."""
COLUMNS = 9
_POINT = re.compile(rb"(?<![\d.])(\d{6})(\.\d+ )(\d{7})(\.\d+)")
"""Easting and northing of a UTM coordinate."""
_ID = re.compile(rb'(gml:id="|xlink:href="#)')
_FIRST = re.compile(rb"\s*<(\w+:)?cityObjectMember>")
_LAST = re.compile(rb"</(\w+:)?CityModel>")


def copies(tile: Path, size: int) -> Iterator[bytes]:
    """A CityGML document of at least ``size`` bytes: the tile's head, shifted and renamed copies of its objects."""
    data = tile.read_bytes()
    data = gzip.decompress(data) if tile.suffix == ".gz" else data
    first, last = _FIRST.search(data), _LAST.search(data)
    if first is None or last is None or not _POINT.search(data, first.start()):
        sys.exit(f"{tile}: no cityObjectMember with UTM coordinates in it")
    head, members, tail = data[: first.start()], data[first.start() : last.start()], data[last.start() :]
    yield head
    written, number = len(head), 0
    while written < size:
        copy = shifted(members, number)
        yield copy
        written += len(copy)
        number += 1
    yield tail


def shifted(members: bytes, number: int) -> bytes:
    """Copy ``number`` of the objects, on its place of a grid and under ids of its own."""
    east, north = (step * STEP_M for step in (number % COLUMNS, number // COLUMNS))

    def move(match: re.Match[bytes]) -> bytes:
        return b"%d%b%d%b" % (int(match[1]) + east, match[2], int(match[3]) + north, match[4])

    return _ID.sub(rb"\g<1>copy%d_" % number, _POINT.sub(move, members))


def read_bare(path: Path, tag: str | None = None) -> dict[str, Any]:
    """Let libxml2 build and free every element, or with a tag every element of that name with what is inside it."""
    from lxml import etree

    def loop() -> dict[str, Any]:
        elements = 0
        for _, element in etree.iterparse(path, events=("end",), tag=tag):
            elements += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        return {"elements": elements}

    return timed(loop)


def read_members(path: Path) -> dict[str, Any]:
    """Let libxml2 build and free every top-level object."""
    return read_bare(path, "{*}cityObjectMember")


def read_ours(path: Path) -> dict[str, Any]:
    """Our reader, from the file to the CityModel."""
    import pyproj  # noqa: F401  the reader imports it when it needs it; here it belongs to the libraries

    from io_citygml.read import read_city

    def loop() -> dict[str, Any]:
        model = read_city([path])
        return {
            "objects": len(model.objects),
            "surfaces": model.n_surfaces,
            "points": len(model.coords),
            "arrays_mb": sum(v.nbytes for v in vars(model).values() if hasattr(v, "nbytes")) / MEGABYTE,
        }

    return timed(loop)


WORKERS: dict[str, Callable[[Path], dict[str, Any]]] = {"bare": read_bare, "members": read_members, "ours": read_ours}


def timed(loop: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Counts of a loop with its wall seconds and the growth of this process's peak memory [MB]."""
    before = peak_mb()
    began = time.perf_counter()
    counts = loop()
    return {"wall_s": time.perf_counter() - began, "growth_mb": peak_mb() - before, **counts}


def peak_mb() -> float:
    """Largest resident set of this process so far [MB].

    /proc where there is one: the resource module also counts the parent's memory at the fork.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        kilobytes = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"))
        if kilobytes:
            return int(kilobytes[1]) * 1024 / MEGABYTE
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def in_process(worker: str, path: Path) -> dict[str, Any]:
    """Figures of a worker, run in a process of its own."""
    command = [sys.executable, __file__, "--worker", worker, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def measure(path: Path, repeats: int) -> dict[str, Any]:
    """All readers in turns; of each its least time and its largest memory."""
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in WORKERS}
    for _ in range(repeats):
        for name, runs in turns.items():
            runs.append(in_process(name, path))
    size_mb = path.stat().st_size / MEGABYTE
    figures: dict[str, Any] = {"file_mb": size_mb, "repeats": repeats}
    for name, runs in turns.items():
        best = dict(min(runs, key=lambda run: run["wall_s"]))
        best["growth_mb"] = max(run["growth_mb"] for run in runs)
        figures[name] = {**best, "mb_per_s": size_mb / best["wall_s"]}
    for name in ("bare", "members"):
        figures[f"speed_ratio_to_{name}"] = figures["ours"]["mb_per_s"] / figures[name]["mb_per_s"]
    return figures


def table(figures: dict[str, Any]) -> list[str]:
    """The figures as lines."""
    ours, bare, members = figures["ours"], figures["bare"], figures["members"]
    return [
        f"{figures['file_mb']:.0f} MB, {ours['objects']:,} objects, {ours['surfaces']:,} surfaces, "
        f"{ours['points']:,} points; the arrays of the CityModel hold {ours['arrays_mb']:.0f} MB",
        "",
        f"{'':<28}{'heliotwin':>12}{'iterparse':>12}{'members only':>14}",
        f"{'wall [s]':<28}{ours['wall_s']:>12.2f}{bare['wall_s']:>12.2f}{members['wall_s']:>14.2f}",
        f"{'MB/s':<28}{ours['mb_per_s']:>12.1f}{bare['mb_per_s']:>12.1f}{members['mb_per_s']:>14.1f}",
        f"{'memory growth [MB]':<28}{ours['growth_mb']:>12.0f}{bare['growth_mb']:>12.0f}{members['growth_mb']:>14.0f}",
        "",
        f"speed, heliotwin / bare iterparse: {figures['speed_ratio_to_bare']:.2f}, "
        f"/ iterparse of members only: {figures['speed_ratio_to_members']:.2f}",
    ]


def main() -> None:
    """Generate, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="12 MB, each reader once")
    parser.add_argument("--tile", type=Path, default=TILE, help="CityGML file in UTM coordinates to copy")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    parser.add_argument("path", type=Path, nargs="?", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(WORKERS[arguments.worker](arguments.path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copies.gml"
        with path.open("wb") as file:
            file.writelines(copies(arguments.tile, (12 if arguments.quick else 230) * MEGABYTE))
        figures = measure(path, 1 if arguments.quick else 3)
    print("\n".join([f"copies of {arguments.tile.name}", *table(figures)]))
    if arguments.json:
        written = {"machine": machine(), "tile": arguments.tile.name, "figures": figures}
        arguments.json.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
