"""Power and energy of a site: module area on usable land, and a year of hours for each slope and way of building.

Land of like slope is one group: its rows see, of each sun node, the share that its receivers do. Power depends almost
linearly on light, so the mean view stands for the views one by one.

How rows lie takes most of the time and depends on the slope alone, so land of all areas whose slopes agree shares it:
rows stand on slopes rounded to `GRADIENT_STEP`, which moves a yield by less than 0.1 %
(tests/twin/test_twin_sites_sight.py). All processors take part, each result has its fixed place: the same bits always.

Quantiles: p10 ≤ p50 ≤ p90 are statistical, 10 % of outcomes lie below p10 (what banks call "P90" is p10 here).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Sources
from solar.pv.chain import Chain
from solar.pv.park import Rows, park_yield
from solar.weather import Weather
from twin.processors import processors
from twin.progress import OnProgress, silent
from twin.pv.config import ParkKind, PvConfig, Spread
from twin.pv.spread import quantiles, relative_spread

# Rise per metre, to the east and to the north, that slopes are rounded to.
GRADIENT_STEP = 0.002
# Views that share one geometry of rows in one go: their hours of power take 0.2 MB each.
VIEWS = 64


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


class Asked(NamedTuple):
    """Rows of a kind on a slope."""

    kind: ParkKind
    slope: Slope


class Annual(NamedTuple):
    """First year's yield [kWh/kWp] on one slope."""

    seen: float
    free: float  # were there neither terrain nor building around


class Yield(NamedTuple):
    """First year of a way of building on one site."""

    kwp: float
    kwh_kwp: float
    free_kwh_kwp: float  # on the same slopes were there neither terrain nor building around
    p10: float  # kWh/kWp
    p50: float
    p90: float
    life: tuple[float, float]  # kWh/kWp: p10 and p90 of the mean of all years of operation

    @property
    def shade_pct(self) -> float:
        """Lost to terrain and neighbours [%]; row-to-row shading is in both."""
        return 100.0 * (1.0 - self.kwh_kwp / self.free_kwh_kwp) if self.free_kwh_kwp > 0 else 0.0


def spread_of(spread: Spread, years: int = 1) -> float:
    """Relative standard deviation of the mean yield of some years; terrain and buildings are sure geometry.

    Years differ by their weather, each for itself, so its part goes down with √years; sky model, parameters and
    geometry are wrong in all years alike.
    """
    return float(relative_spread(1.0, spread.model_copy(update={"weather": spread.weather / years**0.5})))


def node_of(slope: Slope) -> tuple[int, int]:
    """Fall to the east and to the north in steps of `GRADIENT_STEP`."""
    fall, towards = np.tan(np.radians(slope.tilt_deg)), np.radians(slope.azimuth_deg)
    return round(float(fall * np.sin(towards)) / GRADIENT_STEP), round(float(fall * np.cos(towards)) / GRADIENT_STEP)


def rows_of(kind: ParkKind, slope: Slope, refraction_index: float) -> Rows:
    """Rows of a kind on a slope, rounded as all slopes are."""
    east, north = (GRADIENT_STEP * step for step in node_of(slope))
    level = east == 0.0 and north == 0.0
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
        slope_tilt_deg=float(np.degrees(np.arctan(np.hypot(east, north)))),
        slope_azimuth_deg=180.0 if level else float(np.degrees(np.arctan2(east, north)) % 360.0),
    )


def yield_of(
    kind: ParkKind, slopes: Sequence[Slope], annual: Sequence[Annual], pv: PvConfig, kwp: float | None = None
) -> Yield:
    """Yield of one way of building on all slopes of a site.

    Parameters
    ----------
    annual
        Of each slope.
    kwp
        Power, where it does not follow from land and pitch.
    """
    area = sum(slope.area_m2 for slope in slopes)
    seen = sum(one.seen * slope.area_m2 / area for slope, one in zip(slopes, annual, strict=True))
    free = sum(one.free * slope.area_m2 / area for slope, one in zip(slopes, annual, strict=True))
    power = area * kind.gcr * pv.park.row_share * pv.module.kwp_m2 if kwp is None else kwp
    p10, p50, p90 = (float(value) for value in quantiles(seen, spread_of(pv.spread)))
    poor, _, good = (float(value) for value in quantiles(seen, spread_of(pv.spread, pv.park.years)))
    return Yield(power, seen, free, p10, p50, p90, (poor, good))


def annual_yields(
    asked: Sequence[Asked], year: Year, refraction_index: float, on_progress: OnProgress = silent
) -> list[Annual]:
    """First year's yield of everything asked, in its order."""
    groups: dict[tuple[ParkKind, tuple[int, int]], list[int]] = {}
    for index, one in enumerate(asked):
        groups.setdefault((one.kind, node_of(one.slope)), []).append(index)
    shares = [places[first : first + VIEWS] for places in groups.values() for first in range(0, len(places), VIEWS)]
    out = [Annual(0.0, 0.0)] * len(asked)
    with ThreadPoolExecutor(processors()) as pool:
        computed = pool.map(partial(_share, asked, year, refraction_index), shares)
        for done, (places, found) in enumerate(zip(shares, computed, strict=True)):
            on_progress("yield", done, len(shares))
            for index, annual in zip(places, found, strict=True):
                out[index] = annual
    on_progress("yield", len(shares), len(shares))
    return out


def _share(asked: Sequence[Asked], year: Year, refraction_index: float, places: list[int]) -> list[Annual]:
    """Yields of slopes that share one geometry of rows, and of the same without anything around."""
    slopes = [asked[index].slope for index in places]
    field = park_yield(
        rows_of(asked[places[0]].kind, slopes[0], refraction_index),
        year.sources,
        np.stack([np.ones_like(slopes[0].sun), *(slope.sun for slope in slopes)]),
        np.array([1.0, *(slope.sky for slope in slopes)]),
        np.array([1.0, *(slope.horizon for slope in slopes)]),
        year.weather,
        year.chain,
        year.albedo,
    )
    free, *seen = (float(power.sum()) * (year.weather.step_s / 3600.0) for power in field.ac)
    return [Annual(value, free) for value in seen]
