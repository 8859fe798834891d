"""What a tile knows of the run, the file it stands in and the tiles above it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from oracles.tiles3d.files import Files
from oracles.tiles3d.findings import Issue, Json
from oracles.tiles3d.property_table import Ranges
from oracles.tiles3d.volumes import Volume


@dataclass
class Run:
    """Options and counts of a check."""

    issues: list[Issue]
    enclosed: bool
    semantics: dict[str, tuple[str, str | None, bool]]
    tiles: int = 0
    contents: int = 0
    features: int = 0
    triangles: int = 0
    ranges: Ranges = field(default_factory=dict)
    unread: int = 0  # contents that are missing or broken: what they hold is in no range


@dataclass(frozen=True)
class Frame:
    """What a tile inherits: transform to the tileset's frame, its parent's volume (there) and error (m)."""

    matrix: np.ndarray
    volume: Volume | None = None
    error: float | None = None


@dataclass(frozen=True)
class Scope:
    """The tileset file that a tile stands in."""

    run: Run
    files: Files
    name: str
    version: str
    schema: Json | None
    groups: list[Json]
    stack: tuple[str, ...]  # files on the way here, to see a cycle
    found: set[str] = field(default_factory=set)  # extensions, those of external tilesets included
