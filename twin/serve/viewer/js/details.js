/* The clicked surface: what it is, what it gets over the year and the day, what plants on it yield. */
import { barChart } from "./charts.js";
import { CLASSES } from "./colours.js";
import { announce, byId, field, h } from "./dom.js";
import { hourLabel, shownMinutes } from "./hours.js";
import { monthName, number, t, withUnit } from "./i18n.js";
import { on, set, state } from "./state.js";
import { serverSeries } from "./series.js";

const MONTHS = Array.from({ length: 12 }, (_, i) => i + 1);

/** Answers {show(record, focus), close(), covers(element)}. */
export function createDetails(data) {
  const panel = byId("details");
  const own = { record: null, month: 6, from: null };
  const draw = () => {
    if (!own.record) return;
    byId("details-title").textContent = titleOf(own.record);
    byId("details-body").replaceChildren(...contents(own, data).flat().filter(Boolean));
  };
  const show = (record, focus = false) => {
    own.from = panel.hidden ? document.activeElement : own.from;
    own.record = record;
    panel.hidden = false;
    document.querySelector("main").classList.add("with-details");
    draw();
    byId("details-body").scrollTop = 0;
    const value = withUnit(record.irradiation_kwh_m2, "kWh/m²");
    announce(t("selected_words", { what: titleOf(record), value }));
    if (focus) byId("details-title").focus();
  };
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    document.querySelector("main").classList.remove("with-details");
    own.record = null;
    set("selected", { selected: null });
    if (own.from?.isConnected) own.from.focus();
  };
  byId("details-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) close();
  });
  on("language", draw);
  /** Share of an element's height that the panel covers from below, as it does on a phone; 0 beside it. */
  const covers = (element) => {
    const [own, other] = [panel.getBoundingClientRect(), element.getBoundingClientRect()];
    const beside = panel.hidden || own.left > other.left + 1 || own.right < other.right - 1;
    return beside ? 0 : Math.min(Math.max((other.bottom - own.top) / other.height, 0), 0.8);
  };
  return { show, close, covers };
}

const titleOf = (record) => `${t(`kind_${record.kind}`)} ${record.address ?? ""}`.trim();

function contents(own, data) {
  const { record } = own;
  if (record.irradiation_kwh_m2 === null) return [facts(record), h("p", { class: "note" }, t("silent"))];
  return [facts(record), yieldPart(record, data), monthlyPart(record), hourlyPart(own, data), data.server && serverSeries(record, data)];
}

function facts(record) {
  const row = (label, value) => [h("dt", {}, label), h("dd", {}, value)];
  const area = record.area_m2;
  const energy = record.irradiation_kwh_m2 * record.solarArea;
  return h("dl", { class: "facts" },
    row(t("irradiation"), h("strong", {}, withUnit(record.irradiation_kwh_m2, t("kwh_m2_year")))),
    row(t("energy"), withUnit(record.irradiation_kwh_m2 === null ? null : energy, t("kwh_year"))),
    row(t("exposed_area"), withUnit(record.solarArea, "m²", 1)),
    area !== null && row(t("area"), withUnit(area, "m²", 1)),
    row(t("tilt"), withUnit(record.tilt_deg, "°", 0)),
    row(t("azimuth"), record.tilt_deg === null ? "–" : record.azimuth_deg === null || Number.isNaN(record.azimuth_deg) ? t("level") : `${number(record.azimuth_deg)}° (${t(`wind_${Math.round(record.azimuth_deg / 45) % 8}`)})`),
    row(t("building"), record.building_id ?? "–"),
    row(t("surface_id"), record.id ?? "–"));
}

function monthlyPart(record) {
  const per = (values) => values.map((value) => (value === null ? NaN : value / record.solarArea));
  const [all, direct, diffuse] = [record.globalRadMonths, record.directRadMonths, record.diffuseRadMonths].map(per);
  const reflected = all.map((value, i) => Math.max(value - direct[i] - diffuse[i], 0));
  const split = direct.every(Number.isFinite) && diffuse.every(Number.isFinite);
  const series = split
    ? [{ key: "direct", label: t("direct"), values: direct }, { key: "diffuse", label: t("diffuse"), values: diffuse }, { key: "reflected", label: t("reflected"), values: reflected }]
    : [{ key: "irradiation", label: t("irradiation"), values: all }];
  return [barChart({ heading: "h3", title: t("by_month"), labels: MONTHS.map((m) => monthName(m, "short")), series, unit: "kWh/m²", digits: 1 })];
}

function hourlyPart(own, data) {
  const { record } = own;
  if (!record.month_hour_w_m2) return [];
  const place = h("div", {});
  const draw = () => {
    const order = Array.from({ length: 24 }, (_, hour) => hour)
      .sort((a, b) => shownMinutes(data.zone, own.month, a) - shownMinutes(data.zone, own.month, b));
    place.replaceChildren(barChart({
      title: t("mean_day", { month: monthName(own.month) }),
      labels: order.map((hour) => hourLabel(data.zone, own.month, hour)),
      series: [{ key: "irradiation", label: t("irradiation"), values: order.map((hour) => record.month_hour_w_m2[(own.month - 1) * 24 + hour]) }],
      unit: "W/m²",
    }));
  };
  draw();
  const select = h("select", { onchange: (event) => { own.month = Number(event.target.value); draw(); } },
    MONTHS.map((m) => h("option", { value: m, selected: m === own.month }, monthName(m))));
  return [h("h3", {}, t("by_hour")), field(t("month"), select), place];
}

/** The plant: the physical value first, the corrected one beside it with its label. */
function yieldPart(record, data) {
  if (!(record.pv_kwp > 0)) return [h("h3", {}, t("pv")), h("p", { class: "quiet" }, t("no_plant_here"))];
  const known = (value) => value !== null && Number.isFinite(value);
  // Where the model does not answer, the value beside it is the physical one again: no number under its label.
  const corrected = known(record.value_ml) && data.ai && !record.out_of_domain;
  const cards = [h("div", {}, h("span", {}, t("physical")), h("strong", {}, withUnit(record.value_phys, t("kwh_year"))),
    h("small", { class: "quiet" }, withUnit(record.value_phys / record.pv_kwp, "kWh/kWp")))];
  if (corrected) {
    cards.push(h("div", { class: "ai" }, h("span", { class: "badge" }, t("ai_corrected")),
      h("strong", {}, withUnit(record.value_ml, t("kwh_year"))),
      h("small", { class: "quiet" }, t("delta", { delta: number(record.delta_pct ?? (record.value_ml / record.value_phys - 1) * 100, 1) }))));
  } else if (record.out_of_domain && data.ai) {
    cards.push(h("div", {}, h("span", { class: "badge warn" }, t("out_of_domain")), h("p", { class: "quiet" }, t("out_of_domain_note"))));
  }
  const name = CLASSES.includes(record.pv_class) ? t(`class_${record.pv_class}`) : record.pv_class;
  return [h("h3", {}, t("pv")),
    h("dl", { class: "facts" }, h("dt", {}, t("pv_power")), h("dd", {}, withUnit(record.pv_kwp, "kWp", 1)), name && [h("dt", {}, t("suitability")), h("dd", {}, name)]),
    h("div", { class: "compare" }, cards),
    known(record.p10) && known(record.p90) && h("p", { class: "quiet" }, t("range", { low: number(record.p10), mid: number(record.p50), high: number(record.p90) })),
    corrected && h("p", { class: "quiet" }, t("ai_note", { model: record.ml_model_id ?? data.ai.model_id }))];
}
