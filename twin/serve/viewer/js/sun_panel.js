/* The tab "Sonne": a day and a time; the sun moves there, and with it the computed shadow. */
import Cesium from "./cesium.js";
import { get, utcText } from "./api.js";
import { middleOf } from "./data.js";
import { announce, byId, field, h, onceAFrame, svg } from "./dom.js";
import { clock } from "./hours.js";
import { dateWords, inZone, number, t } from "./i18n.js";
import { problemWords } from "./problems.js";
import { on, set, state } from "./state.js";
import { litOfStep } from "./lit.js";
import { sunAt } from "./sun.js";
import { onTab } from "./tabs.js";
import { instantOf, shownBy } from "./zone.js";

const STEP_MIN = 10;
const PLAY_MS = 900;

/** Build the tab. applySun(azimuth_deg, elevation_deg, on) lights the scene. Answers {setTime(Date), date(), moveTo(element)}. */
export function createSunPanel(viewer, data, applySun) {
  // The controls stand in this tab, and in that of a study while it is open: there is one clock.
  const panel = h("div", { id: "sun-controls" });
  byId("panel-sun").append(panel);
  const own = { date: "2026-03-21", minutes: 720, playing: null, request: null, failed: null };
  // A study has days of its own; every state of it the same ones, so before and after are seen at the same instant.
  const job = { day: 0, step: 0 };
  const study = { day: 0, step: 0, chosen: false };
  const at = () => (state.scenario ? study : job);
  const days = () => state.scenario?.days ?? data.days;

  const steps = () => days()[at().day]?.steps ?? [];
  const current = () => (data.server && !state.scenario
    ? { time: instantOf(own.date, own.minutes, data.zone) }
    : steps()[at().step] && { ...steps()[at().step], time: new Date(steps()[at().step].time_utc) });

  const applyNow = () => {
    const step = current();
    if (!step) return;
    const [azimuth_deg, elevation_deg] = step.sun ?? sunAt(step.time, ...middleOf(data));
    viewer.clock.currentTime = Cesium.JulianDate.fromDate(step.time);
    set("sun", { sun: { on: state.sun.on, time: step.time, azimuth_deg, elevation_deg, land: step.land ?? null }, lit: null });
    applySun(azimuth_deg, elevation_deg, state.sun.on);
    showReadout();
    if (state.sun.on) litShares(step);
  };
  const apply = onceAFrame(applyNow); // while a slider is drawn

  /** How much of each surface the sun reaches: of the step's file, or asked of the server. */
  const litShares = async (step) => {
    own.request?.abort();
    own.request = new AbortController();
    const { scenario } = state;
    const server = data.server && !scenario;
    const wanted = () => state.scenario === scenario && state.sun.time?.getTime() === step.time.getTime();
    let failed = null;
    try {
      if (!server || state.sun.elevation_deg > 0) {
        const lit = server ? await askLit(step.time, own.request.signal) : await litOfStep(data, days()[at().day], at().step);
        if (wanted()) set("colour", { lit });
      }
    } catch (error) {
      if (error.name === "AbortError") return; // by the next step
      failed = error;
    }
    if (!wanted()) return;
    own.failed = failed;
    showNote();
  };

  /** What the shadow is worth; or, where a part of it is missing, that it is. */
  const showNote = () => {
    const place = panel.querySelector("#sun-note");
    if (!place) return;
    const failed = own.failed ?? state.landFailed;
    const note = data.server && !state.scenario ? "sun_note_server" : state.scenario ? "sun_note_study" : "sun_note_static";
    const words = failed ? t("shadow_failed", { why: problemWords(failed) ?? failed.message }) : t(note);
    if (place.textContent !== words) place.textContent = words; // the same words are not read out at every step
    place.classList.toggle("alarm", Boolean(failed));
  };
  on("failure", showNote);

  const showReadout = () => {
    const place = panel.querySelector("#sun-clock");
    if (place && state.sun.time) place.replaceChildren(...readout(data));
  };

  const draw = () => {
    stop();
    const server = data.server && !state.scenario;
    panel.replaceChildren(...(server || days().length
      ? [h("div", { id: "sun-clock", class: "clock" }), ...(server ? freeTime() : givenTimes()), playButton(),
        h("p", { id: "sun-note", class: "note", role: "status" })]
      : [h("p", { class: "note" }, t("no_days"))]));
    showReadout();
    showNote();
  };

  const givenTimes = () => {
    const slider = h("input", { type: "range", min: 0, max: Math.max(steps().length - 1, 0), value: at().step,
      oninput: (event) => { at().step = Number(event.target.value); say(); apply(); } });
    own.slider = slider;
    own.shown = h("output", {});
    const day = h("select", { onchange: (event) => {
      at().day = Number(event.target.value);
      at().step = Math.floor(steps().length / 2);
      draw();
      panel.querySelector("select").focus();
      apply();
    } }, days().map((entry, i) => h("option", { value: i, selected: i === at().day }, dateWords(entry.date))));
    say();
    return [field(t("day"), day), field(t("time"), slider, own.shown)];
  };

  const freeTime = () => {
    const day = h("input", { type: "date", value: own.date, onchange: (event) => { if (event.target.value) { own.date = event.target.value; apply(); } } });
    const slider = h("input", { type: "range", min: 0, max: 1440 - STEP_MIN, step: STEP_MIN, value: own.minutes,
      oninput: (event) => { own.minutes = Number(event.target.value); say(); apply(); } });
    own.slider = slider;
    own.shown = h("output", {});
    say();
    return [field(t("day"), day), field(t("time"), slider, own.shown)];
  };

  /** Time as words for the slider. */
  const say = () => {
    const step = current();
    if (!own.slider || !step) return;
    const words = timeWords(step.time, data.zone);
    own.slider.setAttribute("aria-valuetext", t("time_words", words));
    own.shown.textContent = words.local;
  };

  const forward = () => {
    if (data.server && !state.scenario) own.minutes = (own.minutes + STEP_MIN * 2) % 1440;
    else at().step = (at().step + 1) % Math.max(steps().length, 1);
    own.slider.value = data.server && !state.scenario ? own.minutes : at().step;
    say();
    apply();
  };

  const stop = () => {
    clearInterval(own.playing);
    own.playing = null;
  };

  const playButton = () => h("div", { class: "row" }, h("button", { type: "button", "aria-pressed": "false", onclick: (event) => {
    if (own.playing) stop();
    else own.playing = setInterval(forward, PLAY_MS);
    event.currentTarget.setAttribute("aria-pressed", String(Boolean(own.playing)));
    event.currentTarget.textContent = t(own.playing ? "stop" : "play");
  } }, t("play")));

  onTab((name) => {
    if (name === "sun") byId("panel-sun").append(panel);
    if (name !== "sun" && name !== "study") stop();
    if (name === "colour") leave();
    if (name === "sun" && !state.sun.on) enter();
  });
  const enter = () => { state.sun.on = true; applyNow(); set("colour", {}); announce(t("sun_on")); };
  const leave = () => { state.lit = null; applySun(state.sun.azimuth_deg ?? 180, state.sun.elevation_deg ?? 45, false); };
  on("language", draw);
  let before = null;
  on("scenario", () => {
    const fresh = Boolean(state.scenario) !== Boolean(before);
    before = state.scenario;
    if (state.scenario && !study.chosen) { Object.assign(study, { chosen: true, step: nearNoon(steps(), data) }); }
    if (fresh) draw();
    if (state.scenario && !state.sun.on) enter();
    else applyNow(); // the study's instants are not the job's: no frame may show one's clock over the other's shadow
  });

  job.day = nearestTo("03-21", days());
  job.step = nearNoon(steps(), data);
  draw();
  return {
    /** Go to an instant: with a server exactly, else to the next day and time of day of those given, whatever their year. */
    setTime(time) {
      const [date, minutes] = shownBy(time, data.zone);
      if (data.server) Object.assign(own, { date, minutes });
      at().day = nearestTo(date.slice(5), days());
      const away = steps().map((step) => Math.abs(shownBy(new Date(step.time_utc), data.zone)[1] - minutes));
      at().step = Math.max(away.indexOf(Math.min(...away)), 0);
      draw();
      enter();
    },
    /** The day that is shown, on the calendar of the place. */
    date: () => (data.server && !state.scenario ? own.date : days()[at().day]?.date ?? null),
    /** Put day and time into another tab. */
    moveTo: (element) => element.append(panel),
  };
}

