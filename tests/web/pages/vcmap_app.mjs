// VC Map's core with the module that lies beside an export, before any map of it is shown.

import * as Cesium from "@vcmap-cesium/engine";
import { VcsApp, VcsModule } from "@vcmap/core";

/** The app and its module's JSON; `module` and `base` are named in the page's address. */
export async function appOfModule(options) {
  Cesium.Ion.defaultAccessToken = undefined;
  const app = new VcsApp();
  app.maps.setTarget("map");
  // An operator puts an export where he likes and names that place in the layer's url.
  const base = new URL(options.get("base"), location.href);
  const config = await (await fetch(options.get("module"))).json();
  config.maps ??= [{ type: "CesiumMap", name: "3D", globeColor: "#ffffff" }];
  config.startingMapName ??= config.maps.find((map) => map.type === "CesiumMap").name;
  // The braces of a tile's address stay as they are.
  for (const layer of config.layers) if (layer.url) layer.url = decodeURI(new URL(layer.url, base).href);
  await app.addModule(new VcsModule(config));
  return { app, config };
}
