"""Ours and Embree in turns on the same piece of points; the least CPU time of each counts, every bit is compared.

Ours is one call of ``raytrace.visible`` with all directions, ordering and set-up included. Both use the same number of
threads; CPU time is that of the whole process. OpenMP's idle threads spin for about a millisecond after a parallel
kernel, hence a pause before each turn: nobody's spinning is charged to the other.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import raytrace
from benchmarks._rays_peers import Peer
from benchmarks._rays_points import Points

PAUSE_S = 0.02


class Difference(NamedTuple):
    """Pairs answered differently: point (N, 3), direction (N, 3), and whether we see (N,)."""

    point: npt.NDArray[np.float32]
    direction: npt.NDArray[np.float32]
    ours_sees: npt.NDArray[np.bool_]


class Race(NamedTuple):
    """Totals over pieces: counts, CPU seconds, our wall seconds, and what differed."""

    pairs: int
    facing: int
    visible: int
    ours_cpu_s: float
    ours_wall_s: float
    embree_cpu_s: float
    different: Difference


def race(bvh: raytrace.Bvh, peer: Peer, pieces: list[Points], directions: npt.NDArray, repeats: int) -> Race:
    """All pieces along all directions."""
    to_light = np.asarray(directions, np.float32)
    turns = [_piece(bvh, peer, piece, to_light, repeats) for piece in pieces if len(piece.points)]
    if not turns:
        nothing = np.empty((0, 3), np.float32)
        return Race(0, 0, 0, 0.0, 0.0, 0.0, Difference(nothing, nothing, np.empty(0, bool)))
    columns = list(zip(*turns, strict=True))
    different = Difference(*(np.concatenate(part) for part in zip(*columns[-1], strict=True)))
    return Race(*(sum(column) for column in columns[:-1]), different)


def _piece(bvh: raytrace.Bvh, peer: Peer, sensors: Points, to_light: npt.NDArray, repeats: int) -> Race:
    ours_cpu, ours_wall, theirs_cpu = [], [], []
    for _ in range(repeats):
        time.sleep(PAUSE_S)
        began, cpu = time.perf_counter(), time.process_time()
        bits = raytrace.visible(bvh, sensors.points, sensors.normals, to_light)
        ours_wall.append(time.perf_counter() - began)
        ours_cpu.append(time.process_time() - cpu)
        time.sleep(PAUSE_S)
        answer = peer(sensors, to_light)
        theirs_cpu.append(answer.cpu_s)
    mine = raytrace.bits.unpack(bits, len(to_light))
    p, d = np.nonzero(mine != answer.seen)
    return Race(
        mine.size,
        answer.rays,
        int(mine.sum()),
        min(ours_cpu),
        min(ours_wall),
        min(theirs_cpu),
        Difference(sensors.points[p], to_light[d], mine[p, d]),
    )


def figures(result: Race, fair: bool) -> dict[str, Any]:
    """Costs a pair [CPU ns] and the ratio, for JSON; back-facing pairs count as free pairs on both sides.

    ``fair`` False leaves out what only packets in C++ may be compared with.
    """
    pairs, rays = max(result.pairs, 1), max(result.facing, 1)
    row: dict[str, Any] = {
        "pairs": result.pairs,
        "facing_share": result.facing / pairs,
        "visible_share_of_facing": result.visible / rays,
        "cpu_ns_per_pair": result.ours_cpu_s / pairs * 1.0e9,
        "cpu_ns_per_facing_pair": result.ours_cpu_s / rays * 1.0e9,
        "wall_s": result.ours_wall_s,
        "different_bits": len(result.different.point),
        "different_per_million_facing": len(result.different.point) / rays * 1.0e6,
    }
    if fair and result.pairs:
        row["embree_cpu_ns_per_pair"] = result.embree_cpu_s / pairs * 1.0e9
        row["embree_cpu_ns_per_facing_pair"] = result.embree_cpu_s / rays * 1.0e9
        row["ratio"] = result.embree_cpu_s / result.ours_cpu_s
    return row
