"""What strings of modules see: each module sees what the nearest receiver of its surface sees.

A module whose receiver is covered (against a neighbour's wall, inside another part) is not built.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar.irradiance import Reflection
from twin import canopy
from twin.irradiation import View
from twin.optics import Optics
from twin.pv.gather import Gathered, Surfaces
from twin.pv.plants import Plants
from twin.skylight import open_sky

# Surfaces are told apart by a fourth coordinate [m], farther than any two receivers of one surface.
APART_M = 1e5
# Receivers that may be equally near to a module, and what counts as equal [m].
LIKELY = 5
TIE_M = 1e-4


class Seen(NamedTuple):
    """Strings of some plants, sorted by plant."""

    plant: NDArray[np.intp]  # (T,) of the plants of the job
    facing: NDArray[np.intp]  # (T,) 0 or 1
    modules: NDArray[np.int64]  # (T,) built
    view: View  # sun and sky as shares of the string's modules, reflection the mean on its surface; area 1


def strings_seen(whole: Surfaces, plants: Plants, optics: Optics) -> Seen:
    """Strings of the plants on the gathered surfaces; plants none of whose modules can be built are left out."""
    gathered = whole.rows
    plant = np.searchsorted(plants.surface, whole.surface)
    module = _modules_of(plants, plant)
    receiver = _nearest(gathered, plants, module)
    built = ~gathered.covered[receiver]
    module, receiver = module[built], receiver[built]
    string, index = np.unique(plants.string[module], return_inverse=True)
    index = index.reshape(-1)
    count = np.bincount(index, minlength=len(string))
    first = np.full(len(string), len(module))
    np.minimum.at(first, index, np.arange(len(module)))
    of_plant = np.searchsorted(plants.module_start, module[first], side="right") - 1
    facing = plants.facing[module[first]].astype(np.intp)
    weight = 1.0 / count[index]
    on = np.searchsorted(whole.surface, plants.surface[of_plant])
    sun, sky = _through_crowns(gathered, receiver, optics, weight, index.astype(np.int32), len(string))
    return Seen(
        plant=of_plant,
        facing=facing,
        modules=count,
        view=View(
            group=string.astype(np.int32),
            normal=plants.normal[of_plant, facing],
            area_m2=np.ones(len(string)),
            sun=sun,
            sky=sky * np.tile(open_sky(whole.last, optics), optics.n_seasons),
            reflection=Reflection(*(part[on] for part in whole.reflection)),
        ),
    )


def _through_crowns(
    gathered: Gathered,
    receiver: NDArray[np.intp],
    optics: Optics,
    weight: NDArray[np.float64],
    string: NDArray[np.int32],
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of each string's modules that see each node (T, S·D) and patch (T, S·K)."""
    sun = bits.weighted_sum(gathered.sun_bits[receiver], optics.n_sun, weight, string, count)
    sky = bits.weighted_sum(gathered.sky_bits[receiver], optics.n_sky, weight, string, count)
    if optics.n_seasons == 1 and not gathered.chord.nnz:
        return sun, sky
    lost = canopy.taken(gathered.chord[receiver], optics)
    return canopy.less(sun, sky, lost, weight, string)


def _modules_of(plants: Plants, plant: NDArray[np.intp]) -> NDArray[np.int64]:
    """Modules of plants, in order."""
    start, end = plants.module_start[plant], plants.module_start[plant + 1]
    count = end - start
    return np.repeat(start - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())


def _nearest(gathered: Gathered, plants: Plants, module: NDArray[np.int64]) -> NDArray[np.intp]:
    """Row of the receiver nearest to each module, on the module's own surface."""
    from scipy.spatial import cKDTree

    middle = gathered.point.mean(axis=0)
    owner = np.searchsorted(plants.module_start, module, side="right") - 1
    surfaces = np.unique(gathered.surface)
    rank = np.searchsorted(surfaces, gathered.surface) * APART_M
    place = np.column_stack([gathered.point - middle, rank])
    asked = np.column_stack(
        [plants.centre[module] - middle, np.searchsorted(surfaces, plants.surface[owner]) * APART_M]
    )
    k = min(LIKELY, len(place))
    distance, row = cKDTree(place).query(asked, k=np.arange(1, k + 1))
    # Receivers stand on a grid, so several may be equally near: the first in the order of rows, whatever rounds.
    alike = distance <= distance[:, :1] + TIE_M
    return np.where(alike, row, len(place)).min(axis=1).astype(np.intp)
