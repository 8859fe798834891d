/* What is said while the buildings are on their way, and of those that do not come. */
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { on, set, state } from "./state.js";

const LOOK_MS = 1000;

/** Watch a tileset until its first tile is drawn, and its failures for good; features are the loaded surfaces. */
export function watchLoading(scene, tileset, features) {
  const done = () => {
    clearInterval(waiting);
    byId("loading").hidden = true;
  };
  // An empty district has no tile to wait for, a broken one neither.
  const waiting = setInterval(() => {
    if (tileset.tilesLoaded) done();
    else scene.requestRender();
  }, LOOK_MS);
  tileset.tileVisible.addEventListener(done);

  let failed = 0;
  /** Where no building is there it stands on the map, else in the legend. */
  const say = () => {
    if (!failed) return;
    const empty = features.size === 0;
    byId("failure").hidden = !empty;
    byId("failure").textContent = empty ? t("failed", { why: t("tiles_missing", { count: failed }) }) : "";
    if (state.tilesMissing !== (empty ? 0 : failed)) set("failure", { tilesMissing: empty ? 0 : failed });
  };
  tileset.tileFailed.addEventListener(() => { failed += 1; say(); });
  for (const kind of ["tiles", "language"]) on(kind, say);
}
