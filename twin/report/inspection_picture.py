"""The sheet of `heliotwin inspect --picture`: plan of the roofs, oblique view by kind, defects where they lie."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, SurfaceKind
from twin.errors import TwinError
from twin.export.city.geopackage import defect_places, surface_middles
from twin.export.mesh import KIND_COLOUR
from twin.report.city_map import (
    box_aspect,
    draw_focus,
    draw_north,
    draw_scale_bar,
    extent_of,
    label_coordinates,
    path_of,
    widened,
)
from twin.report.colours import Scale, scale_of
from twin.report.facts import Plan
from twin.report.figures import axes_at, draw_picture, figure_of, look, png_of
from twin.report.inspection_stage import base_heights, shown_part, stage_of_model, surface_paint
from twin.report.inspection_words import TEXT, InspectionWords
from twin.report.overview import ACCENT, HEIGHT, SOFT, WIDTH, heading, rule, write
from twin.report.render import View, render_stage
from twin.results import polygons_of
from twin.store import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURE = (1100, 690)
# Kinds of defects with a sign of their own, and signs of one kind at most.
DEFECT_SIGNS = (
    ("o", "#c2185b"),
    ("^", "#0277bd"),
    ("s", "#ef6c00"),
    ("D", "#2e7d32"),
    ("v", "#6a1b9a"),
    ("P", "#00838f"),
    ("X", "#5d4037"),
    ("p", "#37474f"),
    ("<", "#ad1457"),
    (">", "#1b5e20"),
)
MOST_SIGNS = 500
# Lines of the legends stand this far apart [px].
ROW = 37
# A plan wider than this has no outlines: they would be all that is seen of a roof.
OUTLINE_LIMIT_M = 2500.0
INK = "#1c1a22"


def draw_city(model: CityModel, found: dict[str, Any], path: Path, language: str) -> Path:
    """Draw a model with its findings (`twin.inspection.findings`) as one PNG; the same model gives the same bytes.

    Raises TwinError for a model that has no surface with an area.
    """
    words = InspectionWords(language)
    plan = plan_of(model)
    stage = stage_of_model(model, plan.focus)
    if stage is None:
        raise TwinError(f"{path.name}: the city model has no surface with an area to draw, closure surfaces apart")
    paint = (surface_paint(model), None, scale_of([]))
    image = render_stage(stage, paint, View(plan.focus, *PICTURE))
    with look():
        figure = figure_of(WIDTH, HEIGHT)
        draw_heading(figure, model, found, words)
        heading(figure, 110, 196, words("plan"))
        map_axes = axes_at(figure, 110, 220, 1050, 1050)
        scale = height_scale(plan.roof_value)
        draw_plan(map_axes, model, plan, scale, words)
        draw_height_legend(axes_at(figure, 110, 1370, 1050, 24), scale, words)
        heading(figure, 1240, 196, words("oblique" if plan.focus is None else "oblique_focus"))
        draw_picture(axes_at(figure, 1240, 220, *PICTURE), image, words)
        draw_kinds(figure, 1240, 970, found, words)
        draw_defects(figure, map_axes, model, found, words)
        write(figure, 60, HEIGHT - 28, footer_of(found, words), 8, SOFT)
        content = png_of(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
    return path


def plan_of(model: CityModel) -> Plan:
    """Roofs from low to high with their height above their building, and everything else flat beneath."""
    rows = np.flatnonzero(model.kind == SurfaceKind.ROOF)
    middle = surface_middles(model)[:, 2]
    rows = rows[np.argsort(middle[rows], kind="stable")]
    value = middle[rows] - base_heights(model)[model.object[rows]]
    if len(model.coords):
        (west, south, _), (east, north, _) = model.coords.min(axis=0).tolist(), model.coords.max(axis=0).tolist()
    else:
        west = south = east = north = 0.0
    built = rows if len(rows) else np.flatnonzero(model.kind != SurfaceKind.CLOSURE)
    focus = shown_part(model, built) if len(built) else None
    shape = polygons_of(model, rows)
    return Plan(shape, value, np.zeros(0, object), None, focus, (west, south, east, north), model.crs.horizontal)


def height_scale(value: NDArray[np.float64]) -> Scale:
    """Colours from the ground to the highest roofs but the last per cent [m]."""
    import matplotlib

    top = float(np.quantile(value, 0.99)) if len(value) else 10.0
    step = next(s for s in (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1e3, 1e9) if top / s <= 6)
    table = np.round(matplotlib.colormaps["viridis"](np.linspace(0.08, 0.98, 256))[:, :3] * 255).astype(np.uint8)
    return Scale(0.0, max(float(np.ceil(top / step) * step), step), table)


def colours_of(scale: Scale, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) colours 0 … 1."""
    step = np.clip((value - scale.low) / (scale.high - scale.low) * 256, 0, 255).astype(np.intp)
    return np.asarray(scale.table[step] / 255.0)


