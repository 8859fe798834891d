"""Daylight rules applied to a study: which storeys, windows and areas meet an orientation value, before and after.

A storey stands for its length: its value is the one that at least half of the length reaches (for shade: keeps below).
Rules have their own dates and look every minute, whatever the study's step. Nothing here decides: courts weigh, people
decide.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from shadow import judge
from shadow.instants import Instants
from shadow.reveal import half_angle_deg
from shadow.rules import Criterion, Rule, RuleError, read_rule, rule_named
from shadow.vsc import vertical_sky_component
from solar.overcast import overcast_sky
from twin.errors import TwinError
from twin.results import orientation_deg
from twin.study.config import ShadowJob
from twin.study.days import trace_spots
from twin.study.judging_areas import judged_areas
from twin.study.outcome import Lit
from twin.study.spots import ABOVE_SILL_M, OPENING, SILL_M
from twin.study.storeys import Rows, compared, identity_columns, rows_of_openings, rows_of_storeys
from twin.study.verdict import Traced, rule_instants, verdict

if TYPE_CHECKING:
    import pandas as pd

# A beam counts as sunshine from here on (World Meteorological Organization).
SUNSHINE_W_M2 = 120.0


class Value(NamedTuple):
    """One measured number of every spot in every scenario, in a criterion's own unit."""

    value: list[NDArray[np.float64]]  # of each scenario (Q,)
    there: list[NDArray[np.bool_]]


def rules_named(names: Sequence[str]) -> list[Rule]:
    """Bundled rules, or the user's own TOML files.

    Raises
    ------
    TwinError
        Where there is none of that name, or the file cannot be used.
    """
    out = []
    for name in names:
        try:
            out.append(read_rule(Path(name)) if name.lower().endswith(".toml") else rule_named(name))
        except RuleError as error:
            raise TwinError(f"--rule {name}: {error}", "see docs/rules.md") from None
        check_heights(out[-1])
        if out[-1] in out[:-1]:
            out.pop()  # en17037 and EN17037
        elif out[-1].id in [rule.id for rule in out[:-1]]:
            raise TwinError(f"--rule {name}: two rules are called {out[-1].id}", "give yours an id of its own")
    return out


def judged(traced: Traced, rules: Sequence[Rule]) -> pd.DataFrame:
    """One row a storey, window or area, rule and day, and scenario."""
    import pandas as pd

    frames: list[pd.DataFrame] = []
    for rule in rules:
        for criterion in rule.criteria:
            for day in _days(traced.city.job, rule, criterion):
                if criterion.subject == "area":
                    frames += judged_areas(traced, rule, criterion, day)
                else:
                    frames += _facades(traced, rule, criterion, day)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def check_heights(rule: Rule) -> None:
    """Points stand where the bundled rules want them, whatever a user's own rule says; so it must not say else.

    Raises
    ------
    TwinError
        The rule wants its points elsewhere.
    """
    for asked, stands, name in (
        (rule.height_above_floor_m, SILL_M, "height_above_floor_m"),
        (rule.height_above_sill_m, ABOVE_SILL_M, "height_above_sill_m"),
    ):
        if asked is not None and asked != stands:
            raise TwinError(
                f"{rule.id}: {name} = {asked:g}", f"points stand at {stands:g} m: write that or leave it out"
            )


def check_rule_date(rules: Sequence[Rule], job: ShadowJob) -> None:
    """What would fail after minutes of computing, tried first.

    Raises
    ------
    TwinError
        The chosen day is none that a rule leaves free, or no rule leaves any free.
    """
    for rule in rules:
        for criterion in rule.criteria:
            _days(job, rule, criterion)
    if job.rule_date is not None and not any(criterion.free for rule in rules for criterion in rule.criteria):
        raise TwinError(f"--rule-date {job.rule_date}: no --rule leaves its day free", "en17037 does")


def _days(job: ShadowJob, rule: Rule, criterion: Criterion) -> list[datetime.date | None]:
    """The days that a criterion is judged on; [None] where it asks for none."""
    try:
        return list(criterion.days(job.dates[0].year, job.rule_date)) or [None]
    except RuleError as error:
        raise TwinError(f"--rule-date: {rule.id}, {error}", "choose a day that the rule leaves free") from None


def _facades(traced: Traced, rule: Rule, criterion: Criterion, day: datetime.date | None) -> list[pd.DataFrame]:
    """Rows of windows, and of storeys of buildings that the model gives no windows."""
    measured = _measured(traced, rule, criterion, day)
    rows, openings = rows_of_storeys(traced.spots), rows_of_openings(traced.spots)
    out = _rated(traced, rule, criterion, day, rows, "storey", measured) if len(rows.first) else []
    if len(openings.first):
        windows = _rated(traced, rule, criterion, day, openings, "opening", measured)
        known = {building for frame in windows for building in frame["building_id"]}
        out = [frame[~frame["building_id"].isin(known)] for frame in out] + windows
    return out


def _measured(traced: Traced, rule: Rule, criterion: Criterion, day: datetime.date | None) -> Value:
    """The criterion's number of every spot."""
    if criterion.measure == "sky_component":
        sky = overcast_sky()
        lits = _traced(traced, sky.direction)
        normal = traced.spots.normal
        return Value([vertical_sky_component(lit.bits, sky, normal) for lit in lits], [lit.there for lit in lits])
    if criterion.measure == "sunlight_share":
        lits = _traced(traced, traced.grid.direction)
        weight, winter = _probable_sunlight(traced, len(traced.grid.direction))
        chosen = winter if criterion.winter else weight
        total = weight.sum()
        zeros = np.zeros(len(traced.spots.surface), np.int64)
        return Value([bits.dot(lit.bits, chosen[None, :], zeros) / total for lit in lits], [lit.there for lit in lits])
    if day is None:
        raise TwinError(f"{rule.id}: {criterion.id} measures hours and names no day", "give it dates")
    instants, clock_h = rule_instants(traced.city, day)
    lits = _traced(traced, instants.direction)
    counts = _counts(traced, rule, instants, clock_h)
    count = len(instants.time)
    free = bits.unpack(lits[0].bits, count)
    out = []
    for lit in lits:
        seen = bits.unpack(lit.bits, count)
        if criterion.measure == "sun_hours":
            out.append(judge.hours_under(seen, counts, instants.step_s))
        else:
            out.append(judge.shade_hours(seen, counts, instants.step_s, free if criterion.caused else None))
    return Value(out, [lit.there for lit in lits])


