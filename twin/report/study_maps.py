"""Maps of a study: shadows hour by hour, sun hours before and after, what changes; drawn on paper, north up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.city_map import Extent, box_aspect, widened
from twin.report.figures import look
from twin.report.picture import Picture
from twin.report.study_canvas import (
    GREEN,
    GREY,
    HOUSE,
    INK,
    MM,
    PAPER,
    PLANNED,
    PLANNED_FILL,
    RED,
    SUNNY,
    WIDTH_MM,
    box,
    draw_signs,
    line,
    paper,
    picture_png,
    show,
)
from twin.report.study_colours import (
    NOTHING_MIN,
    Classes,
    change_classes,
    classed,
    draw_change_legend,
    draw_hour_legend,
    hour_classes,
)
from twin.report.study_picture_words import StudyWords
from twin.report.study_scene import Standing, crop_of, draw_standing
from twin.report.study_times import full_hours, hour_and_minute
from twin.study.clock import clock_text
from twin.study.masks import difference, mask, minutes
from twin.study.outcome import BESTAND, IN_BESTAND, IN_BOTH, IN_PLANUNG, NO_LAND, NOT_SHADED, Day, Grid, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

COLUMNS = 3
MOST_ROWS = 4
GAP_MM = 3.0
HEAD_MM = 8.0
SMALL_ASPECT = 1.25
# Tallest map of a pair that stands below each other.
TALLEST_MM = 98.0
LEGEND_MM = 11.0
LEGEND_COLUMNS = 4
# Shape of a large map: width over height within these.
WIDEST, NARROWEST = 2.2, 0.95
# Pixels along the longer side of a map; a page is 1340 dots wide.
MOST_PIXELS = 2000
# Wider parts of a city stand below each other, not beside.
BESIDE = 1.4


class MapSheet(NamedTuple):
    """What all maps of one scenario and day share."""

    study: Study
    day: Day
    scenario: str
    stands: Standing
    extent: Extent
    words: StudyWords


def mask_colours(value: NDArray[np.uint8], alone: bool) -> NDArray[np.uint8]:
    """Colours (..., 3) of a shadow mask; ``alone``: of a Bestand that nothing is compared with."""
    from matplotlib.colors import to_rgb

    table = np.zeros((256, 3), np.uint8)
    named = {
        NOT_SHADED: SUNNY,
        IN_BESTAND: GREY if alone else GREEN,
        IN_PLANUNG: RED,
        IN_BOTH: GREY,
        NO_LAND: PAPER,
    }
    for code, name in named.items():
        table[code] = np.round(np.array(to_rgb(name)) * 255)
    return table[value]


def draw_raster(axes: Axes, grid: Grid, colours: NDArray[np.uint8], extent: Extent) -> AxesImage:
    """The part of a raster of colours (rows, columns, 3) within an extent, pixel by pixel."""
    rows, columns, edges = crop_of(grid, extent)
    part = colours[rows, columns]
    if not part.size:  # no open land here
        part, edges = mask_colours(np.full((1, 1), NO_LAND, np.uint8), False), extent
    return axes.imshow(
        part,
        extent=(edges.west, edges.east, edges.south, edges.north),
        origin="upper",
        interpolation="nearest",
        aspect="auto",
        zorder=1,
    )


def part_shown(grid: Grid, value: NDArray[Any], extent: Extent) -> tuple[Grid, NDArray[Any]]:
    """What a map shows of a raster (rows, columns), thinned to what paper can show, and the grid it then lies on."""
    rows, columns, edges = crop_of(grid, extent)
    part = value[rows, columns]
    step = max(1, -(-max(part.shape) // MOST_PIXELS))
    part = part[::step, ::step]
    rows_left, columns_left = part.shape
    return Grid(edges.west, edges.north, grid.cell_m * step, rows_left, columns_left, grid.pixel), part


def draw_shadow_map(axes: Axes, sheet: MapSheet, instant: int, size: float = 6.5) -> None:
    """Shadows of one instant."""
    extent = widened(sheet.extent, box_aspect(axes))
    value = mask(sheet.study, sheet.day, sheet.scenario, instant)
    grid, value = part_shown(sheet.study.grid, value, extent)
    show(axes, extent)
    draw_raster(axes, grid, mask_colours(value, sheet.scenario == BESTAND), extent)
    draw_standing(axes, sheet.stands)
    show(axes, extent)
    draw_signs(axes, extent, sheet.words, size)


def sun_text(sheet: MapSheet, instant: int) -> str:
    """Where the sun stands."""
    instants, words = sheet.day.instants, sheet.words
    elevation, azimuth = instants.elevation_deg[instant], instants.azimuth_deg[instant]
    return words("sun_at", words.number(elevation, 1), words.number(azimuth))


def legend_of(sheet: MapSheet) -> list[tuple[str, dict[str, Any]]]:
    """Words and patches of a shadow map's legend."""
    house = ("building", {"fc": HOUSE, "ec": INK, "lw": 0.4})
    none = ("unmeasured", {"fc": PAPER, "ec": "#a5a29b", "lw": 0.4})
    if sheet.scenario == BESTAND:
        return [("shadow_bestand", {"fc": GREY}), house, none]
    entries: list[tuple[str, dict[str, Any]]] = [
        ("shadow_kept", {"fc": GREY}),
        ("shadow_added", {"fc": RED}),
        ("shadow_removed", {"fc": GREEN}),
        house,
    ]
    if len(sheet.stands.planned):
        entries.append(("planned", {"fc": PLANNED_FILL, "ec": PLANNED, "lw": 1.2}))
    if len(sheet.stands.removed):
        entries.append(("removed", {"fc": "none", "ec": INK, "lw": 0.9, "ls": (0, (3, 1.6))}))
    return [*entries, none]


