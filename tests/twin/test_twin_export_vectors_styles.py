"""Styles are looked at as their readers do: every value meets one class, and both languages give it one colour."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from lxml import etree

from twin.export.vectors.classes import NO_CLASS_COLOUR, NO_VALUE_COLOUR, rgb, shadows, steps_of, suitability
from twin.export.vectors.styles import Kind, style_of, write_styles
from twin.report.colours import CLASS_COLOURS, Scale, colour_of, colour_table
from twin.report.study_colours import change_classes, classed, hour_classes

SCALE = Scale(50.0, 1150.0, colour_table())
SLD = "{http://www.opengis.net/sld}"
OGC = "{http://www.opengis.net/ogc}"
VALUES = (None, -0.0, 0.0, 12.0, 50.0, 99.999, 100.0, 640.0, 1100.0, 1149.0, 1150.0, 5000.0)


def sld_colour(text: str, row: dict[str, object]) -> str:
    """The colour that OGC Filter 1.0 gives a row; one rule alone may hold."""
    root = etree.fromstring(text.encode("utf-8"))
    found = []
    for rule in root.iter(f"{SLD}Rule"):
        asked = rule.find(f"{OGC}Filter")
        assert asked is not None
        if holds(asked[0], row):
            found.append(rule.findtext(f"{SLD}PolygonSymbolizer/{SLD}Fill/{SLD}CssParameter"))
    assert len(found) == 1, (row, found)
    return str(found[0])


def holds(node: etree._Element, row: dict[str, object]) -> bool:
    name = str(node.tag).removeprefix(OGC)
    if name in ("And", "Or"):
        return (all if name == "And" else any)(holds(child, row) for child in node)
    if name == "Not":
        return not holds(node[0], row)
    if name == "PropertyIsNull":
        return value_of(node[0], row) is None
    left, right = value_of(node[0], row), value_of(node[1], row)
    if left is None:
        return False
    compare: dict[str, Callable[[float, float], bool]] = {
        "PropertyIsGreaterThanOrEqualTo": lambda a, b: a >= b,
        "PropertyIsGreaterThan": lambda a, b: a > b,
        "PropertyIsLessThan": lambda a, b: a < b,
    }
    if name == "PropertyIsEqualTo":
        return str(left) == right if isinstance(left, str) else float(str(left)) == float(str(right))
    return compare[name](float(str(left)), float(str(right)))


def value_of(node: etree._Element, row: dict[str, object]) -> object:
    if node.tag == f"{OGC}Div":
        a, b = (value_of(child, row) for child in node)
        return float(str(a)) / float(str(b)) if a is not None and b else None
    text = node.text or ""
    return row.get(text) if node.tag == f"{OGC}PropertyName" else text


def qml_colour(text: str, value: float | None) -> str:
    """The colour of QGIS' graduated renderer: of the first range that holds the value, both ends included."""
    root = etree.fromstring(text.encode("utf-8"))
    number = -1.0 if value is None else value
    for one in root.iter("range"):
        if float(one.get("lower", "")) <= number <= float(one.get("upper", "")):
            return symbol_colour(root, one.get("symbol", ""))
    raise AssertionError(f"{value} has no class")


def symbol_colour(root: etree._Element, name: str) -> str:
    symbol = next(one for one in root.iter("symbol") if one.get("name") == name)
    paint = next(one.get("v", "") for one in symbol.iter("prop") if one.get("k") == "color")
    red, green, blue, _ = (int(part) for part in paint.split(","))
    return f"#{red:02x}{green:02x}{blue:02x}"


def test_classes_are_the_scale_in_round_steps() -> None:
    steps = steps_of(SCALE)
    assert [step.label for step in steps[:2]] == ["< 100", "100 – 200"]
    assert steps[-1].label == "≥ 1100"
    assert steps[0].low == -np.inf
    assert steps[-1].high == np.inf
    for one, after in pairwise(steps):
        assert one.high == after.low
    assert rgb(steps[5].colour) == tuple(colour_of(SCALE, 550.0).tolist())
    lightness = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (rgb(step.colour) for step in steps)]
    assert lightness == sorted(lightness)  # the order survives grey print


@pytest.mark.parametrize("low, high", [(0.0, 50.0), (0.0, 1200.0), (333.0, 337.0), (0.0, 25_000.0)])
def test_any_scale_has_few_classes(low: float, high: float) -> None:
    steps = steps_of(Scale(low, high, colour_table()))
    assert 1 <= len(steps) <= 60
    assert all(step.low < step.high for step in steps)


