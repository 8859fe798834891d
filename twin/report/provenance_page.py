"""The parts of the page that say what a value rests on: what is left out, assumed, read, and owed to whom."""

from __future__ import annotations

from typing import Any

from twin.provenance import FAR_KM
from twin.report import page
from twin.report.facts import part_of_year
from twin.report.page import Column, Markup
from twin.report.surroundings_words import surroundings
from twin.report.terrain_page import terrain_words
from twin.report.uncertainty_words import uncertainty_words
from twin.report.words import Words


def left_out(report: dict[str, Any], words: Words) -> Markup:
    """Everything in the files that took no part."""
    model = report["city_model"]
    rows: list[list[object]] = [
        [words("reason_object", kind), words.number(count), "–"]
        for kind, count in sorted(report["scene"]["left_out"].items())
    ]
    closure = model["polygons"].get("CLOSURE", 0)
    if closure:
        rows.append([words("reason_CLOSURE"), words.number(closure), words.number(model["area_m2"]["CLOSURE"], 1)])
    for reason, entry in model["skipped"].items():
        named = words.known(f"reason_{reason}", reason)
        rows.append([named, words.number(entry["polygons"]), words.number(entry["area_m2"], 1)])
    for name, count in model["not_read"].items():
        rows.append([words("reason_not_read", name), words.number(count), "–"])
    if model["failed"]:
        rows.append([words("failed"), words.number(len(model["failed"])), "–"])
    if not rows:
        return page.section(words("left_out"), [page.paragraph(words("left_out_none"))])
    columns = [Column(words("what"), "foreign"), Column(words("count"), "amount"), Column(words("area"), "amount")]
    return page.section(words("left_out"), [page.table(words("left_out_caption"), columns, rows)])


def assumptions(report: dict[str, Any], words: Words) -> Markup:
    """What was assumed, and what the values are not good for."""
    scene = report["scene"]
    assumed = [
        *terrain_words(report["terrain"], words),
        *surroundings(report, words),
        words("assume_grid", words.number(report["directions"]["sun_nodes"])),
        words("assume_halo", words.number(scene["halo_m"])),
    ]
    if scene["beyond_halo_deg"] is not None:
        assumed.append(words("assume_beyond_halo", words.number(scene["beyond_halo_deg"], 1)))
    shown = "limit_yield" if report.get("pv") is None else "limit_pv"
    limits = [words("limit_model"), words(shown), words("limit_weather")]
    limits += uncertainty_words(report.get("uncertainty"), words)
    distance = report["weather"]["distance_km"]
    if distance > FAR_KM:
        limits.insert(0, words("limit_far_weather", words.number(distance)))
    days = part_of_year(report["weather"])
    if days is not None:
        limits.insert(0, words("limit_part_year", words.number(days)))
    return page.join(
        [
            page.section(words("assumptions"), [page.bullets(assumed)]),
            page.section(words("limits"), [page.bullets(limits)]),
        ]
    )


def origin(report: dict[str, Any], words: Words) -> Markup:
    """Coordinate system, weather, settings, software and the hashes of every input."""
    site, weather, crs = report["site"], report["weather"], report["crs"]
    vertical = crs["vertical"] or words("not_stated")
    flags = ", ".join(words.flag(flag) for flag in weather["flags"]) or "–"
    rows: list[list[object]] = [
        [words("crs"), words("crs_value", crs["horizontal"], vertical, crs["text"])],
        [
            words("site"),
            words(
                "site_value",
                words.number(site["latitude_deg"], 4),
                words.number(site["longitude_deg"], 4),
                words.number(site["altitude_m"]),
                words.number(site["convergence_deg"], 3),
            ),
        ],
        [
            words("weather"),
            words(
                "weather_value",
                weather["source"],
                words.number(weather["distance_km"], 1),
                words.number(weather["ghi_kwh_m2"], 1),
            ),
        ],
        [
            words("weather_period"),
            words("period_value", weather["first_utc"], weather["last_utc"], words.number(weather["step_s"] / 60)),
        ],
        [words("label_convention"), weather["label_convention"]],
        [words("weather_flags"), flags],
        [
            words("sky"),
            words(
                "sky_value",
                report["sky_model"],
                words.number(report["directions"]["sky_patches"]),
                words.number(report["directions"]["sun_nodes"]),
            ),
        ],
        [words("software"), report["software"]],
    ]
    for entry in [*report["inputs"], *report.get("terrain_inputs", [])]:
        value = words("input_value", words.number(entry["bytes"]), entry["sha256"])
        rows.append([f"{words('input')}: {entry['name']}", value])
    columns = [Column(words("property"), "foreign"), Column(words("value"), "foreign")]
    return page.section(words("origin"), [page.table(words("origin_caption"), columns, rows)])


def licences(report: dict[str, Any], words: Words) -> Markup:
    """The lines that every copy must carry."""
    heading = Markup(f"<strong>{page.text(words('licences'))}</strong>")
    return page.join([page.paragraph(heading), *(page.paragraph(line) for line in report["attribution"])])