/** Index of the step with the highest sun; shadows are short then and known to everyone. */
function nearNoon(steps, data) {
  const high = steps.map((step) => step.sun?.[1] ?? sunAt(new Date(step.time_utc), ...middleOf(data))[1]);
  return Math.max(high.indexOf(Math.max(...high)), 0);
}

async function askLit(time, signal) {
  const answer = await get("shadow/surfaces", { time: utcText(time) }, signal);
  return new Map(answer.ids.map((id, i) => [id, answer.lit[i]]));
}

/** Index of the day next to a date MM-DD, whatever the year. */
function nearestTo(date, days) {
  const ofYear = (text) => Date.parse(`2026-${text}`) / 86400000;
  const away = days.map((day) => Math.abs(ofYear(day.date.slice(5)) - ofYear(date)));
  return Math.max(away.indexOf(Math.min(...away)), 0);
}

const timeWords = (time, zone) => ({
  local: inZone(time, zone, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" }),
  utc: clock(time.getUTCHours() * 60 + time.getUTCMinutes()),
});

function readout(data) {
  const { time, azimuth_deg, elevation_deg } = state.sun;
  const words = timeWords(time, data.zone);
  return [
    dial(azimuth_deg, elevation_deg),
    h("div", {},
      h("p", { class: "big" }, inZone(time, data.zone, { hour: "2-digit", minute: "2-digit" })),
      h("p", { class: "quiet" }, inZone(time, data.zone, { weekday: "short", day: "numeric", month: "long", year: "numeric" }), h("br"),
        t("utc_line", words), h("br"),
        elevation_deg > 0 ? t("sun_line", { azimuth: number(azimuth_deg, 1), elevation: number(elevation_deg, 1) }) : t("sun_down"))),
  ];
}

/** Where the sun stands, seen from above: the rim is the horizon, the middle the zenith. */
function dial(azimuth_deg, elevation_deg) {
  const r = 34 * (1 - Math.max(elevation_deg, 0) / 90);
  const a = (azimuth_deg * Math.PI) / 180;
  const label = t("sun_line", { azimuth: number(azimuth_deg, 0), elevation: number(elevation_deg, 0) });
  return svg("svg", { viewBox: "-44 -44 88 88", width: 88, height: 88, role: "img", "aria-label": label },
    svg("circle", { r: 34, fill: "#eef2f7", stroke: "#76818d" }),
    svg("circle", { r: 17, fill: "none", stroke: "#c5cdd6", "stroke-dasharray": "2 3" }),
    svg("path", { d: "M0-34V34M-34 0H34", stroke: "#d7dde4" }),
    svg("text", { x: 0, y: -36, "text-anchor": "middle", "font-size": 9, fill: "#46525f" }, "N"),
    elevation_deg > 0 ? svg("circle", { cx: r * Math.sin(a), cy: -r * Math.cos(a), r: 6, fill: "#f9b32f", stroke: "#8a5a00" }) : svg("g"));
}
