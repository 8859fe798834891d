/* How much of each surface the sun reaches at the steps of a day, from the day's file: one byte a step and surface. */
import { dataUrl, loadJson } from "./data.js";

const FULL = 255;
const files = new Map();
let ids = null;

/** Map id → share 0 … 1 at a step of a day {lit: file of bytes (steps, surfaces)}; null where none was written. */
export async function litOfStep(data, day, step) {
  if (!day?.lit || !data.surfaces) return null;
  ids ??= loadJson(data.surfaces);
  if (!files.has(day.lit)) files.set(day.lit, fetch(dataUrl(day.lit)).then((answer) => answer.arrayBuffer()));
  const [names, bytes] = await Promise.all([ids, files.get(day.lit)]);
  const row = new Uint8Array(bytes, step * names.length, names.length);
  return new Map(names.map((id, i) => [id, row[i] / FULL]));
}
