/* Open land: plain ground or the twin's terrain, with a picture on it (irradiation of the year, or shadow). */
import Cesium from "./cesium.js";
import { GROUND } from "./colours.js";
import { BACKGROUND, withoutSkyLight } from "./scene.js";
import { dataUrl, groundHeight } from "./data.js";

// How far plain ground goes on beyond the place, as a share of its size, before it fades into the background.
const BEYOND = 1.5;

const PLAIN = `
czm_material czm_getMaterial(czm_materialInput materialInput) {
  czm_material material = czm_getDefaultMaterial(materialInput);
  vec2 uv = (materialInput.st - corner) / extent;
  vec4 picture = texture(image, clamp(uv, 0.0, 1.0));
  bool inside = all(greaterThanEqual(uv, vec2(0.0))) && all(lessThanEqual(uv, vec2(1.0)));
  vec3 colour = inside ? mix(earth.rgb, picture.rgb, picture.a * strength) : earth.rgb;
  float away = length(materialInput.st - 0.5) * 2.0;
  material.diffuse = mix(colour, far.rgb, smoothstep(0.55, 0.98, away));
  return material;
}`;

// TEXCOORD_0 of the terrain goes from 0 to 1 over land.bounds, from the west and, as in every glTF, from the north; Cesium turns the picture over.
const TERRAIN = `
void fragmentMain(FragmentInput fsInput, inout czm_modelMaterial material) {
  vec2 place = vec2(fsInput.attributes.texCoord_0.x, 1.0 - fsInput.attributes.texCoord_0.y);
  vec2 uv = (place - u_corner) / u_extent;
  bool inside = all(greaterThanEqual(uv, vec2(0.0))) && all(lessThanEqual(uv, vec2(1.0)));
  vec4 picture = texture(u_picture, clamp(uv, 0.0, 1.0));
  picture.a *= inside ? 1.0 : 0.0;
  vec3 facet = normalize(cross(dFdx(fsInput.attributes.positionEC), dFdy(fsInput.attributes.positionEC)));
  float shade = mix(0.86, 1.0, abs(dot(facet, czm_viewRotation * u_up)));
  // Bare ground fades into the background at the edges of what is known.
  float edge = min(min(place.x, 1.0 - place.x), min(place.y, 1.0 - place.y));
  vec3 bare = mix(u_far, u_earth * shade, smoothstep(0.0, 0.06, edge));
  vec3 colour = mix(bare, picture.rgb, picture.a);
  material.diffuse = pow(colour, vec3(2.2)); // Cesium draws models in linear light
}`;

/** Draw open land; answers {show(address or null, bounds of the picture [w, s, e, n])}, which rejects where there is no such
    picture: the ground is bare then. */
export async function createGround(viewer, data) {
  if (data.land?.terrain) {
    const terrain = await terrainGround(viewer, data);
    if (terrain) return terrain;
  }
  return plainGround(viewer, data);
}

function plainGround(viewer, data) {
  const [west, south, east, north] = data.bbox;
  const [wide, high] = [east - west, north - south];
  const whole = [west - BEYOND * wide, south - BEYOND * high, east + BEYOND * wide, north + BEYOND * high];
  const corner = new Cesium.Cartesian2(0, 0);
  const extent = new Cesium.Cartesian2(1, 1);
  const material = new Cesium.Material({
    fabric: {
      uniforms: {
        image: Cesium.Material.DefaultImageId,
        earth: Cesium.Color.fromCssColorString(GROUND),
        far: Cesium.Color.fromCssColorString(BACKGROUND),
        corner,
        extent,
        strength: 0,
      },
      source: PLAIN,
    },
    translucent: false,
  });
  viewer.scene.primitives.add(new Cesium.Primitive({
    geometryInstances: new Cesium.GeometryInstance({
      geometry: new Cesium.RectangleGeometry({
        rectangle: Cesium.Rectangle.fromDegrees(...whole),
        height: groundHeight(data),
        // Straight edges of half a kilometre: 5 mm below the curved Earth.
        granularity: Cesium.Math.toRadians(0.005),
        vertexFormat: Cesium.EllipsoidSurfaceAppearance.VERTEX_FORMAT,
      }),
    }),
    appearance: new Cesium.EllipsoidSurfaceAppearance({ material, flat: true, translucent: false }),
    asynchronous: false,
    allowPicking: false,
  }));
  return shower(viewer, (picture, bounds) => {
    if (picture) {
      material.uniforms.image = picture.image;
      placed(bounds, whole, material.uniforms.corner, material.uniforms.extent);
    }
    material.uniforms.strength = picture ? 1 : 0;
  });
}

