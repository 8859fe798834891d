// Masterportal's own API as the portal uses it: services.json into its list of layers, style.json into its list of
// styles, a 2D map with the 3D one over it, and the layer that an export names first. The portal's Vue pages around
// it are no package on npm; what they do with a tileset's style is written here after its layer3dTileset.js.

import crs from "@masterportal/masterportalapi/src/crs.js";
import rawLayerList from "@masterportal/masterportalapi/src/rawLayerList.js";
import Tileset from "@masterportal/masterportalapi/src/layer/tileset.js";
import wmts from "@masterportal/masterportalapi/src/layer/wmts.js";
import api from "@masterportal/masterportalapi/src/maps/map.js";
import createStyle from "@masterportal/masterportalapi/src/vectorStyle/createStyle.js";
import styleList from "@masterportal/masterportalapi/src/vectorStyle/styleList.js";
import { transform } from "ol/proj.js";
import { harness } from "./picking.mjs";

const options = new URLSearchParams(location.search);
const fetched = async (name) => (await fetch(`${options.get("layers")}masterportal-${name}.json`)).json();

/** services.json with addresses that are whole, as they are where the publisher's address was known at the export. */
async function services() {
  const base = new URL(options.get("base"), location.href);
  const whole = (address) => decodeURI(new URL(address, base).href);
  return (await fetched("services")).map((entry) => ({
    ...entry,
    ...(entry.url && { url: whole(entry.url) }),
    ...(entry.urls && { urls: entry.urls.map(whole) }),
  }));
}

/** The layers that config.json's part shows: id → its entry there. */
function shownBy(config) {
  const layers = config.layerConfig.subjectlayer.elements.flatMap((folder) => folder.elements);
  return new Map(layers.map((layer) => [layer.id, layer]));
}

/** The map of the portal in 2D, looking at a layer's place. */
function map2D(entry) {
  crs.registerProjections();
  const [west, south, east, north] = entry.datasets[0].bbox.split(",").map(Number);
  return api.createMap({ target: "map", layers: [], layerConf: rawLayerList.getLayerList(), startResolution: 1.0,
    extent: [200000, 5100000, 1000000, 6200000], startCenter: transform([(west + east) / 2, (south + north) / 2], "EPSG:4326", "EPSG:25832") }, "2D");
}

/** style.json into Masterportal's list; it tells of a failure by a call back and in the console. */
async function readStyles(entries) {
  const config = { styleConf: `${options.get("layers")}masterportal-style.json` };
  let failed = false;
  await styleList.initializeStyleList({}, config, entries, [], () => { failed = true; });
  if (failed) throw new Error("style.json cannot be read");
}

/** A style of style.json for CesiumJS: its conditions are made by Masterportal's own styleCesium.js. */
function cesiumStyle(id) {
  return new Cesium.Cesium3DTileStyle({ color: { conditions: createStyle.createStyle(styleList.returnStyleObject(id)) } });
}

async function tiles(entry, shown, map) {
  const map3D = api.createMap({ map2D: map }, "3D");
  map3D.setEnabled(true);
  const scene = map3D.getCesiumScene();
  const layer = new Tileset(entry);
  layer.setVisible(true, map3D);
  const tileset = await layer.tileset;
  if (shown.styleId) tileset.style = cesiumStyle(shown.styleId);
  for (const part of [scene.globe, scene.skyBox, scene.skyAtmosphere, scene.sun, scene.moon]) if (part) part.show = false;
  scene.backgroundColor = Cesium.Color.WHITE;
  window.tried = Object.assign(harness(Cesium, scene, tileset), { layer, map3D, tileset, entry });
  await window.tried.overview();
  return tileset.asset.version;
}

export const ready = (async () => {
  const entries = await services();
  rawLayerList.initializeLayerList(entries);
  const shown = shownBy(await fetched("config"));
  if (entries.some((entry) => entry.styleId)) await readStyles(entries);
  const entry = rawLayerList.getLayerWhere({ id: options.get("id") ?? entries[0].id });
  const map = map2D(entry);
  if (entry.typ === "TileSet3D") return tiles(entry, shown.get(entry.id), map);
  const layer = wmts.createLayer(entry);
  map.addLayer(layer);
  await new Promise((done) => { map.once("rendercomplete", done); });
  window.tried = { layer, map, entry };
  return entry.typ;
})();
