"""Pieces of an HTML page: text is escaped here and nowhere else, because gml:ids and file names are foreign text.

A ``Markup`` is text that is HTML already; everything else that goes into a piece is escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import NamedTuple


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


class Column(NamedTuple):
    """Head of a table's column; amounts stand to the right, foreign text may break anywhere."""

    head: str
    style: str = ""  # "amount", "head" (an amount with a long head), "foreign" or nothing


def text(value: object) -> Markup:
    """HTML of a value."""
    return value if isinstance(value, Markup) else Markup(escape(str(value), quote=True))


def join(parts: Iterable[Markup]) -> Markup:
    """Pieces one below the other."""
    return Markup("\n".join(parts))


def paragraph(value: object, style: str = "") -> Markup:
    """A paragraph."""
    return Markup(f"<p{_class(style)}>{text(value)}</p>")


def section(heading: str, parts: Iterable[Markup]) -> Markup:
    """A part of the page under its heading."""
    return Markup(f"<section>\n<h2>{text(heading)}</h2>\n{join(parts)}\n</section>")


def bullets(items: Iterable[object]) -> Markup:
    """A list."""
    return Markup("<ul>\n" + "\n".join(f"<li>{text(item)}</li>" for item in items) + "\n</ul>")


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> Markup:
    """A table with caption and heads; the first cell of a row heads it."""
    head = "".join(f'<th scope="col"{_class(column.style)}>{text(column.head)}</th>' for column in columns)
    lines = []
    for row in rows:
        first, *others = zip(row, columns, strict=True)
        cells = [f'<th scope="row"{_class(first[1].style)}>{text(first[0])}</th>']
        cells += [f"<td{_class(column.style)}>{text(value)}</td>" for value, column in others]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    body = "\n".join(lines)
    return Markup(
        f'<div class="scroll"><table>\n<caption>{text(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def picture(png: bytes, alternative: str, caption: str) -> Markup:
    """A picture inside the page, with the text for those who cannot see it."""
    data = base64.b64encode(png).decode("ascii")
    return Markup(
        f'<figure><img src="data:image/png;base64,{data}" alt="{text(alternative)}">\n'
        f"<figcaption>{text(caption)}</figcaption></figure>"
    )


def document(language: str, title: str, header: Markup, body: Iterable[Markup], footer: Markup) -> str:
    """A whole page that asks for nothing outside itself."""
    style = files("twin.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="{text(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header>\n{header}\n</header>\n<main>\n{join(body)}\n</main>\n<footer>\n{footer}\n</footer>\n</body>\n</html>\n"
    )


def _class(style: str) -> str:
    return f' class="{escape(style, quote=True)}"' if style else ""
