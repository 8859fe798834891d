/* German and English: words from i18n/*.json, numbers and dates as each language writes them. */
import { changed, state } from "./state.js";

const words = {};

/** Load both languages and choose: the address's ?lang=, else what was chosen before, else the browser's. */
export async function loadWords() {
  const base = new URL("../i18n/", import.meta.url);
  await Promise.all(["de", "en"].map(async (language) => {
    const answer = await fetch(new URL(`${language}.json`, base));
    if (!answer.ok) throw new Error(`i18n/${language}.json: HTTP ${answer.status}`);
    words[language] = await answer.json();
  }));
  const asked = new URLSearchParams(location.search).get("lang") ?? remembered() ?? navigator.language.slice(0, 2);
  state.language = asked === "en" ? "en" : asked === "de" ? "de" : "en";
  translatePage();
}

function remembered() {
  try { return localStorage.getItem("heliotwin-language"); } catch { return null; } // storage may be forbidden
}

export function setLanguage(language) {
  state.language = language;
  try { localStorage.setItem("heliotwin-language", language); } catch { /* then it is not remembered */ }
  translatePage();
  changed("language");
}

/** The words of a key; {name} is replaced by the parameter of that name. */
export function t(key, parameters = {}) {
  const text = words[state.language]?.[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => parameters[name] ?? whole);
}

/** A text given in both languages, or one text for both. */
export const both = (text) => (typeof text === "string" ? text : text?.[state.language] ?? text?.de ?? "");

const locale = () => (state.language === "de" ? "de-DE" : "en-GB");

/** A number with a fixed count of digits, or a dash where there is none. */
export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return "–";
  // No "−0": a change that rounds to nothing is none.
  const rounded = Number(Number(value).toFixed(digits)) || 0;
  const text = rounded.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replace("-", "−"); // a hyphen would be parted from its number, and is too short
}

export const withUnit = (value, unit, digits = 0) =>
  (number(value, digits) === "–" ? "–" : `${number(value, digits)}\u202f${unit}`);

/** The name of month 1 … 12. */
export const monthName = (month, style = "long") =>
  new Date(Date.UTC(2026, month - 1, 15)).toLocaleDateString(locale(), { month: style, timeZone: "UTC" });

/** A date and time in words, in a zone. */
export const inZone = (time, zone, options) => time.toLocaleString(locale(), { timeZone: zone, ...options });

/** A day in words: 21. Juni 2026; of a date YYYY-MM-DD, or an instant in UTC that begins with one. */
export const dateWords = (date) => (date
  ? inZone(new Date(`${date.slice(0, 10)}T12:00Z`), "UTC", { day: "numeric", month: "long", year: "numeric" }) : "");

function translatePage() {
  document.documentElement.lang = state.language;
  for (const element of document.querySelectorAll("[data-i18n]")) element.textContent = t(element.dataset.i18n);
  for (const element of document.querySelectorAll("[data-i18n-label]")) {
    element.setAttribute("aria-label", t(element.dataset.i18nLabel));
    if (element.tagName === "BUTTON") element.title = t(element.dataset.i18nLabel);
  }
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === state.language));
  }
}
