import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./processes.mjs";

/** The list that the demo calls, and what is true of it. */
export const LEADS = {
  path: join(ROOT, "examples/leads.csv"),
  read: () => readFileSync(join(ROOT, "examples/leads.csv"), "utf8"),
  rows: 334,
  accepted: 304,
  rejected: 18,
  duplicates: 12,
};

/** Talks for as long as any test needs it. */
export const TALKER = "human 3000s";

/**
 * A list of people with numbers that exist in no country's network.
 * @param {number} people at most 800
 * @param {string | ((person: number) => string)} script what the sandbox lets each of them do, such as `human 45s`
 */
export function list(people, script = "") {
  const rows = Array.from({ length: people }, (_, i) => {
    // 555-0100 to 555-0199 are kept free for fiction, in every area.
    const area = ["206", "212", "303", "312", "404", "415", "512", "617"][Math.floor(i / 100)];
    return `Person ${i + 1},Company ${i + 1},+1${area}55501${String(i % 100).padStart(2, "0")},${typeof script === "string" ? script : script(i)}`;
  });
  return ["name,business_name,phone,sandbox", ...rows, ""].join("\r\n");
}

/**
 * The rows of a CSV file, the names of the columns first.
 * @param {string} text
 */
export function parseCsv(text) {
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  const body = text.replace(/^\uFEFF/, "");
  while (cell.lastIndex < body.length) {
    const match = cell.exec(body);
    if (!match) throw new Error(`not CSV: …${body.slice(cell.lastIndex, 40)}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== ",") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
