"""Owners' objections: a CSV of buildings or surfaces whose results must not be published."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from twin.errors import TwinError

COLUMNS = ("id", "gml_id", "building_id", "object_id", "surface_id")


class Objections(NamedTuple):
    """Ids whose results are left out of an export."""

    file: str
    ids: frozenset[str]


def no_objections() -> Objections:
    """Nobody objected."""
    return Objections("", frozenset())


def read_objections(path: Path) -> Objections:
    """Ids of a CSV with a column ``id`` (or gml_id, building_id, object_id, surface_id); comma or semicolon.

    Raises
    ------
    TwinError
        Where there is no such file or column, a row without an id, or one with more values than the head line has
        names: an objection must not be lost.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise TwinError(f"{path}: no such file", "name the CSV of objections") from None
    except UnicodeDecodeError as error:
        raise TwinError(f"{path}: not UTF-8 ({error})", "save the CSV as UTF-8") from error
    except OSError as error:
        raise TwinError(f"{path}: cannot be read ({error.strerror})", "name the CSV of objections") from error
    lines = text.splitlines()
    head = lines[0] if lines else ""
    try:
        rows = list(csv.reader(lines, delimiter=";" if ";" in head else ",", strict=True))
    except csv.Error as error:
        raise TwinError(f"{path}: not CSV ({error})", "write one id a line below a head line `id`") from error
    names = [name.strip().lower() for name in rows[0]] if rows else []
    column = next((names.index(name) for name in COLUMNS if name in names), None)
    if column is None:
        raise TwinError(f"{path}: no column named {', '.join(COLUMNS)}", "write the ids below a head line `id`")
    ids = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        found = row[column].strip() if column < len(row) else ""
        if not found:
            raise TwinError(f"{path}: line {number}: no id", "name a building or a surface, or remove the line")
        if any(cell.strip() for cell in row[len(names) :]):
            raise TwinError(f"{path}: line {number}: more values than the head line names", "write one id a line")
        ids.append(found)
    return Objections(str(path), frozenset(ids))
