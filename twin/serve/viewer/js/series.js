/* With a server: the hours of any week of the clicked surface, under any weather year. */
import { get } from "./api.js";
import { barChart, lineChart } from "./charts.js";
import { field, freshId, h } from "./dom.js";
import { inZone, monthName, t } from "./i18n.js";

const KEYS = ["direct", "diffuse", "reflected"];
const WEEK = 7;

/** Controls and charts; nothing is asked of the server before the button is pressed. */
export function serverSeries(record, data) {
  const week = h("input", { type: "date", value: `${new Date().getFullYear()}-06-15` });
  const weather = h("select", {}, h("option", { value: "" }, t("weather_of_job")),
    (data.weather_years ?? []).map((name) => h("option", { value: name }, name)));
  const place = h("div", { id: freshId("series"), "aria-live": "polite" });
  const years = new Map(); // what was asked once
  const load = async () => {
    place.replaceChildren(h("p", { class: "quiet" }, t("asking")));
    try {
      const id = encodeURIComponent(record.id);
      const asked = weather.value;
      if (!years.has(asked)) {
        years.set(asked, await Promise.all([
          get(`surfaces/${id}/hourly`, { weather: asked }), get(`surfaces/${id}/monthly`, { weather: asked })]));
      }
      const [hours, months] = years.get(asked);
      place.replaceChildren(h("p", { class: "quiet" }, hours.weather), weekChart(hours, week.value, data.zone), monthChart(months));
    } catch (error) {
      years.delete(weather.value);
      place.replaceChildren(h("p", { class: "note alarm" }, error.message));
    }
  };
  return [h("h3", {}, t("any_week")),
    h("div", { class: "pair" }, field(t("week_from"), week), field(t("weather"), weather)),
    h("div", { class: "row" }, h("button", { type: "button", onclick: load }, t("show"))), place];
}

/** The week from a day and month on, in whatever year the weather has. */
function weekChart(hours, date, zone) {
  const day = date.slice(5) || "06-15";
  const found = hours.time_utc.findIndex((text) => text.slice(5, 10) >= day && text.slice(0, 4) === hours.time_utc.at(-1).slice(0, 4));
  const perDay = Math.round(86400 / hours.step_s);
  const start = Math.max(Math.min(found, hours.time_utc.length - WEEK * perDay), 0);
  const part = (values) => values.slice(start, start + WEEK * perDay);
  const times = part(hours.time_utc).map((text) => new Date(text));
  return lineChart({
    title: t("any_week"), unit: "W/m²", digits: 0,
    ticks: times.map((time, at) => ({ at, label: inZone(time, "UTC", { day: "numeric", month: "numeric" }) })).filter((_, at) => at % perDay === 0),
    labels: times.map((time) => inZone(time, zone, { day: "numeric", month: "numeric", hour: "2-digit", minute: "2-digit" })),
    series: KEYS.map((key) => ({ key, label: t(key), values: part(hours[key]) })),
  });
}

const monthChart = (months) => barChart({
  title: t("by_month"), unit: "kWh/m²", digits: 1,
  labels: Array.from({ length: 12 }, (_, i) => monthName(i + 1, "short")),
  series: KEYS.map((key) => ({ key, label: t(key), values: months[key] })),
});
