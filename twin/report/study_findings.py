"""What a study found, as tables and pictures, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.report.picture import Picture
from twin.report.study_blocks import (
    MOST_ROWS,
    Block,
    Column,
    broken,
    by_day,
    cut,
    figure,
    group,
    heading,
    paragraph,
    row,
    table,
)
from twin.report.study_front import standard_name
from twin.report.study_neighbours import casters, energy
from twin.report.study_rules import facade_heading, rules
from twin.report.study_words import StudyWords
from twin.study.outcome import BESTAND, Outcome

if TYPE_CHECKING:
    import pandas as pd

    Pictures = Mapping[str, tuple[Picture, str]]

# Upper ends of the classes of sun hours but the last [h]; EN 17037's levels.
CLASS_ENDS_H = (1.5, 3.0, 4.0)


def findings(outcome: Outcome, pictures: Pictures, words: StudyWords) -> list[Block]:
    """The chapter of all findings, section by section; sections without anything to say are left out."""
    sections = (
        sheets(outcome, pictures, words),
        sun_hours(pictures, words),
        facades(outcome, pictures, words),
        openings(outcome, words),
        areas(outcome, words),
        casters(outcome, words),
        rules(outcome, words),
        energy(outcome, words),
        drawn(pictures, "sun_path", words("sun_paths"), words),
    )
    return [heading(1, words("findings")), *(block for section in sections for block in section)]


def drawn(pictures: Pictures, kind: str, title: str, words: StudyWords) -> list[Block]:
    """All pictures of a kind in the order given, under a heading."""
    found = [figure(*picture) for name, picture in pictures.items() if name.split(":", 1)[0] == kind]
    return [heading(2, title), *found] if found else []


def sheets(outcome: Outcome, pictures: Pictures, words: StudyWords) -> list[Block]:
    """Pages of small maps."""
    blocks = drawn(pictures, "sheets", words("sheets"), words)
    key = "sheets_intro" if len(outcome.study.scenarios) > 1 else "sheets_intro_bestand"
    intro = paragraph(words(key, standard_name(outcome.facts["standard_offset_h"])))
    return [blocks[0], intro, *blocks[1:]] if blocks else []


def sun_hours(pictures: Pictures, words: StudyWords) -> list[Block]:
    """Maps of sun hours, each followed by its difference map."""
    found: list[Block] = []
    for name, picture in pictures.items():
        kind, _, rest = name.partition(":")
        if kind == "sun_hours":
            found.append(figure(*picture))
            if f"difference:{rest}" in pictures:
                found.append(figure(*pictures[f"difference:{rest}"]))
        elif kind == "difference" and f"sun_hours:{rest}" not in pictures:
            found.append(figure(*picture))
    return [heading(2, words("sun_hours")), *found] if found else []


def affected(frame: pd.DataFrame, threshold_min: float) -> pd.DataFrame:
    """Rows whose sun changes by at least a threshold [min], the largest change first, losses before gains."""
    change = frame["delta_min"].to_numpy(np.float64)
    # Sums of steps carry rounding of 1e-12: an exact half step is in.
    found = frame[np.isfinite(change) & (np.abs(change) >= threshold_min - 1e-6)]
    return found.sort_values("delta_min", key=lambda delta: -delta.abs() + 1e-9 * np.sign(delta), kind="stable")


def facades(outcome: Outcome, pictures: Pictures, words: StudyWords) -> list[Block]:
    """Classes of hours, affected storeys, the plan's own façades; for each date and scenario."""
    threshold = outcome.facts["step_min"] / 2
    frame = outcome.tables.get("storeys")
    blocks = [heading(2, words("facades"))]
    if len(outcome.study.scenarios) > 1:
        blocks.append(paragraph(words("facades_intro", words.number(threshold, int(threshold % 1 > 0)))))
    for date, scenario, part in by_day(frame):
        own = part["own"].to_numpy(bool)
        blocks += classes(part[~own], date, scenario, words)
        if f"facades:{date}:{scenario}" in pictures:
            blocks.append(figure(*pictures[f"facades:{date}:{scenario}"]))
        if scenario == BESTAND:
            blocks += least_sun(outcome, date, words)
            continue
        found = affected(part[~own], threshold)
        caption = words("storeys_caption", words.date(date), scenario)
        if found.empty:
            minutes = words.number(threshold, int(threshold % 1 > 0))
            blocks.append(paragraph(words("unchanged", words.date(date), scenario, minutes), "key"))
        else:
            blocks += grouped(found, caption, storey_columns(scenario, words), "storey", words)
        if own.any():
            rest = part[own].sort_values("hours", kind="stable")
            caption = words("own_caption", words.date(date), scenario)
            blocks += grouped(rest, caption, storey_columns(scenario, words), "storey", words)
    return blocks if len(blocks) > 2 or frame is not None else []


