"""A whole city model before the camera: every surface in the colour of its kind, on a ground guessed for the picture.

Where a file holds no terrain, a plate at one height would leave the houses of a hilly town floating or buried. So the
ground is drawn through the objects' lowest points, each cell by the nearest few of them (inverse distance weighting,
Shepard 1968, https://doi.org/10.1145/800186.810616). It is a picture's ground and nothing is computed from it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import raytrace
from io_citygml.model import CityModel, SurfaceKind, root_objects
from io_citygml.polygon import surface_areas, surface_normals, triangulate
from twin.export.city.geopackage import surface_middles
from twin.export.cog import Raster
from twin.export.mesh import KIND_COLOUR
from twin.report.render import GROUND, Stage, terrain_mesh

# Colours of surfaces without a kind, by what their object is.
TYPE_COLOUR = {
    "WaterBody": (132, 176, 208),
    "WaterSurface": (132, 176, 208),
    "PlantCover": (150, 178, 120),
    "SolitaryVegetationObject": (120, 158, 96),
    "Road": (178, 176, 176),
    "Railway": (160, 150, 146),
    "Square": (190, 186, 182),
    "LandUse": (214, 208, 190),
    "TINRelief": (206, 200, 176),
}
# Rows and columns of the guessed ground at most, and how many bases decide a cell.
GROUND_CELLS = 300
NEAREST = 4
# The guess stays below real ground surfaces, land use and relief.
BELOW_M = 0.3
# Wider than this, a city is shown in its densest part: houses would be too small to see.
FRAME_M = 400.0
# The frame stands this far off what is in it, and what stands so far beyond it may be seen or shade.
EDGE_M = 5.0
REACH_M = 1000.0
# A border as wide as the city fills the picture to its corners.
BORDER = 1.0
LEAST_BORDER_M = 20.0


Frame = tuple[float, float, float, float]  # west, south, east, north [m] in the CRS


def shown_part(model: CityModel, rows: NDArray[np.intp]) -> Frame | None:
    """The part of a city that an oblique view can show: all of it (None), or where surfaces (N,) are densest.

    Cells of half a frame are filled with the surfaces' area, and the two by two of them that hold most are taken.
    """
    low, high = model.coords[:, :2].min(axis=0), model.coords[:, :2].max(axis=0)
    if not len(rows) or float((high - low).max()) <= FRAME_M:
        return None
    middle, area = surface_middles(model)[rows, :2], surface_areas(model)[rows]
    cell = np.floor((middle - low) / (FRAME_M / 2)).astype(np.int64) + 1
    stride = int(cell[:, 1].max()) + 2
    key, index = np.unique(cell[:, 0] * stride + cell[:, 1], return_inverse=True)
    filled = np.bincount(index, area)
    corner = np.unique(key[:, None] - np.array([0, 1, stride, stride + 1]))
    total = np.zeros(len(corner))
    for shift in (0, 1, stride, stride + 1):
        at = np.minimum(np.searchsorted(key, corner + shift), len(key) - 1)
        total += np.where(key[at] == corner + shift, filled[at], 0.0)
    column, row = divmod(int(corner[np.argmax(total)]), stride)
    west, south = low + (np.array([column, row]) - 1) * (FRAME_M / 2)
    inside = rows[np.all((middle >= (west, south)) & (middle <= (west + FRAME_M, south + FRAME_M)), axis=1)]
    own = np.repeat(np.isin(np.arange(model.n_surfaces), inside), np.diff(model.ring_start[model.surface_ring]))
    points = np.clip(model.coords[own, :2], (west, south), (west + FRAME_M, south + FRAME_M))
    low, high = points.min(axis=0) - EDGE_M, points.max(axis=0) + EDGE_M
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def around(model: CityModel, frame: Frame | None) -> NDArray[np.intp]:
    """Surfaces, closures left out, that stand in a frame or near enough to be seen or to shade; all for None."""
    drawn = model.kind != SurfaceKind.CLOSURE
    if frame is not None:
        middle = surface_middles(model)[:, :2]
        drawn &= np.all((middle >= np.subtract(frame[:2], REACH_M)) & (middle <= np.add(frame[2:], REACH_M)), axis=1)
    return np.flatnonzero(drawn)


def stage_of_model(model: CityModel, frame: Frame | None) -> Stage | None:
    """What stands in a frame and around it, on its ground; None where nothing there has triangles."""
    rows = around(model, frame)
    faces = triangulate(model, rows)
    if not len(faces.triangle):
        return None
    plate, plate_triangle = terrain_mesh(guessed_ground(model, rows))
    index, triangle = np.unique(faces.triangle, return_inverse=True)
    city = model.coords[index]
    corner = np.concatenate([city, plate])
    triangle = np.concatenate([triangle.reshape(-1, 3), plate_triangle + len(city)])
    middle = (corner.min(axis=0) + corner.max(axis=0)) / 2
    normal = surface_normals(model)[faces.surface]
    normal[np.linalg.norm(normal, axis=1) == 0] = (0.0, 0.0, 1.0)
    flat = np.tile([0.0, 0.0, 1.0], (len(plate_triangle), 1))
    surface = np.concatenate([faces.surface, np.full(len(plate_triangle), GROUND)]).astype(np.int32)
    return Stage(
        raytrace.build(corner - middle, triangle),
        middle,
        corner - middle,
        len(city),
        np.concatenate([normal, flat]).astype(np.float32),
        surface,
    )


def surface_paint(model: CityModel) -> NDArray[np.float32]:
    """(S, 3) colour of every surface."""
    by_kind = np.array([KIND_COLOUR[kind] for kind in SurfaceKind], np.float32)
    paint = by_kind[model.kind]
    for row in np.flatnonzero(model.kind == SurfaceKind.OTHER):
        paint[row] = TYPE_COLOUR.get(model.objects[model.object[row]].type, KIND_COLOUR[SurfaceKind.OTHER])
    return paint


def base_heights(model: CityModel) -> NDArray[np.float64]:
    """(O,) lowest point [m] of what belongs to each object's top-level object; inf where that has no surface."""
    root = root_objects(model.objects)
    base = np.full(len(model.objects), np.inf)
    owner = np.repeat(root[model.object], np.diff(model.ring_start[model.surface_ring]))
    np.minimum.at(base, owner, model.coords[:, 2])
    return np.asarray(base[root])


