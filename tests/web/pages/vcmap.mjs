// VC Map's core as Wiesbaden's geoportal runs it: a module of layers as JSON, the 3D map, a click through VC Map's own
// chain of events, and the properties read as VC Solar's plug-ins read them (written anew after STANDARDS.md §5).

import * as Cesium from "@vcmap-cesium/engine";
import { AbstractInteraction, CesiumTilesetLayer, EventType } from "@vcmap/core";
import { harness } from "./picking.mjs";
import { appOfModule } from "./vcmap_app.mjs";

const options = new URLSearchParams(location.search);

/** As VC Solar selects a roof: nested attributes, area, and the sum of all that is called like a month. */
function asVcSolar(feature) {
  const attributes = feature.getProperty("attributes");
  if (!attributes) return null;
  const months = Object.entries(attributes).filter(([name]) => name.includes("globalRadMonths"));
  return {
    id: feature.getId(),
    area: attributes.solarArea,
    names: months.map(([name]) => name),
    solarIrradiation: months.reduce((sum, [, value]) => sum + value, 0),
  };
}

/** As VC Map's balloons read a feature: direct, diffuse and global numbers of twelve months. */
function asBalloon(feature) {
  const attributes = feature.getAttributes();
  const months = (name) =>
    Array.from({ length: 12 }, (_, month) => Number(attributes[`${name}_${month + 1}`])).filter((value) => !Number.isNaN(value));
  return { direct: months("directRadMonths"), diffuse: months("diffuseRadMonths"), global: months("globalRadMonths") };
}

class Clicked extends AbstractInteraction {
  constructor() {
    super(EventType.CLICK);
    this.setActive(true);
    this.await();
  }

  /** What the next click gives is promised by `answer`. */
  await() {
    this.answer = new Promise((tell) => {
      this.tell = tell;
    });
  }

  async pipe(event) {
    const { feature } = event;
    this.tell(
      feature instanceof Cesium.Cesium3DTileFeature
        ? { id: feature.getId(), property: feature.getProperty("id"), solar: asVcSolar(feature), balloon: asBalloon(feature) }
        : { id: null, other: String(feature) },
    );
    return event;
  }
}

window.ready = (async () => {
  const { app, config } = await appOfModule(options);
  const layer = app.layers.getByKey(options.get("layer") ?? "SolarBuildings");
  if (!(layer instanceof CesiumTilesetLayer)) throw new Error("the module names no such layer of tiles");
  await app.maps.setActiveMap(config.startingMapName);
  await layer.activate();
  const map = app.maps.activeMap;
  const [implementation] = layer.getImplementationsForMap(map);
  await implementation.initialize();
  // Frames are drawn when a test asks for them: in software each one takes long.
  map.getCesiumWidget().useDefaultRenderLoop = false;
  const scene = map.getScene();
  for (const part of [scene.globe, scene.skyBox, scene.skyAtmosphere, scene.sun, scene.moon]) if (part) part.show = false;
  scene.backgroundColor = Cesium.Color.WHITE;
  const tileset = implementation.cesium3DTileset;
  // Clicks of a test follow each other faster than a person's: none of them is the second of a double click.
  app.maps.eventHandler.clickDuration = 0;
  const clicked = new Clicked();
  app.maps.eventHandler.addPersistentInteraction(clicked);
  const tried = harness(Cesium, scene, tileset);
  /** What the click gave that follows this call's `aim`. */
  tried.clicked = () => clicked.answer;
  const { aim } = tried;
  tried.aim = (...view) => {
    clicked.await();
    return aim(...view);
  };
  window.tried = Object.assign(tried, { app, map, layer, tileset });
  await tried.overview();
  return tileset.asset.version;
})();
