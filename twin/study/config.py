"""A shadow study as data: every option of `heliotwin shadow`, checked once, readable from TOML."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from twin.config import DEFAULT_WEATHER, SolarJob, commented, located, located_tables, read_toml, validated
from twin.plan.plan import PlanOptions
from twin.study.clock import ZONE

# Options that are paths.
PATHS = ("cities", "terrain", "far_terrain", "trees", "leaves", "surface_albedo", "out", "areas", "report", "pv")
EXAMPLE = "heliotwin config --example --for shadow"
# Where the difference of clock and sun (ΔT) is known or well foreseen.
Day = Annotated[datetime.date, Field(ge=datetime.date(1900, 1, 1), le=datetime.date(2199, 12, 31))]
Step = Literal[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60]


class Removal(BaseModel):
    """An object that no longer stands in a scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, description="gml:id of a building or building part")
    scenario: str = Field("Planung", min_length=1, description="scenario that it is removed in")


class SpotOptions(BaseModel):
    """A chosen point: its sun path is drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1)
    place: tuple[float, float] | tuple[float, float, float] = Field(
        description="easting, northing and, where it is not 1.5 m above the ground, height [m]"
    )


class ShadowJob(BaseModel):
    """Options of `heliotwin shadow`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cities: list[Path] = Field(min_length=1, description="CityGML or CityJSON files or folders")
    out: Path = Field(description="output folder")
    plans: list[PlanOptions] = Field([], description="planned buildings")
    remove: list[Removal] = Field([], description="objects removed in a scenario")
    objects: list[str] = Field([], description="standing objects whose shadow is asked for, by gml:id")
    dates: list[Day] = Field(min_length=1, description="days, on the legal calendar")
    first: datetime.time | None = Field(None, description="first legal clock time of a day")
    last: datetime.time | None = Field(None, description="last legal clock time of a day")
    step_min: Step = Field(10, description="minutes between instants")
    zone: str = Field(ZONE, description="IANA time zone of the legal clock")
    rules: list[str] = Field([], description="daylight rules: names of bundled ones, or TOML files")
    rule_date: Day | None = Field(None, description="the day of rules that leave it free")
    areas: Path | None = Field(None, description="gardens, squares: polygons whose sun hours are asked for")
    points: list[SpotOptions] = Field([], description="points whose sun paths are drawn")
    radius_m: float | None = Field(None, gt=0, le=50_000, description="measure only this far around plans and objects")
    spacing_m: float = Field(1.0, gt=0.05, le=100, description="largest distance of receivers on surfaces")
    pixel_m: float = Field(1.0, gt=0.05, le=100, description="pixels of open land")
    margin_m: float = Field(50.0, ge=0, le=5000, description="open land reaches this far from buildings and plans")
    ground_level_m: float | None = Field(None, description="one flat ground at this height instead of base heights")
    halo_m: float = Field(2000.0, ge=0, le=50_000, description="buildings shade up to this distance")
    terrain: list[Path] = Field([], description="terrain: GeoTIFF, ASC, XYZ, LandXML or CityGML TIN; files or folders")
    terrain_error_m: float = Field(0.15, ge=0.01, le=10, description="largest height error of the terrain's triangles")
    far_terrain: list[Path] = Field([], description="coarse terrain out to 40 km for the far horizon; files or folders")
    trees: list[Path] = Field([], description="laser scans that trees are found in: LAS or LAZ; files or folders")
    trees_crs: str | None = Field(None, description="CRS of laser scans that name none, e.g. EPSG:25832+7837")
    no_trees: bool = Field(False, description="leave out the trees of the city model too")
    leaves: Path | None = Field(None, description="TOML of leaf dates and extinctions by genus over the package's")
    storey_height_m: float = Field(3.0, gt=1, le=20, description="height of a storey")
    window_width_m: float = Field(1.2, gt=0, le=20, description="clear width of the equivalent window")
    window_depth_m: float = Field(0.36, ge=0, le=5, description="depth of its reveal")
    casters: Literal["changed", "all", "none"] = Field(
        "changed",
        description="who shades whom: what a scenario can change, all with every sole cause, or none",
    )
    energy: bool = Field(True, description="also the year's irradiation and photovoltaic yield")
    weather: str = Field(DEFAULT_WEATHER, description="weather file, or the name of a bundled year")
    pv: Path | None = Field(None, description="photovoltaics: TOML over `heliotwin config --pv`")
    albedo: float = Field(0.2, ge=0, le=1, description="ground albedo")
    surface_albedo: Path | None = Field(
        None, description="CSV of albedos by kind or gml:id over the package's own, with columns name and albedo"
    )
    reflections: Literal["traced", "far"] = Field(
        "traced", description="light off walls, roofs and ground around, or off far flat ground alone"
    )
    crs: str | None = Field(None, description="CRS of the result, and of files that name none, e.g. EPSG:25832")
    attribution: str | None = Field(None, description="source and licence of the city model, printed in every output")
    title: str | None = Field(None, description="title of the report")
    occasion: str | None = Field(None, description="why the study is made, printed in the report")
    report: Path | None = Field(None, description="report as PDF")
    pictures: bool = Field(False, description="draw maps and façades too; with a report they always are")
    animation: list[Literal["gif", "mp4"]] = Field([], description="animations of each day")
    sheets: bool = Field(False, description="also plan sheets of every instant, as PNG")
    geojson: bool = Field(False, description="also shadow polygons as GeoJSON, a file an instant")

    @field_validator("dates", "rules", "objects", "animation")
    @classmethod
    def _once(cls, named: list[object]) -> list[object]:
        """What is named twice is asked for once."""
        return list(dict.fromkeys(named))

    @model_validator(mode="after")
    def _possible(self) -> ShadowJob:
        if self.terrain and self.ground_level_m is not None:
            raise ValueError("ground_level_m is one flat ground, terrain another: give one of them")
        if self.no_trees and self.trees:
            raise ValueError("no_trees leaves nothing for trees: give one of them")
        if self.report is not None and self.report.suffix.lower() != ".pdf":
            raise ValueError(f"report: {self.report.name} is no name of a PDF")
        named = [spot.name.casefold() for spot in self.points]
        if len(set(named)) < len(named):
            raise ValueError("points: two have the same name")
        scenarios = {plan.scenario for plan in self.plans} | {removal.scenario for removal in self.remove}
        if len({name.casefold() for name in scenarios}) < len(scenarios):
            raise ValueError("scenarios: two names differ in capitals alone")
        if any(time is not None and time.tzinfo for time in (self.first, self.last)):
            raise ValueError("first and last are legal clock times of the zone: write them as HH:MM")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError(f"the day ends at {self.last:%H:%M}, before it begins at {self.first:%H:%M}")
        return self

    def city_job(self) -> SolarJob:
        """The same city, ground and weather as a solar job would take them."""
        return SolarJob.model_validate(
            {
                "cities": self.cities,
                "out": self.out,
                "weather": self.weather,
                "spacing_m": self.spacing_m,
                "ground_spacing_m": self.pixel_m,
                "ground_margin_m": self.margin_m,
                "ground_level_m": self.ground_level_m,
                "albedo": self.albedo,
                "halo_m": self.halo_m,
                "terrain": self.terrain,
                "terrain_error_m": self.terrain_error_m,
                "crs": self.crs,
                "attribution": self.attribution,
            }
        )


def check_shadow_job(options: dict[str, object]) -> ShadowJob:
    """A checked study.

    Raises
    ------
    ConfigError
        Naming every option that is missing, unknown or out of range.
    """
    return validated(ShadowJob, options, "study", "shadow --help")


def read_shadow_job(path: Path) -> dict[str, object]:
    """Options of a TOML file, unchecked; relative paths count from the file's folder.

    Raises
    ------
    TwinError
        Where the file is missing or no TOML.
    """
    options = located(read_toml(path, EXAMPLE), path.parent, PATHS)
    options = located_tables(options, path.parent, ("plans",))
    rules = options.get("rules")
    if isinstance(rules, list):
        own = [str(rule).lower().endswith(".toml") for rule in rules]
        options["rules"] = [
            str(path.parent / rule) if is_file else rule for rule, is_file in zip(rules, own, strict=True)
        ]
    return options


def shadow_example() -> str:
    """A commented study as TOML."""
    shown = {
        "cities": '["LoD2"]',
        "out": '"study"',
        "dates": '["2026-03-21"]',
        "plans": '[{file = "tower.geojson", height_m = 30.0}]',
    }
    return commented(ShadowJob, "heliotwin shadow --config study.toml", shown)
