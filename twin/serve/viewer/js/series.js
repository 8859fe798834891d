/* With a server: the hours of any week of the clicked surface, under any weather year. */
import { get } from "./api.js";
import { barChart, lineChart } from "./charts.js";
import { field, freshId, h } from "./dom.js";
import { dateWords, inZone, monthName, t } from "./i18n.js";
import { problemWords } from "./problems.js";
import { weatherWords } from "./weather.js";
import { instantOf, shownBy } from "./zone.js";

const KEYS = ["direct", "diffuse", "reflected"];
const WEEK = 7;
const DAY_MS = 86400000;

/** Controls and charts; nothing is asked of the server before the button is pressed. */
export function serverSeries(record, data) {
  const week = h("input", { type: "date", value: `${new Date().getFullYear()}-06-15` });
  const weather = h("select", {}, h("option", { value: "" }, `${t("weather_of_job")}: ${weatherWords(data)}`),
    (data.weather_years ?? []).map((name) => h("option", { value: name }, weatherWords(data, name))));
  const place = h("div", { id: freshId("series"), "aria-live": "polite" });
  const years = new Map(); // what was asked once
  let turns = 0;
  const load = async () => {
    const turn = (turns += 1);
    const [asked, date] = [weather.value, week.value];
    const show = (...parts) => { if (turn === turns) place.replaceChildren(...parts); }; // else something else was asked since
    show(h("p", { class: "quiet" }, t("asking")));
    try {
      const id = encodeURIComponent(record.id);
      if (!years.has(asked)) {
        years.set(asked, await Promise.all([
          get(`surfaces/${id}/hourly`, { weather: asked }), get(`surfaces/${id}/monthly`, { weather: asked })]));
      }
      const [hours, months] = years.get(asked);
      show(h("p", { class: "quiet" }, weatherWords(data, asked || undefined)), weekPart(hours, date, data.zone), monthChart(months));
    } catch (error) {
      show(h("p", { class: "note alarm" }, problemWords(error) ?? error.message));
    }
  };
  return [h("h3", {}, t("any_week")),
    field(t("week_from"), week), field(t("weather"), weather),
    h("div", { class: "row" }, h("button", { type: "button", onclick: load }, t("show"))), place];
}

/** The week from a day and month on, in whatever year the weather has it; or that the weather has no such day. */
function weekPart(hours, date, zone) {
  const found = startOf(hours.time_utc, date.slice(5) || "06-15", zone);
  const day = (text) => shownBy(new Date(text), zone)[0];
  if (found < 0) {
    return h("p", { class: "note alarm" }, t("week_outside", { from: dateWords(day(hours.time_utc[0])), to: dateWords(day(hours.time_utc.at(-1))) }));
  }
  const perWeek = WEEK * Math.round(86400 / hours.step_s);
  const start = Math.max(Math.min(found, hours.time_utc.length - perWeek), 0);
  const part = (values) => values.slice(start, start + perWeek);
  const days = part(hours.time_utc).map(day);
  const words = (text, options) => inZone(new Date(text), zone, { day: "numeric", month: "numeric", ...options });
  return lineChart({
    title: t("week_of", { from: dateWords(days[0]) }), unit: "W/m²", digits: 0,
    ticks: part(hours.time_utc).map((text, at) => ({ at, label: words(text) })).filter(({ at }) => days[at] !== days[at - 1]),
    labels: part(hours.time_utc).map((text) => words(text, { hour: "2-digit", minute: "2-digit" })),
    series: KEYS.map((key) => ({ key, label: t(key), values: part(hours[key]) })),
  });
}

/** Index of the first hour of a day MM-DD on the clocks of the zone, in the last year that has it; -1 where none has. */
function startOf(times, day, zone) {
  const [first, last] = [Date.parse(times[0]), Date.parse(times.at(-1))];
  for (let year = new Date(last).getUTCFullYear(); year >= new Date(first).getUTCFullYear(); year -= 1) {
    const midnight = instantOf(`${year}-${day}`, 0, zone).getTime();
    // A year of UTC lacks the first hours of its first day, or has hours of the day before.
    if (midnight <= last && midnight + DAY_MS > first) return times.findIndex((text) => Date.parse(text) >= midnight);
  }
  return -1;
}

const monthChart = (months) => barChart({
  title: t("by_month"), unit: "kWh/m²", digits: 1,
  labels: Array.from({ length: 12 }, (_, i) => monthName(i + 1, "short")),
  series: KEYS.map((key) => ({ key, label: t(key), values: months[key] })),
});
