/* The camera by pointer, by buttons and by keys: all three reach the same views. */
import Cesium from "./cesium.js";
import { calm } from "./dom.js";
import { groundHeight, middleOf } from "./data.js";

const PITCH_DEG = -48;
const HEADING_DEG = -18;
const STEP_DEG = 15;

/** Buttons, keys and the overview for a viewer; answers {home, lookAt, lookAbove, centre}. */
export function createCamera(viewer, data, map, onPickCentre) {
  const { camera, scene } = viewer;
  const ground = groundHeight(data);

  const centre = () => {
    const middle = new Cesium.Cartesian2(scene.canvas.clientWidth / 2, scene.canvas.clientHeight / 2);
    const ray = camera.getPickRay(middle);
    const level = Cesium.Ellipsoid.WGS84;
    const up = level.geodeticSurfaceNormal(pointAt(...middleOf(data), ground));
    const plane = Cesium.Plane.fromPointNormal(pointAt(...middleOf(data), ground), up);
    const hit = ray && Cesium.IntersectionTests.rayPlane(ray, plane);
    // Looking at the horizon, the middle of the picture lies nowhere: take the place's own.
    if (!hit || Cesium.Cartesian3.distance(hit, camera.positionWC) > 40000) return pointAt(...middleOf(data), ground);
    return hit;
  };

  const lookAt = (target, heading, pitch, range, slowly = true) => {
    const sphere = new Cesium.BoundingSphere(target, 1);
    const offset = new Cesium.HeadingPitchRange(heading, pitch, range);
    camera.flyToBoundingSphere(sphere, { offset, duration: slowly && !calm() ? 0.5 : 0 });
    scene.requestRender();
  };

  /** The same for a place that shall stand in the part of the map above a panel, which covers `covered` of its height. */
  const lookAbove = (target, heading, pitch, range, covered) => {
    // The camera stays where `lookAt` would put it and looks further down, at a nearer place.
    const down = -pitch + Math.atan(covered * Math.tan(camera.frustum.fovy / 2));
    const nearer = range * (Math.cos(pitch) + Math.sin(pitch) / Math.tan(down));
    const frame = Cesium.Transforms.eastNorthUpToFixedFrame(target);
    const back = new Cesium.Cartesian3(-Math.sin(heading) * nearer, -Math.cos(heading) * nearer, 0);
    lookAt(Cesium.Matrix4.multiplyByPoint(frame, back, back), heading, -down, (range * Math.sin(-pitch)) / Math.sin(down));
  };

  const home = (slowly = true) => {
    const [west, south, east, north] = data.view ?? data.bbox;
    const wide = Cesium.Cartesian3.distance(pointAt(west, south, ground), pointAt(east, north, ground));
    const portrait = scene.canvas.clientHeight > scene.canvas.clientWidth;
    const range = Math.max(wide * (portrait ? 1.05 : 0.9), 120);
    lookAt(pointAt((west + east) / 2, (south + north) / 2, ground), rad(HEADING_DEG), rad(PITCH_DEG), range, slowly);
  };

  const turned = ({ turn = 0, tilt = 0, zoom = 1, heading = null }) => {
    const target = centre();
    const range = Math.min(Math.max(Cesium.Cartesian3.distance(target, camera.positionWC) * zoom, 15), 40000);
    const pitch = Math.min(Math.max(camera.pitch + rad(tilt), rad(-89)), rad(-8));
    lookAt(target, heading ?? camera.heading + rad(turn), pitch, range);
  };

  const moved = (right, forward) => {
    const target = centre();
    const range = Cesium.Cartesian3.distance(target, camera.positionWC);
    const [sin, cos] = [Math.sin(camera.heading), Math.cos(camera.heading)];
    const step = range * 0.12;
    const local = new Cesium.Cartesian3((right * cos + forward * sin) * step, (forward * cos - right * sin) * step, 0);
    const frame = Cesium.Transforms.eastNorthUpToFixedFrame(target);
    const there = Cesium.Matrix4.multiplyByPoint(frame, local, new Cesium.Cartesian3());
    lookAt(there, camera.heading, camera.pitch, range);
  };

  const actions = {
    in: () => turned({ zoom: 0.7 }),
    out: () => turned({ zoom: 1 / 0.7 }),
    left: () => turned({ turn: STEP_DEG }),
    right: () => turned({ turn: -STEP_DEG }),
    up: () => turned({ tilt: -10 }),
    down: () => turned({ tilt: 10 }),
    north: () => turned({ heading: 0 }),
    home: () => home(),
  };
  for (const button of map.querySelectorAll("[data-camera]")) {
    button.addEventListener("click", actions[button.dataset.camera]);
  }

  const keys = {
    ArrowUp: () => moved(0, 1), ArrowDown: () => moved(0, -1), ArrowLeft: () => moved(-1, 0), ArrowRight: () => moved(1, 0),
    "+": actions.in, "=": actions.in, "-": actions.out, Home: actions.home, n: actions.north, N: actions.north,
    PageUp: actions.up, PageDown: actions.down, q: actions.left, e: actions.right,
    Enter: onPickCentre, " ": onPickCentre,
  };
  const turns = { ArrowUp: actions.up, ArrowDown: actions.down, ArrowLeft: actions.left, ArrowRight: actions.right };
  map.addEventListener("keydown", (event) => {
    if (event.target !== map || event.ctrlKey || event.altKey || event.metaKey) return;
    const action = (event.shiftKey && turns[event.key]) || keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  return { home, lookAt, lookAbove, centre };
}

export const rad = (degrees) => (degrees * Math.PI) / 180;
export const pointAt = (lon, lat, height) => Cesium.Cartesian3.fromDegrees(lon, lat, height);
