"""Pass two: what each reflector that a cell sees gets of sun and sky itself, from the receivers on it.

A reflector's view is the mean over those that speak for it (speakers.py). Shares are kept in 255ths: the error of one
is 0.2 % of full light at most, and the sum over many reflectors has none to speak of. Of the sky its sums are kept, and
its patches only where the sky model gives each a radiance of its own.

Means are taken in the order of the planes that they face, so that no plane's share of the sky is computed twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace.lock import PARALLEL_KERNELS
from solar.sky import horizon_weights, sky_weights
from twin import canopy, planes, skylight
from twin.operators import CellData, Reflectors, unknown
from twin.optics import Optics
from twin.reflection.mean_view import see_all
from twin.reflection.speakers import Speakers, speakers_of
from twin.reflection.trace import unit

STEPS = 255
# Means whose receivers are looked through at a time: about 10 rows each of 184 bytes, and under trees 1 kB a season.
BLOCK = 1024


class Entries(NamedTuple):
    """Receivers that speak for means: mean by mean, then cell by cell of the window, then row by row."""

    start: NDArray[np.int64]  # (M + 1,) where those of each mean begin
    cell: NDArray[np.intp]  # (N,) of the window
    row: NDArray[np.intp]  # (N,) in that cell
    weight: NDArray[np.float64]  # (N,) those of a mean make 1


def reflectors_of(key: NDArray[np.int64], window: Sequence[CellData], optics: Optics) -> Reflectors:
    """What the reflectors ``key`` (R,), ascending, see of sun nodes and sky in each season.

    ``window`` holds the cell that sees them and those around it. Nothing is followed from reflector to reflector yet.
    """
    found = speakers_of(key, window)
    count, n_seasons = len(found.normal), optics.n_seasons
    n_kept = n_seasons * (optics.n_sun + optics.n_sky * optics.by_patch)
    seen, sky = np.zeros((count, n_kept), np.uint8), np.zeros((count, 3 * n_seasons), np.float32)
    # Rounded, so that the pieces of a surface have one normal, not one of each rounding.
    normal = unit(np.round(found.normal, 6))
    facing, which = planes.distinct(normal)
    order = np.argsort(which, kind="stable")
    plane, entries = which[order], _entries(found, order)
    above = np.array([skylight.open_sky(data, optics) for data in window]).reshape(-1, optics.n_sky)
    for first in range(0, count, BLOCK):
        part = slice(first, min(first + BLOCK, count))
        lit = order[part], *_lit(facing, plane[part], optics)
        speakers, crowns = _looked_through(entries, part, window, optics)
        with PARALLEL_KERNELS:
            see_all(speakers, crowns, lit, above, optics.n_sun, STEPS, seen, sky)
    return unknown(key)._replace(
        known=found.mean >= 0,
        normal=found.given(normal.astype(np.float32)),
        seen=found.given(seen),
        sky=found.given(sky),
    )


def _entries(found: Speakers, order: NDArray[np.intp]) -> Entries:
    """All shares, with means in some order (M,)."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    nobody = np.zeros(0, np.intp)
    cell = np.concatenate([nobody, *(np.full(len(share.row), at) for at, share in enumerate(found.shares))])
    row = np.concatenate([nobody, *(share.row for share in found.shares)])
    mean = place[np.concatenate([nobody, *(share.mean for share in found.shares)])]
    weight = np.concatenate([np.zeros(0), *(share.weight for share in found.shares)])
    start = np.concatenate([[0], np.cumsum(np.bincount(mean, minlength=len(order)))])
    by_mean = np.argsort(mean, kind="stable")
    return Entries(start, cell[by_mean], row[by_mean], weight[by_mean])


def _looked_through(
    entries: Entries, part: slice, window: Sequence[CellData], optics: Optics
) -> tuple[tuple[Any, ...], canopy.Taken]:
    """Entries of some means with what they look through: bits and crowns, as the kernel takes them."""
    start = entries.start[part.start : part.stop + 1]
    cell, row, weight = (column[start[0] : start[-1]] for column in entries[1:])
    by_cell = np.argsort(cell, kind="stable")
    place = np.empty_like(by_cell)
    place[by_cell] = np.arange(len(place))
    words, chords = [], []
    for one in np.unique(cell):
        data, mine = window[one], row[cell == one]
        bits = data.operators.sun_bits, data.operators.sky_bits
        words.append(np.concatenate([np.asarray(part)[mine] for part in bits], axis=1))
        chords.append(canopy.chords(data, optics, mine))
    return (start - start[0], cell, place, weight, np.concatenate(words)), canopy.taken_by_season(chords, optics)


def _lit(facing: NDArray[np.float64], plane: NDArray[np.intp], optics: Optics) -> tuple[Any, ...]:
    """Planes (M,), ascending, that means face, and what patches give to each plane."""
    mine = facing[plane[0] : plane[-1] + 1]
    return plane - plane[0], sky_weights(optics.sky, mine), horizon_weights(optics.sky, mine)
