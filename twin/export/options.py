"""What `heliotwin export` may be asked: the formats of a job and of a shadow study, and their few options."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# In the order that help texts and documentation list them.
OF_JOB = (
    "3dtiles",
    "viewer",
    "cog",
    "xyz",
    "pmtiles",
    "gpkg",
    "geoparquet",
    "csv",
    "citygml",
    "cityjson",
)
OF_STUDY = ("czml", "geojson", "cog", "xyz", "pmtiles")
FORMATS = (*OF_JOB, *(name for name in OF_STUDY if name not in OF_JOB))
Profile = Literal["cesium", "vcmap", "masterportal"]
# "receivers": a picture at their spacing; "surface": one colour each; "none": white, for clients whose style colours.
Colour = Literal["receivers", "surface", "none"]
PROFILES = ("cesium", "vcmap", "masterportal")
COLOURS = ("receivers", "surface", "none")
COMPRESSIONS = ("none", "draco")
IMAGES = ("png", "webp")


@dataclass(frozen=True)
class ExportOptions:
    """One export."""

    source: Path
    to: str  # of FORMATS
    out: Path
    profile: Profile = "cesium"
    colour: Colour | None = None  # None: as the profile's client wants it
    compress: Literal["none", "draco"] = "none"  # 3dtiles
    heights: str | None = None  # "EPSG:7837", where the city's files do not say
    geoid: Path | None = None
    image: Literal["png", "webp"] = "png"
    months: bool = False  # xyz: a layer for each month of open land too
    cities: list[Path] = field(default_factory=list)  # the job's own files, for citygml and cityjson
    study: Path | None = None  # viewer: a shadow study of the same place
    suppress: Path | None = None
    title: str = ""
    publisher: Path | None = None
    base_url: str = ""  # where it will lie on the web, as the publisher says
