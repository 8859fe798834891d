/* Charts as SVG, each under a title with its unit and with the same numbers as a table. Parts differ by pattern as well as by colour. */
import { freshId, h, svg } from "./dom.js";
import { number, t } from "./i18n.js";

const WIDE = 340;
const HIGH = 170;
const BOX = { left: 40, right: 4, top: 8, bottom: 22 };
// Direct, diffuse, reflected: light to dark, plain, hatched, dotted.
export const PARTS = { direct: "#f2a71b", diffuse: "#5b86c4", reflected: "#3f3a52", irradiation: "#9c3a5b" };

/** Stacked bars: labels (n), series [{key, label, values}] with values (n); unit and digits for the numbers; heading is the
    element of the title, as deep as the place needs. */
export function barChart({ title, labels, series, unit, digits = 0, heading = "h4" }) {
  const sums = labels.map((_, i) => series.reduce((sum, part) => sum + Math.max(part.values[i] || 0, 0), 0));
  const top = niceTop(Math.max(...sums, 0));
  const y = (value) => HIGH - BOX.bottom - (value / top) * (HIGH - BOX.top - BOX.bottom);
  const step = (WIDE - BOX.left - BOX.right) / labels.length;
  const patterns = patternsOf(series);
  const bars = labels.flatMap((label, i) => {
    let from = 0;
    return series.map((part) => {
      const value = Math.max(part.values[i] || 0, 0);
      const rect = svg("rect", { class: "bar", x: BOX.left + i * step + step * 0.12, width: step * 0.76, y: y(from + value),
        height: Math.max(y(from) - y(from + value), 0), fill: patterns.fill(part.key) },
      svg("title", {}, `${label}: ${part.label} ${number(part.values[i], digits)} ${unit}`));
      from += value;
      return rect;
    });
  });
  const every = labels.length > 12 ? 3 : 1;
  const names = labels.map((label, i) => (i % every ? null : svg("text", { x: BOX.left + (i + 0.5) * step, y: HIGH - 7, "text-anchor": "middle" }, label.slice(0, 3).replace("–", ""))));
  return figure(h(heading, {}, `${title} [${unit}]`), title, [patterns.defs, ...axis(top, y), ...bars, ...names.filter(Boolean)], series, { labels, unit, digits, sums });
}

/** Lines over time: labels (n) for the table, ticks [{at, label}], series as above. */
export function lineChart({ title, labels, ticks, series, unit, digits = 0 }) {
  const top = niceTop(Math.max(0, ...series.flatMap((part) => part.values.filter(Number.isFinite))));
  const y = (value) => HIGH - BOX.bottom - (value / top) * (HIGH - BOX.top - BOX.bottom);
  const x = (i) => BOX.left + (i / Math.max(labels.length - 1, 1)) * (WIDE - BOX.left - BOX.right);
  const dashes = { direct: null, diffuse: "5 3", reflected: "1.5 2.5", irradiation: null };
  const lines = series.map((part) => svg("polyline", { fill: "none", stroke: PARTS[part.key], "stroke-width": part.key === "irradiation" ? 1 : 1.6,
    "stroke-dasharray": dashes[part.key], points: part.values.map((value, i) => `${x(i).toFixed(1)},${y(Math.max(value || 0, 0)).toFixed(1)}`).join(" ") }));
  const names = ticks.map((tick) => svg("text", { x: x(tick.at), y: HIGH - 7, "text-anchor": "start" }, tick.label));
  return figure(h("h4", {}, `${title} [${unit}]`), title, [...axis(top, y), ...lines, ...names], series, { labels, unit, digits, sums: null });
}

function figure(heading, title, marks, series, table) {
  const highest = Math.max(...series.flatMap((part) => part.values.filter(Number.isFinite)), 0);
  const words = t("chart_words", { title, unit: table.unit, most: number(highest, table.digits) });
  return h("figure", { class: "chart" }, h("figcaption", {}, heading),
    svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": words }, ...marks),
    series.length > 1 && h("div", { class: "keys" }, series.map((part) =>
      h("span", {}, h("i", { style: { background: PARTS[part.key] } }), part.label))),
    h("details", {}, h("summary", {}, t("as_table")), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, tableOf(title, series, table))));
}

function tableOf(title, series, { labels, unit, digits, sums }) {
  const total = sums && series.length > 1;
  return h("table", {},
    h("caption", {}, `${title} [${unit}]`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("period")), series.map((part) => h("th", { scope: "col" }, part.label)), total && h("th", { scope: "col" }, t("sum")))),
    h("tbody", {}, labels.map((label, i) => h("tr", {}, h("th", { scope: "row" }, label),
      series.map((part) => h("td", {}, number(part.values[i], digits))), total && h("td", {}, number(sums[i], digits))))));
}

function axis(top, y) {
  const marks = [];
  for (let i = 0; i <= 4; i += 1) {
    const value = (top * i) / 4;
    marks.push(svg("line", { class: i ? "grid" : "axis", x1: BOX.left, x2: WIDE - BOX.right, y1: y(value), y2: y(value) }));
    marks.push(svg("text", { x: BOX.left - 5, y: y(value) + 4, "text-anchor": "end" }, number(value, top < 4 ? 1 : 0)));
  }
  return marks;
}

/** A round number of four round steps, not below the value. */
function niceTop(value) {
  if (!(value > 0)) return 4;
  const power = 10 ** Math.floor(Math.log10(value / 4));
  return 4 * power * [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10].find((factor) => factor * power * 4 >= value * 0.999);
}

/** Hatched and dotted fills for parts that are not the first. */
function patternsOf(series) {
  const stem = freshId("pattern");
  const marks = { diffuse: () => svg("path", { d: "M0 6L6 0", stroke: "#ffffff", "stroke-width": 1.1, opacity: 0.75 }),
    reflected: () => svg("circle", { cx: 3, cy: 3, r: 1, fill: "#ffffff" }) };
  const defs = svg("defs", {}, ...series.filter((part) => marks[part.key]).map((part) =>
    svg("pattern", { id: `${stem}-${part.key}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
      svg("rect", { width: 6, height: 6, fill: PARTS[part.key] }), marks[part.key]())));
  return { defs, fill: (key) => (marks[key] ? `url(#${stem}-${key})` : PARTS[key]) };
}