def least_sun(outcome: Outcome, date: str, words: StudyWords) -> list[Block]:
    """Buildings with the least sun on their façades, where nothing is compared."""
    frame = outcome.tables.get("buildings")
    found = None if frame is None else frame[(frame["date"] == date) & (frame["scenario"] == BESTAND)]
    if found is None or found.empty:
        return []
    columns = [
        Column(words("building"), width=1.0, id_chars=60),
        Column(words("facade_m2"), "right"),
        Column(words("hours_bestand"), "right"),
    ]
    found = found.sort_values("hours", kind="stable")
    rows = [
        row(broken(str(one["building_id"]), 60), words.number(one["facade_m2"], 0), words.number(one["hours"], 2))
        for one in found.head(MOST_ROWS).to_dict("records")
    ]
    block = table(words("bestand_caption", words.date(date)), columns, rows)
    return [block, *cut(len(found), words("cut_least", MOST_ROWS, words.number(len(found))))]


def classes(part: pd.DataFrame, date: str, scenario: str, words: StudyWords) -> list[Block]:
    """How many storeys have how much sun, before and after."""
    if part.empty:
        return []
    before, after = (counted_classes(part[name].to_numpy(np.float64)) for name in ("hours_bestand", "hours"))
    names = [words(f"class_{index}") for index in range(len(before))]
    caption = words("classes_caption", words.date(date), scenario)
    note = "classes_note_bestand" if scenario == BESTAND else "classes_note"
    if scenario == BESTAND:
        columns = [Column(words("class"), width=1.0), Column(words("count_scenario", BESTAND), "right", 1.0)]
        rows = [row(name, words.number(count)) for name, count in zip(names, after, strict=True)]
    else:
        columns = [
            Column(words("class"), width=1.0),
            Column(words("count_bestand"), "right", 1.0),
            Column(words("count_scenario", scenario), "right", 1.0),
            Column(words("change"), "right", 1.0),
        ]
        rows = [
            row(name, words.number(first), words.number(second), words.signed(second - first))
            for name, first, second in zip(names, before, after, strict=True)
        ]
    return [table(caption, columns, rows), paragraph(words(note), "note")]


def counted_classes(hours: np.ndarray) -> list[int]:
    """Numbers of values in the classes none, below 1.5 h, … ; a value at an end belongs to the class above."""
    hours = hours[np.isfinite(hours)]
    index = np.where(hours <= 1e-9, 0, 1 + np.searchsorted(np.asarray(CLASS_ENDS_H) - 1e-9, hours, side="right"))
    return [int(count) for count in np.bincount(index, minlength=len(CLASS_ENDS_H) + 2)]


def storey_columns(scenario: str, words: StudyWords) -> list[Column]:
    """Columns of tables of storeys."""
    return [
        Column(words("storey")),
        Column(words("z"), "right"),
        Column(words("length"), "right"),
        *hour_columns(scenario, words),
    ]


def hour_columns(scenario: str, words: StudyWords) -> list[Column]:
    """Columns of hours that storeys and openings share."""
    return [
        Column(words("hours_bestand"), "right", 1.0),
        Column(words("hours_scenario", scenario), "right", 1.15),
        Column(words("delta"), "right", 1.1),
        Column(words("first_sun"), "right", 0.8),
        Column(words("last_sun"), "right", 0.8),
        Column(words("longest"), "right", 1.1),
    ]


