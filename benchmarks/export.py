"""What exports cost: a city of synthetic houses (20,000 by default) and the demo district, every format.

    python -m benchmarks.export                     the city, then the demo district
    python -m benchmarks.export --houses 2000 --formats 3dtiles --json export.json

Each export is one process of the command line: wall seconds, peak memory, the files it left and the largest of them.
The city is computed once, coarsely (receivers 4 m apart): an export's cost hangs on surfaces and receivers, not on what
they were worth.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import machine
from benchmarks.synthetic_city import PLOT_M, STREET_M, random_house
from twin.export.options import OF_JOB
from twin.package_data import demo_city

# South-west corner of the city in EPSG:25832: Wiesbaden.
ORIGIN = (440_000, 5_545_000, 110)
HOUSES_A_ROW = 8
# Faces over the corners of `synthetic_city.house`: walls and floor, then a flat roof, or two slopes and their ends.
CORNERS = range(8)
SOLID = ([0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7], [0, 3, 2, 1])
FLAT = ([4, 5, 6, 7],)
PITCHED = ([4, 5, 9, 8], [5, 6, 9], [6, 7, 8, 9], [7, 4, 8])
BOUNDS_S = 600
TILE_BYTES, PEAK_MB = 2_000_000, 2_000
# Runs a command and prints its peak memory [kB] behind whatever it prints.
MEASURE = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


class Cost(NamedTuple):
    """What one export took and left."""

    what: str
    seconds: float
    peak_mb: float
    files: int
    megabytes: float
    largest_mb: float


def write_city(houses: int, path: Path) -> None:
    """A CityJSON of synthetic houses along streets, with semantics."""
    rng = np.random.default_rng(7)
    vertices: list[list[int]] = []
    objects: dict[str, Any] = {}
    columns = int(np.ceil(np.sqrt(houses)))
    for number in range(houses):
        mesh = random_house(rng, urban=rng.random() < 0.3)
        column, row = number % columns, number // columns
        place = np.array([column * PLOT_M + column // HOUSES_A_ROW * STREET_M, row * PLOT_M + row // 2 * STREET_M, 0.0])
        first = len(vertices)
        vertices += np.round((mesh.vertices + place) * 1000).astype(int).tolist()
        faces = [*SOLID, *(PITCHED if len(mesh.vertices) > len(CORNERS) else FLAT)]
        kind = [0] * 4 + [1] + [2 if _looks_up(mesh.vertices[face]) else 0 for face in faces[5:]]
        objects[f"SYN{number:06d}"] = {
            "type": "Building",
            "attributes": {"function": "31001_1000"},
            "geometry": [
                {
                    "type": "Solid",
                    "lod": "2",
                    "boundaries": [[[[first + v for v in face]] for face in faces]],
                    "semantics": {
                        "surfaces": [{"type": name} for name in ("WallSurface", "GroundSurface", "RoofSurface")],
                        "values": [kind],
                    },
                }
            ],
        }
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832+7837"},
        "transform": {"scale": [0.001] * 3, "translate": list(ORIGIN)},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path.write_text(json.dumps(document), encoding="utf-8")


def _looks_up(corner: np.ndarray) -> bool:
    """Whether a face is a roof rather than the wall under a gable."""
    across = np.cross(corner[1] - corner[0], corner[2] - corner[0])
    return bool(across[2] > 0.01 * np.linalg.norm(across))


def command(*arguments: object) -> list[str]:
    """The command line in this environment."""
    return [sys.executable, "-m", "twin.cli.main", *map(str, arguments)]


def export(out: Path, folder: Path, name: str, *options: str) -> Cost:
    """One export as its own process."""
    begun = time.perf_counter()
    call = command("export", out, "--to", name, "-d", folder, "--json", *options)
    done = subprocess.run([sys.executable, "-c", MEASURE, *call], capture_output=True, encoding="utf-8", check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr.strip()}")
    text, peak = done.stdout.rstrip().rsplit("\n", 1)
    said = json.loads(text)
    shown = " ".join([name, *(option for option in options if not option.startswith("--"))])
    return Cost(shown, seconds, int(peak) / 1024, said["files"], said["bytes"] / 1e6, said["largest_bytes"] / 1e6)


def costs(out: Path, formats: list[str], folder: Path) -> list[Cost]:
    """Every format of a job, 3D Tiles in both forms."""
    found = []
    for name in formats:
        variants = [["--profile", "cesium"], ["--profile", "vcmap"]] if name == "3dtiles" else [[]]
        for options in variants:
            cost = export(out, folder / "-".join([name, *options[1:]]), name, *options)
            found.append(cost)
            print(
                f"{cost.what:<20}{cost.seconds:>8.1f} s{cost.peak_mb:>8.0f} MB peak{cost.files:>8,} files"
                f"{cost.megabytes:>10.1f} MB, largest {cost.largest_mb:.2f} MB",
                flush=True,
            )
    return found


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--houses", type=int, default=20_000)
    parser.add_argument("--formats", nargs="*", default=list(OF_JOB))
    parser.add_argument("--keep", type=Path, help="compute into this folder and leave everything there")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, demo_city() as demo:
        folder = arguments.keep or Path(made)
        folder.mkdir(exist_ok=True)
        city = folder / "city.city.json"
        write_city(arguments.houses, city)
        begun = time.perf_counter()
        coarse = ["--spacing", 4, "--ground-spacing", 8, "--attribution", "synthetic"]
        subprocess.run(command("solar", city, "-o", folder / "city", *coarse), check=True, capture_output=True)
        print(f"{arguments.houses:,} synthetic houses: `heliotwin solar` {time.perf_counter() - begun:.0f} s")
        of_city = costs(folder / "city", arguments.formats, folder)
        tiles = [cost for cost in of_city if cost.what.startswith("3dtiles")]
        for cost in tiles:
            met = cost.seconds <= BOUNDS_S and cost.peak_mb <= PEAK_MB and cost.largest_mb <= TILE_BYTES / 1e6
            print(f"{cost.what}: {'within' if met else 'BEYOND'} 10 minutes, 2 GB, 2 MB a tile")
        subprocess.run(command("solar", demo, "-o", folder / "demo"), check=True, capture_output=True)
        print("demo district")
        of_demo = costs(folder / "demo", arguments.formats, folder / "of_demo")
    if arguments.json:
        figures = {"machine": machine(), "houses": arguments.houses}
        figures |= {"city": [c._asdict() for c in of_city], "demo": [c._asdict() for c in of_demo]}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
