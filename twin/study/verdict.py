"""What a rule is judged on, when it looks, and what it says in a table's columns."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shadow import judge
from shadow.instants import Instants, instants_of
from shadow.rules import Criterion, Rule
from solar.irradiance import Sources
from solar.sun_grid import SunGrid
from twin.study.areas import Areas
from twin.study.clock import clock_hours, day_times, zone_named
from twin.study.places import Place
from twin.study.scenarios import City
from twin.study.spots import Spots
from twin.study.views import Views

RULE_STEP_MIN = 1


class Traced(NamedTuple):
    """What rules are judged on."""

    city: City
    spots: Spots
    places: Sequence[Place]
    views: Sequence[Views]
    areas: Areas | None
    grid: SunGrid
    sent: Sources | None  # a weather year, for probable sunlight


def rule_instants(city: City, day: datetime.date) -> tuple[Instants, NDArray[np.float64]]:
    """Every minute of a legal day with the sun above the horizon, and its legal hours."""
    zone = zone_named(city.job.zone)
    instants = instants_of(city.scene.site, day_times(day, zone, RULE_STEP_MIN), RULE_STEP_MIN * 60.0)
    return instants, clock_hours(instants.time, zone)


def verdict(
    rule: Rule, criterion: Criterion, before: NDArray[np.float64], after: NDArray[np.float64], is_compared: bool
) -> dict[str, object]:
    """Columns that say what was measured and which level that reaches.

    Where a criterion also lets a share of the former value do, what is compared with the Bestand is asked that, and
    so is the Bestand itself, which keeps all of it: an orientation value is missed by what a scenario takes alone.
    """
    nothing = np.full(len(after), np.nan)
    hours, share = (
        ((nothing, nothing), (before, after)) if criterion.is_share else ((before, after), (nothing, nothing))
    )
    names = np.array(["", *(level.name for level in criterion.levels)], object)
    former = before if is_compared else None
    return {
        "rule": rule.id,
        "criterion": criterion.id,
        "title": rule.title.de,
        "title_en": rule.title.en,
        "measure": criterion.measure,
        "hours_bestand": hours[0],
        "hours": hours[1],
        "share_bestand": share[0],
        "share": share[1],
        "level_bestand": names[judge.level_of(before, criterion) + 1],
        "level": names[judge.level_of(after, criterion) + 1],
        "met_bestand": judge.is_met(before, criterion, former),
        "met": judge.is_met(after, criterion, former),
    }