def draw_legend(
    figure: Figure, sheet: MapSheet, corner_mm: tuple[float, float], entries: list[tuple[str, dict[str, Any]]]
) -> None:
    """Patches with words, LEGEND_COLUMNS a row, below and right of a corner [mm]."""
    from matplotlib.patches import Patch

    wide, high = figure.get_size_inches() * MM
    left, top = corner_mm
    figure.legend(
        handles=[Patch(label=sheet.words(key), **style) for key, style in entries],
        loc="upper left",
        bbox_to_anchor=(left / wide, 1 - top / high),
        ncols=min(LEGEND_COLUMNS, len(entries)),
        frameon=False,
        fontsize=6.8,
        handlelength=1.5,
        handleheight=0.9,
        handletextpad=0.5,
        columnspacing=2.0,
        borderaxespad=0.0,
        borderpad=0.0,
    )


def sheet_pictures(sheet: MapSheet) -> list[Picture]:
    """Pages of small maps, one at every full hour."""
    chosen = full_hours(sheet.day, sheet.study.zone)
    pages = max(1, -(-len(chosen) // (COLUMNS * MOST_ROWS)))
    parts = [part.tolist() for part in np.array_split(np.array(chosen, int), pages) if len(part)]
    return [_page(sheet, part, number, len(parts)) for number, part in enumerate(parts, 1)]


def _page(sheet: MapSheet, chosen: Sequence[int], number: int, pages: int) -> Picture:
    """One page of small maps."""
    wide = (WIDTH_MM - (COLUMNS - 1) * GAP_MM) / COLUMNS
    high = wide / SMALL_ASPECT
    rows = -(-len(chosen) // COLUMNS)
    height = rows * (HEAD_MM + high + 1.0) + LEGEND_MM
    zone, words = sheet.study.zone, sheet.words
    with look():
        figure = paper(WIDTH_MM, height)
        for place, instant in enumerate(chosen):
            row, column = divmod(place, COLUMNS)
            left, top = column * (wide + GAP_MM), row * (HEAD_MM + high + 1.0)
            heading = clock_text(sheet.day.instants.time[instant], zone, words.language)
            line(figure, left, top + 3.4, heading, 7.5, "bold")
            line(figure, left, top + 6.7, sun_text(sheet, instant), 6.8)
            draw_shadow_map(box(figure, left + 0.1, top + HEAD_MM, wide - 0.2, high), sheet, instant)
        draw_legend(figure, sheet, (0.5, height - LEGEND_MM + 2.0), legend_of(sheet))
        png = picture_png(figure)
    page = words("page", number, pages) if pages > 1 else ""
    caption = words("sheets_caption", words.date(sheet.day.date), sheet.scenario, page)
    name = f"sheets:{sheet.day.date}:{sheet.scenario}:{number}"
    return Picture(name, png, WIDTH_MM, height, _sheet_alt(sheet, chosen), caption)


def _sheet_alt(sheet: MapSheet, chosen: Sequence[int]) -> str:
    """How much open land the largest additional and vanishing shadows of the page cover."""
    words, zone = sheet.words, sheet.study.zone
    clock = [hour_and_minute(sheet.day.instants.time[d], zone) for d in chosen]
    if sheet.scenario == BESTAND:
        return words("sheets_alt_bestand", len(chosen), clock[0], clock[-1])
    masks = [mask(sheet.study, sheet.day, sheet.scenario, d) for d in chosen]
    cell = sheet.study.grid.cell_m**2
    added = [float((value == IN_PLANUNG).sum()) * cell for value in masks]
    removed = [float((value == IN_BESTAND).sum()) * cell for value in masks]
    most = int(np.argmax(added))
    return words(
        "sheets_alt",
        len(chosen),
        clock[0],
        clock[-1],
        words.number(added[most]),
        clock[most],
        words.number(max(removed)),
    )


def map_size(extent: Extent, width_mm: float) -> float:
    """Height [mm] of a map of a width [mm], near the shape of what it shows."""
    return width_mm / min(max(shape_of(extent), NARROWEST), WIDEST)


def shape_of(extent: Extent) -> float:
    """Width over height."""
    return (extent.east - extent.west) / (extent.north - extent.south)


def _draw_value_map(
    axes: Axes, sheet: MapSheet, value: NDArray[np.float32], classes: Classes, stands: Standing
) -> None:
    extent = widened(sheet.extent, box_aspect(axes))
    show(axes, extent)
    grid, value = part_shown(sheet.study.grid, value, extent)
    draw_raster(axes, grid, classed(classes, value), extent)
    draw_standing(axes, stands, house="#ffffff")
    show(axes, extent)
    draw_signs(axes, extent, sheet.words)


def hours_picture(sheet: MapSheet) -> Picture:
    """Sun hours of open land: in the Bestand, and beside it in the scenario."""
    words, study = sheet.words, sheet.study
    names = [BESTAND] if sheet.scenario == BESTAND else [BESTAND, sheet.scenario]
    values = [minutes(study, sheet.day, name) / np.float32(60.0) for name in names]
    classes = hour_classes(len(sheet.day.instants.time) * sheet.day.instants.step_s / 3600.0)
    across = 1 if shape_of(sheet.extent) > BESIDE else len(names)
    wide = (WIDTH_MM - (across - 1) * GAP_MM) / across
    high, head = min(map_size(sheet.extent, wide), TALLEST_MM if across < len(names) else WIDTH_MM), 5.0
    below = (len(names) // across) * (head + high + 1.0)
    height = below + 14.0
    none = np.zeros(0, object)
    before = sheet.stands._replace(kept=np.concatenate([sheet.stands.kept, sheet.stands.removed]), removed=none)
    shown = [before._replace(planned=none), sheet.stands]
    with look():
        figure = paper(WIDTH_MM, height)
        for place, (name, value) in enumerate(zip(names, values, strict=True)):
            row, column = divmod(place, across)
            left, top = column * (wide + GAP_MM), row * (head + high + 1.0)
            line(figure, left, top + 3.6, name, 8, "bold")
            _draw_value_map(box(figure, left + 0.1, top + head, wide - 0.2, high), sheet, value, classes, shown[place])
        title = words("hours_legend", words.date(sheet.day.date))
        draw_hour_legend(box(figure, 3, below + 5.5, WIDTH_MM - 6, 4), classes, title, words)
        png = picture_png(figure)
    rows, columns, _ = crop_of(study.grid, sheet.extent)
    means = [
        words("hours_mean", name, words.number(_mean(value[rows, columns]), 1))
        for name, value in zip(names, values, strict=True)
    ]
    caption = words("hours_caption", words.date(sheet.day.date), _listed(names, words))
    alt = words("hours_alt", ", ".join(means))
    return Picture(f"sun_hours:{sheet.day.date}:{sheet.scenario}", png, WIDTH_MM, height, alt, caption)


def difference_picture(sheet: MapSheet) -> Picture:
    """What the scenario changes on open land [min]."""
    words, study = sheet.words, sheet.study
    value = difference(study, sheet.day, sheet.scenario)
    high = map_size(sheet.extent, WIDTH_MM)
    height = high + 15.0
    classes = change_classes()
    with look():
        figure = paper(WIDTH_MM, height)
        _draw_value_map(box(figure, 0.1, 0.1, WIDTH_MM - 0.2, high - 0.1), sheet, value, classes, sheet.stands)
        title = words("difference_legend", words.date(sheet.day.date))
        draw_change_legend(box(figure, 3, high + 6.5, WIDTH_MM - 6, 4), classes, title, words)
        png = picture_png(figure)
    known = value[np.isfinite(value)]
    cell = study.grid.cell_m**2
    alt = words(
        "difference_alt",
        words.number(float((known < -NOTHING_MIN).sum()) * cell),
        words.number(max(0.0, -float(known.min(initial=0.0)))),
        words.number(float((known > NOTHING_MIN).sum()) * cell),
        words.number(float(known.max(initial=0.0))),
    )
    caption = words("difference_caption", words.date(sheet.day.date), sheet.scenario)
    return Picture(f"difference:{sheet.day.date}:{sheet.scenario}", png, WIDTH_MM, height, alt, caption)


def _mean(value: NDArray[np.float32]) -> float:
    known = value[np.isfinite(value)]
    return float(known.mean(dtype=np.float64)) if len(known) else float("nan")


def _listed(names: Sequence[str], words: StudyWords) -> str:
    return names[0] if len(names) == 1 else words("and", *names)
