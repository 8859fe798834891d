/* The tab "Suche": every surface by id, building or address, without a mouse. */
import { byId, field, h } from "./dom.js";
import { number, t, withUnit } from "./i18n.js";
import { problemWords } from "./problems.js";
import { on } from "./state.js";
import { numberOf, valueOf } from "./surface.js";
import { fold, onTab } from "./tabs.js";

const MOST = 60;

/** select(id, place or null) is called with what was chosen. */
export function createSearch(places, features, select) {
  const panel = byId("panel-search");
  const own = { text: "", kind: "RoofSurface", failed: null };
  const list = h("ul", { class: "results" });
  const count = h("p", { class: "quiet", role: "status" });

  const update = () => {
    const found = matches(own, places.index, features);
    count.textContent = [own.failed && t("index_failed", { why: problemWords(own.failed) ?? own.failed.message }),
      t("found", { shown: number(Math.min(found.length, MOST)), all: number(found.length) })].filter(Boolean).join(" ");
    list.replaceChildren(...found.slice(0, MOST).map(({ id, feature, name, place }) => h("li", {}, h("button", {
      type: "button", "data-id": id, onclick: () => { fold(true); select(id, place); } },
    name || `${t(`kind_${valueOf(feature, "kind")}`)} · ${withUnit(numberOf(feature, "solarArea"), "m²")} · ${withUnit(numberOf(feature, "irradiation_kwh_m2"), "kWh/m²")}`,
    h("small", {}, name ? id : `${valueOf(feature, "building_id")} / ${id}`)))));
  };
  const draw = () => {
    const input = h("input", { type: "search", value: own.text, autocomplete: "off", spellcheck: "false", oninput: (event) => { own.text = event.target.value; update(); } });
    const kind = h("select", { onchange: (event) => { own.kind = event.target.value; update(); } },
      ["RoofSurface", "WallSurface", ""].map((value) => h("option", { value, selected: value === own.kind }, value ? t(`kinds_${value}`) : t("kinds_all"))));
    panel.replaceChildren(field(t("search_for"), input), field(t("kind"), kind), count, list, h("p", { class: "note" }, t("search_note")));
    update();
  };
  on("language", draw);
  on("tiles", () => { if (!panel.hidden) update(); });
  onTab(async (name) => {
    if (name !== "search") return;
    own.failed = await places.load().then(() => null, (error) => error);
    update();
  });
  draw();
}

/** Buildings of the index whose name or id holds the text, then loaded surfaces, the sunniest first. An id that is none of the
    chosen kind is found all the same. */
function matches(own, index, everything) {
  const found = matchesOf(own, index, everything);
  return found.length || !own.text.trim() ? found : matchesOf({ ...own, kind: "" }, index, everything);
}

function matchesOf(own, index, everything) {
  const wanted = own.text.trim().toLowerCase();
  const places = new Map(index.map((entry) => [entry.id, entry]));
  const found = [];
  for (const [id, { feature }] of everything) {
    if (own.kind && valueOf(feature, "kind") !== own.kind) continue;
    const building = valueOf(feature, "building_id");
    const place = places.get(building) ?? null;
    const address = place?.name ?? valueOf(feature, "address") ?? "";
    if (wanted && !`${id} ${building} ${address}`.toLowerCase().includes(wanted)) continue;
    found.push({ id, feature, name: null, place, sun: numberOf(feature, "irradiation_kwh_m2") });
  }
  found.sort((a, b) => (b.sun || 0) - (a.sun || 0) || (a.id < b.id ? -1 : 1));
  const buildings = wanted ? [...places.values()].filter((entry) => `${entry.id} ${entry.name ?? ""}`.toLowerCase().includes(wanted)) : [];
  return [...buildings.map((place) => ({ id: place.id, name: place.name || place.id, place, feature: null })), ...found];
}
