"""The map: north up, roofs and open land in the report's colours, buildings outlined, coordinates of the CRS."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.cog import NODATA
from twin.report.colours import OPEN_NO_VALUE, Scale, colour_of
from twin.report.facts import Plan
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as Outline
    from matplotlib.transforms import Transform

INK = "#1c1a22"
FRAME_COLOUR = "#0b4f8a"
MARGIN = 0.02
# The scale bar takes about this share of the map's width.
BAR_SHARE = 0.25
# Middle of the north arrow as a share of the axes, and half its length on paper.
ARROW_PLACE = (0.95, 0.925)
ARROW_POINTS = 13.0


class Extent(NamedTuple):
    """Edges of a map in the CRS [m]."""

    west: float
    south: float
    east: float
    north: float


def draw_map(axes: Axes, plan: Plan, scale: Scale, words: Words) -> None:
    """Draw the plan into axes; these keep their box, the map is widened to fill it."""
    from matplotlib.collections import PathCollection

    extent = widened(extent_of(plan), box_aspect(axes))
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    axes.set_aspect("equal", adjustable="box")
    red, green, blue = (part / 255 for part in OPEN_NO_VALUE)
    axes.set_facecolor((red, green, blue))
    if plan.ground is not None:
        draw_ground(axes, plan, scale)
    paths = paths_of(np.asarray(plan.roof))
    axes.add_collection(
        PathCollection(paths, facecolors=colour_of(scale, plan.roof_value) / 255, edgecolors="none", zorder=3)
    )
    outlines = paths_of(polygons_in(plan.outline))
    axes.add_collection(PathCollection(outlines, facecolors="none", edgecolors=INK, linewidths=0.5, zorder=4))
    label_coordinates(axes, extent, plan.crs, words)
    draw_focus(axes, plan, words)
    draw_scale_bar(axes, extent, words)
    draw_north(axes, (0.0, 1.0), words)


def draw_ground(axes: Axes, plan: Plan, scale: Scale) -> None:
    """The raster of open land, each cell in its place."""
    ground = plan.ground
    if ground is None:
        return
    value = np.where(ground.value == NODATA, np.nan, ground.value.astype(np.float64))
    rows, columns = value.shape
    axes.imshow(
        colour_of(scale, value, OPEN_NO_VALUE),
        extent=(
            ground.west,
            ground.west + columns * ground.cell_m,
            ground.north - rows * ground.cell_m,
            ground.north,
        ),
        origin="upper",
        interpolation="antialiased",
        aspect="equal",
        zorder=1,
    )


def extent_of(plan: Plan) -> Extent:
    """Box of everything on the map, with a margin."""
    west, south, east, north = plan.bounds
    if plan.ground is not None:
        rows, columns = plan.ground.value.shape
        west, north = min(west, plan.ground.west), max(north, plan.ground.north)
        east = max(east, plan.ground.west + columns * plan.ground.cell_m)
        south = min(south, plan.ground.north - rows * plan.ground.cell_m)
    edge = MARGIN * max(east - west, north - south, 1.0)
    return Extent(float(west - edge), float(south - edge), float(east + edge), float(north + edge))


def widened(extent: Extent, aspect: float) -> Extent:
    """Extent grown about its middle to a ratio of width to height."""
    wide, high = extent.east - extent.west, extent.north - extent.south
    more_wide, more_high = max(high * aspect - wide, 0.0) / 2, max(wide / aspect - high, 0.0) / 2
    return Extent(extent.west - more_wide, extent.south - more_high, extent.east + more_wide, extent.north + more_high)


def box_aspect(axes: Axes) -> float:
    """Width over height of the axes on paper."""
    box = axes.get_position()
    figure = axes.get_figure(root=True)
    if figure is None:
        return 1.0
    wide, high = figure.get_size_inches()
    return float(box.width * wide / (box.height * high))


def path_of(polygon: object) -> Outline:
    """A polygon with its holes as one path."""
    return paths_of(np.array([polygon], object))[0]


def paths_of(polygons: NDArray[np.object_]) -> list[Outline]:
    """Each of many polygons (N,) with its holes as one path."""
    import shapely
    from matplotlib.path import Path

    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    place, of_ring = shapely.get_coordinates(rings, return_index=True)
    code = np.full(len(place), Path.LINETO, np.uint8)
    first = np.searchsorted(of_ring, np.arange(len(rings)))
    code[first] = Path.MOVETO
    code[np.append(first[1:], len(place))[: len(first)] - 1] = Path.CLOSEPOLY
    edge = np.searchsorted(of_polygon[of_ring], np.arange(len(polygons) + 1)).tolist()
    return [Path(place[low:high], code[low:high]) for low, high in pairwise(edge)]


def polygons_in(shape: object) -> NDArray[np.object_]:
    """The polygons of a footprint that may have several, or of many footprints; none where there is no area."""
    import shapely

    if shape is None:
        return np.zeros(0, object)
    parts = shapely.get_parts(shape)
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def round_length(limit: float) -> float:
    """The largest of 1, 2, 5, 10 … that is not above a limit > 0."""
    power = 10.0 ** np.floor(np.log10(limit))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= limit * (1 + 1e-9)))


def label_coordinates(axes: Axes, extent: Extent, crs: str, words: Words) -> None:
    """Whole coordinates on both axes, never an offset."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    step = round_length((extent.east - extent.west) / 3.0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(step))
        axis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, 0 if step >= 1 else 1)))
    axes.tick_params(labelsize=7.5, direction="out", length=3)
    for label in axes.get_yticklabels():
        label.set(rotation=90, va="center")
    axes.set_xlabel(words("easting", crs), fontsize=8)
    axes.set_ylabel(words("northing"), fontsize=8)


