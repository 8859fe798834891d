"""A search for sites as data: every option of `heliotwin sites`, checked once, readable from TOML."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from twin.config import DEFAULT_WEATHER, commented, located, located_tables, read_toml, validated

EXAMPLE = "heliotwin config --example --for sites"


class LayerOptions(BaseModel):
    """A file whose things exclude or support land."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path
    kind: str | None = Field(None, min_length=1, description="kind as in strips.toml, or a name of one's own")
    distance_m: float | None = Field(None, ge=0, le=5000, description="instead of the kind's own distance")


class SitesJob(BaseModel):
    """Options of `heliotwin sites`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cities: list[Path] = Field(min_length=1, description="CityGML or CityJSON files or folders: what shades and stands")
    out: Path = Field(description="output folder")
    terrain: list[Path] = Field(min_length=1, description="terrain: GeoTIFF, ASC, XYZ, LandXML or CityGML TIN")
    areas: Path = Field(description="polygons that are looked at; columns name, use, spaces where they have them")
    exclude: list[LayerOptions] = Field([], description="layers that take land away")
    boost: list[LayerOptions] = Field([], description="layers that speak for land")
    rule: Literal["none", "pvstellpv"] = Field("none", description="duty for car parks: pvstellpv (Hessen) or none")
    strips: Path | None = Field(None, description="own table of legal strips (TOML)")
    pv: Path | None = Field(None, description="own photovoltaic assumptions over the package's (TOML)")
    weather: str = Field(DEFAULT_WEATHER, description="weather file, or the name of a bundled year")
    albedo: float = Field(0.2, ge=0, le=1, description="ground albedo")
    halo_m: float = Field(2000.0, ge=0, le=50_000, description="buildings and terrain shade up to this distance")
    terrain_error_m: float = Field(0.15, ge=0.01, le=10, description="largest height error of the terrain's triangles")
    crs: str | None = Field(None, description="CRS of the result, and of city files that name none, e.g. EPSG:25832")
    attribution: str | None = Field(None, description="source and licence of city, terrain and layers, in every output")


def check_sites_job(options: dict[str, object]) -> SitesJob:
    """A checked job.

    Raises
    ------
    ConfigError
        Naming every option that is missing, unknown or out of range.
    """
    return validated(SitesJob, options, "sites", "sites --help")


def read_sites_job(path: Path) -> dict[str, object]:
    """Options of a TOML file, unchecked; relative paths count from the file's folder.

    Raises
    ------
    TwinError
        Where the file is missing or no TOML.
    """
    options = located(read_toml(path, EXAMPLE), path.parent, ("cities", "terrain", "out", "areas", "strips", "pv"))
    return located_tables(options, path.parent, ("exclude", "boost"))


def sites_example() -> str:
    """A commented job as TOML."""
    shown = {
        "cities": '["LoD2"]',
        "out": '"sites"',
        "terrain": '["DGM1"]',
        "areas": '"areas.gpkg"',
        "exclude": '[{kind = "nature_reserve", file = "nsg.gpkg"}]',
        "boost": '[{kind = "motorway", file = "motorway.gpkg"}]',
    }
    return commented(SitesJob, "heliotwin sites --config sites.toml", shown)
