"""summary.html: one self-contained page with pictures, tables, defects, and where every value comes from."""

from __future__ import annotations

from typing import Any

from twin.report import page
from twin.report.charts import group_line
from twin.report.facts import Facts, Months
from twin.report.figures import Pictures
from twin.report.overview import Tile, inputs_line, tiles_of
from twin.report.page import Column, Markup
from twin.report.provenance_page import assumptions, left_out, licences, origin
from twin.report.pv_page import pv_section
from twin.report.words import Words

# Defects shown of each kind; report.json holds all.
SHOWN_DEFECTS = 20


def summary_html(facts: Facts, pictures: Pictures, words: Words, pv_sheet: bytes = b"") -> str:
    """The page as text; ``pv_sheet`` is pv.png of a job with photovoltaics."""
    header = page.join(
        [
            Markup(f"<h1>{page.text(words('title'))}</h1>"),
            page.paragraph(" · ".join((words("subtitle"), inputs_line(facts, words), facts.plan.crs)), "note"),
        ]
    )
    body = [
        page.section(words("key_figures"), [key_figures(tiles_of(facts, words))]),
        views(facts, pictures, words),
        distributions(facts, pictures, words),
        kinds(facts.report["kinds"], words),
        best(facts, words),
        pv_section(facts, pv_sheet, words),
        failed(facts.report["city_model"], words),
        defects(facts.report["city_model"], words),
        left_out(facts.report, words),
        assumptions(facts.report, words),
        origin(facts.report, words),
    ]
    title = f"{words('title')} – {inputs_line(facts, words)}"
    return page.document(words.language, title, header, body, licences(facts.report, words))


def key_figures(tiles: list[Tile]) -> Markup:
    """The numbers to begin with."""
    items = [
        f'<div><dt>{page.text(tile.label)}</dt><dd><span class="value">{page.text(f"{tile.value} {tile.unit}".strip())}'
        f'</span><span class="note">{page.text(tile.note)}</span></dd></div>'
        for tile in tiles
    ]
    return Markup('<dl class="figures">\n' + "\n".join(items) + "\n</dl>")


def views(facts: Facts, pictures: Pictures, words: Words) -> Markup:
    """Map and 3D picture."""
    ends = words.number(facts.scale.low), words.number(facts.scale.high)
    note = words("picture_note_all" if facts.focus is None else "picture_note")
    picture_title = words("picture" if facts.focus is None else "picture_focus")
    return page.join(
        [
            page.section(
                picture_title,
                [page.picture(pictures.picture(), words("alt_picture"), f"{note} {words('legend_note')}")],
            ),
            page.section(
                words("map"),
                [
                    page.picture(
                        pictures.map(),
                        words("alt_map", words.number(facts.buildings), *ends),
                        f"{words('legend')}. {words('legend_note')}",
                    )
                ],
            ),
        ]
    )


def distributions(facts: Facts, pictures: Pictures, words: Words) -> Markup:
    """Histograms and months."""
    lines = "; ".join(group_line(group, words) for group in facts.groups)
    return page.join(
        [
            page.section(
                words("histograms"),
                [page.picture(pictures.histograms(), words("alt_histograms", lines), words("histograms_note"))],
            ),
            page.section(
                words("months"),
                [
                    page.picture(pictures.months(), words("alt_months"), words("months_note")),
                    months_table(facts.months, words),
                ],
            ),
        ]
    )


def months_table(months: Months, words: Words) -> Markup:
    """The numbers behind the bars."""
    parts = ("direct", "diffuse", "reflected", "sum")
    columns = [Column(words("month"))]
    columns += [Column(f"{words(group)}, {words(part)}", "amount") for group in ("roofs", "facades") for part in parts]
    rows = []
    for month, name in enumerate(words("month_names").split()):
        values = [v for table in months for v in (*table[month], table[month].sum())]
        rows.append([name, *(words.number(float(value), 1) for value in values)])
    total = [v for table in months for v in (*table.sum(axis=0), table.sum())]
    rows.append([words("sum"), *(words.number(float(value), 1) for value in total)])
    return page.table(words("months_caption"), columns, rows)


