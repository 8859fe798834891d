"""What sun and sky send in each interval, and what a plane of any orientation makes of it.

Three sky parts after Perez 1990 (circumsolar at the sun's own direction, isotropic, horizon band) or an
isotropic sky. All of it is linear: `twin` multiplies these weights with visibilities and adds up; nothing
here knows what stands in the way. A negative horizon band (F2 < 0) stays negative: clipping each receiver's
diffuse part at zero, as pvlib does per plane, would break that linearity. Oracle: pvlib's Perez at the same
sun positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solar.closure import extraterrestrial
from solar.perez import brightness
from solar.site import Site
from solar.sun import SunPath, sun_path
from solar.sun_grid import SunGrid
from solar.weather_record import Weather

if TYPE_CHECKING:
    import scipy.sparse

MODELS = ("perez1990", "isotropic")
# Perez divides by cos of the zenith angle, but never by less than cos 85°.
MIN_COS_ZENITH = float(np.cos(np.radians(85.0)))
J_PER_KWH = 3.6e6


class Sources(NamedTuple):
    """What sun and sky send during each interval: one site, one weather, one sky model.

    path: the sun of the H intervals, n instants each; direct (H, n) [W/m²] beam normal irradiance carried
    by instant j: a plane's direct is Σ_j direct[t, j] · cos⁺ · visibility of node[t, j]; circumsolar (H, n)
    [W/m²] likewise; isotropic (H,) [W/m²] horizontal irradiance of the uniform sky; horizon (H,) [W/m²],
    may be negative; ghi (H,) [W/m²] for ground reflection.
    """

    path: SunPath
    direct: NDArray[np.float64]
    circumsolar: NDArray[np.float64]
    isotropic: NDArray[np.float64]
    horizon: NDArray[np.float64]
    ghi: NDArray[np.float64]


class SunWeights(NamedTuple):
    """direct, circumsolar (G, B, D) [kWh/m²] on plane g in bin b from all sun positions of node d."""

    direct: NDArray[np.float64]
    circumsolar: NDArray[np.float64]


class BinTotals(NamedTuple):
    """isotropic, horizon, ghi (B,) [kWh/m²] sums over the intervals of each bin."""

    isotropic: NDArray[np.float64]
    horizon: NDArray[np.float64]
    ghi: NDArray[np.float64]


class Reflection(NamedTuple):
    """Light off surfaces and ground that reaches planes, for each unit of what sun and sky send; linear as all else.

    sun (..., D) [1]: per W/m² of beam normal irradiance (circumsolar included) while the sun stands at a node;
    isotropic, horizon, ghi (...) [1]: per W/m² of the uniform sky, the horizon band and the global irradiance on ground
    that is far away.
    """

    sun: NDArray[np.float64]
    isotropic: NDArray[np.float64]
    horizon: NDArray[np.float64]
    ghi: NDArray[np.float64]


class PlaneSeries(NamedTuple):
    """direct, diffuse (circumsolar + isotropic + horizon band), reflected, total (H,) [W/m²] on a plane."""

    direct: NDArray[np.float64]
    diffuse: NDArray[np.float64]
    reflected: NDArray[np.float64]
    total: NDArray[np.float64]


def sources(site: Site, grid: SunGrid, weather: Weather, model: str = "perez1990") -> Sources:
    """Split a weather record into what each sun position and the sky send at `site`.

    An interval's direct beam is shared evenly by its sun-up instants. Where the sun is down at the site all
    DHI is isotropic, and a remainder of DNI (weather recorded further west or east) is dropped.
    Raises ValueError for another model than 'perez1990' or 'isotropic'.
    """
    if model not in MODELS:
        raise ValueError(f"no sky model '{model}'; there are {', '.join(MODELS)}")
    path = sun_path(site, grid, weather.start, weather.step_s)
    up = path.node >= 0
    share = up / np.maximum(up.sum(axis=1), 1)[:, None]
    f1, f2 = np.zeros(up.shape), np.zeros(up.shape)
    if model == "perez1990":
        n_sub = up.shape[1]
        dni, dhi, extra = (
            np.repeat(x, n_sub)[up.ravel()] for x in (weather.dni, weather.dhi, extraterrestrial(weather.start))
        )
        f1[up], f2[up] = brightness(dni, dhi, extra, path.elevation_deg[up])
    cos_zenith = np.maximum(np.sin(np.radians(path.elevation_deg)), MIN_COS_ZENITH)
    return Sources(
        path=path,
        direct=weather.dni[:, None] * share,
        circumsolar=weather.dhi[:, None] * f1 / cos_zenith * share,
        isotropic=weather.dhi * (1.0 - np.sum(f1 * share, axis=1)),
        horizon=weather.dhi * np.sum(f2 * share, axis=1),
        ghi=weather.ghi,
    )


def sun_weights(sources: Sources, normals: NDArray[np.floating], bin: NDArray[np.integer], n_bins: int) -> SunWeights:
    """Energy per sun-grid node on planes of unit normal (G, 3), intervals summed into bins (H,).

    cos⁺ is taken at the true in-interval sun, not at the node. The weights of one plane do not depend on
    the other planes of the call: no BLAS, one fixed order of summation. ValueError for a bin out of range.
    """
    path = sources.path
    bins = _bins(bin, len(path.start), n_bins)
    up = path.node >= 0
    key = (bins[:, None] * path.n_nodes + path.node)[up]
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.empty(0, np.int64)
    x, y, z = np.ascontiguousarray(path.direction[up][order].T)
    to_kwh = path.step_s / J_PER_KWH
    beam, ring = sources.direct[up][order] * to_kwh, sources.circumsolar[up][order] * to_kwh
    planes = np.asarray(normals, np.float64).reshape(-1, 3)
    shape = (len(planes), n_bins * path.n_nodes)
    direct, circumsolar = np.zeros(shape), np.zeros(shape)
    if len(key):
        for g, (nx, ny, nz) in enumerate(planes):
            cosine = np.maximum(nx * x + ny * y + nz * z, 0.0)
            direct[g, key[first]] = np.add.reduceat(cosine * beam, first)
            circumsolar[g, key[first]] = np.add.reduceat(cosine * ring, first)
    return SunWeights(
        direct.reshape(len(planes), n_bins, path.n_nodes),
        circumsolar.reshape(len(planes), n_bins, path.n_nodes),
    )


def bin_totals(sources: Sources, bin: NDArray[np.integer], n_bins: int) -> BinTotals:
    """Sums of the parts that have no sun direction [kWh/m²] over bins (H,) of 0 … n_bins − 1."""
    bins = _bins(bin, len(sources.ghi), n_bins)
    to_kwh = sources.path.step_s / J_PER_KWH

    def total(part: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(bins, part, n_bins) * to_kwh, np.float64)

    return BinTotals(total(sources.isotropic), total(sources.horizon), total(sources.ghi))


def node_energy(sources: Sources, bin: NDArray[np.integer], n_bins: int) -> scipy.sparse.csr_array:
    """Beam and circumsolar energy (D, B) [kWh/m², normal to the sun] that nodes send in bins (H,); mostly zeros."""
    from scipy.sparse import csr_array

    path = sources.path
    bins = _bins(bin, len(path.start), n_bins)
    up = path.node >= 0
    place = path.node[up], np.broadcast_to(bins[:, None], up.shape)[up]
    energy = (sources.direct + sources.circumsolar)[up] * (path.step_s / J_PER_KWH)
    return csr_array((energy, place), shape=(path.n_nodes, n_bins))


def far_ground(normals: NDArray[np.floating], albedo: float, n_nodes: int) -> Reflection:
    """Reflection off a far flat ground that sees the whole sky, on planes of unit normal (..., 3)."""
    back = np.asarray(albedo * (1.0 - np.asarray(normals, np.float64)[..., 2]) / 2.0)
    return Reflection(np.zeros((*back.shape, n_nodes)), np.zeros(back.shape), np.zeros(back.shape), back)


def hourly(
    sources: Sources,
    normal: ArrayLike,
    sun_visibility: NDArray[np.generic],
    sky_view_factor: float,
    horizon_view: float,
    reflection: Reflection,
) -> PlaneSeries:
    """Irradiance (H,) [W/m²] of every interval on one plane of unit normal (3,).

    sun_visibility (D,) 0 … 1 per grid node; sky_view_factor Σ V·w/π with `sky.sky_weights`; horizon_view Σ
    V·h with `sky.horizon_weights`; reflection of this plane, sun (D,). The diffuse part is not clipped at zero
    (see above).
    """
    path = sources.path
    nx, ny, nz = np.asarray(normal, np.float64)
    x, y, z = np.moveaxis(path.direction, -1, 0)
    up = path.node >= 0
    seen = np.where(up, np.asarray(sun_visibility, np.float64)[path.node], 0.0)
    facing = np.maximum(nx * x + ny * y + nz * z, 0.0) * seen
    direct = np.sum(sources.direct * facing, axis=1)
    diffuse = np.sum(sources.circumsolar * facing, axis=1)
    diffuse += sources.isotropic * sky_view_factor + sources.horizon * horizon_view
    sent_back = np.where(up, reflection.sun[path.node], 0.0)
    reflected = np.sum((sources.direct + sources.circumsolar) * sent_back, axis=1)
    reflected += sources.isotropic * reflection.isotropic + sources.horizon * reflection.horizon
    reflected += sources.ghi * reflection.ghi
    return PlaneSeries(direct, diffuse, reflected, direct + diffuse + reflected)


def reflected_fraction(normals: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share (G,) of a far flat ground that planes of unit normal (G, 3) see: (1 − cos β)/2."""
    return (1.0 - np.asarray(normals, np.float64).reshape(-1, 3)[:, 2]) / 2.0


def _bins(bin: NDArray[np.integer], n_intervals: int, n_bins: int) -> NDArray[np.int64]:
    bins = np.asarray(bin, np.int64)
    if bins.shape != (n_intervals,) or (n_intervals and (bins.min() < 0 or bins.max() >= n_bins)):
        raise ValueError(f"bin must hold {n_intervals} numbers from 0 to {n_bins - 1}")
    return bins
