"""The 3D picture: an oblique orthographic view from the south-south-west, drawn by our own ray caster.

Each picture point sends parallel rays: `raytrace.closest` says what they meet, `raytrace.visible` how much of the
lamp that spot sees. Colours are those of the scale: a lit level plane shows them exactly, everything else is shaded
gently towards dark, so the legend holds. Parallel projection keeps lengths comparable over the whole picture.

One ray serves a point that looks like those beside it; where something begins or ends a point is drawn from four. That
adaptive sampling is T. Whitted's (An improved illumination model for shaded display, 1980, doi:10.1145/358876.358882).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace.bits import unpack
from raytrace.bvh import Bvh
from twin.export.cog import NODATA, Raster
from twin.report.colours import OPEN_NO_VALUE, Scale, colour_of
from twin.scene import Scene

# Looking to the north-north-east shows south and west façades and leaves north near the top of the picture.
VIEW_AZIMUTH_DEG = 20.0
VIEW_ELEVATION_DEG = 38.0
# A lamp in the west-south-west throws shadows to the right, where they tell heights apart.
LAMP_AZIMUTH_DEG = 245.0
LAMP_ELEVATION_DEG = 42.0
# Directions spread over the lamp soften the edge of its shadows; each part of a point drawn finely sees one of them.
LAMP_RADIUS_DEG = 2.5
LAMP_POINTS = 4
# Light without the lamp on a level plane, and what a wall has of it: shade darkens, but never hides the colour.
AMBIENT = 0.62
AMBIENT_WALL = 0.80
# Green fades faster in the shade: yellow then turns brown, as it is expected to, and not olive.
SHADE_TINT = np.array([1.0, 1.25, 1.0], np.float32)
# Edges of buildings are drawn this dark.
EDGE = 0.45
# A point is drawn from so many parts across and down where it differs from one beside it: in what it shows, or in any
# colour by more than so much of 255.
SUPERSAMPLING = 2
UNEVEN = 6.0
MARGIN = 0.04
# Shadow rays start this far off the surface: well above float32's step at the size of a city.
OFFSET_M = 0.05
# Eight by eight picture points form the packet of 64 that the kernels trace together.
BLOCK = 8
# Rows of points held at a time, and points drawn finely: 1,600 × 128 need about 30 MB.
BAND = 128
HELD = 1600 * BAND
GROUND = -1
NOTHING = -2


class Stage(NamedTuple):
    """Everything rays can meet, about the middle of the scene."""

    bvh: Bvh
    middle: NDArray[np.float64]  # (3,) m in the CRS
    corner: NDArray[np.float64]  # (N, 3) m, every vertex, those of the city first
    n_city: int  # how many of them are the city's
    normal: NDArray[np.float32]  # (T, 3) unit
    surface: NDArray[np.int32]  # (T,) GROUND for the ground


class View(NamedTuple):
    """What of a city a picture shows, and how large."""

    focus: tuple[float, float, float, float] | None  # m in the CRS: west, south, east, north; None for everything
    width: int
    height: int


Paint: TypeAlias = "tuple[NDArray[np.float32], Raster | None, Scale]"


class Film(NamedTuple):
    """Where the picture lies in space."""

    corner: NDArray[np.float64]  # (3,) m, upper left
    right: NDArray[np.float64]  # (3,) m, one point
    down: NDArray[np.float64]  # (3,) m, one point


def unit_from(azimuth_deg: float, elevation_deg: float) -> NDArray[np.float64]:
    """Unit vector (3,) that points to an azimuth and elevation."""
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    return np.array([np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])


FORWARD = unit_from(VIEW_AZIMUTH_DEG, -VIEW_ELEVATION_DEG)
RIGHT = unit_from(VIEW_AZIMUTH_DEG + 90.0, 0.0)
UP = np.cross(RIGHT, FORWARD)


def north_in_picture() -> tuple[float, float]:
    """Where grid north points in the picture, right and up, as a unit vector."""
    toward = np.array([RIGHT[1], UP[1]])
    right, up = toward / np.linalg.norm(toward)
    return float(right), float(up)


def render_city(
    scene: Scene,
    surface_value: NDArray[np.float64],
    ground: Raster | None,
    terrain: Raster,
    scale: Scale,
    view: View,
) -> NDArray[np.uint8]:
    """Picture (height, width, 3) of a city.

    Parameters
    ----------
    surface_value : (S,) [kWh/m²]
        Annual irradiation of every surface, NaN for none (drawn grey).
    ground : [kWh/m²]
        Annual irradiation of open land; None draws it grey.
    terrain : [m]
        Height of the ground at the middles of its cells; it is drawn as far as these reach.
    """
    paint = colour_of(scale, surface_value).astype(np.float32)
    return render_stage(stage_of(scene, terrain), (paint, ground, scale), view)


def render_stage(stage: Stage, paint: Paint, view: View) -> NDArray[np.uint8]:
    """Picture (height, width, 3) of a stage in the colours (S, 3) of its surfaces; ground values with their scale."""
    film = film_of(stage.corner, in_focus(stage, view.focus), view.width, view.height)
    colour, key = drawn_once(stage, paint, film, view)
    row, column = np.nonzero(uneven(colour, key))
    parts, fine = drawn_finely(stage, paint, film, row, column), np.repeat(key, SUPERSAMPLING, axis=1)
    fine = np.repeat(fine, SUPERSAMPLING, axis=0)
    shape = (view.height, SUPERSAMPLING, view.width, SUPERSAMPLING)
    fine.reshape(shape)[row, :, column, :] = parts[1]
    dark = np.where(edges(fine), np.float32(EDGE), np.float32(1.0)).reshape(shape)
    colour *= dark.mean(axis=(1, 3))[..., None]
    colour[row, column] = (parts[0] * dark[row, :, column, :, None]).mean(axis=(1, 2))
    return np.round(colour).astype(np.uint8)


def in_focus(stage: Stage, focus: tuple[float, float, float, float] | None) -> NDArray[np.bool_]:
    """Which corners (N,) the picture must hold: those in the focus, or the whole city."""
    city = np.arange(len(stage.corner)) < stage.n_city
    if focus is None:
        return city
    west, south, east, north = focus
    x, y = stage.corner[:, 0] + stage.middle[0], stage.corner[:, 1] + stage.middle[1]
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return inside if inside.any() else city


def stage_of(scene: Scene, terrain: Raster) -> Stage:
    """City and ground in one tree."""
    ground_vertex, ground_triangle = terrain_mesh(terrain)
    corner = np.concatenate([scene.vertices + scene.origin, ground_vertex])
    triangle = np.concatenate([scene.triangles.astype(np.int64), ground_triangle + len(scene.vertices)])
    index = np.unique(triangle)
    used, n_city = corner[index], int((index < len(scene.vertices)).sum())
    middle = (used.min(axis=0) + used.max(axis=0)) / 2
    corner = corner - middle
    a, b, c = corner[triangle[:, 0]], corner[triangle[:, 1]], corner[triangle[:, 2]]
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.where(length > 0, normal / np.where(length > 0, length, 1.0), [0.0, 0.0, 1.0])
    # Open land is computed level, so it is lit level: slopes guessed between buildings are not shown as relief.
    normal[len(scene.triangles) :] = [0.0, 0.0, 1.0]
    surface = np.concatenate([scene.surface, np.full(len(ground_triangle), GROUND)]).astype(np.int32)
    return Stage(raytrace.build(corner, triangle), middle, used - middle, n_city, normal.astype(np.float32), surface)


def terrain_mesh(terrain: Raster) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vertices (N, 3) [m] in the CRS at the middles of a raster's cells, and triangles (M, 3) between them."""
    rows, columns = terrain.value.shape
    x = terrain.west + (np.arange(columns) + 0.5) * terrain.cell_m
    y = terrain.north - (np.arange(rows) + 0.5) * terrain.cell_m
    east, north = np.meshgrid(x, y)
    vertex = np.stack([east, north, terrain.value.astype(np.float64)], axis=-1).reshape(-1, 3)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangle = np.stack([np.stack([a, d, c], -1), np.stack([a, c, b], -1)], axis=-2).reshape(-1, 3)
    return vertex, triangle


