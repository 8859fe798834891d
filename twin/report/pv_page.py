"""Photovoltaics on the page of a job: plants and their yield, suitability, what is not built, what is assumed."""

from __future__ import annotations

from typing import Any

from twin.report import page
from twin.report.facts import Facts, Months
from twin.report.page import Column, Markup
from twin.report.pv_charts import class_limits, class_word
from twin.report.pv_correction import correction_said
from twin.report.pv_facts import KINDS, PvFacts, PvPart
from twin.report.pv_words import note_in
from twin.report.words import Words


def pv_section(facts: Facts, sheet: bytes, words: Words) -> Markup:
    """The section; nothing where the job has no photovoltaics. ``sheet`` is pv.png."""
    pv = facts.pv
    if pv is None:
        return page.join([])
    report = facts.report["pv"]
    assumed = report["configuration"]
    return page.section(
        words("pv"),
        [
            picture(pv, sheet, words),
            yields(pv, words),
            *(page.paragraph(line) for line in said(pv, report, words)),
            classes(pv, class_limits(assumed["classes"], words), words),
            best(pv, words),
            months(pv, facts.months, words),
            not_built(report["not_built"], words),
            page.paragraph(Markup(f"<strong>{page.text(words('pv_assumed'))}</strong>")),
            page.bullets(assumptions(report, words)),
        ],
    )


def picture(pv: PvFacts, sheet: bytes, words: Words) -> Markup:
    """The map with its text for those who cannot see it."""
    known = pv.roofs.kwh_kwp[pv.roofs.kwp > 0]
    alternative, note = words("pv_alt_none"), f"{words('pv_map_note')} {words('legend_note')}"
    if len(known):
        ends = words.number(float(known.min())), words.number(float(known.max()))
        alternative = words("pv_alt", *ends, words.number(len(known)))
    if pv.model_id is not None:
        alternative += words("pv_alt_ml", words.number(int(pv.roofs.abstained.sum())))
        note += words("pv_map_note_ml")
    return page.picture(sheet, alternative, note)


def yields(pv: PvFacts, words: Words) -> Markup:
    """Power and yield of roofs, façades and both; corrected values in a column of their own."""
    columns = [Column(words("pv_part"))]
    columns += [Column(words(key), "amount") for key in ("pv_plants", "pv_kwp", "pv_mwh")]
    if pv.model_id is not None:
        columns.append(Column(words("pv_mwh_ml", pv.model_id), "head"))
        columns += [Column(words(key), "head") for key in ("pv_answered", "pv_outside")]
    columns += [Column(words(key), "amount") for key in ("pv_band", "pv_kwh_kwp")]
    columns.append(Column(words("pv_shade"), "head"))

    def row(part: PvPart) -> list[object]:
        corrected = [
            words.number(part.mwh_ml, 1),
            words.number(part.answered_pct),
            words.number(part.out_of_domain),
        ]
        return [
            words(part.name),
            words.number(part.plants),
            words.number(part.kwp, 1),
            words.number(part.mwh, 1),
            *(corrected if pv.model_id is not None else []),
            f"{words.number(part.p10_mwh, 1)}–{words.number(part.p90_mwh, 1)}",
            words.number(part.kwh_kwp),
            words.number(part.shade_pct, 1),
        ]

    return page.table(words("pv_caption"), columns, [row(part) for part in (*pv.parts, pv.whole)])


def said(pv: PvFacts, report: dict[str, Any], words: Words) -> list[str]:
    """What must be known to read the numbers."""
    correction = report["correction"]
    quantiles = words("pv_quantiles") + (words("pv_quantiles_ml") if correction is not None else "")
    return [*correction_said(correction, pv.largest_delta_pct, words), quantiles, words("pv_human")]


def classes(pv: PvFacts, limits: list[str], words: Words) -> Markup:
    """Roofs by class, thresholds beside."""
    columns = [Column(words("pv_class")), Column(words("pv_threshold"))]
    columns += [Column(words(key), "amount") for key in ("count", "exposed_area", "pv_kwp", "pv_mwh")]
    rows = [
        [
            class_word(row.name, words),
            limit,
            words.number(row.surfaces),
            words.number(row.exposed_m2, 1),
            words.number(row.kwp, 1),
            words.number(row.mwh, 1),
        ]
        for row, limit in zip(pv.classes, limits, strict=True)
    ]
    return page.table(words("pv_classes_caption"), columns, rows)


