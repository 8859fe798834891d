"""The city report's second half: what has no plant and why, how it was computed, what was assumed, and the limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twin.cityreport.facts import CityFacts
from twin.cityreport.figures import DOUBTFUL_BELOW
from twin.report.city_tables import amounts, district_table
from twin.report.city_words import CityWords
from twin.report.study_blocks import Block, Column, broken, heading, items, paragraph, row, table
from twin.report.summary import file_name
from twin.report.surroundings_words import trees

# A checksum and a long name in a narrow column.
HASH_CHARACTERS = 32
NAME_CHARACTERS = 34


def background(facts: CityFacts, words: CityWords) -> list[Block]:
    """Everything but the findings, in its order."""
    return [
        *excluded(facts, words),
        *method(facts, words),
        *assumptions(facts, words),
        *data(facts, words),
        heading(1, words("limits")),
        *items(limits(facts, words)),
    ]


def excluded(facts: CityFacts, words: CityWords) -> list[Block]:
    """Surfaces without a plant by reason, doubtful geometry, defects, files that were not read."""
    blocks: list[Block] = [heading(1, words("excluded"))]
    if facts.reasons.empty:
        blocks.append(paragraph(words("reasons_all")))
    else:
        heads = [
            Column(words("part"), "left", "auto"),
            Column(words("reason"), "left", 1.0),
            *(Column(words(name), "right", "auto") for name in ("surfaces", "area_m2", "exposed_m2")),
        ]
        rows = [
            row(
                words(f"part_{one['part']}"),
                words.reason(one["reason"]),
                words.number(one["surfaces"]),
                words.number(one["area_m2"]),
                words.number(one["exposed_m2"]),
            )
            for one in facts.reasons.to_dict(orient="records")
        ]
        blocks += [table(words("reasons_caption"), heads, rows), paragraph(words("reasons_note"), "note")]
    columns = amounts(
        words,
        (words("without"), "without_plant"),
        (words("without_m2"), "without_plant_m2"),
        (words("doubtful"), "doubtful_surfaces"),
        (words("doubtful_m2"), "doubtful_m2"),
        (words("doubtful_mwh"), "doubtful_kwh"),
    )
    note = words("doubtful_note", words.number(DOUBTFUL_BELOW, 1))
    blocks += [district_table(facts, words("excluded_caption"), columns, words), paragraph(note, "note")]
    return [*blocks, *defects(facts.job.report["city_model"], words)]


def defects(model: dict[str, Any], words: CityWords) -> list[Block]:
    """Defects of the city model by kind, and files that could not be read."""
    blocks: list[Block] = []
    counts = model["defect_counts"]
    if counts:
        heads = [Column(words("defect"), "left", 1.0), Column(words("number"), "right", "auto")]
        rows = [
            row(words.common.known(f"defect_{kind}", kind), words.number(count))
            for kind, count in sorted(counts.items())
        ]
        blocks.append(table(words("defects_caption"), heads, rows))
    else:
        blocks.append(paragraph(words("defects_none")))
    if model["failed"]:
        heads = [Column(words("file"), "left", 1.0), Column(words("why"), "left", 2.0)]
        rows = [row(file_name(entry["file"]), entry["message"]) for entry in model["failed"]]
        read = len(rows) + len(model["files"])
        blocks.append(table(words("failed_caption", words.number(len(rows)), words.number(read)), heads, rows))
    return blocks


def method(facts: CityFacts, words: CityWords) -> list[Block]:
    """How the numbers came about."""
    report, layout = facts.job.report, facts.job.assumed["layout"]
    ground = "" if "none" in report["terrain"] else words("method_terrain")
    losses = 100 * report["pv"]["loss"]
    return [
        heading(1, words("method")),
        *items(
            (
                words("method_geometry", ground),
                words("method_weather", report["weather"]["source"], report["sky_model"]),
                words(
                    "method_layout",
                    words.number(layout["minimum_pitched_m2"]),
                    words.number(layout["minimum_flat_m2"]),
                    words.number(layout["facade_from_kwh_m2"]),
                ),
                words("method_chain", words.number(losses, 2)),
                class_sentence(facts.job.assumed["classes"], words),
                words("method_spread"),
                words("method_districts"),
            )
        ),
    ]


def class_sentence(classes: dict[str, Any], words: CityWords) -> str:
    """How roofs are classed, by the configured convention."""
    convention = classes["convention"]
    if convention == "irradiation":
        limits = [words.number(limit) for limit in classes["irradiation_kwh_m2"]]
    elif convention == "share":
        limits = [words.number(100 * share) for share in classes["share"]]
    else:
        limits = [words.number(limit) for limit in classes["good_tilt_deg"]]
    only = words("method_only_planted") if classes["only_planted"] else ""
    return words(f"method_classes_{convention}", *limits) + only


def assumptions(facts: CityFacts, words: CityWords) -> list[Block]:
    """Every value of the configuration."""
    assumed = facts.job.assumed
    heads = [Column(words("property"), "left", 1.2, NAME_CHARACTERS), Column(words("value"), "left", 1.0)]
    # What is assumed of solar parks took part only where there are some.
    left_out = ("date",) if facts.sites else ("date", "park")
    rows = [
        row(broken(name, NAME_CHARACTERS), shown_value(value, words))
        for name, value in leaves({key: value for key, value in assumed.items() if key not in left_out})
    ]
    return [
        heading(1, words("assumptions")),
        paragraph(words("assumptions_note", "heliotwin config --pv")),
        table(words("assumptions_caption", words.date(str(assumed["date"]))), heads, rows),
    ]


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Single values of nested tables with their dotted names; lists of plain values are one."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value):
        for number, part in enumerate(value, start=1):
            yield from leaves(part, f"{name}.{number}")
    else:
        yield name, value


def shown_value(value: Any, words: CityWords) -> str:
    """A value of the configuration as the language writes it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return words("yes" if value else "not")
    if isinstance(value, int | float):
        text = repr(value)
        decimals = 0 if isinstance(value, int) or "." not in text or "e" in text else len(text.split(".")[1])
        # A year is no amount.
        return str(value) if isinstance(value, int) else words.number(value, 0 if value == int(value) else decimals)
    if isinstance(value, list):
        return "; ".join(shown_value(part, words) for part in value) or "–"
    return str(value)


