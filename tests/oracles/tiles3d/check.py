"""The door: check the tileset at a path."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from oracles.tiles3d.files import Files, open_3dtiles, open_3tz
from oracles.tiles3d.findings import Issue
from oracles.tiles3d.schema import semantics_of
from oracles.tiles3d.scope import Frame, Run
from oracles.tiles3d.tree import check_file


@dataclass
class Check:
    """What a run found, and how much it read."""

    issues: list[Issue] = field(default_factory=list)
    tiles: int = 0
    contents: int = 0
    features: int = 0
    triangles: int = 0
    files: set[str] = field(default_factory=set)

    @property
    def rules(self) -> set[str]:
        return {issue.rule for issue in self.issues}


def check_tileset(path: Path, *, enclosed: bool = True, whole_folder: bool = True) -> list[Issue]:
    """Every departure of a tileset (a JSON file, a .3tz or a .3dtiles) from the specifications.

    enclosed: vertices must lie in their tile's bounding volume. whole_folder: no content lies about that nobody names.
    """
    return run_check(path, enclosed=enclosed, whole_folder=whole_folder).issues


def run_check(path: Path, *, enclosed: bool = True, whole_folder: bool = True, semantics: Path | None = None) -> Check:
    """As `check_tileset`, with counts. semantics: a metadata schema whose properties define further semantics."""
    check = Check()
    known = semantics_of(json.loads(semantics.read_text(encoding="utf-8"))) if semantics else {}
    run = Run(check.issues, enclosed, known)
    files, name = Files(root=path.parent), path.name
    place = files.place(check.issues, name)
    if path.suffix in (".3tz", ".3dtiles"):
        inside = open_3tz(path.read_bytes(), place) if path.suffix == ".3tz" else open_3dtiles(path, place)
        if inside is None:
            return check
        files, name = inside, "tileset.json"
        place = files.place(check.issues, name)
    data = files.read(name)
    if place.need(data is not None, "missing", "no such file") and data is not None:
        check_file(run, files, name, data, Frame(np.eye(4)), ())
    if whole_folder:
        for stray in files.strays():
            files.place(check.issues, stray).warning("stray", "no tile names this file")
    check.tiles, check.contents, check.features, check.triangles = run.tiles, run.contents, run.features, run.triangles
    check.files = files.seen
    return check
