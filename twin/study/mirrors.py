"""What sends light back in a study: receivers of their own on every surface and on the ground around.

A study measures where its user asks, within a radius and on pixels as fine as a garden; what a wall opposite or the
ground sends back needs neither, but reaches farther. So these stand apart from what is measured, no closer than
``CLOSEST_M``, on everything within ``REACH_M`` of it. A plan adds those on its own surfaces. Where a study is no finer
than that and has no radius they are a solar job's receivers, one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cells import Cell, origin_of
from twin.open_land import OpenLand
from twin.operators import Casters, CellData, Receivers
from twin.receivers import concatenate, empty_samples, is_land
from twin.reflection.met import REACH_M
from twin.study.places import Place, layout_of, planned_samples, rows_of
from twin.study.scenarios import City
from twin.study.sight import Looked, Sight, crowned, crowned_again, looked_at, rows_that_differ, uncrowned
from twin.study.spots import no_spots
from twin.study.views import Known, Views, views_of

# Reflectors are pieces of some metres; closer receivers on them would change nothing.
CLOSEST_M = 2.0


class Mirror(NamedTuple):
    """One cell's receivers that send light back, and what they see in every scenario, the Bestand first."""

    place: Place
    view: Views
    looked: tuple[Looked, ...]


class Moved(NamedTuple):
    """Where a scenario's receivers that send light back see, or are, something else than in the Bestand."""

    surface: NDArray[np.int32]  # (N,) surfaces of some
    land: NDArray[np.float64]  # (M, 2) [m in the CRS] places of those on the ground


def mirror_city(city: City) -> City:
    """The same city as mirrors are laid out in."""
    job, land = city.job, city.land
    pixel_m = max(job.pixel_m, CLOSEST_M)
    coarser = {
        "spacing_m": max(job.spacing_m, CLOSEST_M),
        "pixel_m": pixel_m,
        "radius_m": None if job.radius_m is None else job.radius_m + REACH_M,
    }
    # The ground around a plan outside of the city is far ground to it, so that no plan changes what the Bestand sees.
    ground = OpenLand(land.feet, pixel_m, land.margin_m, land.level_m, land.ground)
    return replace(city, job=job.model_copy(update=coarser), land=ground)


def mirrors_of(
    city: City, casters: Casters, owner: NDArray[np.int32], measured: Mapping[Cell, Views], sight: Sight
) -> dict[Cell, Mirror]:
    """Mirrors of a study. ``owner`` (T,) is the object of each caster; ``measured`` has trees that serve here too."""
    coarse, out = mirror_city(city), {}
    for place in layout_of(coarse, no_spots()).places:
        beside = measured.get(place.cell)
        view = views_of(coarse, casters, owner, place.cell, place.origin, place.samples, beside=beside)
        out[place.cell] = Mirror(place, view, looks(view, place, sight, None))
    return out


def mirrors_with(
    city: City,
    casters: Casters,
    owner: NDArray[np.int32],
    measured: Mapping[Cell, Views],
    sight: Sight,
    known: Mapping[Cell, Mirror],
) -> dict[Cell, Mirror]:
    """Those of a city with plans, of which the Bestand's are ``known``: only what plans bring is laid out and looked
    from."""
    coarse, out = mirror_city(city), {}
    for cell in sorted({*known, *measured}):
        planned, before = planned_samples(coarse, cell), known.get(cell)
        old = empty_samples() if before is None else before.place.samples
        if not len(old.surface) and not len(planned.surface):
            continue
        origin = origin_of(cell, planned) if before is None else before.place.origin
        place = Place(cell, origin, concatenate([old, planned]))
        row = np.concatenate([np.arange(len(old.surface)), np.full(len(planned.surface), -1)])
        taken = None if before is None else Known(before.view, row)
        view = views_of(coarse, casters, owner, cell, origin, place.samples, known=taken, beside=measured.get(cell))
        out[cell] = Mirror(place, view, looks(view, place, sight, None if before is None else before.looked[0]))
    return out


def looks(view: Views, place: Place, sight: Sight, known: Looked | None) -> tuple[Looked, ...]:
    """What a cell's mirrors see in every scenario; ``known`` of the first of them in the Bestand."""
    land, surfaces, _ = rows_of(place.samples)
    return looked_at(view, land | surfaces, sight, known)


def bestand_data(mirrors: Mapping[Cell, Mirror], sight: Sight, state: int = 0) -> dict[Cell, CellData]:
    """Mirrors in the Bestand, or in any scenario, as a solar job would hold them; nothing is taken over."""
    return {cell: crowned(sight, _uncrowned(one, sight, state), one.view) for cell, one in mirrors.items()}


def data_after(
    mirrors: Mapping[Cell, Mirror], sight: Sight, bestand: Mapping[Cell, CellData], state: int
) -> dict[Cell, CellData]:
    """The same in a scenario from the Bestand's."""
    out = {}
    for cell, one in mirrors.items():
        again = rows_that_differ(one.looked[0], one.looked[state])
        out[cell] = crowned_again(sight, _uncrowned(one, sight, state), bestand[cell], again, one.view)
    return out


def _uncrowned(mirror: Mirror, sight: Sight, state: int) -> CellData:
    samples, looked = mirror.place.samples, mirror.looked[state]
    area_m2, covered = samples.area_m2.astype(np.float32), ~looked.sun.there
    receivers = Receivers(mirror.view.point, mirror.view.normal, area_m2, samples.surface, covered)
    return uncrowned(sight, receivers, looked, np.arange(len(covered)), mirror.view)


def moved(mirrors: Mapping[Cell, Mirror], state: int) -> Moved:
    """What a scenario changes for mirrors."""
    surface: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
    land: list[NDArray[np.float64]] = [np.zeros((0, 2))]
    for mirror in mirrors.values():
        samples = mirror.place.samples
        differs = rows_that_differ(mirror.looked[0], mirror.looked[state])
        on_land = is_land(samples.surface)
        surface.append(np.unique(samples.surface[differs & ~on_land]))
        land.append(samples.point[differs & on_land, :2])
    return Moved(np.unique(np.concatenate(surface)), np.concatenate(land))
