"""Map of a search for sites: usable land by class with its rank, what is cut off by reason, buildings, relief."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.report.city_map import Extent, box_aspect, path_of, polygons_in, widened
from twin.report.figures import look
from twin.report.sites_words import SitesWords
from twin.report.study_canvas import HOUSE, INK, SOFT, box, draw_signs, line, paper, picture_png, show

if TYPE_CHECKING:
    import geopandas
    import shapely
    from matplotlib.axes import Axes

    from twin.sites.run import Outcome
    from twin.terrain.surface import Surface

WIDTH_MM, MAP_MM, HEAD_MM, LEGEND_MM = 200.0, 135.0, 15.0, 27.0
# Okabe and Ito's colours, told apart by every eye.
CLASS_COLOUR = {"privileged": "#0072b2", "eeg": "#56b4e9", "other": "#e69f00", "car_park": "#cc79a7"}
# What is cut off: fill and hatch.
GONE: dict[str, tuple[str, str]] = {
    "layer": ("#d9847f", "////"),
    "no_terrain": ("#ffffff", "xxxx"),
    "building": ("#b9a37c", "...."),
    "steep": ("#9c8f86", "\\\\\\\\"),
    "edge": ("#e6e2da", ""),
    "narrow": ("#c9c4b8", "----"),
    "small": ("#c9c4b8", "||||"),
}
STRIP = "#004d7a"
MARGIN = 0.06
# Samples of the relief along the map's longer side.
RELIEF = 700
# Slopes are drawn this much steeper: most open land is nearly level.
STEEPER = 3.0


def sites_map_png(outcome: Outcome, language: str) -> bytes:
    """The map as PNG; the same outcome gives the same bytes."""
    words = SitesWords(language)
    tables = outcome.tables
    with look():
        figure = paper(WIDTH_MM, HEAD_MM + MAP_MM + LEGEND_MM)
        axes = box(figure, 4.0, HEAD_MM, WIDTH_MM - 8.0, MAP_MM)
        extent = widened(extent_of(tables.areas), box_aspect(axes))
        show(axes, extent)
        draw_relief(axes, outcome.inputs.terrain.surface, extent)
        for reason, (colour, hatch) in GONE.items():
            rows = tables.excluded[tables.excluded["reason"] == reason]
            fill(axes, rows.geometry.to_numpy(), colour, zorder=4, hatch=hatch, ec="#55525c", lw=0.15)
        fill(axes, outcome.inputs.feet.polygon, HOUSE, zorder=4.5, ec=INK, lw=0.3)
        for name, colour in CLASS_COLOUR.items():
            rows = tables.sites[(tables.sites["class"] == name) & tables.sites["rank"].notna()]
            fill(axes, rows.geometry.to_numpy(), colour, zorder=5, ec=INK, lw=0.5, alpha=0.85)
        fill(axes, tables.areas.geometry.to_numpy(), "none", zorder=6, ec=INK, lw=0.9)
        for layer in outcome.inputs.boosting:
            fill(axes, np.array([layer.shape], object), "none", zorder=7, ec=STRIP, lw=1.0, ls=(0, (5, 2)))
        label(axes, tables.sites, tables.areas, words)
        show(axes, extent)
        draw_signs(axes, extent, words, 8.0)
        line(figure, 4.0, 6.0, words("title"), 13.0, "bold")
        totals = outcome.facts["totals"]
        hectares = [words.number(totals[name] / 1e4, 2) for name in ("usable_m2", "area_m2")]
        subtitle = words("subtitle", totals["areas"], *hectares, outcome.facts["crs"]["horizontal"])
        line(figure, 4.0, 12.0, subtitle, 8.0)
        below = box(figure, 4.0, HEAD_MM + MAP_MM + 1.0, WIDTH_MM - 8.0, LEGEND_MM - 7.0)
        draw_legend(below, outcome, words)
        footer = " · ".join([outcome.facts["software"], *outcome.facts["attribution"]])
        line(figure, 4.0, HEAD_MM + MAP_MM + LEGEND_MM - 2.0, shortened(footer, 190), 5.5)
        return picture_png(figure)


def shortened(text: str, most: int) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def extent_of(areas: geopandas.GeoDataFrame) -> Extent:
    """Box of all areas with a margin."""
    west, south, east, north = (float(value) for value in areas.total_bounds)
    edge = MARGIN * max(east - west, north - south, 50.0)
    return Extent(west - edge, south - edge, east + edge, north + edge)


def fill(
    axes: Axes, shapes: NDArray[np.object_], colour: str, zorder: float, ec: str, lw: float, **look_of: Any
) -> None:
    """Polygons with their holes in one colour."""
    from matplotlib.collections import PathCollection

    paths = [path_of(polygon) for shape in shapes for polygon in polygons_in(shape) if not polygon.is_empty]
    if paths:
        axes.add_collection(
            PathCollection(paths, facecolors=colour, edgecolors=ec, linewidths=lw, zorder=zorder, **look_of)
        )


def draw_relief(axes: Axes, surface: Surface, extent: Extent) -> None:
    """Pale hill shading of the ground, paper where there is none."""
    wide, high = extent.east - extent.west, extent.north - extent.south
    step = max(wide, high) / RELIEF
    x = np.arange(extent.west + step / 2, extent.east, step)
    y = np.arange(extent.south + step / 2, extent.north, step)
    place = np.stack([part.ravel() for part in np.meshgrid(x, y)], axis=1)
    normal = surface.at(place)[1].reshape(len(y), len(x), 3)
    normal = normal * (STEEPER, STEEPER, 1.0)
    normal = normal / np.linalg.norm(normal, axis=2, keepdims=True)
    light = np.array([-0.5, 0.5, 0.7071])
    shade = np.clip((normal * light).sum(axis=2) / 0.7071, 0.0, 1.6) / 1.6
    image = np.where(np.isnan(shade), 0.945, 0.72 + 0.25 * shade)
    axes.imshow(
        np.repeat(image[..., None], 3, axis=2),
        extent=(extent.west, extent.west + len(x) * step, extent.south, extent.south + len(y) * step),
        origin="lower",
        interpolation="bilinear",
        aspect="auto",
        zorder=1,
    )


def label(axes: Axes, sites: geopandas.GeoDataFrame, areas: geopandas.GeoDataFrame, words: SitesWords) -> None:
    """Rank and name at each area; an area without a plant says so."""
    outline = dict(zip(areas["site_id"], areas.geometry, strict=True))
    for row in sites.itertuples(index=False):
        usable = not is_missing(row.rank)
        place = inner_point(row.geometry if usable else outline[row.site_id])
        text = str(row.rank) if usable else "–"
        ring = {"boxstyle": "circle,pad=0.25", "fc": "white", "ec": INK, "lw": 0.8}
        axes.annotate(text, place, ha="center", va="center", fontsize=8, fontweight="bold", bbox=ring, zorder=12)
        said = shortened(row.name, 28) if usable else f"{shortened(row.name, 28)}: {words('excluded_short')}"
        axes.annotate(
            said,
            place,
            xytext=(0, -11),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=6.5,
            bbox={"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
            zorder=11,
        )


def is_missing(value: Any) -> bool:
    """Whether a rank is none, as pandas writes it."""
    import pandas as pd

    return bool(pd.isna(value))


def inner_point(shape: shapely.Geometry) -> tuple[float, float]:
    """A point inside the largest part of a shape."""
    parts = list(polygons_in(shape))
    point = max(parts, key=lambda part: part.area).representative_point()
    return float(point.x), float(point.y)


def draw_legend(axes: Axes, outcome: Outcome, words: SitesWords) -> None:
    """What is on the map, nothing else."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    tables = outcome.tables
    axes.axis("off")
    classes = set(tables.sites.loc[tables.sites["rank"].notna(), "class"])
    reasons = set(tables.excluded["reason"])
    entries: list[Any] = [
        Patch(fc=colour, ec=INK, lw=0.5, label=words(name)) for name, colour in CLASS_COLOUR.items() if name in classes
    ]
    entries += [
        Patch(fc=colour, ec="#55525c", lw=0.3, hatch=hatch, label=words(f"gone_{reason}"))
        for reason, (colour, hatch) in GONE.items()
        if reason in reasons
    ]
    entries.append(Patch(fc=HOUSE, ec=INK, lw=0.3, label=words("building")))
    entries.append(Patch(fc="none", ec=INK, lw=0.9, label=words("area_outline")))
    if outcome.inputs.boosting:
        entries.append(Line2D([], [], color=STRIP, lw=1.0, ls=(0, (5, 2)), label=words("strip")))
    axes.legend(
        handles=entries,
        loc="upper left",
        ncols=4,
        fontsize=7.0,
        frameon=False,
        borderaxespad=0.0,
        labelcolor=SOFT,
        handlelength=2.2,
        handleheight=1.2,
    )
