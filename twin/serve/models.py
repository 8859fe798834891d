"""What the HTTP API takes and gives, as OpenAPI describes it; energies and irradiances as in docs/conventions.md."""

from __future__ import annotations

import datetime
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Months = Annotated[list[float | None], Field(min_length=12, max_length=12)]
Box = Annotated[list[float], Field(min_length=4, max_length=4, description="west, south, east, north [°, WGS 84]")]
Day = Annotated[datetime.date, Field(ge=datetime.date(1900, 1, 1), le=datetime.date(2199, 12, 31))]
Id = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[\w .,()/&+-]+$")]
MOST_CORNERS, MOST_HOLES = 500, 20


PlansState = Literal["off", "warming", "ready", "broken"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class PlanFeature(BaseModel):
    """Whether planned buildings can be dropped in."""

    state: PlansState
    reason: str = Field(description="why it is off or broken, else empty")
    code: str = Field(description="of the reason, as problems have it")
    values: dict[str, str | float]
    queued: int = Field(description="plans that wait")
    formats: list[str] = Field(description="files that an upload may be")


class Words(BaseModel):
    """A text in both languages."""

    de: str
    en: str


class WeatherYears(BaseModel):
    """Years that can be asked for."""

    job: str = Field(description="source of the job's own year")
    names: list[str] = Field(description="values of the parameter `weather`; the first is the job's own")
    words: dict[str, Words] = Field(description="names → what people call the year; unknown ones are left out")


class Info(BaseModel):
    """What is served."""

    title: str
    software: str
    crs: str = Field(description="system of the job's coordinates")
    bbox: Box
    zone: str = Field(description="IANA time zone of dates")
    weather: WeatherYears
    attribution: list[str] = Field(description="licence lines that go with every picture and value")
    model_ids: list[str] = Field(description="models behind value_ml")
    ai_label: str = Field(description="stands wherever value_ml is shown")
    surfaces: int
    buildings: int
    sun_nodes: int
    has_city: bool = Field(description="whether plans can be dropped in")
    plans: PlanFeature
    land_bounds: Box | None = Field(description="rectangle of /api/shadow/land.png; null: there is none")
    limits: dict[str, float]


class Place(BaseModel):
    """Middle of a surface or a building."""

    longitude_deg: float
    latitude_deg: float


class SurfaceAnswer(BaseModel):
    """A row of surfaces.parquet; results are null where its owner objected."""

    row: dict[str, Any]
    place: Place
    attribution: list[str]


class BuildingAnswer(BaseModel):
    """A row of buildings.parquet, and its surfaces."""

    row: dict[str, Any]
    place: Place
    surfaces: list[str]
    attribution: list[str]


class Monthly(BaseModel):
    """Energy by month on a surface's exposed part [kWh/m²]."""

    surface_id: str
    weather: str
    no_value: bool = Field(description="whether there is nothing to tell: all values are null")
    direct: Months
    diffuse: Months
    reflected: Months
    irradiation: Months
    warnings: list[str]


class Hourly(BaseModel):
    """Mean irradiance of hours [W/m²] on a surface's exposed part; hours begin at `time_utc`."""

    surface_id: str
    weather: str
    no_value: bool = Field(description="whether there is nothing to tell: all values are null")
    step_s: float
    sky_view: float | None
    time_utc: list[str]
    direct: list[float]
    diffuse: list[float]
    reflected: list[float]
    irradiation: list[float]
    warnings: list[str]


class SunAnswer(BaseModel):
    """The sun over the job's middle (NREL SPA, unrefracted)."""

    time_utc: str
    azimuth_deg: float = Field(description="clockwise from true north")
    elevation_deg: float


class ShadowAnswer(BaseModel):
    """Share of each surface's exposed area that the sun reaches, from the nearest node of the sun grid."""

    time_utc: str
    azimuth_deg: float
    elevation_deg: float
    approximate: Literal[True] = True
    off_deg: float | None = Field(description="angle between the sun and the node [°]; null: it is down")
    ids: list[str]
    lit: list[float]


class Footprint(BaseModel):
    """A GeoJSON polygon (RFC 7946): longitude and latitude."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    type: Literal["Polygon"]
    coordinates: Annotated[
        list[
            Annotated[
                list[Annotated[list[float], Field(min_length=2, max_length=3)]],
                Field(min_length=4, max_length=MOST_CORNERS),
            ]
        ],
        Field(min_length=1, max_length=1 + MOST_HOLES),
    ]

    @field_validator("coordinates")
    @classmethod
    def _on_earth(cls, rings: list[list[list[float]]]) -> list[list[list[float]]]:
        for ring in rings:
            if any(not (abs(p[0]) <= 180.0 and abs(p[1]) <= 90.0) for p in ring):
                raise ValueError("longitude and latitude in degrees, in this order")
            if ring[0][:2] != ring[-1][:2]:
                raise ValueError("a ring ends where it begins")
        if sum(len(ring) for ring in rings) > MOST_CORNERS:
            raise ValueError(f"more than {MOST_CORNERS} corners")
        return rings


class PlanAsked(BaseModel):
    """A planned building as a footprint with a height."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    footprint: Footprint
    height_m: float = Field(
        ge=0.5, le=400, description="top above the lowest ground under its corners, or above base_m"
    )
    date: Day = Field(description="day whose sun hours are compared, on the legal calendar")
    roof: Literal["flat"] = "flat"
    base_m: float | None = Field(
        None, ge=-500, le=9000, description="level that height_m counts from [m above sea]; default: the ground"
    )
    name: Name = "Planung"
    remove: list[Id] = Field([], max_length=20, description="buildings that go, by gml:id")


class UploadFields(BaseModel):
    """What is said of an uploaded file, as fields beside it; see docs/plans.md for what each format needs."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    date: Day
    name: Name | None = None
    crs: str | None = Field(None, max_length=60, pattern=r"^[A-Za-z0-9:+_*.-]+$")
    unit: Literal["m", "dm", "cm", "mm", "ft", "in"] | None = None
    heights: Literal["ground", "sea"] | None = None
    height_m: float | None = Field(None, gt=0, le=400)
    height_field: str | None = Field(None, max_length=80)
    origin: tuple[float, float] | tuple[float, float, float] | None = Field(
        None, description="easting,northing[,height] of the file's zero in the city's CRS"
    )
    up: Literal["z", "y"] | None = None
    rotation_deg: float = Field(0.0, ge=-360, le=360)
    remove: list[Id] = Field([], max_length=20)

    @field_validator("origin", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            numbers = [float(part) for part in value.split(",")[:4]]
        except ValueError:  # its words hold what was sent
            numbers = [math.nan]
        if not all(map(math.isfinite, numbers)):
            raise ValueError("give easting,northing or easting,northing,height")
        return numbers

    @field_validator("remove", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [part for part in value.split(",") if part] if isinstance(value, str) else value


class Progress(BaseModel):
    """How far a plan is."""

    stage: str
    done: int
    of: int


class BuildingChange(BaseModel):
    """What a plan takes from a building: hours of its façades on the date, energy of all its surfaces in a year."""

    building_id: str
    facade_hours_before: float | None
    facade_hours: float | None
    delta_min: float | None
    worst_delta_min: float | None
    irradiation_kwh_before: float | None
    irradiation_kwh: float | None
    delta_kwh: float | None
    delta_pct: float | None


class SurfaceChange(BaseModel):
    """What a plan takes from a surface: hours on the date as area mean, energy in a year."""

    surface_id: str
    building_id: str
    kind: str
    hours_before: float | None
    hours: float | None
    delta_min: float | None
    irradiation_kwh_before: float | None
    irradiation_kwh: float | None
    delta_kwh: float | None
    delta_pct: float | None


class LegendEntry(BaseModel):
    """A class of change of sun on open land [min] that the picture shows; null: open."""

    from_min: float | None
    to_min: float | None
    colour: str
    label: Words


class LandChange(BaseModel):
    """Open land: minutes of sun on the date, gained (+) or lost (−)."""

    png: str | None = Field(description="path of the picture, relative to the server; null: nothing changes")
    bounds: Box | None
    legend: list[LegendEntry]
    changed_m2: float
    worst_delta_min: float


class PlanNote(BaseModel):
    """A warning that a page can word itself: `stands_in`, `hovers`, `in_the_ground`, `casts_only` … or `other`."""

    code: str
    values: dict[str, str | float]
    text: dict[str, str] = Field(description="the same in words: de, en")


class PlanResult(BaseModel):
    """What a plan changes. Hours are exact for the date; energies are of the weather's year."""

    name: str
    date: Day
    weather: str
    shape: dict[str, Any] = Field(description="GeoJSON: a footprint for each building, with heights")
    body: dict[str, Any] | None = Field(description="GeoJSON: its faces in space above the ellipsoid; null: too many")
    facts: dict[str, Any] = Field(description="how the plan was read and where it stands")
    warnings: list[str]
    notes: list[PlanNote] = Field(default=[], description="the warnings once more, by code")
    buildings: list[BuildingChange]
    surfaces: list[SurfaceChange]
    left_out: int = Field(description="changed surfaces beyond those listed")
    unchanged: int = Field(description="other buildings: nothing changes for them, or nothing is told of them")
    land: LandChange
    seconds: float


class JobProblem(BaseModel):
    """Why a plan failed."""

    detail: str
    remedy: str
    code: str = Field(description="as problems have it")
    values: dict[str, str | float]


class JobAnswer(BaseModel):
    """A plan that was sent in."""

    id: str
    state: JobState
    ahead: int = Field(description="plans before it")
    progress: Progress | None
    result: PlanResult | None
    error: JobProblem | None = Field(description="why it failed")
