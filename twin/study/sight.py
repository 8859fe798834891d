"""What receivers see of a year's sun and sky in every scenario, and the cells that hold it as a solar job would.

Only what a scenario changes is looked at again; see views.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.directions import Directions
from twin.operators import CellData, Operators, Receivers, empty_csr, no_reflectors
from twin.optics import Optics
from twin.sparse import stacked
from twin.study.outcome import Lit
from twin.study.scenarios import City, optics_of
from twin.study.views import Views
from twin.vegetation.grove import Grove
from twin.vegetation.trace import with_crowns


class Sight(NamedTuple):
    """What a study's year is looked at with."""

    directions: Directions
    optics: Optics
    grove: Grove | None
    traced: bool  # whether reflectors are; else what comes back is far flat ground's


class Looked(NamedTuple):
    """What one cell's receivers see of the sun grid and the sky in one scenario."""

    sun: Lit
    sky: Lit


def sight_of(city: City, directions: Directions) -> Sight:
    """Of a city and its job."""
    return Sight(directions, optics_of(city, directions), city.landscape.grove, city.job.reflections == "traced")


def parts_of(directions: Directions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors to the sun grid's nodes (D, 3) and to the sky's patches (K, 3)."""
    return directions.direction[: directions.n_sun], directions.direction[directions.n_sun :]


def looked_at(view: Views, rows: NDArray[np.bool_], sight: Sight, known: Looked | None = None) -> tuple[Looked, ...]:
    """What some rows (P,) of a cell see in every scenario, the Bestand first.

    ``known`` is the Bestand's of the first of the rows, where the others do not stand in it.
    """
    parts = parts_of(sight.directions)
    if known is None:
        bestand = Looked(*(view.bestand(part, rows) for part in parts))
    else:
        bestand = Looked(*(_lengthened(lit, len(rows)) for lit in known))
    return bestand, *(look_after(view, rows, sight, bestand, state) for state in range(1, len(view.change)))


def look_after(view: Views, rows: NDArray[np.bool_], sight: Sight, bestand: Looked, state: int) -> Looked:
    """What some rows (P,) see in a scenario, from what is known of the Bestand."""
    parts = zip(bestand, parts_of(sight.directions), strict=True)
    return Looked(*(view.after(lit, state, part, rows) for lit, part in parts))


def _lengthened(lit: Lit, count: int) -> Lit:
    """The same with further rows that are not there."""
    more = count - len(lit.there)
    if not more:
        return lit
    return Lit(
        np.concatenate([lit.bits, np.zeros((more, lit.bits.shape[1]), np.uint64)]),
        np.concatenate([lit.there, np.zeros(more, bool)]),
    )


def rows_that_differ(one: Looked, other: Looked) -> NDArray[np.bool_]:
    """Rows (P,) that see, or are, something else."""
    out = np.zeros(len(one.sun.there), bool)
    for before, after in zip(one, other, strict=True):
        out |= (before.bits != after.bits).any(axis=1) | (before.there != after.there)
    return out


def uncrowned(sight: Sight, receivers: Receivers, looked: Looked, row: NDArray[np.intp], view: Views) -> CellData:
    """Some rows (N,) of a cell, which are ``receivers``, as a solar job would hold them before it looks for trees."""
    count, directions = len(row), sight.directions
    operators = Operators(looked.sun.bits[row], looked.sky.bits[row], *empty_csr(count), *empty_csr(count))
    none = no_reflectors(sight.optics.n_seasons * len(directions.direction))
    return CellData(receivers, operators, view.origin, none, view.horizon_deg)


def crowned(sight: Sight, data: CellData, view: Views) -> CellData:
    """A cell with the crowns that its receivers look through."""
    if sight.grove is None:
        return data
    near, directions = sight.grove.near(view.cell, view.origin), sight.directions
    return with_crowns(data, near, directions.direction, directions.n_sun)


def crowned_again(sight: Sight, data: CellData, before: CellData, again: NDArray[np.bool_], view: Views) -> CellData:
    """A cell with the crowns of ``before``, whose rows it has; some rows (N,) are looked from again."""
    if sight.grove is None:
        return data
    row = np.flatnonzero(again)
    new, old = crowned(sight, some_rows(data, row), view).operators, before.operators
    source = np.arange(len(again))
    source[row] = len(again) + np.arange(len(row))
    indptr, index, length_m = stacked(
        (old.crown_indptr, old.crown_index, old.crown_length_m),
        (new.crown_indptr, new.crown_index, new.crown_length_m),
        source,
    )
    operators = data.operators._replace(crown_indptr=indptr, crown_index=index, crown_length_m=length_m)
    return data._replace(operators=operators)


def some_rows(data: CellData, row: NDArray[np.intp]) -> CellData:
    """Some rows (N,) of a cell alone; its reflectors stay as they are."""
    old = data.operators
    crowns = stacked((old.crown_indptr, old.crown_index, old.crown_length_m), None, row)
    back = stacked((old.reflect_indptr, old.reflect_index, old.reflect_weight), None, row)
    operators = Operators(old.sun_bits[row], old.sky_bits[row], *crowns, *back)
    of = data.receivers
    receivers = Receivers(of.point[row], of.normal[row], of.area_m2[row], of.surface[row], of.covered[row])
    return data._replace(receivers=receivers, operators=operators)
