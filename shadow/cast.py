"""From lit or unlit instants to intervals and hours.

Instants stand at a fixed step; each stands for the interval of one step about it, so that the length of a lit run is
its number of instants times the step, and no run is longer than the day. Instants at which the sun is down may be left
out: a run ends there, as near a pole the sun may set and rise again within one day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Interval(NamedTuple):
    """A run of equal answers, by the instants at its ends."""

    first: np.datetime64
    last: np.datetime64
    hours: float


def hours(lit: NDArray[np.bool_], step_s: float) -> NDArray[np.float64]:
    """Summed length [h] of the lit instants along the last axis of ``lit`` (…, N)."""
    return np.asarray(lit.sum(axis=-1) * (step_s / 3600.0))


def intervals(lit: NDArray[np.bool_], times: NDArray[np.datetime64], step_s: float) -> list[Interval]:
    """Lit runs of one receiver.

    Parameters
    ----------
    lit : (N,)
    times : (N,)
        Instants at a fixed step, in order; some may be left out.
    step_s : [s]
    """
    gap = _after_gap(times, step_s)
    begins = lit & (gap | ~np.concatenate([[False], lit])[:-1])
    ends = lit & np.concatenate([gap[1:] | ~lit[1:], [True]])[: len(lit)]
    pairs = zip(np.flatnonzero(begins), np.flatnonzero(ends), strict=True)
    return [Interval(times[b], times[e], float((e - b + 1) * step_s / 3600.0)) for b, e in pairs]


def first_last(
    lit: NDArray[np.bool_], times: NDArray[np.datetime64]
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """First and last lit instant (P,) of receivers ``lit`` (P, N) at ``times`` (N,); NaT where there is none."""
    nothing = np.full(len(lit), np.datetime64("NaT"), "datetime64[s]")
    if not lit.size:
        return nothing, nothing.copy()
    any_lit = lit.any(axis=1)
    first = times[lit.argmax(axis=1)].astype("datetime64[s]")
    last = times[lit.shape[1] - 1 - lit[:, ::-1].argmax(axis=1)].astype("datetime64[s]")
    return np.where(any_lit, first, nothing), np.where(any_lit, last, nothing)


def longest_h(lit: NDArray[np.bool_], times: NDArray[np.datetime64], step_s: float) -> NDArray[np.float64]:
    """Length [h] of the longest lit run (P,) of receivers ``lit`` (P, N) at ``times`` (N,), ``step_s`` [s] apart."""
    run = np.zeros(len(lit), np.int64)
    longest = np.zeros(len(lit), np.int64)
    for column, gap in enumerate(_after_gap(times, step_s)):
        run = np.where(lit[:, column], (0 if gap else run) + 1, 0)
        np.maximum(longest, run, out=longest)
    return np.asarray(longest * (step_s / 3600.0), np.float64)


def union(lit: NDArray[np.bool_], group: NDArray[np.integer], n_groups: int) -> NDArray[np.bool_]:
    """Whether any receiver of a group is lit (n_groups, N): time that several share counts once.

    ``lit`` (P, N); ``group`` (P,) of each receiver, −1 for none.
    """
    found = np.zeros((n_groups, lit.shape[1]), bool)
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    if len(order):
        named, start = np.unique(group[order], return_index=True)
        found[named] = np.logical_or.reduceat(lit[order], start, axis=0)
    return found


def _after_gap(times: NDArray[np.datetime64], step_s: float) -> NDArray[np.bool_]:
    """Whether instants were left out right before each instant (N,)."""
    apart = np.diff(times).astype("timedelta64[ms]").astype(np.float64) / 1000.0
    return np.concatenate([[False], apart > 1.5 * step_s])[: len(times)]
