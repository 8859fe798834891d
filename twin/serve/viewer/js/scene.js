/* The empty scene: a calm background, no globe to see, no stars, no token, pictures drawn only when something changed. */
import Cesium from "./cesium.js";

export const BACKGROUND = "#e6ebf0";

/** Create the widget in an element; answers {viewer, smooth()}. Throws where the browser has no WebGL. */
export function createViewer(container, credits) {
  // A globe that is not drawn keeps the camera's habits (pan by what lies under the pointer, turn about it).
  const globe = new Cesium.Globe(Cesium.Ellipsoid.WGS84);
  globe.show = false;
  const viewer = new Cesium.CesiumWidget(container, {
    globe,
    baseLayer: false,
    skyBox: false,
    skyAtmosphere: false,
    scene3DOnly: true,
    shadows: false,
    automaticallyTrackDataSourceClocks: false,
    orderIndependentTranslucency: false,
    requestRenderMode: true,
    maximumRenderTimeChange: Infinity,
    showRenderLoopErrors: false,
    shouldAnimate: false,
    creditContainer: credits,
    blurActiveElementOnCanvasFocus: false,
    msaaSamples: 1,
  });
  const { scene } = viewer;
  scene.backgroundColor = Cesium.Color.fromCssColorString(BACKGROUND);
  scene.fog.enabled = false;
  scene.highDynamicRange = false;
  const slow = softwareRendering(viewer.canvas);
  if (!slow) scene.msaaSamples = 4;
  // To smooth edges takes a processor as long as all the rest: only once everything is there.
  const smooth = () => {
    scene.postProcessStages.fxaa.enabled = slow;
    scene.requestRender();
  };
  scene.screenSpaceCameraController.enableCollisionDetection = false;
  scene.screenSpaceCameraController.minimumZoomDistance = 5;
  scene.screenSpaceCameraController.maximumZoomDistance = 60000;
  viewer.canvas.setAttribute("tabindex", "-1"); // the map section around it has the focus
  return { viewer, smooth };
}

/** Whether a processor draws instead of a graphics card; then every sample more costs time. */
function softwareRendering(canvas) {
  const context = canvas.getContext("webgl2"); // the one that the widget has made
  const info = context?.getExtension("WEBGL_debug_renderer_info");
  const name = info ? context.getParameter(info.UNMASKED_RENDERER_WEBGL) : "";
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}

/** Options of a model or tileset whose colours are drawn as they are: no light is computed from a sky, which would take
    a processor seconds before the first picture. Each needs its own. */
export function withoutSkyLight() {
  const imageBasedLighting = new Cesium.ImageBasedLighting();
  imageBasedLighting.imageBasedLightingFactor = Cesium.Cartesian2.ZERO;
  // Cesium would integrate a table of reflections here, 65,536 texels of 1,024 samples, that no unlit colour ever reads.
  imageBasedLighting.update = () => {};
  return { imageBasedLighting, environmentMapOptions: { enabled: false } };
}
