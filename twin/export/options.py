"""What `heliotwin export` may be asked: the formats of a job and of a shadow study, and their few options."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from twin.errors import ConfigError

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


class Read(NamedTuple):
    """An option that not every format reads."""

    option: str
    name: str  # of the field of ExportOptions, None or empty where it was not asked
    of_job: tuple[str, ...]
    of_study: tuple[str, ...] = ()


READ = (
    Read("--profile", "profile", ("3dtiles",)),
    Read("--colour", "colour", ("3dtiles",)),
    Read("--compress", "compress", ("3dtiles",)),
    # Shadows have the heights that their study was computed with.
    Read("--heights", "heights", ("3dtiles", "viewer", "citygml", "cityjson")),
    Read("--geoid", "geoid", ("3dtiles", "viewer")),
    Read("--image", "image", ("xyz",), ("xyz",)),
    Read("--months", "months", ("xyz",)),
    Read("--city", "cities", ("citygml", "cityjson")),
    Read("--study", "study", ("viewer",)),
    # A shadow study's clock is its own.
    Read("--tz", "zone", ("viewer",)),
    Read("--suppress", "suppress", OF_JOB),
)


@dataclass(frozen=True)
class ExportOptions:
    """One export."""

    source: Path
    to: str  # of FORMATS
    out: Path
    profile: Profile | None = None  # None: cesium
    colour: Colour | None = None  # None: as the profile's client wants it
    compress: Literal["none", "draco"] | None = None  # None: none
    heights: str | None = None  # "EPSG:7837", where the city's files do not say
    geoid: Path | None = None
    image: Literal["png", "webp"] | None = None  # None: png
    months: bool = False  # xyz: a layer for each month of open land too
    cities: list[Path] = field(default_factory=list)  # the job's own files, for citygml and cityjson
    study: Path | None = None  # viewer: a shadow study of the same place
    zone: str | None = None  # viewer: IANA time zone of its clock; None: Europe/Berlin
    suppress: Path | None = None
    title: str = ""
    publisher: Path | None = None
    base_url: str = ""  # where it will lie on the web, as the publisher says


def check_options(options: ExportOptions, of_study: bool) -> None:
    """Nothing that was asked goes unread.

    Raises
    ------
    ConfigError
        Where the source has no such format, or the format does not read an option; it names those that do.
    """
    known, what = (OF_STUDY, "a shadow study") if of_study else (OF_JOB, "a job of `heliotwin solar`")
    if options.to not in known:
        raise ConfigError(f"--to {options.to}: {options.source} is {what}", f"it is exported to {', '.join(known)}")
    if options.suppress is not None and of_study:
        raise ConfigError("--suppress: a shadow study tells of shadows, which nobody owns", "leave it out")
    for one in READ:
        by = one.of_study if of_study else one.of_job
        if getattr(options, one.name) and options.to not in by:
            told = f"of {what}, --to {' and --to '.join(by)} {'reads' if len(by) == 1 else 'read'} it"
            remedy = told if by else f"leave it out: {what} is exported without it"
            raise ConfigError(f"{one.option}: --to {options.to} does not read it", remedy)
