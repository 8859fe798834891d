/* The HTTP API of `heliotwin serve`; without a server none of this is called. */

/** What the server says is wrong: its own words, and a code with values for words of ours (problems.js). */
export class ApiError extends Error {
  constructor({ detail, title, remedy, code, values }, otherwise = "") {
    super([detail ?? title, remedy].filter((part) => typeof part === "string" && part).join(": ") || otherwise);
    Object.assign(this, { code: code ?? "other", values: values ?? {} });
  }
}

let base = null;
let token = null;

/** Use the API at an address. A token in the address's #token=… is sent with what changes something. */
export function useApi(address) {
  base = new URL(address, document.baseURI);
  token = new URLSearchParams(location.hash.slice(1)).get("token");
}

export const hasApi = () => base !== null;

/** The address of a path with a query; what is undefined or null is left out. */
export function apiUrl(path, query = {}) {
  const url = new URL(path, base);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(key, value);
  }
  return url.href;
}

/** An instant as the API reads it: whole seconds, UTC. */
export const utcText = (time) => `${time.toISOString().slice(0, 19)}Z`;

export const get = (path, query = {}, signal = undefined) => ask(apiUrl(path, query), { signal });

export function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return ask(apiUrl(path), { method: "POST", body: JSON.stringify(body), headers: withToken(headers) });
}

export const postForm = (path, form) => ask(apiUrl(path), { method: "POST", body: form, headers: withToken({}) });

export const remove = (path) => ask(apiUrl(path), { method: "DELETE", headers: withToken({}) });

const withToken = (headers) => (token ? { ...headers, Authorization: `Bearer ${token}` } : headers);

async function ask(url, options) {
  const answer = await fetch(url, options).catch(unreached);
  const type = answer.headers.get("Content-Type") ?? "";
  const content = type.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new ApiError(content ?? {}, `HTTP ${answer.status}`);
  return content;
}

/** What fetch throws where nobody answers is a TypeError, as a mistake of ours would be. */
function unreached(error) {
  if (error.name === "AbortError") throw error;
  throw new ApiError({ code: "silent" }, error.message);
}

/** Wait for a job; tells its state on every look. Throws where it failed or was cancelled. */
export async function waitFor(id, onState, signal) {
  for (let pause = 250; ; pause = Math.min(pause * 1.3, 2000)) {
    const now = await get(`jobs/${encodeURIComponent(id)}`, {}, signal);
    onState(now);
    if (now.state === "done") return now.result;
    if (now.state === "failed") throw new ApiError(now.error ?? {}, now.state);
    if (now.state === "cancelled") return null;
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
}
