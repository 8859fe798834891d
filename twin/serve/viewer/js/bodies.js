/* Planned buildings as bodies: from footprints with heights, or from faces in space. */
import Cesium from "./cesium.js";

const FILL = "#2f7fd1";
const EDGE = "#0b2f57";

/** Answers {show(bodies), clear()}; a body is {rings, base_m, top_m} [ellipsoidal] or {faces: [rings …]}. Rings are those of a
    GeoJSON polygon, the outline and its holes, [lon, lat] or, of faces, [lon, lat, height]. */
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
      const edges = body.faces ? body.faces.map(faceEdges) : [blockEdges(body)];
      shown.push(primitiveOf(fills, FILL), linesOf(edges.flat()));
    }
    for (const primitive of shown) viewer.scene.primitives.add(primitive);
    viewer.scene.requestRender();
  };
  return { show, clear };
}

const hierarchy = ([outline, ...holes], height) => new Cesium.PolygonHierarchy(positions(outline, height),
  holes.map((hole) => new Cesium.PolygonHierarchy(positions(hole, height))));
const flat = (ring) => ring.flatMap(([lon, lat, height]) => [lon, lat, height ?? 0]);
const positions = (ring, height) => Cesium.Cartesian3.fromDegreesArrayHeights(flat(ring.map(([lon, lat, own]) => [lon, lat, height ?? own])));

function blockGeometry({ rings, base_m, top_m }) {
  return new Cesium.PolygonGeometry({
    polygonHierarchy: hierarchy(rings, 0),
    height: top_m,
    extrudedHeight: base_m,
    vertexFormat: Cesium.PerInstanceColorAppearance.VERTEX_FORMAT,
  });
}

const faceGeometry = (rings) => new Cesium.CoplanarPolygonGeometry({
  polygonHierarchy: hierarchy(rings),
  vertexFormat: Cesium.PerInstanceColorAppearance.VERTEX_FORMAT,
});

const blockEdges = ({ rings, base_m, top_m }) => rings.flatMap((ring) => [positions(ring, base_m), positions(ring, top_m),
  ...ring.slice(0, -1).map(([lon, lat]) => Cesium.Cartesian3.fromDegreesArrayHeights([lon, lat, base_m, lon, lat, top_m]))]);
const faceEdges = (rings) => rings.map((ring) => positions(ring));

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

/** Polygons of a GeoJSON: [{rings, properties of the feature}]. */
export function polygonsOf(geojson) {
  const found = [];
  const take = (geometry, properties = {}) => {
    if (!geometry) return;
    if (geometry.type === "FeatureCollection") for (const feature of geometry.features) take(feature);
    else if (geometry.type === "Feature") take(geometry.geometry, geometry.properties ?? {});
    else if (geometry.type === "GeometryCollection") for (const part of geometry.geometries) take(part, properties);
    else if (geometry.type === "MultiPolygon") for (const part of geometry.coordinates) found.push({ rings: part, properties });
    else if (geometry.type === "Polygon") found.push({ rings: geometry.coordinates, properties });
  };
  take(geojson);
  return found;
}

/** Blocks over footprints that say how high they reach above the ellipsoid; what does not say it has none. */
export const blocksOf = (geojson) => polygonsOf(geojson)
  .map(({ rings, properties }) => ({ rings, base_m: properties.base_ellipsoidal_m, top_m: properties.top_ellipsoidal_m }))
  .filter(({ base_m, top_m }) => Number.isFinite(base_m) && Number.isFinite(top_m));

/** Faces in space of a GeoJSON whose coordinates have heights. */
export const facesOf = (geojson) => [{ faces: polygonsOf(geojson).map(({ rings }) => rings) }];
