"""Maps of the city report: districts by yield, roofs by class; north up, without coordinates, on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.cityreport.facts import CityFacts
from twin.pv.cadastre import CLASS_KEYS
from twin.report.city_map import Extent, box_aspect, paths_of, polygons_in, widened
from twin.report.city_words import CityWords
from twin.report.colours import CLASS_COLOURS, OPEN_NO_VALUE
from twin.report.figures import look
from twin.report.picture import Picture
from twin.report.study_canvas import INK, MM, WIDTH_MM, box, draw_signs, paper, picture_png, show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.02
MAP_MM = 150.0
TALLEST_ASPECT = 0.6
LEGEND_MM = 15.0
# ColorBrewer's Blues without its palest and darkest ends, so that borders and numbers are read on all of them.
BLUES = (0.12, 0.85)
OUTSIDE = "#f6f5f2"
HOUSES = "#8d8a96"
UNCLASSED = "#{:02x}{:02x}{:02x}".format(*OPEN_NO_VALUE)  # "nicht geeignet" is nearly the other grey
# A number is drawn where the district has room for it, clear of the north arrow and the scale bar: share of the map's
# width and height that these take, from the upper right and the lower left corner.
NUMBER_MM = 6.0
CORNERS = ((0.93, 0.86, 1.0, 1.0), (0.0, 0.0, 0.36, 0.09))


def energy_map(facts: CityFacts, words: CityWords) -> Picture:
    """Districts coloured by the yield of their roofs and façades, each with its number."""
    value = facts.rows["pv_kwh"].to_numpy(np.float64)[: len(facts.districts)] / 1000.0
    extent, height = extent_of(facts)
    with look():
        figure = paper(WIDTH_MM, height + LEGEND_MM)
        axes = box(figure, 0, 0, WIDTH_MM, height)
        extent = widened(extent, box_aspect(axes))
        show(axes, extent)
        top = max(float(value.max(initial=0.0)), 1e-9)
        fill_districts(axes, facts, value / top)
        draw_footprints(axes, facts)
        draw_numbers(axes, facts, value / top, (extent.east - extent.west) / WIDTH_MM)
        draw_signs(axes, extent, words.common)
        draw_ramp(figure, height, top, words)
        png = picture_png(figure)
    low, high = int(value.argmin()), int(value.argmax())
    names = facts.districts["district"].tolist()
    said = words(
        "alt_map_energy",
        words.number(len(names)),
        *(names[low], words.number(value[low], 1), names[high], words.number(value[high], 1)),
    )
    return Picture("map_energy", png, WIDTH_MM, height + LEGEND_MM, said, words("caption_map_energy"))


def class_map(facts: CityFacts, words: CityWords) -> Picture:
    """Roofs coloured by class, districts outlined."""
    import shapely
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_rgb

    extent, height = extent_of(facts)
    roofs = facts.tables.roofs
    with look():
        figure = paper(WIDTH_MM, height + LEGEND_MM)
        axes = box(figure, 0, 0, WIDTH_MM, height)
        extent = widened(extent, box_aspect(axes))
        show(axes, extent)
        axes.set_facecolor("white")
        order = upward(roofs.geometry.to_numpy())
        shapes, names = roofs.geometry.to_numpy()[order], roofs["pv_class"].to_numpy()[order]
        colours = [to_rgb(CLASS_COLOURS.get(name, UNCLASSED)) for name in names]
        drawn = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON).tolist()
        axes.add_collection(
            PathCollection(
                paths_of(shapes[drawn]),
                facecolors=[colours[index] for index in drawn],
                edgecolors=INK,
                linewidths=0.12,
                zorder=3,
            )
        )
        outline_districts(axes, facts, 1.1)
        draw_signs(axes, extent, words.common)
        draw_classes(figure, height, words, not set(names) <= CLASS_KEYS.keys())
        png = picture_png(figure)
    areas = dict(zip(facts.classes["pv_class"], facts.classes["area_m2"], strict=True))
    said = ", ".join(f"{words(key)} {words.number(areas.get(name, 0.0))} m²" for name, key in CLASS_KEYS.items())
    return Picture(
        "map_classes", png, WIDTH_MM, height + LEGEND_MM, words("alt_map_classes", said), words("caption_map_classes")
    )


def extent_of(facts: CityFacts) -> tuple[Extent, float]:
    """What both maps show: everything built, and height of the map [mm].

    Districts may reach far beyond the city model; what holds no building is not worth its paper.
    """
    west, south, east, north = facts.tables.buildings.total_bounds.tolist()
    wide, high = max(east - west, 1.0), max(north - south, 1.0)
    edge = MARGIN * max(wide, high)
    height = min(MAP_MM, WIDTH_MM * max((high + 2 * edge) / (wide + 2 * edge), TALLEST_ASPECT))
    return Extent(west - edge, south - edge, east + edge, north + edge), height


def fill_districts(axes: Axes, facts: CityFacts, share: NDArray[np.float64]) -> None:
    """Areas of districts by their share of the largest value (D,)."""
    import matplotlib
    from matplotlib.collections import PathCollection

    axes.set_facecolor(OUTSIDE)
    table = matplotlib.colormaps["Blues"]
    for shape, part in zip(facts.districts.geometry, share, strict=True):
        axes.add_collection(
            PathCollection(
                paths_of(polygons_in(shape)),
                facecolors=[table(BLUES[0] + (BLUES[1] - BLUES[0]) * float(part))],
                edgecolors="white",
                linewidths=0.9,
                zorder=1,
            )
        )


def outline_districts(axes: Axes, facts: CityFacts, width: float) -> None:
    """Borders of districts, dark on white so that they show on every colour."""
    from matplotlib.collections import PathCollection

    paths = paths_of(polygons_in(facts.districts.geometry.to_numpy()))
    for colour, extra in (("white", 1.2), (INK, 0.0)):
        axes.add_collection(
            PathCollection(paths, facecolors="none", edgecolors=colour, linewidths=width + extra, zorder=6)
        )


def draw_footprints(axes: Axes, facts: CityFacts) -> None:
    """Buildings, pale, so that one sees where the yield stands."""
    from matplotlib.collections import PathCollection

    paths = paths_of(polygons_in(facts.tables.buildings.geometry.to_numpy()))
    axes.add_collection(PathCollection(paths, facecolors=HOUSES, edgecolors="none", alpha=0.55, linewidths=0, zorder=2))


def draw_numbers(axes: Axes, facts: CityFacts, share: NDArray[np.float64], metres_mm: float) -> None:
    """Each district's number where it has room for one, in the part of it that the map shows."""
    import shapely

    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    wide, high = east - west, north - south
    shown = shapely.box(west, south, east, north)
    for left, low, right, top in CORNERS:
        taken = shapely.box(west + left * wide, south + low * high, west + right * wide, south + top * high)
        shown = shapely.difference(shown, taken)
    room = NUMBER_MM * metres_mm / 2
    for number, shape in enumerate(facts.districts.geometry, start=1):
        seen = shapely.intersection(shape, shown)
        if shapely.area(seen) <= 0:
            continue
        circle = shapely.maximum_inscribed_circle(seen, tolerance=room / 4)
        if shapely.length(circle) < room:
            continue
        x, y = shapely.get_coordinates(circle)[0].tolist()
        axes.text(
            x,
            y,
            str(number),
            ha="center",
            va="center",
            fontsize=8.5,
            fontweight="bold",
            color=INK,
            bbox={"boxstyle": "circle,pad=0.22", "fc": "white", "ec": INK, "lw": 0.5},
            zorder=15,
        )


