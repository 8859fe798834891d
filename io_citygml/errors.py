"""The one exception of this package: what is wrong, where it stands, and what the user can do about it."""

from __future__ import annotations

import re

_BREAK = re.compile(r"\s*[\r\n\x85\u2028\u2029]+\s*")


def one_line(text: str) -> str:
    """Text on one line that every file and terminal can hold: what cannot be printed is escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in _BREAK.sub(" ", text))


class CityModelError(Exception):
    """A city model that cannot be read as it stands.

    ``file``, ``line`` (0 where unknown) and ``gml_id`` ("" where unknown) say where, ``remedy`` says what to do;
    the message holds all of them on one line.
    """

    def __init__(self, problem: str, *, file: str = "", line: int = 0, gml_id: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.file = file
        self.line = line
        self.gml_id = gml_id
        self.remedy = remedy
        place = file + (f", line {line}" if line else "") + (f", gml:id {gml_id}" if gml_id else "")
        message = f"{place}: {problem}" if place else problem
        super().__init__(one_line(f"{message}. {remedy}" if remedy else message))


class NotACityModel(CityModelError):
    """The file is well-formed but something else; inside a folder it is left out and counted."""
