"""Modules on roofs as they are laid out: one small map a roof, north up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, SurfaceKind
from twin.pv.config import PvConfig
from twin.pv.planes import lifted, polygons
from twin.pv.plants import Mounting, Plants, corners, drawn
from twin.pv.roofs import usable_areas
from twin.report.city_map import Extent, path_of, polygons_in, widened
from twin.report.study_canvas import (
    HOUSE,
    INK,
    PAPER,
    PLANNED,
    WIDTH_MM,
    box,
    draw_signs,
    line,
    paper,
    picture_png,
    show,
)
from twin.report.words import Words
from twin.scene import Scene, surface_bounds

if TYPE_CHECKING:
    import shapely
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
GAP_MM = 3.0
TEXT_MM = 8.5
MARGIN = 0.12
OTHER_ROOF = "#dedbd3"
# Edges and obstacles.
TAKEN = "#cdb98f"
# The two facings of tents, and every other module.
MODULE = (PLANNED, "#6d8fd6")
WORDS = {
    Mounting.ROOF: ("dachparallel", "roof-parallel"),
    Mounting.EAST_WEST: ("Ost-West", "east-west"),
    Mounting.SOUTH: ("Südreihen", "south rows"),
    Mounting.FACADE: ("Fassade", "façade"),
}
SIZES = ("{} m², {} Module {}", "{} m², {} modules {}")
NOTHING = ("{} m², keine Module", "{} m², no modules")


class Roof(NamedTuple):
    """What a small map shows, in plan [m in the CRS]."""

    title: str
    area_m2: float
    outline: shapely.Geometry
    usable: shapely.Geometry  # without edges and obstacles; empty where nothing is planted
    others: NDArray[np.object_]  # other roofs
    module: NDArray[np.float64]  # (K, 4, 2) corners
    facing: NDArray[np.uint8]  # (K,)
    mounting: Mounting | None


def roof_of(model: CityModel, scene: Scene, plants: Plants, config: PvConfig, surface: int, title: str) -> Roof:
    """The map of a roof, planted or not; ``config`` is what the plants were laid out with."""
    import shapely

    roofs = np.flatnonzero((model.kind == SurfaceKind.ROOF) & (np.arange(len(model.kind)) != surface))
    bounds = surface_bounds(model)
    low, high = bounds.low[surface, :2], bounds.high[surface, :2]
    reach = (high - low).max() * MARGIN * 2
    near = (bounds.low[roofs, :2] < high + reach).all(axis=1) & (bounds.high[roofs, :2] > low - reach).all(axis=1)
    plan = _in_plan(model, np.array([surface, *roofs[near]], np.int32))
    area = float(scene.area_m2[surface])
    row = np.flatnonzero(plants.surface == surface)
    if not len(row):
        return Roof(title, area, plan[0], shapely.Polygon(), plan[1:], np.zeros((0, 4, 2)), np.zeros(0, np.uint8), None)
    module = slice(int(plants.module_start[row[0]]), int(plants.module_start[row[0] + 1]))
    mounting = plants.mounting[row]
    _, drawing = drawn(model, scene, plants.surface[row], mounting)
    free = usable_areas(model, scene, drawing, mounting == Mounting.FACADE, config.layout)[0]

    def in_plan(place: NDArray[np.float64]) -> NDArray[np.float64]:
        return lifted(drawing, np.zeros(len(place), np.intp), place)[:, :2]

    usable = shapely.transform(free, in_plan)
    shown = corners(plants)[module, :, :2], plants.facing[module]
    return Roof(title, area, plan[0], usable, plan[1:], *shown, Mounting(int(mounting[0])))


def _in_plan(model: CityModel, surfaces: NDArray[np.int32]) -> NDArray[np.object_]:
    axes = np.repeat(np.eye(3)[:, None], len(surfaces), axis=1)
    return polygons(model, surfaces, np.zeros((len(surfaces), 3)), axes[0], axes[1])


def layout_picture(roofs: list[Roof], language: str) -> bytes:
    """PNG of roofs with their modules, four in a row."""
    words = Words(language)
    column = 0 if language == "de" else 1
    rows = -(-len(roofs) // COLUMNS)
    side = (WIDTH_MM - GAP_MM * (COLUMNS - 1)) / COLUMNS
    figure = paper(WIDTH_MM, rows * (side + TEXT_MM + GAP_MM))
    for number, roof in enumerate(roofs):
        left = number % COLUMNS * (side + GAP_MM)
        top = number // COLUMNS * (side + TEXT_MM + GAP_MM)
        _caption(figure, roof, left, top, words, column)
        _draw(box(figure, left, top + TEXT_MM, side, side), roof, words)
    return picture_png(figure)


def _caption(figure: Figure, roof: Roof, left: float, top: float, words: Words, column: int) -> None:
    line(figure, left, top + 3.4, roof.title, 7.5, "bold")
    area = words.number(roof.area_m2)
    if roof.mounting is None:
        text = NOTHING[column].format(area)
    else:
        text = SIZES[column].format(area, words.number(len(roof.module)), WORDS[roof.mounting][column])
    line(figure, left, top + 7.0, text, 6.5)


def _draw(axes: Axes, roof: Roof, words: Words) -> None:
    from matplotlib.collections import PathCollection, PolyCollection

    west, south, east, north = roof.outline.bounds
    edge = max(east - west, north - south) * MARGIN
    extent = widened(Extent(west - edge, south - edge, east + edge, north + edge), 1.0)
    show(axes, extent)
    layers = ((roof.others, OTHER_ROOF, PAPER), ([roof.outline], TAKEN, INK), ([roof.usable], HOUSE, HOUSE))
    for shapes, fill, border in layers:
        paths = [path_of(polygon) for shape in shapes for polygon in polygons_in(shape) if not polygon.is_empty]
        axes.add_collection(PathCollection(paths, facecolors=fill, edgecolors=border, linewidths=0.7))
    axes.add_collection(
        PolyCollection(
            list(roof.module), facecolors=[MODULE[side] for side in roof.facing], edgecolors="white", linewidths=0.3
        )
    )
    draw_signs(axes, extent, words, 5.5)