def draw_ramp(figure: Figure, top_mm: float, top: float, words: CityWords) -> None:
    """The legend of yields [MWh]."""
    import matplotlib

    axes = box(figure, 35, top_mm + 6.0, 100, 3.2)
    table = matplotlib.colormaps["Blues"](np.linspace(*BLUES, 256))
    axes.imshow(table[None], extent=(0.0, top, 0.0, 1.0), aspect="auto", interpolation="nearest")
    ticks = [0.0, top / 2, top]
    axes.set_xticks(ticks, [words.number(tick, 0 if top >= 20 else 1) for tick in ticks], fontsize=7)
    axes.tick_params(length=2.5)
    axes.set_yticks([])
    axes.set_title(words("map_energy"), loc="left", fontsize=7.5, pad=3)


def draw_classes(figure: Figure, top_mm: float, words: CityWords, unclassed: bool) -> None:
    """The legend of classes and of borders; ``unclassed``: some roofs have no class."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    high = float(figure.get_size_inches()[1]) * MM
    handles: list[Patch | Line2D] = [
        Patch(fc=CLASS_COLOURS[name], ec=INK, lw=0.4, label=words(key)) for name, key in CLASS_KEYS.items()
    ]
    if unclassed:
        handles.append(Patch(fc=UNCLASSED, ec=INK, lw=0.4, label=words("unclassed")))
    handles.append(Line2D([], [], color=INK, lw=1.1, label=words("border")))
    figure.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 1 - (top_mm + 2.5) / high),
        ncols=len(handles),
        frameon=False,
        fontsize=7.5,
        title=words("map_classes"),
        title_fontsize=7.5,
        handlelength=1.4,
        columnspacing=1.6,
    )


def upward(shapes: NDArray[np.object_]) -> NDArray[np.intp]:
    """Order of roofs by their highest point, so that higher ones lie on top."""
    import shapely

    coords, owner = shapely.get_coordinates(shapes, include_z=True, return_index=True)
    top = np.full(len(shapes), -np.inf)
    np.maximum.at(top, owner, np.nan_to_num(coords[:, 2], nan=-np.inf))
    return np.argsort(top, kind="stable")
