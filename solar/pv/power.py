"""Hourly AC power of plants from what each of their strings sees: linear algebra on weather and visibility.

A plant has one inverter and one or more strings; a string lies in one plane and sees a share of every sun node and of
the sky. The irradiance on its modules splits into the beam and circumsolar light of each sun instant and what comes
from everywhere; partial shade costs a string more than light (``mismatch``). Beam and circumsolar light lose by
angle of incidence; the other parts do not, as in pvlib's ModelChain. That leaves 1.5–2.5 % of a year in the yield,
which Marion's diffuse factors would take (docs/pv.md).

Oracles: pvlib's ModelChain on a free plane, and a loop over hours and strings (tests/solar/test_solar_pv_yield.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import reflected_fraction
from solar.pv.chain import Chain, ac_power, cell_temperature, dc_power
from solar.pv.glass import Glass, passed_beam, passed_diffuse
from solar.pv.light import Light
from solar.pv.mismatch import beam_used

# A string whose modules all see the sun, but for rounding of their shares.
WHOLE = 1.0 - 1e-9


class Planes(NamedTuple):
    """Q planes that modules lie in."""

    normal: NDArray[np.float64]  # (Q, 3) unit, grid axes
    sky_view: NDArray[np.float64]  # (Q,) of the plane were nothing around it; rows before and behind included
    horizon_view: NDArray[np.float64]  # (Q,) the same
    row_shade: NDArray[np.float32] | None  # (Q, M, N) share of the modules in the shade of the row before, or none


class Strings(NamedTuple):
    """T strings, sorted by plant."""

    plane: NDArray[np.intp]  # (T,)
    plant: NDArray[np.intp]  # (T,) 0 … n − 1, ascending
    kwp: NDArray[np.float64]  # (T,)
    seen: NDArray[np.float64]  # (T, D) share of the string's modules that see each sun node
    sky_view: NDArray[np.float64]  # (T,)
    horizon_view: NDArray[np.float64]  # (T,)


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
    beam = _beam_on(light, planes, glass)
    behind = passed_diffuse(glass, planes.normal)
    share = strings.kwp / np.bincount(strings.plant, strings.kwp)[strings.plant]

    def of_plants(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return _by_plant(values * share[:, None], strings.plant)

    def _power(around: _Around, used: NDArray[np.float64], lit: NDArray[np.float64]) -> NDArray[np.float64]:
        direct = beam.on_glass[strings.plane]
        effective = around.passes + direct * beam.passes[strings.plane] * used
        if spectral is not None:
            effective *= spectral
        warm = cell_temperature(around.on_glass + direct * lit, light.temp_air, light.wind_speed, chain)
        return ac_power(of_plants(dc_power(effective, warm, chain.gamma_pdc)), chain)

    def _around(sky_view: NDArray[np.float64], horizon_view: NDArray[np.float64]) -> _Around:
        ground = albedo * reflected_fraction(planes.normal)[strings.plane]
        return _from_everywhere(light, sky_view, horizon_view, ground, tuple(part[strings.plane] for part in behind))

    here = _around(strings.sky_view, strings.horizon_view)
    free = _around(planes.sky_view[strings.plane], planes.horizon_view[strings.plane])
    lit, used = _lit(light, beam, strings, here.on_glass, optimisers)
    whole = np.ones((1, 1))
    direct = of_plants(beam.on_glass[strings.plane] * lit)
    total = direct + of_plants(here.on_glass)
    ac = _power(here, used, lit)
    return Power(
        ac=ac,
        without_mismatch=ac if used is lit else _power(here, lit, lit),
        unshaded=_power(free, whole, whole),
        beam_share=np.divide(direct, total, out=np.zeros_like(total), where=total > 0),
        cos_incidence=of_plants(beam.cosine[strings.plane]),
    )


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


def _from_everywhere(
    light: Light,
    sky_view: NDArray[np.float64],
    horizon_view: NDArray[np.float64],
    ground: NDArray[np.float64],
    passed: tuple[NDArray[np.float64], ...],
) -> _Around:
    """Light from sky and ground; a horizon band below zero may not make the whole negative."""
    sky = sky_view[:, None] * light.isotropic + horizon_view[:, None] * light.horizon
    below = ground[:, None] * light.ghi
    behind = passed[0][:, None] * sky + passed[1][:, None] * below
    return _Around(np.maximum(sky + below, 0.0), np.maximum(behind, 0.0))


def _lit(
    light: Light, beam: _Beam, strings: Strings, around: NDArray[np.float64], optimisers: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares (T, N) of the hour's beam that reach the modules, and that their strings use."""
    lit = np.ones(around.shape)
    shaded = np.flatnonzero(strings.seen.min(axis=1, initial=1.0) < WHOLE)
    if not len(shaded):
        return lit, lit
    plane = strings.plane[shaded]
    on_glass = beam.on_glass[plane]
    of_sun, seen = beam.of_sun[plane], np.take(strings.seen[shaded].astype(np.float32), light.node, axis=1)
    lit[shaded] = _share(of_sun * seen, on_glass)
    if optimisers:
        return lit, lit
    level = around[shaded]
    total = level + on_glass
    # Below 1 by more than a float32 rounds, also where there is next to no beam to share.
    diffuse_share = np.minimum(level / np.where(total > 0, total, 1.0), 0.999).astype(np.float32)
    used = lit.copy()
    used[shaded] = _share(of_sun * beam_used(seen, diffuse_share[:, None, :]), on_glass)
    return lit, used


def _by_plant(values: NDArray[np.float64], plant: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sums (n, N) of strings' values (T, N), in the strings' order."""
    out = np.zeros((int(plant[-1]) + 1, values.shape[1]))
    rank = np.arange(len(plant)) - np.searchsorted(plant, plant)
    for k in range(int(rank.max()) + 1):
        string = np.flatnonzero(rank == k)
        out[plant[string]] += values[string]
    return out


def _share(of_sun: NDArray[np.floating], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over an hour's suns (·, M, N) by a whole (·, N); 0 of nothing."""
    part = of_sun.sum(axis=1)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
