"""The correction: what measured plants teach about the error of physics, learnt, kept and read again.

Learnt is the ratio of measured to physics, less 1, as a sum of curves of an hour's conditions (ridge regression on
straight splines, weighted by the square of physics so that the squared error of power is what falls). How stiff the
curves are and how far they are shrunk towards physics is chosen on hours that were held out: fortnights of one plant,
or whole sites. Everything scikit-learn and skops do is in this file; applying a model needs neither
(`correction_model`).

Sources: Hoerl & Kennard 1970, doi:10.1080/00401706.1970.10488634 (ridge); Barber et al. 2021,
doi:10.1214/20-AOS1965 (CV+); Lei et al. 2018, doi:10.1080/01621459.2017.1307116 (scaled scores). Oracles: a plant whose
error is known, and scikit-learn's own prediction (tests/solar/test_solar_correction.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.correction_domain import domain_of, least_around
from solar.correction_features import KNOTS, PLANT, TRANSFER, Curves, Kind, evaluate, features
from solar.correction_file import digest, model_of, opened, sealed, tables_of
from solar.correction_folds import Rows, check_hours, conformal, error_ratios, stack
from solar.correction_judged import LATER_YEAR_SPREAD, held_out, spread_between
from solar.correction_model import CAP, LEAST_SCALE, Corrected, Model, annual_spread, balanced, correct
from solar.errors import CorrectionError
from solar.measured.against_physics import shaded_hours
from solar.measured.plant_hours import PlantHours
from solar.model_card import card_of

# Stiffness of the curves (the data's weights sum to 1), and shares of the correction that are tried.
PENALTIES = (0.0003, 0.001, 0.003, 0.01, 0.03)
SHRINKS = (0.0, 0.25, 0.5, 0.75, 1.0)
# The smallest share that keeps this much of the best gain is taken.
KEPT_GAIN = 0.95
# No plant may be worse off by more than this share of physics' error, on hours held out.
NO_WORSE = 0.005
# Annual bias of physics [share] below which a plant's level is left alone: years of one plant differ as much.
LEVEL_NOISE = 0.03
# What the scale of an hour's error depends on.
SCALE = ("power", "elevation", "clear_sky", "neighbours", "steepness")
SCALE_PENALTY = 0.01
# Coefficients keep this many decimals, so that another machine's linear algebra gives the same model.
DECIMALS = 5


class Recipe(NamedTuple):
    """What may be varied, to see what each part is good for.

    features by name; shrinks tried; cap of the hourly change; guarded: a level that is within the noise of years is
    left alone, and a model carried to other plants adds no energy; later_year_spread in place of the constant.
    """

    features: tuple[str, ...]
    shrinks: tuple[float, ...] = SHRINKS
    cap: float = CAP
    guarded: bool = True
    later_year_spread: float | None = None


def fit(
    plants: Sequence[PlantHours],
    kind: Kind,
    sites: Sequence[str] | None = None,
    votes: Sequence[PlantHours] = (),
    licences: Sequence[str] = (),
    recipe: Recipe | None = None,
    fitted_sizes: Sequence[str] = (),
) -> Model:
    """Learn a correction. Raises PlantError where a record is too short or its clock wrong.

    Parameters
    ----------
    plants
        To learn from: one for kind "plant", which is applied to that plant alone; plants with weather for "transfer".
    sites
        Where each of them stands; plants of one site are held out together. None: each stands by itself.
    votes
        Further plants on which it is tried how far the correction may go, and of which nothing is learnt.
    licences
        Lines for the model card.
    fitted_sizes
        Names of plants whose size was fitted to their own measurement: their level says nothing of other plants'.
    """
    for hours in (*plants, *votes):
        check_hours(hours)
    names = [hours.name for hours in plants]
    recipe = recipe or Recipe(PLANT if kind == "plant" else TRANSFER)
    places = list(sites) if sites is not None else names
    transfer = kind == "transfer"
    if transfer:
        plants, votes = [_in_the_open(hours) for hours in plants], [_in_the_open(hours) for hours in votes]
        recipe = recipe._replace(shrinks=_believed(recipe.shrinks, len(set(places))))
    raw = stack(plants, places, False)
    rows = stack(plants, places, True) if transfer else raw
    heard = stack(votes, [hours.name for hours in votes], transfer) if votes else None
    neutral = recipe.guarded and (transfer or _bias(raw) <= LEVEL_NOISE)
    chosen = _choose(rows, heard, recipe, neutral)
    later = LATER_YEAR_SPREAD if recipe.later_year_spread is None else recipe.later_year_spread
    spread = spread_between(chosen.held, raw, names, fitted_sizes) if transfer else later
    least = least_around(rows.conditions, rows.fortnight)
    domain = domain_of(rows.conditions, least)
    learnt = _learnt(rows, heard, chosen, recipe)
    model = Model("", kind, *learnt, domain, neutral, recipe.cap, spread, {})
    choices = {"penalty": chosen.penalty, "shrink": chosen.shrink, "cap": recipe.cap, "neutral": neutral}
    choices |= {"least_hours_around": least, "annual_spread": spread}
    judged = held_out(chosen.held, raw, names, model)
    card = card_of(kind, plants, places, votes, licences, choices, judged, fitted_sizes)
    whole = digest(model)
    name = f"{kind}-{whole[:8]}"
    return model._replace(id=name, card={"id": name, "content_sha256": whole, **card})


def _believed(shrinks: tuple[float, ...], sites: int) -> tuple[float, ...]:
    """Shares of the correction that may be tried on other sites, which differ: the fewer, the less is believed."""
    most = sites / (sites + 1.0)
    return tuple(share for share in shrinks if share <= most) or (most,)


def _bias(raw: Rows) -> float:
    return abs(float(np.sum(raw.conditions.value_phys)) / float(np.sum(raw.measured)) - 1.0)


def _in_the_open(hours: PlantHours) -> PlantHours:
    """The hours without those of this plant's own shade, which is no error of physics."""
    return hours._replace(usable=hours.usable & ~shaded_hours(hours).rows)


