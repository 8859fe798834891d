"""Orientation values of rules before and after: how many places reach which level, and where that changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.report.study_blocks import MOST_ROWS, Block, Column, broken, cut, group, heading, paragraph, row, table
from twin.report.study_words import StudyWords
from twin.study.outcome import BESTAND, Outcome

if TYPE_CHECKING:
    import pandas as pd

# Ascending; levels of other names follow in their order of appearance.
_LEVELS = ("", "low", "medium", "high")
_HEADINGS = {"sun_hours": ("sun_bestand", "sun_scenario"), "shade_hours": ("shade_bestand", "shade_scenario")}


class Judged(NamedTuple):
    """What one criterion says on one day of one scenario."""

    name: str  # rule, criterion and day in words
    scenario: str
    neighbours: pd.DataFrame
    own: pd.DataFrame  # the plan's own façades


def judged_parts(outcome: Outcome, words: StudyWords) -> Iterator[Judged]:
    """The table of rules by criterion, day and scenario, in its order."""
    frame = outcome.tables.get("rules")
    if frame is None or frame.empty:
        return
    known = {rule["id"]: rule for rule in outcome.facts["rules"]}
    keys = ["rule", "criterion", "title", "date", "scenario"]
    for (rule, criterion, title, date, scenario), part in frame.groupby(keys, sort=False):
        facts = known.get(rule, {})
        names = {one["id"]: words.of(one, "title") for one in facts.get("criteria", ())}
        said = names.get(criterion, criterion)
        alone = frame.loc[frame["rule"] == rule, "criterion"].nunique() == 1
        parts = (
            str(words.of(facts, "title") or title),
            "" if alone else str(said),
            words.date(str(date)) if date else "",
        )
        own = part["own"].to_numpy(bool)
        yield Judged(", ".join(filter(None, parts)), str(scenario), part[~own], part[own])


def rules(outcome: Outcome, words: StudyWords) -> list[Block]:
    """One table of levels and one of changes for each criterion, day and scenario."""
    blocks: list[Block] = []
    for one in judged_parts(outcome, words):
        if one.scenario == BESTAND:
            blocks.append(levels(one.neighbours, words("levels_caption", one.name), BESTAND, words))
            continue
        quoted = f"„{one.scenario}“" if words.language == "de" else f"“{one.scenario}”"
        name = f"{one.name}, {quoted}"
        if not one.neighbours.empty:
            blocks.append(levels(one.neighbours, words("levels_caption", name), one.scenario, words))
            blocks += changes(one.neighbours, name, words)
        if not one.own.empty:
            blocks.append(levels(one.own, words("own_levels_caption", name), one.scenario, words, compared=False))
    return [heading(2, words("rules")), *blocks] if blocks else []


def levels(part: pd.DataFrame, caption: str, scenario: str, words: StudyWords, compared: bool = True) -> Block:
    """How many places reach each level, before and after; then how many meet the rule."""
    compared = compared and scenario != BESTAND
    seen = [str(level) for level in (*part["level_bestand"], *part["level"])]
    order = [*_LEVELS[: 1 + max(_LEVELS.index(level) for level in ("", *seen) if level in _LEVELS)]]
    order += [level for level in dict.fromkeys(seen) if level not in _LEVELS]

    def counts(first: int, second: int) -> tuple[str, ...]:
        if not compared:
            return (words.number(second),)
        return words.number(first), words.number(second), words.signed(second - first)

    rows = [
        row(
            level_name(level, words),
            *counts(int((part["level_bestand"] == level).sum()), int((part["level"] == level).sum())),
        )
        for level in order
    ]
    met = (int(is_met(part, "met_bestand").sum()), int(is_met(part, "met").sum()))
    rows.append(row(words("met"), *counts(*met), strong=True))
    rows.append(row(words("missed"), *counts(len(part) - met[0], len(part) - met[1]), strong=True))
    columns = [Column(words("level"), width=1.2)]
    if compared:
        columns.append(Column(words("count_bestand"), "right", 1.0))
    columns.append(Column(words("count_scenario", scenario), "right", 1.0))
    if compared:
        columns.append(Column(words("change"), "right", 1.0))
    return table(caption, columns, rows)


def is_met(part: pd.DataFrame, name: str) -> np.ndarray:
    """A column of findings (N,) as plain booleans; unknown counts as missed."""
    return part[name].fillna(False).to_numpy(bool)


def changes(part: pd.DataFrame, name: str, words: StudyWords) -> list[Block]:
    """The places whose level or finding changes, those first that no longer meet the rule."""
    met, was_met = is_met(part, "met"), is_met(part, "met_bestand")
    changed = (part["level"] != part["level_bestand"]).to_numpy(bool) | (met != was_met)
    if not changed.any():
        return [paragraph(f"{name}: {words('rules_same')}", "key")]
    measure = str(part["measure"].iloc[0])
    value = "hours" if measure in _HEADINGS else "share"
    size = (part[value] - part[f"{value}_bestand"]).abs()
    found = part.assign(_kept=~(was_met & ~met), _size=-size)[changed].sort_values(["_kept", "_size"], kind="stable")
    before, after = _HEADINGS.get(measure, ("share_before", "share_after"))
    columns = [
        Column(words("subject"), width=1.2),
        Column(words(before), "right", 0.7),
        Column(words(after), "right", 0.75),
        Column(words("level_bestand"), width=0.85),
        Column(words("level"), width=0.85),
        Column(words("finding_bestand"), width=1.0),
        Column(words("finding"), width=1.0),
    ]
    rows: list[Block] = []
    for (building, surface), places in found.head(MOST_ROWS).groupby(
        ["building_id", "surface_id"], sort=False, dropna=False
    ):
        if isinstance(building, str) and building:
            rows.append(facade_heading(building, str(surface), float(places["azimuth_deg"].iloc[0]), words))
        rows += [change_row(one, value, words) for one in places.to_dict("records")]
    note = cut(len(found), words("cut", MOST_ROWS, words.number(len(found))))
    return [table(words("changes_caption", name), columns, rows), *note]


def change_row(one: dict[Any, Any], value: str, words: StudyWords) -> Block:
    """One place with its hours [h] or shares [%], levels and findings."""
    scale, digits = (1.0, 2) if value == "hours" else (100.0, 1)
    return row(
        subject(one, words),
        words.number(scale * one[f"{value}_bestand"], digits),
        words.number(scale * one[value], digits),
        level_name(one["level_bestand"], words),
        level_name(one["level"], words),
        words("met" if one["met_bestand"] is True else "missed"),
        words("met" if one["met"] is True else "missed"),
    )


def subject(one: dict[Any, Any], words: StudyWords) -> str:
    """What a row is about: storey, opening or area."""
    if one["subject"] == "area":
        return broken(str(one["subject_id"]), 40)
    if one["subject"] == "storey":
        return words.storey(int(one["storey"]))
    return f"{words(str(one['subject']))} {broken(str(one['subject_id']), 24)}"


def facade_heading(building: str, surface: str, azimuth_deg: float, words: StudyWords) -> Block:
    """The heading of a façade's rows: building, direction [°], surface."""
    facade = f"   {words('facade')} {words.compass(azimuth_deg)} ({words.number(azimuth_deg)}°) "
    return group((f"{words('building')} ", "text"), (building, "id"), (facade, "text"), (surface, "id"))


def level_name(level: object, words: StudyWords) -> str:
    """A level in words; one without a translation as the rule names it."""
    text = str(level) if level else ""
    return words.known(f"level_{text or 'none'}", text)
