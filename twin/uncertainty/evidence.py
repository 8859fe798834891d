"""What a cell's bits show of their own resolution: how far each receiver, node or patch lies off those around it.

A midpoint rule is wrong where its integrand changes within a piece, and what changes from piece to piece changes within
one too. So of every surface the year is taken apart three ways, each piece beside the mean of its four nearest:
receivers (spacing), nodes of the sun grid, patches of the sky. What differs adds as squares, since edges cut pieces by
chance. The lowest row of patches is as high as many a skyline and has nothing below it to be compared with; the suns
that stand as low are a second look at the same sky, and where they do not see what the patch sees, it is told there.

Oracle: receivers, nodes and patches one by one, tests/twin/test_twin_uncertainty.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import sun_weights
from solar.sky import horizon_weights, sky_weights
from twin import canopy, skylight
from twin.irradiation import CHUNK, Bins, View
from twin.operators import CellData
from twin.optics import Optics
from twin.planes import distinct

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Pieces around one that it is held against: those that share a side with it, on a grid.
AROUND = 4
# Receivers that may be as near as the fourth.
CANDIDATES = 8
# What would tell surfaces apart where they touch [m]: more than a cell is wide.
APART_M = 2000.0
# Suns and patches that graze a plane say nothing of what stands in front of it: 3° off it at least.
FRONT = 0.05


class Evidence(NamedTuple):
    """Of every surface (S,), added over cells, in kWh of the year but for the squares and the counts."""

    free: NDArray[np.float64]  # with nothing in sight
    seen: NDArray[np.float64]  # from sun and sky
    uneven: NDArray[np.float64]  # kWh²; receivers beside those around them, squared
    tilted: NDArray[np.float64]  # the same with their signs, which edges leave over
    beside_covered: NDArray[np.float64]  # what receivers next to covered ones would get with nothing in sight
    exposed: NDArray[np.float64]  # receivers that are not covered
    alone: NDArray[np.float64]  # of those the ones with no other beside them
    sun: NDArray[np.float64]  # nodes beside those around them
    sky: NDArray[np.float64]  # patches beside those around them
    low: NDArray[np.float64]  # light from the lowest patches that low suns say is hidden


def nothing_known(n_surfaces: int) -> Evidence:
    """Evidence of surfaces (S,) before any cell is looked at."""
    return Evidence(*np.zeros((len(Evidence._fields), n_surfaces)))


class Collector:
    """Gathers evidence while a job adds up its energy, cell by cell: `add` is what `total_energy` calls."""

    def __init__(self, n_surfaces: int) -> None:
        self.found = nothing_known(n_surfaces)

    def add(self, data: CellData, bins: Bins, view: View) -> None:
        """Look at one cell; ``bins`` are those over it."""
        own = np.flatnonzero(view.group >= 0)  # the user's points are no surfaces
        if not len(own):
            return
        surfaces = view._replace(
            group=view.group[own],
            normal=view.normal[own],
            area_m2=view.area_m2[own],
            sun=view.sun[own],
            sky=view.sky[own],
        )
        for whole, of_cell in zip(self.found, _of_cell(data, bins, surfaces), strict=True):
            whole[surfaces.group] += of_cell


class Around(NamedTuple):
    """What stands next to what: means of neighbours as sparse arrays, and the low suns beside their patches."""

    sun: csr_array  # (D, D)
    sky: csr_array  # (K, K)
    low_sun: NDArray[np.intp]  # (L,) nodes below the middle of the lowest row
    patch: NDArray[np.intp]  # (L,) the patch of the lowest row that each stands in
    lowest: NDArray[np.intp]  # patches of the lowest row


def around(optics: Optics) -> Around:
    """Neighbours of a job's nodes and patches."""
    sky, sun = optics.sky, optics.sun
    lowest = np.flatnonzero(sky.lowest_row)
    low_sun = np.flatnonzero(sun[:, 2] < sky.direction[lowest[0], 2])
    level = sun[low_sun, :2] / np.linalg.norm(sun[low_sun, :2], axis=1, keepdims=True)
    facing = level[:, :1] * sky.direction[lowest, 0] + level[:, 1:] * sky.direction[lowest, 1]
    patch = lowest[np.argmax(facing, axis=1)] if len(low_sun) else low_sun
    return Around(_mean_of_nearest(sun), _mean_of_nearest(sky.direction), low_sun, patch, lowest)


def _mean_of_nearest(direction: NDArray[np.float64]) -> csr_array:
    """The mean of the nearest unit vectors (N, 3) to each, as weights (N, N)."""
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    count = len(direction)
    k = min(AROUND, count - 1)
    index = cKDTree(direction).query(direction, k=k + 1)[1][:, 1:]
    return csr_array((np.full(count * k, 1.0 / k), (np.repeat(np.arange(count), k), index.ravel())), (count, count))


def _of_cell(data: CellData, bins: Bins, view: View) -> Evidence:
    """Evidence of the surfaces of a cell's view (G,)."""
    found = nothing_known(len(view.group))
    near = around(bins.optics)
    surface = np.asarray(data.receivers.surface)
    standing = np.flatnonzero(np.isin(surface, view.group))
    group = np.searchsorted(view.group, surface[standing])
    shown = ~np.asarray(data.receivers.covered)[standing]
    kwh_m2 = np.zeros(len(standing))
    # Surfaces that face the same way share their weights, so they are taken together.
    facing, which = distinct(view.normal)
    order = np.argsort(which, kind="stable")
    for first in range(0, len(order), CHUNK):
        block = order[first : first + CHUNK]
        names, index = np.unique(which[block], return_inverse=True)
        sun, sky = year_of(bins, facing[names])
        _look(found, block, view, near, bins.optics, (sun[index], sky[index]))
        own = np.full(len(view.group), -1, np.int32)
        own[block] = index
        mine = np.flatnonzero(shown & (own[group] >= 0))
        share = np.tile(skylight.open_sky(data, bins.optics), bins.optics.n_seasons)
        kwh_m2[mine] = canopy.dots(data, bins.optics, standing[mine], sun, sky * share, own[group[mine]])
    _spaced(found, data, standing, group, kwh_m2)
    return found


