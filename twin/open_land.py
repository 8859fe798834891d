"""Open land: a grid of receivers between the buildings, on the terrain where there is one.

Grid cells lie on multiples of their spacing in the CRS, so every job shares them; those inside a building's footprint
are no open land. On terrain a receiver faces as the ground slopes, stands one centimetre off it and carries the area of
the slope, plan area / cos slope; its values are per square metre of that. Where there is no terrain, or a hole in it,
land is level at the base height of the buildings around, weighted by inverse squared distance over the eight nearest
footprint points, or at one level that the user names.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from io_citygml.model import CityModel, SurfaceKind, root_objects
from twin.cells import Cell
from twin.receivers import OFFSET_M, OPEN_LAND, Samples
from twin.terrain.surface import Surface

# What stands on the ground; an installation may begin on a roof and says nothing of it.
STANDING = ("Building", "BuildingPart", "Bridge", "BridgePart")
# Footprint edges carry a point at least this often, so that a long wall attracts the ground along its whole length.
EDGE_STEP_M = 5.0
NEIGHBOURS = 8


class Footprints(NamedTuple):
    """Where buildings stand, and points along their feet."""

    polygon: NDArray[np.object_]  # (F,) shapely polygons in the plane
    place: NDArray[np.float64]  # (N, 2) m in the CRS
    height: NDArray[np.float64]  # (N,) m, base height of the building


def footprints(model: CityModel) -> Footprints:
    """Footprints of everything that stands: its ground surfaces, or the roofs of a building that has none."""
    standing = np.array([o.type in STANDING for o in model.objects], bool)[model.object]
    building = root_objects(model.objects)[model.object]
    ground = standing & (model.kind == SurfaceKind.GROUND)
    has_ground = np.zeros(len(model.objects), bool)
    has_ground[building[ground]] = True
    chosen = np.flatnonzero(ground | (standing & (model.kind == SurfaceKind.ROOF) & ~has_ground[building]))
    base = np.full(len(model.objects), np.inf)
    low = np.minimum.reduceat(model.coords[:, 2], model.ring_start[model.surface_ring[:-1]])
    np.minimum.at(base, building[standing], low[standing])
    polygons: list[shapely.Polygon] = []
    places: list[NDArray[np.float64]] = [np.zeros((0, 2))]
    heights: list[NDArray[np.float64]] = [np.zeros(0)]
    for surface in chosen:
        first, last = model.surface_ring[surface], model.surface_ring[surface + 1]
        rings = [model.coords[model.ring_start[r] : model.ring_start[r + 1], :2] for r in range(first, last)]
        rings = [ring for ring in rings if len(ring) >= 3]
        if not rings:
            continue
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
        dense = np.concatenate([_densify(ring) for ring in rings])
        places.append(dense)
        heights.append(np.full(len(dense), base[building[surface]]))
    return Footprints(np.array(polygons, dtype=object), np.concatenate(places), np.concatenate(heights))


def _densify(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """A closed ring's points (N, 2) with at most EDGE_STEP_M between neighbours."""
    edge = np.roll(ring, -1, axis=0) - ring
    parts = np.maximum(1, np.ceil(np.linalg.norm(edge, axis=1) / EDGE_STEP_M)).astype(int)
    index = np.repeat(np.arange(len(ring)), parts)
    within = np.concatenate([np.arange(n) / n for n in parts])
    return ring[index] + within[:, None] * edge[index]


