"""The rasters of a finished shadow study, as its folder has them (docs/shadow.md)."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.errors import TwinError
from twin.export.shadow_cog import ALONE, COMPARED
from twin.export.study_files import AGAIN, MASKS, RASTERS, open_finished_study
from twin.study.outcome import BESTAND

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

# The type of masks; sums are float32.
CLASSES = "uint8"


class StudyRasters(NamedTuple):
    """What a study holds; names are relative to its folder."""

    root: Path
    horizontal: str  # "EPSG:25832"
    masks: list[str]
    sums: list[str]
    facts: dict[str, Any]

    @property
    def attribution(self) -> list[str]:
        """Licence lines."""
        return list(self.facts.get("attribution", []))

    @property
    def title(self) -> str:
        """The study's title, or its folder's name."""
        return str(self.facts.get("title") or self.root.resolve().name)

    def sums_of(self, kind: str) -> list[str]:
        """Rasters of one sum of a day: hours, difference …"""
        return [name for name in self.sums if Path(name).name.startswith(f"{kind}_")]


def open_study(root: Path) -> StudyRasters:
    """Open the folder of a finished study.

    Raises
    ------
    TwinError
        Where it is no study, is unfinished, lacks a file, or holds no raster.
    """
    facts, names = open_finished_study(root)
    rasters = [name for name in names if name.endswith(".tif")]
    missing = [name for name in rasters if not (root / name).is_file()]
    if missing:
        raise TwinError(f"{root}: {', '.join(missing[:3])} missing", AGAIN)
    masks = sorted(name for name in rasters if name.startswith(f"{MASKS}/"))
    sums = sorted(name for name in rasters if name.startswith(f"{RASTERS}/"))
    if not masks and not sums:
        raise TwinError(f"{root}: the study has no raster", "it measured no open land: give --margin, or --radius")
    return StudyRasters(root, facts["crs"]["horizontal"], masks, sums, facts)


def colours_of(band: DatasetReader) -> dict[int, tuple[int, int, int]]:
    """The colour of each class of a mask."""
    return dict(ALONE if band.tags().get("scenario") == BESTAND else COMPARED)


def is_compared(study: StudyRasters) -> bool:
    """Whether its masks tell two states of the city apart."""
    return any(scenario["name"] != BESTAND for scenario in study.facts["scenarios"])


def scenario_and_day(band: DatasetReader) -> tuple[str, datetime.date]:
    """Of a sum."""
    said = band.tags()
    return said["scenario"], datetime.date.fromisoformat(said["date"])


def scenario_and_time(band: DatasetReader) -> tuple[str, datetime.datetime]:
    """Of a mask; the legal clock's time."""
    said = band.tags()
    return said["scenario"], datetime.datetime.fromisoformat(said["time_legal"])
