"""What maps of a study show beside shadows: footprints of what stays, goes and comes, and which part of the city."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import SurfaceKind, root_objects
from twin.report.city_map import Extent, paths_of, polygons_in
from twin.report.study_canvas import DPI, HOUSE, HOUSE_SMALL, INK, MM, PLANNED, PLANNED_FILL
from twin.results import polygons_of
from twin.scene import CASTING, surface_bounds
from twin.study.masks import difference, lit_minutes
from twin.study.outcome import BESTAND, Day, Grid, Scenario, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Places that lose or gain less than this are no reason to widen a map: long shadows of a low sun reach far.
MATTERS_MIN = 60.0
MARGIN = 0.1
LEAST_SIDE_M = 120.0
# Faces steeper than this have no part in what is seen from above.
STEEP = 0.05
# On maps smaller than this outlines would be all that is seen of a house.
OUTLINE_M_PER_MM = 7.0
# Neighbouring faces of a mesh may leave gaps of rounding between them.
GAP_M = 0.005


class Standing(NamedTuple):
    """Footprints in a scenario: shapely geometries in the CRS."""

    kept: NDArray[np.object_]  # of Bestand and scenario alike, a polygon a surface
    removed: NDArray[np.object_]  # of the Bestand alone, one a building
    planned: NDArray[np.object_]  # of the scenario alone, one a plan


def bestand_of(study: Study) -> Scenario:
    """The state that others are compared with."""
    return study.scenarios[0]


def planned_objects(study: Study, scenario: Scenario) -> NDArray[np.bool_]:
    """Objects (O,) that stand in the scenario alone."""
    return scenario.present & ~bestand_of(study).present


def removed_objects(study: Study, scenario: Scenario) -> NDArray[np.bool_]:
    """Objects (O,) that stand in the Bestand alone."""
    return bestand_of(study).present & ~scenario.present


def standing(study: Study, scenario: Scenario, extent: Extent) -> Standing:
    """Footprints of what casts shadow in the scenario or the Bestand and stands on maps of an extent."""
    model, root = study.model, root_objects(study.model.objects)
    casting = np.isin(model.kind, CASTING) & near(study, extent)
    ground = casting & (model.kind == SurfaceKind.GROUND)
    has_ground = np.zeros(len(model.objects), bool)
    has_ground[root[model.object[ground]]] = True
    foot = ground | (casting & (model.kind == SurfaceKind.ROOF) & ~has_ground[root[model.object]])
    kept = bestand_of(study).present & scenario.present
    removed, planned = removed_objects(study, scenario), planned_objects(study, scenario)
    rows = np.flatnonzero(foot & kept[model.object])
    gone = [outline_of(study, foot & (removed & (root == b))[model.object]) for b in np.unique(root[removed])]
    # A plan may be a mesh without kinds: its outline is that of all faces that can be seen from above.
    seen = casting & (np.abs(study.scene.normal[:, 2]) > STEEP)
    comes = [outline_of(study, seen & (planned & (root == b))[model.object]) for b in np.unique(root[planned])]
    return Standing(polygons_of(model, rows), objects_of(gone), objects_of(comes))


def near(study: Study, extent: Extent) -> NDArray[np.bool_]:
    """Surfaces (S,) in an extent or as far beyond it as a map may be widened."""
    bounds = surface_bounds(study.model)
    beyond = max(extent.east - extent.west, extent.north - extent.south)
    low = np.array([extent.west, extent.south]) - beyond
    high = np.array([extent.east, extent.north]) + beyond
    return np.asarray(((bounds.high[:, :2] >= low) & (bounds.low[:, :2] <= high)).all(axis=1))


def objects_of(shapes: Sequence[object]) -> NDArray[np.object_]:
    """Geometries as an array, empty ones left out."""
    kept = [shape for shape in shapes if not shape.is_empty]  # type: ignore[attr-defined]
    out = np.empty(len(kept), object)
    out[:] = kept
    return out


def outline_of(study: Study, which: NDArray[np.bool_]) -> object:
    """Outline in the plane of the surfaces (S,) marked."""
    import shapely

    shapes = shapely.force_2d(polygons_of(study.model, np.flatnonzero(which)))
    closed = shapely.buffer(shapely.make_valid(shapes), GAP_M, join_style="mitre")
    return shapely.union_all(closed)


def part_that_matters(study: Study, days: Sequence[Day], scenario: Scenario) -> Extent:
    """What a map of a scenario shows: all plans and removals and where they matter; without any, the whole grid."""
    changed = bestand_of(study).present != scenario.present
    corner = study.model.coords[np.repeat(changed[study.model.object], points_of_surfaces(study)), :2]
    if not len(corner):
        return extent_of_grid(study.grid)
    boxes = [corner]
    for day in days:
        moved = np.abs(difference(study, day, scenario.name)) >= MATTERS_MIN
        row, column = np.nonzero(moved)
        grid = study.grid
        boxes.append(np.stack([grid.west + column * grid.cell_m, grid.north - row * grid.cell_m], axis=1))
        boxes.append(study.receivers.point[np.abs(surface_change(day, scenario.name)) >= MATTERS_MIN, :2])
    place = np.concatenate(boxes)
    (west, south), (east, north) = place.min(axis=0).tolist(), place.max(axis=0).tolist()
    edge = MARGIN * max(east - west, north - south)
    wide, high = (max(LEAST_SIDE_M - size - 2 * edge, 0.0) / 2 + edge for size in (east - west, north - south))
    return Extent(west - wide, south - high, east + wide, north + high)


def surface_change(day: Day, scenario: str) -> NDArray[np.float64]:
    """Minutes (F,) that receivers on surfaces gain (lose: negative); NaN where not open to the air in both."""
    return np.asarray(lit_minutes(day.surface[scenario], day) - lit_minutes(day.surface[BESTAND], day))


def points_of_surfaces(study: Study) -> NDArray[np.int64]:
    """How many points each surface (S,) has."""
    return np.diff(study.model.ring_start[study.model.surface_ring])


def extent_of_grid(grid: Grid) -> Extent:
    """Edges of the raster's measured part [m]."""
    row, column = np.divmod(grid.pixel, grid.columns)
    if not len(row):
        row, column = np.array([0, grid.rows - 1]), np.array([0, grid.columns - 1])
    west, east = grid.west + column.min() * grid.cell_m, grid.west + (column.max() + 1) * grid.cell_m
    north, south = grid.north - row.min() * grid.cell_m, grid.north - (row.max() + 1) * grid.cell_m
    return Extent(float(west), float(south), float(east), float(north))


