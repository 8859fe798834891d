"""All proofs by name, run in their order, written into a folder one after the other.

A run takes most of an hour: after each proof everything known so far is written, with the names of what is left.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple

from twin.errors import ConfigError, TwinError
from twin.progress import OnProgress
from twin.store import to_json, write_atomically
from twin.validate import document, radiance, write
from twin.validate.table import Asked, Table

# Name → module and function. Each is imported when it is run: some bring heavy libraries.
PROOFS = {
    "ashrae": ("twin.validate.ashrae", "ashrae"),
    "spa": ("twin.validate.spa", "spa"),
    "planes": ("twin.validate.planes", "planes"),
    "forms": ("twin.validate.forms", "forms"),
    "overcast": ("twin.validate.overcast", "overcast"),
    "radiosity": ("twin.validate.radiosity", "radiosity"),
    "trees": ("twin.validate.trees", "trees"),
    "skies": ("twin.validate.skies", "skies"),
    "uncertainty": ("twin.validate.uncertainty", "uncertainty"),
    "convergence": ("twin.validate.convergence", "convergence"),
    "transport": ("twin.validate.against_radiance", "transport"),
}
WITH_RADIANCE = ("transport",)


class Outcome(NamedTuple):
    """What a run came to."""

    tables: list[Table]
    about: dict[str, Any]

    @property
    def passed(self) -> bool | None:
        """Whether every held figure is inside its bound; None where nothing is held."""
        return write.judged(self.tables, ())


def chosen(only: list[str]) -> list[str]:
    """The proofs that are to be run, in their order; all where none is named.

    Raises
    ------
    ConfigError
        For a name that no proof has.
    """
    unknown = [name for name in only if name not in PROOFS]
    if unknown:
        raise ConfigError(f"no proof '{unknown[0]}'", f"there are {', '.join(PROOFS)}")
    return [name for name in PROOFS if name in only or not only]


def run(
    out: Path,
    only: list[str],
    smoke: bool,
    on_progress: OnProgress,
    data: Path | None = None,
    docs: Path | None = None,
) -> Outcome:
    """Run proofs and write validation.json, validation.md and their pictures, after each proof anew.

    ``data`` is a folder of sample data, for proofs that look at more than what the package holds. ``docs`` is a
    document of which each proof replaces its own part.

    Raises
    ------
    ConfigError
        For a name that no proof has, and a small run that is to go into a document.
    TwinError
        Where a proof needs Radiance and it is not installed, where the document is not one, where the sample data
        are not there, and for a folder that cannot be made: said before anything is run.
    """
    names = chosen(only)
    if data is not None and not data.is_dir():
        raise TwinError(f"{data}: no such folder", "give the folder of the sample data, or leave out --data")
    if docs is not None:
        if smoke:
            raise ConfigError("--docs takes whole runs alone", "leave out --smoke")
        document.opened(docs, list(PROOFS))
    said = radiance.version() if set(names) & set(WITH_RADIANCE) else None
    _make(out)
    about, tables = write.versions(said), list[Table]()
    _write(out, tables, about, names)
    for number, name in enumerate(names):
        on_progress("validate", number, len(names))
        module, function = PROOFS[name]
        tables.append(getattr(importlib.import_module(module), function)(Asked(smoke, on_progress, out, data)))
        _write(out, tables, about, names[number + 1 :])
        if docs is not None:
            document.put(docs, list(PROOFS), tables[-1], _software_of(name, about), out)
    return Outcome(tables, about)


def _make(out: Path) -> None:
    if out.is_file():
        raise TwinError(f"{out}: is a file", "name a folder with -o")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TwinError(f"{out}: cannot be made ({error.strerror})", "name another folder with -o") from error


def _write(out: Path, tables: list[Table], about: dict[str, Any], left: list[str]) -> None:
    write_atomically(out / "validation.json", to_json(write.as_json(tables, about, left)))
    write_atomically(out / "validation.md", write.as_markdown(tables, about, left).encode("utf-8"))


def _software_of(name: str, about: dict[str, Any]) -> dict[str, Any]:
    """What a proof has used: Radiance stands with the proof alone that asks it."""
    others = () if name in WITH_RADIANCE else ("pyradiance", "radiance")
    return {key: value for key, value in about.items() if key not in others}
