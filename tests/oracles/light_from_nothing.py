"""Second way to a scenario's light: every ray traced through what stands in it, nothing taken over from the Bestand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import sources
from solar.weather import month_index
from twin import irradiation
from twin.directions import directions_of
from twin.optics import seasonal
from twin.study.light import Around, Lighted, from_nothing
from twin.study.mirrors import Mirror, bestand_data, mirrors_of
from twin.study.opened import Opened
from twin.study.outcome import Lit
from twin.study.places import rows_of
from twin.study.scenarios import optics_of
from twin.study.sight import Looked, Sight, parts_of, sight_of
from twin.study.views import Views
from twin.study.year import Year, sent_of, years_of
from twin.weather_choice import choose_weather


def _looked(view: Views, rows: NDArray[np.bool_], sight: Sight, state: int) -> Looked:
    lits = [view.full(part, state) for part in parts_of(sight.directions)]
    return Looked(*(Lit(np.where(rows[:, None], lit.bits, np.uint64(0)), lit.there & rows) for lit in lits))


def lights_from_nothing(full: Opened, sight: Sight, state: int) -> list[Lighted]:
    """A scenario's light, cell by cell."""
    places, views = full.layout.places, full.views
    mirrors = {}
    if sight.traced:
        mirrors = mirrors_of(full.city, full.casters, full.owner, {view.cell: view for view in views}, sight)
    seen = {}
    for cell, one in mirrors.items():
        everything = np.ones(len(one.place.samples.surface), bool)
        looked = tuple(_looked(one.view, everything, sight, s) for s in range(len(full.city.scenarios)))
        seen[cell] = Mirror(one.place, one.view, looked)
    data = bestand_data(seen, sight, state)
    return [
        from_nothing(
            Around(full.city, sight, place, view), _looked(view, rows_of(place.samples)[1], sight, state), data, state
        )
        for place, view in zip(places, views, strict=True)
    ]


def years_from_nothing(full: Opened) -> list[Year]:
    """The year of every scenario by itself."""
    site, weather = full.city.scene.site, choose_weather(full.city.job.weather)
    sight = sight_of(full.city, directions_of(site, 577))
    grove = full.city.landscape.grove
    sent = seasonal(sources(site, sight.directions.grid, weather), weather, None if grove is None else grove.seasons)
    bins = irradiation.bins_of(sent, month_index(weather), optics_of(full.city, sight.directions))
    out = []
    for state in range(len(full.city.scenarios)):
        lights: Sequence[Sequence[Lighted]] = [[one] for one in lights_from_nothing(full, sight, state)]
        out += years_of(lights, bins, len(full.city.model.kind), sent_of(lights, bins))
    return out
