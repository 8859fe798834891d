// A raster or shadow layer of an export in VC Map's core, drawn on its globe from the module's own viewpoint.

import * as Cesium from "@vcmap-cesium/engine";
import { Viewpoint } from "@vcmap/core";
import { appOfModule } from "./vcmap_app.mjs";

const options = new URLSearchParams(location.search);

/** Draw until the globe has all tiles of this view, at most `patience` frames. */
async function settled(widget, patience = 1500) {
  const { scene } = widget;
  for (let frame = 0; frame < patience; frame += 1) {
    widget.render(); // with it its clock ticks, which layers with times wait for
    // Shapes are made by workers, which nothing waits for: a second is enough for those of a district.
    if (frame > 100 && scene.globe.tilesLoaded) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error("the globe does not come to rest");
}

window.ready = (async () => {
  const { app, config } = await appOfModule(options);
  await app.maps.setActiveMap(config.startingMapName);
  const map = app.maps.activeMap;
  const name = config.layers[Number(options.get("layer") ?? 0)].name;
  // What the module shows at once comes first, as it would when somebody picks a layer from the content tree.
  for (const layer of config.layers) if (layer.activeOnStartup) await app.layers.getByKey(layer.name).activate();
  await app.layers.getByKey(name).activate();
  map.getCesiumWidget().useDefaultRenderLoop = false;
  const scene = map.getScene();
  for (const part of [scene.skyBox, scene.skyAtmosphere, scene.sun, scene.moon]) if (part) part.show = false;
  scene.globe.showGroundAtmosphere = false;
  scene.fog.enabled = false;
  await map.gotoViewpoint(new Viewpoint({ ...config.viewpoints[0], animate: false }));
  if (options.get("time")) {
    map.dataSourceDisplayClock.shouldAnimate = false;
    map.dataSourceDisplayClock.currentTime = Cesium.JulianDate.fromIso8601(options.get("time"));
  }
  await settled(map.getCesiumWidget());
  const shown = [...app.layers].filter((layer) => layer.active).map((layer) => layer.name);
  if (shown.join() !== name) throw new Error(`shown together: ${shown}`);
  return app.layers.getByKey(name).className;
})();
