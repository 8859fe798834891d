"""What the correction looks at: conditions of an hour, and the features made of them.

Two sets for one algorithm. A plant's own model may know where the sun stands and the season, so that it learns the
shade on that plant; it is only ever applied there. The model that is carried to other plants knows conditions alone:
no azimuth, no season, no site, so no roof's shade can be learnt.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.measured.plant_hours import PlantHours

Kind = Literal["plant", "transfer"]

# Below this [kW/kWp] an hour is left as it is: ratios to it say nothing, and 0.5 % of a day lies there.
LEAST_POWER = 0.005
# Neighbours are compared with an hour's own power, which is not let below this [kW/kWp].
LEAST_COMPARED = 0.02

# Where the straight pieces of each feature's curve meet: the same number for all, as SplineTransformer wants it.
KNOTS: dict[str, tuple[float, ...]] = {
    "power": (0.0, 0.03, 0.08, 0.15, 0.25, 0.40, 0.55, 0.70, 0.90),  # kW/kWp
    "elevation": (0.0, 4.0, 8.0, 13.0, 20.0, 30.0, 40.0, 52.0, 70.0),  # °
    "clear_sky": (0.0, 0.15, 0.30, 0.45, 0.60, 0.75, 0.90, 1.00, 1.20),
    "incidence": (0.0, 0.08, 0.17, 0.30, 0.45, 0.60, 0.75, 0.88, 1.0),  # cosine
    "beam": (0.0, 0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.95),
    "neighbours": (-1.0, -0.6, -0.35, -0.15, 0.0, 0.15, 0.4, 0.8, 2.0),  # their mean over the hour's own power, less 1
    "steepness": (0.0, 0.15, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0),  # how far they are apart, over the hour's own power
    "temperature": (-15.0, -8.0, -2.0, 4.0, 10.0, 16.0, 22.0, 29.0, 38.0),  # °C
    "trend": (-2.0, -1.2, -0.7, -0.3, 0.0, 0.3, 0.7, 1.2, 2.0),  # the later neighbour less the earlier, likewise
    "azimuth": (50.0, 85.0, 110.0, 135.0, 160.0, 190.0, 220.0, 255.0, 310.0),  # ° clockwise from north
    "season": (0.0, 46.0, 92.0, 137.0, 183.0, 229.0, 275.0, 320.0, 366.0),  # day of the year
}
PLANT = tuple(KNOTS)
# Of what sun and sky are like, the terms that hold at every site (benchmarks/correction.py --terms): the others carry a
# site's own weather data and modules with them, and make another site worse.
TRANSFER = ("clear_sky", "neighbours", "steepness")


class Conditions(NamedTuple):
    """Hours of one or many plants; arrays of a shape that broadcasts to (S, H), plants × hours.

    value_phys [kW/kWp] physics; elevation_deg, azimuth_deg [°] of the sun; cos_incidence 0 … 1; clear_sky_index GHI by
    clear-sky GHI; temp_air [°C]; beam_share 0 … 1 of plane-of-array irradiance; before, after [kW/kWp] physics of the
    hours around, None: those beside it in value_phys; day of the year. NaN where something is unknown.
    """

    value_phys: NDArray[np.floating]
    elevation_deg: NDArray[np.floating]
    azimuth_deg: NDArray[np.floating]
    cos_incidence: NDArray[np.floating]
    clear_sky_index: NDArray[np.floating]
    temp_air: NDArray[np.floating]
    beam_share: NDArray[np.floating]
    before: NDArray[np.floating] | None
    after: NDArray[np.floating] | None
    day: NDArray[np.floating]


def conditions_of(hours: PlantHours) -> Conditions:
    """Conditions (H,) of a measured plant's hours, which are contiguous."""
    day = hours.start.astype("datetime64[D]") - hours.start.astype("datetime64[Y]").astype("datetime64[D]")
    return Conditions(
        hours.value_phys,
        hours.elevation_deg,
        hours.azimuth_deg,
        hours.cos_incidence,
        hours.clear_sky_index,
        hours.temp_air,
        hours.beam_share,
        *beside(np.nan_to_num(hours.value_phys)),
        day.astype(np.float64),
    )


def beside(value_phys: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Power of the hour before and of the hour after, along the last axis; 0 beyond its ends."""
    before, after = np.zeros_like(value_phys), np.zeros_like(value_phys)
    before[..., 1:] = value_phys[..., :-1]
    after[..., :-1] = value_phys[..., 1:]
    return before, after


def take(conditions: Conditions, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Conditions:
    """The conditions of some hours of one plant; `before` and `after` stay those of the whole record."""
    before, after = conditions.before, conditions.after
    if before is None or after is None:
        before, after = beside(conditions.value_phys)
    return Conditions(*(part[rows] for part in conditions._replace(before=before, after=after) if part is not None))


def features(conditions: Conditions, names: tuple[str, ...]) -> dict[str, NDArray[np.floating]]:
    """Features by name, each of the smallest shape that it needs; NaN where a condition is unknown."""
    of = conditions
    simple = {
        "power": of.value_phys,
        "elevation": of.elevation_deg,
        "clear_sky": of.clear_sky_index,
        "incidence": of.cos_incidence,
        "beam": of.beam_share,
        "temperature": of.temp_air,
        "azimuth": of.azimuth_deg,
        "season": of.day,
    }
    out = {name: np.asarray(simple[name]) for name in names if name in simple}
    if {"neighbours", "steepness", "trend"} & set(names):
        before, after = of.before, of.after
        if before is None or after is None:
            before, after = beside(of.value_phys)
        per = 1 / np.maximum(of.value_phys, LEAST_COMPARED)
        if "neighbours" in names:
            out["neighbours"] = (before + after) / 2 * per - 1
        if "steepness" in names:
            out["steepness"] = np.abs(after - before) * per
        if "trend" in names:
            out["trend"] = (after - before) * per
    return {name: out[name] for name in names}


class Curves(NamedTuple):
    """A sum of one curve a feature, each straight between its knots and level beyond them.

    names (F); knots, values (F, K).
    """

    names: tuple[str, ...]
    knots: NDArray[np.float64]
    values: NDArray[np.float64]


def evaluate(curves: Curves, of: dict[str, NDArray[np.floating]]) -> NDArray[np.float64]:
    """The sum of curves at features that broadcast; an unknown feature adds nothing. Summed in order of `names`."""
    total: NDArray[np.float64] = np.zeros(())
    for name, knots, values in zip(curves.names, curves.knots, curves.values, strict=True):
        part = np.interp(of[name], knots, values)
        unknown = np.isnan(of[name])
        if np.any(unknown):
            part = np.where(unknown, 0.0, part)
        total = total + part
    return total
