/* A footprint drawn on the map by clicks, or built from numbers. */
import Cesium from "./cesium.js";
import { groundHeight } from "./data.js";
import { rad } from "./camera.js";

/** [lon, lat] where a point of the picture meets plain ground, or null. */
export function placeAt(viewer, data, position) {
  const ray = viewer.camera.getPickRay(position);
  if (!ray) return null;
  const middle = Cesium.Cartesian3.fromDegrees((data.bbox[0] + data.bbox[2]) / 2, (data.bbox[1] + data.bbox[3]) / 2, groundHeight(data));
  const level = Cesium.Plane.fromPointNormal(middle, Cesium.Ellipsoid.WGS84.geodeticSurfaceNormal(middle));
  const picked = viewer.scene.pickPositionSupported ? viewer.scene.pickPosition(position) : null;
  return lonLat(picked ?? Cesium.IntersectionTests.rayPlane(ray, level));
}

export function lonLat(point) {
  if (!point) return null;
  const place = Cesium.Cartographic.fromCartesian(point);
  return [Cesium.Math.toDegrees(place.longitude), Cesium.Math.toDegrees(place.latitude)];
}

/** Closed ring of a rectangle: centre [lon, lat], metres, rotation clockwise from north. */
export function rectangle([lon, lat], wide_m, deep_m, rotation_deg) {
  const frame = Cesium.Transforms.eastNorthUpToFixedFrame(Cesium.Cartesian3.fromDegrees(lon, lat, 0));
  const [sin, cos] = [Math.sin(rad(rotation_deg)), Math.cos(rad(rotation_deg))];
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => {
    const [x, y] = [(i * wide_m) / 2, (j * deep_m) / 2];
    const local = new Cesium.Cartesian3(x * cos + y * sin, y * cos - x * sin, 0);
    return lonLat(Cesium.Matrix4.multiplyByPoint(frame, local, new Cesium.Cartesian3()));
  });
  return [...corners, corners[0]];
}

/** Corners clicked one by one; onChange gets the open ring so far. Answers {start, undo, stop, active}. */
export function createDrawing(viewer, data, onChange) {
  let corners = null;
  const handler = new Cesium.ScreenSpaceEventHandler(viewer.canvas);
  handler.setInputAction((click) => {
    if (!corners) return;
    const place = placeAt(viewer, data, click.position);
    if (!place) return;
    corners.push(place);
    onChange([...corners]);
  }, Cesium.ScreenSpaceEventType.LEFT_CLICK);
  return {
    start() { corners = []; onChange([]); },
    undo() { corners?.pop(); onChange([...(corners ?? [])]); },
    stop() { const ring = corners; corners = null; return ring; },
    active: () => corners !== null,
  };
}