def hour_cells(one: dict[Any, Any], words: StudyWords) -> tuple[str, ...]:
    """The cells of hour_columns."""
    times = (one["first_sun"], one["last_sun"])
    return (
        words.number(one["hours_bestand"], 2),
        words.number(one["hours"], 2),
        words.signed(one["delta_min"], 0),
        *(time if isinstance(time, str) and time else "–" for time in times),
        words.number(one["longest_h"], 2),
    )


def grouped(found: pd.DataFrame, caption: str, columns: list[Column], place: str, words: StudyWords) -> list[Block]:
    """Rows gathered under their façades, the façade of the first row first; the worst rows where there are many."""
    rows: list[Block] = []
    shown = found.head(MOST_ROWS)
    for (building, surface), part in shown.groupby(["building_id", "surface_id"], sort=False):
        rows.append(facade_heading(str(building), str(surface), float(part["azimuth_deg"].iloc[0]), words))
        ordered = part.sort_values(["storey", "z_m"] if place == "storey" else ["z_m"], kind="stable")
        for one in ordered.to_dict("records"):
            rows.append(row(*place_cells(one, place, words), *hour_cells(one, words)))
    # The plan's own façades have no state before: they stand in order of their hours.
    key = "cut_least" if found["own"].any() else "cut"
    return [table(caption, columns, rows), *cut(len(found), words(key, MOST_ROWS, words.number(len(found))))]


def place_cells(one: dict[Any, Any], place: str, words: StudyWords) -> tuple[str, str, str]:
    """Where a row is: its storey, height and length, or its opening, height and size."""
    height = words.number(one["z_m"], 2)
    if place == "storey":
        return words.storey(int(one["storey"])), height, words.number(one["length_m"], 1)
    size = f"{words.number(one['width_m'], 2)} × {words.number(one['height_m'], 2)}"
    return broken(str(one["opening_id"]), 20), height, size


def openings(outcome: Outcome, words: StudyWords) -> list[Block]:
    """Windows and doors whose sun changes."""
    threshold = outcome.facts["step_min"] / 2
    blocks: list[Block] = []
    for date, scenario, part in by_day(outcome.tables.get("openings")):
        if scenario == BESTAND:
            continue
        found = affected(part[~part["own"].to_numpy(bool)], threshold)
        if found.empty:
            minutes = words.number(threshold, int(threshold % 1 > 0))
            blocks.append(paragraph(words("unchanged_openings", words.date(date), scenario, minutes)))
            continue
        columns = [
            Column(words("opening"), id_chars=20),
            Column(words("z"), "right"),
            Column(words("size"), "right"),
            *hour_columns(scenario, words),
        ]
        blocks += grouped(found, words("openings_caption", words.date(date), scenario), columns, "opening", words)
    return [heading(2, words("openings")), *blocks] if blocks else []


def areas(outcome: Outcome, words: StudyWords) -> list[Block]:
    """Gardens and squares of --areas."""
    rows: list[Block] = []
    for date, scenario, part in by_day(outcome.tables.get("areas")):
        rows.append(group((f"{words.date(date)}, {scenario}", "text")))
        for one in part.to_dict("records"):
            shares = (words.number(one[name] * 100, 0) for name in ("share_2h_bestand", "share_2h"))
            hours = (words.number(one[name], 2) for name in ("hours_bestand", "hours"))
            rows.append(
                row(
                    str(one["area"]),
                    words.number(one["area_m2"], 0),
                    *hours,
                    words.signed(one["delta_min"], 0),
                    *shares,
                )
            )
    columns = [
        Column(words("area"), width=1.7),
        Column(words("area_m2"), "right", 1.0),
        Column(words("hours_bestand"), "right", 1.0),
        Column(words("hours_any"), "right", 1.0),
        Column(words("delta"), "right", 1.0),
        Column(words("share_bestand"), "right", 1.15),
        Column(words("share"), "right", 1.15),
    ]
    return [heading(2, words("areas")), table(words("areas_caption"), columns, rows)] if rows else []
