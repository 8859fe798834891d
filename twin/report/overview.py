"""overview.png: one sheet of 2,400 × 1,500 points with everything on it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import draw_histograms
from twin.report.city_map import draw_map
from twin.report.facts import Facts, part_of_year
from twin.report.figures import axes_at, draw_month_pair, draw_picture, draw_scale, figure_of, look, png_of
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 2400, 1500
SOFT = "#55525c"
ACCENT = "#7a1f5c"
# Characters of the footer's size that fit across the sheet.
FOOTER_CHARACTERS = 205
FOOTER_LINES = 3
# Key figures that find room side by side.
TILES = 6


class Tile(NamedTuple):
    """One key figure."""

    label: str
    value: str
    unit: str
    note: str


def overview_png(facts: Facts, image: NDArray[np.uint8], words: Words) -> bytes:
    """The sheet as PNG bytes; ``image`` (H, W, 3) is the 3D picture."""
    with look():
        figure = figure_of(WIDTH, HEIGHT)
        draw_header(figure, facts, words)
        draw_tiles(figure, tiles_of(facts, words)[:TILES])
        heading(figure, 60, 312, words("map"))
        draw_map(axes_at(figure, 110, 335, 800, 870), facts.plan, facts.scale, words)
        draw_scale(axes_at(figure, 110, 1308, 800, 26), facts.scale, words)
        heading(figure, 980, 312, words("picture" if facts.focus is None else "picture_focus"))
        draw_picture(axes_at(figure, 980, 335, 880, 550), image, words)
        heading(figure, 980, 930, words("months"))
        draw_month_pair(figure, (1035, 985, 395, 320), 30, facts, words)
        heading(figure, 1930, 312, words("histograms"))
        strips = len(facts.groups)
        step = 990 / strips
        axes = [axes_at(figure, 1985, 362 + step * i, 365, step - 48) for i in range(strips)]
        draw_histograms(axes, facts.groups, facts.scale, words)
        draw_footer(figure, facts, words)
        return png_of(figure)


def write(figure: Figure, left: float, top: float, text: str, size: float, colour: str, weight: str = "normal") -> None:
    """Text whose baseline starts at pixels from the upper left corner."""
    figure.text(
        left / WIDTH, 1 - top / HEIGHT, text, fontsize=size, color=colour, fontweight=weight, va="baseline", ha="left"
    )


def heading(figure: Figure, left: float, top: float, text: str) -> None:
    """Heading of a part of the sheet."""
    write(figure, left, top, text, 11, "#1c1a22", "bold")


def rule(figure: Figure, top: float, colour: str, width: float) -> None:
    """A line across the sheet."""
    from matplotlib.lines import Line2D

    y = 1 - top / HEIGHT
    figure.add_artist(Line2D([60 / WIDTH, 1 - 50 / WIDTH], [y, y], color=colour, linewidth=width))


def draw_header(figure: Figure, facts: Facts, words: Words) -> None:
    """Title, and what city it is."""
    write(figure, 60, 78, words("title"), 22, "#1c1a22", "bold")
    names = [words("subtitle"), inputs_line(facts, words), facts.plan.crs]
    days = part_of_year(facts.report["weather"])
    if days is not None:
        names.append(words("limit_part_year", words.number(days)))
    write(figure, 60, 122, textwrap.shorten(" · ".join(names), 180, placeholder=" …"), 11, SOFT)
    rule(figure, 146, ACCENT, 2.0)


def inputs_line(facts: Facts, words: Words) -> str:
    """The first two input files by name, the rest counted."""
    names = [str(entry["name"]) for entry in facts.report["inputs"]]
    if len(names) <= 2:
        return ", ".join(names)
    return words("more_files", ", ".join(names[:2]), words.number(len(names) - 2))


def tiles_of(facts: Facts, words: Words) -> list[Tile]:
    """The key figures of the page; the sheet shows the first TILES of them."""
    roofs = facts.groups[0]
    walls = facts.groups[1:5]
    wall_area = sum(float(group.area_m2.sum()) for group in walls)
    wall_energy = sum(float((group.value * group.area_m2).sum()) for group in walls)
    roof_energy = float((roofs.value * roofs.area_m2).sum())
    counts = facts.report["scene"]
    receivers = facts.report["receivers"]
    land = facts.report["open_land"]

    def amount(area: float, energy: float) -> str:
        return words("key_area", words.number(area), words.number(energy / 1e6, 2))

    tiles = [
        Tile(
            words("buildings"),
            words.number(facts.buildings),
            "",
            words("objects_closed", words.number(counts["closed"]), words.number(counts["objects"])),
        ),
        Tile(words("roofs"), words.number(roofs.mean), words("unit"), amount(float(roofs.area_m2.sum()), roof_energy)),
        Tile(
            words("facades"),
            words.number(wall_energy / wall_area if wall_area else None),
            words("unit"),
            amount(wall_area, wall_energy),
        ),
    ]
    if land is not None:
        note = words("key_land", words.number(land["area_m2"]), words.number(land["spacing_m"], 1))
        tiles.append(Tile(words("open_land"), words.number(land["irradiation_kwh_m2"]), words("unit"), note))
    if facts.pv is not None:
        whole = facts.pv.whole
        note = words("pv_tile_note", words.number(whole.kwp))
        tiles.append(Tile(words("pv"), words.number(whole.mwh), words("energy"), note))
    ghi = facts.report["weather"]["ghi_kwh_m2"]
    tiles.append(Tile(words("key_ghi"), words.number(ghi), words("unit"), words("key_ghi_note")))
    points = words("key_receivers", words.number(receivers["on_surfaces"]), words.number(receivers["open_land"]))
    total = receivers["on_surfaces"] + receivers["open_land"]
    tiles.append(Tile(words("receivers"), words.number(total), "", points))
    return tiles


def draw_tiles(figure: Figure, tiles: list[Tile]) -> None:
    """Key figures side by side."""
    step = (WIDTH - 110) / len(tiles)
    for index, tile in enumerate(tiles):
        left = 60 + index * step
        write(figure, left, 180, tile.label, 9.5, SOFT)
        value = f"{tile.value} {tile.unit}" if tile.unit else tile.value
        write(figure, left, 222, value, 16, ACCENT, "bold")
        write(figure, left, 250, tile.note, 7.5, SOFT)
    rule(figure, 272, "#cfccc6", 0.8)


def draw_footer(figure: Figure, facts: Facts, words: Words) -> None:
    """Where city and weather come from, and the licence lines."""
    rule(figure, 1412, "#cfccc6", 0.8)
    weather = facts.report["weather"]
    source = words("source_line", inputs_line(facts, words), weather["source"], words.number(weather["distance_km"], 1))
    text = f"{source} · {facts.report['software']}"
    lines = textwrap.wrap(text, FOOTER_CHARACTERS)
    lines += textwrap.wrap(" · ".join(facts.report["attribution"]), FOOTER_CHARACTERS)
    if len(lines) > FOOTER_LINES:
        lines = [
            *lines[: FOOTER_LINES - 1],
            textwrap.shorten(" ".join(lines[FOOTER_LINES - 1 :]), FOOTER_CHARACTERS, placeholder=" …"),
        ]
    for index, line in enumerate(lines):
        write(figure, 60, 1436 + 22 * index, line, 7.5, SOFT)
