"""Pass two: what each reflector that a cell sees gets of sun and sky itself, from the receivers on it.

A reflector's view is the mean over those that speak for it (speakers.py). Shares are kept in 255ths: the error of one
is 0.2 % of full light at most, and the sum over many reflectors has none to speak of. Of the sky its sums are kept, and
its patches only where the sky model gives each a radiance of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin import canopy, skylight
from twin.operators import CellData, Reflectors, unknown
from twin.optics import Optics
from twin.reflection.speakers import Speakers, speakers_of
from twin.reflection.trace import unit

STEPS = 255
# Reflectors that are added up at a time: 2,048 × 1,400 directions × 8 bytes = 23 MB a season and array.
BLOCK = 2048


class Views(NamedTuple):
    """What reflectors (M,) see, as shares of their area: sun nodes; patches in sight; and behind far hills."""

    sun: NDArray[np.float64]  # (M, S·D)
    sky: NDArray[np.float64]  # (M, S·K)
    hills: NDArray[np.float64]  # (M, S·K)


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
    for first in range(0, count, BLOCK):
        part = slice(first, min(first + BLOCK, count))
        views = _mean_views(found, part, window, optics)
        kept = np.concatenate([views.sun, views.sky], axis=1)[:, :n_kept]
        seen[part] = np.rint(np.minimum(kept, 1.0) * STEPS)
        in_sight = skylight.seen_of(views.sky, normal[part], optics)
        hills = skylight.seen_of(views.hills, normal[part], optics).factor
        sky[part] = np.concatenate([in_sight.factor, in_sight.horizon, hills], axis=1)
    return unknown(key)._replace(
        known=found.mean >= 0,
        normal=found.given(normal.astype(np.float32)),
        seen=found.given(seen),
        sky=found.given(sky),
    )


def _mean_views(found: Speakers, part: slice, window: Sequence[CellData], optics: Optics) -> Views:
    """Means over receivers; what far hills hide is as each receiver's own cell sees them."""
    count = part.stop - part.start
    n_suns, n_skies = optics.n_seasons * optics.n_sun, optics.n_seasons * optics.n_sky
    views = Views(np.zeros((count, n_suns)), np.zeros((count, n_skies)), np.zeros((count, n_skies)))
    for data, shares in zip(window, found.shares, strict=True):
        row, mean, weight = shares.of(part.start, part.stop)
        if len(row):
            sun, sky = canopy.weighted_sums(data, optics, row, weight, mean, count)
            above = np.tile(skylight.open_sky(data, optics), optics.n_seasons)
            for total, of_cell in zip(views, (sun, sky * above, sky * (1.0 - above)), strict=True):
                total += of_cell
    return views
