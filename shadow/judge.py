"""A rule applied to lit instants: which count, what they sum to, which level that reaches. Arrays in, arrays out.

Whether the sun's rays are free comes from the caller (``lit``); here stand only the rule's own conditions. Sums are
whole steps, so an hour value is good to one step at each end of every lit run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shadow.cast import hours
from shadow.instants import Instants
from shadow.reveal import enters
from shadow.reveal import half_angle_deg as reveal_half_angle_deg
from shadow.rules import Criterion, Rule, RuleError

# Hours are sums of steps: 1.5 h may come out a rounding error below 1.5.
SLACK = 1e-9


def counted(
    instants: Instants,
    azimuth_deg: ArrayLike,
    rule: Rule,
    clock_h: NDArray[np.float64] | None = None,
    half_angle_deg: ArrayLike | None = None,
    lintel_deg: ArrayLike | None = None,
) -> NDArray[np.bool_]:
    """Which instants count for façades under a rule (Q, N): sun high enough, within the clock's window, in front of
    the plane and, where the rule looks from the room, through the reveal.

    Parameters
    ----------
    azimuth_deg : (Q,)
        [°] Outward normals of vertical façades, clockwise from true north.
    clock_h : (N,)
        Legal hours of the day of each instant; needed by rules with a clock window.
    half_angle_deg : () or (Q,)
        [°] Of the openings, see shadow.reveal; None: the rule's own window. 90 puts the point on the façade plane.
    lintel_deg : () or (Q,)
        [°] Steepest profile angle under the lintel, None: ignored. For rules that look from the room.

    Raises
    ------
    RuleError
        The rule has a clock window and ``clock_h`` is missing.
    """
    facade = np.asarray(azimuth_deg, np.float64).reshape(-1, 1)
    turned = (instants.azimuth_deg - facade + 180.0) % 360.0 - 180.0
    if rule.window is None:
        inside = enters(instants.elevation_deg, turned, 90.0)
    else:
        own = reveal_half_angle_deg(rule.window.width_m, rule.window.depth_m)
        inside = enters(instants.elevation_deg, turned, own if half_angle_deg is None else half_angle_deg, lintel_deg)
    return np.asarray(inside & counted_anywhere(instants, rule, clock_h))


def counted_anywhere(instants: Instants, rule: Rule, clock_h: NDArray[np.float64] | None = None) -> NDArray[np.bool_]:
    """Which instants count on open land (N,): by elevation and clock alone; see `counted`.

    Raises
    ------
    RuleError
        The rule has a clock window and ``clock_h`` is missing.
    """
    high = instants.elevation_deg >= rule.lowest_elevation_deg
    if rule.clock_window is None:
        return np.asarray(high)
    if clock_h is None:
        raise RuleError(f"{rule.id} counts between clock times: legal hours of the instants are needed")
    first, last = rule.clock_window
    return np.asarray(high & (clock_h >= first) & (clock_h < last))


def hours_under(lit: NDArray[np.bool_], counts: NDArray[np.bool_], step_s: float) -> NDArray[np.float64]:
    """Sun hours (Q,) of ``lit`` (Q, N) over the instants that count (Q, N) or (N,)."""
    return hours(lit & counts, step_s)


def shade_hours(
    lit: NDArray[np.bool_], counts: NDArray[np.bool_], step_s: float, without: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Hours of shade (Q,) over the instants that count.

    Parameters
    ----------
    lit : (Q, N)
    counts : (Q, N) or (N,)
    step_s : [s]
    without : (Q, N)
        Lit without the plan: only shade that the plan brings is counted. None: all shade.
    """
    shaded = ~lit & counts
    return hours(shaded if without is None else shaded & without, step_s)


def concerned(azimuth_deg: ArrayLike, criterion: Criterion) -> NDArray[np.bool_]:
    """Whether a criterion speaks of façades of these azimuths (…) [°, clockwise from true north]."""
    azimuth = np.asarray(azimuth_deg, np.float64)
    if criterion.facing_deg is None:
        return np.ones(azimuth.shape, bool)
    first, last = criterion.facing_deg
    return np.asarray((azimuth - first + SLACK) % 360.0 <= (last - first) % 360.0 + 2.0 * SLACK)


def level_of(value: ArrayLike, criterion: Criterion) -> NDArray[np.int64]:
    """Index of the highest level that values (…) reach, −1 for none; NaN reaches none.

    ``value`` is in hours or a share 0 … 1, as the criterion's levels are.
    """
    at = np.array([level.at for level in criterion.levels])
    numbers = np.asarray(value, np.float64)[..., None]
    reached = numbers <= at + SLACK if criterion.at_most else numbers >= at - SLACK
    return np.asarray(np.count_nonzero(reached, axis=-1) - 1)


def is_met(value: ArrayLike, criterion: Criterion, former: ArrayLike | None = None) -> NDArray[np.bool_]:
    """Whether the orientation value is met (…): a level is reached, or enough of the ``former`` value is kept."""
    met = level_of(value, criterion) >= 0
    if criterion.former_share is None or former is None:
        return np.asarray(met)
    kept = np.asarray(value, np.float64) >= criterion.former_share * np.asarray(former, np.float64) - SLACK
    return np.asarray(met | kept)


def area_share(
    sun_hours: NDArray[np.float64], group: NDArray[np.integer], n_groups: int, least_h: float
) -> NDArray[np.float64]:
    """Share (n_groups,) of each area's equal pixels that have at least ``least_h`` of ``sun_hours`` (P,) [h].

    ``group`` (P,) is each pixel's area, −1 for none; NaN for an area without pixels.
    """
    inside = group >= 0
    number = np.bincount(group[inside], minlength=n_groups).astype(np.float64)
    enough = np.bincount(group[inside], sun_hours[inside] >= least_h - SLACK, minlength=n_groups)
    return np.divide(enough, number, out=np.full(n_groups, np.nan), where=number > 0)
