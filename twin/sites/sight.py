"""What the rows of an area see of sun and sky over buildings and terrain: one upward receiver in each square."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar.sky import Sky, horizon_weights, sky_weights
from twin import cells
from twin.directions import Directions
from twin.operators import Casters, look, stand
from twin.progress import OnProgress
from twin.receivers import FIRST_POINT, Samples

UP = np.array([[0.0, 0.0, 1.0]])
# Four planes on edge: their horizon bands together weigh every direction of the ring alike.
AROUND = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])


class Sight(NamedTuple):
    """What each receiver sees, as bits."""

    sun: NDArray[np.uint64]  # (P, ⌈D/64⌉)
    sky: NDArray[np.uint64]  # (P, ⌈K/64⌉)


def sight_of(
    casters: Casters,
    place: NDArray[np.float64],
    height_m: NDArray[np.float64],
    directions: Directions,
    halo_m: float,
    on_progress: OnProgress,
) -> Sight:
    """Trace receivers at places (P, 2) [m] and heights (P,) [m], cell by cell."""
    count, n_sun = len(place), directions.n_sun
    words = -(-n_sun // 64), -(-len(directions.sky.direction) // 64)
    sun, sky = np.zeros((count, words[0]), np.uint64), np.zeros((count, words[1]), np.uint64)
    corner = cells.cell_of(place[:, 0], place[:, 1])
    todo = [cells.Cell(east, north) for east, north in np.unique(corner, axis=0).tolist()]
    for done, cell in enumerate(todo):
        on_progress("trace", done, len(todo))
        rows = np.flatnonzero((corner[:, 0] == cell.east) & (corner[:, 1] == cell.north))
        # The user's own points are kept wherever they stand and in the order given, which is what is wanted here.
        samples = Samples(
            point=np.column_stack([place[rows], height_m[rows]]),
            normal=np.repeat(UP, len(rows), axis=0),
            area_m2=np.ones(len(rows)),
            surface=(FIRST_POINT - np.arange(len(rows))).astype(np.int32),
        )
        data = look(stand(casters, cell, samples, halo_m, None), directions.direction, n_sun)
        sun[rows], sky[rows] = data.operators.sun_bits, data.operators.sky_bits
    on_progress("trace", len(todo), len(todo))
    return Sight(sun, sky)


def mean_share(
    seen: NDArray[np.uint64], rows: NDArray[np.intp], area_m2: NDArray[np.float64], n_directions: int
) -> NDArray[np.float64]:
    """Share (D,) of the area (N,) of some receivers (N,) that sees each direction."""
    total = bits.weighted_sum(seen[rows], n_directions, area_m2, np.zeros(len(rows), np.int32), 1)
    return np.asarray(total[0] / float(area_m2.sum()))


def sky_and_horizon(share: NDArray[np.float64], sky: Sky) -> tuple[float, float]:
    """Share of a uniform sky's horizontal irradiance and of the horizon ring, by the shares (K,) of each patch."""
    uniform = sky_weights(sky, UP)[0]
    ring = horizon_weights(sky, AROUND).sum(axis=0)
    return float((uniform * share).sum() / uniform.sum()), float((ring * share).sum() / ring.sum())
