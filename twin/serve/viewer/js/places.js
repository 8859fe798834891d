/* Where a surface lies, for a camera that was not led there by a click. */
import { get } from "./api.js";
import { groundHeight, loadJson } from "./data.js";

/** Answers {index: entries of buildings or [], load(), of(feature's building id, surface id) → {lon, lat, height_m} or null}. */
export function createPlaces(data) {
  let loading = null;
  const own = {
    index: [],
    /** Read the index once; the data may have none. Throws where it cannot be read, and tries again the next time. */
    load() {
      loading ??= data.index ? loadJson(data.index).then(
        (table) => { own.index = entriesOf(table); },
        (error) => { loading = null; throw error; }) : Promise.resolve();
      return loading;
    },
    async of(building, id) {
      if (data.server) {
        const { place } = await get(`surfaces/${encodeURIComponent(id)}`);
        return { lon: place.longitude_deg, lat: place.latitude_deg, height_m: groundHeight(data) };
      }
      await own.load();
      return own.index.find((entry) => entry.id === building) ?? null;
    },
  };
  return own;
}

/** Rows of a table of columns {id, lon, lat, height_m, name}. */
const entriesOf = (table) => table.id.map((id, i) => ({ id, lon: table.lon[i], lat: table.lat[i], height_m: table.height_m?.[i], name: table.name?.[i] ?? "" }));
