"""How the lines of an XYZ file are built: what parts its numbers, which sign is decimal, which column is which.

Lines are of any width: what follows the third number is not read. A heading may name the columns; a comma is a decimal
sign where something else parts the numbers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

EASTING = ("x", "e", "east", "easting", "rechtswert", "ostwert", "rw", "ost")
NORTHING = ("y", "n", "north", "northing", "hochwert", "nordwert", "hw", "nord")
HEIGHT = ("z", "h", "height", "hoehe", "höhe", "elevation", "elev")
# Separator (a regular expression) and decimal sign, in the order in which they are tried.
_MANNERS = ((r"\s+", "."), (";", "."), (",", "."), (r"\s+", ","), (";", ","))
# Lines of heading before the first point, and points that are looked at, of a file that nobody named.
_HEADING_LINES = 20
_ROWS = 4
# Coordinates in a projected system; columns of numbers below are something else.
_LEAST_M = 1000.0


class Layout(NamedTuple):
    """How a file's lines are built."""

    separator: str  # a regular expression
    decimal: str
    skip: int  # lines of heading
    order: tuple[int, int, int]  # columns of easting, northing, height


def text_of(head: bytes) -> str:
    """Heading and first lines, whose umlauts are written one way or the other; the head may end inside a letter."""
    try:
        return head[: head.rfind(b"\n") + 1 or None].decode("utf-8-sig")
    except UnicodeDecodeError:
        return head.decode("latin-1")


def layout_of(lines: list[str]) -> Layout | None:
    """Separator, decimal sign, heading and order of columns; None where no line begins with three numbers."""
    for number, line in enumerate(lines):
        clean = line.strip()
        if not clean or clean.startswith("#"):
            continue
        for separator, decimal in _MANNERS:
            part = parts(clean, separator)
            if len(part) >= 3 and all(is_number(p, decimal) for p in part[:3]):
                heading = lines[number - 1] if number else ""
                return Layout(separator, decimal, number, _order(heading, separator))
    return None


def parts(line: str, separator: str) -> list[str]:
    """What stands in a line."""
    return [p.strip() for p in re.split(separator, line) if p.strip()]


def is_number(text: str, decimal: str) -> bool:
    """Whether a text is a number in this way of writing."""
    try:
        float(text.replace(decimal, ".") if decimal == "," else text)
    except ValueError:
        return False
    return True


def columns_of_points(text: str) -> int:
    """Columns of a text that is points beyond doubt, below a heading or not; 0 for anything else.

    Stricter than `layout_of`: at least two lines, nothing but numbers in them, as many in each, and where there are
    more than three, coordinates of a projected system.
    """
    lines = text.splitlines()
    whole = lines if text.endswith(("\n", "\r")) or len(lines) < _ROWS else lines[:-1]
    used = [line.strip() for line in whole if line.strip() and not line.strip().startswith("#")]
    layout = layout_of(used[:_HEADING_LINES])
    if layout is None:
        return 0
    rows = [parts(line.split("#")[0], layout.separator) for line in used[layout.skip : layout.skip + _ROWS]]
    width = len(rows[0])
    if len(rows) < 2 or any(len(row) != width or not all(is_number(p, layout.decimal) for p in row) for row in rows):
        return 0
    place = [abs(float(rows[0][k].replace(",", "."))) for k in layout.order[:2]] if max(layout.order) < width else [0.0]
    return width if width == 3 or min(place) >= _LEAST_M else 0


def _order(heading: str, separator: str) -> tuple[int, int, int]:
    names = [re.sub(r"[^\wäöü].*", "", n.strip().strip("\"'#/ ").lower()) for n in re.split(separator, heading.strip())]
    found = [next((i for i, n in enumerate(names) if n in words), -1) for words in (EASTING, NORTHING, HEIGHT)]
    return (found[0], found[1], found[2]) if min(found) >= 0 else (0, 1, 2)
