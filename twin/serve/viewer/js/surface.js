/* A surface's values as the tileset has them: the flat names of 3D Tiles 1.1, or nested ones of 1.0. */

const NAMES = ["id", "building_id", "kind", "address", "solarArea", "area_m2", "exposed_area_m2", "irradiation_kwh_m2", "tilt_deg", "azimuth_deg", "pv_kwp", "value_phys",
  "value_ml", "delta_pct", "p10", "p50", "p90", "ml_model_id", "ml_applied", "out_of_domain", "pv_class"];

/** One value of a feature; undefined or null where there is none. */
export function valueOf(feature, name) {
  const flat = feature.getProperty(name);
  if (flat !== undefined) return flat;
  return feature.getProperty("attributes")?.[name];
}

/** A number of a feature, or NaN. */
export function numberOf(feature, name) {
  const value = valueOf(feature, name);
  return value === null || value === undefined ? NaN : Number(value);
}

/** Whether nothing is said of a surface: it is covered, or its owner objected; which of the two is nobody's business. */
export const isSilent = (feature) => Number.isNaN(numberOf(feature, "irradiation_kwh_m2"));

/** kWh/m² of a month 1 … 12. */
export const monthOf = (feature, month) => numberOf(feature, `globalRadMonths_${month}`) / numberOf(feature, "solarArea");

/** Mean W/m² of a month 1 … 12 and an hour 0 … 23 (UTC). */
export function hourOf(feature, month, hour) {
  const matrix = valueOf(feature, "month_hour_w_m2");
  return matrix ? Number(matrix[(month - 1) * 24 + hour]) : NaN;
}

/** Everything that is known of a feature, as a plain object; months are kWh per surface. */
export function recordOf(feature) {
  const out = {};
  for (const name of NAMES) out[name] = valueOf(feature, name) ?? null;
  for (const part of ["globalRadMonths", "directRadMonths", "diffuseRadMonths"]) {
    out[part] = Array.from({ length: 12 }, (_, i) => valueOf(feature, `${part}_${i + 1}`) ?? null);
  }
  const matrix = valueOf(feature, "month_hour_w_m2");
  out.month_hour_w_m2 = matrix ? Array.from(matrix, Number) : null;
  return out;
}