def film_of(corner: NDArray[np.float64], shown: NDArray[np.bool_], columns: int, rows: int) -> Film:
    """Film that holds the corners (N, 3) that are to be shown with a margin, in front of all corners."""
    across, along, away = corner[shown] @ RIGHT, corner[shown] @ UP, corner @ FORWARD
    size = np.array([np.ptp(across) / columns, np.ptp(along) / rows]).max() * (1 + 2 * MARGIN)
    size = max(float(size), 1e-3)
    left = (across.min() + across.max()) / 2 - columns / 2 * size
    top = (along.min() + along.max()) / 2 + rows / 2 * size
    return Film(left * RIGHT + top * UP + (away.min() - 1.0) * FORWARD, size * RIGHT, -size * UP)


def drawn_once(stage: Stage, paint: Paint, film: Film, view: View) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Colours (height, width, 3) and keys (height, width) in the middles of all points."""
    height, width = (-(-size // BLOCK) * BLOCK for size in (view.height, view.width))
    colour, key = np.empty((height, width, 3), np.float32), np.empty((height, width), np.int32)
    for top in range(0, height, BAND):
        row, column = block_order(slice(top, min(top + BAND, height)), width)
        start = film.corner + (column + 0.5)[:, None] * film.right + (row + 0.5)[:, None] * film.down
        colour[row, column], key[row, column] = looked_at(stage, paint, start, lamp_directions())
    return colour[: view.height, : view.width], key[: view.height, : view.width]


def drawn_finely(
    stage: Stage, paint: Paint, film: Film, row: NDArray[np.intp], column: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Colours (N, down, right, 3) and keys (N, down, right) of the parts of points in rows and columns (N,)."""
    colour = np.empty((len(row), SUPERSAMPLING, SUPERSAMPLING, 3), np.float32)
    key = np.empty((len(row), SUPERSAMPLING, SUPERSAMPLING), np.int32)
    for turn, (i, j) in enumerate(np.ndindex(SUPERSAMPLING, SUPERSAMPLING)):
        lamp = lamp_directions()[turn % LAMP_POINTS, None]
        for first in range(0, len(row), HELD):
            held = slice(first, first + HELD)
            down, right = row[held] + (i + 0.5) / SUPERSAMPLING, column[held] + (j + 0.5) / SUPERSAMPLING
            start = film.corner + right[:, None] * film.right + down[:, None] * film.down
            colour[held, i, j], key[held, i, j] = looked_at(stage, paint, start, lamp)
    return colour, key


