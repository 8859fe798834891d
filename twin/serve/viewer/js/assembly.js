/* The scene and everything that acts on it. */
import Cesium from "./cesium.js";
import { createCamera, pointAt, rad } from "./camera.js";
import { createColourPanel } from "./colour_panel.js";
import { groundHeight, middleOf } from "./data.js";
import { createDetails } from "./details.js";
import { announce, byId } from "./dom.js";
import { createGround } from "./ground.js";
import { createHelp } from "./help.js";
import { t } from "./i18n.js";
import { createLand } from "./land.js";
import { createLegend } from "./legend.js";
import { watchLoading } from "./loading.js";
import { createPick, createPin } from "./pick.js";
import { createPlaces } from "./places.js";
import { createPlan } from "./plan.js";
import { problemWords } from "./problems.js";
import { createViewer } from "./scene.js";
import { createSearch } from "./search.js";
import { on, set, state } from "./state.js";
import { createStudy } from "./study.js";
import { sunAt } from "./sun.js";
import { createSunPanel } from "./sun_panel.js";
import { recordOf } from "./surface.js";
import { createTiles } from "./tiles.js";

// Without the sun a light from the south-east, half high, tells roofs from walls.
const CALM_LIGHT = [150, 50];

/** Build all of it; answers what main.js hands to tests. */
export async function assemble(data) {
  const { viewer, smooth } = createViewer("cesium", byId("credits"));
  viewer.scene.renderError.addEventListener((scene, error) => {
    byId("failure").hidden = false;
    byId("failure").textContent = t("failed", { why: error.message ?? String(error) });
  });
  const direction = (azimuth_deg, elevation_deg) => towards(data, azimuth_deg, elevation_deg);
  let pick = null;
  const camera = createCamera(viewer, data, byId("map"), () => pick.centre());
  camera.home(false);
  const [ground, tiles] = await Promise.all([createGround(viewer, data), createTiles(viewer, data, direction(...CALM_LIGHT))]);
  createLand(ground, data);
  createLegend(data);

  const places = createPlaces(data);
  const details = createDetails(data);
  const pin = createPin(viewer);
  const chosen = (feature, position, focus) => {
    const record = recordOf(feature);
    set("selected", { selected: record.id });
    pin(position);
    details.show(record, focus);
    return record;
  };
  /** Where a surface lies, or null; what stands in the way is said. */
  const placeOf = async (building, id) => {
    try {
      return await places.of(building, id);
    } catch (error) {
      announce(t("place_failed", { why: problemWords(error) ?? error.message }));
      return null;
    }
  };
  const select = async (id, place = null, focus = true) => {
    const entry = tiles.features.get(id);
    const record = entry ? chosen(entry.feature, null, focus) : null;
    const there = place ?? (entry && await placeOf(record.building_id, id));
    const target = there ? pointAt(there.lon, there.lat, there.height_m ?? groundHeight(data)) : entry?.tile.boundingSphere.center;
    const near = there ? 110 : Math.max(entry?.tile.boundingSphere.radius ?? 0, 110);
    if (target) camera.lookAbove(target, viewer.camera.heading, rad(-45), near, details.covers(byId("map")));
    if (!entry) announce(t("coming"));
    return record;
  };
  /** Look at a building, and say where that is. */
  const toBuilding = async (id) => {
    try {
      await places.load();
    } catch (error) {
      announce(t("place_failed", { why: problemWords(error) ?? error.message }));
      return;
    }
    const there = places.index.find((entry) => entry.id === id);
    if (there) camera.lookAt(pointAt(there.lon, there.lat, there.height_m ?? groundHeight(data)), viewer.camera.heading, rad(-45), 160);
    announce(t(there ? "gone_to" : "building_unknown", { id }));
  };
  on("selected", () => { if (state.selected === null) pin(null); });
  const plan = createPlan(viewer, camera, data, (id) => select(id));
  pick = createPick(viewer, (feature, position) => {
    if (feature) chosen(feature, position, document.activeElement === byId("map") && byId("map").matches(":focus-visible"));
    else { details.close(); announce(t("nothing_here")); }
  }, plan.drawing);

  createColourPanel(data);
  const sunPanel = createSunPanel(viewer, data, (azimuth_deg, elevation_deg, shown) =>
    tiles.setLight(direction(...(shown ? [azimuth_deg, elevation_deg] : CALM_LIGHT)), shown));
  createSearch(places, tiles.features, select);
  createStudy(viewer, data, sunPanel, toBuilding);
  createHelp(data);
  const whenLoaded = new Promise((resolve) => { tiles.tileset.initialTilesLoaded.addEventListener(resolve); });
  whenLoaded.then(smooth);
  watchLoading(viewer.scene, tiles.tileset, tiles.features);
  viewer.scene.requestRender();
  return { viewer, tileset: tiles.tileset, features: tiles.features, select, setTime: sunPanel.setTime, whenLoaded, pickAt: pick.at,
    sunCheck: (time) => sunCheck(data, time) };
}

/** Unit vector in Earth-fixed axes towards azimuth (true north) and elevation at the middle of the place. */
function towards(data, azimuth_deg, elevation_deg) {
  const [a, e] = [rad(azimuth_deg), rad(elevation_deg)];
  const local = new Cesium.Cartesian3(Math.sin(a) * Math.cos(e), Math.cos(a) * Math.cos(e), Math.sin(e));
  const frame = Cesium.Transforms.eastNorthUpToFixedFrame(pointAt(...middleOf(data), 0));
  const out = Cesium.Matrix4.multiplyByPointAsVector(frame, local, new Cesium.Cartesian3());
  return Cesium.Cartesian3.normalize(out, out);
}

/** Degrees between the viewer's own sun and CesiumJS's, the second and independent one. */
async function sunCheck(data, time) {
  const instant = Cesium.JulianDate.fromDate(time);
  await Cesium.Transforms.preloadIcrfFixed(new Cesium.TimeInterval({ start: instant, stop: instant }));
  const inertial = Cesium.Simon1994PlanetaryPositions.computeSunPositionInEarthInertialFrame(instant);
  const turn = Cesium.Transforms.computeIcrfToFixedMatrix(instant);
  const sun = Cesium.Matrix3.multiplyByVector(turn, inertial, new Cesium.Cartesian3());
  const here = pointAt(...middleOf(data), groundHeight(data));
  const apparent = Cesium.Cartesian3.subtract(sun, here, new Cesium.Cartesian3());
  const own = towards(data, ...sunAt(time, ...middleOf(data)));
  return Cesium.Math.toDegrees(Cesium.Cartesian3.angleBetween(own, apparent));
}
