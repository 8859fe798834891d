/* The tab "Studie": a shadow study's states of the city (before, after) under the same sun, and what differs. */
import { blocksOf, createBodies, facesOf } from "./bodies.js";
import { dataUrl, loadJson } from "./data.js";
import { announce, byId, choices, h } from "./dom.js";
import { both, dateWords, number, t } from "./i18n.js";
import { problemWords } from "./problems.js";
import { on, set, state } from "./state.js";
import { studyTable } from "./study_table.js";
import { onLeave, onTab } from "./tabs.js";

/** Build the tab, where the data has a study. sun is the controls of day and time; goTo(building id) moves the camera. */
export function createStudy(viewer, data, sun, goTo) {
  const { study } = data;
  if (!study) return;
  byId("tab-study").hidden = false;
  const panel = byId("panel-study");
  const bodies = createBodies(viewer);
  const own = { state: study.scenarios.at(-1).id, layer: "shadow", plan: null, body: null, table: null, losses: null, failed: null };
  const slot = h("div", { id: "study-time" });
  const place = h("div", { id: "study-table" });

  const scenario = () => study.scenarios.find((entry) => entry.id === own.state);
  /** The state that the Bestand is compared with: the chosen one, or the first planned where that is the Bestand itself. */
  const compared = () => (own.state === study.scenarios[0].id ? study.scenarios[1] ?? study.scenarios[0] : scenario());
  /** The picture of the day for the chosen layer: hours of this state, or the change against the Bestand. */
  const ofDay = () => {
    const wanted = own.layer === "change" ? compared().id : own.state;
    const list = (own.layer === "change" ? study.differences : study.hours) ?? [];
    const found = list.filter((entry) => (entry.scenario ?? entry.id) === wanted);
    return found.find((entry) => entry.date === sun.date()) ?? found[0] ?? null;
  };

  const showLayer = () => {
    const sum = own.layer === "shadow" ? null : ofDay();
    Object.assign(state, {
      landTitle: own.layer === "shadow" ? t("study_shadow") : t(`study_${own.layer}_title`, { date: dateWords(sum?.date) }),
      landLegend: sum ? sum.legend ?? [] : scenario().legend ?? null,
      landScale: sum?.scale ?? null,
      losses: own.layer === "change" ? own.losses?.[compared().id] ?? null : null,
    });
    set("land", { land: sum ? { url: dataUrl(sum.land), bounds: sum.bounds ?? data.land?.bounds } : null });
    set("colour", {});
  };
  const showBodies = () => {
    if (!scenario().shows_plan) { bodies.clear(); return; }
    const here = (geojson) => ({ ...geojson, features: geojson.features.filter((feature) => (feature.properties.scenario ?? own.state) === own.state) });
    const body = own.body && here(own.body);
    if (body?.features.length) bodies.show(facesOf(body));
    else if (own.plan) bodies.show(blocksOf(here(own.plan)));
  };
  const showTable = () => place.replaceChildren(...[
    own.failed && h("p", { class: "note alarm", role: "alert" }, t("study_failed", { why: problemWords(own.failed) ?? own.failed.message })),
    own.table && studyTable(own.table, compared().id, sun.date(), goTo)].filter(Boolean));
  const apply = () => {
    set("scenario", { scenario: scenario() });
    showLayer();
    showBodies();
    showTable();
  };
  const leave = () => {
    Object.assign(state, { landTitle: null, landLegend: null, landScale: null, losses: null });
    bodies.clear();
    set("scenario", { scenario: null });
    set("land", { land: null });
    set("colour", {});
  };

  const draw = () => {
    const states = study.scenarios.map((entry) => ({ value: entry.id, label: both(entry.label), hint: stateHint(entry) }));
    const layers = [
      { value: "shadow", label: t("study_shadow"), hint: t("study_shadow_hint") },
      study.hours?.length && { value: "hours", label: t("study_hours"), hint: t("study_hours_hint") },
      study.differences?.length && { value: "change", label: t("study_change"), hint: t("study_change_hint") },
    ].filter(Boolean);
    panel.replaceChildren(...[h("p", {}, study.title ? t("study_of", { title: study.title }) : t("study_intro")),
      choices(t("state_of_city"), "scenario", states, own.state, (chosen) => { own.state = chosen; apply(); say(); }),
      choices(t("study_layer"), "study-layer", layers, own.layer, (layer) => { own.layer = layer; apply(); say(); }),
      slot,
      study.without_shape?.length && h("p", { class: "note" }, t("study_without_shape", { names: study.without_shape.join(", ") })),
      place].filter(Boolean));
    if (state.scenario) { showLayer(); showTable(); }
  };
  const say = () => announce(t("study_now", { state: both(scenario().label), layer: t(`study_${own.layer}`) }));

  onTab((name) => {
    if (name !== "study") return;
    if (own.failed) loadAll(); // once more
    sun.moveTo(slot);
    apply();
  });
  onLeave((name) => { if (name === "study") leave(); });
  on("language", draw);
  let day = null;
  on("sun", () => { if (state.scenario && day !== sun.date()) { day = sun.date(); showLayer(); showTable(); } });
  draw();
  const load = async (name, take) => {
    if (!name) return;
    try {
      take(await loadJson(name));
    } catch (error) {
      own.failed = error;
    }
    if (state.scenario) apply();
  };
  const loadAll = () => {
    own.failed = null;
    load(study.plan, (geojson) => { own.plan = geojson; });
    load(study.body, (geojson) => { own.body = geojson; });
    load(study.table, (table) => { own.table = table; });
    load(study.surfaces, (found) => {
      own.losses = Object.fromEntries(Object.entries(found).map(([id, { id: ids, delta_pct }]) => [id, new Map(ids.map((one, i) => [one, delta_pct[i]]))]));
    });
  };
  loadAll();
}

/** What a state takes away, where it does. */
const stateHint = (entry) => (entry.removed?.length ? t("study_removed", { count: number(entry.removed.length), names: entry.removed.slice(0, 3).join(", ") }) : null);
