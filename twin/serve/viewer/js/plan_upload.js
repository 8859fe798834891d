/* A planned building as a file: CityGML, CityJSON, GeoJSON, IFC, DXF, OBJ … as docs/plans.md reads them. */
import { field, h } from "./dom.js";
import { t } from "./i18n.js";

const FIELDS = [["crs", "text", "upload_crs"], ["height_m", "number", "upload_height"], ["origin", "text", "upload_origin"]];

/** date() is the day of the sun hours; send(FormData) is called with the file and the fields that are filled in. */
export function uploadPart(date, send) {
  const file = h("input", { type: "file" });
  const fields = FIELDS.map(([name, type, label]) => [name, h("input", { type, step: "any" }), label]);
  const button = h("button", { type: "button", onclick: () => {
    if (!file.files.length) { file.focus(); return; }
    const form = new FormData();
    form.append("file", file.files[0]);
    form.append("date", date());
    for (const [name, input] of fields) if (input.value.trim()) form.append(name, input.value.trim());
    send(form);
  } }, t("upload_send"));
  return h("details", {}, h("summary", {}, t("upload")), field(t("upload_file"), file),
    fields.map(([, input, label]) => field(t(label), input)), h("p", { class: "quiet" }, t("upload_note")), h("div", { class: "row" }, button));
}
