"""Sun hours along the façades: one row a wall and storey, one a window.

A point that one state covers (by a plan built against its wall) or lacks counts there with no sun; points that no state
leaves open to the air count in neither. Hours of a row are means over its length; times of day are those at which any
of its points is lit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from shadow.cast import first_last, longest_h, union
from shadow.instants import Instants
from twin.results import orientation_deg
from twin.study.clock import legal
from twin.study.outcome import Lit, Scenario
from twin.study.scenarios import City, buildings_of
from twin.study.spots import OPENING, Spots

if TYPE_CHECKING:
    import geopandas
    import pandas as pd


class Rows(NamedTuple):
    """Rows of a table of points: which spots belong to each."""

    member: NDArray[np.intp]  # (M,) spots, in row order
    row: NDArray[np.int64]  # (M,) row of each
    first: NDArray[np.intp]  # (N,) one spot of each row
    storeys: bool  # of walls by storey; False: of windows


def rows_of_storeys(spots: Spots) -> Rows:
    """One row a wall and storey."""
    return _rows(spots, spots.storey >= 0, True)


def rows_of_openings(spots: Spots) -> Rows:
    """One row a window."""
    return _rows(spots, spots.storey == OPENING, False)


def _rows(spots: Spots, which: NDArray[np.bool_], storeys: bool) -> Rows:
    member = np.flatnonzero(which)
    key = np.stack([spots.surface[member], spots.storey[member]], axis=1)
    _, first, row = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return Rows(member, row.reshape(-1).astype(np.int64), member[first], storeys)


class Weighed(NamedTuple):
    """Length-weighted means over rows in two states; nan where a state has none of a row's surface."""

    bestand: NDArray[np.float64]  # (N,)
    scenario: NDArray[np.float64]  # (N,)
    counted: NDArray[np.bool_]  # (M,) members that some state leaves open to the air
    length_m: NDArray[np.float64]  # (N,) of them


def weigh(
    city: City,
    spots: Spots,
    rows: Rows,
    values: tuple[NDArray[np.float64], NDArray[np.float64]],
    states: tuple[int, int],
    lits: Sequence[Lit],
) -> Weighed:
    """Means of values (Q,) of two scenarios over the rows.

    Parameters
    ----------
    states
        Indices of the two scenarios; ``lits`` are those of all.
    """
    there = [lits[state].there[rows.member] for state in states]
    counted = there[0] | there[1]
    weight = np.where(counted, spots.length_m[rows.member], 0.0)
    total = np.bincount(rows.row, weight, len(rows.first)).astype(np.float64)
    out = []
    owner = city.model.object[spots.surface[rows.first]]
    for value, open_to_air, state in zip(values, there, states, strict=True):
        lit = np.where(open_to_air, value[rows.member], 0.0)
        stands = city.scenarios[state].present[owner] & (total > 0)
        mean = np.bincount(rows.row, weight * lit, len(rows.first)) / np.where(total > 0, total, 1.0)
        out.append(np.where(stands, mean, np.nan))
    return Weighed(out[0], out[1], counted, total)


def hours_table(
    city: City, spots: Spots, rows: Rows, lits: Sequence[Lit], instants: Instants, date: str
) -> geopandas.GeoDataFrame:
    """Sun hours of a day along the rows, before and after, for every scenario but the Bestand."""
    import geopandas
    import pandas as pd

    count = len(instants.time)
    weight = np.full((1, count), instants.step_s / 3600.0)
    hours = [bits.dot(lit.bits, weight, np.zeros(len(lit.bits), np.int64)) for lit in lits]
    lines = lines_of(spots, rows)
    frames: list[pd.DataFrame] = []
    for state, scenario in compared(city.scenarios):
        mean = weigh(city, spots, rows, (hours[0], hours[state]), (0, state), lits)
        kept = np.isfinite(mean.scenario)
        lit = union(bits.unpack(lits[state].bits[rows.member], count), rows.row, len(rows.first))
        first, last = first_last(lit, instants.time)
        frames.append(
            pd.DataFrame(
                {
                    **identity_columns(city, spots, rows),
                    **({"length_m": mean.length_m} if rows.storeys else {}),
                    "scenario": scenario.name,
                    "date": date,
                    "hours_bestand": mean.bestand,
                    "hours": mean.scenario,
                    "delta_min": np.round((mean.scenario - mean.bestand) * 60.0, 3),
                    "first_sun": clock_texts(first, city),
                    "last_sun": clock_texts(last, city),
                    "longest_h": longest_h(lit, instants.time, instants.step_s),
                    "geometry": lines,
                }
            )[kept]
        )
    table = pd.concat(frames, ignore_index=True)
    return geopandas.GeoDataFrame(table, geometry="geometry", crs=city.scene.crs.horizontal)


def compared(scenarios: Sequence[Scenario]) -> list[tuple[int, Scenario]]:
    """The scenarios that tables have rows of: all but the Bestand, or that where there is no other."""
    return list(enumerate(scenarios))[1:] or [(0, scenarios[0])]


def identity_columns(city: City, spots: Spots, rows: Rows) -> dict[str, object]:
    """Which wall, storey or window each row is, and how it faces."""
    model, surface = city.model, spots.surface[rows.first]
    owner = model.object[surface]
    building = buildings_of(model)[owner]
    normal = city.scene.normal[surface]
    _, azimuth = orientation_deg(normal, city.scene.site.convergence_deg)
    columns: dict[str, object] = {
        "building_id": [model.objects[b].id for b in building],
        "surface_id": [model.surface_id[s] for s in surface],
    }
    if not rows.storeys:
        columns["opening_id"] = [model.boundary_id[s] or model.surface_id[s] for s in surface]
    columns |= {"own": owner >= city.bestand_objects, "azimuth_deg": azimuth}
    if rows.storeys:
        columns["storey"] = spots.storey[rows.first]
    columns["z_m"] = spots.point[rows.first, 2]
    if rows.storeys:
        columns["length_m"] = np.bincount(rows.row, spots.length_m[rows.member], len(rows.first))
    else:
        columns |= {"width_m": spots.length_m[rows.first], "height_m": spots.height_m[rows.first]}
    return columns


def lines_of(spots: Spots, rows: Rows) -> NDArray[np.object_]:
    """The line on the wall (N,) that each row stands for, its touching pieces joined."""
    import shapely

    piece = shapely.linestrings(np.stack([spots.start[rows.member], spots.end[rows.member]], axis=1))
    order = np.argsort(rows.row, kind="stable")
    if not len(order):
        return np.zeros(0, object)
    whole: NDArray[np.object_] = shapely.multilinestrings(piece[order], indices=rows.row[order])
    return np.asarray(shapely.line_merge(whole))


def clock_texts(time: NDArray[np.datetime64], city: City) -> list[str | None]:
    """Legal clock times of UTC instants (N,), None where there is none."""
    from zoneinfo import ZoneInfo

    known = ~np.isnat(time)
    texts = iter(f"{stamp:%H:%M}" for stamp in legal(time[known], ZoneInfo(city.job.zone)))
    return [next(texts) if is_known else None for is_known in known]
