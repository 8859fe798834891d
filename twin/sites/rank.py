"""The order of sites: first by what the law favours, then by one figure.

Support changes no money here; it puts a site into a class: privileged (BauGB) before EEG support before the rest, car
parks last because their roofs are another kind of plant. Within a class the chosen figure decides, then the id.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from twin.sites.strips import SUPPORT_CLASSES

# By the words of `rank_by`: the figure, and whether more of it is better.
RANKED_BY = {
    "lcoe": ("lcoe_ct", False),
    "mwh": ("mwh", True),
    "kwh_kwp": ("kwh_kwp", True),
    "shade": ("shade_pct", False),
}


def score(row: Mapping[str, Any], rank_by: str) -> float:
    """The figure a row is ranked by, the smaller the better; inf where there is none."""
    name, more_is_better = RANKED_BY[rank_by]
    value = row.get(name)
    if value is None or math.isnan(value):
        return math.inf
    return -float(value) if more_is_better else float(value)


def class_of(shares: Mapping[str, float], boost_share: float, car_park: bool) -> str:
    """Class of a site by the share of its usable land that lies in strips of each class."""
    if car_park:
        return "car_park"
    return next((name for name in ("privileged", "eeg") if shares.get(name, 0.0) >= boost_share), "other")


def ranked(rows: Sequence[Mapping[str, Any]], rank_by: str) -> list[int | None]:
    """Rank of each row from 1; None for a row without a plant."""
    able = [index for index, row in enumerate(rows) if row["usable_m2"] > 0 and row.get("kwp")]
    key = {
        index: (SUPPORT_CLASSES.index(rows[index]["class"]), score(rows[index], rank_by), rows[index]["site_id"])
        for index in able
    }
    out: list[int | None] = [None] * len(rows)
    for place, index in enumerate(sorted(able, key=key.__getitem__), start=1):
        out[index] = place
    return out
