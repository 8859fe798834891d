/* Values to colours. Irradiation has the twin's own scale (inferno, in viewer.json); plants have viridis; both rise in
   lightness, so their order survives grey print and every colour vision. */

export const NO_VALUE = "#d0cec8";
// Among the classes, whose last is a grey of its own, what has no value is darker.
export const NO_VALUE_CLASS = "#8a877f";
export const NO_PLANT = "#f4f3f0";
export const GROUND = "#dcdbd5"; // bare open land
export const SELECTED = "#00d5ff";
export const NEUTRAL_ROOF = "#f1e9dc";
export const NEUTRAL_WALL = "#e6e6e4";

// S. van der Walt and N. Smith 2015, https://bids.github.io/colormap/ : viridis at 0.05 … 1 in twelve equal steps.
const VIRIDIS = ["#471365", "#482979", "#433e85", "#39558c", "#2f688e", "#287c8e", "#1f918c", "#24a785", "#44bf70", "#7ad151", "#b8de29", "#fde725"];
// ColorBrewer's Purples (C. Brewer, https://colorbrewer2.org): little to much loss.
const PURPLES = ["#fcfbfd", "#efedf5", "#dadaeb", "#bcbddc", "#9e9ac8", "#807dba", "#6a51a3", "#54278f", "#3f007d"];
// Hessen's solar cadastre; lightness rises as well.
export const CLASS_COLOURS = { "sehr gut": "#b5122b", gut: "#f08a1d", bedingt: "#ffe27a", "nicht geeignet": "#c9c7c1" };
export const CLASSES = Object.keys(CLASS_COLOURS);

/** A scale: {low, high, colours, ticks, unit}; the ends catch all beyond them. */
export const scales = {
  year: null,
  month: { low: 0, high: 180, colours: null, ticks: [0, 30, 60, 90, 120, 150, 180], unit: "kWh/m²" },
  hour: { low: 0, high: 600, colours: null, ticks: [0, 100, 200, 300, 400, 500, 600], unit: "W/m²" },
  pv: { low: 400, high: 1000, colours: VIRIDIS, ticks: [400, 500, 600, 700, 800, 900, 1000], unit: "kWh/kWp" },
  loss: { low: 0, high: 20, colours: PURPLES, ticks: [0, 5, 10, 15, 20], unit: "%" },
};

/** Take the scale of the data; months and hours share its colours. */
export function useScale(scale) {
  scales.year = scale;
  scales.month.colours = scale.colours;
  scales.hour.colours = scale.colours;
}

/** The colour of a value; what is no number has NO_VALUE. */
export function colourOf(scale, value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_VALUE;
  const steps = scale.colours.length;
  const step = Math.floor(((value - scale.low) / (scale.high - scale.low)) * steps);
  return scale.colours[Math.min(Math.max(step, 0), steps - 1)];
}

/** A CSS gradient of equal steps. */
export function gradientOf(scale) {
  const steps = scale.colours.length;
  const every = Math.max(1, Math.floor(steps / 64));
  const stops = [];
  for (let i = 0; i < steps; i += every) {
    const last = Math.min(i + every, steps);
    stops.push(`${scale.colours[i]} ${(100 * i) / steps}% ${(100 * last) / steps}%`);
  }
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
