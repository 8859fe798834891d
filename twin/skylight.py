"""The sky over one cell: what a far horizon leaves of it, and the light that its patches send.

A far horizon is no caster: it takes suns at their true places and shares of patches, whatever the bits say, and what it
takes of the sky is replaced by far ground, at its albedo times the global irradiance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from raytrace.lock import PARALLEL_KERNELS
from solar.far_horizon import FarHorizon, open_share
from solar.irradiance import BinTotals, Reflection
from solar.sky import horizon_weights, sky_weights
from twin.node_sums import add_nodes
from twin.operators import CellData
from twin.optics import Optics
from twin.planes import distinct

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Planes whose weights of patches are held at a time: 1,024 × 577 × 8 bytes = 4.7 MB.
CHUNK = 1024


class SkyTotals(Protocol):
    """What the sky sends in B bins, and what comes back from far ground."""

    @property
    def isotropic(self) -> NDArray[np.float64]:
        """(B, S) [kWh/m²]."""

    @property
    def horizon(self) -> NDArray[np.float64]:
        """(B, S) [kWh/m²]."""

    @property
    def ghi(self) -> NDArray[np.float64]:
        """(B, S) [kWh/m²]."""

    @property
    def patch(self) -> NDArray[np.float64]:
        """(B, S·K or 0) [kWh/m²/sr]."""


class Seen(NamedTuple):
    """What planes see of the sky, each times their area."""

    factor: NDArray[np.float64]  # (G, S) of the uniform sky
    horizon: NDArray[np.float64]  # (G, S) of the horizon band
    patch: NDArray[np.float64]  # (G, S·K) [sr], or (G, 0)


def far_horizon(data: CellData) -> FarHorizon | None:
    """The far horizon of a cell, where one is known."""
    profile = np.asarray(data.horizon_deg)
    return FarHorizon(profile) if len(profile) else None


def open_sky(data: CellData, optics: Optics) -> NDArray[np.float64]:
    """Share (K,) of each patch that the far horizon of a cell leaves."""
    horizon = far_horizon(data)
    return np.ones(optics.n_sky) if horizon is None else open_share(horizon, optics.sky)


def nothing_seen(count: int, optics: Optics) -> Seen:
    """Planes (G,) that see no sky."""
    shape = count, optics.n_seasons
    return Seen(np.zeros(shape), np.zeros(shape), np.zeros((count, optics.n_seasons * optics.n_sky * optics.by_patch)))


def seen_of(sky: NDArray[np.float64], normal: NDArray[np.float64], optics: Optics) -> Seen:
    """What planes of unit normal (G, 3) that see areas ``sky`` (G, S·K) of each patch make of them."""
    found = nothing_seen(len(normal), optics)
    for first in range(0, len(normal), CHUNK):
        part = slice(first, first + CHUNK)
        facing, which = distinct(normal[part])
        weight = sky_weights(optics.sky, facing)[which]
        band = horizon_weights(optics.sky, facing)[which]
        for season in range(optics.n_seasons):
            mine = slice(season * optics.n_sky, (season + 1) * optics.n_sky)
            found.factor[part, season] = bits.row_dot(sky[part, mine], weight[:, None, :])[:, 0] / np.pi
            found.horizon[part, season] = bits.row_dot(sky[part, mine], band[:, None, :])[:, 0]
            if optics.by_patch:
                found.patch[part, mine] = sky[part, mine] * weight
    return found


def energy(seen: Seen, sent: SkyTotals) -> NDArray[np.float64]:
    """Energy (G, B) that the sky gives to planes [kWh, or kWh/m²]."""
    out = by_patch(seen.patch, sent.patch)
    for season in range(seen.factor.shape[1]):
        out += seen.factor[:, season, None] * sent.isotropic[:, season]
        out += seen.horizon[:, season, None] * sent.horizon[:, season]
    return out


def by_patch(view: NDArray[np.float64], patch: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy (G, B) from patches (B, S·K or 0) that are seen under (G, S·K) [sr]."""
    if not patch.shape[1]:
        return np.zeros((len(view), len(patch)))
    return np.asarray(np.einsum("gk,bk->gb", view, patch))  # no BLAS: one order of summation


def from_patches(data: CellData, optics: Optics, sent: SkyTotals, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Irradiation (G, B, S·K) [kWh/m²] of planes of unit normal (G, 3) from each patch that is in sight over a cell.

    What a far horizon takes of a patch is far ground.
    """
    share = open_sky(data, optics)
    weight, band = sky_weights(optics.sky, normal), horizon_weights(optics.sky, normal)
    parts = []
    for season in range(optics.n_seasons):
        isotropic, ring, ghi = (part[:, season, None] for part in (sent.isotropic, sent.horizon, sent.ghi))
        radiance = isotropic / np.pi * share + optics.albedo * ghi / np.pi * (1.0 - share)
        if sent.patch.shape[1]:
            radiance = radiance + sent.patch[:, season * optics.n_sky : (season + 1) * optics.n_sky] * share
        parts.append(weight[:, None, :] * radiance + band[:, None, :] * (ring * share))
    return np.concatenate(parts, axis=2)


def whole(sent: SkyTotals) -> BinTotals:
    """All bins in one."""
    return BinTotals(*(part.sum(axis=0)[None] for part in (sent.isotropic, sent.horizon, sent.ghi, sent.patch)))


def reflected(reflection: Reflection, sent: SkyTotals, node: csr_array | NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy (N, B) off reflectors [kWh, or kWh/m², as the reflection is]; ``node`` (S·D, B) from node_energy."""
    light = _by_node(reflection.sun, node)
    out = light + by_patch(reflection.patch, sent.patch)
    for season in range(reflection.ghi.shape[1]):
        out += reflection.isotropic[:, season, None] * sent.isotropic[:, season]
        out += reflection.horizon[:, season, None] * sent.horizon[:, season]
        out += reflection.ghi[:, season, None] * sent.ghi[:, season]
    return np.asarray(out)


def _by_node(sun: NDArray[np.float64], node: csr_array | NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy (N, B) off reflectors that get shares (N, S·D) of what nodes send (S·D, B)."""
    if isinstance(node, np.ndarray):
        return np.asarray(np.einsum("nd,db->nb", sun, node))
    out = np.zeros((len(sun), node.shape[1]))
    light = np.ascontiguousarray(sun)
    with PARALLEL_KERNELS:
        add_nodes(light, node.indptr, node.indices, node.data, out)
    return out
