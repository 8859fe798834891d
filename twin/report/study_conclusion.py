"""The conclusion of a study report: counted sentences, and no judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.report.study_blocks import Block, by_day, heading, items, paragraph
from twin.report.study_rules import is_met, judged_parts
from twin.report.study_words import StudyWords
from twin.study.outcome import BESTAND, Outcome

if TYPE_CHECKING:
    import pandas as pd

MOST_AREAS = 12


def conclusion(outcome: Outcome, words: StudyWords) -> list[Block]:
    """What was found, in sentences."""
    found = [*storeys(outcome, words), *areas(outcome, words), *rules(outcome, words), *energy(outcome, words)]
    return [heading(1, words("conclusion")), *items(found), paragraph(words("fazit_end"))]


def storeys(outcome: Outcome, words: StudyWords) -> list[str]:
    """How many storeys lose and gain how much, and where the most."""
    threshold = outcome.facts["step_min"] / 2
    sentences: list[str] = []
    for iso, scenario, part in by_day(outcome.tables.get("storeys")):
        neighbours = part[~part["own"].to_numpy(bool)]
        date, total = words.date(iso), words.number(len(neighbours))
        minutes = words.number(threshold, int(threshold % 1 > 0))
        hours = neighbours["hours"].to_numpy(np.float64)
        hours = hours[np.isfinite(hours)]
        if scenario == BESTAND:
            if len(hours):
                spread = (words.number(value, 2) for value in (np.median(hours), hours.min(), hours.max()))
                sentences.append(words("fazit_bestand", date, total, *spread))
            continue
        change = neighbours["delta_min"].to_numpy(np.float64)
        losing, gaining = change <= 1e-6 - threshold, change >= threshold - 1e-6
        if not losing.any() and not gaining.any():
            sentences.append(words("fazit_unchanged", date, scenario, total, minutes))
            continue
        sentence = words(
            "fazit_loss",
            date,
            scenario,
            words.number(int(losing.sum())),
            total,
            minutes,
            words.number(int(gaining.sum())),
        )
        if losing.any():
            sentence += " " + extreme("fazit_worst", neighbours.iloc[int(np.nanargmin(change))], words)
        if gaining.any():
            sentence += " " + extreme("fazit_best", neighbours.iloc[int(np.nanargmax(change))], words)
        sentences.append(sentence)
    return sentences


def extreme(key: str, one: pd.Series[Any], words: StudyWords) -> str:
    """How much and where a storey loses or gains."""
    return words(
        key,
        words.number(abs(float(one["delta_min"]))),
        words.number(float(one["hours_bestand"]), 2),
        words.number(float(one["hours"]), 2),
        one["building_id"],
        words.compass(float(one["azimuth_deg"]), long=True),
        words.storey(int(one["storey"]), long=True),
    )


def areas(outcome: Outcome, words: StudyWords) -> list[str]:
    """How the share with two hours of sun changes on each area, the largest changes first."""
    changed: list[tuple[float, str]] = []
    for date, scenario, part in by_day(outcome.tables.get("areas")):
        for one in part.to_dict("records") if scenario != BESTAND else []:
            change = abs(one["share_2h"] - one["share_2h_bestand"])
            if change >= 0.005:
                shares = (words.number(100 * one[name], 0) for name in ("share_2h_bestand", "share_2h"))
                changed.append((change, words("fazit_area", one["area"], words.date(date), scenario, *shares)))
    return [sentence for _, sentence in sorted(changed, key=lambda pair: -pair[0])[:MOST_AREAS]]


def rules(outcome: Outcome, words: StudyWords) -> list[str]:
    """How many places no longer meet a rule, or newly do, and how many of the plan's own meet it."""
    sentences: list[str] = []
    for one in judged_parts(outcome, words):
        if one.scenario == BESTAND:
            continue
        met, was_met = is_met(one.neighbours, "met"), is_met(one.neighbours, "met_bestand")
        lost, won = int((was_met & ~met).sum()), int((met & ~was_met).sum())
        total = words.number(len(met))
        if lost or won:
            counts = (words.number(lost), total, words.number(won))
            sentences.append(words("fazit_rule_lost", one.name, one.scenario, *counts))
        elif len(met):
            sentences.append(words("fazit_rule_same", one.name, one.scenario, total))
        if len(one.own):
            own = (words.number(int(is_met(one.own, "met").sum())), words.number(len(one.own)))
            sentences.append(words("fazit_rule_own", one.name, one.scenario, *own))
    return sentences


def energy(outcome: Outcome, words: StudyWords) -> list[str]:
    """What the neighbours' roofs and façades lose in a year."""
    frame = outcome.tables.get("energy_buildings")
    if frame is None or frame.empty:
        return []
    sentences: list[str] = []
    for scenario, part in frame.groupby("scenario", sort=False):
        if scenario == BESTAND:
            continue
        sums = part[~part["own"].to_numpy(bool)].select_dtypes("number").sum()
        before = float(sums["roof_kwh_bestand"] + sums["facade_kwh_bestand"])
        share = 100 * float(sums["delta_kwh"]) / before if before > 0 else float("nan")
        changes = (
            words.signed(float(sums["delta_kwh"])),
            words.signed(share, 2),
            words.signed(float(sums["delta_pv_kwh"])),
        )
        sentences.append(words("fazit_energy", scenario, *changes))
    return sentences
