// Node cannot read TypeScript: a module is bundled in memory and imported from there.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const src = join(dirname(fileURLToPath(import.meta.url)), "../src");

/** Imports a module of src/ by its file name. */
export async function load(name) {
  const { outputFiles } = await build({ entryPoints: [join(src, name)], bundle: true, format: "esm", write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
