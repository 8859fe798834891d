"""Open land: a grid of level receivers between the buildings, where there is no terrain model yet.

Grid cells lie on multiples of their spacing in the CRS, so every job shares them. Their height is the base height of
the buildings around, weighted by inverse squared distance over the eight nearest footprint points, or one level that
the user names. Grid cells under a building are dropped later, when rays show them covered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from io_citygml.model import CityModel, SurfaceKind
from twin.cells import Cell
from twin.receivers import OFFSET_M, Samples
from twin.scene import BUILT

# Footprint edges carry a point at least this often, so that a long wall attracts the ground along its whole length.
EDGE_STEP_M = 5.0
NEIGHBOURS = 8
# Marks receivers that belong to no surface of the model.
NO_SURFACE = -1


class Footprints(NamedTuple):
    """Points along the feet of all buildings."""

    place: NDArray[np.float64]  # (N, 2) m in the CRS
    height: NDArray[np.float64]  # (N,) m, base height of the building


def footprints(model: CityModel) -> Footprints:
    """Foot points of every built object: its ground surfaces, or where it has none its lowest rings."""
    built = np.array([o.type in BUILT for o in model.objects], bool)[model.object]
    ground = built & (model.kind == SurfaceKind.GROUND)
    has_ground = np.zeros(len(model.objects), bool)
    has_ground[model.object[ground]] = True
    chosen = np.flatnonzero(ground | (built & ~has_ground[model.object]))
    base = np.full(len(model.objects), np.inf)
    surface_start = model.ring_start[model.surface_ring]
    low = np.minimum.reduceat(model.coords[:, 2], surface_start[:-1])
    np.minimum.at(base, model.object[built], low[built])
    places: list[NDArray[np.float64]] = []
    heights: list[NDArray[np.float64]] = []
    for surface in chosen:
        first = model.surface_ring[surface]
        ring = model.coords[model.ring_start[first] : model.ring_start[first + 1], :2]
        dense = _densify(ring)
        places.append(dense)
        heights.append(np.full(len(dense), base[model.object[surface]]))
    return Footprints(np.concatenate(places), np.concatenate(heights))


def _densify(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """A closed ring's points (N, 2) with at most EDGE_STEP_M between neighbours."""
    edge = np.roll(ring, -1, axis=0) - ring
    parts = np.maximum(1, np.ceil(np.linalg.norm(edge, axis=1) / EDGE_STEP_M)).astype(int)
    index = np.repeat(np.arange(len(ring)), parts)
    within = np.concatenate([np.arange(n) / n for n in parts])
    return ring[index] + within[:, None] * edge[index]


class OpenLand:
    """The ground grid of a job."""

    def __init__(self, feet: Footprints, spacing_m: float, margin_m: float, level_m: float | None) -> None:
        self.feet = feet
        self.spacing_m = spacing_m
        self.margin_m = margin_m
        self.level_m = level_m
        self._tree = cKDTree(feet.place)

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high corners (N, 2) [m] of the squares around the feet within which ground is sampled."""
        return self.feet.place - self.margin_m, self.feet.place + self.margin_m

    def sample(self, cell: Cell) -> Samples:
        """Level receivers of one cell, within the margin of a building."""
        west, south, east, north = cell.box
        column = _whole_cells(west, east, self.spacing_m)
        row = _whole_cells(south, north, self.spacing_m)
        x, y = np.meshgrid((column + 0.5) * self.spacing_m, (row + 0.5) * self.spacing_m)
        place = np.stack([x.ravel(), y.ravel()], axis=1)
        nearest, _ = self._tree.query(place, distance_upper_bound=self.margin_m)
        place = place[np.isfinite(nearest)]
        point = np.concatenate([place, self.height(place)[:, None] + OFFSET_M], axis=1)
        return Samples(
            point=point,
            normal=np.tile([0.0, 0.0, 1.0], (len(point), 1)),
            area_m2=np.full(len(point), self.spacing_m**2),
            surface=np.full(len(point), NO_SURFACE, np.int32),
        )

    def height(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground height (N,) [m] at places (N, 2)."""
        if self.level_m is not None or len(place) == 0:
            return np.full(len(place), self.level_m if self.level_m is not None else 0.0)
        count = min(NEIGHBOURS, len(self.feet.height))
        distance, index = self._tree.query(place, k=count)
        distance, index = distance.reshape(len(place), count), index.reshape(len(place), count)
        weight = 1.0 / np.maximum(distance, 0.01) ** 2
        return np.asarray((weight * self.feet.height[index]).sum(axis=1) / weight.sum(axis=1))


def _whole_cells(low: float, high: float, spacing_m: float) -> NDArray[np.int64]:
    """Indices of the grid cells whose middle lies in [low, high)."""
    first = int(np.ceil(low / spacing_m - 0.5))
    last = int(np.ceil(high / spacing_m - 0.5))
    return np.arange(first, last)
