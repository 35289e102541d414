// What axe finds wrong in a page.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** @typedef {import("playwright-core").Page} Page */

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * What axe finds wrong, in a line each.
 * @param {Page} page
 * @param {import("axe-core").RunOptions} options
 */
export async function faults(page, options) {
  await page.evaluate(AXE);
  return page.evaluate(async (options) => {
    const axe = /** @type {typeof import("axe-core")} */ (/** @type {any} */ (globalThis).axe);
    const { violations, passes } = await axe.run(options);
    if (passes.length === 0) return ["axe has not looked at anything"];
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, any }) => `${id} (${help}): ${html} ${any.map(({ message }) => message).join(" ")}`));
  }, options);
}
