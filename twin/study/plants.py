"""Photovoltaics before and after: the same plants under each scenario's sky.

Plants are laid out on the Bestand as it stands and keep their modules in every scenario; one whose receiver a plan
covers yields nothing. What a scenario adds has plants of its own. Only plants that see something else are computed
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Sources
from solar.weather import Weather
from twin.cells import Cell
from twin.directions import Directions
from twin.operators import CellData
from twin.pv.config import PvConfig
from twin.pv.plants import Plants, lay_out, take
from twin.pv.yields import Year as PvYear
from twin.pv.yields import year_of, yields_of
from twin.reflection.some import seen_alone
from twin.study.light import Lighted
from twin.study.scenarios import City, optics_of
from twin.study.sight import some_rows
from twin.study.year import Lights, Year, changed_surfaces
from twin.totals import Totals


class Asked(NamedTuple):
    """The weather's year, and what a plant is."""

    directions: Directions
    sent: Sources
    weather: Weather
    config: PvConfig


def plant_kwh(city: City, lights: Lights, years: Sequence[Year], asked: Asked) -> list[NDArray[np.float64]]:
    """Yield (S,) [kWh] of the first year in every scenario, the Bestand first; NaN where a surface has no plant."""
    scene = city.scene
    year = year_of(asked.sent, asked.weather, optics_of(city, asked.directions), scene.site, asked.config)
    bestand = _laid_out(city, 0, years[0], asked.config)
    none = np.full(len(city.model.kind), np.nan)
    before = _computed(none, np.nan, [cell[0] for cell in lights], bestand, year, asked)
    bestand = take(bestand, ~np.isnan(before[bestand.surface]))
    out = [before]
    for state in range(1, len(city.scenarios)):
        touched = changed_surfaces(lights, state, len(none))
        light = [cell[state] for cell in lights]
        after = _computed(before, 0.0, light, take(bestand, touched[bestand.surface]), year, asked)
        added = _laid_out(city, state, years[state], asked.config)
        out.append(_computed(after, np.nan, light, added, year, asked))
    return out


def _laid_out(city: City, state: int, year: Year, config: PvConfig) -> Plants:
    """Plants of the Bestand, or of what a scenario adds, among the roofs that stand in that state."""
    owner = city.model.object
    present = city.scenarios[state].present[owner]
    own = present & ((owner < city.bestand_objects) == (state == 0))
    scene = replace(city.scene, receives=city.scene.receives & present)
    area, energy = year.totals.exposed_area_m2, _energy_kwh(year.totals)
    sun = np.divide(energy, area, out=np.zeros(len(area)), where=area > 0)
    return lay_out(city.model, scene, sun, np.where(own, area, 0.0), config)


def _computed(
    known: NDArray[np.float64],
    unbuilt: float,
    light: Sequence[Lighted],
    plants: Plants,
    year: PvYear,
    asked: Asked,
) -> NDArray[np.float64]:
    """Yields (S,) with those of some plants computed from what a scenario's receivers see.

    ``unbuilt`` stands where every module of a plant is covered.
    """
    out = known.copy()
    if not len(plants.surface):
        return out
    wanted = np.zeros(len(known), bool)
    wanted[plants.surface] = True
    receivers = np.zeros(len(known), np.int64)
    for cell in light:
        np.add.at(receivers, cell.data.receivers.surface, 1)
    yields = yields_of(_wanted(light, wanted), plants, receivers, year, asked.config)
    out[plants.surface] = np.where(yields.kwp > 0, yields.month_kwh.sum(axis=1), unbuilt)
    return out


def _wanted(light: Sequence[Lighted], wanted: NDArray[np.bool_]) -> Iterator[tuple[Cell, CellData]]:
    """Cells that have receivers on some surfaces (S,), with these and what they see alone."""
    for cell in light:
        row = np.flatnonzero(wanted[cell.data.receivers.surface])
        if len(row):
            yield cell.cell, seen_alone(some_rows(cell.data, row))


def _energy_kwh(totals: Totals) -> NDArray[np.float64]:
    return np.asarray((totals.direct + totals.diffuse + totals.reflected).sum(axis=1))
