/* A click, a tap or Enter on a surface. */
import Cesium from "./cesium.js";
import { valueOf } from "./surface.js";

// A finger is not as fine as a pointer [px].
const TOUCH_PX = 9;
// A crosshair moved by keys seldom meets a wall by itself [px].
const AROUND_PX = [0, 15, 30, 50, 75];

/** onPick(feature or null, position) is called; blocked() tells whether clicks belong to someone else. */
export function createPick(viewer, onPick, blocked) {
  const featureAt = (position, size) => {
    const found = viewer.scene.pick(position, size, size);
    return found?.getProperty && valueOf(found, "id") !== undefined ? found : null;
  };
  const at = (position, size = 3) => {
    const feature = featureAt(position, size);
    onPick(feature, feature && viewer.scene.pickPositionSupported ? viewer.scene.pickPosition(position) : null);
  };
  const handler = new Cesium.ScreenSpaceEventHandler(viewer.canvas);
  let touch = false;
  viewer.canvas.addEventListener("pointerdown", (event) => { touch = event.pointerType === "touch"; }, true);
  handler.setInputAction((click) => { if (!blocked()) at(click.position, touch ? TOUCH_PX : 3); }, Cesium.ScreenSpaceEventType.LEFT_CLICK);
  return {
    at,
    /** The surface under the crosshair, or the next one around it. */
    centre() {
      const middle = new Cesium.Cartesian2(viewer.canvas.clientWidth / 2, viewer.canvas.clientHeight / 2);
      for (const radius of AROUND_PX) {
        for (let turn = 0; turn < (radius ? 8 : 1); turn += 1) {
          const angle = (turn * Math.PI) / 4;
          const position = new Cesium.Cartesian2(middle.x + radius * Math.sin(angle), middle.y - radius * Math.cos(angle));
          if (featureAt(position, 3)) { at(position); return; }
        }
      }
      onPick(null, null);
    },
  };
}

/** A pin over the chosen surface, so that it is found without seeing its colour. */
export function createPin(viewer) {
  const points = viewer.scene.primitives.add(new Cesium.PointPrimitiveCollection());
  return (position) => {
    points.removeAll();
    if (position) {
      points.add({ position, pixelSize: 13, color: Cesium.Color.WHITE, outlineColor: Cesium.Color.fromCssColorString("#0b2f57"), outlineWidth: 4,
        disableDepthTestDistance: Number.POSITIVE_INFINITY });
    }
    viewer.scene.requestRender();
  };
}
