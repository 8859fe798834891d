"""Laser scans into square tiles on disk, so that no more than a few of them are in memory at once.

Tiles lie on multiples of their size in the job's CRS. Of each tile all points are handed out in one order, whatever
file or chunk they came from, and a point that two files share comes once: trees know nothing of files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.vegetation.crowns import Floats
from twin.vegetation.las_place import Place, place_of, placed
from twin.vegetation.las_read import Chunk, Head, chunks, head_of, scans

TILE_M = 200.0
RECORD = np.dtype([("x", "<f8"), ("y", "<f8"), ("z", "<f8"), ("kind", "u1"), ("returns", "u1")])
# ASPRS: low noise, high noise.
NOISE = (7, 18)
# Outlines are compared as boxes: a rotated one reaches out by this much, of its size.
BOX_SHARE = 0.05

Records = NDArray[Any]


class Tiles:
    """Points of a box, by tile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds: Counter[int] = Counter()  # points of each ASPRS class in the files that were read
        self.report: dict[str, Any] = {"files": {}}

    def fill(self, paths: Sequence[Path], target: Crs, crs: str | None, low: Floats, high: Floats) -> None:
        """Write the points of files within a box (2,), (2,) [m] into tiles.

        Raises
        ------
        TwinError
            For a file that cannot be read, or whose coordinate system nobody names.
        """
        counts: Counter[str] = Counter()
        for path in scans(paths):
            head = head_of(path)
            place = place_of(str(path), head.stated, target, crs)
            if not _meets(head, place, low, high):
                counts["files elsewhere"] += 1
                continue
            self.report["files"][path.name] = place.said
            for chunk in chunks(path):
                counts["points"] += len(chunk.kind)
                self._enter(chunk, place, low, high, counts)
        if counts["points"] and not counts["points in the box"]:
            counts["no point in the box"] = 1
        self.report |= dict(sorted(counts.items()))
        self.report["classes"] = {str(kind): count for kind, count in sorted(self.kinds.items())}

    def _enter(self, chunk: Chunk, place: Place, low: Floats, high: Floats, counts: Counter[str]) -> None:
        for kind, count in zip(*np.unique(chunk.kind, return_counts=True), strict=True):
            self.kinds[int(kind)] += int(count)
        noise = np.isin(chunk.kind, NOISE) | chunk.dropped
        counts["points of noise"] += int(noise.sum())
        point = placed(place, chunk.point)
        # not finite where a point has no place in the target
        inside = ~noise & (point[:, :2] >= low).all(axis=1) & (point[:, :2] < high).all(axis=1)
        counts["points in the box"] += int(inside.sum())
        records = np.empty(int(inside.sum()), RECORD)
        for axis, name in enumerate("xyz"):
            records[name] = np.round(point[inside, axis], 3)
        records["kind"], records["returns"] = chunk.kind[inside], chunk.returns[inside]
        if not len(records):
            return
        tile = np.floor(point[inside, :2] / TILE_M).astype(np.int64)
        first = tile.min(axis=0)
        width = int(tile[:, 0].max() - first[0]) + 1
        key = (tile[:, 1] - first[1]) * width + tile[:, 0] - first[0]
        order = np.argsort(key, kind="stable")
        start = np.flatnonzero(np.diff(key[order], prepend=-1))
        for part in np.split(order, start[1:]):
            column, row = tile[part[0]]
            with self._path(int(column), int(row)).open("ab") as file:
                file.write(records[part].tobytes())

    def _path(self, column: int, row: int) -> Path:
        return self.folder / f"{column}_{row}.bin"

    def around(self, column: int, row: int, margin_m: float) -> Records:
        """Points of a tile and a margin around it, at most a tile wide, sorted, each once."""
        low = np.array([column, row]) * TILE_M - margin_m
        high = low + TILE_M + 2 * margin_m
        found = [np.zeros(0, RECORD)]
        for path in (self._path(column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            if path.is_file():
                part = np.fromfile(path, RECORD)
                inside = (part["x"] >= low[0]) & (part["x"] < high[0]) & (part["y"] >= low[1]) & (part["y"] < high[1])
                found.append(part[inside])
        records = np.concatenate(found)
        plan, rest = _keys(records, low)
        order = np.lexsort([rest, plan])
        plan, rest = plan[order], rest[order]
        again = np.zeros(len(records), bool)
        again[1:] = (plan[1:] == plan[:-1]) & (rest[1:] == rest[:-1])
        return records[order[~again]]


def _keys(records: Records, low: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two numbers (N,) by which points of a block at ``low`` (2,) sort as by x, y, z, class and returns.

    Coordinates are whole millimetres, and two sorts of integers are done before five of floats.
    """
    x, y, z = (np.rint(records[name] * 1000.0).astype(np.int64) for name in "xyz")
    plan = ((x - round(low[0] * 1000.0)) << 32) + (y - round(low[1] * 1000.0))
    return plan, (z << 16) + (records["kind"].astype(np.int64) << 8) + records["returns"]


def _meets(head: Head, place: Place, low: Floats, high: Floats) -> bool:
    """Whether a file's box, as far as it can be transformed, reaches into the job's box."""
    if not head.n_points:
        return False
    x, y = (np.linspace(head.low[axis], head.high[axis], 5) for axis in (0, 1))
    grid = np.stack([*(axis.ravel() for axis in np.meshgrid(x, y)), np.zeros(25)], axis=1)
    plan = placed(place, grid)[:, :2]
    if not np.isfinite(plan).all():
        raise TwinError(
            f"the box of a laser scan, {head.low[:2]} to {head.high[:2]}, has no place in {place.target}",
            f"it is read as {place.said}: check --trees-crs",
        )
    margin = BOX_SHARE * (plan.max(axis=0) - plan.min(axis=0))
    return bool((plan.min(axis=0) - margin <= high).all() and (plan.max(axis=0) + margin >= low).all())
