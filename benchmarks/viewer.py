"""How long the exported viewer takes from loopback until it shows a city, drawn by the processor alone.

    PYTHONPATH=tests:. python benchmarks/viewer.py            1,000 synthetic houses, median of five loads
    python benchmarks/viewer.py --quick                       20 houses, one load on a desk, a smoke run
    python benchmarks/viewer.py --out OUT --json viewer.json  a job of yours; figures with machine and commit

Headless Chromium with SwiftShader (no graphics card), an empty cache every time, files from a plain web server. What is
timed, in seconds: from opening the address to the first picture with buildings; from asking for tileset.json until the
last tile that the view needs has arrived, and until the picture of all of them is finished, edges smoothed (a pixel of
it is read back, which waits for the drawing); megabytes and requests of the whole load.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.export import command, write_city
from benchmarks.machine import ROOT, machine

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOUSES, TURNS = 1000, 5
TARGET_FIRST_S, TARGET_TILES_S = 15.0, 3.0
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
# Seconds on the page's own clock: when tiles were asked for, when the last of them was there, and when all were drawn.
TIMES = """async () => {
  const scene = await heliotwin.ready;
  await scene.whenLoaded;
  scene.viewer.scene.render();
  const gl = scene.viewer.canvas.getContext("webgl2");
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  const drawn = performance.now();
  const tiles = performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/tiles/"));
  const asked = Math.min(...tiles.map((entry) => entry.startTime));
  const fetched = Math.max(...tiles.map((entry) => entry.responseEnd));
  return { fetched: (fetched - asked) / 1000, drawn: (drawn - asked) / 1000 };
}"""


class Load(NamedTuple):
    """One load of the viewer."""

    first_s: float  # opening to the first picture with buildings
    fetched_s: float  # tileset.json asked for to the last tile's last byte
    drawn_s: float  # … to the finished picture of every tile
    megabytes: float
    requests: int


def export_viewer(out: Path, folder: Path) -> Path:
    """The viewer of a job as files."""
    subprocess.run(command("export", out, "--to", "viewer", "-d", folder), check=True, capture_output=True)
    return folder


def compute(houses: int, folder: Path) -> Path:
    """A coarse job over synthetic houses."""
    write_city(houses, folder / "city.city.json")
    coarse = ["--spacing", 4, "--ground-spacing", 8, "--attribution", "synthetic"]
    subprocess.run(
        command("solar", folder / "city.city.json", "-o", folder / "out", *coarse), check=True, capture_output=True
    )
    return folder / "out"


def load(browser: Browser, folder: Path, size: str) -> Load:
    """Open the viewer once in a fresh profile."""
    from oracles.browser import a_page
    from oracles.loopback import serving

    with serving({"/": folder}) as server, a_page(browser, *SIZES[size], phone=size == "phone") as watched:
        began = time.perf_counter()
        # The page must stand: what is not there yet counts as hidden.
        watched.page.goto(f"{server.url}/index.html", wait_until="domcontentloaded")
        watched.page.locator("#loading").wait_for(state="hidden")
        first_s = time.perf_counter() - began
        times = watched.page.evaluate(TIMES)
        sent = sum(one.sent for one in server.asked)
        return Load(first_s, times["fetched"], times["drawn"], sent / 1e6, len(server.asked))


def report(size: str, loads: list[Load]) -> dict[str, Any]:
    """Print a row: the median of the loads; and give it."""
    median = Load(*(statistics.median(values) for values in zip(*loads, strict=True)))
    seconds = "".join(f"{value:>15.1f} s" for value in (median.first_s, median.fetched_s, median.drawn_s))
    print(f"{size:<10}{seconds}{median.megabytes:>10.1f} MB{median.requests:>10.0f}")
    return {**median._asdict(), "size": SIZES[size], "turns": len(loads)}


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--houses", type=int, default=HOUSES)
    parser.add_argument("--out", type=Path, help="a finished job instead of synthetic houses")
    parser.add_argument("--quick", action="store_true", help="20 houses, one load")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    from oracles.browser import a_browser

    houses, turns = (20, 1) if arguments.quick else (arguments.houses, TURNS)
    sizes = ["desktop"] if arguments.quick else list(SIZES)
    with tempfile.TemporaryDirectory() as made, a_browser() as browser:
        out = arguments.out or compute(houses, Path(made))
        folder = export_viewer(out, Path(made) / "viewer")
        print(arguments.out or f"{houses:,} synthetic houses")
        print(
            f"{'screen':<10}{'first picture':>17}{'tiles fetched':>17}{'tiles drawn':>17}{'sent':>13}{'requests':>10}"
        )
        rows = {size: report(size, [load(browser, folder, size) for _ in range(turns)]) for size in sizes}
    print(f"wanted: first picture within {TARGET_FIRST_S:.0f} s, tiles within {TARGET_TILES_S:.0f} s")
    if arguments.json:
        figures = {"machine": machine(), "houses": houses, "loads": rows}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    main()
