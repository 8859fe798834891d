// Runs the Khronos glTF-Validator over GLB and glTF files, and over the GLB inside b3dm files.
//
//   HELIOTWIN_NODE_MODULES=… node gltf_validate.mjs FILE…
//
// Standard output: one JSON object {file: {errors, warnings, infos, hints, messages}}. Nothing is fetched.
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.env.HELIOTWIN_NODE_MODULES ?? join(here, "node_modules");
const { validateBytes } = createRequire(join(resolve(modules), "index.js"))("gltf-validator");

/** The GLB of a b3dm: behind the 28 bytes of header and the four tables, as long as its own header says. */
function glbOf(bytes) {
  if (bytes.toString("latin1", 0, 4) !== "b3dm") return bytes;
  const begin = [12, 16, 20, 24].reduce((sum, at) => sum + bytes.readUInt32LE(at), 28);
  return bytes.subarray(begin, begin + bytes.readUInt32LE(begin + 8));
}

const report = {};
for (const file of process.argv.slice(2)) {
  const outcome = await validateBytes(new Uint8Array(glbOf(readFileSync(file))), {
    uri: file,
    maxIssues: 100,
    externalResourceFunction: async (uri) =>
      new Uint8Array(readFileSync(join(dirname(file), decodeURIComponent(uri)))),
  });
  const { numErrors, numWarnings, numInfos, numHints, messages } = outcome.issues;
  report[file] = { errors: numErrors, warnings: numWarnings, infos: numInfos, hints: numHints, messages };
}
console.log(JSON.stringify(report));
