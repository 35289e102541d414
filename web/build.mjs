// Builds everything the pages need into dist/: one style sheet, two scripts, one icon sprite, the mark, an example list
// and the licences of what is bundled. Each file carries a hash of its content in its name, and manifest.json maps
// plain names to hashed ones.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const require = createRequire(import.meta.url);

/** Bundles one TypeScript entry. The early script must run before the first paint, so it cannot be a module. */
async function script(entry, format) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [join("src", entry)],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: "es2022",
    legalComments: "none",
  });
  return result.outputFiles[0].contents;
}

/** Tailwind's own command line: its JavaScript entry is not a stable interface. */
function styles() {
  const out = join(tmpdir(), `autolynx-${process.pid}.css`);
  const cli = join(dirname(require.resolve("@tailwindcss/cli/package.json")), "dist/index.mjs");
  // Its banner goes to stderr, so that is shown only when something is wrong: execFileSync then throws with it.
  execFileSync(process.execPath, [cli, "-i", "src/app.css", "-o", out, "--minify"], { cwd: here, stdio: "pipe" });
  const css = readFileSync(out);
  rmSync(out);
  return css;
}

/** One sprite with the icons named in src/icons.json, shapes from lucide. Pages refer to them as `sprite#name`. */
function sprite() {
  const names = JSON.parse(readFileSync(join(here, "src/icons.json"), "utf8"));
  const symbols = names.map((name) => {
    const svg = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), "utf8");
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replaceAll(/\s+/g, " ").trim()}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

/** The notices that the licences of the bundled packages ask to be passed on. */
function licences() {
  const bundled = ["daisyui", "htmx-ext-sse", "htmx.org", "idiomorph", "lucide-static", "tailwindcss"];
  const parts = bundled.map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `The web pages of AutoLynx contain these packages.\n\n${parts.join(`\n${"-".repeat(72)}\n\n`)}`;
}

const source = (name) => readFileSync(join(here, "src", name));
const files = {
  "app.css": styles(),
  "app.js": await script("app.ts", "esm"),
  "early.js": await script("early.ts", "iife"),
  "example.csv": source("example.csv"),
  "icons.svg": sprite(),
  "licences.txt": licences(),
  "mark.svg": source("mark.svg"),
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const manifest = {};
for (const [name, content] of Object.entries(files)) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const extension = extname(name);
  manifest[name] = `${basename(name, extension)}.${hash}${extension}`;
  writeFileSync(join(dist, manifest[name]), content);
  console.log(`${manifest[name].padEnd(26)} ${(content.length / 1024).toFixed(1).padStart(7)} KiB`);
}
// Last, so that a manifest promises that every file it names is there.
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
