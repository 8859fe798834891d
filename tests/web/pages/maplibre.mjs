// The map style that lies beside a PMTiles file, drawn by MapLibre, tiles fetched by byte ranges.

import * as maplibregl from "maplibre-gl";
import { Protocol } from "pmtiles";

const options = new URLSearchParams(location.search);

window.ready = (async () => {
  maplibregl.setWorkerUrl("/maplibre/maplibre-gl-worker.mjs");
  maplibregl.addProtocol("pmtiles", new Protocol({ metadata: true }).tile);
  const url = new URL(options.get("style"), location.href);
  const style = await (await fetch(url)).json();
  for (const source of Object.values(style.sources)) {
    if (source.url?.startsWith("pmtiles://")) source.url = `pmtiles://${new URL(source.url.slice(10), url).href}`;
  }
  const map = new maplibregl.Map({
    container: "map", style, attributionControl: { compact: false }, fadeDuration: 0,
    canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  const failed = [];
  map.on("error", ({ error }) => failed.push(String(error)));
  const idle = () => new Promise((done) => (map.once("idle", done), map.triggerRepaint()));
  const tried = {
    /** Stand over a place [longitude, latitude] and wait until all is drawn. */
    async over(place, zoom) {
      map.jumpTo({ center: place, zoom, bearing: 0, pitch: 0 });
      await idle();
    },
    /** What is drawn at a place: layer, properties and geometry of each feature. */
    at(place) {
      const found = map.queryRenderedFeatures(map.project(place));
      return found.map(({ layer, properties, geometry }) => ({ layer: layer.id, properties, geometry }));
    },
    /** Colour [r, g, b, a] of the pixel at a place. */
    pixel(place) {
      const { x, y } = map.project(place);
      const canvas = map.getCanvas();
      const scale = canvas.width / canvas.clientWidth;
      const gl = canvas.getContext("webgl2");
      const found = new Uint8Array(4);
      gl.readPixels(Math.round(x * scale), Math.round(canvas.height - y * scale), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, found);
      return Array.from(found);
    },
    attribution: () => document.querySelector(".maplibregl-ctrl-attrib")?.textContent ?? "",
    failed,
    map,
  };
  window.tried = tried;
  await idle();
  return map.getStyle().layers.map(({ id }) => id);
})();
