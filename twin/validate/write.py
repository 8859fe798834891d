"""A run of the proof as files: validation.json for machines, validation.md for people.

The document holds figures and nothing of the clock or the machine but what it says of them, so that it can be compared.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from twin import __version__
from twin.errors import TwinError
from twin.store import write_atomically
from twin.validate.table import Row, Table

LIBRARIES = ("numpy", "scipy", "numba", "pvlib", "pyradiance")
BEGIN, END = "<!-- made by heliotwin validate: begin -->", "<!-- made by heliotwin validate: end -->"


def versions(radiance: str | None) -> dict[str, Any]:
    """Software and machine of this run; ``radiance`` is what Radiance says of itself, None where it was not asked."""
    return {
        "heliotwin": __version__,
        "python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
        "radiance": radiance,
        "processor": processor(),
        "system": platform.system(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """Model name of the processor; Linux keeps it in /proc/cpuinfo only."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def as_json(tables: list[Table], about: dict[str, Any]) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "versions": about,
        "passed": not any(table.failed for table in tables),
        "proofs": [
            {
                "name": table.name,
                "title": table.title,
                "passed": not table.failed,
                "seconds": {tool: round(value, 1) for tool, value in table.seconds.items()},
                "notes": list(table.notes),
                "pictures": list(table.pictures),
                "rows": [_plain(row) for row in table.rows],
            }
            for table in tables
        ],
    }


def _plain(row: Row) -> dict[str, Any]:
    value = row._asdict()
    for key in ("expected", "found", "low", "high"):
        value[key] = None if value[key] is None else float(f"{value[key]:.10g}")
    return {**value, "passed": row.passed}


def as_markdown(tables: list[Table], about: dict[str, Any]) -> str:
    """Everything as sections of a document."""
    said = ", ".join(
        f"{name} {value}" for name, value in about.items() if value and name not in ("processor", "system")
    )
    lines = [f"{said}; {about['processor']}, {about['system']}.", ""]
    for table in tables:
        lines += section(table)
    return "\n".join(lines).rstrip() + "\n"


def section(table: Table) -> list[str]:
    """One proof: verdict, notes, figures, pictures."""
    held = [row for row in table.rows if row.passed is not None]
    verdict = (
        f"{len(held) - len(table.failed)} of {len(held)} held figures inside their bounds." if held else "Stated only."
    )
    took = ", ".join(f"{tool} {value:.1f} s" for tool, value in table.seconds.items())
    lines = [
        f"## {table.title}",
        "",
        verdict + (f" {took}." if took else ""),
        "",
        *(f"- {note}" for note in table.notes),
        "",
    ]
    if table.sheets:
        for sheet in table.sheets:
            lines += [*_grid(sheet.heading, sheet.lines), ""]
        lines += [f"Outside: {row.name}: {_number(row.found)} {row.unit} ({_bound(row)})." for row in table.failed]
        lines += [""] if table.failed else []
    else:
        heading = ("figure", "expected", "found", "bound", "unit", "held", "source")
        lines += [*_grid(heading, tuple(_cells(row) for row in table.rows)), ""]
    lines += [f"![{table.title}]({picture})\n" for picture in table.pictures]
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "yes", False: "**no**", None: "–"}[row.passed]
    expected = "–" if row.expected is None else _number(row.expected)
    return row.name, expected, _number(row.found), _bound(row), row.unit, verdict, row.source


def _bound(row: Row) -> str:
    if row.low is None or row.high is None:
        return "–"
    if row.expected is not None:
        return f"± {(row.high - row.low) / 2:.2g}"
    return f"{_number(row.low)} … {_number(row.high)}"


def _number(value: float) -> str:
    """Eight figures at most, none of them a trailing nought behind the point."""
    return f"{value:.8g}"


def _grid(heading: tuple[str, ...], lines: tuple[tuple[str, ...], ...]) -> list[str]:
    rule = "|" + "---|" * len(heading)
    return ["| " + " | ".join(heading) + " |", rule, *("| " + " | ".join(line) + " |" for line in lines)]


def put_between(text: str, made: str) -> str:
    """A document with what stands between its two marks replaced. ValueError where it has no such marks."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"needs one line '{BEGIN}' and one line '{END}' behind it")
    return text[: text.index(BEGIN) + len(BEGIN)] + "\n\n" + made.rstrip() + "\n\n" + text[text.index(END) :]


def into_document(path: Path, tables: list[Table], about: dict[str, Any]) -> None:
    """Put a run between the marks of a document, without its pictures.

    Raises
    ------
    TwinError
        Where the document lacks the marks.
    """
    text = path.read_text(encoding="utf-8")
    made = as_markdown([table._replace(pictures=()) for table in tables], about)
    try:
        changed = put_between(text, made)
    except ValueError as error:
        raise TwinError(f"{path}: {error}", "put the two marks where the tables shall stand") from error
    write_atomically(path, changed.encode("utf-8"))