class _Choice(NamedTuple):
    """What held-out hours chose, and what they got: held (N,) [kW/kWp], heard likewise of the votes."""

    penalty: float
    shrink: float
    held: NDArray[np.float64]
    heard: NDArray[np.float64] | None


def _relative(rows: Rows) -> NDArray[np.float64]:
    return (rows.measured - rows.conditions.value_phys) / rows.conditions.value_phys


class _Design(NamedTuple):
    """Rows as the regression sees them: names; features by name; splines (N, F · K)."""

    names: tuple[str, ...]
    of: dict[str, NDArray[np.floating]]
    splines: NDArray[np.float64]


def _design(rows: Rows, names: tuple[str, ...]) -> _Design:
    from sklearn.preprocessing import SplineTransformer

    of = features(rows.conditions, names)
    knots = np.array([KNOTS[name] for name in names]).T
    spline = SplineTransformer(degree=1, knots=knots, extrapolation="constant", handle_missing="zeros")
    return _Design(names, of, spline.fit_transform(np.stack([of[name] for name in names], axis=1)))


def _ridge(
    design: _Design,
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    penalty: float,
    only: NDArray[np.bool_] | None = None,
) -> Curves:
    """Curves that fit a target (N,) best, of some rows only; weights are brought to a sum of 1."""
    from sklearn.linear_model import Ridge

    chosen = np.ones(len(target), bool) if only is None else only
    ridge = Ridge(alpha=penalty, fit_intercept=False, solver="cholesky")
    ridge.fit(design.splines[chosen], target[chosen], sample_weight=weight[chosen] / np.sum(weight[chosen]))
    values = np.round(ridge.coef_, DECIMALS).reshape(len(design.names), -1)
    return Curves(design.names, np.array([KNOTS[name] for name in design.names]), values)