def data(facts: CityFacts, words: CityWords) -> list[Block]:
    """Lines that every copy must carry, and what was read, with checksums."""
    report = facts.job.report
    lines = list(dict.fromkeys([*report["attribution"], *([facts.sites.attribution] if facts.sites else [])]))
    heads = [
        Column(words("property"), "left", 0.8),
        Column(words("value"), "left", 1.4),
        Column(words("sha256"), "left", 1.3, HASH_CHARACTERS),
    ]
    inputs = [("city", one) for one in [*report["inputs"], *report.get("terrain_inputs", [])]]
    inputs += [(one["role"], one) for one in facts.files]
    inputs += [("pv", facts.job.own)] if facts.job.own else []
    weather, crs = report["weather"], report["crs"]
    rows = [
        *(
            row(words(f"role_{role}"), broken(one["name"], 44), broken(one["sha256"], HASH_CHARACTERS))
            for role, one in inputs
        ),
        row(words("role_weather"), words("distance", weather["source"], words.number(weather["distance_km"])), ""),
        row(words("period"), f"{weather['first_utc'][:10]} – {weather['last_utc'][:10]}", ""),
        row(words("crs"), crs["horizontal"], ""),
        row(words("software"), report["software"], ""),
    ]
    return [
        heading(1, words("data")),
        *items(lines),
        table(words("inputs_caption"), heads, rows),
    ]


def limits(facts: CityFacts, words: CityWords) -> list[str]:
    """What the values are not good for."""
    common = words.common
    notes = ", ".join(words.note(note) for note in facts.job.report["pv"]["notes"])
    return [
        words("limit_decision"),
        common("limit_model"),
        trees(facts.job.report, common),
        common("limit_weather"),
        *(words("limit_weather_year", words.said(str(line))) for line in facts.job.report["weather"]["warnings"]),
        words("limit_spread"),
        *([common("pv_assume_weather", notes)] if notes else []),
    ]
