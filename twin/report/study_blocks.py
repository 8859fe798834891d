"""The pieces that a study report is made of, as plain data that study.typ sets; no markup, no layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from twin.report.picture import Picture

if TYPE_CHECKING:
    import pandas as pd

Block = dict[str, Any]
# Rows of one table of a report; the GeoPackage holds all.
MOST_ROWS = 100
# What the type area takes; a larger picture is shrunk.
TYPE_AREA_MM = (170.0, 218.0)
# A break after one of these leaves an id readable.
_BREAK_AFTER = "-_.:/|{} "


class Column(NamedTuple):
    """A column of a table: its heading, side, share of the width ("auto", or of what is left), and its lettering."""

    title: str
    align: Literal["left", "right", "center"] = "left"
    width: float | Literal["auto"] = "auto"
    id_chars: int | None = None  # ids in fixed pitch, broken after so many characters


def heading(level: int, text: str) -> Block:
    """A heading of level 1 or 2; numbered and outlined."""
    return {"type": "heading", "level": level, "text": text}


def paragraph(text: str, style: Literal["body", "note", "key"] = "body") -> Block:
    """A paragraph; "note" is smaller, "key" stands out."""
    return {"type": "text", "text": text, "style": style}


def items(texts: Iterable[str]) -> list[Block]:
    """A bulleted list; nothing where there is nothing to list."""
    found = [text for text in texts if text]
    return [{"type": "list", "items": found}] if found else []


def table(caption: str, columns: Sequence[Column], rows: Sequence[Block], beside: int = 1) -> Block:
    """A table with its heading repeated on every page; in so many parts ``beside`` each other."""
    return {
        "type": "table",
        "caption": caption,
        "columns": [column._asdict() for column in columns],
        "rows": list(rows),
        "beside": beside,
    }


def cut(count: int, sentence: str) -> list[Block]:
    """A note below a table that shows only a part of its ``count`` rows."""
    return [paragraph(sentence, "note")] if count > MOST_ROWS else []


def row(*cells: str, strong: bool = False) -> Block:
    """One row, a text for each column."""
    return {"cells": list(cells), "strong": strong}


def group(*spans: tuple[str, Literal["text", "id"]]) -> Block:
    """A heading of the rows that follow, across all columns; repeated on the next page."""
    return {"group": [{"text": broken(text, 90) if style == "id" else text, "style": style} for text, style in spans]}


def figure(picture: Picture, file: str) -> Block:
    """A picture with its caption and its alternative text, shrunk where it exceeds the page."""
    scale = min(1.0, TYPE_AREA_MM[0] / picture.width_mm, TYPE_AREA_MM[1] / picture.height_mm)
    return {
        "type": "picture",
        "file": file,
        "width_mm": picture.width_mm * scale,
        "height_mm": picture.height_mm * scale,
        "alt": picture.alt,
        "caption": picture.caption,
    }


def broken(text: str, chars: int) -> str:
    """A long id over several lines of at most ``chars``, after a separator where one stands late enough."""
    lines: list[str] = []
    while len(text) > chars:
        end = max((text.rfind(sign, 0, chars) for sign in _BREAK_AFTER), default=-1) + 1
        end = end if end > 2 * chars // 5 else chars
        lines.append(text[:end])
        text = text[end:]
    return "\n".join([*lines, text])


def by_day(frame: pd.DataFrame | None) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The rows of a table by date and scenario, in their order of appearance."""
    if frame is None or frame.empty:
        return
    for (date, scenario), part in frame.groupby(["date", "scenario"], sort=False):
        yield str(date), str(scenario), part
