"""The one exception of this package: what is wrong, where it stands, and what the user can do about it."""

from __future__ import annotations


class CityModelError(Exception):
    """A city model that cannot be read as it stands.

    ``file``, ``line`` (0 where unknown) and ``gml_id`` ("" where unknown) say where, ``remedy`` says what to do;
    the message holds all of them.
    """

    def __init__(self, problem: str, *, file: str = "", line: int = 0, gml_id: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.file = file
        self.line = line
        self.gml_id = gml_id
        self.remedy = remedy
        place = file + (f", line {line}" if line else "") + (f", gml:id {gml_id}" if gml_id else "")
        message = f"{place}: {problem}" if place else problem
        super().__init__(f"{message}. {remedy}" if remedy else message)


class NotACityModel(CityModelError):
    """The file is well-formed but something else; inside a folder it is left out and counted."""
