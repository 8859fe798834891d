"""The error a user sees as one line: what is wrong, where, and what to do."""

from __future__ import annotations

from io_citygml.errors import one_line


class TwinError(Exception):
    """A job or a question that cannot be carried out.

    Parameters
    ----------
    message
        What is wrong, naming the file, surface or option.
    remedy
        What the user can do about it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(one_line(f"{message} – {remedy}" if remedy else message))
        self.message = message
        self.remedy = remedy


class ConfigError(TwinError):
    """Options that cannot be: a wrong call, exit code 2."""
