"""The table of who shades whom on a day, of the whole study: which rows are asked, and how their answers are summed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shadow.instants import Instants
from twin.receivers import Samples, is_point
from twin.study import who
from twin.study.opened import Opened
from twin.study.outcome import Lit
from twin.study.scenarios import City, buildings_of
from twin.study.views import Views

if TYPE_CHECKING:
    import pandas as pd


def caster_table(opened: Opened, cells: Sequence[Sequence[Lit]], instants: Instants, date: str) -> pd.DataFrame:
    """Who shades whom on a day, in every scenario."""
    import pandas as pd

    city = opened.city
    names = np.array([*(item.id for item in city.model.objects), "terrain", "?"], object)
    receivers = np.array([*names[:-2], "open land"], object)
    parts: list[list[who.Shares]] = [[] for _ in city.scenarios]
    for place, found in zip(opened.layout.places, all_entries(opened, cells, instants), strict=True):
        for shares, entries in zip(parts, found, strict=True):
            shares.append(who.shares_of(entries, place.samples.area_m2, receivers_of(city, place.samples)))
    frames = []
    for scenario, shares in zip(city.scenarios, parts, strict=True):
        whole = who.added_up(shares)
        frames.append(
            pd.DataFrame(
                {
                    "scenario": scenario.name,
                    "date": date,
                    "caster": names[whole.caster],
                    "receiver": receivers[whole.receiver],
                    "same": (whole.caster == whole.receiver) & (whole.receiver < len(city.model.objects)),
                    "first_m2h": whole.first_m2h,
                    "sole_m2h": whole.sole_m2h,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def all_entries(opened: Opened, cells: Sequence[Sequence[Lit]], instants: Instants) -> Iterator[list[who.Entries]]:
    """Who shades each cell's land and surfaces, by scenario.

    Where a scenario changes something, buildings none of whose receivers it can touch and land that it cannot touch are
    left out, unless the job asks for all.
    """
    city, everything = opened.city, opened.city.job.casters == "all" or len(opened.city.scenarios) == 1
    touched = []
    for view, place in zip(opened.views, opened.layout.places, strict=True):
        measured = ~is_point(place.samples.surface)
        states = range(1, len(city.scenarios))
        touched.append([view.touched(state, instants.direction, measured) for state in states])
    concerned = np.full(len(city.model.objects) + 1, everything)
    for place, rows in zip(opened.layout.places, touched, strict=True):
        for row in rows:
            concerned[receivers_of(city, place.samples)[row]] = True
    concerned[-1] = everything
    for view, place, lits, rows in zip(opened.views, opened.layout.places, cells, touched, strict=True):
        whole = concerned[receivers_of(city, place.samples)] & ~is_point(place.samples.surface)
        yield cell_entries(opened, view, place.samples, lits, np.logical_or.reduce([whole, *rows]), rows, instants)


def cell_entries(
    opened: Opened,
    view: Views,
    samples: Samples,
    lits: Sequence[Lit],
    rows: NDArray[np.bool_],
    touched: Sequence[NDArray[np.bool_]],
    instants: Instants,
) -> list[who.Entries]:
    """Who shades some rows (P,) of one cell, by scenario; only those that a scenario touches are asked again for it.

    On open land sole causes are looked for only where some scenario changes something in a ray, or where the job asks.
    """
    city, building = opened.city, buildings_of(opened.city.model)
    sole = rows if city.job.casters == "all" else np.logical_or.reduce([samples.surface >= 0, *touched])
    out: list[who.Entries] = []
    for state, asked in enumerate([rows, *touched]):
        near = who.near_of(city, building, opened.casters, opened.owner, view, state)
        wanted = who.Asked(asked, sole)
        entries = who.entries_of(city, opened.casters, near, view, lits[state], wanted, state, instants)
        out.append(entries if state == 0 else who.joined_entries(out[0], entries, asked))
    return out


def receivers_of(city: City, samples: Samples) -> NDArray[np.int64]:
    """Building (P,) that each row of a cell stands on; the number of objects: open land."""
    owner = city.model.object[np.maximum(samples.surface, 0)]
    return np.where(samples.surface >= 0, buildings_of(city.model)[owner], len(city.model.objects)).astype(np.int64)
