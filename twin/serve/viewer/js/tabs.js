/* The tabs of the settings: arrow keys move between them, Tab goes into the panel (WAI-ARIA tabs pattern). */
import { byId } from "./dom.js";

const listeners = [];
const leaving = [];
let front = "colour";

/** Call a function with the name of a tab whenever it comes to the front. */
export const onTab = (listener) => listeners.push(listener);

/** Call a function with the name of a tab whenever it is left, before anyone hears which one comes. */
export const onLeave = (listener) => leaving.push(listener);

export function createTabs() {
  const tabs = [...byId("tabs").querySelectorAll("[role=tab]")];
  const shown = () => tabs.filter((tab) => !tab.hidden);
  for (const tab of tabs) {
    tab.addEventListener("click", () => showTab(tab.id.slice(4)));
    tab.addEventListener("keydown", (event) => {
      const all = shown();
      const at = all.indexOf(tab);
      const next = { ArrowRight: all[at + 1] ?? all[0], ArrowLeft: all[at - 1] ?? all.at(-1), Home: all[0], End: all.at(-1) }[event.key];
      if (!next) return;
      event.preventDefault();
      next.focus();
      showTab(next.id.slice(4));
    });
  }
  byId("fold").addEventListener("click", () => fold(!byId("sheet").classList.contains("folded")));
  fold(matchMedia("(max-width: 600px)").matches); // on a phone the map comes first
}

/** Fold the sheet of a phone away, or open it. */
export function fold(folded) {
  byId("sheet").classList.toggle("folded", folded);
  byId("fold").setAttribute("aria-expanded", String(!folded));
}

/** Bring a tab to the front: colour, sun, search, plan, study. */
export function showTab(name) {
  if (name !== front) for (const listener of leaving) listener(front);
  front = name;
  for (const tab of byId("tabs").querySelectorAll("[role=tab]")) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  fold(false);
  for (const listener of listeners) listener(name);
}
