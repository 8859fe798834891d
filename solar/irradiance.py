"""What sun and sky send in each interval, and what a plane of any orientation makes of it.

Three sky parts after Perez 1990 (circumsolar at the sun's own direction, isotropic, horizon band) or Hay and
Davies 1980, an isotropic sky, or radiances of patches (Perez 1993, a user's own). All of it is linear: `twin`
multiplies these weights with visibilities and adds up; nothing here knows what stands in the way. A negative horizon
band (F2 < 0) stays negative: clipping each receiver's diffuse part at zero, as pvlib does per plane, would break that
linearity. Oracle: pvlib's Perez at the same sun positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solar.all_weather import interval_radiance
from solar.closure import extraterrestrial
from solar.hay_davies import hay_davies
from solar.perez import brightness
from solar.site import Site
from solar.sky import Sky
from solar.sun import SunPath, sun_path
from solar.sun_grid import SunGrid
from solar.weather_record import Weather

if TYPE_CHECKING:
    import scipy.sparse

MODELS = ("perez1990", "haydavies", "isotropic", "perez1993", "matrix")
# Models that split the diffuse light into circumsolar (F1), horizon band (F2) and a uniform rest.
SPLITS = {"perez1990": brightness, "haydavies": hay_davies}
# Perez divides by cos of the zenith angle, but never by less than cos 85°.
MIN_COS_ZENITH = float(np.cos(np.radians(85.0)))
J_PER_KWH = 3.6e6


class Sources(NamedTuple):
    """What sun and sky send during each interval: one site, one weather, one sky model.

    path: the sun of the H intervals, n instants each; direct (H, n) [W/m²] beam normal irradiance carried
    by instant j: a plane's direct is Σ_j direct[t, j] · cos⁺ · visibility of node[t, j]; circumsolar (H, n)
    [W/m²] likewise; isotropic (H,) [W/m²] horizontal irradiance of the uniform sky; horizon (H,) [W/m²],
    may be negative; ghi (H,) [W/m²] for ground reflection; radiance (H, K) [W/m²/sr] of the sky's patches where the
    model gives it so, and then circumsolar, isotropic and horizon are 0; else (H, 0); season (H,) 0 … n_seasons − 1 of
    tree crowns, which see through another city in each: node then counts season · D + node of the grid.
    """

    path: SunPath
    direct: NDArray[np.float64]
    circumsolar: NDArray[np.float64]
    isotropic: NDArray[np.float64]
    horizon: NDArray[np.float64]
    ghi: NDArray[np.float64]
    radiance: NDArray[np.float32]
    season: NDArray[np.int64]
    n_seasons: int


class SunWeights(NamedTuple):
    """direct, circumsolar (G, B, S·D) [kWh/m²] on plane g in bin b from all sun positions of node d."""

    direct: NDArray[np.float64]
    circumsolar: NDArray[np.float64]


class BinTotals(NamedTuple):
    """isotropic, horizon, ghi (B, S) [kWh/m²] sums over a bin's intervals; patch (B, S·K or 0) [kWh/m²/sr]."""

    isotropic: NDArray[np.float64]
    horizon: NDArray[np.float64]
    ghi: NDArray[np.float64]
    patch: NDArray[np.float64]


class Reflection(NamedTuple):
    """Light off surfaces and ground that reaches planes, for each unit of what sun and sky send; linear as all else.

    Of S seasons. sun (..., S·D) [1]: per W/m² of beam normal irradiance (circumsolar included) while the sun stands at
    a node; isotropic, horizon, ghi (..., S) [1]: per W/m² of the uniform sky, the horizon band and the global
    irradiance on ground that is far away; patch (..., S·K) [sr]: per W/m²/sr of each patch, (..., 0) where the sky has
    no such.
    """

    sun: NDArray[np.float64]
    isotropic: NDArray[np.float64]
    horizon: NDArray[np.float64]
    ghi: NDArray[np.float64]
    patch: NDArray[np.float64]


class SkyView(NamedTuple):
    """What a plane sees: factor, horizon (S,) [1] of the uniform sky and the horizon band; patch (S·K or 0) [sr]."""

    factor: NDArray[np.float64]
    horizon: NDArray[np.float64]
    patch: NDArray[np.float64]


