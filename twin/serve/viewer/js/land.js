/* Which picture lies on open land: the year's irradiation, the shadow of an instant, or what a plan takes. */
import { apiUrl, utcText } from "./api.js";
import { dataUrl } from "./data.js";
import { on, set, state } from "./state.js";

/** Keep the ground's picture in step with the state. state.land {url, bounds}, where set, goes before all. */
export function createLand(ground, data) {
  let asked; // the address that is on its way or there
  const update = async () => {
    const picture = pictureFor(data);
    const url = picture?.url ?? null;
    if (url === asked) return;
    asked = url;
    try {
      await ground.show(url, picture?.bounds);
      if (asked === url && state.landFailed) set("failure", { landFailed: null });
    } catch (error) {
      if (asked !== url) return;
      asked = undefined; // the next change asks again
      set("failure", { landFailed: error });
    }
  };
  for (const kind of ["colour", "sun", "land"]) on(kind, update);
  update();
}

function pictureFor(data) {
  const bounds = data.land?.bounds ?? data.bbox;
  const { sun } = state;
  if (state.land) return state.land;
  if (sun.on) {
    if (sun.land) return { url: dataUrl(sun.land), bounds: state.scenario?.bounds ?? bounds };
    if (!data.server || state.scenario || !data.land_bounds || !sun.time || sun.elevation_deg <= 0) return null;
    return { url: apiUrl("shadow/land.png", { time: utcText(sun.time) }), bounds: data.land_bounds };
  }
  return state.mode === "year" && data.land?.annual ? { url: dataUrl(data.land.annual), bounds } : null;
}
