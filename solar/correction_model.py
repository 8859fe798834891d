"""A correction as arrays, and how it is applied: cheap enough for every plant and hour of a city.

The corrected power is physics times 1 + g, where g is a sum of one curve a feature, capped. Hours outside the domain of
training keep their physics and say so. Where a model is neutral, it moves energy between a plant's hours and adds none:
the larger of what it adds and what it takes is scaled down to the other. How far other plants' level lies off cannot
be known from a few sites, so the model that is carried to other plants is always neutral.

The interval of an hour is its corrected power plus two quantiles of the scaled error, times the error's scale under
the hour's conditions. p10 ≤ p90 are statistical: a tenth of outcomes lies below p10 (the bankers' "P90" is our p10).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.correction_domain import Domain, inside
from solar.correction_features import LEAST_POWER, Conditions, Curves, Kind, beside, evaluate, features

# Hourly power is let between 1 − CAP and 1 + CAP of physics.
CAP = 0.15
# The scale of an hour's error is no less than this [kW/kWp].
LEAST_SCALE = 0.004
# Standard deviations from the median of a normal distribution to its P90.
NORMAL_P90 = 1.2816
# Values held at a time while a city is corrected.
CHUNK = 1 << 20


class Model(NamedTuple):
    """One correction.

    id: kind and first digits of the content's hash; shift: curves of g; scale: curves of the error's scale [kW/kWp];
    low, high: quantiles of the scaled error; neutral: adds no energy; cap: of g; spread: relative standard deviation of
    the annual error; card: everything said of it.
    """

    id: str
    kind: Kind
    shift: Curves
    scale: Curves
    low: float
    high: float
    domain: Domain
    neutral: bool
    cap: float
    spread: float
    card: dict[str, Any]


class Corrected(NamedTuple):
    """value_ml (S, H) [kW/kWp]; applied, out_of_domain (S, H); p10, p90 (S, H) [kW/kWp], NaN where not applied.

    An hour at night or of next to no power is neither applied nor out of domain.
    """

    value_ml: NDArray[np.floating]
    applied: NDArray[np.bool_]
    out_of_domain: NDArray[np.bool_]
    p10: NDArray[np.floating]
    p90: NDArray[np.floating]


def correct(model: Model, conditions: Conditions, intervals: bool = True) -> Corrected:
    """Correct hours of one plant (H,) or many (S, H).

    A neutral model keeps the sum of the hours that are given together (the last axis): give whole years. Without
    `intervals` p10 and p90 are NaN, which saves half of the time.
    """
    power = np.asarray(conditions.value_phys)
    table = np.atleast_2d(power)
    rows, hours = table.shape
    value = np.empty_like(table)
    unknown = np.broadcast_to(np.asarray(np.nan, table.dtype), table.shape)
    low, high = (np.empty_like(table), np.empty_like(table)) if intervals else (unknown, unknown)
    applied, foreign = np.zeros(table.shape, bool), np.zeros(table.shape, bool)
    step = max(1, CHUNK // max(hours, 1))
    for first in range(0, rows, step):
        here = slice(first, min(first + step, rows))
        part = Conditions(*(_rows_of(array, here, rows) for array in conditions))
        if part.before is None or part.after is None:
            before, after = beside(part.value_phys)
            part = part._replace(before=before, after=after)
        value[here], applied[here], foreign[here] = _values(model, part)
        if intervals:
            of = features(part, model.scale.names)
            scale = np.maximum(evaluate(model.scale, of), LEAST_SCALE)
            bound = bounds(value[here], scale, model.low, model.high, model.spread)
            low[here], high[here] = (np.where(applied[here], side, np.nan) for side in bound)
    shape = power.shape
    return Corrected(*(array.reshape(shape) for array in (value, applied, foreign, low, high)))  # type: ignore[arg-type]


def _rows_of(value: NDArray[np.floating] | None, here: slice, rows: int) -> Any:
    if value is None:
        return None
    array = np.atleast_2d(value)
    return array[here] if array.shape[0] == rows else array


def _values(model: Model, conditions: Conditions) -> tuple[NDArray[np.floating], NDArray[np.bool_], NDArray[np.bool_]]:
    """Corrected power (S, H), where it was corrected, and where the hour is foreign to the training."""
    power = conditions.value_phys
    day = (power >= LEAST_POWER) & (conditions.elevation_deg > 0.0)
    known = inside(model.domain, conditions)
    applied = day & known
    of = features(conditions, model.shift.names)
    change = np.where(applied, np.clip(evaluate(model.shift, of), -model.cap, model.cap) * power, 0.0)
    if model.neutral:
        change = balanced(change)
    value = np.clip(power + change, (1.0 - model.cap) * power, (1.0 + model.cap) * power)  # where rounding passes it
    return np.where(applied, value, power), applied, day & ~known


def bounds(
    value: NDArray[np.floating], scale: NDArray[np.floating], low: float, high: float, spread: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """P10 and P90 [kW/kWp] of hours with a value and an error's scale, widened by the level's uncertainty.

    Held-out hours of the same record do not show how far the level of another year or plant is off; that error is
    independent of theirs and adds in square.
    """
    level = (NORMAL_P90 * spread * value) ** 2
    below = np.copysign(np.sqrt((low * scale) ** 2 + level), low)
    above = np.copysign(np.sqrt((high * scale) ** 2 + level), high)
    return np.maximum(value + below, 0.0), np.maximum(value + above, 0.0)


def balanced(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Changes (S, H) whose sum over the hours is 0: the larger of gains and losses is scaled down to the other."""
    gain = np.where(change > 0.0, change, 0.0).sum(axis=-1, keepdims=True)
    loss = -np.where(change < 0.0, change, 0.0).sum(axis=-1, keepdims=True)
    least = np.minimum(gain, loss)
    up = np.divide(least, gain, out=np.zeros_like(gain), where=gain > 0.0)
    down = np.divide(least, loss, out=np.zeros_like(loss), where=loss > 0.0)
    return change * np.where(change > 0.0, up, down)


def annual_spread(model: Model) -> float:
    """Relative standard deviation of the annual error after correction, from held-out sites or years."""
    return model.spread
