/* viewer.json: what there is to see. All its addresses are relative to the folder it lies in. */

const folder = new URL(document.documentElement.dataset.folder ?? "data/", document.baseURI);

// What nothing may stand in for: another zone would tell wrong times, another height draw plans in the air.
const NEEDED = ["attribution", "bbox", "days", "height_m", "scale", "tileset", "zone"];

/** The address of a file of the data folder. */
export const dataUrl = (name) => new URL(name, folder).href;

/** Read viewer.json; throws an Error whose message is for people. */
export async function loadData() {
  const data = await loadJson("viewer.json");
  for (const key of NEEDED) {
    if (!data[key]) throw new Error(`viewer.json: ${key}?`);
  }
  return data;
}

/** JSON of the data folder. */
export const loadJson = async (name) => (await answerOf(name)).json();

/** Bytes of the data folder. */
export const loadBytes = async (name) => (await answerOf(name)).arrayBuffer();

async function answerOf(name) {
  const answer = await fetch(dataUrl(name));
  if (!answer.ok) throw new Error(`${name}: HTTP ${answer.status}`);
  return answer;
}

/** The middle of the shown place: lon, lat [deg]. */
export const middleOf = (data) => [(data.bbox[0] + data.bbox[2]) / 2, (data.bbox[1] + data.bbox[3]) / 2];

/** The height of plain ground [m, ellipsoidal]. */
export const groundHeight = (data) => data.land?.ground_height_m ?? data.height_m[0];
