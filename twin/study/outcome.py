"""What a study holds in memory once it is computed; tables, maps, pictures and the report are made from it alone."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel
from shadow.instants import Instants
from solar.site import Site
from twin.plan.plan import Plan
from twin.scene import Scene

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

BESTAND = "Bestand"
# Values of a shadow mask: what casts shadow on a pixel at an instant.
NOT_SHADED, IN_BESTAND, IN_PLANUNG, IN_BOTH, NO_LAND = 0, 1, 2, 3, 255


class Scenario(NamedTuple):
    """One state of the city: which of the joined model's objects stand."""

    name: str  # "Bestand" first, then as asked for: "Planung", "Nullfall" …
    present: NDArray[np.bool_]  # (O,) objects of the joined model that stand
    plans: tuple[Plan, ...]
    removed: tuple[str, ...]  # gml:ids


class Grid(NamedTuple):
    """The raster of open land; pixels lie on multiples of their size in the CRS, north row first."""

    west: float  # [m] outer edge
    north: float  # [m] outer edge
    cell_m: float
    rows: int
    columns: int
    pixel: NDArray[np.int64]  # (G,) row · columns + column of each measured pixel, in the order of every (G, …) array


class Receivers(NamedTuple):
    """Receivers on surfaces, each standing for a piece of one."""

    point: NDArray[np.float64]  # (F, 3) [m] in the CRS
    normal: NDArray[np.float64]  # (F, 3)
    area_m2: NDArray[np.float64]  # (F,)
    surface: NDArray[np.int32]  # (F,) index into the joined model's surfaces


class Lit(NamedTuple):
    """Which receivers the sun reaches at which instants, in one scenario."""

    bits: NDArray[np.uint64]  # (P, ⌈N/64⌉) see raytrace.bits; 0 where not there
    there: NDArray[np.bool_]  # (P,) open to the air in this scenario: not covered, not built over, not removed


@dataclass(frozen=True)
class Day:
    """One day, exactly: the sun at every instant, by scenario name."""

    date: datetime.date
    instants: Instants
    ground: dict[str, Lit]  # G pixels
    surface: dict[str, Lit]  # F receivers


@dataclass(frozen=True)
class Study:
    """The geometry of a study: one joined model of everything that stands in any scenario."""

    model: CityModel
    scene: Scene  # of the joined model; its site is that of the Bestand alone
    scenarios: tuple[Scenario, ...]  # Bestand first
    grid: Grid
    receivers: Receivers
    zone: ZoneInfo


# Classes of a direction of the sky.
FREE, HIDDEN, ADDED, FREED = 0, 1, 2, 3


class Fisheye(NamedTuple):
    """What a chosen point sees of the sky."""

    name: str
    site: Site  # where the sun is seen from
    azimuth_deg: NDArray[np.float64]  # (A,) rising, true north, clockwise, evenly spaced around the whole circle
    elevation_deg: NDArray[np.float64]  # (E,) rising, evenly spaced, 0 … 90
    kind: NDArray[np.uint8]  # (E, A) FREE, HIDDEN in the Bestand and after, ADDED by the plan, FREED by it


@dataclass(frozen=True)
class Outcome:
    """Everything a study found."""

    study: Study
    days: tuple[Day, ...]
    tables: dict[str, pd.DataFrame | geopandas.GeoDataFrame]  # docs/shadow.md lists them with their columns
    skies: tuple[Fisheye, ...]  # of the chosen points
    facts: dict[str, Any]  # JSON: inputs with hashes, dates, method, assumptions, versions, attribution
