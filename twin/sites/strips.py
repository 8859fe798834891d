"""Legal strips and protected areas as data: what a named layer excludes or supports, how far, and by which law."""

from __future__ import annotations

import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from twin.config import read_toml, validated

EXAMPLE = "twin/data/pv/strips.toml"
# Classes of sites, the strongest support first; "notice" only says that an authority takes part.
SUPPORT_CLASSES = ("privileged", "eeg", "other", "car_park")


class Words(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    de: str
    en: str

    def in_language(self, language: str) -> str:
        """The text in "de" or "en"."""
        return self.de if language == "de" else self.en


class Strip(BaseModel):
    """One strip along, or the area of, the things of a layer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(pattern=r"^[a-z0-9_]+$")
    title: Words
    distance_m: Annotated[float, Field(ge=0, le=5000)]
    half_width_m: Annotated[float, Field(ge=0, le=100)]
    measured_from: Words
    legal_basis: str
    note: Words
    source: str
    as_of: datetime.date
    verified: bool


class Boost(Strip):
    """A strip that speaks for a site."""

    class_: Literal["privileged", "eeg", "notice"] = Field(alias="class")


class Strips(BaseModel):
    """Every strip that is known by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: datetime.date
    exclude: tuple[Strip, ...]
    boost: tuple[Boost, ...]

    def excluding(self, kind: str) -> list[Strip]:
        """What a layer of this kind excludes; none for a kind of the user's own."""
        return [strip for strip in self.exclude if strip.kind == kind]

    def boosting(self, kind: str) -> list[Boost]:
        """What a layer of this kind supports; none for a kind of the user's own."""
        return [strip for strip in self.boost if strip.kind == kind]


def read_strips(path: Path | None = None) -> Strips:
    """The package's strips, or those of a user's table in their stead.

    Raises
    ------
    TwinError
        Where the file is missing or no TOML.
    ConfigError
        Naming every value that is missing or out of range.
    """
    inside = Path(str(files("twin") / "data" / "pv" / "strips.toml"))
    return validated(Strips, read_toml(path or inside, EXAMPLE), str(path or EXAMPLE), "sites --help")
