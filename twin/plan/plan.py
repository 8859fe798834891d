"""What a planned building is once it has been read: a city model in the city's coordinates, and how it got there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from io_citygml.crs import Crs
from io_citygml.model import CityModel
from twin.plan.notes import Note

Unit = Literal["m", "dm", "cm", "mm", "ft", "in"]
METRES: dict[str, float] = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "in": 0.0254}


class PlanOptions(BaseModel):
    """What a user says of one plan; whatever neither the file nor this says is asked for, never guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    file: Path = Field(description="the plan's file")
    scenario: str = Field("Planung", min_length=1, description="scenario that the plan belongs to")
    name: str | None = Field(None, description="name of the plan in tables and pictures; default: the file's")
    crs: str | None = Field(None, description="CRS of its coordinates, where the file names none")
    unit: Unit | None = Field(None, description="unit of its lengths, where the file names none")
    heights: Literal["ground", "sea"] | None = Field(
        None, description="what its heights count from: the ground at its place, or sea level as the city's do"
    )
    height_m: float | None = Field(None, gt=0, le=1000, description="height above ground of footprints without one [m]")
    height_field: str | None = Field(None, description="column that holds the height of a footprint [m]")
    origin: tuple[float, float] | tuple[float, float, float] | None = Field(
        None,
        description="where the file's own zero lies, in the city's CRS: easting, northing and, if known, height [m]",
    )
    up: Literal["z", "y"] | None = Field(None, description="axis of a mesh that points up")
    rotation_deg: float = Field(0.0, ge=-360, le=360, description="turn about the origin, clockwise seen from above")


class Surroundings(NamedTuple):
    """What a plan is placed into."""

    crs: Crs
    low: NDArray[np.float64]  # (2,) [m] south-west corner of the city's buildings
    high: NDArray[np.float64]  # (2,) [m]
    ground_m: Callable[[NDArray[np.float64]], NDArray[np.float64]]  # places (N, 2) → height of the ground (N,) [m]


@dataclass(frozen=True)
class Plan:
    """A planned building, or several, ready to stand in a scenario."""

    name: str
    scenario: str
    file: Path
    model: CityModel  # in the city's CRS and heights; ids unique within
    receives: bool  # whether its own surfaces are measured: only where they are known to be outside
    facts: dict[str, Any]  # how CRS, unit, heights and place were decided; ground_m, base_m, top_m, footprint_m2 …
    notes: tuple[Note, ...] = ()  # what its reader remarks; their words are among the facts
