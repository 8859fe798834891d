"""PV of a job: plants laid out, their year computed, tables and report completed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from solar.irradiance import Sources
from solar.weather import Weather
from twin import irradiation
from twin.config import SolarJob
from twin.optics import Optics
from twin.progress import OnProgress
from twin.pv.cadastre import building_columns, surface_columns
from twin.pv.columns import Applied, plant_columns
from twin.pv.config import PvConfig, read_pv
from twin.pv.corrected import applied_of, corrector, model_of
from twin.pv.plants import Plants, lay_out
from twin.pv.summary import summary
from twin.pv.yields import Year, Yields, year_of, yields_of
from twin.store import Store, sha256_of
from twin.totals import Totals

if TYPE_CHECKING:
    import geopandas

    from io_citygml.model import CityModel
    from solar.correction_model import Model
    from twin.scene import Scene


@dataclass(frozen=True)
class Assumed:
    """What a job assumes of PV, read and checked before anything is traced."""

    config: PvConfig
    own: Path | None  # the user's file over the package's
    model: Model | None


@dataclass(frozen=True)
class PvYear:
    """Plants of a job and their year."""

    assumed: Assumed
    plants: Plants
    yields: Yields
    year: Year

    @property
    def applied(self) -> Applied | None:
        """The correction that stands beside physics."""
        return applied_of(self.assumed.model)


def assumed_of(job: SolarJob) -> Assumed | None:
    """What a job assumes of PV; None where it wants none.

    Raises
    ------
    TwinError, ConfigError
        Where the configuration or the model cannot be used.
    """
    if job.no_pv:
        return None
    return Assumed(read_pv(job.pv), job.pv, model_of(job.correct))


def pv_year(
    assumed: Assumed,
    model: CityModel,
    scene: Scene,
    totals: Totals,
    traced: tuple[Store, Optics, Sources, Weather],
    on_progress: OnProgress,
) -> PvYear:
    """Lay out every plant of a city and compute its year from the store."""
    store, optics, sent, weather = traced
    count, config = len(model.kind), assumed.config
    area = totals.exposed_area_m2[:count]
    energy = (totals.direct + totals.diffuse + totals.reflected)[:count].sum(axis=1)
    sun = np.divide(energy, area, out=np.zeros(count), where=area > 0)
    on_progress("modules", 0, 1)
    plants = lay_out(model, scene, sun, area, config)
    year = year_of(sent, weather, optics, scene.site, config)
    yields = yields_of(
        irradiation.cells_of(store),
        plants,
        totals.receivers[:count],
        year,
        config,
        corrector(assumed.model, year, scene.site),
        on_progress,
    )
    return PvYear(assumed, plants, yields, year)


def with_pv(
    surfaces: geopandas.GeoDataFrame, buildings: geopandas.GeoDataFrame, found: PvYear
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame, dict[str, Any]]:
    """Tables of surfaces and buildings with PV and cadastre columns, and what the report says."""
    config = found.assumed.config
    surfaces = surface_columns(plant_columns(surfaces, found.plants, found.yields, config, found.applied), config)
    buildings = building_columns(surfaces, buildings, config)
    own = found.assumed.own
    origin = {"name": own.name, "sha256": sha256_of(own)} if own else None
    return surfaces, buildings, summary(surfaces, config, origin, found.assumed.model, found.year.light.assumed)
