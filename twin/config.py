"""A job as data: every option of `heliotwin solar`, checked once, readable from TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from twin.errors import ConfigError, TwinError

DEFAULT_WEATHER = "try2015-region12"
Options = TypeVar("Options", bound=BaseModel)
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


# Options of `heliotwin solar` that name files or folders.
PATHS = (
    "cities",
    "terrain",
    "far_terrain",
    "sky_matrix",
    "trees",
    "leaves",
    "out",
    "receivers",
    "pv",
    "surface_albedo",
)


class SolarJob(BaseModel):
    """Options of `heliotwin solar`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cities: list[Path] = Field(min_length=1, description="CityGML or CityJSON files or folders")
    out: Path = Field(description="output folder")
    weather: str = Field(DEFAULT_WEATHER, description="weather file, or the name of a bundled year")
    weather_shift_min: float = Field(0.0, ge=-1440, le=1440, description="minutes to move the weather file's labels by")
    weather_place: tuple[Latitude, Longitude] | None = Field(
        None, description="latitude and longitude of the weather, where its file names none"
    )
    spacing_m: float = Field(1.0, gt=0.05, le=100, description="largest distance of receivers on surfaces")
    ground_spacing_m: float = Field(2.0, gt=0.05, le=100, description="distance of receivers on open land")
    ground_margin_m: float = Field(50.0, ge=0, le=5000, description="open land reaches this far from buildings")
    ground_level_m: float | None = Field(None, description="one flat ground at this height instead of base heights")
    sky: Literal[145, 577, 2305] = Field(577, description="sky patches")
    sky_model: Literal["perez1990", "perez1993", "haydavies", "isotropic", "matrix"] = Field(
        "perez1990", description="sky radiance model; matrix: sky_matrix"
    )
    sky_matrix: Path | None = Field(
        None, description="own sky: radiance of patch x interval [W/m2/sr], .npy, .csv or Radiance's .mtx"
    )
    albedo: float = Field(0.2, ge=0, le=1, description="ground albedo")
    reflections: Literal["traced", "far"] = Field(
        "traced", description="light off walls, roofs and ground: as each receiver sees it, or off far flat ground"
    )
    bounces: int = Field(1, ge=1, le=8, description="how often light is followed from one reflector to the next")
    surface_albedo: Path | None = Field(
        None, description="CSV of albedos by name: a surface's or object's gml:id, or a kind like WallSurface"
    )
    halo_m: float = Field(2000.0, ge=0, le=50000, description="buildings shade up to this distance")
    terrain: list[Path] = Field([], description="terrain: GeoTIFF, ASC, XYZ, LandXML or CityGML TIN; files or folders")
    far_terrain: list[Path] = Field([], description="coarse terrain out to 40 km for the far horizon; files or folders")
    terrain_error_m: float = Field(0.15, ge=0.01, le=10, description="largest height error of the terrain's triangles")
    trees: list[Path] = Field([], description="laser scans that trees are found in: LAS or LAZ; files or folders")
    trees_crs: str | None = Field(None, description="CRS of laser scans that name none, e.g. EPSG:25832+7837")
    no_trees: bool = Field(False, description="leave out the trees of the city model too")
    leaves: Path | None = Field(None, description="TOML of leaf dates and extinctions by genus over the package's")
    receivers: Path | None = Field(None, description="the user's own sensor points, CSV or GeoPackage")
    crs: str | None = Field(None, description="CRS of the result, and of files that name none, e.g. EPSG:25832")
    attribution: str | None = Field(None, description="source and licence of the city model, printed in every output")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="what traces: the CPU, an NVIDIA GPU, or auto")
    hourly: bool = Field(False, description="also write hourly series of every surface (hourly.zarr)")
    pv: Path | None = Field(None, description="photovoltaics: TOML over `heliotwin config --pv`")
    no_pv: bool = Field(False, description="irradiance only, no photovoltaics")
    correct: str | None = Field(None, description="correction beside physics: default or a model file")

    @model_validator(mode="after")
    def _one_ground(self) -> SolarJob:
        if self.terrain and self.ground_level_m is not None:
            raise ValueError("ground_level_m is one flat ground, terrain another: give one of them")
        return self

    @model_validator(mode="after")
    def _trees_or_none(self) -> SolarJob:
        if self.no_trees and self.trees:
            raise ValueError("no_trees leaves nothing for trees: give one of them")
        return self

    @model_validator(mode="after")
    def _one_sky(self) -> SolarJob:
        if (self.sky_model == "matrix") != (self.sky_matrix is not None):
            raise ValueError("a sky of one's own takes both sky_model = matrix and the file, sky_matrix")
        return self

    @model_validator(mode="after")
    def _something_to_follow(self) -> SolarJob:
        if self.bounces > 1 and self.reflections == "far":
            raise ValueError("far flat ground sends light back once: bounces need reflections = traced")
        return self

    @model_validator(mode="after")
    def _something_to_correct(self) -> SolarJob:
        if self.no_pv and (self.pv or self.correct):
            raise ValueError("no_pv leaves nothing that pv or correct could act on: give one of them")
        return self

    def geometry(self) -> dict[str, object]:
        """Options that decide what is traced; a store is taken up again only where they agree."""
        return {
            "spacing_m": self.spacing_m,
            "ground_spacing_m": self.ground_spacing_m,
            "ground_margin_m": self.ground_margin_m,
            "ground_level_m": self.ground_level_m,
            "sky": self.sky,
            "halo_m": self.halo_m,
            "reflections": self.reflections,
            "no_trees": self.no_trees,
            "trees_crs": self.trees_crs,
        }


