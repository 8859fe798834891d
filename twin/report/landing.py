"""Where planned buildings landed: plan view with coordinates and oblique view, seen before anything is computed."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import SurfaceKind
from twin.export.cog import Raster
from twin.open_land import OpenLand, footprints
from twin.plan.plan import Plan
from twin.report.city_map import Extent, box_aspect, label_coordinates, widened
from twin.report.colours import scale_of
from twin.report.figures import look
from twin.report.picture import Picture
from twin.report.render import View, north_in_picture, render_stage, stage_of
from twin.report.study_canvas import (
    HOUSE,
    MM,
    PLANNED,
    WIDTH_MM,
    arrow,
    box,
    draw_signs,
    line,
    paper,
    picture_png,
)
from twin.report.study_picture_words import StudyWords
from twin.report.study_scene import draw_standing, planned_objects, points_of_surfaces, standing
from twin.study.outcome import Scenario, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What is shown around the plans.
AROUND = 0.8
LEAST_AROUND_M = 40.0
# The ground of the oblique view reaches this far beyond its frame, in steps of at most this many a side.
BEYOND_M = 150.0
GROUND_STEPS = 160
MOST_SCENARIOS = 3
MAP_MM = (80.0, 72.0)
LEFT_MM = 13.0
OBLIQUE_MM = (75.0, 72.0)
RENDER_DPI = 150
TITLE_MM = 5.0
AXIS_MM = 11.0
LINE_MM = 4.2
CHARACTERS = 118
END_SHARE = 0.08
# sRGB of the oblique view: the city stays pale, so that what is planned stands out.
ROOF, WALL, PLAN_ROOF, PLAN_WALL = (214, 196, 178), (236, 228, 212), (78, 116, 196), (150, 178, 232)


def landing_picture(study: Study, language: str) -> Picture | None:
    """Plan and oblique view of every scenario that has a plan; None where none has."""
    words = StudyWords(language)
    stands = [scenario for scenario in study.scenarios if planned_objects(study, scenario).any()]
    chosen = stands[:MOST_SCENARIOS]
    if not chosen:
        return None
    lines = [lines_of(scenario, words) for scenario in chosen]
    heights = [TITLE_MM + MAP_MM[1] + AXIS_MM + LINE_MM * len(part) + 2.0 for part in lines]
    with look():
        figure = paper(WIDTH_MM, sum(heights))
        top = 0.0
        for scenario, part, height in zip(chosen, lines, heights, strict=True):
            extent = around_plans(study, scenario)
            line(figure, 0, top + 3.6, words("landing_plan", scenario.name), 8, "bold")
            line(figure, LEFT_MM + MAP_MM[0] + 2, top + 3.6, words("landing_oblique"), 8, "bold")
            _draw_plan(box(figure, LEFT_MM, top + TITLE_MM, *MAP_MM), study, scenario, extent, words)
            oblique = box(figure, WIDTH_MM - OBLIQUE_MM[0], top + TITLE_MM, *OBLIQUE_MM)
            oblique.imshow(oblique_view(study, scenario, extent), interpolation="antialiased")
            oblique.set_axis_off()
            arrow(oblique, north_in_picture(), words("north"))
            for number, text in enumerate(part):
                line(figure, 0, top + TITLE_MM + MAP_MM[1] + AXIS_MM + LINE_MM * (number + 0.5), text, 7)
            top += height
        png = picture_png(figure)
    names = "; ".join(f"{scenario.name}: {', '.join(plan.name for plan in scenario.plans)}" for scenario in chosen)
    caption = words("landing_caption", names, study.scene.crs.horizontal)
    alt = words("landing_alt", " ".join(text for part in lines for text in part))
    return Picture("landing", png, WIDTH_MM, sum(heights), alt, caption)


def lines_of(scenario: Scenario, words: StudyWords) -> list[str]:
    """A line a plan: its number on the map, place, size, heights; then what is removed."""
    said = [_line(number, plan, words) for number, plan in enumerate(scenario.plans, 1)]
    if scenario.removed:
        said.append(words("landing_removed", ", ".join(scenario.removed)))
    return [part for text in said for part in textwrap.wrap(text, CHARACTERS, subsequent_indent="   ")]


def _line(number: int, plan: Plan, words: StudyWords) -> str:
    def written(key: str, decimals: int) -> str:
        return words.number(plan.facts.get(key), decimals)

    ground = words("landing_ground", written("ground_m", 2)) if plan.facts.get("ground_m") is not None else ""
    return words(
        "landing_line",
        f"{number} {plan.name}",
        written("easting", 1),
        written("northing", 1),
        written("footprint_m2", 0),
        written("base_m", 2),
        written("top_m", 2),
        ground,
    )


def around_plans(study: Study, scenario: Scenario) -> Extent:
    """The planned bodies with their surroundings."""
    planned = planned_objects(study, scenario)
    own = np.repeat(planned[study.model.object], points_of_surfaces(study))
    place = study.model.coords[own]
    (west, south, low), (east, north, high) = place.min(axis=0).tolist(), place.max(axis=0).tolist()
    edge = max(AROUND * max(east - west, north - south, high - low), LEAST_AROUND_M)
    return Extent(west - edge, south - edge, east + edge, north + edge)


def _draw_plan(axes: Axes, study: Study, scenario: Scenario, extent: Extent, words: StudyWords) -> None:
    extent = widened(extent, box_aspect(axes))
    axes.set_facecolor("white")
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    draw_standing(axes, standing(study, scenario, extent), HOUSE)
    label_coordinates(axes, extent, study.scene.crs.horizontal, words)
    # A number at the very end of an axis would stand across the corner.
    for axis, low, high in ((axes.xaxis, extent.west, extent.east), (axes.yaxis, extent.south, extent.north)):
        edge = END_SHARE * (high - low)
        axis.set_ticks([tick for tick in axis.get_majorticklocs() if low + edge < tick < high - edge])
        axis.label.set_fontsize(7)
    axes.tick_params(labelsize=6.5)
    draw_signs(axes, extent, words)
    for number, plan in enumerate(scenario.plans, 1):
        if "easting" in plan.facts:
            axes.text(
                plan.facts["easting"],
                plan.facts["northing"],
                str(number),
                ha="center",
                va="center",
                fontsize=8,
                fontweight="bold",
                color=PLANNED,
                zorder=12,
            )


def oblique_view(study: Study, scenario: Scenario, extent: Extent) -> NDArray[np.uint8]:
    """Picture (height, width, 3) of the scenario's city about its plans, which are blue."""
    scene, model = study.scene, study.model
    kept = scenario.present[scene.object]
    shown = replace(scene, triangles=scene.triangles[kept], surface=scene.surface[kept])
    planned = planned_objects(study, scenario)[model.object]
    level = np.isin(model.kind, (SurfaceKind.ROOF, SurfaceKind.GROUND)) | (np.abs(scene.normal[:, 2]) > 0.5)
    paint = np.where(
        planned[:, None],
        np.where(level[:, None], PLAN_ROOF, PLAN_WALL),
        np.where(level[:, None], ROOF, WALL),
    ).astype(np.float32)
    width, height = (round(size / MM * RENDER_DPI) for size in OBLIQUE_MM)
    stage = stage_of(shown, ground_raster(study, extent))
    return render_stage(stage, (paint, None, scale_of([])), View(extent, width, height))


def ground_raster(study: Study, extent: Extent) -> Raster:
    """Heights [m] of the ground about an extent: the terrain's, or else those at the buildings' bases."""
    terrain = study.scene.terrain
    land = OpenLand(footprints(study.model), 1.0, 1.0, None, None if terrain is None else terrain.surface)
    west, north = extent.west - BEYOND_M, extent.north + BEYOND_M
    wide, high = extent.east + BEYOND_M - west, north - extent.south + BEYOND_M
    cell = max(wide, high) / GROUND_STEPS
    columns, rows = int(np.ceil(wide / cell)), int(np.ceil(high / cell))
    x, y = np.meshgrid(west + (np.arange(columns) + 0.5) * cell, north - (np.arange(rows) + 0.5) * cell)
    value = land.height(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(rows, columns)
    return Raster(value.astype(np.float32), west, north, cell)
