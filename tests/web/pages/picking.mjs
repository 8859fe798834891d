// What a test asks of any Cesium scene, whichever build drew it: look at a point of a surface, take what lies under it,
// and read back where the loaded vertices stand on Earth.

/** Draw until nothing loads any more, at most `patience` frames. */
async function settled(scene, tileset, patience = 2000) {
  scene.render();
  for (let frame = 0; frame < patience; frame += 1) {
    // What a new view needs is asked for in the frame after it.
    scene.render();
    if (tileset.tilesLoaded) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error("the tileset does not come to rest");
}

/** Properties of a picked feature: flat, as the tile has them, without the long matrix. */
function propertiesOf(feature) {
  const found = {};
  for (const name of feature.getPropertyIds()) {
    const value = feature.getProperty(name);
    found[name] = ArrayBuffer.isView(value) ? Array.from(value) : value;
  }
  return found;
}

export function harness(Cesium, scene, tileset) {
  const { Cartesian2, Cartesian3 } = Cesium;
  // Software rendering pays for every sample.
  scene.msaaSamples = 1;
  const inWindow = Cesium.SceneTransforms.worldToWindowCoordinates ?? Cesium.SceneTransforms.wgs84ToWindowCoordinates;

  /** Stand `distance` metres before a point [x, y, z], looking against its normal. */
  function face(point, normal, distance) {
    const at = Cartesian3.fromArray(point);
    const out = Cartesian3.normalize(Cartesian3.fromArray(normal), new Cartesian3());
    const zenith = Cartesian3.normalize(at, new Cartesian3());
    const level = Cartesian3.cross(zenith, out, new Cartesian3());
    const right = Cartesian3.magnitude(level) > 0.05 ? level : Cartesian3.cross(Cartesian3.UNIT_Z, out, new Cartesian3());
    Cartesian3.normalize(right, right);
    const up = Cartesian3.cross(out, right, new Cartesian3());
    scene.camera.setView({
      destination: Cartesian3.add(at, Cartesian3.multiplyByScalar(out, distance, new Cartesian3()), new Cartesian3()),
      orientation: { direction: Cartesian3.negate(out, new Cartesian3()), up },
    });
    return at;
  }

  /** A place [x, y, z] obliquely from the south-west, `range` metres away; the whole tileset without one. */
  async function overview(place, range = tileset.boundingSphere.radius * 1.7) {
    const at = place ? new Cesium.BoundingSphere(Cartesian3.fromArray(place), 1) : tileset.boundingSphere;
    scene.camera.viewBoundingSphere(at, new Cesium.HeadingPitchRange(0.4, -0.6, range));
    scene.camera.lookAtTransform(Cesium.Matrix4.IDENTITY);
    await settled(scene, tileset);
  }

  /** Where a point is drawn [CSS pixels], once everything near is loaded. */
  async function aim(point, normal, distance) {
    const at = face(point, normal, distance);
    await settled(scene, tileset);
    const seen = inWindow.call(Cesium.SceneTransforms, scene, at);
    return seen ? [seen.x, seen.y] : null;
  }

  /** What lies under a point of a surface seen from before it, and where it is hit [m, Earth-centred]. */
  async function pick(point, normal, distance) {
    const seen = await aim(point, normal, distance);
    if (!seen) return { window: null };
    const where = new Cartesian2(...seen);
    const feature = scene.pick(where);
    if (!(feature instanceof Cesium.Cesium3DTileFeature)) return { window: seen, feature: String(feature) };
    const hit = scene.pickPosition(where);
    return {
      window: seen,
      id: feature.getProperty("id"),
      properties: propertiesOf(feature),
      hit: hit ? [hit.x, hit.y, hit.z] : null,
    };
  }

  /** Contents that are loaded now. */
  function contents() {
    const found = [];
    const visit = (tile) => {
      if (tile.content && tile.contentReady && tile.content.featuresLength > 0) found.push(tile.content);
      if (tile.content?.innerContents) found.push(...tile.content.innerContents);
      tile.children.forEach(visit);
    };
    visit(tileset.root);
    return found;
  }

  /** Every loaded feature by id, nothing picked. */
  function features() {
    const found = {};
    for (const content of contents()) {
      for (let index = 0; index < content.featuresLength; index += 1) {
        const feature = content.getFeature(index);
        found[feature.getProperty("id")] = propertiesOf(feature);
      }
    }
    return found;
  }

  /** Numbers of an attribute as they lie in the graphics card's memory. */
  function numbers(attribute, width) {
    if (attribute.quantization) throw new Error("compressed vertices: read an uncompressed tileset");
    if (attribute.typedArray) return { values: attribute.typedArray, stride: width, offset: 0 };
    const size = Cesium.ComponentDatatype.getSizeInBytes(attribute.componentDatatype);
    const all = Cesium.ComponentDatatype.createTypedArray(attribute.componentDatatype, attribute.buffer.sizeInBytes / size);
    attribute.buffer.getBufferData(all);
    return { values: all, stride: (attribute.byteStride ?? width * size) / size, offset: (attribute.byteOffset ?? 0) / size };
  }

  /** Vertices of the wanted features [m, Earth-centred], by id, from all that is loaded. */
  function vertices(ids) {
    const found = Object.fromEntries(ids.map((id) => [id, []]));
    for (const content of contents()) {
      const model = content._model;
      const graph = model.sceneGraph;
      for (const node of graph._runtimeNodes) {
        const place = Cesium.Matrix4.multiplyTransformation(graph.computedModelMatrix, node.computedTransform, new Cesium.Matrix4());
        for (const { primitive } of node.runtimePrimitives) {
          const bySemantic = (name) => primitive.attributes.find((attribute) => attribute.semantic === name);
          const position = numbers(bySemantic("POSITION"), 3);
          const feature = numbers(bySemantic("_FEATURE_ID"), 1);
          for (let index = 0; index < bySemantic("POSITION").count; index += 1) {
            const id = content.getFeature(feature.values[feature.offset + index * feature.stride]).getProperty("id");
            if (!(id in found)) continue;
            const at = position.offset + index * position.stride;
            const [x, y, z] = position.values.subarray(at, at + 3);
            const world = Cesium.Matrix4.multiplyByPoint(place, new Cartesian3(x, y, z), new Cartesian3());
            found[id].push([world.x, world.y, world.z]);
          }
        }
      }
    }
    return found;
  }

  return { overview, aim, pick, features, vertices, settled: () => settled(scene, tileset) };
}
