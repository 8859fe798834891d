"""Hourly AC power of plants from what each of their strings sees: linear algebra on weather and visibility.

A plant has one inverter and one or more strings; a string lies in one plane and sees a share of every sun node and of
the sky. The irradiance on its modules splits into the beam and circumsolar light of each sun instant and what comes
from everywhere; partial shade costs a string more than light (``mismatch``). What loses by angle of incidence:
``glass``.

Oracles: pvlib's ModelChain on a free plane, and a loop over hours and strings (tests/solar/test_solar_pv_yield.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Reflection, of_patches, reflected_fraction
from solar.pv.chain import Chain, ac_power, cell_temperature, dc_power
from solar.pv.glass import Glass, passed_beam, passed_diffuse
from solar.pv.light import Light
from solar.pv.mismatch import beam_used

# A string whose modules all see the sun, but for rounding of their shares.
WHOLE = 1.0 - 1e-9
# Strings held at a time: a hall of a thousand of them takes no more memory than a house.
CHUNK = 64


class Planes(NamedTuple):
    """Q planes that modules lie in."""

    normal: NDArray[np.float64]  # (Q, 3) unit, grid axes
    sky_view: NDArray[np.float64]  # (Q,) of the plane were nothing around it; rows before and behind included
    horizon_view: NDArray[np.float64]  # (Q,) the same
    row_shade: NDArray[np.float32] | None  # (Q, M, N) share of the modules in the shade of the row before, or none
    patch_view: NDArray[np.float64] | None = None  # (Q, K) [sr] as sky_view, where the sky has radiances of patches


class Strings(NamedTuple):
    """T strings, sorted by plant."""

    plane: NDArray[np.intp]  # (T,)
    plant: NDArray[np.intp]  # (T,) 0 … n − 1, ascending
    kwp: NDArray[np.float64]  # (T,)
    seen: NDArray[np.float64]  # (T, S·D) share of the string's modules that see each sun node
    sky_view: NDArray[np.float64]  # (T, S) in each season of tree crowns
    horizon_view: NDArray[np.float64]  # (T, S)
    reflection: Reflection  # sun (T, S·D), isotropic, horizon, ghi (T, S)
    patch_view: NDArray[np.float64] | None = None  # (T, S·K) [sr], where the sky has radiances of patches


class Power(NamedTuple):
    """Power of n plants in the N hours of a ``Light`` [kW/kWp], and what became of it."""

    ac: NDArray[np.float64]  # (n, N)
    without_mismatch: NDArray[np.float64]  # (n, N)
    unshaded: NDArray[np.float64]  # (n, N)
    beam_share: NDArray[np.float64]  # (n, N) of the irradiance on the modules
    cos_incidence: NDArray[np.float64]  # (n, N) mean of the hour's sun instants


class _Beam(NamedTuple):
    """Light from the sun's direction on Q planes were nothing in its way."""

    of_sun: NDArray[np.float32]  # (Q, M, N) W/m²
    on_glass: NDArray[np.float64]  # (Q, N) W/m²
    passes: NDArray[np.float64]  # (Q, N) share that passes the glass
    cosine: NDArray[np.float64]  # (Q, N)


class _Around(NamedTuple):
    """Light from sky and ground on the strings (T, N) [W/m²], before and behind the glass."""

    on_glass: NDArray[np.float64]
    passes: NDArray[np.float64]


class _Setting(NamedTuple):
    """What all plants of a call share."""

    light: Light
    planes: Planes
    beam: _Beam
    behind: tuple[NDArray[np.float64], NDArray[np.float64]]  # (Q,) of sky and ground light that passes the glass
    chain: Chain
    albedo: float
    spectral: NDArray[np.float64] | None
    optimisers: bool


class _Sums(NamedTuple):
    """Of plants (n, N), weighted by the power of their strings."""

    dc: NDArray[np.float64]
    dc_without_mismatch: NDArray[np.float64]
    dc_unshaded: NDArray[np.float64]
    direct: NDArray[np.float64]  # W/m²
    around: NDArray[np.float64]  # W/m²
    cosine: NDArray[np.float64]


