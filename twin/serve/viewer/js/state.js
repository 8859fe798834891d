/* What the viewer shows now, and who wants to know when it changes. */

export const state = {
  language: "de",
  mode: "year", // year, month, hour, class, pv, loss
  month: 6, // 1 … 12
  hour: 11, // start of the hour, UTC
  fine: true, // the colours of the tiles themselves, at the receivers
  corrected: false, // yield corrected by the model instead of physics
  classes: new Set(), // suitability classes to show alone; empty: all
  selected: null, // id of the clicked surface
  sun: { on: false, time: null, azimuth_deg: null, elevation_deg: null },
  lit: null, // Map id → share of the surface that the sun reaches, or null where unknown
  removed: null, // Set of buildings that the plan takes away
  loss: null, // Map id → change by the plan [%]
  land: null, // {url, bounds} of the picture on open land, where one goes before all others
  landFailed: null, // the error, where that picture cannot be shown and the ground is bare
  tilesMissing: 0, // tiles that could not be loaded, where others are there
  landTitle: null, landLegend: null, landScale: null, // what it means, in a study: words, [{colour, label}], a scale
  losses: null, // Map id → change [%], where a study's change is shown instead of the sun
  scenario: null, // of the shadow study
};

const listeners = new Map();

/** Call a function after every change of the named kind: "colour", "mode" (chosen elsewhere than in its tab),
    "sun", "selected", "language", "land", "scenario", "tiles", "failure". */
export function on(kind, listener) {
  if (!listeners.has(kind)) listeners.set(kind, []);
  listeners.get(kind).push(listener);
}

export function changed(kind) {
  for (const listener of listeners.get(kind) ?? []) listener();
}

/** Change fields of the state and tell those who listen to the kind. */
export function set(kind, fields) {
  Object.assign(state, fields);
  changed(kind);
}
