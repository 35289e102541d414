// What the form's fields mean in an assistant's configuration. Nothing here touches the page; every change is a copy that
// leaves alone what the form does not know.

import { at, drop, isObject, put, same, type Json, type JsonObject } from "./json";

/** How a field is read from a configuration and written into it. What is empty is taken out. */
export interface Kind {
  read: (config: JsonObject, path: string) => string;
  write: (config: JsonObject, path: string, value: string) => JsonObject;
}

/** Names that the API also takes, from before the provider's own. They give way when the field is written. */
const OLDER: Record<string, string> = {
  "artifactPlan.recordingEnabled": "recordingEnabled",
  maxDurationSeconds: "maxCallDurationSeconds",
};

function older(config: JsonObject, path: string): JsonObject {
  const name = OLDER[path];
  return name === undefined ? config : drop(config, name);
}

/** `"model": "gpt-4o"` is short for a model of OpenAI. */
function longModel(config: JsonObject): JsonObject {
  const model = config["model"];
  return typeof model === "string" ? { ...config, model: { provider: "openai", model } } : config;
}

function plain(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const text: Kind = {
  read: (config, path) => plain(at(longModel(config), path)),
  write: (config, path, value) => {
    const long = path.startsWith("model.") ? longModel(config) : config;
    return value === "" ? drop(long, path) : put(long, path, value);
  },
};

const number: Kind = {
  read: (config, path) => plain(at(longModel(config), path) ?? at(config, OLDER[path] ?? path)),
  write: (config, path, value) => {
    const long = older(path.startsWith("model.") ? longModel(config) : config, path);
    return value === "" ? drop(long, path) : put(long, path, Number(value));
  },
};

const onOff: Kind = {
  read: (config, path) => plain(at(config, path) ?? at(config, OLDER[path] ?? path)),
  write: (config, path, value) => put(older(config, path), path, value === "true"),
};

function systemMessage(config: JsonObject): number {
  const messages = at(config, "model.messages");
  return Array.isArray(messages) ? messages.findIndex((message) => at(message, "role") === "system") : -1;
}

/** The first system message: that is what the provider's own pages call the prompt. */
const systemPrompt: Kind = {
  read: (config) => {
    const index = systemMessage(config);
    if (index >= 0) return plain(at(config, `model.messages[${index}].content`));
    return plain(at(config, "model.systemPrompt") ?? at(config, "systemPrompt"));
  },
  write: (config, _path, value) => {
    const long = drop(drop(longModel(config), "systemPrompt"), "model.systemPrompt");
    const index = systemMessage(long);
    if (index >= 0 && value !== "") return put(long, `model.messages[${index}].content`, value);
    const present = at(long, "model.messages");
    const others = (Array.isArray(present) ? present : []).filter((_, place) => place !== index);
    const messages: Json[] = value === "" ? others : [{ role: "system", content: value }, ...others];
    return messages.length === 0 ? drop(long, "model.messages") : put(long, "model.messages", messages);
  },
};

/** Off is a word, every provider an object; its other fields stay when the provider changes. */
const voicemail: Kind = {
  read: (config) => {
    const plan = config["voicemailDetection"];
    return isObject(plan) ? plain(plan["provider"]) : plain(plan);
  },
  write: (config, _path, value) => {
    if (value === "") return drop(config, "voicemailDetection");
    if (value === "off") return put(config, "voicemailDetection", "off");
    const plan = config["voicemailDetection"];
    return put(config, "voicemailDetection", { ...(isObject(plan) ? plan : {}), provider: value });
  },
};

const SILENCE = "autolynx-silence";

/** The provider has no field for silence any more; a hook with a name of ours does it. */
const silence: Kind = {
  read: (config) => {
    const hook = hooks(config).find((entry) => at(entry, "name") === SILENCE);
    return plain(at(hook, "options.timeoutSeconds") ?? config["silenceTimeoutSeconds"]);
  },
  write: (config, _path, value) => {
    const present = hooks(config);
    const long = drop(config, "silenceTimeoutSeconds");
    const ours = present.findIndex((entry) => at(entry, "name") === SILENCE);
    const timeoutSeconds = Number(value);
    let entries: Json[];
    if (value === "") entries = present.filter((_, place) => place !== ours);
    else if (ours >= 0) entries = present.map((hook, place) => (place === ours ? longer(hook, timeoutSeconds) : hook));
    else entries = [...present, silenceHook(timeoutSeconds)];
    return entries.length === 0 ? drop(long, "hooks") : put(long, "hooks", entries);
  },
};

function hooks(config: JsonObject): Json[] {
  const entries = config["hooks"];
  return Array.isArray(entries) ? entries : [];
}

function longer(hook: Json, timeoutSeconds: number): Json {
  return isObject(hook) ? put(hook, "options.timeoutSeconds", timeoutSeconds) : hook;
}

function silenceHook(timeoutSeconds: number): JsonObject {
  return {
    on: "customer.speech.timeout",
    name: SILENCE,
    options: { timeoutSeconds, triggerMaxCount: 1 },
    do: [{ type: "tool", tool: { type: "endCall" } }],
  };
}

const MESSAGES = "analysisPlan.successEvaluationPlan.messages";
const BEFORE = "The call is a success if:\n";
const AFTER = "\n\nRubric:";

/** What counts as success, in the messages that ask the judging model. `ownCriteria` tells when they are not ours. */
const criteria: Kind = {
  read: (config) => criteriaIn(config) ?? "",
  write: (config, _path, value) => (value === "" ? drop(config, MESSAGES) : put(config, MESSAGES, evaluation(value))),
};

function criteriaIn(config: JsonObject): string | undefined {
  const asked = plain(at(config, `${MESSAGES}[0].content`));
  const start = asked.indexOf(BEFORE);
  const end = asked.lastIndexOf(AFTER);
  return start < 0 || end < start ? undefined : asked.slice(start + BEFORE.length, end);
}

/** Whether the evaluation has messages that the form did not write and must not touch. */
export function ownCriteria(config: JsonObject): boolean {
  return at(config, MESSAGES) !== undefined && criteriaIn(config) === undefined;
}

/** The provider's usual questions, with the criteria in place of the prompt's aims. */
function evaluation(value: string): Json[] {
  return [
    {
      role: "system",
      content: `You are an expert call evaluator. You will be given a transcript of a call. ${BEFORE}${value}${AFTER}\n{{rubric}}\n\nOnly respond with the result.`,
    },
    { role: "user", content: "Here is the transcript:\n\n{{transcript}}\n\n" },
    { role: "user", content: "Here is the ended reason of the call:\n\n{{endedReason}}\n\n" },
  ];
}

/** The kinds that `data-kind` names. */
export const KINDS: Record<string, Kind> = {
  text,
  number,
  switch: onOff,
  "system-prompt": systemPrompt,
  voicemail,
  silence,
  criteria,
};

/** One value to draw from the conversation. */
export interface Extract {
  name: string;
  type: string;
  description: string;
  /** The name that it had: what else its schema says moves along. */
  was: string;
}

const PLAN = "analysisPlan.structuredDataPlan";

/** The values to draw. Nothing when the schema is of a kind that a table cannot show. */
export function extractsIn(config: JsonObject): Extract[] | undefined {
  const schema = at(config, `${PLAN}.schema`);
  if (schema === undefined) return [];
  const properties = at(schema, "properties") ?? {};
  if (!isObject(schema) || (schema["type"] ?? "object") !== "object" || !isObject(properties)) return undefined;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: plain(at(property, "type")) || "string",
    description: plain(at(property, "description")),
    was: name,
  }));
}

