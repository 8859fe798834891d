/* Help: what the viewer shows, its keys, where its numbers come from. */
import { byId, h } from "./dom.js";
import { t } from "./i18n.js";
import { on } from "./state.js";

const KEYS = [["← ↑ → ↓", "keys_move"], ["⇧ + ← ↑ → ↓", "keys_turn"], ["+ −", "keys_zoom"], ["N", "keys_north"], ["Home", "keys_home"], ["Enter", "keys_pick"], ["Esc", "keys_close"]];

export function createHelp(data) {
  const dialog = byId("help");
  const draw = () => byId("help-body").replaceChildren(
    h("p", {}, t("help_what")),
    h("h3", {}, t("help_keys")), h("p", { class: "quiet" }, t("help_keys_note")),
    h("dl", { class: "keyboard" }, KEYS.map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(text))])),
    h("h3", {}, t("help_numbers")), h("p", {}, t("help_method")), data.ai ? h("p", {}, t("help_ai")) : "",
    h("h3", {}, t("help_sources")), h("ul", {}, data.attribution.map((line) => h("li", {}, line))),
    h("p", { class: "quiet" }, `${data.software ?? "heliotwin"} · ${data.crs ?? ""} · CesiumJS (Apache-2.0)`));
  byId("help-open").addEventListener("click", () => dialog.showModal());
  byId("help-close").addEventListener("click", () => dialog.close());
  on("language", draw);
  draw();
}
