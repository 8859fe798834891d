"""A run of the proof as files: validation.json for machines, validation.md for people.

Of the clock and the machine they hold what they say of them alone, so that the rest can be compared.
"""

from __future__ import annotations

import datetime
import math
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from twin import __version__
from twin.validate.table import Row, Table, verdict

LIBRARIES = ("numpy", "scipy", "numba", "pvlib", "pyradiance")


def versions(radiance: str | None) -> dict[str, Any]:
    """Day, software and machine of this run; ``radiance`` is what Radiance says of itself, None where not asked."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
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


def judged(tables: list[Table], left: Sequence[str]) -> bool | None:
    """Whether all is inside its bounds; None where nothing is held, and where proofs are left and none has failed."""
    found = verdict(tables)
    return None if found and left else found


def as_json(tables: list[Table], about: dict[str, Any], left: Sequence[str] = ()) -> dict[str, Any]:
    """Everything as plain values; ``left`` are proofs that are still to be run."""
    return {
        "versions": about,
        "passed": judged(tables, left),
        "left": list(left),
        "proofs": [
            {
                "name": table.name,
                "title": table.title,
                "passed": verdict([table]),
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
        known = value[key] is not None and math.isfinite(value[key])  # JSON knows no other
        value[key] = float(f"{value[key]:.10g}") if known else None
    return {**value, "passed": row.passed}


def software(about: dict[str, Any]) -> str:
    """Day, versions and machine as one line."""
    apart = ("date", "processor", "system")
    said = ", ".join(f"{name} {value}" for name, value in about.items() if value and name not in apart)
    return f"{about['date']}: {said}; {about['processor']}, {about['system']}."


def as_markdown(tables: list[Table], about: dict[str, Any], left: Sequence[str] = ()) -> str:
    """Everything as sections of a document."""
    lines = [software(about), ""]
    if left:
        lines += [f"**Not run to the end: {', '.join(left)} still to come.**", ""]
    for table in tables:
        lines += section(table)
    return "\n".join(lines).rstrip() + "\n"


def section(table: Table, made: str = "") -> list[str]:
    """One proof: verdict, when and by what it was ``made`` where that is told of each, notes, figures, pictures."""
    held = len(table.held)
    said = f"{held - len(table.failed)} of {held} held figures inside their bounds." if held else "Stated only."
    took = ", ".join(f"{tool} {value:.1f} s" for tool, value in table.seconds.items())
    lines = [f"## {table.title}", "", said + (f" {took}." if took else ""), ""]
    lines += [made, ""] if made else []
    lines += [*(f"- {note}" for note in table.notes), ""] if table.notes else []
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
    if row.low is None and row.high is None:
        return "–"
    if row.low is None or row.high is None:
        return f"≥ {_number(row.low)}" if row.low is not None else f"≤ {_number(row.high or 0.0)}"
    if row.expected is not None:
        return f"± {(row.high - row.low) / 2:.2g}"
    return f"{_number(row.low)} … {_number(row.high)}"


def _number(value: float) -> str:
    """Eight figures at most, none of them a trailing nought behind the point."""
    return f"{value:.8g}"


def _grid(heading: tuple[str, ...], lines: tuple[tuple[str, ...], ...]) -> list[str]:
    rule = "|" + "---|" * len(heading)
    return ["| " + " | ".join(heading) + " |", rule, *("| " + " | ".join(line) + " |" for line in lines)]