def read_toml(path: Path, example: str) -> dict[str, object]:
    """Options of a TOML file, unchecked; ``example`` is the command that prints one.

    Raises
    ------
    TwinError
        Where the file is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TwinError(f"{path}: no such file", f"see `{example}`") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TwinError(f"{path}: not TOML ({error})", f"see `{example}`") from error


def located(options: dict[str, object], folder: Path, keys: tuple[str, ...]) -> dict[str, object]:
    """The options with relative paths, or lists of them, counted from a folder.

    Weather and correction count from there only where such a file is: else they are names.
    """
    out = dict(options)
    for key in keys:
        named = options.get(key)
        if isinstance(named, list):
            out[key] = [str(folder / str(path)) for path in named]
        elif isinstance(named, str):
            out[key] = str(folder / named)
    for key in ("weather", "correct"):
        named = options.get(key)
        if isinstance(named, str) and (folder / named).is_file():
            out[key] = str(folder / named)
    return out


def located_tables(
    options: dict[str, object], folder: Path, names: tuple[str, ...], keys: tuple[str, ...] = ("file",)
) -> dict[str, object]:
    """The options with the relative paths in lists of tables, counted from a folder."""
    out = dict(options)
    for name in names:
        tables = options.get(name)
        if isinstance(tables, list):
            out[name] = [located(one, folder, keys) if isinstance(one, dict) else one for one in tables]
    return out


def read_job(path: Path) -> dict[str, object]:
    """Options of a TOML file, unchecked; relative paths count from the file's folder.

    Raises
    ------
    TwinError
        Where the file is missing or no TOML.
    """
    options = read_toml(path, "heliotwin config --example")
    return located(options, path.parent, PATHS)


def validated(kind: type[Options], options: dict[str, object], what: str, verb: str) -> Options:
    """Options as a checked model.

    Raises
    ------
    ConfigError
        Naming every option that is missing, unknown or out of range.
    """
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        parts = [[".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, ")] for e in error.errors()]
        wrong = "; ".join(": ".join(filter(None, part)) for part in parts)
        raise ConfigError(f"{what}: {wrong}", f"see `heliotwin {verb}`") from None


def check_job(options: dict[str, object]) -> SolarJob:
    """A checked job.

    Raises
    ------
    ConfigError
        Naming every option that is missing, unknown or out of range.
    """
    return validated(SolarJob, options, "configuration", "solar --help")


def example() -> str:
    """A commented job as TOML."""
    return commented(SolarJob, "heliotwin solar --config job.toml", {"cities": '["LoD2"]', "out": '"result"'})


def commented(kind: type[BaseModel], command: str, shown: dict[str, str]) -> str:
    """Every option of a model as TOML under its description; ``shown`` are values of those without a default."""
    lines = [
        f"# {command}",
        "# Paths count from this file's folder. Options of the command line win over the file.",
        "",
    ]
    for name, field in kind.model_fields.items():
        lines.append(f"# {field.description}")
        if name in shown:
            lines.append(f"{name} = {shown[name]}")
        elif field.default is None:
            lines.append(f"# {name} =")
        elif isinstance(field.default, bool):
            lines.append(f"{name} = {str(field.default).lower()}")
        elif isinstance(field.default, str):
            lines.append(f'{name} = "{field.default}"')
        else:
            lines.append(f"{name} = {field.default}")
        lines.append("")
    return "\n".join(lines)