def plant_power(
    light: Light,
    planes: Planes,
    strings: Strings,
    chain: Chain,
    glass: Glass,
    albedo: float,
    spectral: NDArray[np.float64] | None = None,
    optimisers: bool = False,
) -> Power:
    """Power of plants in every hour with sun.

    Parameters
    ----------
    spectral : (N,) or None
        Factor on the irradiance for the sun's spectrum.
    optimisers
        Every module works at its own maximum: no mismatch.
    """
    beam, behind = _beam_on(light, planes, glass), passed_diffuse(glass, planes.normal)
    setting = _Setting(light, planes, beam, behind, chain, albedo, spectral, optimisers)
    of_plant = np.bincount(strings.plant, strings.kwp)
    share = strings.kwp / of_plant[strings.plant]
    sums = _Sums(*(np.zeros((len(of_plant), len(light.hour))) for _ in _Sums._fields))
    for first in range(0, len(strings.plane), CHUNK):
        part = slice(first, first + CHUNK)
        _add(sums, setting, _some(strings, part), share[part])
    total = sums.direct + sums.around
    return Power(
        ac=ac_power(sums.dc, chain),
        without_mismatch=ac_power(sums.dc_without_mismatch, chain),
        unshaded=ac_power(sums.dc_unshaded, chain),
        beam_share=np.divide(sums.direct, total, out=np.zeros_like(total), where=total > 0),
        cos_incidence=sums.cosine,
    )


def _some(strings: Strings, part: slice) -> Strings:
    return Strings(
        strings.plane[part],
        strings.plant[part],
        strings.kwp[part],
        strings.seen[part],
        strings.sky_view[part],
        strings.horizon_view[part],
        Reflection(*(column[part] for column in strings.reflection)),
        None if strings.patch_view is None else strings.patch_view[part],
    )


def _add(sums: _Sums, setting: _Setting, strings: Strings, share: NDArray[np.float64]) -> None:
    """Add strings to their plants' sums, in the strings' order."""
    light, beam, planes = setting.light, setting.beam, setting.planes
    facing_ground = setting.albedo * reflected_fraction(planes.normal)[strings.plane]
    free_ground = facing_ground[:, None] * light.ghi
    sky = _of_sky(light, strings.sky_view, strings.horizon_view, strings.patch_view)
    here = _around(setting, strings.plane, sky, _reflected(light, strings.reflection))
    bare = light._replace(season=np.zeros_like(light.season))  # nothing around, no tree either
    free_sky = _of_sky(bare, planes.sky_view[:, None], planes.horizon_view[:, None], planes.patch_view)[strings.plane]
    free = _around(setting, strings.plane, free_sky, free_ground)
    lit, used = _lit(light, beam, strings, here.on_glass, setting.optimisers)
    whole, on_glass = np.ones((1, 1)), beam.on_glass[strings.plane]
    dc = _dc(setting, strings.plane, here, used, lit)
    for out, values in (
        (sums.dc, dc),
        (sums.dc_without_mismatch, dc if used is lit else _dc(setting, strings.plane, here, lit, lit)),
        (sums.dc_unshaded, _dc(setting, strings.plane, free, whole, whole)),
        (sums.direct, on_glass * lit),
        (sums.around, here.on_glass),
        (sums.cosine, beam.cosine[strings.plane]),
    ):
        _into(out, values * share[:, None], strings.plant)


