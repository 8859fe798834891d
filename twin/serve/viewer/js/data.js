/* viewer.json: what there is to see. All its addresses are relative to the folder it lies in. */

const folder = new URL(document.documentElement.dataset.folder ?? "data/", document.baseURI);

/** The address of a file of the data folder. */
export const dataUrl = (name) => new URL(name, folder).href;

/** Read viewer.json; throws an Error whose message is for people. */
export async function loadData() {
  const answer = await fetch(dataUrl("viewer.json"));
  if (!answer.ok) throw new Error(`${dataUrl("viewer.json")}: ${answer.status}`);
  const data = await answer.json();
  for (const key of ["bbox", "scale", "tileset"]) {
    if (!data[key]) throw new Error(`viewer.json: ${key}?`);
  }
  data.height_m ??= [0, 100];
  data.zone ??= "Europe/Berlin";
  data.attribution ??= [];
  data.days ??= [];
  data.land ??= null;
  data.study ??= null;
  return data;
}

/** JSON of the data folder. */
export async function loadJson(name) {
  const answer = await fetch(dataUrl(name));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.json();
}

/** The middle of the shown place: lon, lat [deg]. */
export const middleOf = (data) => [(data.bbox[0] + data.bbox[2]) / 2, (data.bbox[1] + data.bbox[3]) / 2];

/** The height of plain ground [m, ellipsoidal]. */
export const groundHeight = (data) => data.land?.ground_height_m ?? data.height_m[0];
