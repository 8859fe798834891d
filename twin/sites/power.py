"""Power and energy of a site: module area on usable land, and a year of hours for each slope and way of building.

Land of like slope is one group: its rows see, of each sun node, the share that its receivers do. Power depends almost
linearly on light, so the mean view stands for the views one by one.

Quantiles: p10 ≤ p50 ≤ p90 are statistical, 10 % of outcomes lie below p10 (what banks call "P90" is p10 here).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Sources
from solar.pv.chain import Chain
from solar.pv.park import Rows, park_yield
from solar.weather import Weather
from twin.pv.config import ParkKind, PvConfig, Spread
from twin.pv.spread import quantiles, relative_spread


class Slope(NamedTuple):
    """Usable land of like slope."""

    area_m2: float  # on the map
    tilt_deg: float
    azimuth_deg: float  # true, that it falls towards
    sun: NDArray[np.float64]  # (D,) share of it that sees each sun node
    sky: float  # share of a uniform sky's horizontal irradiance that reaches it
    horizon: float  # share of the horizon all round that it sees


class Year(NamedTuple):
    """What all sites share."""

    sources: Sources
    weather: Weather
    chain: Chain
    albedo: float


class Yield(NamedTuple):
    """First year of a way of building on one site."""

    kwp: float
    kwh_kwp: float
    free_kwh_kwp: float  # on the same slopes were there neither terrain nor building around
    p10: float  # kWh/kWp
    p50: float
    p90: float

    @property
    def shade_pct(self) -> float:
        """Lost to terrain and neighbours [%]; row-to-row shading is in both."""
        return 100.0 * (1.0 - self.kwh_kwp / self.free_kwh_kwp) if self.free_kwh_kwp > 0 else 0.0


def spread_of(spread: Spread) -> float:
    """Relative standard deviation of a park's annual yield: terrain and buildings are sure geometry."""
    return float(relative_spread(1.0, spread))


def rows_of(kind: ParkKind, slope: Slope, refraction_index: float) -> Rows:
    """Rows of a kind on a slope."""
    return Rows(
        kind=kind.rows,
        tilt_deg=kind.tilt_deg,
        azimuth_deg=kind.azimuth_deg,
        gcr=kind.gcr,
        height_m=kind.height_m,
        slant_m=kind.slant_m,
        max_angle_deg=kind.max_angle_deg,
        backtrack=kind.backtrack,
        bifaciality=kind.bifaciality,
        blocks=kind.blocks,
        refraction_index=refraction_index,
        slope_tilt_deg=slope.tilt_deg,
        slope_azimuth_deg=slope.azimuth_deg,
    )


def yield_of(kind: ParkKind, slopes: Sequence[Slope], year: Year, pv: PvConfig, kwp: float | None = None) -> Yield:
    """Yield of one way of building on all slopes of a site.

    Parameters
    ----------
    kwp
        Power, where it does not follow from land and pitch.
    """
    area = sum(slope.area_m2 for slope in slopes)
    seen = free = 0.0
    for slope in slopes:
        with_all, without = annual_kwh_kwp(kind, slope, year, pv.module.refraction_index)
        seen += with_all * slope.area_m2 / area
        free += without * slope.area_m2 / area
    power = area * kind.gcr * pv.park.row_share * pv.module.kwp_m2 if kwp is None else kwp
    return Yield(power, seen, free, *(float(value) for value in quantiles(seen, spread_of(pv.spread))))


def annual_kwh_kwp(kind: ParkKind, slope: Slope, year: Year, refraction_index: float) -> tuple[float, float]:
    """First year's yield [kWh/kWp] on a slope: behind what stands around, and with nothing but the slope itself."""
    field = park_yield(
        rows_of(kind, slope, refraction_index),
        year.sources,
        np.stack([slope.sun, np.ones_like(slope.sun)]),
        np.array([slope.sky, 1.0]),
        np.array([slope.horizon, 1.0]),
        year.weather,
        year.chain,
        year.albedo,
    )
    kwh = field.ac.sum(axis=1) * (year.weather.step_s / 3600.0)
    return float(kwh[0]), float(kwh[1])
