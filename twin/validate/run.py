"""All proofs by name, run in their order, written into a folder."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple

from twin.errors import ConfigError
from twin.progress import OnProgress
from twin.store import to_json, write_atomically
from twin.validate import radiance, write
from twin.validate.table import Asked, Table

# Name → module and function. Each is imported when it is run: some bring heavy libraries.
PROOFS = {
    "ashrae": ("twin.validate.ashrae", "ashrae"),
    "spa": ("twin.validate.spa", "spa"),
    "planes": ("twin.validate.planes", "planes"),
    "forms": ("twin.validate.forms", "forms"),
    "overcast": ("twin.validate.overcast", "overcast"),
    "radiosity": ("twin.validate.radiosity", "radiosity"),
    "skies": ("twin.validate.skies", "skies"),
    "convergence": ("twin.validate.convergence", "convergence"),
    "transport": ("twin.validate.against_radiance", "transport"),
}
WITH_RADIANCE = ("transport",)


class Outcome(NamedTuple):
    """What a run came to."""

    tables: list[Table]
    about: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether every held figure is inside its bound."""
        return not any(table.failed for table in self.tables)


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


def run(out: Path, only: list[str], smoke: bool, on_progress: OnProgress) -> Outcome:
    """Run proofs and write validation.json, validation.md and their pictures.

    Raises
    ------
    TwinError
        Where a proof needs Radiance and it is not installed: said before anything is run.
    """
    names = chosen(only)
    said = radiance.version() if set(names) & set(WITH_RADIANCE) else None
    out.mkdir(parents=True, exist_ok=True)
    tables = []
    for number, name in enumerate(names):
        on_progress("validate", number, len(names))
        module, function = PROOFS[name]
        tables.append(getattr(importlib.import_module(module), function)(Asked(smoke, on_progress, out)))
    outcome = Outcome(tables, write.versions(said))
    write_atomically(out / "validation.json", to_json(write.as_json(tables, outcome.about)))
    write_atomically(out / "validation.md", write.as_markdown(tables, outcome.about).encode("utf-8"))
    return outcome
