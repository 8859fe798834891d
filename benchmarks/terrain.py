"""Triangles, error and time of the error-bounded terrain against its peer, a plain grid of every n-th sample.

    python benchmarks/terrain.py                     the Munich DGM1 mosaic of ../shared/data, else a synthetic one
    python benchmarks/terrain.py --files A.tif B.tif  other files
    python benchmarks/terrain.py --quick             one synthetic block, the wider bounds
    python benchmarks/terrain.py --json out.json     also write the figures with machine and commit

The peer is what most tools do with a DGM: keep every n-th sample and draw two triangles in each square. It is given as
many triangles as the error-bounded surface took (and no fewer), so the columns compare error at equal cost.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from io_citygml.crs import parse_crs
from twin.terrain.ground import build_terrain
from twin.terrain.mosaic import BLOCK, Mosaic

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "terrain" / "dgm1_munich"
BOUNDS_M = (0.05, 0.15, 0.5)


def synthetic(folder: Path) -> list[Path]:
    """A hilly square of 257 m with walls and noise, as GeoTIFF."""
    import rasterio
    from rasterio.transform import from_origin

    random = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(257.0), np.arange(257.0))
    z = 100 + 10 * np.sin(x / 40) * np.cos(y / 55) + 2.0 * (x + y > 300) + random.normal(0, 0.03, x.shape)
    path = folder / "synthetic.tif"
    profile = {"driver": "GTiff", "width": 257, "height": 257, "count": 1, "dtype": "float32", "crs": "EPSG:25832"}
    with rasterio.open(path, "w", **profile, transform=from_origin(512000, 5376257, 1, 1)) as raster:
        raster.write(z[::-1].astype(np.float32), 1)
    return [path]


def samples_of(mosaic: Mosaic, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 2) and heights (N,) of every sample of the area, block by block."""
    places, heights = [], []
    for block in mosaic.blocks(low, high):
        z = mosaic.read(block, count=False)[:BLOCK, :BLOCK]
        column, row = mosaic.corner(block)
        j, i = np.meshgrid(np.arange(BLOCK), np.arange(BLOCK))
        known = np.isfinite(z)
        places.append(mosaic.place(column + j[known], row + i[known]))
        heights.append(z[known])
    return np.concatenate(places), np.concatenate(heights)


def every_nth(mosaic: Mosaic, place: np.ndarray, height: np.ndarray, triangles: int) -> dict[str, Any]:
    """Errors of the peer with at least as many triangles."""
    step = max(1, int(np.floor(np.sqrt(2 * len(height) / triangles))))
    first = place.min(axis=0)
    size = np.rint((place.max(axis=0) - first) / mosaic.step).astype(int) + 1
    z = np.full((size[1], size[0]), np.nan)
    index = np.rint((place - first) / mosaic.step).astype(int)
    z[index[:, 1], index[:, 0]] = height
    kept = z[::step, ::step]
    x, y = np.arange(size[0]) / step, np.arange(size[1]) / step
    column, row = (
        np.minimum(np.floor(x).astype(int), kept.shape[1] - 2),
        np.minimum(np.floor(y).astype(int), kept.shape[0] - 2),
    )
    right, up = (x - column)[None, :], (y - row)[:, None]
    a, b = kept[np.ix_(row, column)], kept[np.ix_(row, column + 1)]
    d, c = kept[np.ix_(row + 1, column)], kept[np.ix_(row + 1, column + 1)]
    lower = a + right * (b - a) + up * (c - b)
    upper = a + up * (d - a) + right * (c - d)
    off = np.abs(np.where(right >= up, lower, upper) - z)
    inside = np.isfinite(off) & (x <= kept.shape[1] - 1)[None, :] & (y <= kept.shape[0] - 1)[:, None]
    return {"triangles": 2 * (kept.shape[0] - 1) * (kept.shape[1] - 1), "step": step, **errors(off[inside])}


def errors(off: np.ndarray) -> dict[str, float]:
    """Largest, 99th percentile and root mean square [m]."""
    return {
        "largest_m": round(float(off.max()), 3),
        "p99_m": round(float(np.percentile(off, 99)), 3),
        "rms_m": round(float(np.sqrt((off**2).mean())), 4),
    }


def measure(files: list[Path], bounds: tuple[float, ...]) -> list[dict[str, Any]]:
    """One row for each error bound: ours, then the peer."""
    crs = parse_crs("EPSG:25832")
    first = build_terrain(files, crs, *extent_of(files), bounds[-1])
    assert first.mosaic is not None
    low, high = first.runs.low.min(axis=0)[None], first.runs.high.max(axis=0)[None]
    place, height = samples_of(first.mosaic, low, high)
    rows = []
    for bound in bounds:
        began = time.perf_counter()
        built = build_terrain(files, crs, low, high, bound)
        seconds = time.perf_counter() - began
        found = built.surface.height(place)
        off = np.abs(found - height)[np.isfinite(found)]
        assert built.mosaic is not None
        rows.append(
            {
                "bound_m": bound,
                "samples": len(height),
                "triangles": built.facts["triangles"],
                "share_of_raster": round(built.facts["triangles"] / (2 * len(height)), 4),
                **errors(off),
                "seconds": round(seconds, 2),
                "seconds_per_km2": round(seconds / (built.facts["area_m2"] / 1e6), 3),
                "peer": every_nth(built.mosaic, place, height, built.facts["triangles"]),
            }
        )
    return rows


def extent_of(files: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """The box around files."""
    import rasterio

    boxes = []
    for path in files:
        with rasterio.open(path) as raster:
            boxes.append(raster.bounds)
    box = np.array(boxes)
    return box[:, :2].min(axis=0)[None], box[:, 2:].max(axis=0)[None]


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, nargs="+", help="GeoTIFFs of one place")
    parser.add_argument("--quick", action="store_true", help="one synthetic block, the wider bounds, a smoke run")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = arguments.files or sorted(SHARED.glob("*.tif"))
        if arguments.quick or not files:
            files = synthetic(Path(folder))
        rows = measure(files, BOUNDS_M[1:] if arguments.quick else BOUNDS_M)
    print(f"{', '.join(path.name for path in files)}: {rows[0]['samples']:,} samples")
    print(
        f"{'bound m':>8}{'triangles':>11}{'of raster':>10}{'largest':>9}{'p99':>8}{'rms':>9}{'s/km²':>8}"
        "   every n-th sample"
    )
    for row in rows:
        peer = row["peer"]
        print(
            f"{row['bound_m']:>8.2f}{row['triangles']:>11,}{row['share_of_raster']:>10.2%}{row['largest_m']:>9.3f}"
            f"{row['p99_m']:>8.3f}{row['rms_m']:>9.4f}{row['seconds_per_km2']:>8.3f}   n = {peer['step']}: "
            f"{peer['triangles']:,} triangles, largest {peer['largest_m']:.3f}, p99 {peer['p99_m']:.3f}, "
            f"rms {peer['rms_m']:.4f}"
        )
    if arguments.json:
        found = {"machine": machine(), "files": [path.name for path in files], "rows": rows}
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