def crop_of(grid: Grid, extent: Extent) -> tuple[slice, slice, Extent]:
    """Rows and columns of the raster within an extent, and their own edges [m]."""
    first = max(0, int(np.floor((extent.west - grid.west) / grid.cell_m)))
    last = min(grid.columns, int(np.ceil((extent.east - grid.west) / grid.cell_m)))
    top = max(0, int(np.floor((grid.north - extent.north) / grid.cell_m)))
    low = min(grid.rows, int(np.ceil((grid.north - extent.south) / grid.cell_m)))
    last, low = max(last, first), max(low, top)
    edges = Extent(
        grid.west + first * grid.cell_m,
        grid.north - low * grid.cell_m,
        grid.west + last * grid.cell_m,
        grid.north - top * grid.cell_m,
    )
    return slice(top, low), slice(first, last), edges


def draw_standing(axes: Axes, stands: Standing, house: str = HOUSE) -> None:
    """Footprints on a map whose limits are set: kept ones filled, removed ones dashed, planned ones outlined boldly."""
    import shapely
    from matplotlib.collections import PathCollection

    kept = paths_of(stands.kept[~shapely.is_empty(stands.kept)])
    west, east = axes.get_xlim()
    small = (east - west) / (axes.bbox.width / DPI * MM) > OUTLINE_M_PER_MM
    style = (HOUSE_SMALL, "none") if small else (house, INK)
    axes.add_collection(PathCollection(kept, facecolors=style[0], edgecolors=style[1], linewidths=0.3, zorder=5))
    for shapes, fill, edge, width, dashes in (
        (stands.removed, "none", INK, 0.9, (0, (3, 1.6))),
        (stands.planned, PLANNED_FILL, PLANNED, 1.2, "-"),
    ):
        paths = paths_of(polygons_in(shapes))
        drawn = PathCollection(paths, facecolors=fill, edgecolors=edge, linewidths=width, linestyles=[dashes], zorder=6)
        axes.add_collection(drawn)
