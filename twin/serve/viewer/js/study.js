/* The tab "Studie": a shadow study's states of the city (before, after), and what differs. */
import { bodiesOf, createBodies } from "./bodies.js";
import { dataUrl, loadJson } from "./data.js";
import { byId, choices, h } from "./dom.js";
import { both, number, t } from "./i18n.js";
import { changed, on, set, state } from "./state.js";
import { onTab } from "./tabs.js";

/** Build the tab, where the data has a study. */
export function createStudy(viewer, data) {
  const { study } = data;
  if (!study) return;
  byId("tab-study").hidden = false;
  const panel = byId("panel-study");
  const bodies = createBodies(viewer);
  const own = { chosen: study.scenarios[0].id, plans: [], table: null };

  const apply = () => {
    const scenario = study.scenarios.find((entry) => entry.id === own.chosen);
    const difference = study.differences?.find((entry) => entry.id === own.chosen);
    state.landLegend = difference?.legend ?? scenario?.legend ?? null;
    set("land", { land: difference ? { url: dataUrl(difference.land), bounds: difference.bounds ?? data.land.bounds } : null });
    set("scenario", { scenario: scenario ?? study.scenarios.at(-1) });
    if (scenario && !scenario.shows_plan) bodies.clear();
    else bodies.show(own.plans);
  };
  const leave = () => {
    state.landLegend = null;
    bodies.clear();
    set("scenario", { scenario: null });
    set("land", { land: null });
  };
  const draw = () => {
    const options = [
      ...study.scenarios.map((entry) => ({ value: entry.id, label: both(entry.label) })),
      ...(study.differences ?? []).map((entry) => ({ value: entry.id, label: both(entry.label), hint: both(entry.hint) })),
    ];
    panel.replaceChildren(...[h("p", {}, t("study_intro")),
      choices(t("state_of_city"), "scenario", options, own.chosen, (chosen) => { own.chosen = chosen; apply(); }),
      h("p", { class: "note" }, t("study_time_note")),
      own.table && tableOf(own.table)].filter(Boolean));
  };
  onTab((name) => {
    if (name === "study") apply();
    else if (state.scenario && name !== "sun") leave();
  });
  on("language", draw);
  draw();
  if (study.plan) loadJson(study.plan).then((geojson) => { own.plans = bodiesOf(geojson); changed("land"); });
  if (study.table) loadJson(study.table).then((table) => { own.table = table; draw(); });
}

function tableOf(table) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("neighbours") }, h("table", {},
    h("caption", {}, both(table.title) || t("neighbours")),
    h("thead", {}, h("tr", {}, table.columns.map((column) => h("th", { scope: "col" }, `${both(column.label)}${column.unit ? ` [${column.unit}]` : ""}`)))),
    h("tbody", {}, table.rows.map((row) => h("tr", {}, table.columns.map((column) =>
      h("td", {}, typeof row[column.key] === "number" ? number(row[column.key], column.digits ?? 0) : row[column.key] ?? "–")))))));
}