def looked_at(
    stage: Stage, paint: Paint, start: NDArray[np.float64], lamp: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Colours (N, 3) of what is seen from points (N, 3) of the film in the light of lamps (L, 3), and its keys (N,)."""
    hit = raytrace.closest(stage.bvh, start, np.broadcast_to(FORWARD, start.shape))
    met = np.flatnonzero(hit.triangle >= 0)
    triangle = hit.triangle[met]
    normal = stage.normal[triangle]
    normal = np.where((normal @ FORWARD.astype(np.float32) > 0)[:, None], -normal, normal)
    spot = start[met] + hit.distance[met, None].astype(np.float64) * FORWARD
    surface = stage.surface[triangle]
    base = surface_colours(surface, spot + stage.middle, paint)
    colour = np.full((len(start), 3), 255.0, np.float32)
    colour[met] = base * light(stage.bvh, spot, normal, lamp)[:, None] ** SHADE_TINT
    key = np.full(len(start), NOTHING, np.int32)
    key[met] = surface
    return colour, key


def block_order(band: slice, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of every point of a band, block after block."""
    row, column = np.mgrid[band, 0:columns]
    shape = ((band.stop - band.start) // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    return (
        row.reshape(shape).transpose(0, 2, 1, 3).ravel(),
        column.reshape(shape).transpose(0, 2, 1, 3).ravel(),
    )


def surface_colours(
    surface: NDArray[np.int32],
    place: NDArray[np.float64],
    paint: Paint,
) -> NDArray[np.float32]:
    """Unshaded colours (N, 3) of spots: of their surface, or of the ground raster's cell at their place (N, 3)."""
    surface_paint, ground, scale = paint
    colour = surface_paint[np.maximum(surface, 0)]
    land = np.flatnonzero(surface == GROUND)
    colour[land] = OPEN_NO_VALUE
    if ground is None:
        return colour
    column = np.floor((place[land, 0] - ground.west) / ground.cell_m).astype(np.int64)
    row = np.floor((ground.north - place[land, 1]) / ground.cell_m).astype(np.int64)
    inside = (row >= 0) & (row < ground.value.shape[0]) & (column >= 0) & (column < ground.value.shape[1])
    value = ground.value[row[inside], column[inside]].astype(np.float64)
    colour[land[inside]] = colour_of(scale, np.where(value == NODATA, np.nan, value), OPEN_NO_VALUE)
    return colour


def light(
    bvh: Bvh, spot: NDArray[np.float64], normal: NDArray[np.float32], lamp: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Brightness (N,) of spots in the light of lamps (L, 3), 1 on a level plane in full light."""
    seen = raytrace.visible(bvh, spot + OFFSET_M * normal, normal, lamp)
    lit = unpack(seen, len(lamp)).mean(axis=1, dtype=np.float32)
    middle = unit_from(LAMP_AZIMUTH_DEG, LAMP_ELEVATION_DEG)
    facing = np.clip(normal @ middle.astype(np.float32), 0.0, None) / np.float32(middle[2])
    ambient = AMBIENT * (AMBIENT_WALL + (1 - AMBIENT_WALL) * np.abs(normal[:, 2]))
    return np.asarray(np.minimum(ambient + (1 - AMBIENT) * lit * np.minimum(facing, 1.0), 1.0), np.float32)


def lamp_directions() -> NDArray[np.float64]:
    """Unit vectors (LAMP_POINTS, 3) on a ring about the lamp's middle."""
    turn = 2 * np.pi * (np.arange(LAMP_POINTS) + 0.5) / LAMP_POINTS
    azimuth = LAMP_AZIMUTH_DEG + LAMP_RADIUS_DEG * np.cos(turn) / np.cos(np.radians(LAMP_ELEVATION_DEG))
    elevation = LAMP_ELEVATION_DEG + LAMP_RADIUS_DEG * np.sin(turn)
    return np.array([unit_from(a, e) for a, e in zip(azimuth, elevation, strict=True)])


def uneven(colour: NDArray[np.float32], key: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Points (height, width) that differ from one beside, above or below them."""
    found = np.zeros(key.shape, bool)
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        differ = (key[one] != key[other]) | (np.abs(colour[one] - colour[other]) > UNEVEN).any(axis=-1)
        found[one] |= differ
        found[other] |= differ
    return found


def edges(key: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Points of a building beside a point with another key, to the right or below."""
    edge = np.zeros(key.shape, bool)
    edge[:, :-1] |= key[:, :-1] != key[:, 1:]
    edge[:-1] |= key[:-1] != key[1:]
    return edge & (key != NOTHING)