@pytest.mark.parametrize("value", VALUES)
def test_both_languages_give_a_number_one_colour(value: float | None) -> None:
    style = style_of("surfaces", SCALE)
    wanted = NO_VALUE_COLOUR
    if value is not None:
        wanted = next(step.colour for step in steps_of(SCALE) if step.low <= value < step.high)
    assert sld_colour(style.sld, {"irradiation_kwh_m2": value}) == wanted
    near = value if value is None or value % 100 else value + 1e-6  # QGIS' ranges share their ends
    assert qml_colour(style.qml, near) == wanted


def test_a_building_without_a_roof_is_grey() -> None:
    sld = style_of("buildings", SCALE).sld
    kwh, area = "roof_irradiation_kwh", "roof_exposed_area_m2"
    assert sld_colour(sld, {kwh: None, area: None}) == NO_VALUE_COLOUR
    assert sld_colour(sld, {kwh: 0.0, area: 0.0}) == NO_VALUE_COLOUR
    assert sld_colour(sld, {kwh: 65_000.0, area: 100.0}) == next(s.colour for s in steps_of(SCALE) if s.low == 600)
    attribute = etree.fromstring(style_of("buildings", SCALE).qml.encode()).find("renderer-v2").get("attr")
    assert attribute == 'coalesce("roof_irradiation_kwh" / nullif("roof_exposed_area_m2", 0), -1)'


@pytest.mark.parametrize("value", [*CLASS_COLOURS, "", None])
def test_suitability(value: str | None) -> None:
    style = style_of("surfaces_pv_class", SCALE)
    wanted = CLASS_COLOURS.get(value or "", NO_CLASS_COLOUR)
    assert sld_colour(style.sld, {"pv_class": value}) == wanted
    root = etree.fromstring(style.qml.encode("utf-8"))
    assert root.find("renderer-v2").get("type") == "categorizedSymbol"
    category = next(one for one in root.iter("category") if one.get("value") == (value or ""))
    assert symbol_colour(root, category.get("symbol", "")) == wanted


def test_no_value_is_told_from_unsuitable() -> None:
    """Two greys beside each other would be one to most eyes."""
    none, unsuitable = (sum(rgb(colour)) / 3 for colour in (NO_CLASS_COLOUR, CLASS_COLOURS["nicht geeignet"]))
    assert none - unsuitable > 30


def test_every_kind_is_written_and_well_formed(tmp_path: Path) -> None:
    kinds = list(get_args(Kind))
    files = write_styles(tmp_path, kinds, SCALE)
    assert len(files) == 2 * len(kinds) == len(list(tmp_path.iterdir()))
    for name in files:
        text = (tmp_path / name).read_text(encoding="utf-8")
        root = etree.fromstring(text.encode("utf-8"))
        assert root.tag == ("qgis" if name.endswith("qml") else f"{SLD}StyledLayerDescriptor")
    names = {"irradiation", "hours", "difference", "shadow_mask"}
    assert all((tmp_path / f"{name}.qml").read_text(encoding="utf-8").count("<rasterrenderer") == 1 for name in names)


@pytest.mark.parametrize("kind, unit", [("hours", 0.5), ("difference", 15.0)])
def test_rasters_of_a_study_have_the_colours_of_its_maps(kind: Kind, unit: float) -> None:
    """An entry of intervals holds for all values below its quantity (GeoServer's ``intervals``, QGIS' DISCRETE)."""
    entries = list(etree.fromstring(style_of(kind, SCALE).sld.encode("utf-8")).iter(f"{SLD}ColorMapEntry"))
    upper = np.array([float(one.get("quantity", "")) for one in entries])
    assert (np.diff(upper) > 0).all()
    classes = hour_classes(17.0) if kind == "hours" else change_classes()
    middle = np.linspace(-200.0, 200.0, 41) + 0.3 if kind == "difference" else np.arange(0.25, 16.0, unit)
    for value in middle:
        colour = entries[int(np.searchsorted(upper, value, side="right"))].get("color", "")
        assert rgb(colour) == tuple(classed(classes, np.array(value)).tolist()), value


def test_masks_name_what_they_show() -> None:
    compared = etree.fromstring(style_of("shadow_mask", SCALE).sld.encode("utf-8"))
    labels = {one.get("quantity"): one.get("label") for one in compared.iter(f"{SLD}ColorMapEntry")}
    named = {one.value: one.label for one in shadows()}
    assert labels == {"1": named["removed"], "2": named["additional"], "3": named["both"]}
    alone = etree.fromstring(style_of("shadow_mask_bestand", SCALE).sld.encode("utf-8"))
    assert [one.get("label") for one in alone.iter(f"{SLD}ColorMapEntry")] == [named["bestand"]]


def test_legends_are_german_and_english() -> None:
    assert all(" / " in one.label for one in [*suitability(), *shadows()])
    for kind in get_args(Kind):
        root = etree.fromstring(style_of(kind, SCALE).sld.encode("utf-8"))
        assert " / " in str(root.findtext(f".//{SLD}UserStyle/{SLD}Title"))
