"""All light on the surfaces of a study, in every scenario: what they see of sun, sky, trees, hills and reflectors.

Two passes, as in a solar job (twin.reflection): what each receiver sees light come back from, and what that sees of sun
and sky itself, by mirrors.py. A scenario takes over the Bestand's, but for receivers that see what it adds or takes
away, and for reflectors whose mirrors see something else.

Oracle: every scenario from nothing (`from_nothing`); tests/twin/test_twin_study_light.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.sphere import spiral
from twin import cells
from twin.cells import Cell
from twin.operators import CellData, Receivers, Reflectors, Stand
from twin.reflection.gather import reflectors_of
from twin.reflection.keys import ground_middles, is_ground, is_surface, speaking_surface, surface_of
from twin.reflection.speakers import NEAREST_M
from twin.reflection.trace import (
    ASKED_M,
    DIRECTIONS,
    Seen,
    kept,
    reflectors_seen,
    shone_on,
    sky_views,
    with_far_ground,
)
from twin.sparse import stacked
from twin.study.mirrors import Moved
from twin.study.places import Place, rows_of
from twin.study.scenarios import City
from twin.study.sight import Looked, Sight, crowned, crowned_again, rows_that_differ, uncrowned
from twin.study.views import Views

# Ground that has no mirror of its own takes the nearest one's, and the largest piece of it reaches 15 m.
GROUND_REACH_M = NEAREST_M + 15.0


class Lighted(NamedTuple):
    """Receivers on surfaces of one cell in one scenario, with all that they see."""

    cell: Cell
    data: CellData
    differs: NDArray[np.bool_]  # (N,) receivers whose light is not the Bestand's
    fresh: NDArray[np.bool_]  # (R,) reflectors that are not the Bestand's


class Around(NamedTuple):
    """One cell of a study and what its light depends on."""

    city: City
    sight: Sight
    place: Place
    view: Views

    def data(self, looked: Looked) -> CellData:
        """The receivers on surfaces and what they see of sun and sky; crowns and reflectors not yet."""
        row = np.flatnonzero(rows_of(self.place.samples)[1])
        samples = self.place.samples
        receivers = Receivers(
            self.view.point[row],
            self.view.normal[row],
            samples.area_m2[row].astype(np.float32),
            samples.surface[row],
            ~looked.sun.there[row],
        )
        return uncrowned(self.sight, receivers, looked, row, self.view)

    def back(self, data: CellData, row: NDArray[np.intp], state: int) -> Seen:
        """What some rows (N,) see light come back from in a scenario."""
        grown, receivers, ground_m = self.view.change[state].grown, data.receivers, None
        standing = Stand(receivers, self.view.origin, grown.tree, grown.surface)
        point, normal = receivers.point[row], receivers.normal[row]
        if self.city.scene.terrain is None:
            place = point[:, :2].astype(np.float64) + self.view.origin[:2]
            ground_m = self.city.land.level(place) - self.view.origin[2]
        sky_view = sky_views(data, row, self.sight.directions.sky)
        return reflectors_seen(standing, point, normal, receivers.surface[row], sky_view, ground_m)


def from_nothing(around: Around, looked: Looked, mirrors: Mapping[Cell, CellData], state: int) -> Lighted:
    """Light in a scenario; nothing of another is taken over."""
    data = crowned(around.sight, around.data(looked), around.view)
    if around.sight.traced:
        there = np.flatnonzero(shone_on(data))
        data = kept(data, there, around.back(data, there, state))
        window = mirrors_around(mirrors, around.place.cell)
        data = data._replace(reflectors=reflectors_of(data.reflectors.key, window, around.sight.optics))
    else:
        data = with_far_ground(data)
    nothing, none = np.zeros(len(data.receivers.surface), bool), np.zeros(len(data.reflectors.key), bool)
    return Lighted(around.place.cell, data, nothing, none)


def mirrors_around(mirrors: Mapping[Cell, CellData], cell: Cell) -> list[CellData]:
    """Mirrors of a cell and of those around it."""
    return [mirrors[near] for near in cells.window(cell) if near in mirrors]


def lengthened(around: Around, bestand: Lighted, looked: Looked) -> Lighted:
    """The Bestand's light with what receivers see that do not stand in it, behind those that do: nothing."""
    old, bare = bestand.data, around.data(looked)
    more = len(bare.receivers.surface) - len(old.receivers.surface)
    if not more:
        return bestand
    operators = bare.operators._replace(
        crown_indptr=np.append(old.operators.crown_indptr, [old.operators.crown_indptr[-1]] * more),
        crown_index=old.operators.crown_index,
        crown_length_m=old.operators.crown_length_m,
        reflect_indptr=np.append(old.operators.reflect_indptr, [old.operators.reflect_indptr[-1]] * more),
        reflect_index=old.operators.reflect_index,
        reflect_weight=old.operators.reflect_weight,
    )
    data = bare._replace(operators=operators, reflectors=old.reflectors)
    return bestand._replace(data=data, differs=np.zeros(len(bare.receivers.surface), bool))