async function terrainGround(viewer, data) {
  const clear = { typedArray: new Uint8Array(4), width: 1, height: 1 };
  const [lon, lat] = [(data.bbox[0] + data.bbox[2]) / 2, (data.bbox[1] + data.bbox[3]) / 2];
  const up = Cesium.Ellipsoid.WGS84.geodeticSurfaceNormal(Cesium.Cartesian3.fromDegrees(lon, lat));
  const shader = new Cesium.CustomShader({
    lightingModel: Cesium.LightingModel.UNLIT,
    uniforms: {
      u_picture: { type: Cesium.UniformType.SAMPLER_2D, value: new Cesium.TextureUniform(clear) },
      u_corner: { type: Cesium.UniformType.VEC2, value: new Cesium.Cartesian2(0, 0) },
      u_extent: { type: Cesium.UniformType.VEC2, value: new Cesium.Cartesian2(1, 1) },
      u_earth: { type: Cesium.UniformType.VEC3, value: rgbOf(GROUND) },
      u_far: { type: Cesium.UniformType.VEC3, value: rgbOf(BACKGROUND) },
      u_up: { type: Cesium.UniformType.VEC3, value: up },
    },
    fragmentShaderText: TERRAIN,
  });
  try {
    const model = await Cesium.Model.fromGltfAsync({
      url: dataUrl(data.land.terrain),
      customShader: shader,
      allowPicking: false,
      ...withoutSkyLight(),
      // As in 3D Tiles: geocentric axes turned y up, and no further turn.
      upAxis: Cesium.Axis.Y,
      forwardAxis: Cesium.Axis.X,
    });
    viewer.scene.primitives.add(model);
  } catch (error) {
    console.warn(`terrain: ${error.message}; plain ground instead`);
    return null;
  }
  const corner = new Cesium.Cartesian2();
  const extent = new Cesium.Cartesian2();
  return shower(viewer, (picture, bounds) => {
    if (picture) {
      placed(bounds, data.land.bounds, corner, extent);
      shader.setUniform("u_corner", corner);
      shader.setUniform("u_extent", extent);
    }
    shader.setUniform("u_picture", new Cesium.TextureUniform(picture ? { url: picture.image.src } : clear));
  });
}

function rgbOf(css) {
  const { red, green, blue } = Cesium.Color.fromCssColorString(css);
  return new Cesium.Cartesian3(red, green, blue);
}

/** Where a picture lies within a larger box, as shares of the box: its corner and its extent. */
function placed(bounds, whole, corner, extent) {
  const [wide, high] = [whole[2] - whole[0], whole[3] - whole[1]];
  corner.x = (bounds[0] - whole[0]) / wide;
  corner.y = (bounds[1] - whole[1]) / high;
  extent.x = (bounds[2] - bounds[0]) / wide;
  extent.y = (bounds[3] - bounds[1]) / high;
}

/** Shows the picture asked for last, whichever arrives last. */
function shower(viewer, apply) {
  let asked = 0;
  let shown = null;
  const put = (picture, bounds) => {
    apply(picture, bounds);
    shown?.free();
    shown = picture;
    for (const frame of [0, 80, 300]) setTimeout(() => viewer.scene.requestRender(), frame);
  };
  return {
    async show(url, bounds) {
      const turn = (asked += 1);
      try {
        const picture = url ? await pictureOf(url) : null;
        if (turn === asked) put(picture, bounds);
        else picture?.free();
      } catch (error) {
        if (turn === asked) put(null); // not the picture of another instant
        throw error;
      }
    },
  };
}

/** A picture as {image, free()}; it is read by fetch, which tells why where there is none. */
async function pictureOf(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const image = new Image();
  image.src = URL.createObjectURL(await answer.blob());
  const free = () => URL.revokeObjectURL(image.src);
  try {
    await image.decode();
  } catch (error) {
    free();
    throw error;
  }
  return { image, free };
}
