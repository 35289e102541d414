// JSON as a tree that is read and changed by path, and where a text stops being JSON.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Whether a value has fields. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `model.messages[0].content` as its steps. */
export function steps(path: string): string[] {
  return path
    .replaceAll(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter((step) => step !== "");
}

function child(value: Json | undefined, step: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(step)];
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** What stands at a path; nothing when the path leads nowhere. */
export function at(tree: Json | undefined, path: string): Json | undefined {
  return steps(path).reduce<Json | undefined>(child, tree);
}

/** A copy with another value at a path. What is missing on the way is made, what is no object gives way. */
export function put(tree: JsonObject, path: string, value: Json): JsonObject {
  return putSteps(tree, steps(path), value) as JsonObject;
}

function putSteps(tree: Json | undefined, [step, ...rest]: string[], value: Json): Json {
  if (step === undefined) return value;
  const inner = putSteps(child(tree, step), rest, value);
  if (Array.isArray(tree) && /^\d+$/.test(step)) return replaced(tree, Number(step), inner);
  return { ...(isObject(tree) ? tree : {}), [step]: inner };
}

function replaced(list: Json[], index: number, value: Json): Json[] {
  const copy = [...list];
  copy[Math.min(index, copy.length)] = value;
  return copy;
}

/** A copy without what stands at a path. Objects that this leaves empty go too. */
export function drop(tree: JsonObject, path: string): JsonObject {
  return (dropSteps(tree, steps(path)) ?? {}) as JsonObject;
}

function dropSteps(tree: Json, [step, ...rest]: string[]): Json | undefined {
  const inner = step === undefined ? undefined : child(tree, step);
  if (step === undefined || inner === undefined) return tree;
  const left = rest.length === 0 ? undefined : dropSteps(inner, rest);
  if (Array.isArray(tree)) {
    return left === undefined ? tree.filter((_, index) => index !== Number(step)) : replaced(tree, Number(step), left);
  }
  const copy = { ...(tree as JsonObject) };
  if (left === undefined) delete copy[step];
  else copy[step] = left;
  return Object.keys(copy).length === 0 ? undefined : copy;
}

/** Whether two values are the same, in whatever order their fields stand. Nothing and null count as the same. */
export function same(one: Json | undefined, other: Json | undefined): boolean {
  if (one === undefined || one === null || other === undefined || other === null) return (one ?? null) === (other ?? null);
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, index) => same(value, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => same(one[key], other[key]));
  }
  return one === other;
}

/** Where and why a text is no JSON. */
export interface Fault {
  line: number;
  column: number;
  message: string;
}

/** Reads a configuration. Browsers say differently, or not at all, where a text breaks off, so we look ourselves. */
export function parse(text: string): { value: JsonObject } | { fault: Fault } {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    const { position, message } = new Scanner(text).fault();
    const before = text.slice(0, position).split("\n");
    return { fault: { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message } };
  }
  if (!isObject(value)) return { fault: { line: 1, column: 1, message: "The whole must be an object: { … }" } };
  return { value };
}

class Stop {
  constructor(
    readonly position: number,
    readonly message: string,
  ) {}
}

const BLANK = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;

class Scanner {
  #at = 0;

  constructor(readonly text: string) {}

  fault(): { position: number; message: string } {
    try {
      this.#value();
      if (this.#peek() !== "") this.#stop("Nothing may follow the end");
      return { position: this.#at, message: "This is no JSON" };
    } catch (stop) {
      if (stop instanceof Stop) return stop;
      throw stop;
    }
  }

  #stop(message: string): never {
    throw new Stop(this.#at, message);
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    this.#at += found?.[0].length ?? 0;
    return found !== null;
  }

  /** The next character that is no blank, or nothing at the end. */
  #peek(): string {
    this.#take(BLANK);
    return this.text.charAt(this.#at);
  }

  #value(): void {
    const next = this.#peek();
    if (next === "{") this.#members("}", () => this.#member());
    else if (next === "[") this.#members("]", () => this.#value());
    else if (next === '"') this.#string();
    else if (next === "") this.#stop("It breaks off here");
    else if (!this.#take(SCALAR)) this.#stop("Here should be a value");
  }

  #string(): void {
    if (!this.#take(TEXT)) this.#stop("This text in quotes does not end, or holds a character that must be escaped");
  }

  #member(): void {
    if (this.#peek() !== '"') this.#stop('Here should be a name in double quotes');
    this.#string();
    if (this.#peek() !== ":") this.#stop("Here should be a colon");
    this.#at += 1;
    this.#value();
  }

  #members(end: string, member: () => void): void {
    this.#at += 1;
    if (this.#peek() === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      member();
      const next = this.#peek();
      if (next !== "," && next !== end) this.#stop(next === "" ? "It breaks off here" : `Here should be a comma or ${end}`);
      this.#at += 1;
      if (next === end) return;
      if (this.#peek() === end) this.#stop("The last entry has no comma after it");
    }
  }
}
