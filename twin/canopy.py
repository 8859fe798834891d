"""Light through tree crowns: from chord lengths to the share that each season's leaves take.

A cell keeps chords of the directions that its receivers see past all walls, one entry a direction and crown class; a
season is a row of extinctions k (S, C), so another season, or another k, asks for no ray. τ = exp(−Σ k·ℓ) (Beer and
Lambert); what is taken is 1 − τ. Light that leaves scatter is not followed: a crown absorbs what it takes.

Oracle: receivers and directions one by one, tests/twin/test_twin_canopy.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from twin.operators import CellData
from twin.optics import Optics
from twin.sparse import rows_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Taken(NamedTuple):
    """Share of light that crowns take from rows (P,), CSR over their D + K directions."""

    start: NDArray[np.int64]  # (P + 1,) where each row begins
    direction: NDArray[np.int32]  # (N,)
    share: NDArray[np.float64]  # (S, N) in each season


def has_crowns(data: CellData) -> bool:
    """Whether any receiver of a cell looks through a crown."""
    return len(data.operators.crown_index) > 0


def chords(data: CellData, optics: Optics, row: NDArray[np.intp]) -> csr_array:
    """Chord lengths [m] of rows (P,) of a cell through each class of crowns: (P, C·(D + K)), class by class."""
    from scipy.sparse import csr_array

    operators = data.operators
    start, index, length = rows_of(operators.crown_indptr, operators.crown_index, operators.crown_length_m, row)
    columns = max(optics.extinction.shape[1], 1) * (optics.n_sun + optics.n_sky)
    return csr_array((length, index, start), shape=(len(row), columns))


def taken(chord: csr_array, optics: Optics) -> Iterator[csr_array]:
    """Share of light (P, D + K) that crowns with chords (P, C·(D + K)) take, by direction, in each season."""
    from scipy.sparse import csr_array

    n_directions = optics.n_sun + optics.n_sky
    kind, direction = chord.indices // n_directions, chord.indices % n_directions
    shape = chord.shape[0], n_directions
    for k in optics.extinction:
        # a copy: adding up one season's classes moves indices and row ends in place
        depth = csr_array((chord.data * k[kind], direction, chord.indptr), shape=shape, copy=True)
        depth.sum_duplicates()
        depth.data = 1.0 - np.exp(-depth.data)
        yield depth


def taken_by_season(chords: Sequence[csr_array], optics: Optics) -> Taken:
    """The same of rows of several cells, one cell below the other, as plain columns."""
    from scipy.sparse import vstack

    found = list(taken(vstack(chords, format="csr"), optics))  # seasons differ in what is taken, not in where
    share = np.array([season.data for season in found])
    return Taken(found[0].indptr.astype(np.int64), found[0].indices.astype(np.int32), share)


def weighted_sums(
    data: CellData,
    optics: Optics,
    row: NDArray[np.intp],
    weight: NDArray[np.float64],
    group: NDArray[np.int32],
    n_groups: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted sums over rows (P,) that see each node (G, S·D) and each patch (G, S·K), less what crowns take."""
    sun_bits, sky_bits = np.asarray(data.operators.sun_bits)[row], np.asarray(data.operators.sky_bits)[row]
    sun = bits.weighted_sum(sun_bits, optics.n_sun, weight, group, n_groups)
    sky = bits.weighted_sum(sky_bits, optics.n_sky, weight, group, n_groups)
    if optics.n_seasons == 1 and not has_crowns(data):
        return sun, sky
    if not has_crowns(data):
        return np.tile(sun, (1, optics.n_seasons)), np.tile(sky, (1, optics.n_seasons))
    return less(sun, sky, taken(chords(data, optics, row), optics), weight, group)


def less(
    sun: NDArray[np.float64],
    sky: NDArray[np.float64],
    lost: Iterable[csr_array],
    weight: NDArray[np.float64],
    group: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums (G, D) and (G, K) of rows (P,) in every season, less what crowns take: (G, S·D), (G, S·K)."""
    from scipy.sparse import csr_array

    n_sun = sun.shape[1]
    member = csr_array((weight, (group, np.arange(len(group)))), shape=(len(sun), len(group)))
    suns, skies = [], []
    for share in lost:
        dark = (member @ share).toarray()
        suns.append(np.maximum(sun - dark[:, :n_sun], 0.0))
        skies.append(np.maximum(sky - dark[:, n_sun:], 0.0))
    return np.concatenate(suns, axis=1), np.concatenate(skies, axis=1)


def dots(
    data: CellData,
    optics: Optics,
    row: NDArray[np.intp],
    sun: NDArray[np.float64],
    sky: NDArray[np.float64],
    which: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Sums (P,) over directions of what rows see times weights of their planes: sun (G, S·D), sky (G, S·K)."""
    n_seasons, n_sun = optics.n_seasons, optics.n_sun
    by_season = sun.reshape(len(sun), n_seasons, n_sun), sky.reshape(len(sky), n_seasons, optics.n_sky)
    out = bits.dot(np.asarray(data.operators.sun_bits)[row], by_season[0].sum(axis=1), which)
    out += bits.dot(np.asarray(data.operators.sky_bits)[row], by_season[1].sum(axis=1), which)
    if has_crowns(data):
        for season, share in enumerate(taken(chords(data, optics, row), optics)):
            whole = np.concatenate([by_season[0][:, season], by_season[1][:, season]], axis=1)
            entry = np.repeat(np.arange(len(row)), np.diff(share.indptr))
            out -= np.bincount(entry, share.data * whole[which[entry], share.indices], len(row))
    return np.asarray(out)
