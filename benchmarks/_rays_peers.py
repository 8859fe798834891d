"""Embree answers the question of ``raytrace.visible``: C++ packets in the order it likes best, or embreex.

A peer is asked for one piece of points and all directions and returns answers and CPU seconds inside Embree. Only pairs
in front of the point's plane become rays, by the same rule as ours (normal · direction > 0 in float64 from float32).
Choosing them, sorting and copying is not charged.

Plans, i.e. ways to hand rays to Embree: by direction, all facing points of one direction in some order of the points;
or by point, the facing directions of one point, neighbouring directions together. ``best_plan`` tries them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks import _embree_packets, _rays_points
from benchmarks._embree_packets import COHERENT, PACKETS, SINGLE, Mode
from benchmarks._rays_points import Order, Points, take

BLOCK = 64
"""Directions a call of Embree: starting two threads is paid once, and 64 directions of rays fit in memory."""

SAMPLE_DIRECTIONS = 128
SAMPLE_RUN = 16
"""``best_plan`` tries runs of 16 neighbouring directions, spread over all, so that every plan is at its ease."""


class Plan(NamedTuple):
    """A way to hand rays to Embree: its name, the order of the points, packets, and which comes first."""

    name: str
    order: Order
    mode: Mode
    by_point: bool


PLANS = (
    Plan("16 points of one direction, k-d runs of 64", _rays_points.kd64, COHERENT, False),
    Plan("16 points of one direction, k-d runs of 16", _rays_points.kd16, COHERENT, False),
    Plan("16 points of one direction, 8 m Morton cells by normal", _rays_points.morton_and_view, COHERENT, False),
    Plan("16 points of one direction, k-d runs of 16, without the coherent flag", _rays_points.kd16, PACKETS, False),
    Plan("16 neighbouring directions of one point, coherent flag", _rays_points.kd64, COHERENT, True),
    Plan("16 neighbouring directions of one point, without the flag", _rays_points.kd64, PACKETS, True),
    Plan("single rays, k-d runs of 64", _rays_points.kd64, SINGLE, False),
)


class Answer(NamedTuple):
    """Seen (P, D) bool, number of rays (facing pairs), and CPU seconds inside Embree."""

    seen: npt.NDArray[np.bool_]
    rays: int
    cpu_s: float


Peer = Callable[[Points, npt.NDArray], Answer]


def packet_peer(scene: _embree_packets.Scene, plan: Plan, threads: int) -> Peer:
    """Embree in C++ by one plan."""

    def ask(sensors: Points, directions: npt.NDArray) -> Answer:
        order = plan.order(sensors)
        arranged = take(sensors, order)
        turn = _rays_points.kd_order(directions, SAMPLE_RUN) if plan.by_point else np.arange(len(directions))
        seen = np.zeros((len(order), len(directions)), bool)
        flat, first = seen.reshape(-1), order * len(directions)
        rays, cpu_s = 0, 0.0
        for begin in range(0, len(turn), BLOCK):
            block = turn[begin : begin + BLOCK]
            chosen = _embree_packets.facing_rays(*arranged[:2], directions[block], plan.by_point)
            answer = _embree_packets.occluded(scene, chosen.rays, plan.mode, threads)
            rays, cpu_s = rays + len(answer.blocked), cpu_s + answer.cpu_s
            flat[first[chosen.point] + block[chosen.direction]] = ~answer.blocked
        return Answer(seen, rays, cpu_s)

    return ask


def embreex_peer(vertices: npt.NDArray, triangles: npt.NDArray) -> Peer:
    """Embree through embreex: agreement only, one thread and single rays.

    Raises:
        ModuleNotFoundError: embreex is not installed.
    """
    from benchmarks import _embree  # imports embreex, which C++ does not need

    scene, _ = _embree.scene(vertices, triangles)

    def ask(sensors: Points, directions: npt.NDArray) -> Answer:
        parts = [
            _embree.visible(scene, sensors.points, sensors.normals, directions[begin : begin + BLOCK])
            for begin in range(0, len(directions), BLOCK)
        ]
        seen = np.concatenate([part.seen for part in parts], axis=1)
        return Answer(seen, sum(part.rays for part in parts), sum(part.cpu_s for part in parts))

    return ask


def best_plan(
    scene: _embree_packets.Scene, sensors: Points, directions: npt.NDArray, repeats: int, threads: int
) -> tuple[Plan, dict[str, float]]:
    """The fastest plan on a sample of directions, and CPU ns a ray of each."""
    runs = np.array_split(_rays_points.kd_order(directions, SAMPLE_RUN), max(1, len(directions) // SAMPLE_RUN))
    n_runs = min(len(runs), SAMPLE_DIRECTIONS // SAMPLE_RUN)
    chosen = directions[np.concatenate([runs[k] for k in np.linspace(0, len(runs) - 1, n_runs).astype(int)])]
    cost = dict.fromkeys((plan.name for plan in PLANS), np.inf)
    for _ in range(repeats):
        for plan in PLANS:
            answer = packet_peer(scene, plan, threads)(sensors, chosen)
            cost[plan.name] = min(cost[plan.name], answer.cpu_s / max(1, answer.rays) * 1.0e9)
    return min(PLANS, key=lambda plan: cost[plan.name]), cost