class OpenLand:
    """The ground grid of a job."""

    def __init__(
        self,
        feet: Footprints,
        spacing_m: float,
        margin_m: float,
        level_m: float | None,
        ground: Surface | None = None,
        also_near: NDArray[np.float64] | None = None,
    ) -> None:
        """``also_near`` (N, 2) [m]: places around which there is open land beside the feet's; they have no say in
        heights."""
        self.feet = feet
        self.spacing_m = spacing_m
        self.margin_m = margin_m
        self.level_m = level_m
        self.ground = ground
        self._points = cKDTree(feet.place)
        self._reach = feet.place if also_near is None else np.concatenate([feet.place, also_near])
        self._near = self._points if also_near is None else cKDTree(self._reach)
        self._boxes = shapely.bounds(feet.polygon)

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high corners (N, 2) [m] of the squares around feet within which ground is sampled."""
        return self._reach - self.margin_m, self._reach + self.margin_m

    def sample(self, cell: Cell) -> Samples:
        """Receivers of one cell, within the margin of a building and outside of all."""
        place = self._middles_near(cell, self._reach)
        place = place[self.near_buildings(place)]
        return self._standing(place[~self.under_buildings(place)])

    def sample_beyond(self, cell: Cell, known: OpenLand) -> Samples:
        """Those of them that ``known``, the same land without ``also_near``, lacks."""
        place = self._middles_near(cell, self._reach[len(self.feet.place) :])
        place = place[self.near_buildings(place) & ~known.near_buildings(place)]
        return self._standing(place[~self.under_buildings(place)])

    def _middles_near(self, cell: Cell, reach: NDArray[np.float64]) -> NDArray[np.float64]:
        """Middles (N, 2) [m] of a cell's squares in the box around places (M, 2), grown by the margin."""
        if not len(reach):
            return np.zeros((0, 2))
        low = np.maximum(reach.min(axis=0) - self.margin_m, cell.box[:2])
        high = np.minimum(reach.max(axis=0) + self.margin_m, cell.box[2:])
        column, row = (_whole_cells(low[k], high[k], self.spacing_m) for k in (0, 1))
        x, y = np.meshgrid((column + 0.5) * self.spacing_m, (row + 0.5) * self.spacing_m)
        return np.stack([x.ravel(), y.ravel()], axis=1)

    def _standing(self, place: NDArray[np.float64]) -> Samples:
        """Receivers on the ground at places (N, 2)."""
        height, normal = self.level(place), np.tile([0.0, 0.0, 1.0], (len(place), 1))
        if self.ground is not None:
            sloping, across = self.ground.at(place)
            known = np.isfinite(sloping)
            height, normal = np.where(known, sloping, height), np.where(known[:, None], across, normal)
        # lifted straight up, so that a receiver stays in the middle of its square
        point = np.concatenate([place, (height + OFFSET_M / normal[:, 2])[:, None]], axis=1)
        return Samples(
            point=point,
            normal=normal,
            area_m2=self.spacing_m**2 / normal[:, 2],
            surface=np.full(len(point), OPEN_LAND, np.int32),
        )

    def near_buildings(self, place: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Places (N, 2) within the margin of a footprint's edge."""
        if not len(self._reach):
            return np.zeros(len(place), bool)
        nearest, _ = self._near.query(place, distance_upper_bound=self.margin_m, workers=-1)
        return np.isfinite(nearest)

    def under_buildings(self, place: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Places (N, 2), from south to north, inside a footprint."""
        west, south, east, north = self._boxes.T
        first = np.searchsorted(place[:, 1], south)
        last = np.searchsorted(place[:, 1], north, side="right")
        polygon, row = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
        for k in np.flatnonzero(first < last):
            x = place[first[k] : last[k], 0]
            row.append(first[k] + np.flatnonzero((x >= west[k]) & (x <= east[k])))
            polygon.append(np.full(len(row[-1]), k))
        near = np.concatenate(row)
        inside = np.zeros(len(place), bool)
        # Of arrays, shapely prepares no polygon: threads that ask of the same land would race for what it keeps.
        found = shapely.contains_xy(self.feet.polygon[np.concatenate(polygon)], place[near, 0], place[near, 1])
        inside[near[found]] = True
        return inside

    def height(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground height (N,) [m] at places (N, 2)."""
        level = self.level(place)
        if self.ground is None:
            return level
        known = self.ground.height(place)
        return np.where(np.isfinite(known), known, level)

    def level(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground height (N,) [m] at places (N, 2) as buildings alone tell it."""
        if self.level_m is not None or len(place) == 0 or not len(self.feet.height):
            return np.full(len(place), self.level_m if self.level_m is not None else 0.0)
        count = min(NEIGHBOURS, len(self.feet.height))
        distance, index = self._points.query(place, k=count, workers=-1)
        distance, index = distance.reshape(len(place), count), index.reshape(len(place), count)
        weight = 1.0 / np.maximum(distance, 0.01) ** 2
        return np.asarray((weight * self.feet.height[index]).sum(axis=1) / weight.sum(axis=1))


def _whole_cells(low: float, high: float, spacing_m: float) -> NDArray[np.int64]:
    """Indices of the grid cells whose middle lies in [low, high)."""
    first = int(np.ceil(low / spacing_m - 0.5))
    last = int(np.ceil(high / spacing_m - 0.5))
    return np.arange(first, last)
