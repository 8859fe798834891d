/* What a weather year is called, in the reader's language. */
import { both } from "./i18n.js";

/** Words for a year that the server offers, or for the job's own (its source, or nothing); unknown ones keep their name. */
export const weatherWords = (data, name = data.weather) =>
  both(name === data.weather ? data.weather_words : data.year_words?.[name]) || (name ?? "");
