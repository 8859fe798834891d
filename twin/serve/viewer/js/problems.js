/* What went wrong, in the reader's language where it is one of the usual things (twin/serve/problem_codes.py). */
import { ApiError } from "./api.js";
import { dateWords, number, t } from "./i18n.js";

// Fields of the API as the panel calls them.
const FIELDS = { date: "day_of_hours", footprint: "corners_words", height_m: "plan_height", remove: "removed", crs: "upload_crs", unit: "upload_unit",
  heights: "upload_heights", origin: "upload_origin", up: "upload_up", rotation_deg: "upload_rotation" };

/** Words for a code and its values; null where there are none. */
export function codeWords({ code, values = {} }) {
  const shown = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueWords(name, value)]));
  const words = t(`problem_${code}`, shown);
  return words === `problem_${code}` ? null : words;
}

function valueWords(name, value) {
  if (typeof value === "number") return number(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1);
  if (name === "date") return dateWords(value);
  return name === "field" && FIELDS[value] ? t(FIELDS[value]) : value;
}

/** Words for an error of the API; null where the server's own, in English, are all there is. */
export const problemWords = (error) => (error instanceof ApiError ? codeWords(error) : null);