class PlaneSeries(NamedTuple):
    """direct, diffuse (circumsolar + isotropic + horizon band), reflected, total (H,) [W/m²] on a plane."""

    direct: NDArray[np.float64]
    diffuse: NDArray[np.float64]
    reflected: NDArray[np.float64]
    total: NDArray[np.float64]


def sources(
    site: Site,
    grid: SunGrid,
    weather: Weather,
    model: str = "perez1990",
    sky: Sky | None = None,
    matrix: NDArray[np.floating] | None = None,
) -> Sources:
    """Split a weather record into what each sun position and the sky send at `site`.

    perez1993 needs the ``sky`` whose patches it gives radiances of; matrix is the user's own (H, K) [W/m²/sr].

    An interval's direct beam is shared evenly by its sun-up instants. Where the sun is down at the site all
    DHI is isotropic, and a remainder of DNI (weather recorded further west or east) is dropped.
    Raises ValueError for another model than those of MODELS, and where one lacks what it needs.
    """
    if model not in MODELS:
        raise ValueError(f"no sky model '{model}'; there are {', '.join(MODELS)}")
    path = sun_path(site, grid, weather.start, weather.step_s)
    up = path.node >= 0
    share = up / np.maximum(up.sum(axis=1), 1)[:, None]
    f1, f2 = np.zeros(up.shape), np.zeros(up.shape)
    extra = extraterrestrial(weather.start)
    if model in SPLITS:
        dni, dhi, outside = (np.repeat(x, up.shape[1])[up.ravel()] for x in (weather.dni, weather.dhi, extra))
        f1[up], f2[up] = SPLITS[model](dni, dhi, outside, path.elevation_deg[up])
    radiance = np.zeros((len(weather.dhi), 0), np.float32)
    if model == "perez1993":
        if sky is None:
            raise ValueError("perez1993 gives radiances of patches: of which sky?")
        found = interval_radiance(sky, path.direction, up, weather.dni, weather.dhi, extra, path.elevation_deg)
        radiance = found.astype(np.float32)
    elif model == "matrix":
        if matrix is None or len(matrix) != len(weather.dhi):
            raise ValueError(f"the sky matrix has no row for each of {len(weather.dhi)} intervals")
        radiance = np.asarray(matrix, np.float32)
    diffuse = weather.dhi if not radiance.shape[1] else np.zeros_like(weather.dhi)
    cos_zenith = np.maximum(np.sin(np.radians(path.elevation_deg)), MIN_COS_ZENITH)
    return Sources(
        path=path,
        direct=weather.dni[:, None] * share,
        circumsolar=weather.dhi[:, None] * f1 / cos_zenith * share,
        isotropic=diffuse * (1.0 - np.sum(f1 * share, axis=1)),
        horizon=diffuse * np.sum(f2 * share, axis=1),
        ghi=weather.ghi,
        radiance=radiance,
        season=np.zeros(len(weather.dhi), np.int64),
        n_seasons=1,
    )


def in_seasons(sources: Sources, season: NDArray[np.integer], n_seasons: int) -> Sources:
    """The same with a season (H,) of tree crowns for each interval."""
    path, number = sources.path, np.asarray(season, np.int64)
    node = np.where(path.node >= 0, path.node + number[:, None] * path.n_nodes, -1).astype(np.int32)
    moved = path._replace(node=node, n_nodes=path.n_nodes * n_seasons)
    return sources._replace(path=moved, season=number, n_seasons=n_seasons)


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

    n_seasons, n_sky = sources.n_seasons, sources.radiance.shape[1]
    key = bins * n_seasons + sources.season

    def total(part: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(key, part, n_bins * n_seasons).reshape(n_bins, n_seasons) * to_kwh, np.float64)

    patch = np.zeros((n_bins * n_seasons, n_sky))
    np.add.at(patch, key, sources.radiance)
    by_patch = patch.reshape(n_bins, n_seasons * n_sky) * to_kwh
    return BinTotals(total(sources.isotropic), total(sources.horizon), total(sources.ghi), by_patch)


