/* The tab "Planung": a planned building by clicks or by numbers, sent to the server, and what it takes. */
import { post, postForm } from "./api.js";
import { blocksOf, createBodies, facesOf, polygonsOf } from "./bodies.js";
import { pointAt, rad } from "./camera.js";
import { groundHeight, middleOf } from "./data.js";
import { announce, byId, field, h, onceAFrame } from "./dom.js";
import { createDrawing, lonLat, rectangle } from "./drawing.js";
import { number, t } from "./i18n.js";
import { planResult } from "./plan_result.js";
import { createRun } from "./plan_run.js";
import { uploadPart } from "./plan_upload.js";
import { codeWords } from "./problems.js";
import { changed, on, set, state } from "./state.js";
import { onLeave, onTab } from "./tabs.js";

/** Build the tab; select(id) opens a surface. Answers {drawing() → whether clicks belong to the plan}. */
export function createPlan(viewer, camera, data, select) {
  const panel = byId("panel-plan");
  const bodies = createBodies(viewer);
  const [lon, lat] = middleOf(data);
  const own = { lon, lat, wide: 20, deep: 15, rotation: 0, height: 20, date: "2026-03-21", corners: null, remove: "", result: null, gone: null, landShown: true, touched: false };
  const off = () => !["ready", "warming"].includes(data.plans.state);
  const lock = () => { for (const button of panel.querySelectorAll("#plan-send, #plan-upload")) button.disabled = off() || run.busy(); };
  const run = createRun(lock);

  const ring = () => (own.corners ? [...own.corners, own.corners[0]] : rectangle([own.lon, own.lat], own.wide, own.deep, own.rotation));
  const preview = onceAFrame(() => {
    if (own.corners && own.corners.length < 3) { bodies.clear(); return; }
    const base = groundHeight(data);
    bodies.show([{ rings: [ring()], base_m: base, top_m: base + own.height }]);
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
    panel.replaceChildren(...[
      off() && h("p", { class: "note alarm" }, [t("plan_off"), codeWords(data.plans)].filter(Boolean).join(" ")),
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
        h("button", { type: "button", class: "main", id: "plan-send", onclick: send }, t("compute")),
        h("button", { type: "button", id: "plan-discard", onclick: reset }, t("discard"))),
      uploadPart(() => own.date, upload),
      run.place,
      h("div", { id: "plan-result" }, resultPart()),
    ].filter(Boolean));
    lock();
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
    const gone = new Set(removed());
    const result = await run.start(ask);
    if (result) showResult(result, gone);
    else if (document.activeElement === document.body) byId("plan-send").focus({ preventScroll: true }); // the button that was pressed is gone
  };

  /** What was planned, as the server read it: as a body, else as blocks over its footprints. */
  const drawn = ({ body, shape }) => (body?.features.length ? facesOf(body) : blocksOf(shape));
  const resultPart = () => own.result && [
    !drawn(own.result).length && h("p", { class: "note" }, t("plan_not_drawn")),
    planResult(own.result, data, select, { shown: own.landShown, show: showLand }, takeAway)];
  const showResult = (result, gone) => {
    Object.assign(own, { result, gone, landShown: true });
    byId("plan-result").replaceChildren(...resultPart().filter(Boolean));
    announce(t("plan_done", { count: result.buildings.length }));
    if (panel.hidden) return; // it is shown when its tab is
    showPlan();
    lookAtPlan();
    byId("plan-result").scrollIntoView({ block: "start" });
  };
  const showPlan = () => {
    const { result, gone } = own;
    bodies.show(drawn(result));
    set("colour", { loss: new Map(result.surfaces.map((row) => [row.surface_id, row.delta_pct ?? undefined])), mode: "loss", sun: { ...state.sun, on: false }, removed: gone });
    changed("mode");
    showLand(own.landShown);
  };

  const lookAtPlan = () => {
    const corners = polygonsOf(own.result.shape).flatMap(({ rings }) => rings[0]);
    if (!corners.length) return;
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
    changed("mode");
    byId("plan-result").replaceChildren();
  };

  const reset = () => {
    if (drawing.active()) byId("plan-draw").click();
    own.corners = null;
    own.touched = false;
    run.drop();
    clearResult();
    bodies.clear();
    draw();
    byId("plan-discard").focus({ preventScroll: true }); // the one that was pressed is gone
  };

  on("language", draw);
  draw();
  onLeave((name) => { if (name === "plan" && own.result) set("land", { land: null }); }); // other tabs have pictures of their own
  onTab((name) => {
    if (name === "sun" || name === "study") {
      // The shadow there is that of the city as it is, or of what a study plans.
      bodies.clear();
      if (state.removed) set("colour", { removed: null });
    }
    if (name !== "plan" || !data.server) return;
    if (own.result) { showPlan(); return; }
    if (!own.touched) takeCentre();
    preview();
  });
  return { drawing: drawing.active };
}
