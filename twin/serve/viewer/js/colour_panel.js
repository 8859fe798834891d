/* The tab "Farben": what the surfaces show, and for which month or hour. */
import { byId, check, choices, field, freshId, h, onceAFrame } from "./dom.js";
import { hourLabel, hourUtc, shownMinutes } from "./hours.js";
import { monthName, t } from "./i18n.js";
import { on, set, state } from "./state.js";
import { onTab } from "./tabs.js";

export function createColourPanel(data) {
  const panel = byId("panel-colour");
  const draw = () => panel.replaceChildren(...contents(data, draw));
  on("language", draw);
  on("mode", draw);
  onTab((name) => { if (name === "colour" && state.sun.on) set("sun", { sun: { ...state.sun, on: false } }); });
  draw();
}

function contents(data, draw) {
  const modes = [
    { value: "year", label: t("mode_year"), hint: t("mode_year_hint") },
    data.series?.months !== false && { value: "month", label: t("mode_month"), hint: t("mode_month_hint") },
    data.series?.month_hour !== false && { value: "hour", label: t("mode_hour"), hint: t("mode_hour_hint") },
    { value: "class", label: t("mode_class"), hint: t("mode_class_hint") },
    { value: "pv", label: t("mode_pv"), hint: t("mode_pv_hint") },
    state.loss && { value: "loss", label: t("mode_loss"), hint: t("mode_loss_hint") },
  ].filter(Boolean);
  return [
    choices(t("colour_by"), "mode", modes, state.mode, (mode) => {
      set("colour", { mode });
      draw();
      byId("panel-colour").querySelector("input:checked").focus();
    }),
    ["month", "hour"].includes(state.mode) && monthSlider(data, draw),
    state.mode === "hour" && hourSlider(data),
    state.mode === "year" && data.fine !== false &&
      check(t("fine"), state.fine, (fine) => set("colour", { fine }), t("fine_hint")),
    state.mode === "pv" && data.ai && check(t("show_corrected"), state.corrected, (corrected) => set("colour", { corrected }), t("show_corrected_hint")),
    h("p", { class: "note" }, t("click_hint")),
  ].filter(Boolean);
}

function monthSlider(data, draw) {
  const value = h("output", { id: freshId("value") }, monthName(state.month));
  const apply = onceAFrame(() => set("colour", {}));
  const slider = h("input", { type: "range", min: 1, max: 12, value: state.month, "aria-valuetext": monthName(state.month),
    oninput: (event) => {
      const shown = Math.floor(shownMinutes(data.zone, state.month, state.hour) / 60);
      state.month = Number(event.target.value);
      state.hour = hourUtc(data.zone, state.month, shown); // the clock's hour stays
      value.textContent = monthName(state.month);
      event.target.setAttribute("aria-valuetext", monthName(state.month));
      apply();
    },
    onchange: () => { if (state.mode === "hour") { draw(); byId("panel-colour").querySelector("input[type=range]").focus(); } } });
  return field(t("month"), slider, value);
}

function hourSlider(data) {
  const label = () => t("hour_value", { hour: hourLabel(data.zone, state.month, state.hour) });
  const value = h("output", { id: freshId("value") }, label());
  const apply = onceAFrame(() => set("colour", {}));
  const slider = h("input", { type: "range", min: 4, max: 22, "aria-valuetext": label(),
    value: Math.floor(shownMinutes(data.zone, state.month, state.hour) / 60),
    oninput: (event) => {
      state.hour = hourUtc(data.zone, state.month, Number(event.target.value));
      value.textContent = label();
      event.target.setAttribute("aria-valuetext", label());
      apply();
    } });
  return h("div", {}, field(t("hour"), slider, value), h("p", { class: "quiet" }, t("hour_note", { utc: String(state.hour).padStart(2, "0") })));
}
