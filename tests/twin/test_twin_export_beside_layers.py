"""Layer entries for VC Map, Masterportal and CesiumJS: the right kinds, addresses, and colours that fit the numbers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from oracles import beside_facts
from oracles.beside_facts import CITY, STUDY_FORMATS, exported

from twin.export.beside import masterportal
from twin.export.beside.attributes import attributes_of
from twin.export.beside.cesium import cesium_module
from twin.export.beside.conditions import irradiation_conditions, suitability_conditions
from twin.export.beside.facts import Facts
from twin.export.beside.layers import key_of, layers_of
from twin.export.beside.legend import irradiation_legend
from twin.export.beside.vcmap import vcmap_module
from twin.export.tiles.properties import HEAD, NO_NUMBER, POWER, TEXTS
from twin.export.tiles.properties import MONTHLY as TILE_MONTHLY
from twin.report.colours import CLASS_COLOURS, NO_VALUE, Scale, colour_of, colour_table

LEGEND = (550.0, 1050.0)
ROOT = "https://geo.wiesbaden.example/solar"


def test_a_name_with_a_number_is_no_system() -> None:
    names = ("epsg25832/masks/bplan-3857_2026-03-21T1200.tif", "epsg3857/masks/bplan-3857_2026-03-21T1200.tif")
    one = exported("cog")._replace(files=tuple((name, 1) for name in names))
    layers = layers_of(one, "Köln", "EPSG:25832")
    assert [layer.crs for layer in layers] == ["EPSG:25832", "EPSG:3857"]
    assert [layer.name for layer in layers] == [
        "epsg25832_masks_bplan-3857_2026-03-21T1200",
        "masks_bplan-3857_2026-03-21T1200",
    ]


def facts(name: str, publisher: Any = CITY) -> Facts:
    return beside_facts.facts(publisher, "shadow" if name in STUDY_FORMATS else "solar")


def module(name: str, coloured: bool = False, publisher: Any = CITY) -> dict[str, Any]:
    return vcmap_module(facts(name, publisher), exported(name, "vcmap" if name == "3dtiles" else "", coloured))


def services(name: str, coloured: bool = False) -> list[dict[str, Any]]:
    return masterportal.services(facts(name), exported(name, "masterportal" if name == "3dtiles" else "", coloured))


def colour(conditions: list[list[str]], properties: dict[str, Any]) -> str:
    """What CesiumJS would draw: the first condition that holds; comparing what is no number is its error."""
    for condition, shown in conditions:
        for part in condition.split(" || "):
            if part == "true":
                return shown
            name, sign, wanted = re.fullmatch(r"\$\{(\w+)\} (===|<) (.*)", part).groups()
            value = properties.get(name, "undefined")
            if sign == "===":
                held = value == {"null": None, "undefined": "undefined"}.get(wanted, wanted.strip("'"))
            else:
                assert isinstance(value, int | float), "CesiumJS refuses to compare"
                held = value < float(wanted)
            if held:
                return shown
    raise AssertionError("no condition holds")


def test_tiles_of_both_forms_are_coloured_by_their_year() -> None:
    conditions = irradiation_conditions(LEGEND)
    grey = "color('#{:02x}{:02x}{:02x}')".format(*NO_VALUE)
    for nothing in ({}, {"irradiation_kwh_m2": None}, {"irradiation_kwh_m2": NO_NUMBER}):
        assert colour(conditions, nothing) == grey
    scale = Scale(*LEGEND, colour_table())
    for value in (0.0, 560.0, 700.0, 812.5, 1049.0, 3000.0):
        shown = colour(conditions, {"irradiation_kwh_m2": value})
        red, green, blue = (int(part, 16) for part in re.findall(r"[0-9a-f]{2}", shown.removeprefix("color('#")))
        inside = min(max(value, LEGEND[0]), LEGEND[1])
        near = colour_of(scale, np.arange(inside - 25.0, inside + 25.0))
        assert (np.abs(near.astype(int) - (red, green, blue)).sum(axis=1) < 12).any(), value
    for name, wanted in CLASS_COLOURS.items():
        assert colour(suitability_conditions(), {"pv_class": name}) == f"color('{wanted}')"
    assert colour(suitability_conditions(), {"pv_class": ""}) == grey


def test_vcmap_finds_vc_solar_s_layer() -> None:
    found = module("3dtiles")
    (layer,) = found["layers"]
    assert (layer["type"], layer["name"], layer["url"]) == (
        "CesiumTilesetLayer",
        "SolarBuildings",
        f"{ROOT}/tileset.json",
    )
    assert layer["style"]["type"] == "DeclarativeStyleItem"
    assert layer["style"]["declarativeStyle"]["color"]["conditions"] == irradiation_conditions(LEGEND)
    assert layer["extent"]["coordinates"] == [8.1, 50.0, 8.4, 50.2]
    assert [one["name"] for one in found["styles"]] == layer["properties"]["availableStyles"]
    (table,) = found["featureInfo"]
    assert layer["properties"]["featureInfo"] == table["name"]
    (words,) = found["i18n"]
    space = words["name"]
    assert words["de"][space]["value_ml"].startswith("Stromertrag, KI-korrigiert")
    assert set(table["attributeKeys"]) == set(words["de"][space]) == set(words["en"][space])
    assert table["keyMapping"]["value_ml"] == f"{space}.value_ml"


def test_a_tileset_with_colours_of_its_own_gets_no_style() -> None:
    """Styles multiply what the tiles bring (CesiumJS, Cesium3DTileColorBlendMode.HIGHLIGHT)."""
    found = module("3dtiles", coloured=True)
    assert "style" not in found["layers"][0]
    assert not found["styles"]
    (entry,) = services("3dtiles", coloured=True)
    assert "styleId" not in entry
    assert not masterportal.styles(facts("3dtiles"), exported("3dtiles", "masterportal", coloured=True))
    assert "const STYLES = {};" in cesium_module(facts("3dtiles"), exported("3dtiles", "cesium", coloured=True))
    assert "< 600" in cesium_module(facts("3dtiles"), exported("3dtiles", "cesium", coloured=False))


def test_attributes_on_click_are_those_of_the_tiles() -> None:
    of_tiles = {one.name for one in (*TEXTS, *HEAD, *POWER)}
    of_tiles |= {f"{name}_{month}" for name, _ in TILE_MONTHLY for month in range(1, 13)}
    shown = attributes_of(part_of_year=False)
    assert {one.name for one in shown} <= of_tiles
    assert sum("globalRadMonths" in one.name for one in shown) == 12
    assert all(one.de not in ("", one.name) and one.en not in ("", one.name) for one in shown), "a column says nothing"


def test_pyramids_and_rasters() -> None:
    land, month, roofs = module("xyz")["layers"]
    assert land["type"] == roofs["type"] == "WMTSLayer"
    assert roofs["url"] == f"{ROOT}/roofs/{{TileMatrix}}/{{TileCol}}/{{TileRow}}.png"
    assert (roofs["minLevel"], roofs["maxLevel"]) == (15, 17)
    assert [layer["activeOnStartup"] for layer in (land, month, roofs)] == [True, False, False]
    rasters = module("cog")["layers"]
    assert [layer["url"] for layer in rasters] == [f"{ROOT}/epsg3857/land.tif", f"{ROOT}/epsg3857/land_03.tif"]
    assert {layer["type"] for layer in rasters} == {"COGLayer"}, "VC Map reads COG in web mercator alone"
    entries = services("cog")
    assert [entry["crs"] for entry in entries] == ["EPSG:25832"] * 2 + ["EPSG:3857"] * 2
    assert [entry["typ"] for entry in entries] == ["GeoTiff"] * 4
    assert ["style" in entry for entry in entries] == [True, False, True, False], "months have a scale of their own"
    assert len({entry["id"] for entry in entries}) == 4
    assert [one.title for one in layers_of(exported("cog"), "", "EPSG:25832")][1] == "Freiland März (EPSG:25832)"


def test_a_raster_s_ramp_is_the_scale() -> None:
    style = services("cog")[0]["style"]["color"]
    assert style[:3] == ["case", ["==", ["band", 2], 0], [0, 0, 0, 0]]
    stops = style[3][3:]
    values, colours = stops[0::2], stops[1::2]
    assert values == sorted(values)
    scale = Scale(*LEGEND, colour_table())
    for value, rgba in zip(values, colours, strict=True):
        assert rgba == [*colour_of(scale, value).tolist(), 1]


def test_a_day_s_shadow_is_a_layer_a_step() -> None:
    layers = module("geojson")["layers"]
    assert [layer["type"] for layer in layers] == ["GeoJSONLayer"] * 2
    assert {tuple(layer["exclusiveGroups"]) for layer in layers} == {
        (f"heliotwin-{key_of(facts('geojson'), exported('geojson'))}-schritte",)
    }
    assert layers[0]["properties"]["title"] == "Schatten Planung 2026-03-21 12:00"
    (czml,) = module("czml")["layers"]
    assert (czml["type"], czml["url"]) == ("CzmlLayer", f"{ROOT}/shadow_Planung_2026-03-21.czml")
    assert not services("czml"), "Masterportal reads no CZML"
    entries = services("geojson")
    (style,) = masterportal.styles(facts("geojson"), exported("geojson"))
    assert {entry["styleId"] for entry in entries} == {style["styleId"]}
    kinds = {rule["conditions"]["properties"]["kind"] for rule in style["rules"]}
    assert kinds == {"bestand", "both", "additional", "removed"}


def test_masterportal_rules_cover_every_number_once() -> None:
    """Masterportal makes a range [min, max] into min < value ≤ max."""
    (style,) = masterportal.styles(facts("3dtiles"), exported("3dtiles", "masterportal", coloured=False))
    *rules, fallback = style["rules"]
    assert "conditions" not in fallback
    spans = [rule["conditions"]["irradiation_kwh_m2"] for rule in rules]
    for value in (NO_NUMBER, 0.0, 550.0, 799.99, 1050.0, 2500.0):
        assert sum(low < value <= high for low, high in spans) == 1, value
    assert rules[0]["style"]["color"] == "rgba({}, {}, {}, 1)".format(*NO_VALUE)
    config = masterportal.layer_config(facts("3dtiles"), exported("3dtiles", "masterportal", coloured=False))
    (folder,) = config["subjectlayer"]["elements"]
    (entry,) = services("3dtiles")
    assert folder["elements"] == [{"id": entry["id"], "visibility": True, "styleId": style["styleId"]}]
    assert entry["typ"] == "TileSet3D"
    assert entry["gfiAttributes"]["globalRadMonths_12"] == "Energie auf der Fläche, Dezember [kWh]"


@pytest.mark.parametrize("name", ["gpkg", "geoparquet", "csv", "citygml", "cityjson", "pmtiles", "viewer"])
def test_files_that_no_client_reads_from_a_folder_have_no_entries(name: str) -> None:
    assert not module(name)
    assert not services(name)
    assert not cesium_module(facts(name), exported(name))


@pytest.mark.parametrize("name", ["3dtiles", "xyz", "czml", "geojson"])
@pytest.mark.parametrize("publisher", [CITY, None])
def test_the_cesium_module_asks_nobody_else(name: str, publisher: Any) -> None:
    script = cesium_module(facts(name, publisher), exported(name))
    outside = re.findall(r"https?://[^\s\"'`]+", script)
    assert {address.split("/")[2] for address in outside} <= {"geo.wiesbaden.example"}
    assert "defaultAccessToken" not in script
    assert "</" not in re.search(r"const CREDIT = (.*);", script)[1]
    layers = json.loads(re.search(r"const LAYERS = (\[.*?\n\]);", script, re.S)[1])
    assert {layer["kind"] for layer in layers} == {{"xyz": "pyramid", "3dtiles": "tileset"}.get(name, name)}
    assert ('new URL("../", import.meta.url)' in script) == (publisher is None)


@pytest.mark.parametrize("name", ["3dtiles", "xyz", "czml"])
def test_the_cesium_module_is_javascript(tmp_path: Path, name: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    path = tmp_path / "cesium.mjs"
    path.write_text(cesium_module(facts(name), exported(name)), encoding="utf-8")
    asked = (
        f"import {{ tableOf }} from {json.dumps(path.as_uri())};"
        + """
        const nothing = { p10: undefined, p90: -9999, out_of_domain: false };
        const attributes = { value_ml: 1234.56, pv_class: "gut", ml_applied: true, ...nothing };
        const picked = { id: "A<b>", attributes };
        console.log(tableOf({ getProperty: (name) => picked[name] }));
        console.log("----");
        // Outside what the model knows value_ml repeats the physical value: nothing was corrected.
        const flat = { value_phys: 800, value_ml: 800, delta_pct: 0, ml_applied: false, out_of_domain: true };
        console.log(tableOf({ getProperty: (name) => flat[name] }), tableOf(undefined));"""
    )
    (tmp_path / "ask.mjs").write_text(asked, encoding="utf-8")
    done = subprocess.run(
        [node, "ask.mjs"], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    if name == "3dtiles":
        corrected, physical = done.stdout.split("----")
        assert "A&#60;b&#62;" in corrected
        assert "Stromertrag, KI-korrigiert" in corrected
        assert re.search(r"1\.234,6", corrected)
        assert "<td>ja</td>" in corrected
        assert "9999" not in corrected
        assert "steht ein von einem lernenden Verfahren" in corrected
        assert "KI-korrigiert" not in physical
        assert "<td>800</td>" in physical
        assert "Außerhalb dessen, was das Modell kennt" in physical
        assert physical.rstrip().endswith("null")


def test_legends_are_pictures_in_both_languages() -> None:
    for language, words in (("de", "keine Angabe"), ("en", "no value")):
        root = etree.fromstring(irradiation_legend(LEGEND, language).encode())
        texts = [element.text for element in root.iter("{*}text")]
        fills = [element.get("fill") for element in root.iter("{*}rect")][1:]
        assert texts[-1] == words
        assert len(fills) == len(texts) - 1 == len(set(fills))


def names_of(found: Any, keys: tuple[str, ...]) -> set[str]:
    """Every name that a portal would find in an entry."""
    if isinstance(found, dict):
        own = {value for key, value in found.items() if key in keys and isinstance(value, str)}
        return own.union(*(names_of(value, keys) for value in found.values()))
    if isinstance(found, list):
        return set().union(*(names_of(value, keys) for value in found))
    return set()


def test_two_exports_in_one_portal_share_no_name() -> None:
    """Formats of one job, and one format of two jobs: all modules and all entries of a portal share their names."""
    other = "0d4bb7c4-19e6-5d8f-9a0f-6f1b5c1f8f3e"
    for kinds in (("xyz", "cog", "3dtiles"), ("czml", "geojson")):
        modules, entries = [], []
        for name in kinds:
            for identifier in (facts(name).identifier, other):
                of, made = facts(name)._replace(identifier=identifier), exported(name, coloured=False)
                found = vcmap_module(of, made)
                modules.append(names_of({**found, "i18n": []}, ("name", "_id")) - {"SolarBuildings"})
                styles = {one["styleId"] for one in masterportal.styles(of, made)}
                entries.append({one["id"] for one in masterportal.services(of, made)} | styles)
        for sets in (modules, entries):
            everything = [one for names in sets for one in names]
            assert len(everything) == len(set(everything)), "two exports have an entry of one name"
    assert [layer["name"] for layer in module("3dtiles")["layers"]] == ["SolarBuildings"]
    assert "SolarBuildings" not in names_of(module("xyz"), ("name", "layerName"))


def test_each_layer_has_the_legend_of_its_own_colours() -> None:
    assert [entry["legend"].rsplit("/", 1)[1] for entry in services("xyz")] == [
        "legend_de.png",
        "legend_months_de.png",
        "legend_de.png",
    ]
    assert [entry["legend"].rsplit("/", 1)[1] for entry in services("cog")] == [
        "legend_de.png",
        "legend_months_de.png",
    ] * 2
    study = (
        *("masks/Planung_2026-03-21T1200/14/1/1.png", "rasters/hours_Planung_2026-03-21/14/1/1.png"),
        *("rasters/difference_Planung_2026-03-21/14/1/1.png", "rasters/first_sun_Planung_2026-03-21/14/1/1.png"),
        *("legend_shadow_de.png", "legend_hours_de.png", "legend_difference_de.png"),
    )
    of = beside_facts.facts(CITY, "shadow")
    made = exported("xyz")._replace(files=tuple((name, 1) for name in sorted(study)))
    legends = {entry["name"].split()[0]: entry["legend"] for entry in masterportal.services(of, made)}
    told = {name: legend and legend.removeprefix(f"{ROOT}/") for name, legend in legends.items()}
    assert told == {
        "Planung": "legend_shadow_de.png",
        "Sonnenstunden": "legend_hours_de.png",
        "Änderung": "legend_difference_de.png",
        "erste": False,  # a time of day: no legend of amounts is its own
    }
    fewer = made._replace(files=tuple(entry for entry in made.files if "legend" not in entry[0]))
    assert {entry["legend"] for entry in masterportal.services(of, fewer)} == {False}, "a picture that nobody wrote"


def test_part_of_a_year_is_called_annual_nowhere() -> None:
    part = facts("3dtiles")._replace(is_part_of_year=True)
    said = json.dumps(vcmap_module(part, exported("3dtiles", "vcmap")), ensure_ascii=False)
    said += json.dumps(masterportal.services(part, exported("3dtiles", "masterportal")), ensure_ascii=False)
    said += cesium_module(part, exported("3dtiles", "cesium"))
    said += irradiation_legend(LEGEND, "de", True) + irradiation_legend(LEGEND, "en", True)
    assert not re.findall(r"im Jahr|im ersten Jahr|nnual|of the year|a year|kWh/a|Wetterjahr", said)
    assert "Einstrahlung im Zeitraum der Wetterdaten [kWh/m²]" in said
    assert "Einstrahlung im Jahr [kWh/m²]" in irradiation_legend(LEGEND, "de")