def best(pv: PvFacts, words: Words) -> Markup:
    """The plants that yield most."""
    columns = [Column(words("surface"), "foreign"), Column(words("building"), "foreign")]
    columns += [Column(words(key)) for key in ("pv_part", "pv_mounting")]
    columns += [Column(words(key), "amount") for key in ("pv_kwp", "pv_mwh")]
    if pv.model_id is not None:
        columns.append(Column(words("pv_best_ml"), "head"))
    columns += [Column(words("pv_kwh_kwp"), "amount"), Column(words("pv_shade"), "head")]
    rows = []
    for plant in pv.best:
        corrected = words.number(plant.mwh_ml, 1)
        if plant.out_of_domain:
            corrected = words("pv_out_of_domain", corrected)
        rows.append(
            [
                plant.surface_id,
                plant.building_id,
                words("pv_roof" if plant.part == "roofs" else "pv_facade"),
                words.known(f"pv_mounting_{plant.mounting}", plant.mounting),
                words.number(plant.kwp, 1),
                words.number(plant.mwh, 1),
                *([corrected] if pv.model_id is not None else []),
                words.number(plant.kwh_kwp),
                words.number(plant.shade_pct, 1),
            ]
        )
    return page.table(words("pv_best_caption"), columns, rows)


def months(pv: PvFacts, sun: Months, words: Words) -> Markup:
    """Yield of each month beside what its surfaces receive."""
    columns = [Column(words("month"))]
    for name in KINDS:
        columns += [Column(words(key, words(name)), "amount") for key in ("pv_month_sun", "pv_month_energy")]
    rows: list[list[object]] = []
    for month, name in enumerate([*words("month_names").split(), words("sum")]):
        values: list[object] = []
        for column, table in enumerate(sun):
            of_month = slice(month, month + 1) if month < 12 else slice(None)
            values.append(words.number(float(table[of_month].sum()), 1))
            values.append(words.number(float(pv.month_mwh[of_month, column].sum()), 1))
        rows.append([name, *values])
    return page.table(words("pv_months_caption"), columns, rows)


def not_built(found: list[dict[str, Any]], words: Words) -> Markup:
    """Surfaces without a plant, by the first reason that holds."""
    part = {"RoofSurface": "pv_roof", "WallSurface": "pv_facade"}
    columns = [Column(words("pv_part")), Column(words("pv_reason"))]
    columns += [Column(words(key), "amount") for key in ("count", "exposed_area")]
    rows = [
        [
            words(part[entry["kind"]]),
            words.known(f"pv_reason_{entry['reason']}", entry["reason"]),
            words.number(entry["surfaces"]),
            words.number(entry["exposed_area_m2"], 1),
        ]
        for entry in found
    ]
    return page.table(words("pv_not_built"), columns, rows) if rows else page.join([])


def assumptions(report: dict[str, Any], words: Words) -> list[str]:
    """What the yields rest on, in sentences."""
    assumed, own = report["configuration"], report["configuration"]["own"]
    module, layout, inverter = assumed["module"], assumed["layout"], assumed["inverter"]
    spread = {name: words.number(100.0 * value, 1) for name, value in assumed["spread"].items()}
    losses = ", ".join(
        f"{words.known(f'pv_loss_{name}', name)} {words.number(value, 1)} %"
        for name, value in assumed["losses"].items()
        if value
    )
    out = [
        words("pv_assume_date", assumed["date"], words("pv_assume_own", own["name"]) if own else ""),
        words(
            "pv_assume_module",
            words.number(module["power_w"]),
            words.number(module["length_m"], 2),
            words.number(module["width_m"], 2),
            words.number(100.0 * module["gamma_pdc"], 2),
        ),
        words("pv_assume_losses", words.number(100.0 * report["loss"], 2), losses),
        words(
            "pv_assume_inverter",
            words.number(100.0 * inverter["eta_nom"], 1),
            words.number(inverter["dc_ac_ratio"], 2),
        ),
        words(f"pv_glass_{module['glass']}"),
        words(
            "pv_assume_layout",
            *(words.number(layout[name], 1) for name in ("edge_m", "flat_edge_m", "facade_edge_m")),
            *(words.number(layout[f"minimum_{name}_m2"]) for name in ("pitched", "flat", "facade")),
            words.number(layout["facade_from_kwh_m2"]),
        ),
        words("pv_assume_windows", words.number(100.0 * layout["window_share"])),
        words("pv_assume_optimisers")
        if layout["optimisers"]
        else words("pv_assume_strings", words.number(layout["string_modules"])),
        words(
            "pv_assume_spread",
            *(spread[name] for name in ("weather", "sky_model", "parameters", "geometry_sure", "geometry_doubtful")),
        ),
    ]
    if module["spectral"]:
        out.append(words("pv_assume_spectral"))
    notes = ", ".join(note_in(words.language, note) for note in report["notes"])
    return [*out, words("pv_assume_weather", notes)] if notes else out
