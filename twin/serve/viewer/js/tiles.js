/* The tileset: its colours by the state, and every surface that is loaded by its id. */
import Cesium from "./cesium.js";
import { CLASS_COLOURS, NEUTRAL_ROOF, NEUTRAL_WALL, NO_PLANT, NO_VALUE, NO_VALUE_CLASS, SELECTED, colourOf, scales } from "./colours.js";
import { dataUrl } from "./data.js";
import { onceAFrame } from "./dom.js";
import { withoutSkyLight } from "./scene.js";
import { changed, on, state } from "./state.js";
import { hourOf, isSilent, monthOf, numberOf, valueOf } from "./surface.js";

// Colours of features are taken as they stand in the legend; facets differ a little in brightness, so that edges show.
// With the sun on, u_light is its direction: a face turned away is dark, unless the computed share in the sun is known
// (u_known), which says so better.
const SHADER = `
void fragmentMain(FragmentInput fsInput, inout czm_modelMaterial material) {
  vec3 facet = normalize(cross(dFdx(fsInput.attributes.positionEC), dFdy(fsInput.attributes.positionEC)));
  float facing = dot(facet, czm_viewRotation * u_light);
  float calm = 0.95 + 0.05 * facing;
  float turned = 0.45 + 0.55 * clamp(facing * 1.5, 0.0, 1.0);
  float sunny = mix(turned, 0.84 + 0.16 * facing, u_known);
  float shade = mix(calm, sunny, u_lit);
  vec3 own = material.diffuse;
  vec3 plain = vec3(1.0);
  material.diffuse = mix(plain, own, u_own) * pow(vec3(shade), vec3(2.2)); // Cesium draws models in linear light
}`;

/** Load the tileset; answers {tileset, features, setLight(vector, lit)}. */
export async function createTiles(viewer, data, light) {
  const shader = new Cesium.CustomShader({
    lightingModel: Cesium.LightingModel.UNLIT,
    uniforms: {
      u_light: { type: Cesium.UniformType.VEC3, value: light },
      u_known: { type: Cesium.UniformType.FLOAT, value: 0 },
      u_lit: { type: Cesium.UniformType.FLOAT, value: 0 },
      u_own: { type: Cesium.UniformType.FLOAT, value: 0 },
    },
    fragmentShaderText: SHADER,
  });
  const tileset = await Cesium.Cesium3DTileset.fromUrl(dataUrl(data.tileset), {
    maximumScreenSpaceError: 16,
    ...withoutSkyLight(),
    customShader: shader,
    preloadWhenHidden: true,
    skipLevelOfDetail: false,
  });
  tileset.colorBlendMode = Cesium.Cesium3DTileColorBlendMode.HIGHLIGHT;
  tileset.style = styleOfState();
  const features = indexed(tileset);
  viewer.scene.primitives.add(tileset);
  let lighted = false;
  const repaint = onceAFrame(() => {
    shader.setUniform("u_lit", lighted && state.sun.on && !state.losses ? 1 : 0);
    shader.setUniform("u_known", state.lit ? 1 : 0);
    shader.setUniform("u_own", state.fine && state.mode === "year" && !state.sun.on ? 1 : 0);
    tileset.makeStyleDirty();
    viewer.scene.requestRender();
  });
  for (const kind of ["colour", "selected", "scenario"]) on(kind, repaint);
  repaint();
  const setLight = (direction, lit) => {
    shader.setUniform("u_light", direction);
    lighted = lit;
    repaint();
  };
  return { tileset, features, setLight };
}

/** Map id → {feature, tile} of all loaded content; tells "tiles" when it grows. */
function indexed(tileset) {
  const features = new Map();
  const tell = onceAFrame(() => changed("tiles"));
  const each = (content, work) => {
    if (!content) return;
    for (const inner of content.innerContents ?? []) each(inner, work);
    for (let i = 0; i < (content.featuresLength ?? 0); i += 1) work(content.getFeature(i));
  };
  tileset.tileLoad.addEventListener((tile) => {
    each(tile.content, (feature) => features.set(valueOf(feature, "id"), { feature, tile }));
    tell();
  });
  tileset.tileUnload.addEventListener((tile) => {
    each(tile.content, (feature) => {
      const id = valueOf(feature, "id");
      if (features.get(id)?.tile === tile) features.delete(id);
    });
  });
  return features;
}

const parsed = new Map();
/** A CSS colour as Cesium's, parsed once. */
function cesiumColour(css) {
  if (!parsed.has(css)) parsed.set(css, Cesium.Color.fromCssColorString(css));
  return parsed.get(css);
}

function styleOfState() {
  const style = new Cesium.Cesium3DTileStyle();
  style.color = {
    evaluateColor: (feature, result) => {
      if (state.selected !== null && valueOf(feature, "id") === state.selected) {
        return Cesium.Color.clone(cesiumColour(SELECTED), result);
      }
      if (state.losses) return Cesium.Color.clone(cesiumColour(isSilent(feature) ? NO_VALUE : lossOf(feature, state.losses)), result);
      if (state.sun.on) return sunlit(feature, result);
      if (state.fine && state.mode === "year" && !isSilent(feature)) return Cesium.Color.clone(Cesium.Color.WHITE, result);
      return Cesium.Color.clone(cesiumColour(cssOf(feature)), result);
    },
  };
  // What a study's state or a plan takes away is not there.
  style.show = { evaluate: (feature) => {
    const gone = state.scenario?.gone?.length || state.removed?.size;
    if (!gone) return true;
    const building = valueOf(feature, "building_id");
    return !(state.scenario ? state.scenario.gone.includes(building) : state.removed.has(building));
  } };
  return style;
}

/** The colour of a loss [%] by id; white where nothing changes. */
function lossOf(feature, losses) {
  const change = losses.get(valueOf(feature, "id"));
  return change === undefined ? NO_PLANT : colourOf(scales.loss, Math.max(-change, 0));
}

/** Neutral, darker by the share that lies in shadow where that is known. */
function sunlit(feature, result) {
  const wall = valueOf(feature, "kind") !== "RoofSurface";
  const colour = Cesium.Color.clone(cesiumColour(wall ? NEUTRAL_WALL : NEUTRAL_ROOF), result);
  const share = state.lit?.get(valueOf(feature, "id"));
  if (share === undefined) return colour;
  const bright = 0.48 + 0.52 * share;
  colour.red *= bright;
  colour.green *= bright;
  colour.blue *= bright * 0.98 + 0.02;
  return colour;
}

/** The colour of a surface in the mode of the state. */
export function cssOf(feature) {
  if (isSilent(feature)) return state.mode === "class" ? NO_VALUE_CLASS : NO_VALUE;
  switch (state.mode) {
    case "month":
      return colourOf(scales.month, monthOf(feature, state.month));
    case "hour":
      return colourOf(scales.hour, hourOf(feature, state.month, state.hour));
    case "class": {
      const name = valueOf(feature, "pv_class");
      if (!name || (state.classes.size && !state.classes.has(name))) return NO_PLANT;
      return CLASS_COLOURS[name] ?? NO_VALUE;
    }
    case "pv": {
      // Where the model does not answer, its column repeats physics: no number under its label.
      if (state.corrected && valueOf(feature, "out_of_domain")) return NO_VALUE;
      const kwh = numberOf(feature, state.corrected ? "value_ml" : "value_phys");
      return colourOf(scales.pv, kwh / numberOf(feature, "pv_kwp"));
    }
    case "loss":
      return lossOf(feature, state.loss ?? new Map());
    default:
      return colourOf(scales.year, numberOf(feature, "irradiation_kwh_m2"));
  }
}
