// What a file with assistants holds.

import { isObject, type Json, type JsonObject } from "./json";

/** One assistant of a file. */
export interface Entry {
  name: string;
  /** The request that creates it. */
  body: JsonObject;
  /** Secrets that the file does not hold. */
  leftOut: string[];
}

/** Reads a file: an export of AutoLynx, one assistant of such, or a bare configuration. */
export function entriesOf(text: string, fileName: string): { entries: Entry[] } | { problem: string } {
  let file: Json;
  try {
    file = JSON.parse(text) as Json;
  } catch {
    return { problem: "This file is no JSON." };
  }
  if (isObject(file) && typeof file["format"] === "string") {
    if (file["format"] !== "autolynx.assistants") return { problem: `This is a file of another kind: ${file["format"]}.` };
    if (file["format_version"] !== 1) return { problem: "This file comes from a newer AutoLynx. Update this one first." };
  }
  const held = isObject(file) && "assistants" in file ? file["assistants"] : file;
  const list = Array.isArray(held) ? held : [held];
  if (list.length === 0) return { problem: "There is no assistant in this file." };
  const entries = list.map((item) => entryOf(item, fileName));
  const missing = entries.indexOf(undefined);
  if (missing >= 0) {
    return { problem: list.length === 1 ? "This file holds no assistant." : `Entry ${missing + 1} of the file is no assistant.` };
  }
  return { entries: entries as Entry[] };
}

/** Fields by which a bare configuration is known. */
const KNOWN = ["model", "voice", "firstMessage", "systemPrompt", "transcriber"];

function entryOf(item: Json | undefined, fileName: string): Entry | undefined {
  if (!isObject(item)) return undefined;
  const { left_out: left, ...body } = item;
  if (isObject(body["config"])) {
    const name = String(body["name"] ?? body["config"]["name"] ?? title(fileName)).slice(0, 40);
    const leftOut = Array.isArray(left) ? left.map(String) : [];
    return { name, body: { ...body, name }, leftOut };
  }
  if (!KNOWN.some((field) => field in item)) return undefined;
  const name = String(item["name"] ?? title(fileName)).slice(0, 40);
  return { name, body: { name, config: item }, leftOut: [] };
}

function title(fileName: string): string {
  return fileName.replace(/\.[^.]+$/, "");
}