def guessed_ground(model: CityModel, rows: NDArray[np.intp]) -> Raster:
    """Heights [m] under surfaces (N,) and a border."""
    from scipy.spatial import cKDTree

    place, height = (
        model.coords[model.ring_start[model.surface_ring[rows]], :2],
        base_heights(model)[model.object[rows]],
    )
    low, high = place.min(axis=0), place.max(axis=0)
    border = BORDER * max(float((high - low).max()), 1.0) + LEAST_BORDER_M
    low, high = low - border, high + border
    cell = float((high - low).max() / GROUND_CELLS)
    columns, lines = (np.ceil((high - low) / cell).astype(int) + 1).tolist()
    x = low[0] + (np.arange(columns) + 0.5) * cell
    y = high[1] - (np.arange(lines) + 0.5) * cell
    target = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    # One base for every cell it stands in: a tower of many walls counts no more than a shed.
    key = np.floor((place - low) / cell).astype(np.int64)
    _, one = np.unique(key[:, 0] * (lines + 1) + key[:, 1], return_index=True)
    near = min(NEAREST, len(one))
    distance, which = cKDTree(place[one]).query(target, k=near)
    weight = 1.0 / np.maximum(distance.reshape(-1, near), cell / 4) ** 2
    nearby = height[one][which.reshape(-1, near)]
    # Where the file holds land or water itself, the plate stays below all of it.
    land = bool(np.any(model.kind[rows] == SurfaceKind.OTHER))
    value = nearby.min(axis=1) if land else (weight * nearby).sum(axis=1) / weight.sum(axis=1)
    return Raster((value - BELOW_M).reshape(lines, columns).astype(np.float32), float(low[0]), float(high[1]), cell)