def kinds(found: list[dict[str, Any]], words: Words) -> Markup:
    """Areas and irradiation of each kind of surface."""
    columns = [
        Column(words("kind")),
        Column(words("count"), "amount"),
        Column(words("area"), "amount"),
        Column(words("exposed_area"), "amount"),
        Column(words("per_area"), "amount"),
        Column(words("energy"), "amount"),
    ]
    rows = [
        [
            words.known(kind["kind"], kind["kind"]),
            words.number(kind["surfaces"]),
            words.number(kind["area_m2"], 1),
            words.number(kind["exposed_area_m2"], 1),
            words.number(kind["irradiation_kwh_m2"], 1),
            words.number(kind["irradiation_mwh"], 1),
        ]
        for kind in found
    ]
    return page.section(
        words("kinds"),
        [page.table(words("kinds_caption"), columns, rows), page.paragraph(words("exposed_note"), "note")],
    )


def best(facts: Facts, words: Words) -> Markup:
    """The ten roofs that receive most."""
    columns = [
        Column(words("surface"), "foreign"),
        Column(words("building"), "foreign"),
        Column(words("exposed_area"), "amount"),
        Column(words("tilt"), "amount"),
        Column(words("azimuth"), "amount"),
        Column(words("per_area"), "amount"),
        Column(words("energy"), "amount"),
    ]
    rows = [
        [
            roof.surface_id,
            roof.building_id,
            words.number(roof.exposed_area_m2, 1),
            words.number(roof.tilt_deg),
            words("level") if roof.azimuth_deg != roof.azimuth_deg else words.number(roof.azimuth_deg),
            words.number(roof.irradiation_kwh_m2),
            words.number(roof.irradiation_mwh, 1),
        ]
        for roof in facts.best
    ]
    return page.section(
        words("best"), [page.table(words("best_caption"), columns, rows), page.paragraph(words("best_note"), "note")]
    )


def failed(model: dict[str, Any], words: Words) -> Markup:
    """Files of the batch that are not in the results; nothing where all are."""
    if not model["failed"]:
        return page.join([])
    rows: list[list[object]] = [[file_name(entry["file"]), entry["message"]] for entry in model["failed"]]
    columns = [Column(words("file"), "foreign"), Column(words("failed_why"), "foreign")]
    of = len(rows) + len(model["files"])
    caption = words("failed_caption", words.number(len(rows)), words.number(of))
    return page.section(words("failed"), [page.table(caption, columns, rows)])


def defects(model: dict[str, Any], words: Words) -> Markup:
    """What was wrong in the files and what was done, by kind."""
    found = model["defects"]
    if not found:
        return page.section(words("defects"), [page.paragraph(words("defects_none"))])
    columns = [
        Column(words("surface"), "foreign"),
        Column(words("object"), "foreign"),
        Column(words("file"), "foreign"),
        Column(words("line"), "amount"),
        Column(words("area"), "amount"),
        Column(words("action")),
    ]
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for defect in found:
        by_kind.setdefault(defect["kind"], []).append(defect)
    parts = []
    for kind in sorted(by_kind):
        entries = by_kind[kind]
        rows = [
            [
                entry["surface_id"] or "–",
                entry["object_id"] or "–",
                file_name(entry["file"]),
                entry["line"] or "–",
                words.number(entry["area_m2"], 1),
                words.action(entry["action"]),
            ]
            for entry in entries[:SHOWN_DEFECTS]
        ]
        count = model["defect_counts"][kind]  # exact; the entries are the first thousand of a kind
        caption = f"{words.known(f'defect_{kind}', kind)}: {words.number(count)}"
        parts.append(page.table(caption, columns, rows))
        if count > SHOWN_DEFECTS:
            parts.append(page.paragraph(words("defects_more", words.number(count - SHOWN_DEFECTS)), "note"))
    return page.section(words("defects"), parts)


def file_name(path: str) -> str:
    """Last part of a path of either system: the page must not depend on where the job ran."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]