def _traced(traced: Traced, direction: NDArray[np.float64]) -> list[Lit]:
    count = len(traced.spots.surface)
    return trace_spots(direction, count, traced.places, traced.views, traced.city.scenarios)


def _counts(traced: Traced, rule: Rule, instants: Instants, clock_h: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which instants count for each spot (Q, N); windows have their own reveal, storeys the equivalent one."""
    job, spots = traced.city.job, traced.spots
    _, azimuth = orientation_deg(spots.normal, traced.city.scene.site.convergence_deg)
    width = np.where(spots.storey == OPENING, spots.length_m, job.window_width_m)
    openings = np.stack([np.nan_to_num(azimuth), half_angle_deg(width, job.window_depth_m)])
    (facing, half), which = np.unique(openings, axis=1, return_inverse=True)  # spots of a wall look alike
    return judge.counted(instants, facing, rule, clock_h, half)[which.reshape(-1)]


def _probable_sunlight(traced: Traced, n_nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sunny hours of a weather year at each node of the sun grid (D,): of the whole year, and of its winter half."""
    sent = traced.sent
    if sent is None:
        raise TwinError("probable sunlight hours need a weather year", "leave energy on, or take another rule")
    node = sent.path.node
    share = np.maximum((node >= 0).sum(axis=1), 1)[:, None]
    sunny = (sent.direct * share > SUNSHINE_W_M2) & (node >= 0)
    each = sent.path.step_s / 3600.0 / node.shape[1]
    day = sent.path.start.astype("datetime64[D]")
    in_year = (day - day.astype("datetime64[Y]")).astype(np.int64)
    # From the autumn to the spring equinox, 21 September to 21 March; in the south the other half.
    northern = (in_year < 80) | (in_year >= 263)
    winter = northern if traced.city.scene.site.latitude_deg >= 0 else ~northern
    weight = np.bincount(node[sunny], minlength=n_nodes) * each
    cold = np.bincount(node[sunny & winter[:, None]], minlength=n_nodes) * each
    return weight.astype(np.float64), cold.astype(np.float64)


def _rated(
    traced: Traced,
    rule: Rule,
    criterion: Criterion,
    day: datetime.date | None,
    rows: Rows,
    subject: str,
    measured: Value,
) -> list[pd.DataFrame]:
    """Rows of one sort of façade subject, for every scenario that is compared."""
    import pandas as pd

    city, spots = traced.city, traced.spots
    owner = city.model.object[spots.surface[rows.first]]
    known = identity_columns(city, spots, rows)
    exempt = [s for s, scenario in enumerate(city.scenarios) if scenario.name == rule.exempt_scenario]
    out = []
    for state, scenario in compared(city.scenarios):
        counted = (measured.there[0] | measured.there[state])[rows.member]
        numbers = []
        for s in (0, state):
            value = measured.value[s][rows.member]
            numbers.append(_half_reaches(value, spots.length_m[rows.member], counted, rows, criterion.at_most))
        before = np.where(city.scenarios[0].present[owner], numbers[0], np.nan)
        after = np.where(scenario.present[owner], numbers[1], np.nan)
        frame = pd.DataFrame(
            {
                **verdict(rule, criterion, before, after, state > 0),
                "date": day.isoformat() if day else "",
                "subject": subject,
                "subject_id": known["opening_id"] if subject == "opening" else known["surface_id"],
                "building_id": known["building_id"],
                "surface_id": known["surface_id"],
                "storey": known.get("storey"),
                "azimuth_deg": known["azimuth_deg"],
                "own": known["own"],
                "scenario": scenario.name,
            }
        )
        for s in exempt if criterion.at_most else ():
            allowed = measured.value[s][rows.member]
            with_exempt = _half_reaches(allowed, spots.length_m[rows.member], counted, rows, criterion.at_most)
            frame["met"] |= after <= with_exempt + judge.SLACK
        asked = judge.concerned(np.asarray(known["azimuth_deg"], np.float64), criterion)
        out.append(frame[np.isfinite(after) & asked])
    return out


def _half_reaches(
    value: NDArray[np.float64],
    length_m: NDArray[np.float64],
    counted: NDArray[np.bool_],
    rows: Rows,
    at_most: bool,
) -> NDArray[np.float64]:
    """The value that at least half of each row's length reaches (N,), or keeps below; nan for a row without length."""
    order = np.lexsort((value if at_most else -value, rows.row))
    row, weight = rows.row[order], np.where(counted, length_m, 0.0)[order]
    count = len(rows.first)
    total = np.bincount(row, weight, count)
    first = np.searchsorted(row, np.arange(count))
    sums = np.cumsum(weight)
    before = np.concatenate([[0.0], sums])[first]
    reached = sums - before[row] >= total[row] / 2 - 1e-9
    reached &= weight > 0
    hit = np.full(count, -1)
    index = np.flatnonzero(reached)[::-1]
    hit[row[index]] = index  # the first of each row is written last
    return np.where((hit >= 0) & (total > 0), value[order][np.maximum(hit, 0)], np.nan)