def _choose(rows: Rows, heard: Rows | None, recipe: Recipe, neutral: bool) -> _Choice:
    """Penalty and shrinkage with the least error on hours held out, no plant being worse off than with physics."""
    tried: list[tuple[float, _Choice]] = []
    design, target = _design(rows, recipe.features), _relative(rows)
    asked = None if heard is None else features(heard.conditions, recipe.features)
    for penalty in PENALTIES:
        change = np.zeros(len(target))
        for fold in np.unique(rows.fold):
            out = rows.fold == fold
            curves = _ridge(design, target, rows.weight, penalty, ~out)
            change[out] = evaluate(curves, design.of)[out]
        told = None if asked is None else evaluate(_ridge(design, target, rows.weight, penalty), asked)
        for share in recipe.shrinks:
            held = _value(change * share, rows, recipe.cap, neutral)
            ratios = error_ratios(held, rows)
            said = None
            if heard is not None and told is not None:
                said = _value(told * share, heard, recipe.cap, neutral)
                ratios = np.concatenate([ratios, error_ratios(said, heard)])
            if share == 0.0 or np.all(ratios <= 1.0 + NO_WORSE) or len(recipe.shrinks) == 1:
                tried.append((float(np.mean(ratios)), _Choice(penalty, share, held, said)))
    best = 1.0 - min(ratio for ratio, _ in tried)
    enough = min(KEPT_GAIN * best, best)  # a single share may gain nothing
    close = [(choice.shrink, ratio, i) for i, (ratio, choice) in enumerate(tried) if 1.0 - ratio >= enough]
    return tried[min(close)[2]][1]


def _value(change: NDArray[np.float64], rows: Rows, cap: float, neutral: bool) -> NDArray[np.float64]:
    """Power (N,) [kW/kWp] of relative changes; neutral within each plant."""
    physics = rows.conditions.value_phys
    moved = np.clip(change, -cap, cap) * physics
    if neutral:
        for plant in range(int(rows.plant.max()) + 1):
            mine = rows.plant == plant
            moved[mine] = balanced(moved[mine])
    return np.asarray(physics + moved)


def _learnt(rows: Rows, heard: Rows | None, chosen: _Choice, recipe: Recipe) -> tuple[Curves, Curves, float, float]:
    """Curves of the change and of the error's scale, P10 and P90 of the scaled error."""
    curves = _ridge(_design(rows, recipe.features), _relative(rows), rows.weight, chosen.penalty)
    shift = curves._replace(values=np.round(curves.values * chosen.shrink, DECIMALS))
    errors, groups = [rows.measured - chosen.held], [rows]
    if heard is not None and chosen.heard is not None:
        errors.append(heard.measured - chosen.heard)
        groups.append(heard)
    return shift, *_interval(errors, groups)


def _interval(errors: list[NDArray[np.float64]], groups: list[Rows]) -> tuple[Curves, float, float]:
    """Scale of errors by condition, learnt from the first group, and P10 and P90 of the scaled errors of all."""
    rows, size = groups[0], np.abs(errors[0])
    even = 1.0 / np.bincount(rows.plant)[rows.plant]
    scale = _ridge(_design(rows, SCALE), size, even, SCALE_PENALTY)
    scores, group, count = [], [], 0
    for error, of in zip(errors, groups, strict=True):
        wide = np.maximum(evaluate(scale, features(of.conditions, scale.names)), LEAST_SCALE)
        scores.append(error / wide)
        group.append(of.plant + count)
        count += int(of.plant.max()) + 1
    low, high = conformal(np.concatenate(scores), np.concatenate(group), sum(of.days for of in groups))
    return scale, round(low, DECIMALS), round(high, DECIMALS)


def save(model: Model, path: Path) -> None:
    """Write a model without pickle (skops): plain arrays, words and numbers, sealed by the hash of its content.

    Raises OSError where it cannot be written.
    """
    import skops.io

    path.write_bytes(sealed(skops.io.dumps(tables_of(model))))


def load(path: Path) -> Model:
    """Read a model.

    Raises CorrectionError where the file is none, holds anything but plain data, was changed, or was written by a newer
    release.
    """
    content = opened(path)
    import skops.io

    try:
        tables = skops.io.loads(content, trusted=[])
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, OSError) as error:
        raise CorrectionError(f"not a model ({error})", str(path)) from error
    return model_of(tables, path)


def default_model() -> Model:
    """The model that is shipped: learnt from the open plants with weather, for plants nothing was measured of."""
    return load(Path(str(files("solar") / "data" / "correction_default.skops")))


__all__ = [
    "Corrected",
    "Model",
    "Recipe",
    "annual_spread",
    "correct",
    "default_model",
    "fit",
    "load",
    "save",
]
