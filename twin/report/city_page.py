"""The city report as one self-contained page: the same blocks as in the PDF, set in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twin.report import page
from twin.report.city_report import CityReport
from twin.report.city_words import CityWords
from twin.report.page import Column, Markup
from twin.report.study_blocks import Block

STYLES = {"note": "note", "key": "note", "body": ""}


def city_html(report: CityReport, words: CityWords) -> str:
    """The page as text."""
    header = [Markup(f"<h1>{page.text(report.title)}</h1>")]
    if report.subtitle:
        header.append(page.paragraph(report.subtitle, "note"))
    body = [page.section(words("glance"), [set_block(block, report) for block in report.front])]
    body += [page.section(heading, parts) for heading, parts in sections(report)]
    footer = page.paragraph(words("footer", report.software, report.digest[:16]))
    title = f"{report.subtitle} – {report.title}" if report.subtitle else report.title
    return page.document(words.language, title, page.join(header), body, footer)


def sections(report: CityReport) -> Iterator[tuple[str, list[Markup]]]:
    """Headings of level 1, each with what stands below it."""
    title, parts = "", list[Markup]()
    for block in report.blocks:
        if block["type"] == "heading" and block["level"] == 1:
            if parts:
                yield title, parts
            title, parts = block["text"], []
        else:
            parts.append(set_block(block, report))
    yield title, parts


def set_block(block: Block, report: CityReport) -> Markup:
    """HTML of one block."""
    kind = block["type"]
    if kind == "heading":
        return Markup(f"<h3>{page.text(block['text'])}</h3>")
    if kind == "text":
        return page.paragraph(block["text"], STYLES[block["style"]])
    if kind == "list":
        return page.bullets(block["items"])
    if kind == "tiles":
        return set_tiles(block["tiles"])
    if kind == "picture":
        return page.picture(report.images[block["file"]], block["alt"], block["caption"])
    return set_table(block)


def set_tiles(tiles: Sequence[dict[str, str]]) -> Markup:
    """The numbers to begin with."""
    found = [
        f'<div><dt>{page.text(tile["label"])}</dt><dd><span class="value">{page.text(tile["value"])}</span>'
        f'<span class="note">{page.text(tile["note"])}</span></dd></div>'
        for tile in tiles
    ]
    return Markup('<dl class="figures">\n' + "\n".join(found) + "\n</dl>")


def set_table(block: Block) -> Markup:
    """A table; ids may break anywhere, the row of a sum is bold."""
    columns = [
        Column(one["title"], "foreign" if one["id_chars"] else "amount" if one["align"] == "right" else "")
        for one in block["columns"]
    ]
    rows = []
    for one in block["rows"]:
        # Lines of the PDF's narrow columns are one here.
        cells = [
            cell.replace("\n", "") if column["id_chars"] else cell
            for cell, column in zip(one["cells"], block["columns"], strict=True)
        ]
        strong = [Markup(f"<strong>{page.text(cell)}</strong>") for cell in cells]
        rows.append(strong if one["strong"] else cells)
    return page.table(block["caption"], columns, rows)
