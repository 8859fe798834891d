"""The year before and after: irradiation, photovoltaic yield and sun hours of every surface, on the sun grid.

A surface none of whose receivers gets other light than before has the Bestand's numbers; the others are summed again,
in the order of a full run, so that both agree bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar.far_horizon import FarHorizon, above
from solar.irradiance import Sources
from twin.cells import Cell
from twin.irradiation import Bins, bins_over, sent_months
from twin.operators import Casters, CellData
from twin.processors import processors
from twin.reflection.some import some_reflectors
from twin.study.light import Around, Lighted, from_nothing, light_after
from twin.study.mirrors import Mirror, bestand_data, data_after, mirrors_of, moved
from twin.study.places import Place, rows_of
from twin.study.scenarios import City
from twin.study.sight import Looked, Sight, looked_at
from twin.study.views import Views
from twin.totals import Totals, add_cell, no_totals

# Cells whose light is found at a time: each holds some 100 MB meanwhile.
AT_A_TIME = 2


class Year(NamedTuple):
    """A year of one scenario; rows are the joined model's surfaces."""

    totals: Totals
    sun_hours: NDArray[np.float64]  # (S,) area mean over what is exposed, h; nan where nothing is


class Summed(NamedTuple):
    """The Bestand's year of the first surfaces of a model, and for which of them it still stands."""

    bestand: Year
    valid: NDArray[np.bool_]  # (S,)


# Light of every cell (outer) in every scenario (inner), the Bestand first.
Lights = Sequence[Sequence[Lighted]]


class Illumination(NamedTuple):
    """All light of a study, and what it was found with."""

    looked: list[tuple[Looked, ...]]  # of every cell, in every scenario
    mirrors: dict[Cell, Mirror]
    lights: Lights


def illumination_of(
    city: City,
    casters: Casters,
    owner: NDArray[np.int32],
    places: Sequence[Place],
    views: Sequence[Views],
    sight: Sight,
) -> Illumination:
    """Light of every cell in every scenario. ``owner`` (T,) is the object of each caster."""
    looked = [looked_at(view, rows_of(place.samples)[1], sight) for place, view in zip(places, views, strict=True)]
    measured = {view.cell: view for view in views}
    mirrors = mirrors_of(city, casters, owner, measured, sight) if sight.traced else {}
    around = [Around(city, sight, place, view) for place, view in zip(places, views, strict=True)]
    return Illumination(looked, mirrors, lights_of(around, looked, mirrors, sight))


def lights_of(
    around: Sequence[Around],
    looked: Sequence[tuple[Looked, ...]],
    mirrors: Mapping[Cell, Mirror],
    sight: Sight,
    known: Sequence[Lighted | None] | None = None,
) -> Lights:
    """Light of every cell in every scenario.

    Parameters
    ----------
    looked
        What each cell's receivers see of sun and sky in every scenario.
    known
        The Bestand's of each cell, where it is known already.
    """
    before = bestand_data(mirrors, sight)
    taken = [None] * len(around) if known is None else known

    def bestand(cell: tuple[Around, tuple[Looked, ...], Lighted | None]) -> Lighted:
        one, seen, found = cell
        return from_nothing(one, seen[0], before, 0) if found is None else found

    with _pool() as pool:
        out = [[light] for light in pool.map(bestand, list(zip(around, looked, taken, strict=True)))]
        for state in range(1, len(looked[0]) if looked else 1):
            after, change = data_after(mirrors, sight, before, state), moved(mirrors, state)
            each = partial(light_after, mirrors=after, moved=change, state=state)
            for cell, light in zip(out, pool.map(each, around, [cell[0] for cell in out], looked), strict=True):
                cell.append(light)
    return out


def _pool() -> ThreadPoolExecutor:
    """Cells side by side: rays and sums of one take all processors, what lies between takes one."""
    return ThreadPoolExecutor(min(processors(), AT_A_TIME))


def sent_of(lights: Lights, bins: Bins) -> list[NDArray[np.float64]]:
    """What each cell's reflectors send back by month in the Bestand (R, 12) [kWh/m²]."""
    with _pool() as pool:
        return list(pool.map(lambda cell: sent_months(cell[0].data, bins_over(bins, cell[0].data)), lights))


