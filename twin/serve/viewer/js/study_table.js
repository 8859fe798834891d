/* What a study's neighbours lose, as a table: the same for those who do not see the map. */
import { h } from "./dom.js";
import { both, number, t } from "./i18n.js";

const MOST_ROWS = 40;
const SIGNED = /^(delta|worst)_/;

/** Rows of a state and a day; the building's id is a button that goes there. */
export function studyTable(table, scenario, date, goTo) {
  const rows = table.rows.filter((row) => (row.scenario ?? scenario) === scenario && (row.date ?? date) === date);
  const leftOut = table.left_out[scenario]?.[date] ?? 0; // of a state or day without rows nothing was cut
  if (!rows.length) return h("p", { class: "note" }, t("study_no_loss"));
  const columns = table.columns.filter((column) => column.key === "building_id" || rows.some((row) => typeof row[column.key] === "number"));
  const title = both(table.title) || t("neighbours");
  const more = Math.max(rows.length - MOST_ROWS, 0) + leftOut;
  return h("div", {},
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, h("table", { id: "study-neighbours" },
      h("caption", {}, title),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, `${both(column.label)}${column.unit ? ` [${column.unit}]` : ""}`)))),
      h("tbody", {}, rows.slice(0, MOST_ROWS).map((row) => h("tr", {},
        h("th", { scope: "row" }, h("button", { type: "button", class: "plain", onclick: () => goTo(row.building_id) }, row.building_id)),
        columns.slice(1).map((column) => h("td", {}, cell(row[column.key], column)))))))),
    more > 0 && h("p", { class: "quiet" }, t("study_more_rows", { count: number(more) })),
    h("p", { class: "quiet" }, t("study_method")));
}

function cell(value, column) {
  if (typeof value !== "number") return value ?? "–";
  const text = number(value, column.digits ?? 0);
  return SIGNED.test(column.key) && Number(value.toFixed(column.digits ?? 0)) > 0 ? `+${text}` : text;
}