def _dc(
    setting: _Setting, plane: NDArray[np.intp], around: _Around, used: NDArray[np.float64], lit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """DC power (T, N) [kW/kWp] of strings that use a share of the beam while another reaches them."""
    light, beam, chain = setting.light, setting.beam, setting.chain
    direct = beam.on_glass[plane]
    effective = around.passes + direct * beam.passes[plane] * used
    if setting.spectral is not None:
        effective *= setting.spectral
    warm = cell_temperature(around.on_glass + direct * lit, light.temp_air, light.wind_speed, chain)
    return dc_power(effective, warm, chain.gamma_pdc)


def _beam_on(light: Light, planes: Planes, glass: Glass) -> _Beam:
    x, y, z = light.direction
    nx, ny, nz = (part[:, None, None] for part in planes.normal.astype(np.float32).T)
    cosine = np.maximum(nx * x + ny * y + nz * z, np.float32(0.0))
    of_sun = cosine * light.strength
    if planes.row_shade is not None:
        of_sun *= 1 - planes.row_shade
    on_glass = of_sun.sum(axis=1).astype(np.float64)
    passes = _share(passed_beam(glass, cosine) * of_sun, on_glass)
    if not glass.circumsolar:
        passes = 1.0 - (1.0 - passes) * light.direct_share
    return _Beam(of_sun, on_glass, passes, cosine.sum(axis=1) / light.suns)


def _around(
    setting: _Setting, plane: NDArray[np.intp], sky: NDArray[np.float64], ground: NDArray[np.float64]
) -> _Around:
    """Light from the sky, and from the ground and what stands on it (T, N) [W/m²]; a horizon band below zero may not
    make the whole negative."""
    of_sky, of_ground = (part[plane][:, None] for part in setting.behind)
    return _Around(np.maximum(sky + ground, 0.0), np.maximum(of_sky * sky + of_ground * ground, 0.0))


def _of_sky(
    light: Light,
    factor: NDArray[np.float64],
    horizon: NDArray[np.float64],
    patch: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Light of the sky (T, N) [W/m²] on what sees it so."""
    out = factor[:, light.season] * light.isotropic + horizon[:, light.season] * light.horizon
    return out if patch is None else out + of_patches(light.radiance, patch, light.season)


def _reflected(light: Light, reflection: Reflection) -> NDArray[np.float64]:
    """Light off walls, roofs and ground (T, N) [W/m²]."""
    season = light.season
    out = reflection.isotropic[:, season] * light.isotropic + reflection.horizon[:, season] * light.horizon
    out += reflection.ghi[:, season] * light.ghi + of_patches(light.radiance, reflection.patch, season)
    strength = light.strength if light.in_sight is None else light.strength * light.in_sight
    for row in np.flatnonzero(reflection.sun.any(axis=1)):
        out[row] += (reflection.sun[row].astype(np.float32)[light.node] * strength).sum(axis=0)
    return np.asarray(out)


def _lit(
    light: Light, beam: _Beam, strings: Strings, around: NDArray[np.float64], optimisers: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares (T, N) of the hour's beam that reach the modules, and that their strings use."""
    lit = np.ones(around.shape)
    hills = light.in_sight is not None
    shaded = np.flatnonzero(strings.seen.min(axis=1, initial=1.0) < (np.inf if hills else WHOLE))
    if not len(shaded):
        return lit, lit
    plane = strings.plane[shaded]
    on_glass = beam.on_glass[plane]
    of_sun, seen = beam.of_sun[plane], np.take(strings.seen[shaded].astype(np.float32), light.node, axis=1)
    if light.in_sight is not None:
        of_sun = of_sun * light.in_sight
    lit[shaded] = _share(of_sun * seen, on_glass)
    if optimisers:
        return lit, lit
    level = around[shaded]
    total = level + (of_sun.sum(axis=1) if hills else on_glass)
    # Below 1 by more than a float32 rounds, also where there is next to no beam to share.
    diffuse_share = np.minimum(level / np.where(total > 0, total, 1.0), 0.999).astype(np.float32)
    used = lit.copy()
    used[shaded] = _share(of_sun * beam_used(seen, diffuse_share[:, None, :]), on_glass)
    return lit, used


def _into(out: NDArray[np.float64], values: NDArray[np.float64], plant: NDArray[np.intp]) -> None:
    """Add strings' values (T, N) to their plants' rows (n, N), one string of a plant after the other."""
    rank = np.arange(len(plant)) - np.searchsorted(plant, plant)
    for k in range(int(rank.max()) + 1):
        string = np.flatnonzero(rank == k)
        out[plant[string]] += values[string]


def _share(of_sun: NDArray[np.floating], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over an hour's suns (·, M, N) by a whole (·, N); 0 of nothing."""
    part = of_sun.sum(axis=1)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
