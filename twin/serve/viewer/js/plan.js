/* The tab "Planung": a planned building by clicks or by numbers, sent to the server, and what it takes. */
import { get, post, postForm, remove, waitFor } from "./api.js";
import { bodiesOf, createBodies, facesOf } from "./bodies.js";
import { pointAt, rad } from "./camera.js";
import { groundHeight, middleOf } from "./data.js";
import { announce, byId, field, h, onceAFrame } from "./dom.js";
import { createDrawing, lonLat, rectangle } from "./drawing.js";
import { number, t } from "./i18n.js";
import { planResult } from "./plan_result.js";
import { uploadPart } from "./plan_upload.js";
import { on, set, state } from "./state.js";
import { onTab } from "./tabs.js";

/** Build the tab; select(id) opens a surface. Answers {drawing() → whether clicks belong to the plan}. */
export function createPlan(viewer, camera, data, select) {
  const panel = byId("panel-plan");
  const bodies = createBodies(viewer);
  const [lon, lat] = middleOf(data);
  const own = { lon, lat, wide: 20, deep: 15, rotation: 0, height: 20, date: "2026-03-21", corners: null, remove: "", job: null, result: null, touched: false };

  const ring = () => (own.corners ? [...own.corners, own.corners[0]] : rectangle([own.lon, own.lat], own.wide, own.deep, own.rotation));
  const preview = onceAFrame(() => {
    if (own.corners && own.corners.length < 3) { bodies.clear(); return; }
    const base = groundHeight(data);
    bodies.show([{ ring: ring(), base_m: base, top_m: base + own.height }]);
  });
  const drawing = createDrawing(viewer, data, (corners) => {
    own.corners = corners;
    own.touched = true;
    byId("plan-corners").textContent = t("corners", { count: corners.length });
    preview();
  });

  const numeric = (key, label, unit, limits) => {
    const input = h("input", { type: "number", inputmode: "decimal", value: own[key], ...limits, oninput: (event) => {
      const value = Number(event.target.value);
      if (!Number.isFinite(value) || event.target.value === "") return;
      own[key] = value;
      own.touched = true;
      if (key !== "height") own.corners = null;
      preview();
    } });
    return field(`${t(label)}${unit ? ` [${unit}]` : ""}`, input);
  };

  const heightSlider = () => {
    const value = h("output", {}, `${number(own.height, 1)} m`);
    return field(t("plan_height"), h("input", { type: "range", id: "plan-height", min: 3, max: 120, step: 0.5, value: own.height,
      "aria-valuetext": `${number(own.height, 1)} m`,
      oninput: (event) => {
        own.height = Number(event.target.value);
        own.touched = true;
        value.textContent = `${number(own.height, 1)} m`;
        event.target.setAttribute("aria-valuetext", value.textContent);
        preview();
      } }), value);
  };

  const draw = () => {
    if (!data.server) { panel.replaceChildren(h("p", { class: "note" }, t("plan_needs_server"))); return; }
    const off = !["ready", "warming"].includes(own.feature?.state ?? "ready");
    panel.replaceChildren(...[
      off && h("p", { class: "note alarm" }, own.feature.reason || t("plan_off")),
      h("p", {}, t("plan_intro")),
      h("div", { class: "row" },
        h("button", { type: "button", id: "plan-draw", "aria-pressed": "false", onclick: toggleDrawing }, t("draw_on_map")),
        h("button", { type: "button", id: "plan-centre", onclick: takeCentre }, t("take_centre"))),
      h("p", { id: "plan-corners", class: "quiet", role: "status" }, ""),
      heightSlider(),
      h("details", { open: true }, h("summary", {}, t("by_numbers")),
        h("div", { class: "pair" }, numeric("lon", "longitude", "°", { step: 0.00001 }), numeric("lat", "latitude", "°", { step: 0.00001 })),
        h("div", { class: "pair" }, numeric("wide", "width", "m", { min: 2, max: 300, step: 0.5 }), numeric("deep", "depth", "m", { min: 2, max: 300, step: 0.5 })),
        numeric("rotation", "rotation", "°", { min: -180, max: 180, step: 1 })),
      field(t("day_of_hours"), h("input", { type: "date", value: own.date, onchange: (event) => { own.date = event.target.value || own.date; } })),
      field(t("removed"), h("input", { type: "text", id: "plan-remove", value: own.remove, autocomplete: "off", spellcheck: "false", oninput: (event) => { own.remove = event.target.value; } })),
      h("div", { class: "row" },
        h("button", { type: "button", class: "main", id: "plan-send", disabled: off, onclick: send }, t("compute")),
        h("button", { type: "button", onclick: reset }, t("discard"))),
      uploadPart(() => own.date, upload),
      h("div", { id: "plan-state", role: "status" }),
      h("div", { id: "plan-result" }, own.result && planResult(own.result, select, showLand, takeAway)),
    ].filter(Boolean));
  };

  const toggleDrawing = (event) => {
    const button = event.currentTarget;
    if (drawing.active()) {
      const corners = drawing.stop();
      if (corners.length < 3) own.corners = null;
    } else {
      clearResult();
      drawing.start();
      announce(t("drawing_on"));
    }
    button.setAttribute("aria-pressed", String(drawing.active()));
    button.textContent = t(drawing.active() ? "finish_drawing" : "draw_on_map");
    if (!drawing.active()) preview();
  };
  document.addEventListener("keydown", (event) => {
    if (!drawing.active()) return;
    if (event.key === "Backspace" && !/INPUT|SELECT/.test(event.target.tagName)) { event.preventDefault(); drawing.undo(); }
    if (event.key === "Escape") { event.preventDefault(); byId("plan-draw").click(); }
  });

  const takeCentre = () => {
    [own.lon, own.lat] = lonLat(camera.centre()).map((value) => Number(value.toFixed(6)));
    own.corners = null;
    const [lonInput, latInput] = panel.querySelectorAll("input[type=number]");
    [lonInput.value, latInput.value] = [own.lon, own.lat];
    preview();
  };

  const takeAway = (id) => {
    own.remove = [...new Set([...removed(), id])].join(", ");
    byId("plan-remove").value = own.remove;
    byId("plan-remove").focus();
    announce(t("taken_away", { id }));
  };
  const removed = () => own.remove.split(/[\s,;]+/).filter(Boolean);
  const send = () => {
    if (drawing.active()) byId("plan-draw").click();
    preview();
    return compute(() => post("plans", { footprint: { type: "Polygon", coordinates: [ring()] }, height_m: own.height, date: own.date, remove: removed() }));
  };
  const upload = (form) => {
    if (removed().length) form.append("remove", removed().join(","));
    return compute(() => postForm("plans", form));
  };

  const compute = async (ask) => {
    clearResult();
    const place = byId("plan-state");
    const cancel = h("button", { type: "button", onclick: () => own.job && remove(`jobs/${encodeURIComponent(own.job)}`).catch(() => {}) }, t("cancel"));
    const bar = h("progress", { "aria-label": t("computing") });
    const words = h("p", { class: "quiet" }, t("computing"));
    place.replaceChildren(words, bar, h("div", { class: "row" }, cancel));
    byId("plan-send").disabled = true;
    try {
      const job = await ask();
      own.job = job.id;
      const result = await waitFor(job.id, (now) => {
        words.textContent = now.ahead ? t("ahead", { count: now.ahead }) : t("computing");
        if (now.progress?.of) { bar.max = now.progress.of; bar.value = now.progress.done; }
      });
      place.replaceChildren();
      if (result) showResult(result);
      else place.replaceChildren(h("p", { class: "note" }, t("cancelled")));
    } catch (error) {
      place.replaceChildren(h("div", { class: "note alarm", role: "alert" }, h("p", {}, t("plan_failed")), h("p", { lang: "en" }, error.message)));
    }
    own.job = null;
    byId("plan-send").disabled = false;
    if (!own.result) byId("plan-send").focus({ preventScroll: true }); // the button that was pressed is gone
  };

  const showBody = () => {
    const { result } = own;
    bodies.show(result.body ? facesOf(result.body) : [{ ring: ring(), base_m: groundHeight(data), top_m: groundHeight(data) + own.height }]);
  };
  const showResult = (result) => {
    own.result = result;
    showBody();
    set("colour", { loss: new Map(result.surfaces.map((row) => [row.surface_id, row.delta_pct ?? undefined])), mode: "loss", sun: { ...state.sun, on: false }, removed: new Set(removed()) });
    showLand(true);
    lookAtPlan();
    byId("plan-result").replaceChildren(planResult(result, select, showLand, takeAway));
    byId("plan-result").scrollIntoView({ block: "start" });
    announce(t("plan_done", { count: result.buildings.length }));
  };

  const lookAtPlan = () => {
    const corners = own.result.shape ? bodiesOf(own.result.shape).flatMap((body) => body.ring) : ring();
    const mean = (axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
    camera.lookAt(pointAt(mean(0), mean(1), groundHeight(data)), viewer.camera.heading, rad(-42), 220);
  };

  const showLand = (shown) => {
    own.landShown = shown;
    const { land } = own.result ?? {};
    set("land", { land: shown && land?.png ? { url: new URL(land.png, document.baseURI).href, bounds: land.bounds } : null });
  };

  const clearResult = () => {
    if (!own.result) return;
    own.result = null;
    set("land", { land: null });
    set("colour", { loss: null, mode: "year", removed: null });
    byId("plan-result")?.replaceChildren();
  };

  const reset = () => {
    if (drawing.active()) byId("plan-draw").click();
    own.corners = null;
    own.touched = false;
    clearResult();
    bodies.clear();
    draw();
  };

  on("language", draw);
  if (data.server) get("info").then((info) => { own.feature = info.plans; draw(); }, () => draw());
  draw();
  onTab((name) => {
    if (name === "study") bodies.clear(); // what a study plans stands there
    if (name !== "plan" || !data.server) return;
    if (own.result) { showBody(); showLand(own.landShown); return; }
    if (!own.touched) takeCentre();
    preview();
  });
  return { drawing: drawing.active };
}