def draw_plan(axes: Axes, model: CityModel, plan: Plan, scale: Scale, words: InspectionWords) -> None:
    """The map; surfaces that are no roof lie beneath in the colour of what they are."""
    from matplotlib.collections import PathCollection

    extent = widened(extent_of(plan), box_aspect(axes))
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    axes.set_aspect("equal", adjustable="box")
    axes.set_facecolor("#f3f1ec")
    rest = np.flatnonzero(np.isin(model.kind, (SurfaceKind.OTHER, SurfaceKind.GROUND, SurfaceKind.OUTER_FLOOR)))
    paint = surface_paint(model)[rest] / 255.0
    for polygons, colour, order in ((polygons_of(model, rest), paint, 2), (plan.roof, None, 3)):
        chosen = np.array([not polygon.is_empty for polygon in polygons], bool)
        if not chosen.any():
            continue
        filled = colours_of(scale, plan.roof_value) if colour is None else colour
        fine = extent.east - extent.west > OUTLINE_LIMIT_M or colour is not None
        axes.add_collection(
            PathCollection(
                [path_of(polygon) for polygon in polygons[chosen]],
                facecolors=filled[chosen],
                edgecolors="none" if fine else INK,
                linewidths=0.0 if fine else 0.3,
                zorder=order,
            )
        )
    if not len(plan.roof):
        axes.text(0.5, 0.5, words("plan_empty"), transform=axes.transAxes, ha="center", fontsize=11, color=SOFT)
    label_coordinates(axes, extent, plan.crs, words)
    draw_focus(axes, plan, words)
    draw_scale_bar(axes, extent, words)
    draw_north(axes, (0.0, 1.0), words)


def draw_height_legend(axes: Axes, scale: Scale, words: InspectionWords) -> None:
    """Colour bar of the plan."""
    axes.imshow(scale.table[None, :, :], extent=(scale.low, scale.high, 0.0, 1.0), aspect="auto")
    axes.set_yticks([])
    axes.set_title(words("plan_scale"), loc="left", fontsize=9)
    axes.tick_params(labelsize=8.5, length=3)


def draw_heading(figure: Figure, model: CityModel, found: dict[str, Any], words: InspectionWords) -> None:
    """Files, counts, place."""
    names = [Path(name).name for name in model.files]
    shown = ", ".join(names[:2]) if len(names) <= 2 else words("more_files", ", ".join(names[:2]), len(names) - 2)
    write(figure, 60, 78, textwrap.shorten(f"{words('title')}: {shown}", 105, placeholder=" …"), 20, INK, "bold")
    extent, vertical = found["extent"], found["crs"]["vertical"]
    size = [words.number(b - a) for a, b in zip(extent["low_m"][:2], extent["high_m"][:2], strict=True)]
    heights = words("heights", vertical) if vertical else words("heights_unknown")
    text = words(
        "subtitle",
        words.number(sum(found["objects"].values())),
        words.number(model.n_surfaces),
        words.number(sum(found["area_m2"].values())),
        "/".join(sorted(found["lods"])),
        *size,
        f"{found['crs']['horizontal']}, {heights}",
    )
    write(figure, 60, 122, text, 11, SOFT)
    rule(figure, 146, ACCENT, 2.0)


