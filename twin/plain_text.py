"""Text from foreign files made fit for a screen, a table or a name: no control character gets through.

An id may hold an escape sequence that repaints the terminal, a NUL that ends a text in SQLite, or a mark that turns the
reading direction; such characters are shown as Python writes them.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with every character that is not printable (`str.isprintable`) written as its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def one_line(text: str, most: int) -> str:
    """The text with its white space collapsed, printable, cut at so many characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= most else line[: most - 1] + "…"
