"""Which style goes with which layer: the names under which every export leaves .qml and .sld beside its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from twin.export.shadow_polygons import ALONE, COMPARED
from twin.export.vectors import style_qml, style_sld
from twin.export.vectors.classes import (
    CHANGE_TITLE,
    CLASS_TITLE,
    HOURS_TITLE,
    MONTH_TITLE,
    PERIOD_TITLE,
    SHADOW_TITLE,
    TITLE,
    Category,
    Step,
    change_steps,
    hour_steps,
    shadows,
    steps_of,
    suitability,
)
from twin.export.vectors.columns import column_of
from twin.export.vectors.style_qml import Drawing
from twin.report.colours import Scale
from twin.store import write_atomically

Kind = Literal[
    "surfaces",
    "surfaces_pv_class",
    "buildings",
    "buildings_pv_class",
    "shadows",
    "irradiation",
    "irradiation_month",
    "hours",
    "difference",
    "shadow_mask",
    "shadow_mask_bestand",
]
RASTERS = ("irradiation", "irradiation_month", "hours", "difference", "shadow_mask", "shadow_mask_bestand")
# Vector layers of a job; the first of each is how it opens.
OF_TABLES: dict[str, tuple[Kind, ...]] = {
    "surfaces": ("surfaces", "surfaces_pv_class"),
    "buildings": ("buildings", "buildings_pv_class"),
}
SHADOW_OPACITY = 0.6
IRRADIATION = "irradiation_kwh_m2"
ROOF_KWH, ROOF_M2 = "roof_irradiation_kwh", "roof_exposed_area_m2"
PV_CLASS = "pv_class"


class Style(NamedTuple):
    """One style in both languages of styles."""

    qml: str
    sld: str


def write_styles(folder: Path, kinds: Sequence[Kind], scale: Scale, part_of_year: bool = False) -> list[str]:
    """Write ``<kind>.qml`` and ``<kind>.sld`` of each kind; names of the files.

    The names of `RASTERS` are rasters: kWh/m² of the scale, hours of sun, minutes won or lost, masks of a shadow study
    against a scenario or of the Bestand alone. All others are polygons.
    ``part_of_year``: the job's weather covers less than a year.
    """
    return write_files(folder, {kind: style_of(kind, scale, part_of_year=part_of_year) for kind in kinds})


def write_files(folder: Path, styles: Mapping[Kind, Style]) -> list[str]:
    """Write styles that are made, two files each; their names."""
    files = []
    for kind, style in styles.items():
        for ending, text in style._asdict().items():
            write_atomically(folder / f"{kind}.{ending}", text.encode("utf-8"))
            files.append(f"{kind}.{ending}")
    return files


def style_of(kind: Kind, scale: Scale, names: Sequence[str] = (), part_of_year: bool = False) -> Style:
    """A style; ``names`` are the layer's columns, whose meaning QGIS then shows in its forms."""
    title = PERIOD_TITLE if part_of_year else TITLE
    if kind in RASTERS:
        return _of_raster(kind, scale, title)
    layer = kind.removesuffix(f"_{PV_CLASS}")
    drawing = Drawing(SHADOW_OPACITY if kind == "shadows" else 1.0, layer == "surfaces", _aliases(names, part_of_year))
    if kind == "shadows":
        return _by_word(layer, SHADOW_TITLE, "kind", shadows(), drawing)
    if kind.endswith(PV_CLASS):
        return _by_word(layer, CLASS_TITLE, PV_CLASS, suitability(), drawing)
    columns = (IRRADIATION,) if layer == "surfaces" else (ROOF_KWH, ROOF_M2)
    return _by_number(layer, title, columns, steps_of(scale), drawing)


def _of_raster(kind: Kind, scale: Scale, of_year: str) -> Style:
    if kind.startswith("shadow_mask"):
        codes = mask_codes(kind.endswith("bestand"))
        return Style(style_qml.qml_raster_codes(codes), style_sld.sld_raster_codes(kind, SHADOW_TITLE, codes))
    title, steps = {
        "hours": (HOURS_TITLE, hour_steps()),
        "difference": (CHANGE_TITLE, change_steps()),
        "irradiation_month": (MONTH_TITLE, steps_of(scale)),
    }.get(kind, (of_year, steps_of(scale)))
    return Style(style_qml.qml_raster_steps(steps), style_sld.sld_raster_steps(kind, title, steps))


def mask_codes(alone: bool) -> list[Category]:
    """Codes of a mask; ``alone``: of a Bestand that nothing is compared with."""
    named = {one.value: one for one in shadows()}
    codes = ALONE if alone else COMPARED
    return [Category(str(code), named[kind].colour, named[kind].label) for code, kind in codes.items()]


def _by_number(layer: str, title: str, columns: tuple[str, ...], steps: Sequence[Step], drawing: Drawing) -> Style:
    expression = f'"{columns[0]}"' if len(columns) == 1 else f'"{columns[0]}" / nullif("{columns[1]}", 0)'
    qml = style_qml.qml_steps(expression, steps, drawing)
    return Style(qml, style_sld.sld_steps(layer, title, columns, steps))


def _by_word(layer: str, title: str, column: str, categories: Sequence[Category], drawing: Drawing) -> Style:
    qml = style_qml.qml_categories(column, categories, drawing)
    return Style(qml, style_sld.sld_categories(layer, title, column, categories))


def _aliases(names: Sequence[str], part_of_year: bool) -> dict[str, str]:
    """What forms call columns: in German, with the unit."""
    known = {name: column_of(name, part_of_year) for name in names}
    return {
        name: f"{column.german} [{column.unit}]" if column.unit else column.german
        for name, column in known.items()
        if column is not None
    }
