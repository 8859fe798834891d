/* The legend on the map: what the colours mean, in words as well. */
import { CLASSES, CLASS_COLOURS, GROUND, NO_PLANT, NO_VALUE, NO_VALUE_CLASS, gradientOf, scales } from "./colours.js";
import { byId, h } from "./dom.js";
import { both, monthName, number, t } from "./i18n.js";
import { on, set, state } from "./state.js";
import { hourLabel } from "./hours.js";

// Shade (twin/serve/shadows.py) as it is seen through, on bare ground.
const SHADE = "#64676f";

export function createLegend(data) {
  const draw = () => byId("legend").replaceChildren(...contents(data), ...missing());
  for (const kind of ["colour", "sun", "language", "land", "failure"]) on(kind, draw);
  draw();
}

/** What of the map could not be had: without a word it would pass for bare, sunlit ground, or a gap between houses. */
const missing = () => [
  state.tilesMissing && h("p", { class: "note alarm" }, t("tiles_missing", { count: number(state.tilesMissing) })),
  state.landFailed && h("p", { class: "note alarm" }, t("land_missing")),
].filter(Boolean);

function contents(data) {
  if (state.sun.on) return sunLegend();
  switch (state.mode) {
    case "month": return ramp(scales.month, t("legend_month", { month: monthName(state.month) }));
    case "hour": return ramp(scales.hour, t("legend_hour", { month: monthName(state.month), hour: hourLabel(data.zone, state.month, state.hour) }));
    case "class": return classLegend();
    case "pv": return ramp(scales.pv, t("legend_pv"), state.corrected ? h("span", { class: "badge" }, t("ai_corrected")) : null);
    case "loss": return ramp(scales.loss, t("legend_loss"));
    default: return ramp(scales.year, t("legend_year"));
  }
}

function ramp(scale, title, badge = null, none = t("no_value")) {
  const at = (value) => `${(100 * (value - scale.low)) / (scale.high - scale.low)}%`;
  const words = t("legend_words", { low: number(scale.low), high: number(scale.high), unit: scale.unit });
  return [
    h("p", { class: "heading" }, `${title} [${scale.unit}] `, badge),
    h("div", { role: "img", "aria-label": words },
      h("div", { class: "ramp", style: { background: gradientOf(scale) } }),
      h("div", { class: "ticks", "aria-hidden": "true" }, ticksOf(scale).map((tick) =>
        h("span", { style: { left: at(tick) } }, number(tick, Number.isInteger(tick) ? 0 : 1))))),
    none && keys([[none === t("no_value") ? NO_VALUE : GROUND, none]]),
  ].filter(Boolean);
}

/** Ticks without those whose label would touch that of an end. */
const ticksOf = ({ ticks, low, high }) => ticks.filter((tick) => tick === low || tick === high
  || (tick - low > 0.13 * (high - low) && high - tick > 0.19 * (high - low)));

const keys = (entries) => h("div", { class: "keys" }, entries.map(([colour, text]) =>
  h("span", {}, h("i", { style: { background: colour } }), text)));

function classLegend() {
  return [
    h("p", { class: "heading" }, t("legend_class")),
    h("div", { class: "keys", role: "group", "aria-label": t("legend_class_filter") }, CLASSES.map((name) =>
      h("button", { type: "button", "aria-pressed": String(state.classes.has(name)), title: t("legend_class_filter"),
        onclick: () => toggle(name) },
      h("i", { style: { background: CLASS_COLOURS[name] } }), t(`class_${name}`)))),
    keys([[NO_VALUE_CLASS, t("no_value")], [NO_PLANT, t("no_plant")]]),
  ];
}

function toggle(name) {
  const classes = new Set(state.classes);
  if (!classes.delete(name)) classes.add(name);
  const at = CLASSES.indexOf(name);
  set("colour", { classes });
  byId("legend").querySelectorAll("button")[at]?.focus();
}

function sunLegend() {
  if (state.landScale) return ramp(state.landScale, state.landTitle, null, t("not_measured"));
  const entries = state.landLegend
    ? state.landLegend.map((entry) => [entry.colour, both(entry.label)])
    : [[SHADE, t("legend_shadow")], [GROUND, t("legend_sunlit")]];
  return [h("p", { class: "heading" }, state.landTitle ?? t("legend_sun")), keys(entries),
    ...(state.losses ? ramp(scales.loss, t("legend_loss"), null, null) : [])];
}
