"""Styles for QGIS (.qml), as text: of polygons by number or by word, of rasters by number or by code.

Properties of symbols are written as ``prop``, which every QGIS since 2.0 reads; QGIS 3.26 and later also write them
otherwise. Nulls have no class of their own in a graduated renderer: its expression gives them a number below all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from twin.export.vectors.classes import NO_CLASS_COLOUR, NO_VALUE_COLOUR, NO_VALUE_LABEL, Category, Step, rgb

HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION = "3.22.0-Białowieża"
# QGIS's numbers must be finite; no value of ours comes near.
_FAR = 1e9
_NULL = -1.0


class Drawing(NamedTuple):
    """How polygons are drawn beside their colour."""

    opacity: float
    by_height: bool  # higher ones over lower ones
    aliases: Mapping[str, str]  # column → what forms call it


def qml_steps(expression: str, steps: Sequence[Step], drawing: Drawing) -> str:
    """Polygons by a number; what has none is grey. Uprights, which a map sees edge-on, show as lines."""
    classes = [(_NULL - 1, _NULL + 0.5, NO_VALUE_LABEL, NO_VALUE_COLOUR)]
    classes += [(max(step.low, _NULL + 0.5), min(step.high, _FAR), step.label, step.colour) for step in steps]
    ranges = "".join(
        f'<range symbol="{index}" lower="{low:.6f}" upper="{high:.6f}" label={quoteattr(label)} render="true"/>'
        for index, (low, high, label, _) in enumerate(classes)
    )
    symbols = "".join(_symbol(index, colour, drawing.opacity) for index, (*_, colour) in enumerate(classes))
    attribute = quoteattr(f"coalesce({expression}, {_NULL:.0f})")
    return _layer(
        f'<renderer-v2 type="graduatedSymbol" graduatedMethod="GraduatedColor" attr={attribute} symbollevels="0" '
        f'forceraster="0" enableorderby="{int(drawing.by_height)}"><ranges>{ranges}</ranges>'
        f"<symbols>{symbols}</symbols>{_order(drawing)}</renderer-v2>",
        drawing,
    )


def qml_categories(column: str, categories: Sequence[Category], drawing: Drawing) -> str:
    """Polygons by a word; all others are pale."""
    every = [*categories, Category("", NO_CLASS_COLOUR, NO_VALUE_LABEL)]
    named = "".join(
        f'<category symbol="{index}" value={quoteattr(one.value)} type="string" label={quoteattr(one.label)} '
        'render="true"/>'
        for index, one in enumerate(every)
    )
    symbols = "".join(_symbol(index, one.colour, drawing.opacity) for index, one in enumerate(every))
    return _layer(
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)} symbollevels="0" forceraster="0" '
        f'enableorderby="{int(drawing.by_height)}"><categories>{named}</categories><symbols>{symbols}</symbols>'
        f"{_order(drawing)}</renderer-v2>",
        drawing,
    )


def qml_raster_steps(steps: Sequence[Step]) -> str:
    """The first band of a raster by its number."""
    items = "".join(
        f'<item value="{"inf" if step.high > _FAR else f"{step.high:g}"}" color="{step.colour}" alpha="255" '
        f"label={quoteattr(step.label)}/>"
        for step in steps
    )
    low, high = steps[0].high, steps[-1].low
    return _raster(
        f'<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" '
        f'classificationMin="{low:g}" classificationMax="{high:g}"><rasterTransparency/><rastershader>'
        f'<colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0" minimumValue="{low:g}" '
        f'maximumValue="{high:g}" labelPrecision="0">{items}</colorrampshader></rastershader></rasterrenderer>'
    )


def qml_raster_codes(categories: Sequence[Category]) -> str:
    """The first band of a raster by its code; codes that are not named are not drawn."""
    entries = "".join(
        f'<paletteEntry value="{one.value}" color="{one.colour}" alpha="255" label={quoteattr(one.label)}/>'
        for one in categories
    )
    return _raster(
        '<rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor=""><rasterTransparency/>'
        f"<colorPalette>{entries}</colorPalette></rasterrenderer>"
    )


def _layer(renderer: str, drawing: Drawing) -> str:
    aliases = "".join(
        f'<alias field={quoteattr(name)} index="{index}" name={quoteattr(alias)}/>'
        for index, (name, alias) in enumerate(drawing.aliases.items())
    )
    said = f"<aliases>{aliases}</aliases>" if aliases else ""
    return f'{HEAD}<qgis version="{_VERSION}" styleCategories="Symbology|Fields">{renderer}{said}</qgis>\n'


def _raster(renderer: str) -> str:
    return f'{HEAD}<qgis version="{_VERSION}" styleCategories="Symbology"><pipe>{renderer}</pipe></qgis>\n'


def _order(drawing: Drawing) -> str:
    if not drawing.by_height:
        return ""
    return '<orderby><orderByClause asc="1" nullsFirst="1">z_max($geometry)</orderByClause></orderby>'


def _symbol(name: int, colour: str, opacity: float) -> str:
    paint = ",".join(map(str, (*rgb(colour), 255)))
    properties = {
        "color": paint,
        "style": "solid",
        "outline_color": paint,
        "outline_style": "solid",
        "outline_width": "0.3",
        "outline_width_unit": "MM",
        "joinstyle": "bevel",
    }
    props = "".join(f'<prop k="{key}" v="{value}"/>' for key, value in properties.items())
    return (
        f'<symbol name="{name}" type="fill" alpha="{opacity:g}" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleFill" enabled="1" locked="0" pass="0">{props}</layer></symbol>'
    )