def draw_focus(axes: Axes, plan: Plan, words: Words) -> None:
    """Frame of what the 3D picture shows."""
    if plan.focus is None:
        return
    west, south, east, north = plan.focus
    axes.plot(
        [west, east, east, west, west],
        [south, south, north, north, south],
        color=FRAME_COLOUR,
        linewidth=1.3,
        linestyle=(0, (5, 2.5)),
        zorder=5,
    )
    axes.annotate(
        words("frame"),
        (west, north),
        xytext=(4, -4),
        textcoords="offset points",
        fontsize=8,
        color=FRAME_COLOUR,
        va="top",
        bbox={"boxstyle": "square,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.88},
        zorder=6,
    )


def draw_scale_bar(axes: Axes, extent: Extent, words: Words) -> None:
    """A bar of round length in the lower left corner, on white."""
    from matplotlib.patches import Rectangle

    width = extent.east - extent.west
    length = round_length(BAR_SHARE * width)
    text = (
        f"{words.number(length / 1000)} km" if length >= 1000 else f"{words.number(length, 0 if length >= 1 else 2)} m"
    )
    share, left, low = length / width, 0.03, 0.03
    axes.add_patch(
        Rectangle(
            (left - 0.012, low - 0.012),
            share + 0.024,
            0.062,
            transform=axes.transAxes,
            fc="white",
            ec="none",
            alpha=0.88,
            zorder=7,
        )
    )
    for part, colour in ((0.0, INK), (0.5, "white")):
        axes.add_patch(
            Rectangle(
                (left + part * share, low),
                share / 2,
                0.011,
                transform=axes.transAxes,
                fc=colour,
                ec=INK,
                lw=0.8,
                zorder=8,
            )
        )
    axes.text(
        left + share / 2,
        low + 0.016,
        text,
        transform=axes.transAxes,
        ha="center",
        va="bottom",
        fontsize=8.5,
        color=INK,
        zorder=9,
    )


def draw_north(axes: Axes, toward: tuple[float, float], words: Words) -> None:
    """North arrow in the upper right corner, ``toward`` as a unit vector to the right and up."""
    from matplotlib.transforms import offset_copy

    def place(along: float) -> Transform:
        """The corner moved along the arrow by so many points."""
        return offset_copy(axes.transAxes, axes.get_figure(root=True), along * toward[0], along * toward[1], "points")

    axes.annotate(
        words("north"),
        xy=ARROW_PLACE,
        xycoords=place(ARROW_POINTS),
        xytext=ARROW_PLACE,
        textcoords=place(-ARROW_POINTS),
        ha="center",
        va="center",
        fontsize=11,
        fontweight="bold",
        color=INK,
        bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.88},
        arrowprops={
            "arrowstyle": "-|>,head_width=0.35,head_length=0.7",
            "color": INK,
            "lw": 1.6,
            "shrinkA": 1,
            "shrinkB": 0,
        },
        zorder=9,
    )
