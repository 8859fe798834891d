/* Planned buildings as bodies: from footprints with heights, or from faces in space. */
import Cesium from "./cesium.js";

const FILL = "#2f7fd1";
const EDGE = "#0b2f57";

/** Answers {show(bodies), clear()}; a body is {ring: [[lon, lat] …], base_m, top_m} [ellipsoidal] or {faces: [[[lon, lat, h] …] …]}. */
export function createBodies(viewer) {
  let shown = [];
  const clear = () => {
    for (const primitive of shown) viewer.scene.primitives.remove(primitive);
    shown = [];
    viewer.scene.requestRender();
  };
  const show = (bodies) => {
    clear();
    for (const body of bodies) {
      const fills = body.faces ? body.faces.map(faceGeometry) : [blockGeometry(body)];
      const edges = body.faces ? body.faces.map(outline) : [blockEdges(body)];
      shown.push(primitiveOf(fills, FILL), linesOf(edges.flat()));
    }
    for (const primitive of shown) viewer.scene.primitives.add(primitive);
    viewer.scene.requestRender();
  };
  return { show, clear };
}

const flat = (ring) => ring.flatMap(([lon, lat, height]) => [lon, lat, height ?? 0]);
const positions = (ring, height) => Cesium.Cartesian3.fromDegreesArrayHeights(flat(ring.map(([lon, lat, own]) => [lon, lat, height ?? own])));

function blockGeometry({ ring, base_m, top_m }) {
  return new Cesium.PolygonGeometry({
    polygonHierarchy: new Cesium.PolygonHierarchy(positions(ring, 0)),
    height: top_m,
    extrudedHeight: base_m,
    vertexFormat: Cesium.PerInstanceColorAppearance.VERTEX_FORMAT,
  });
}

const faceGeometry = (ring) => new Cesium.CoplanarPolygonGeometry({
  polygonHierarchy: new Cesium.PolygonHierarchy(positions(ring)),
  vertexFormat: Cesium.PerInstanceColorAppearance.VERTEX_FORMAT,
});

const blockEdges = ({ ring, base_m, top_m }) => [positions(ring, base_m), positions(ring, top_m),
  ...ring.slice(0, -1).map(([lon, lat]) => Cesium.Cartesian3.fromDegreesArrayHeights([lon, lat, base_m, lon, lat, top_m]))];
const outline = (ring) => [positions(ring)];

function primitiveOf(geometries, css) {
  const colour = Cesium.ColorGeometryInstanceAttribute.fromColor(Cesium.Color.fromCssColorString(css));
  return new Cesium.Primitive({
    geometryInstances: geometries.map((geometry) => new Cesium.GeometryInstance({ geometry, attributes: { color: colour } })),
    appearance: new Cesium.PerInstanceColorAppearance({ translucent: false, closed: false, faceForward: true }),
    asynchronous: false,
    allowPicking: false,
  });
}

function linesOf(lines) {
  const collection = new Cesium.PolylineCollection();
  const material = Cesium.Material.fromType("Color", { color: Cesium.Color.fromCssColorString(EDGE) });
  for (const line of lines) collection.add({ positions: line, width: 1.6, material });
  return collection;
}

/** Bodies of a GeoJSON of footprints, or of faces, whose heights are above the ellipsoid. */
export function bodiesOf(geojson, base_m = 0, top_m = 0) {
  const bodies = [];
  const take = (geometry, properties = {}) => {
    if (!geometry) return;
    if (geometry.type === "FeatureCollection") for (const feature of geometry.features) take(feature);
    else if (geometry.type === "Feature") take(geometry.geometry, geometry.properties ?? {});
    else if (geometry.type === "GeometryCollection") for (const part of geometry.geometries) take(part, properties);
    else if (geometry.type === "MultiPolygon") for (const part of geometry.coordinates) take({ type: "Polygon", coordinates: part }, properties);
    else if (geometry.type === "Polygon") bodies.push({ ring: geometry.coordinates[0], base_m: properties.base_m ?? base_m, top_m: properties.top_m ?? top_m });
  };
  take(geojson);
  return bodies;
}

/** Faces in space of a GeoJSON whose coordinates have heights. */
export const facesOf = (geojson) => [{ faces: bodiesOf(geojson).map((body) => body.ring) }];