def draw_kinds(figure: Figure, left: float, top: float, found: dict[str, Any], words: InspectionWords) -> None:
    """Legend of the oblique view, with areas and confidence."""
    heading(figure, left, top, words("kinds"))
    columns = (left + 290, left + 395, left + 590)
    for column, text in zip(columns, ("number", "m²", "confidence"), strict=True):
        write_right(figure, column, top + ROW, words(text) if text in TEXT else text, SOFT)
    for index, (name, count) in enumerate(found["polygons"].items()):
        y = top + ROW * (index + 2)
        swatch(figure, left, y, KIND_COLOUR[SurfaceKind[name]])
        write(figure, left + 44, y, words.kind(name), 9.5, INK)
        trust = found["confidence"][name]["mean"]
        numbers = (words.number(count), words.number(found["area_m2"][name]), words.number(trust, 2))
        for column, text in zip(columns, numbers, strict=True):
            write_right(figure, column, y, text, INK)


def write_right(figure: Figure, right: float, top: float, text: str, colour: str) -> None:
    """Text that ends at pixels from the upper left corner."""
    place = (right / WIDTH, 1 - top / HEIGHT)
    figure.text(*place, text, fontsize=9.5, color=colour, va="baseline", ha="right")


def swatch(figure: Figure, left: float, baseline: float, colour: tuple[int, int, int]) -> None:
    """A small field of colour in front of a line of text."""
    from matplotlib.patches import Rectangle

    share = tuple(part / 255 for part in colour)
    place = (left / WIDTH, 1 - baseline / HEIGHT)
    figure.add_artist(Rectangle(place, 30 / WIDTH, 18 / HEIGHT, facecolor=share, edgecolor="#77747e", linewidth=0.6))


def draw_defects(figure: Figure, axes: Axes, model: CityModel, found: dict[str, Any], words: InspectionWords) -> None:
    """Signs on the map, and what each means with its number."""
    left, top = 1860.0, 970.0
    heading(figure, left, top, words("defects"))
    if not found["defects"]:
        write(figure, left, top + ROW, words("no_defects"), 9.5, SOFT)
        return
    place = defect_places(model)
    kind = np.array([defect.kind for defect in model.report.defects], object)
    for index, entry in enumerate(found["defects"][: len(DEFECT_SIGNS)]):
        sign, colour = DEFECT_SIGNS[index]
        known = (kind == entry["kind"]) & np.isfinite(place).all(axis=1)
        spots = place[known][:MOST_SIGNS]
        style: dict[str, Any] = {"marker": sign, "s": 34, "c": colour, "edgecolors": "white", "linewidths": 0.7}
        if len(spots):
            axes.scatter(spots[:, 0], spots[:, 1], zorder=7, **style)
        y = top + ROW * (index + 1)
        legend = axes_at(figure, left, y - 22, 28, 28)
        legend.set_axis_off()
        legend.scatter([0.0], [0.0], **style)
        text = f"{words.number(entry['count'])} × {words.known('defect_' + entry['kind'], entry['kind'])}"
        if not len(spots):
            text += f" ({words('unplaced')})"
        elif len(spots) < entry["count"]:
            text += f" ({words('marked', words.number(len(spots)))})"
        write(figure, left + 44, y, text, 9.5, INK)
    more = len(found["defects"]) - len(DEFECT_SIGNS)
    if more > 0:
        write(figure, left + 44, top + ROW * (len(DEFECT_SIGNS) + 1), words("more_kinds", more), 9.5, SOFT)


def footer_of(found: dict[str, Any], words: InspectionWords) -> str:
    """Area balance, and that the ground is a guess."""
    balance = found["area_balance"]
    out, repaired = (sum(balance[name].values()) for name in ("left_out_m2", "repaired_m2"))
    numbers = [words.number(value) for value in (balance["read_m2"], balance["kept_m2"], out)]
    said = words("balance", *numbers)
    if repaired:
        said = f"{said} − {words('balance_repaired', words.number(repaired))}"
    return f"{said} · {words('ground_guess')}"