/** Writes the values to draw. Without any nothing is drawn; whatever else the plan says stays. */
export function withExtracts(config: JsonObject, extracts: Extract[]): JsonObject {
  const named = extracts.filter(({ name }) => name !== "");
  if (named.length === 0) return drop(drop(config, `${PLAN}.schema`), `${PLAN}.enabled`);
  const schema = at(config, `${PLAN}.schema`);
  const before = at(schema, "properties");
  const properties: JsonObject = {};
  for (const { name, type, description, was } of named) {
    const known = isObject(before) && Object.hasOwn(before, was) ? before[was] : undefined;
    const { description: _, ...kept } = isObject(known) ? known : {};
    properties[name] = { ...kept, type, ...(description === "" ? {} : { description }) };
  }
  const next: JsonObject = { ...(isObject(schema) ? schema : {}), type: "object", properties };
  const required = next["required"];
  if (Array.isArray(required)) {
    const names = new Map(named.map(({ was, name }) => [was, name]));
    next["required"] = required.flatMap((name) => names.get(String(name)) ?? []);
  }
  return put(put(config, `${PLAN}.enabled`, true), `${PLAN}.schema`, next);
}

/** What the provider fills in by itself. */
const BUILT_IN = /^(?:now|date|time|month|day|year|customer|call|transport|phoneNumber)$/;

/** The columns that some texts use, in the order in which they come up. */
export function variablesIn(texts: string[]): string[] {
  const names = texts.flatMap((words) => [...words.matchAll(/\{\{-?\s*([A-Za-z_]\w*)/g)].map(([, name]) => name ?? ""));
  return [...new Set(names)].filter((name) => !BUILT_IN.test(name));
}

/** `300` as `5 min`, `90` as `1 min 30 s`; nothing for what is no length of time. */
export function spelled(seconds: string): string {
  const whole = Math.round(Number(seconds));
  if (seconds.trim() === "" || !(whole > 0)) return "";
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  return parts
    .filter(([size]) => size > 0)
    .map(([size, unit]) => `${size} ${unit}`)
    .join(" ");
}

/** One place that somebody else changed in the meantime. */
export interface Difference {
  path: string;
  before?: Json;
  after?: Json;
}

/** Puts our changes on top of theirs: what we left alone becomes theirs, what both changed stays ours. */
export function onTop(config: JsonObject, theirs: Difference[]): { config: JsonObject; taken: string[]; kept: string[] } {
  let merged = config;
  const [taken, kept]: [string[], string[]] = [[], []];
  for (const { path, before, after } of theirs) {
    const ours = at(config, bare(path));
    if (same(ours, after)) continue;
    if (!same(ours, before)) {
      kept.push(path);
      continue;
    }
    merged = after === undefined || after === null ? drop(merged, bare(path)) : put(merged, bare(path), after);
    taken.push(path);
  }
  return { config: merged, taken, kept };
}

/** The API says where in the request something stands; the form says where in the configuration. */
export function bare(path: string): string {
  return path.replace(/^(?:whole_)?config\./, "");
}

/** Where a fault is told when a whole group is at fault. */
const FIRST_OF: Record<string, string> = {
  model: "model.provider",
  voice: "voice.provider",
  analysisPlan: PLAN,
  artifactPlan: "artifactPlan.recordingEnabled",
};

/** The field beside which a fault is told: its own, or the nearest around it. Nothing when the form has none. */
export function fieldFor(path: string, fields: string[]): string | undefined {
  const place = bare(path);
  const holds = (field: string): boolean => place === field || place.startsWith(`${field}.`) || place.startsWith(`${field}[`);
  const around = fields.filter(holds).sort((one, other) => other.length - one.length)[0];
  if (around !== undefined) return around;
  const first = FIRST_OF[place];
  return first !== undefined && fields.includes(first) ? first : undefined;
}
