/* What a plan takes: neighbours, their surfaces, open land; colours and the same in words and tables. */
import { check, h } from "./dom.js";
import { both, dateWords, number, t } from "./i18n.js";
import { weatherWords } from "./weather.js";

const MOST_ROWS = 30;

/** select(id) opens a surface; land {shown, show(shown)} is whether the picture of open land is seen, and puts it on or off;
    takeAway(id) marks a building as one that goes. */
export function planResult(result, data, select, land, takeAway) {
  const buildings = [...result.buildings].sort((a, b) => (a.delta_kwh ?? 0) - (b.delta_kwh ?? 0));
  return h("section", { "aria-label": t("plan_result") },
    h("h2", { class: "small" }, t("plan_result")),
    h("p", {}, buildings.length ? t("plan_summary", { count: buildings.length, unchanged: number(result.unchanged), seconds: number(result.seconds, 1) }) : t("plan_nothing")),
    result.notes?.length > 0 && h("ul", { class: "note", id: "plan-notes" }, result.notes.map((note) => h("li", {}, wordsOf(note),
      note.code === "stands_in" && h("button", { type: "button", onclick: () => takeAway(note.values.building) }, t("take_away"))))),
    buildings.length > 0 && buildingTable(buildings, result.date),
    result.surfaces.length > 0 && surfaceTable(result, select),
    result.land?.png && [check(t("show_land_change"), land.shown, land.show), landLegend(result.land)],
    h("p", { class: "quiet" }, t("plan_method", { weather: weatherWords(data, result.weather) })));
}

/** A warning in the reader's language: ours where we have words for its code, else the server's. */
function wordsOf({ code, values, text }) {
  const shown = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? number(value, name.endsWith("_m") ? 1 : 0) : value]));
  const words = t(`warn_${code}`, { ...shown, what: both(text) });
  return words === `warn_${code}` ? both(text) : words;
}

const change = (value, digits = 0) => (Number(Number(value).toFixed(digits)) > 0 ? `+${number(value, digits)}` : number(value, digits));

function buildingTable(rows, date) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("neighbours") }, h("table", { id: "plan-buildings" },
    h("caption", {}, t("neighbours_on", { date: dateWords(date) })),
    h("thead", {}, h("tr", {}, [t("building"), "min", "kWh/a", "%"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.slice(0, MOST_ROWS).map((row) => h("tr", {}, h("th", { scope: "row" }, row.building_id),
      h("td", {}, change(row.delta_min)), h("td", {}, change(row.delta_kwh)), h("td", {}, change(row.delta_pct, 1)))))));
}

function surfaceTable(result, select) {
  const rows = result.surfaces.filter((row) => row.delta_pct !== null).sort((a, b) => a.delta_pct - b.delta_pct);
  return h("details", {}, h("summary", {}, t("surfaces_changed", { count: result.surfaces.length + result.left_out })),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("surfaces_words") }, h("table", {},
      h("caption", {}, t("surfaces_words")),
      h("thead", {}, h("tr", {}, [t("surface"), "min", "kWh/a", "%"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.slice(0, MOST_ROWS).map((row) => h("tr", {},
        h("th", { scope: "row" }, h("button", { type: "button", class: "plain", onclick: () => select(row.surface_id) }, `${t(`kind_${row.kind}`)} ${row.surface_id.slice(-8)}`)),
        h("td", {}, change(row.delta_min)), h("td", {}, change(row.delta_kwh)), h("td", {}, change(row.delta_pct, 1))))))));
}

function landLegend(land) {
  return h("div", {}, h("p", { class: "quiet" }, t(land.worst_delta_min < 0 ? "land_change" : "land_gain", { area: number(land.changed_m2), worst: number(-land.worst_delta_min) })),
    h("div", { class: "keys" }, land.legend.map((entry) => h("span", {}, h("i", { style: { background: entry.colour } }), both(entry.label)))));
}
