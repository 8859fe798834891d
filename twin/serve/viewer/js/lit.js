/* How much of each surface the sun reaches at the steps of a day, from the day's file: one byte a step and surface. */
import { loadBytes, loadJson } from "./data.js";

const FULL = 255;
const kept = new Map();

/** Map id → share 0 … 1 at a step of a day {lit: file of bytes (steps, surfaces)}; null where none was written. Throws where a
    file cannot be read, or is not as long as it has to be. */
export async function litOfStep(data, day, step) {
  if (!day?.lit || !data.surfaces) return null;
  const names = await once(data.surfaces, loadJson);
  const bytes = await once(day.lit, (name) => bytesOf(name, names.length * day.steps.length));
  const row = new Uint8Array(bytes, step * names.length, names.length);
  return new Map(names.map((id, i) => [id, row[i] / FULL]));
}

/** What was read once. A failure is not kept: the next step asks again. */
function once(name, load) {
  if (!kept.has(name)) kept.set(name, load(name).catch((error) => { kept.delete(name); throw error; }));
  return kept.get(name);
}

async function bytesOf(name, expected) {
  const bytes = await loadBytes(name);
  if (bytes.byteLength !== expected) throw new Error(`${name}: ${bytes.byteLength} ≠ ${expected} bytes`);
  return bytes;
}
