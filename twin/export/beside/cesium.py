"""An ES module that adds an export to a page's own CesiumJS: nothing is loaded from elsewhere, no token is asked for.

Source: CesiumJS 1.145 reference (Cesium3DTileset.fromUrl, CzmlDataSource.load, UrlTemplateImageryProvider, Credit).
"""

from __future__ import annotations

import json
from urllib.parse import quote

from twin.export.beside.attributes import APPLIED, OF_THE_MODEL, attributes_of
from twin.export.beside.conditions import irradiation_conditions, suitability_conditions
from twin.export.beside.exported import LAYERS, Exported
from twin.export.beside.facts import Facts
from twin.export.beside.layers import layers_of
from twin.export.beside.words import ai_words, attribution_text, title_of
from twin.export.rasters.mercator import WEB_MERCATOR
from twin.export.tiles.properties import NO_NUMBER

READ = ("tileset", "pyramid", "czml", "geojson")

SCRIPT = """// {title}
// {attribution}
// Written by {software}. Use:
//   import {{ addHeliotwin }} from "./{folder}/cesium.js";
//   await addHeliotwin(Cesium, viewer);

const LAYERS = {layers};
const ATTRIBUTES = {attributes};
const STYLES = {styles};
const CREDIT = {credit};
const AI = {ai};
// The folder of the export, seen from this file; or where it lies on the web.
const BASE = {base};

const escaped = (text) =>
  String(text).replace(/[&<>"']/g, (sign) => `&#${{sign.charCodeAt(0)}};`);

/** Attributes of a picked surface as an HTML table; null where nothing of ours was picked. */
export function tableOf(feature, language = "de") {{
  if (!feature || typeof feature.getProperty !== "function") return null;
  const nested = feature.getProperty("attributes") ?? {{}};
  const read = (name) => nested[name] ?? feature.getProperty(name);
  const corrected = Boolean(read("{applied}"));
  const label = corrected ? `<p>${{escaped(AI)}}</p>` : "";
  const rows = ATTRIBUTES.map(([name, de, en]) => {{
    const value = read(name);
    if ([undefined, null, "", false, {no_number}].includes(value)) return "";
    if (!corrected && {of_the_model}.includes(name)) return "";
    const number = typeof value === "number" && value.toLocaleString(language, {{ maximumFractionDigits: 1 }});
    const shown = number || (value === true ? (language === "de" ? "ja" : "yes") : value);
    return `<tr><th scope="row">${{escaped(language === "de" ? de : en)}}</th><td>${{escaped(shown)}}</td></tr>`;
  }});
  return `<table class="cesium-infoBox-defaultTable">${{rows.join("")}}</table>${{label}}`;
}}

/**
 * Add every layer to a viewer; resolves to the objects added, by name.
 * style: "irradiation" or "suitability", for tiles without colours of their own.
 * onPick(feature, table): called instead of opening the info box.
 */
export async function addHeliotwin(Cesium, viewer, options = {{}}) {{
  const {{ style = "irradiation", language = "de", fly = true, onPick }} = options;
  const added = {{}};
  if (!viewer.creditDisplay) throw new Error("heliotwin: this viewer shows no credits, and the licences ask for one");
  viewer.creditDisplay.addStaticCredit(new Cesium.Credit(escaped(CREDIT), true));
  for (const layer of LAYERS) {{
    const url = new URL(layer.url, BASE).href;
    if (layer.kind === "tileset") {{
      const tileset = await Cesium.Cesium3DTileset.fromUrl(url);
      if (STYLES[style]) {{
        tileset.style = new Cesium.Cesium3DTileStyle({{ color: {{ conditions: STYLES[style] }} }});
      }}
      added[layer.name] = viewer.scene.primitives.add(tileset);
      if (fly) await viewer.zoomTo?.(tileset);
    }} else if (layer.kind === "pyramid") {{
      const provider = new Cesium.UrlTemplateImageryProvider({{
        // braces are part of the template, no part of an address
        url: `${{url}}{{z}}/{{x}}/{{y}}.${{layer.suffix}}`,
        minimumLevel: layer.zooms[0],
        maximumLevel: layer.zooms[1],
        rectangle: Cesium.Rectangle.fromDegrees(...layer.bbox),
        credit: CREDIT,
      }});
      added[layer.name] = viewer.imageryLayers.addImageryProvider(provider);
    }} else {{
      const source = layer.kind === "czml" ? Cesium.CzmlDataSource : Cesium.GeoJsonDataSource;
      const data = await source.load(url, layer.kind === "czml" ? undefined : {{ clampToGround: true }});
      data.show = layer === LAYERS[0];
      added[layer.name] = await viewer.dataSources.add(data);
    }}
  }}
  const handler = new Cesium.ScreenSpaceEventHandler(viewer.scene.canvas);
  handler.setInputAction((click) => {{
    const feature = viewer.scene.pick(click.position);
    const table = tableOf(feature, language);
    if (onPick) {{
      onPick(feature, table);
    }} else if (table) {{
      viewer.selectedEntity = new Cesium.Entity({{ name: feature.getProperty("id"), description: table }});
    }}
  }}, Cesium.ScreenSpaceEventType.LEFT_CLICK);
  return added;
}}
"""


def cesium_module(facts: Facts, exported: Exported) -> str:
    """The module; "" where CesiumJS reads none of the files."""
    layers = [
        one for one in layers_of(exported, facts.title, facts.crs) if one.kind in READ and one.crs in ("", WEB_MERCATOR)
    ]
    if not layers:
        return ""
    entries = [
        {
            "name": one.name,
            "title": one.title,
            "kind": one.kind,
            "url": quote(f"{one.path}/" if one.kind == "pyramid" and one.path else one.path),
            **({"suffix": one.suffix, "zooms": one.zooms, "bbox": facts.bbox} if one.kind == "pyramid" else {}),
        }
        for one in layers
    ]
    tiles = exported.name == "3dtiles"
    # Colours that tiles bring stay: a style would multiply them, and where it replaces them CesiumJS takes its colours
    # for linear light and shows them paler than the legend.
    is_styled = tiles and not exported.coloured
    styles = {"irradiation": irradiation_conditions(exported.legend), "suitability": suitability_conditions()}
    base = json.dumps(f"{facts.publisher.base_url.rstrip('/')}/") if facts.publisher.base_url else ""
    return SCRIPT.format(
        title=_comment(title_of(facts)),
        attribution=_comment(attribution_text(facts)),
        software=_comment(facts.software),
        folder=LAYERS,
        layers=_js(entries),
        attributes=_js([[one.name, one.de, one.en] for one in attributes_of(facts.is_part_of_year)] if tiles else []),
        styles=_js(styles if is_styled else {}),
        credit=_js(attribution_text(facts)),
        ai=_js(ai_words(facts)),
        base=base or 'new URL("../", import.meta.url)',
        no_number=f"{NO_NUMBER:g}",
        applied=APPLIED,
        of_the_model=json.dumps(OF_THE_MODEL),
    )


def _js(value: object) -> str:
    """JSON that is JavaScript as well."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("</", "<\\/")


def _comment(words: str) -> str:
    return " ".join(words.split())
