"""The kernel of pass two: what a mean over receivers sees of sun nodes, of the sky and of far hills before it.

Receivers of a mean have a weight each, in all 1. Cell by cell of the window, row by row, the weight is added wherever a
bit is set; what crowns take of it is taken off, season by season; of the patches a far horizon leaves a share, the rest
is hills. Of each sun node a mean sees a share [1], kept in whole steps; of the sky and of hills the kernel keeps sums
over patches times what each gives to the mean's plane: the uniform sky's and the hills' over π [1], the horizon band's.

Means are shared out among threads, never the terms of a sum: each sum has one order, whatever else is asked for.

Oracle: receivers one by one in numpy, tests/oracles/mean_views.py.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from twin.jit import kernel, parallel_kernel

WORD = 64
NO_BIT = np.uint64(0)
ONE_BIT = np.uint64(1)


@parallel_kernel
def see_all(speakers, crowns, planes, above, n_sun, steps, seen, sky):  # type: ignore[no-untyped-def]
    """Fill some rows of what means see: of each direction (…, S·D, or S·D + S·K for patches too) in 1/``steps``; of the
    uniform sky, of the horizon band and of hills (…, 3·S).

    ``speakers``: where each mean's entries begin (M + 1,); cell (N,), row (N,) and weight (N,) of each; bits of the
    rows (P, W): words of D sun nodes, then of K patches. ``crowns``: what they take from rows, CSR over D + K: begins
    (P + 1,), directions (E,), shares in each season (S, E). ``planes``: row of each mean (M,) in what is filled; its
    plane (M,); what patches give to planes (U, K) of the uniform sky [sr] and of the horizon band. ``above``: share of
    patches that the far horizons of cells leave (C, K).
    """
    for item in prange(len(speakers[0]) - 1):
        _see(np.int64(item), speakers, crowns, planes, above, n_sun, steps, seen, sky)


@kernel
def _see(mean, speakers, crowns, planes, above, n_sun, steps, seen, sky):  # type: ignore[no-untyped-def]
    """One mean of all."""
    start, cell = speakers[0], speakers[1]
    n_seasons, n_sky = len(crowns[2]), above.shape[1]
    suns, skies = np.zeros(n_seasons * n_sun), np.zeros(n_seasons * n_sky)
    hills = np.zeros(n_seasons * n_sky)
    free, taken = np.empty(speakers[4].shape[1] * WORD), np.empty(n_sun + n_sky)
    first, end = start[mean], start[mean + 1]
    while first < end:
        last = first + 1
        while last < end and cell[last] == cell[first]:
            last += 1
        _look(first, last, speakers, free)
        patches, leaves = free[len(free) - (n_sky + WORD - 1) // WORD * WORD :], above[cell[first]]
        for season in range(n_seasons):
            _take(first, last, speakers, crowns, season, taken)
            sun, patch = suns[season * n_sun : (season + 1) * n_sun], season * n_sky
            for d in range(n_sun):
                sun[d] += max(free[d] - taken[d], 0.0)
            for k in range(n_sky):
                lit = max(patches[k] - taken[n_sun + k], 0.0)
                skies[patch + k] += lit * leaves[k]
                hills[patch + k] += lit * (1.0 - leaves[k])
        first = last
    out, plane, uniform, band = planes[0][mean], planes[1][mean], planes[2], planes[3]
    _keep(suns, steps, seen[out, : len(suns)])
    _keep(skies, steps, seen[out, len(suns) :])
    for season in range(n_seasons):
        part = slice(season * n_sky, (season + 1) * n_sky)
        sky[out, season] = _dot(skies[part], uniform[plane]) / np.pi
        sky[out, n_seasons + season] = _dot(skies[part], band[plane])
        sky[out, 2 * n_seasons + season] = _dot(hills[part], uniform[plane]) / np.pi


@kernel
def _look(first, last, speakers, free):  # type: ignore[no-untyped-def]
    """Sums ``free`` (64·W,) of the weights of entries whose rows have a bit set."""
    _, _, row, weight, words = speakers
    free[:] = 0.0
    for entry in range(first, last):
        share = weight[entry]
        for word in range(words.shape[1]):
            pattern = words[row[entry], word]
            if pattern != NO_BIT:
                part = free[word * WORD : (word + 1) * WORD]
                for lane in range(WORD):
                    part[lane] += share * np.float64((pattern >> np.uint64(lane)) & ONE_BIT)


@kernel
def _take(first, last, speakers, crowns, season, taken):  # type: ignore[no-untyped-def]
    """Sums ``taken`` (D + K,) of what crowns take from entries in a season."""
    _, _, row, weight, _ = speakers
    begin, direction, share = crowns
    taken[:] = 0.0
    for entry in range(first, last):
        for at in range(begin[row[entry]], begin[row[entry] + 1]):
            taken[direction[at]] += weight[entry] * share[season, at]


@kernel
def _keep(share, steps, kept):  # type: ignore[no-untyped-def]
    """Shares [1] in whole steps; as many as are to be kept."""
    for at in range(len(kept)):
        kept[at] = np.uint8(np.rint(min(share[at], 1.0) * steps))


@kernel
def _dot(sums, weight):  # type: ignore[no-untyped-def]
    """Sum of products (K,), in the order of raytrace.bits.row_dot."""
    lanes = np.zeros(WORD)
    for k in range(len(sums)):
        lanes[k % WORD] += sums[k] * weight[k]
    total = 0.0
    for lane in range(WORD):
        total += lanes[lane]
    return total