def years_of(
    lights: Lights,
    bins: Bins,
    n_surfaces: int,
    sent: Sequence[NDArray[np.float64]],
    known: Summed | None = None,
) -> list[Year]:
    """Irradiation and sun hours of every scenario, the Bestand first.

    Parameters
    ----------
    sent
        From `sent_of`.
    known
        What an earlier study of the same Bestand has summed.
    """
    fresh = np.ones(n_surfaces, bool)
    if known is not None:
        fresh[: len(known.valid)] = ~known.valid
    bestand = _year([cell[0].data for cell in lights], bins, fresh, sent)
    if known is not None:
        bestand = _put_together(_lengthened(known.bestand, n_surfaces), bestand, fresh)
    out = [bestand]
    for state in range(1, len(lights[0]) if lights else 1):
        touched = changed_surfaces(lights, state, n_surfaces)
        pairs = [cell[0] for cell in lights], [cell[state] for cell in lights]
        with _pool() as pool:
            back = list(pool.map(partial(_sent_after, bins=bins), *pairs, sent))
        after = _year([cell[state].data for cell in lights], bins, touched, back)
        out.append(_put_together(bestand, after, touched))
    return out


def _sent_after(bestand: Lighted, after: Lighted, sent: NDArray[np.float64], bins: Bins) -> NDArray[np.float64]:
    """What a scenario's reflectors send back by month (R, 12) [kWh/m²], from what the Bestand's do."""
    reflectors, fresh = after.data.reflectors, np.flatnonzero(after.fresh)
    out = np.zeros((len(reflectors.key), sent.shape[1]))
    old = ~after.fresh
    out[old] = sent[np.searchsorted(bestand.data.reflectors.key, reflectors.key[old])]
    part = after.data._replace(reflectors=some_reflectors(after.data, fresh))
    out[fresh] = sent_months(part, bins_over(bins, part))
    return out


def changed_surfaces(lights: Lights, state: int, n_surfaces: int) -> NDArray[np.bool_]:
    """Surfaces (S,) some receiver of which gets other light than in the Bestand."""
    touched = np.zeros(n_surfaces, bool)
    for cell in lights:
        touched[cell[state].data.receivers.surface[cell[state].differs]] = True
    return touched


def _year(
    cells: Sequence[CellData], bins: Bins, wanted: NDArray[np.bool_], sent: Sequence[NDArray[np.float64]]
) -> Year:
    """The year of some surfaces (S,); the others' rows are 0."""
    totals, only = no_totals(len(wanted)), np.flatnonzero(wanted).astype(np.int32)
    lit_m2h = np.zeros(len(wanted))
    for data, back in zip(cells, sent, strict=True):
        add_cell(totals, data, bins_over(bins, data), only, back, len(wanted))
        weight = node_hours(bins.sources, bins.optics.n_sun, data.horizon_deg)
        row = np.flatnonzero(wanted[data.receivers.surface])
        hours = bits.dot(data.operators.sun_bits[row], weight, np.zeros(len(row), np.int64))
        np.add.at(lit_m2h, data.receivers.surface[row], hours * data.receivers.area_m2[row])
    with np.errstate(invalid="ignore"):
        return Year(totals, lit_m2h / np.where(totals.exposed_area_m2 > 0, totals.exposed_area_m2, np.nan))


def node_hours(sent: Sources, n_sun: int, horizon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hours (1, D) of the weather's time that the sun stands nearest to each node, and above a far horizon (A,) [°]."""
    node = sent.path.node
    each = sent.path.step_s / 3600.0 / node.shape[1]
    up = node >= 0
    if len(horizon_deg):
        up &= above(FarHorizon(horizon_deg), sent.path.direction)
    # nodes are counted season by season
    return np.bincount(node[up] % n_sun, minlength=n_sun)[None, :] * each


def _put_together(bestand: Year, after: Year, touched: NDArray[np.bool_]) -> Year:
    """Touched surfaces from one year, the others from the Bestand's."""
    rows = np.flatnonzero(touched)
    totals = bestand.totals._replace(**{name: part.copy() for name, part in bestand.totals._asdict().items()})
    for whole, part in zip(totals, after.totals, strict=True):
        whole[rows] = part[rows]
    return Year(totals, np.where(touched, after.sun_hours, bestand.sun_hours))


def _lengthened(year: Year, n_surfaces: int) -> Year:
    """The same with rows of more surfaces, still empty."""
    more = n_surfaces - len(year.sun_hours)
    totals = Totals(*(np.concatenate([part, np.zeros((more, *part.shape[1:]), part.dtype)]) for part in year.totals))
    return Year(totals, np.concatenate([year.sun_hours, np.full(more, np.nan)]))
