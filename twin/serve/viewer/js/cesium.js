/* The one door to CesiumJS: its workers and files lie beside it, and it knows no token, so it asks nobody. */
globalThis.CESIUM_BASE_URL = new URL("../cesium/", import.meta.url).href;

const Cesium = await import("../cesium/index.js");
Cesium.Ion.defaultAccessToken = undefined;
// Its own default is the picture of a service that is not used here.
Cesium.CreditDisplay.cesiumCredit = new Cesium.Credit("CesiumJS", false);

export default Cesium;