def year_of(bins: Bins, normal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A year's light [kWh/m²] on planes (U, 3) from each node (U, S·D) and each patch (U, S·K) in sight."""
    optics, whole, sources = bins.optics, skylight.whole(bins), bins.sources
    beam = sun_weights(sources, normal, np.zeros(len(sources.ghi), np.int64), 1)
    weight, band = sky_weights(optics.sky, normal), horizon_weights(optics.sky, normal)
    parts = []
    for season in range(optics.n_seasons):
        radiance = whole.isotropic[0, season] / np.pi
        if whole.patch.shape[1]:
            radiance = radiance + whole.patch[0, season * optics.n_sky : (season + 1) * optics.n_sky]
        parts.append(weight * radiance + band * whole.horizon[0, season])
    return (beam.direct + beam.circumsolar)[:, 0], np.concatenate(parts, axis=1)


def _look(
    found: Evidence,
    block: NDArray[np.intp],
    view: View,
    near: Around,
    optics: Optics,
    year: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Nodes and patches of some groups: what each sends beside what those around it would."""
    sun, sky = view.sun[block], view.sky[block]
    found.free[block] = view.area_m2[block] * (year[0].sum(axis=1) + year[1].sum(axis=1))
    found.seen[block] = (sun * year[0]).sum(axis=1) + (sky * year[1]).sum(axis=1)
    rough_sun, rough_sky = np.zeros(len(block)), np.zeros(len(block))
    for season in range(optics.n_seasons):
        suns = slice(season * optics.n_sun, (season + 1) * optics.n_sun)
        skies = slice(season * optics.n_sky, (season + 1) * optics.n_sky)
        lit, light = sun[:, suns], sky[:, skies]
        rough_sun += (((lit - (near.sun @ lit.T).T) * year[0][:, suns]) ** 2).sum(axis=1)
        rough_sky += (((light - (near.sky @ light.T).T) * year[1][:, skies]) ** 2).sum(axis=1)
        row = light[:, near.lowest] * year[1][:, skies][:, near.lowest]
        found.low[block] += row.sum(axis=1) * _hidden(lit, light, view.normal[block], near, optics)
    found.sun[block], found.sky[block] = np.sqrt(rough_sun), np.sqrt(rough_sky)


def _hidden(
    lit: NDArray[np.float64],
    light: NDArray[np.float64],
    normal: NDArray[np.float64],
    near: Around,
    optics: Optics,
) -> NDArray[np.float64]:
    """Share (G,) of what the lowest patches show that the suns standing low in them do not see."""
    x, y, z = optics.sun[near.low_sun].T
    a, b, c = optics.sky.direction[near.patch].T
    cosine = normal[:, :1] * x + normal[:, 1:2] * y + normal[:, 2:] * z
    before = normal[:, :1] * a + normal[:, 1:2] * b + normal[:, 2:] * c
    weight = np.where((cosine > FRONT) & (before > FRONT), cosine, 0.0)
    open_m2 = light[:, near.patch]
    lost = (weight * np.maximum(open_m2 - lit[:, near.low_sun], 0.0)).sum(axis=1)
    whole = (weight * open_m2).sum(axis=1)
    return np.divide(lost, whole, out=np.zeros(len(lost)), where=whole > 0.0)


def _spaced(
    found: Evidence,
    data: CellData,
    standing: NDArray[np.intp],
    group: NDArray[np.intp],
    kwh_m2: NDArray[np.float64],
) -> None:
    """Receivers (N,) of surfaces, each beside its nearest on the same surface."""
    from scipy.spatial import cKDTree

    receivers, count = data.receivers, len(found.free)
    shown = ~np.asarray(receivers.covered)[standing]
    area = np.asarray(receivers.area_m2)[standing].astype(np.float64)
    # A fourth coordinate keeps surfaces apart: neighbours are of one's own.
    place = np.column_stack([np.asarray(receivers.point)[standing].astype(np.float64), group * APART_M])
    ask = np.flatnonzero(shown)
    far, index = cKDTree(place).query(place[ask], k=CANDIDATES + 1, distance_upper_bound=APART_M / 2)
    # Of equally near ones the first: not whichever the tree of all of the cell's surfaces comes to first.
    nearest = np.lexsort((index, far), axis=1)[:, 1 : AROUND + 1]
    far, index = np.take_along_axis(far, nearest, 1), np.take_along_axis(index, nearest, 1)
    there = np.isfinite(far)
    beside = np.where(there, index, 0)
    useful = there & shown[beside]
    number = useful.sum(axis=1)
    mean = np.where(useful, kwh_m2[beside], 0.0).sum(axis=1) / np.maximum(number, 1)
    off = np.where(number > 0, kwh_m2[ask] - mean, 0.0) * area[ask]
    own, edge = group[ask], (there & ~shown[beside]).any(axis=1)
    found.uneven[:] = np.bincount(own, off**2, count)
    found.tilted[:] = np.bincount(own, off, count)
    found.beside_covered[:] = (
        found.free * np.bincount(own, edge * area[ask], count) / np.bincount(own, area[ask], count)
    )
    found.exposed[:] = np.bincount(own, minlength=count)
    found.alone[:] = np.bincount(own, number == 0, count)