def node_energy(sources: Sources, bin: NDArray[np.integer], n_bins: int) -> scipy.sparse.csr_array:
    """Beam and circumsolar energy (S·D, B) [kWh/m², normal to the sun] that nodes send in bins (H,); mostly zeros."""
    from scipy.sparse import csr_array

    path = sources.path
    bins = _bins(bin, len(path.start), n_bins)
    up = path.node >= 0
    place = path.node[up], np.broadcast_to(bins[:, None], up.shape)[up]
    energy = (sources.direct + sources.circumsolar)[up] * (path.step_s / J_PER_KWH)
    return csr_array((energy, place), shape=(path.n_nodes, n_bins))


def far_ground(normals: NDArray[np.floating], albedo: float, n_nodes: int) -> Reflection:
    """Reflection off a far flat ground that sees the whole sky, on planes of unit normal (..., 3); of one season."""
    back = np.asarray(albedo * (1.0 - np.asarray(normals, np.float64)[..., 2:]) / 2.0)
    none, shape = np.zeros(back.shape), back.shape[:-1]
    return Reflection(np.zeros((*shape, n_nodes)), none, none, back, np.zeros((*shape, 0)))


def hourly(
    sources: Sources,
    normal: ArrayLike,
    sun_visibility: NDArray[np.generic],
    sky_view: SkyView,
    reflection: Reflection,
) -> PlaneSeries:
    """Irradiance (H,) [W/m²] of every interval on one plane of unit normal (3,).

    sun_visibility (S·D,) 0 … 1 per grid node; sky_view: factor Σ V·w/π with `sky.sky_weights`, horizon Σ V·h with
    `sky.horizon_weights`, patch V·w; reflection of this plane, sun (S·D,). The diffuse part is not clipped at zero (see
    above).
    """
    path = sources.path
    nx, ny, nz = np.asarray(normal, np.float64)
    x, y, z = np.moveaxis(path.direction, -1, 0)
    up = path.node >= 0
    seen = np.where(up, np.asarray(sun_visibility, np.float64)[path.node], 0.0)
    facing = np.maximum(nx * x + ny * y + nz * z, 0.0) * seen
    direct = np.sum(sources.direct * facing, axis=1)
    diffuse = np.sum(sources.circumsolar * facing, axis=1)
    season = sources.season
    diffuse += sources.isotropic * sky_view.factor[season] + sources.horizon * sky_view.horizon[season]
    diffuse += of_patches(sources.radiance, sky_view.patch, season)
    sent_back = np.where(up, reflection.sun[path.node], 0.0)
    reflected = np.sum((sources.direct + sources.circumsolar) * sent_back, axis=1)
    reflected += sources.isotropic * reflection.isotropic[season] + sources.horizon * reflection.horizon[season]
    reflected += sources.ghi * reflection.ghi[season] + of_patches(sources.radiance, reflection.patch, season)
    return PlaneSeries(direct, diffuse, reflected, direct + diffuse + reflected)


def of_patches(
    radiance: NDArray[np.floating], view: NDArray[np.float64], season: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Irradiance (..., H) [W/m²] of planes that see patches (..., S·K or 0) [sr] under radiances (H, K or 0)."""
    n_sky = radiance.shape[1]
    out = np.zeros((*view.shape[:-1], len(radiance)))
    for number in np.unique(season) if n_sky else ():
        row = np.flatnonzero(season == number)
        seen = view[..., number * n_sky : (number + 1) * n_sky]
        out[..., row] = np.einsum("hk,...k->...h", radiance[row], seen)  # no BLAS: one order of summation
    return out


def reflected_fraction(normals: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share (G,) of a far flat ground that planes of unit normal (G, 3) see: (1 − cos β)/2."""
    return (1.0 - np.asarray(normals, np.float64).reshape(-1, 3)[:, 2]) / 2.0


def _bins(bin: NDArray[np.integer], n_intervals: int, n_bins: int) -> NDArray[np.int64]:
    bins = np.asarray(bin, np.int64)
    if bins.shape != (n_intervals,) or (n_intervals and (bins.min() < 0 or bins.max() >= n_bins)):
        raise ValueError(f"bin must hold {n_intervals} numbers from 0 to {n_bins - 1}")
    return bins
