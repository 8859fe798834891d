"""Façades unrolled: sun hours before and after and the change, tile by tile, of the buildings that lose most.

Receivers are points; a tile is the part of its wall that lies nearest to one (Voronoi), which for receivers on a grid
is the grid. Along the wall is measured to the right as seen from outside, height from the building's foot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, root_objects
from twin.report.city_map import path_of, polygons_in
from twin.report.figures import look
from twin.report.picture import Picture
from twin.report.study_canvas import DPI, INK, MM, WIDTH_MM, box, line, paper, picture_png
from twin.report.study_colours import (
    Classes,
    change_classes,
    classed,
    draw_change_legend,
    draw_hour_legend,
    hour_classes,
)
from twin.report.study_maps import MapSheet
from twin.report.study_picture_words import StudyWords
from twin.report.study_scene import points_of_surfaces, surface_change
from twin.study.masks import lit_minutes
from twin.study.outcome import BESTAND
from twin.terrain.walls import UPRIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as Outline

MOST_BUILDINGS = 4
MOST_FACADES = 4
GAP_M = 1.5
# Walls narrower than this on paper are named without their degrees.
LABEL_MM = 9.0
COLUMN_GAP_MM = 3.0
HEAD_MM = 9.0
FOOT_MM = 4.0
LOWEST_MM, HIGHEST_MM = 12.0, 42.0
# A small house is not drawn larger than this.
LARGEST_MM_PER_M = 3.0
MIN_PER_H = 60.0
# Fine lines across the façades stand so far apart: about a storey.
LINES_M = 3.0


class Facade(NamedTuple):
    """One wall in its own plane: x to the right as seen from outside, y height [m]."""

    tile: list[Outline]
    receiver: NDArray[np.intp]  # (N,) row of each tile
    top_m: float
    width_m: float
    azimuth_deg: float  # true


class Elevation(NamedTuple):
    """The affected walls of one building, side by side."""

    building: str
    facades: list[Facade]
    height_m: float
    worst_min: float
    mean_min: float

    @property
    def width_m(self) -> float:
        """All walls with the gaps between them."""
        return sum(facade.width_m for facade in self.facades) + GAP_M * (len(self.facades) - 1)


def facades_picture(sheet: MapSheet) -> Picture | None:
    """The buildings whose façades lose most sun in a scenario; None where no façade loses any."""
    change = surface_change(sheet.day, sheet.scenario)
    elevations = elevations_of(sheet, change)
    if not elevations:
        return None
    words = sheet.words
    wide = (WIDTH_MM - 2 * COLUMN_GAP_MM) / 3
    highs = [_height_mm(item, wide) for item in elevations]
    height = sum(highs) + len(highs) * (HEAD_MM + FOOT_MM) + 14.0
    hours = hour_classes(len(sheet.day.instants.time) * sheet.day.instants.step_s / 3600.0)
    panels = [
        (BESTAND, hours, lit_minutes(sheet.day.surface[BESTAND], sheet.day) / MIN_PER_H),
        (sheet.scenario, hours, lit_minutes(sheet.day.surface[sheet.scenario], sheet.day) / MIN_PER_H),
        (words("change"), change_classes(), change),
    ]
    with look():
        figure = paper(WIDTH_MM, height)
        top = 0.0
        for item, high in zip(elevations, highs, strict=True):
            line(figure, 0, top + 3.4, words("facade_row", item.building, words.number(item.mean_min)), 7.5, "bold")
            for column, (title, classes, value) in enumerate(panels):
                left = column * (wide + COLUMN_GAP_MM)
                line(figure, left, top + 7.6, title, 6.8)
                draw_elevation(box(figure, left, top + HEAD_MM, wide, high), item, classes, value, words)
            top += HEAD_MM + high + FOOT_MM
        part = (WIDTH_MM - 10) / 2
        date = words.date(sheet.day.date)
        draw_hour_legend(box(figure, 2, top + 5.0, part, 4), hours, words("hours_legend", date), words)
        title = words("change_legend")
        draw_change_legend(box(figure, part + 7, top + 5.0, part, 4), change_classes(), title, words, size=5.6)
        png = picture_png(figure)
    losses = " ".join(words("facade_loss", item.building, words.number(item.worst_min)) for item in elevations)
    return Picture(
        f"facades:{sheet.day.date}:{sheet.scenario}",
        png,
        WIDTH_MM,
        height,
        words("facades_alt", len(elevations), sheet.scenario, losses),
        words("facades_caption", date, sheet.scenario),
    )


def _height_mm(item: Elevation, width_mm: float) -> float:
    """Height on paper of a row of façades, in true proportions wherever the limits leave room."""
    scale = min(width_mm / item.width_m, LARGEST_MM_PER_M)
    return min(max(item.height_m * scale, LOWEST_MM), HIGHEST_MM)


def elevations_of(sheet: MapSheet, change: NDArray[np.float64]) -> list[Elevation]:
    """The buildings that lose most, by area and duration; of each the walls that lose most, by their azimuth."""
    study = sheet.study
    receivers, model = study.receivers, study.model
    upright = np.abs(study.scene.normal[:, 2]) < UPRIGHT
    lost = np.where(np.isfinite(change) & upright[receivers.surface], np.minimum(change, 0.0), 0.0)
    loss = np.bincount(receivers.surface, -lost * receivers.area_m2, minlength=len(model.kind))
    root = root_objects(model.objects)[model.object]
    by_building = np.bincount(root, loss, minlength=len(model.objects))
    worst = np.argsort(-by_building, kind="stable")[:MOST_BUILDINGS]
    out = []
    for building in worst[by_building[worst] > 0]:
        walls = np.flatnonzero((root == building) & (loss > 0))
        walls = walls[np.argsort(-loss[walls], kind="stable")[:MOST_FACADES]]
        rows = np.flatnonzero(np.isin(receivers.surface, walls))
        foot = float(model.coords[np.repeat(root == building, points_of_surfaces(study)), 2].min())
        facades = [_facade(sheet, int(wall), rows[receivers.surface[rows] == wall], foot) for wall in walls]
        facades.sort(key=lambda facade: facade.azimuth_deg)
        known = rows[np.isfinite(change[rows])]
        area = receivers.area_m2[known]
        top = max(facade.top_m for facade in facades)
        mean = float((change[known] * area).sum() / area.sum())
        out.append(Elevation(model.objects[building].id, facades, top, -float(lost[rows].min()), mean))
    return out


def _facade(sheet: MapSheet, wall: int, rows: NDArray[np.intp], foot_m: float) -> Facade:
    """A wall's polygon in its plane, cut into tiles about its receivers."""
    import shapely

    study = sheet.study
    normal = study.scene.normal[wall]
    # Seen from outside the right hand points along the wall with the normal to the viewer.
    right = np.array([-normal[1], normal[0]]) / np.hypot(normal[0], normal[1])
    rings = [ring[:, :2] @ right for ring in _rings(study.model, wall)]
    heights = [ring[:, 2] - foot_m for ring in _rings(study.model, wall)]
    left = min(float(along.min()) for along in rings)
    outline = [np.column_stack([along - left, z]) for along, z in zip(rings, heights, strict=True)]
    polygon = shapely.make_valid(shapely.Polygon(outline[0], [ring for ring in outline[1:] if len(ring) >= 3]))
    point = study.receivers.point[rows]
    place = np.column_stack([point[:, :2] @ right - left, point[:, 2] - foot_m])
    tiles = tiles_of(polygon, place)
    paths = [(path_of(part), row) for tile, row in zip(tiles, rows, strict=True) for part in polygons_in(tile)]
    azimuth = np.degrees(np.arctan2(normal[0], normal[1])) + study.scene.site.convergence_deg
    return Facade(
        [path for path, _ in paths],
        np.array([row for _, row in paths], np.intp),
        max(float(z.max()) for z in heights),
        max(float(along.max()) for along in rings) - left,
        float(azimuth % 360.0),
    )


