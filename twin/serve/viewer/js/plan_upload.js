/* A planned building as a file: CityGML, CityJSON, GeoJSON, IFC, DXF, OBJ … as docs/plans.md reads them. */
import { field, h } from "./dom.js";
import { t } from "./i18n.js";

const FIELDS = [["crs", "text", "upload_crs"], ["height_m", "number", "upload_height"], ["origin", "text", "upload_origin"], ["rotation_deg", "number", "upload_rotation"]];
// What a file cannot say and nobody may guess; "" where the file says it.
const CHOICES = [["unit", ["m", "cm", "mm", "ft", "in"]], ["up", ["z", "y"]], ["heights", ["ground", "sea"]]];

/** date() is the day of the sun hours; send(FormData) is called with the file and the fields that are filled in. */
export function uploadPart(date, send) {
  const file = h("input", { type: "file" });
  const fields = FIELDS.map(([name, type, label]) => [name, h("input", { type, step: "any" }), label]);
  const selects = CHOICES.map(([name, values]) => [name, h("select", {}, h("option", { value: "" }, t("upload_as_file")),
    values.map((value) => h("option", { value }, t(`upload_${name}_${value}`))))]);
  const button = h("button", { type: "button", id: "plan-upload", onclick: () => {
    if (!file.files.length) { file.focus(); return; }
    const form = new FormData();
    form.append("file", file.files[0]);
    form.append("date", date());
    for (const [name, input] of [...fields, ...selects]) if (input.value.trim()) form.append(name, input.value.trim());
    send(form);
  } }, t("upload_send"));
  return h("details", {}, h("summary", {}, t("upload")), field(t("upload_file"), file),
    fields.map(([, input, label]) => field(t(label), input)),
    selects.map(([name, select]) => field(t(`upload_${name}`), select)), h("p", { class: "quiet" }, t("upload_note")), h("div", { class: "row" }, button));
}
