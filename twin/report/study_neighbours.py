"""What objects do to each other: who shades whom, and the energy that a plan takes from its neighbours in a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.report.study_blocks import MOST_ROWS, Block, Column, broken, by_day, cut, heading, paragraph, row, table
from twin.report.study_words import StudyWords
from twin.study.outcome import BESTAND, Outcome

if TYPE_CHECKING:
    import pandas as pd

MOST_CASTERS = 15
# What rounds to nothing is not listed.
LEAST_M2H = 0.5
LEAST_KWH = 0.5


def casters(outcome: Outcome, words: StudyWords) -> list[Block]:
    """Which objects shade others, before and after, and what the plans do to whom."""
    blocks: list[Block] = []
    described = outcome.facts["scenarios"]
    own = {building for one in described for building in one.get("own", ())}
    removed = {one["name"]: one.get("gone", ()) for one in described}
    frame = outcome.tables.get("casters")
    compared = len(outcome.study.scenarios) > 1
    for date, scenario, part in by_day(frame):
        if compared and scenario == BESTAND:
            continue
        others = part[~part["same"].to_numpy(bool)]
        sums = shadow_sums(others)
        columns = [Column(words("caster"), width=1.0, id_chars=60)]
        if compared and frame is not None:
            here = frame[(frame["date"] == date) & (frame["scenario"] == BESTAND) & ~frame["same"].to_numpy(bool)]
            sums = beside(sums, shadow_sums(here)["first_m2h"].rename("before"))
            columns.append(Column(words("first_bestand"), "right"))
        columns += [Column(words("first_m2h"), "right"), Column(words("sole_m2h"), "right")]
        rows = [
            row(
                caster_name(str(one["caster"]), 60, words),
                *([words.number(one["before"])] if compared else []),
                words.number(one["first_m2h"]),
                words.number(one["sole_m2h"]),
            )
            for one in sums.head(MOST_CASTERS).reset_index().to_dict("records")
        ]
        if rows:
            blocks.append(table(words("casters_caption", words.date(date), scenario), columns, rows))
        blocks += pairs(others[others["caster"].isin(own)], words("pairs_caption", words.date(date), scenario), words)
        if compared and frame is not None:
            gone = here[here["caster"].isin(removed.get(scenario, ()))]
            blocks += pairs(gone, words("gone_caption", words.date(date), scenario), words)
    if not blocks:
        return []
    said = ["first", "sole", "others"]
    if compared and outcome.facts.get("casters") == "changed":
        said.append("changed")
    sentences = [paragraph(words(f"casters_{name}")) for name in said]
    return [heading(2, words("casters")), *sentences, *blocks]


def shadow_sums(others: pd.DataFrame) -> pd.DataFrame:
    """Shadow [m²·h] that each object casts on others, the largest first; nan where a part of it was not looked for."""
    by_caster = others.groupby("caster", sort=False)
    sums = by_caster[["first_m2h", "sole_m2h"]].sum()
    sums.loc[by_caster["sole_m2h"].count() < by_caster.size(), "sole_m2h"] = float("nan")
    return sums.sort_values("first_m2h", ascending=False, kind="stable")


def beside(sums: pd.DataFrame, before: pd.Series[float]) -> pd.DataFrame:
    """Sums of a scenario with the Bestand's; what is gone in the scenario stands where its shadow of today puts it."""
    gone = before.index.difference(sums.index, sort=False)
    both = sums.reindex(sums.index.append(gone))
    both.loc[gone] = 0.0
    both["before"] = before.reindex(both.index).fillna(0.0)
    order = both[["first_m2h", "before"]].max(axis=1).sort_values(ascending=False, kind="stable")
    return both.loc[order.index]


def pairs(others: pd.DataFrame, caption: str, words: StudyWords) -> list[Block]:
    """What planned objects shade, the most shaded first."""
    found = others[others["first_m2h"] >= LEAST_M2H].sort_values("first_m2h", ascending=False, kind="stable")
    columns = [
        Column(words("caster"), width=1.0, id_chars=34),
        Column(words("receiver"), width=1.0, id_chars=34),
        Column(words("first_m2h"), "right", 0.6),
        Column(words("sole_m2h"), "right", 0.6),
    ]
    rows = [
        row(
            caster_name(str(one["caster"]), 34, words),
            caster_name(str(one["receiver"]), 34, words),
            words.number(one["first_m2h"], 0),
            words.number(one["sole_m2h"], 0),
        )
        for one in found.head(2 * MOST_CASTERS).to_dict("records")
    ]
    return [table(caption, columns, rows)] if rows else []


def caster_name(name: str, chars: int, words: StudyWords) -> str:
    """The id of what shades or is shaded, or a word for what has none."""
    known = {"terrain": "caster_terrain", "?": "caster_unknown", "open land": "open land"}
    return words(known[name]) if name in known else broken(name, chars)


def energy(outcome: Outcome, words: StudyWords) -> list[Block]:
    """Irradiation and yield taken from each neighbour in a year."""
    frame = outcome.tables.get("energy_buildings")
    if frame is None or frame.empty:
        return []
    blocks = [heading(2, words("energy")), paragraph(words("energy_intro"))]
    for scenario, part in frame.groupby("scenario", sort=False):
        neighbours = part[~part["own"].to_numpy(bool)]
        found = neighbours[neighbours["delta_kwh"].abs() >= LEAST_KWH]
        found = found.sort_values("delta_kwh", key=lambda delta: -delta.abs(), kind="stable")
        if scenario == BESTAND:
            continue
        if found.empty:
            blocks.append(paragraph(words("unchanged_energy", scenario)))
            continue
        columns = [
            Column(words("building"), width=2.2, id_chars=38),
            *(Column(words(name), "right", 1.0) for name in ("roof_delta", "facade_delta", "sum_delta", "percent")),
            Column(words("pv_delta"), "right", 1.0),
        ]
        sums = neighbours.select_dtypes("number").sum().to_dict()
        rows = [row(words("total"), *energy_cells(sums, words), strong=True)]
        rows += [
            row(broken(str(one["building_id"]), 38), *energy_cells(one, words))
            for one in found.head(MOST_ROWS).to_dict("records")
        ]
        blocks += [
            table(words("energy_caption", scenario), columns, rows),
            *cut(len(found), words("cut", MOST_ROWS, words.number(len(found)))),
        ]
    return blocks if len(blocks) > 2 else []


def energy_cells(one: dict[Any, Any], words: StudyWords) -> tuple[str, ...]:
    """Changes of roof, façade, both, in per cent, and of the yield."""
    before = one["roof_kwh_bestand"] + one["facade_kwh_bestand"]
    share = 100 * one["delta_kwh"] / before if before > 0 else float("nan")
    return (
        words.signed(one["roof_kwh"] - one["roof_kwh_bestand"]),
        words.signed(one["facade_kwh"] - one["facade_kwh_bestand"]),
        words.signed(one["delta_kwh"]),
        words.signed(share, 1),
        words.signed(one["delta_pv_kwh"]),
    )
