"""What means over receivers see of sun, sky and hills: receiver by receiver and season by season, in plain numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raytrace import bits
from solar.sky import horizon_weights, sky_weights
from twin import skylight
from twin.operators import CellData
from twin.optics import Optics
from twin.reflection.speakers import Speakers


def taken_by_crowns(data: CellData, optics: Optics, row: int) -> np.ndarray:
    """Share (S, D + K) of the light along each direction that crowns take from a receiver."""
    operators, n_directions = data.operators, optics.n_sun + optics.n_sky
    entries = slice(operators.crown_indptr[row], operators.crown_indptr[row + 1])
    length = np.zeros(max(optics.extinction.shape[1], 1) * n_directions)
    length[operators.crown_index[entries]] = operators.crown_length_m[entries]
    taken = np.zeros((optics.n_seasons, n_directions))
    for season, extinction in enumerate(optics.extinction):
        depth = np.zeros(n_directions)
        for kind, k in enumerate(extinction):
            depth += k * length[kind * n_directions : (kind + 1) * n_directions]
        taken[season] = 1.0 - np.exp(-depth)
    return taken


def seen_by_mean(
    found: Speakers, mean: int, window: Sequence[CellData], optics: Optics
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of sun nodes (S, D), of patches (S, K) and of hills before them (S, K) that a mean sees."""
    sun, sky, hills = (np.zeros((optics.n_seasons, n)) for n in (optics.n_sun, optics.n_sky, optics.n_sky))
    for data, shares in zip(window, found.shares, strict=True):
        free, taken = np.zeros(optics.n_sun + optics.n_sky), np.zeros((optics.n_seasons, optics.n_sun + optics.n_sky))
        for entry in np.flatnonzero(shares.mean == mean):
            row, weight = int(shares.row[entry]), float(shares.weight[entry])
            one = slice(row, row + 1)
            sun_seen = bits.unpack(np.asarray(data.operators.sun_bits)[one], optics.n_sun)[0]
            sky_seen = bits.unpack(np.asarray(data.operators.sky_bits)[one], optics.n_sky)[0]
            free += weight * np.concatenate([sun_seen, sky_seen])
            taken += weight * taken_by_crowns(data, optics, row)
        lit = np.maximum(free - taken, 0.0)
        above = skylight.open_sky(data, optics)
        sun += lit[:, : optics.n_sun]
        sky += lit[:, optics.n_sun :] * above
        hills += lit[:, optics.n_sun :] * (1.0 - above)
    return sun, sky, hills


def kept_of_mean(
    found: Speakers, mean: int, window: Sequence[CellData], optics: Optics, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same as reflectors keep it: shares in whole steps (S·D, or S·D + S·K), and sums (3·S,) over the sky."""
    sun, sky, hills = seen_by_mean(found, mean, window, optics)
    normal = np.round(found.normal[mean], 6)[None]
    normal /= np.linalg.norm(normal)
    weight, band = sky_weights(optics.sky, normal)[0], horizon_weights(optics.sky, normal)[0]
    shares = np.concatenate([sun.ravel(), sky.ravel()]) if optics.by_patch else sun.ravel()
    sums = np.concatenate([(sky * weight).sum(axis=1) / np.pi, (sky * band).sum(axis=1)])
    sums = np.concatenate([sums, (hills * weight).sum(axis=1) / np.pi])
    return np.rint(np.minimum(shares, 1.0) * steps).astype(np.uint8), sums