def _rings(model: CityModel, surface: int) -> list[NDArray[np.float64]]:
    first, last = model.surface_ring[surface], model.surface_ring[surface + 1]
    return [model.coords[model.ring_start[r] : model.ring_start[r + 1]] for r in range(first, last)]


def tiles_of(polygon: object, place: NDArray[np.float64]) -> list[object]:
    """The part of a polygon nearest to each place (N, 2), in their order."""
    import shapely

    if len(place) == 1:
        return [polygon]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(place), extend_to=polygon, ordered=True))
    return list(shapely.intersection(cells, polygon))


def draw_elevation(
    axes: Axes, item: Elevation, classes: Classes, value: NDArray[np.float64], words: StudyWords
) -> None:
    """One panel: the walls side by side, their direction below."""
    from matplotlib.collections import PathCollection
    from matplotlib.transforms import Affine2D

    offset = 0.0
    scale = min(axes.bbox.width / DPI * MM / item.width_m, axes.bbox.height / DPI * MM / item.height_m)
    for facade in item.facades:
        tiles = [tile.transformed(Affine2D().translate(offset, 0.0)) for tile in facade.tile]
        colour = classed(classes, value[facade.receiver]) / 255.0
        axes.add_collection(PathCollection(tiles, facecolors=colour, edgecolors=colour, linewidths=0.2, zorder=2))
        text = words.compass(facade.azimuth_deg)
        if facade.width_m * scale >= LABEL_MM:
            text = f"{text} {words.number(facade.azimuth_deg)}°"
        axes.annotate(
            text,
            (offset + facade.width_m / 2, 0.0),
            xytext=(0, -2.5),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=5.8,
            color=INK,
        )
        offset += facade.width_m + GAP_M
    axes.hlines(np.arange(LINES_M, item.height_m, LINES_M), 0.0, item.width_m, colors="white", linewidth=0.4, zorder=3)
    axes.set_xlim(-0.3, item.width_m + 0.3)
    axes.set_ylim(0.0, item.height_m)
    axes.set_aspect("equal", adjustable="box", anchor="W")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
