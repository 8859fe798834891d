"""What a study report says before and after its findings: occasion, data, law, method, scenarios, limits, annexes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from twin.report.picture import Picture
from twin.report.study_blocks import Block, Column, broken, figure, heading, items, paragraph, row, table
from twin.report.study_words import StudyWords
from twin.report.terrain_page import terrain_source_words
from twin.report.words import Words
from twin.study.clock import legal as legal_time
from twin.study.clock import standard
from twin.study.outcome import Day, Outcome

# Rows of sun positions a day; a finer step is thinned.
MOST_INSTANTS = 144
_LANDED = ("format", "crs", "unit", "heights")
_LANDED_NUMBERS = {"ground_m": 2, "base_m": 2, "top_m": 2, "height_m": 2, "footprint_m2": 1, "volume_m3": 1}


def properties(caption: str, pairs: list[tuple[str, str]], words: StudyWords) -> list[Block]:
    """A table of names and values; nothing where no value is known."""
    rows = [row(name, value) for name, value in pairs if value]
    columns = [Column(words("property"), width=0.34), Column(words("value"), width=0.66)]
    return [table(caption, columns, rows)] if rows else []


def cover(outcome: Outcome, words: StudyWords) -> list[Block]:
    """The table on the first page."""
    facts = outcome.facts
    site = facts["site"]
    place = words.place(site["latitude_deg"], site["longitude_deg"])
    pairs = [
        (words("occasion"), facts["occasion"] or words("not_stated")),
        (words("place"), f"{facts['place']} ({place})" if facts.get("place") else place),
        (words("dates_studied"), ", ".join(words.date(date) for date in facts["dates"])),
        (words("scenarios_studied"), ", ".join(scenario["name"] for scenario in facts["scenarios"])),
        (words("report_date"), words.date(facts["created"]) if facts.get("created") else ""),
        (words("software"), facts["software"]),
    ]
    return properties(words("cover_caption"), pairs, words)


def occasion(outcome: Outcome, words: StudyWords) -> list[Block]:
    """Why the study was made."""
    compared = len(outcome.study.scenarios) > 1
    given = [paragraph(outcome.facts["occasion"])] if outcome.facts["occasion"] else []
    general = words("occasion_general" if compared else "occasion_bestand")
    return [heading(1, words("occasion")), *given, paragraph(general)]


def data(outcome: Outcome, words: StudyWords) -> list[Block]:
    """What was computed with: files, their origin, and how they lie in space."""
    facts = outcome.facts
    inputs = facts["inputs"]
    dated = any(file.get("date") for file in inputs)
    columns = [
        Column(words("input"), width=0.16),
        Column(words("file"), width=0.44, id_chars=42),
        *([Column(words("as_of"), width=0.16)] if dated else []),
        Column(words("bytes"), "right"),
        Column(words("sha256"), id_chars=14),
    ]
    rows = []
    for file in inputs:
        role = words.known(f"role_{file['role'].replace(' ', '_')}", file["role"])
        as_of = [words.date(file["date"]) if file.get("date") else "–"] if dated else []
        name = broken(file["name"], 42)
        rows.append(row(role, name, *as_of, words.number(file["bytes"]), f"{file['sha256'][:12]}…"))
    site, crs = facts["site"], facts["crs"]
    position = words(
        "position_value",
        words.place(site["latitude_deg"], site["longitude_deg"]),
        words.number(site["altitude_m"], 0),
        words.number(site["convergence_deg"], 3),
    )
    pairs = [
        (words("crs"), crs["text"]),
        (words("horizontal"), crs["horizontal"] or ""),
        (words("vertical"), crs["vertical"] or words("not_stated")),
        (words("position"), position),
        (words("terrain"), ground(outcome, words)),
        (words("weather"), facts["weather"] or ""),
    ]
    licences = [paragraph(words("attribution")), *items(facts["attribution"])] if facts["attribution"] else []
    return [
        heading(1, words("data")),
        paragraph(words("data_intro")),
        table(words("inputs_caption"), columns, rows),
        *licences,
        *properties(words("frame_caption"), pairs, words),
    ]


def legal(outcome: Outcome, words: StudyWords) -> list[Block]:
    """How values of rules are to be read, and which rules were applied."""
    facts = outcome.facts
    blocks = [heading(1, words("legal")), paragraph(words("legal_general"), "key")]
    if facts["zone"] in ("Europe/Berlin", "Europe/Busingen"):
        blocks.append(paragraph(words("legal_germany")))
    if not facts["rules"]:
        return [*blocks, paragraph(words("rules_none"))]
    columns = [
        Column(words("rule"), width=0.24),
        Column(words("source"), width=0.34),
        Column(words("status"), width=0.42),
    ]
    rows = [row(words.of(rule, "title"), rule["source"], words.of(rule, "status")) for rule in facts["rules"]]
    caveats = [
        f"{words.of(rule, 'title')}: {text}" for rule in facts["rules"] for text in words.of(rule, "caveats") or ()
    ]
    for rule in facts["rules"]:
        if unverified := words.of(rule, "unverified"):
            caveats.append(words("rules_unverified", words.of(rule, "title"), "; ".join(unverified)))
    blocks += [table(words("rules_caption"), columns, rows), paragraph(words("rules_wording"))]
    return [*blocks, *([paragraph(words("rules_caveats")), *items(caveats)] if caveats else [])]


def ground(outcome: Outcome, words: StudyWords) -> str:
    """What the ground is, in one text."""
    terrain = getattr(outcome.study.scene, "terrain", None)
    if terrain is None or words.language == "en":
        return words.said(str(outcome.facts["terrain"]))
    return " ".join(terrain_source_words(terrain.facts, Words(words.language)))


def method(outcome: Outcome, words: StudyWords) -> list[Block]:
    """How it was computed, and what was not."""
    facts = outcome.facts
    storey = words.number(facts["storey_height_m"], 2)
    window = (words.number(facts[name], 2) for name in ("window_width_m", "window_depth_m"))
    receivers = facts["receivers"]
    names = ("ground", "surfaces", "storey_points", "openings")
    counts = [f"{words(f'receivers_{name}')} {words.number(receivers[name])}" for name in names if receivers.get(name)]
    pairs = [
        (
            words("step"),
            f"{words.number(facts['step_min'], 0 if facts['step_min'] == int(facts['step_min']) else 1)} min",
        ),
        (words("pixel"), f"{words.number(facts['pixel_m'], 2)} m"),
        (words("spacing"), f"{words.number(facts['spacing_m'], 2)} m"),
        (words("storey_height"), f"{storey} m"),
        (words("halo"), f"{words.number(facts['halo_m'], 0)} m"),
        (words("radius"), f"{words.number(facts['radius_m'], 0)} m" if facts["radius_m"] else ""),
        (
            words("clock_span"),
            f"{facts['first'] or '–'} … {facts['last'] or '–'}" if facts["first"] or facts["last"] else "",
        ),
        (words("receivers"), "; ".join(counts)),
        (words("zone"), facts["zone"]),
    ]
    return [
        heading(1, words("method")),
        paragraph(words("method_sun", words.number(facts["step_min"]))),
        paragraph(words("method_rays")),
        paragraph(words("method_facade", storey)),
        *([paragraph(words("method_window", *window))] if facts["rules"] else []),
        paragraph(words("method_time", facts["zone"], standard_name(facts["standard_offset_h"]))),
        *properties(words("settings_caption"), pairs, words),
        paragraph(words("method_not")),
    ]


def scenarios(outcome: Outcome, pictures: Mapping[str, tuple[Picture, str]], words: StudyWords) -> list[Block]:
    """What is compared, and where the plans landed."""
    facts = outcome.facts
    blocks = [heading(1, words("scenarios"))]
    if len(facts["scenarios"]) < 2:
        return [*blocks, paragraph(words("scenarios_none"))]
    columns = [
        Column(words("scenario"), width=0.22),
        Column(words("plans"), width=0.36),
        Column(words("removed"), width=0.42, id_chars=38),
    ]
    rows = [
        row(
            one["name"],
            ", ".join(one["plans"]) or words("none"),
            "\n".join(broken(name, 38) for name in one["removed"]) or words("none"),
        )
        for one in facts["scenarios"]
    ]
    blocks += [paragraph(words("scenarios_intro")), table(words("scenarios_caption"), columns, rows)]
    landed = outcome.tables.get("landed")
    if landed is None or landed.empty:
        return blocks
    blocks += [heading(2, words("landed")), paragraph(words("landed_intro"))]
    if "landing" in pictures:
        blocks.append(figure(*pictures["landing"]))
    for plan, facts in zip(landed.to_dict("records"), outcome.facts["plans"], strict=True):
        blocks += properties(words("landed_caption", plan["plan"]), landing(plan, words), words)
        blocks += items(words.said(str(warning)) for warning in facts.get("warnings", []))
    return blocks


def landing(plan: dict[Any, Any], words: StudyWords) -> list[tuple[str, str]]:
    """How one plan was read, as names and values."""
    place = ", ".join(words.number(plan[name], 2) for name in ("easting", "northing"))
    return [
        (words("scenario"), str(plan["scenario"])),
        (words("file"), str(plan["file"])),
        *((words(name), words.said(str(plan[name] or ""))) for name in _LANDED),
        (words("centre"), place),
        *((words(name), words.number(plan[name], digits)) for name, digits in _LANDED_NUMBERS.items()),
        (words("closed"), words("yes" if plan["closed"] else "no")),
    ]


def limits(outcome: Outcome, words: StudyWords) -> list[Block]:
    """Assumptions of this study."""
    facts = outcome.facts
    return [
        heading(1, words("limits")),
        paragraph(words("limits_intro")),
        *items([ground(outcome, words), words("method_not"), *(words.said(note) for note in facts["notes"])]),
    ]


def annex(outcome: Outcome, digest: str, words: StudyWords) -> list[Block]:
    """Sun positions of every day, checksums, warnings."""
    blocks = [heading(1, words("annex")), heading(2, words("annex_sun"))]
    for day in outcome.days:
        blocks += sun_positions(day, outcome.study.zone, outcome.facts["standard_offset_h"], words)
    columns = [Column(words("file"), width=1.0, id_chars=44), Column(words("sha256"), id_chars=64)]
    rows = [row(broken(file["name"], 44), file["sha256"]) for file in outcome.facts["inputs"]]
    rows.append(row(words("facts"), digest, strong=True))
    blocks += [heading(2, words("annex_inputs")), table(words("hashes_caption"), columns, rows)]
    if outcome.facts["warnings"]:
        blocks += [
            heading(2, words("annex_warnings")),
            *items(words.said(warning) for warning in outcome.facts["warnings"]),
        ]
    return blocks


def sun_positions(day: Day, zone: ZoneInfo, standard_offset_h: float, words: StudyWords) -> list[Block]:
    """Where the sun stands at each instant of a day: legal time, standard time, elevation and azimuth."""
    sun = day.instants
    count = len(sun.time)
    name = words.date(day.date.isoformat())
    if count == 0:
        return [paragraph(words("instants_none", name))]
    every = max(1, int(np.ceil(count / MOST_INSTANTS)))
    shown = sun.time[::every]
    by_law = legal_time(shown, zone)
    clocks = [words.clock(time.tzname() or "") for time in by_law]
    alike = len(set(clocks)) == 1
    rows = [
        row(
            f"{time:%H:%M}" if alike else f"{time:%H:%M} {clock}",
            f"{winter:%H:%M}",
            words.number(elevation, 2),
            words.number(azimuth, 2),
        )
        for time, winter, clock, elevation, azimuth in zip(
            by_law,
            standard(shown, zone),
            clocks,
            sun.elevation_deg[::every].tolist(),
            sun.azimuth_deg[::every].tolist(),
            strict=True,
        )
    ]
    columns = [
        Column(clocks[0] if alike else words("legal_time"), "right", 1.0 if alike else 1.4),
        Column(standard_name(standard_offset_h), "right", 1.0),
        Column(words("elevation"), "right", 1.0),
        Column(words("azimuth"), "right", 1.0),
    ]
    caption = words("instants_caption", name, clocks[0] if alike else zone.key, standard_name(standard_offset_h))
    thinned = [paragraph(words("instants_thinned", every, words.number(count)), "note")] if every > 1 else []
    return [table(caption, columns, rows, beside=3), *thinned]


def standard_name(standard_offset_h: float) -> str:
    """The name of a standard time by its distance from UTC: UTC+1, UTC−3:30."""
    minutes = round(abs(standard_offset_h) * 60)
    sign = "−" if standard_offset_h < 0 else "+"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02d}" if minutes % 60 else "")
