"""sites.html: the ranking, every exclusion with its legal basis, what supports, car parks, assumptions, inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.report import page
from twin.report.page import Column, Markup
from twin.report.pv_words import note_in
from twin.report.sites_map import is_missing
from twin.report.sites_words import SitesWords
from twin.sites.words import source_words

if TYPE_CHECKING:
    from twin.sites.run import Outcome

KINDS = ("fixed", "tracker", "vertical", "canopy")


def sites_html(outcome: Outcome, png: bytes, language: str) -> str:
    """The page as text."""
    words, facts = SitesWords(language), outcome.facts
    totals = facts["totals"]
    hectares = [words.number(totals[name] / 1e4, 2) for name in ("usable_m2", "area_m2")]
    header = page.join(
        [
            Markup(f"<h1>{page.text(words('title'))}</h1>"),
            page.paragraph(words("subtitle", totals["areas"], *hectares, facts["crs"]["horizontal"]), "note"),
        ]
    )
    body = [page.picture(png, words("alt_map"), words("caption_map")), ranking(outcome, words), kinds(outcome, words)]
    body += [excluded(outcome, words), boosts(outcome, words)]
    if outcome.tables.sites["spaces"].notna().any():
        body.append(parking(outcome, words))
    if facts["warnings"]:
        body.append(page.section(words("warnings"), [page.bullets(facts["warnings"])]))
    body += [assumptions(outcome, words), inputs(outcome, words)]
    heading = Markup(f"<strong>{page.text(words('licences'))}</strong>")
    footer = page.join([page.paragraph(heading), *(page.paragraph(text) for text in facts["attribution"])])
    return page.document(language, words("title"), header, body, footer)


def ranking(outcome: Outcome, words: SitesWords) -> Markup:
    """Areas in their order; those without a plant at the end."""
    heads = ("area", "class", "kind", "usable_ha", "slope", "mwp", "mwh", "band", "kwh_kwp", "shade", "lcoe")
    columns = [Column(words("rank"))] + [
        Column(words(head), "" if head in ("area", "class", "kind") else "amount") for head in heads
    ]
    rows: list[list[object]] = []
    number = words.number
    for row in outcome.tables.sites.to_dict("records"):
        ranked = not is_missing(row["rank"])
        rows.append(
            [
                row["rank"] if ranked else "–",
                f"{row['name']} ({row['site_id']})",
                words(row["class"]) if ranked else words("excluded_short"),
                words(row["kind"]) if ranked else f"{row['excluded_by']}",
                number(row["usable_m2"] / 1e4, 2),
                number(row["slope_deg"], 1),
                number(row["kwp"] / 1000, 2),
                number(row["mwh"]),
                f"{number(row['p10_mwh'])}–{number(row['p90_mwh'])}" if ranked else "–",
                number(row["kwh_kwp"]),
                number(row["shade_pct"], 1),
                f"{number(row['lcoe_ct_low'], 1)}–{number(row['lcoe_ct_high'], 1)}" if ranked else "–",
            ]
        )
    park = outcome.inputs.pv.park
    caption = words("ranking_caption", words(f"by_{park.rank_by}"))
    note = page.paragraph(words("class_note", words.exact(park.boost_share * 100)), "note")
    return page.section(words("ranking"), [page.table(caption, columns, rows), note])


def kinds(outcome: Outcome, words: SitesWords) -> Markup:
    """Every way of building on every area."""
    names = dict(zip(outcome.tables.sites["site_id"], outcome.tables.sites["name"], strict=True))
    heads = ("mwp", "mwh", "kwh_kwp", "shade", "lcoe")
    columns = [Column(words("area")), Column(words("kind")), *(Column(words(head), "amount") for head in heads)]
    rows: list[list[object]] = []
    number = words.number
    for row in outcome.tables.kinds.to_dict("records"):
        kind = words(row["kind"])
        rows.append(
            [
                f"{names[row['site_id']]} ({row['site_id']})",
                Markup(f"<strong>{page.text(kind)}</strong>") if row["best"] else kind,
                number(row["kwp"] / 1000, 2),
                number(row["mwh"]),
                number(row["kwh_kwp"]),
                number(row["shade_pct"], 1),
                f"{number(row['lcoe_ct_low'], 1)}–{number(row['lcoe_ct_high'], 1)}",
            ]
        )
    return section_of(words("kinds"), words("kinds_caption"), columns, rows, words)


def section_of(
    heading: str, caption: str, columns: list[Column], rows: list[list[object]], words: SitesWords
) -> Markup:
    """A table under its heading, or the word that there is none."""
    if not rows:
        return page.section(heading, [page.paragraph(words("none"))])
    return page.section(heading, [page.table(caption, columns, rows)])


def excluded(outcome: Outcome, words: SitesWords) -> Markup:
    """Every piece cut off."""
    heads = ("reason", "cut_m2", "covers_m2", "distance", "basis", "source")
    styles = ("", "amount", "amount", "", "", "foreign")
    columns = [Column(words("area"))] + [Column(words(h), s) for h, s in zip(heads, styles, strict=True)]
    rows: list[list[object]] = []
    for row in outcome.tables.excluded.to_dict("records"):
        rows.append(
            [
                f"{row['name']} ({row['site_id']})",
                row["layer"],
                words.number(row["area_m2"], 1),
                words.number(row["covers_m2"], 1),
                distance(row, words),
                basis(row),
                source(row, words),
            ]
        )
    return section_of(words("excluded"), words("excluded_caption"), columns, rows, words)


def boosts(outcome: Outcome, words: SitesWords) -> Markup:
    """Every strip that supports."""
    heads = ("reason", "class", "inside_m2", "distance", "basis", "source")
    styles = ("", "", "amount", "", "", "foreign")
    columns = [Column(words("area"))] + [Column(words(h), s) for h, s in zip(heads, styles, strict=True)]
    rows: list[list[object]] = []
    for row in outcome.tables.boosts.to_dict("records"):
        rows.append(
            [
                f"{row['name']} ({row['site_id']})",
                row["layer"],
                words(row["class"]),
                words.number(row["area_m2"], 1),
                distance(row, words),
                basis(row),
                source(row, words),
            ]
        )
    return section_of(words("boosts"), words("boosts_caption"), columns, rows, words)


def distance(row: dict[str, Any], words: SitesWords) -> str:
    """How far a strip reaches and from where."""
    if not row["distance_m"]:
        return "–"
    if not isinstance(row["measured_from"], str):
        return f"{words.exact(row['distance_m'])} m"
    return words("distance_from", words.exact(row["distance_m"]), row["measured_from"])


def basis(row: dict[str, Any]) -> str:
    """The legal basis with what must be known of it."""
    return f"{row['legal_basis']}. {row['note']}" if isinstance(row["note"], str) else str(row["legal_basis"])


def source(row: dict[str, Any], words: SitesWords) -> str:
    """Where a strip is written, and whether it was looked up."""
    said = [str(row["source"])]
    if isinstance(row["as_of"], str):
        said.append(row["as_of"])
        said.append(words("checked" if row["verified"] else "unchecked"))
    if isinstance(row["file"], str) and row["file"] != row["source"]:
        said.append(row["file"])
    return " · ".join(said)


def parking(outcome: Outcome, words: SitesWords) -> Markup:
    """Car parks under the duty."""
    rule, is_on = outcome.inputs.pv.park.car_park, outcome.facts["rule"] != "none"
    heads = ("spaces", "suitable", "required", "possible", "met")
    columns = [Column(words("area")), *(Column(words(head), "amount") for head in heads)]
    rows: list[list[object]] = []
    for row in outcome.tables.sites.to_dict("records"):
        if is_missing(row["spaces"]):
            continue
        met = row["met"]
        rows.append(
            [
                f"{row['name']} ({row['site_id']})",
                words("estimated", row["spaces"]) if row["spaces_estimated"] else row["spaces"],
                row["suitable_spaces"],
                words.number(row["required_kw"], 1),
                words.number(row["possible_kw"], 1),
                "–" if is_missing(met) else words("yes" if met else "no"),
            ]
        )
    caption = words("parking_no_rule")
    if is_on:
        kw = words.exact(rule.kw_per_space)
        caption = words("parking_caption", rule.legal_basis, kw, rule.spaces_over, rule.state_spaces_over)
    parts = [page.table(caption, columns, rows)]
    if is_on:
        parts.append(page.paragraph(source_words(rule.source, words.language), "note"))
    return page.section(words("parking"), parts)


def assumptions(outcome: Outcome, words: SitesWords) -> Markup:
    """What was assumed, with sources."""
    facts, pv = outcome.facts, outcome.inputs.pv
    park, exact = pv.park, words.exact
    said = [
        words(
            "assume_yield",
            facts["weather"]["source"],
            words.number(100 * facts["pv"]["system_loss"], 2),
            words.number(facts["pv"]["kwp_m2"], 3),
            facts["pv"]["date"],
            exact(facts["halo_m"]),
        ),
        words("assume_density", exact(100 * park.row_share)),
        words(
            "assume_land",
            *(exact(v) for v in (park.building_m, park.steepest_deg, park.steepest_north_deg, park.edge_m)),
            *(exact(v) for v in (park.narrowest_m, park.minimum_m2)),
        ),
        words("assume_band", words.number(100 * facts["pv"]["spread"], 1)),
        words(
            "assume_life",
            park.years,
            exact(100 * pv.degradation.per_year),
            words.number(100 * facts["pv"]["life_spread"], 1),
        ),
    ]
    for name in KINDS:
        kind = getattr(park, name)
        money = (*(exact(v) for v in kind.capex_eur_kwp), exact(kind.opex_eur_kw))
        interest = [exact(100 * v) for v in kind.wacc]
        checked = words("checked" if kind.verified else "unchecked")
        said.append(
            words("assume_cost", words(name), *money, *interest, source_words(kind.source, words.language), checked)
        )
    if facts["pv"]["assumed"]:
        notes = ", ".join(note_in(words.language, note) for note in facts["pv"]["assumed"])
        said.append(words("pv_assume_weather", notes))
    said.append(words("assume_law", facts["strips_date"]))
    return page.section(words("assumptions"), [page.bullets(said)])


def inputs(outcome: Outcome, words: SitesWords) -> Markup:
    """Every file with its hash."""
    columns = [Column(words("file"), "foreign"), Column(words("role")), Column("SHA-256", "foreign")]
    rows = [[entry["name"], words(f"role_{entry['role']}"), entry["sha256"]] for entry in outcome.facts["inputs"]]
    return section_of(words("inputs"), words("inputs_caption"), columns, rows, words)
