/* Puts the viewer together. Tests find `window.heliotwin` (docs/viewer.md). */
import { get, useApi } from "./api.js";
import { CLASSES, scales, useScale } from "./colours.js";
import { loadData, middleOf } from "./data.js";
import { announce, byId } from "./dom.js";
import { loadWords, setLanguage, t } from "./i18n.js";
import { problemWords } from "./problems.js";
import { createTabs, showTab } from "./tabs.js";
import { changed, on, set, state } from "./state.js";
import { sunAt } from "./sun.js";
import { recordOf } from "./surface.js";
import { weatherWords } from "./weather.js";

const MODES = ["year", "month", "hour", "class", "pv"];

async function start() {
  await loadWords();
  createTabs();
  for (const button of document.querySelectorAll("[data-lang]")) button.addEventListener("click", () => setLanguage(button.dataset.lang));
  const data = await withServer(await loadData());
  useScale(data.scale);
  document.title = `${data.title ?? ""} · heliotwin`;
  byId("title").textContent = data.title ?? "heliotwin";
  const lines = () => {
    byId("weather").textContent = data.weather ? t("weather_line", { weather: weatherWords(data) }) : "";
    byId("attribution").textContent = [...data.attribution, data.ai ? t("ai_line", { model: data.ai.model_id }) : ""].filter(Boolean).join(" · ");
  };
  on("language", lines);
  lines();
  // On a phone the lines may be longer than their place: then they can be scrolled, by keyboard too.
  const footer = document.querySelector("footer");
  new ResizeObserver(() => { footer.tabIndex = footer.scrollHeight > footer.clientHeight + 1 ? 0 : -1; }).observe(byId("attribution"));
  // Everything of the scene waits for CesiumJS, the words above do not.
  const scene = await import("./assembly.js");
  return scene.assemble(data);
}

/** What only the server knows: weather years, bounds of its shadow pictures, whether it computes plans. */
async function withServer(data) {
  if (!data.server) return data;
  useApi(data.api ?? "api/");
  const info = await get("info");
  const { names, words } = info.weather; // the first is the job's own
  return { ...data, weather_years: names.slice(1), year_words: words, land_bounds: info.land_bounds, plans: info.plans };
}

function fail(error) {
  byId("loading").hidden = true;
  const place = byId("failure");
  place.hidden = false;
  const webgl = /webgl/i.test(error.message);
  const words = webgl ? t("no_webgl") : t("failed", { why: problemWords(error) ?? error.message });
  place.textContent = words === "failed" ? error.message : words; // the words themselves may be what did not come
  console.error(error);
}

/** Hooks for tests and for a page around the viewer. */
const ready = start();
globalThis.heliotwin = {
  state,
  ready,
  /** The widget and the tileset, once ready. */
  viewer: null,
  tileset: null,
  /** Select a loaded surface by id and answer all its values, or null. */
  pick: async (id) => (await ready).select(id),
  /** Values of a loaded surface, without selecting it. */
  values: async (id) => { const entry = (await ready).features.get(id); return entry ? recordOf(entry.feature) : null; },
  /** Ids of all loaded surfaces. */
  ids: async () => [...(await ready).features.keys()],
  /** Colour by "year", "month", "hour", "class" or "pv"; month 1 … 12, hour 0 … 23 UTC. */
  colour(mode, month = state.month, hour = state.hour) {
    if (!MODES.includes(mode)) throw new Error(mode);
    set("colour", { mode, month, hour });
    changed("mode");
  },
  /** Go to an instant with the sun on. */
  setTime: async (time) => { showTab("sun"); (await ready).setTime(new Date(time)); },
  /** Degrees between the viewer's sun and Cesium's at an instant. */
  sunCheck: async (time) => (await ready).sunCheck(new Date(time)),
  sunAt, scales, classes: CLASSES, middleOf, announce, showTab,
};
ready.then((scene) => { globalThis.heliotwin.viewer = scene.viewer; globalThis.heliotwin.tileset = scene.tileset; }, fail);
