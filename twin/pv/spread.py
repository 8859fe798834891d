"""How far a year's yield may lie from the value given: quantiles from stated relative standard deviations.

Causes are taken as independent and normal, so they add as squares: weather between years, the sky model, parameters,
and the geometry of the surface by its confidence. p10, p50 and p90 are statistical quantiles: in one year of ten the
yield lies below p10. What banks call P90, exceeded in nine years of ten, is p10 here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.pv.config import Spread

# Quantile 0.9 of the standard normal distribution.
Z90 = 1.2815515655446004


def relative_spread(confidence: ArrayLike, spread: Spread, model_spread: float | None = None) -> NDArray[np.float64]:
    """Relative standard deviation of annual yield (N,).

    Parameters
    ----------
    confidence : (N,)
        Of the surfaces, 0 … 1.
    model_spread
        Of the annual error that a correction leaves; it stands for sky model and parameters, which it has seen.
    """
    geometry = geometry_spread(confidence, spread)
    physics = spread.sky_model**2 + spread.parameters**2 if model_spread is None else model_spread**2
    return np.sqrt(spread.weather**2 + geometry**2 + physics)


def geometry_spread(confidence: ArrayLike, spread: Spread) -> NDArray[np.float64]:
    """Relative standard deviation (N,) of a year on surfaces for their geometry alone: a judgement, not measured.

    Parameters
    ----------
    confidence : (N,)
        Of the surfaces, 0 … 1.
    """
    doubt = 1.0 - np.clip(np.asarray(confidence, np.float64), 0.0, 1.0)
    return np.asarray(spread.geometry_sure + (spread.geometry_doubtful - spread.geometry_sure) * doubt)


def quantiles(value: ArrayLike, relative: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """p10, p50, p90 (N,) of values (N,) with relative standard deviations (N,); never below zero."""
    middle, away = np.asarray(value, np.float64), Z90 * np.asarray(relative, np.float64)
    return np.maximum(middle * (1.0 - away), 0.0), middle, middle * (1.0 + away)
