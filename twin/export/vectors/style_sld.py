"""Styles as OGC Styled Layer Descriptor 1.0 (02-070), as text: the version that GeoServer and all others read."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from twin.export.vectors.classes import NO_CLASS_COLOUR, NO_VALUE_COLOUR, NO_VALUE_LABEL, Category, Step

_NAMESPACES = (
    'version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.opengis.net/sld http://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd"'
)


def sld_steps(layer: str, title: str, columns: tuple[str, ...], steps: Sequence[Step]) -> str:
    """Polygons by a number: the one column, or the first divided by the second; what has none is grey."""
    value = f"<ogc:PropertyName>{escape(columns[0])}</ogc:PropertyName>"
    # GeoServer divides by zero to infinity, which no class should catch.
    known = [f"<ogc:Not><ogc:PropertyIsNull>{value}</ogc:PropertyIsNull></ogc:Not>"]
    none = f"<ogc:PropertyIsNull>{value}</ogc:PropertyIsNull>"
    if len(columns) == 2:
        by = f"<ogc:PropertyName>{escape(columns[1])}</ogc:PropertyName>"
        known.append(f"<ogc:PropertyIsGreaterThan>{by}<ogc:Literal>0</ogc:Literal></ogc:PropertyIsGreaterThan>")
        empty = f"<ogc:PropertyIsEqualTo>{by}<ogc:Literal>0</ogc:Literal></ogc:PropertyIsEqualTo>"
        none = f"<ogc:Or>{none}{empty}</ogc:Or>"
        value = f"<ogc:Div>{value}{by}</ogc:Div>"
    rules = [_rule(NO_VALUE_LABEL, none, NO_VALUE_COLOUR)]
    for step in steps:
        asked = list(known)
        if np.isfinite(step.low):
            asked.append(_compared("PropertyIsGreaterThanOrEqualTo", value, f"{step.low:g}"))
        if np.isfinite(step.high):
            asked.append(_compared("PropertyIsLessThan", value, f"{step.high:g}"))
        rules.append(_rule(step.label, f"<ogc:And>{''.join(asked)}</ogc:And>", step.colour))
    return _document(layer, title, "".join(rules))


def sld_categories(layer: str, title: str, column: str, categories: Sequence[Category]) -> str:
    """Polygons by a word; those without one are pale."""
    value = f"<ogc:PropertyName>{escape(column)}</ogc:PropertyName>"
    empty = _compared("PropertyIsEqualTo", value, "")
    none = f"<ogc:Or><ogc:PropertyIsNull>{value}</ogc:PropertyIsNull>{empty}</ogc:Or>"
    rules = [_rule(NO_VALUE_LABEL, none, NO_CLASS_COLOUR)]
    rules += [_rule(one.label, _compared("PropertyIsEqualTo", value, one.value), one.colour) for one in categories]
    return _document(layer, title, "".join(rules))


def sld_raster_steps(layer: str, title: str, steps: Sequence[Step]) -> str:
    """The first band of a raster by its number: an entry holds for all below its quantity."""
    entries = "".join(
        f'<ColorMapEntry color="{step.colour}" quantity="{min(step.high, 1e9):g}" label={quoteattr(step.label)}/>'
        for step in steps
    )
    return _document(layer, title, _raster_rule("intervals", entries))


def sld_raster_codes(layer: str, title: str, categories: Sequence[Category]) -> str:
    """The first band of a raster by its code."""
    entries = "".join(
        f'<ColorMapEntry color="{one.colour}" quantity="{one.value}" label={quoteattr(one.label)}/>'
        for one in categories
    )
    return _document(layer, title, _raster_rule("values", entries))


def _compared(operator: str, value: str, with_: str) -> str:
    return f"<ogc:{operator}>{value}<ogc:Literal>{escape(with_)}</ogc:Literal></ogc:{operator}>"


def _rule(label: str, asked: str, colour: str) -> str:
    """Filled in its colour and outlined in it, so that uprights show as lines."""
    return (
        f"<Rule><Title>{escape(label)}</Title><ogc:Filter>{asked}</ogc:Filter><PolygonSymbolizer>"
        f'<Fill><CssParameter name="fill">{colour}</CssParameter></Fill>'
        f'<Stroke><CssParameter name="stroke">{colour}</CssParameter>'
        '<CssParameter name="stroke-width">1</CssParameter></Stroke></PolygonSymbolizer></Rule>'
    )


def _raster_rule(kind: str, entries: str) -> str:
    return (
        "<Rule><RasterSymbolizer><Opacity>1</Opacity>"
        f'<ColorMap type="{kind}">{entries}</ColorMap></RasterSymbolizer></Rule>'
    )


def _document(layer: str, title: str, rules: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<StyledLayerDescriptor {_NAMESPACES}><NamedLayer>'
        f"<Name>{escape(layer)}</Name><UserStyle><Title>{escape(title)}</Title>"
        f"<FeatureTypeStyle>{rules}</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>\n"
    )