def light_after(
    around: Around,
    bestand: Lighted,
    looked: tuple[Looked, ...],
    mirrors: Mapping[Cell, CellData],
    moved: Moved,
    state: int,
) -> Lighted:
    """Light in a scenario from the Bestand's.

    Parameters
    ----------
    looked
        What the cell's rows see of sun and sky in every scenario.
    mirrors, moved
        Mirrors in the scenario, and which of them are not as in the Bestand.
    """
    on_surface = rows_of(around.place.samples)[1]
    own = rows_that_differ(looked[0], looked[state])[on_surface]
    data = crowned_again(around.sight, around.data(looked[state]), bestand.data, own, around.view)
    if not around.sight.traced:
        data = with_far_ground(data)
        return Lighted(bestand.cell, data, own, np.zeros(len(data.reflectors.key), bool))
    there = shone_on(data)
    met = around.view.touched(state, spiral(DIRECTIONS), on_surface)
    sees = own | (met | around.view.beside(state, ASKED_M, on_surface))[on_surface]
    again = np.flatnonzero(sees & there)
    data = _seeing(data, bestand.data, there, again, around.back(data, again, state))
    reflectors, fresh = _lit_after(around, data.reflectors.key, bestand.data.reflectors, mirrors, moved)
    data = data._replace(reflectors=reflectors)
    return Lighted(bestand.cell, data, sees | sees_any(data, fresh), fresh)


def _seeing(
    data: CellData, before: CellData, there: NDArray[np.bool_], again: NDArray[np.intp], seen: Seen
) -> CellData:
    """A cell that sees reflectors as ``before`` did, but for the rows ``again``; those not ``there`` see none."""
    old = before.operators
    key = np.union1d(before.reflectors.key, seen.key)
    source = np.where(there, np.arange(len(there)), -1)
    source[again] = len(there) + np.arange(len(again))
    moved: NDArray[np.int32] = np.searchsorted(key, before.reflectors.key).astype(np.int32)
    first = old.reflect_indptr, moved[old.reflect_index], old.reflect_weight
    second = seen.indptr, np.searchsorted(key, seen.key).astype(np.int32), seen.share
    indptr, index, weight = stacked(first, second, source)
    operators = data.operators._replace(reflect_indptr=indptr, reflect_index=index, reflect_weight=weight)
    return data._replace(operators=operators, reflectors=before.reflectors._replace(key=key))


def _lit_after(
    around: Around, key: NDArray[np.int64], before: Reflectors, mirrors: Mapping[Cell, CellData], moved: Moved
) -> tuple[Reflectors, NDArray[np.bool_]]:
    """Reflectors ``key`` (R,) in a scenario, and which of them are not the Bestand's."""
    place = np.minimum(np.searchsorted(before.key, key), len(before.key) - 1)
    is_old = before.key[place] == key if len(before.key) else np.zeros(len(key), bool)
    asked = ~is_old | may_differ(key, moved)
    window = mirrors_around(mirrors, around.place.cell)
    found = reflectors_of(key[asked], window, around.sight.optics)
    fresh = ~is_old
    columns: list[Any] = []
    pairs: Iterable[tuple[NDArray[Any], NDArray[Any]]] = zip(before[1:], found[1:], strict=True)
    for old, new in pairs:
        whole: NDArray[Any] = np.zeros((len(key), *old.shape[1:]), old.dtype)
        whole[is_old] = old[place[is_old]]
        differs = (whole[asked] != new).reshape(len(new), new[:1].size).any(axis=1)
        fresh[asked] |= differs
        whole[asked] = new
        columns.append(whole)
    return Reflectors(key, *columns), fresh


def may_differ(key: NDArray[np.int64], moved: Moved) -> NDArray[np.bool_]:
    """Reflectors (R,) that something moved may stand on, or lend what it sees to."""
    from scipy.spatial import cKDTree

    out = np.zeros(len(key), bool)
    surface = np.flatnonzero(is_surface(key))
    for name in (surface_of, speaking_surface):
        out[surface] |= np.isin(name(key[surface]), moved.surface)
    ground = np.flatnonzero(is_ground(key))
    if len(moved.land) and len(ground):
        distance, _ = cKDTree(moved.land).query(ground_middles(key[ground]), distance_upper_bound=GROUND_REACH_M)
        out[ground] = np.isfinite(distance)
    return out


def sees_any(data: CellData, reflector: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows (N,) of a cell that see any of some reflectors (R,)."""
    count = np.concatenate([[0], np.cumsum(reflector[data.operators.reflect_index])])
    return np.asarray(np.diff(count[data.operators.reflect_indptr]) > 0)
