/* Hours of the month-hour matrix (UTC) as clocks of the place show them. */
import { shownBy } from "./zone.js";

const two = (value) => String(value).padStart(2, "0");

/** Clock time at which an hour UTC of a month begins, in the middle of the month: minutes after midnight. */
export function shownMinutes(zone, month, hour) {
  return shownBy(new Date(Date.UTC(2026, month - 1, 15, hour)), zone)[1];
}

/** "13–14" in legal time. */
export function hourLabel(zone, month, hour) {
  const start = shownMinutes(zone, month, hour);
  const minute = start % 60 ? `:${two(start % 60)}` : "";
  return `${two(Math.floor(start / 60))}${minute}–${two((Math.floor(start / 60) + 1) % 24)}${minute}`;
}

/** The hour UTC that clocks show as an hour 0 … 23 in a month. */
export function hourUtc(zone, month, shown) {
  for (let hour = 0; hour < 24; hour += 1) {
    if (Math.floor(shownMinutes(zone, month, hour) / 60) === shown) return hour;
  }
  return shown;
}

export const clock = (minutes) => `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
