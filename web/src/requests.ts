// Requests with JSON, for what forms and buttons cannot send by themselves.

import { readError, type ApiError } from "./api-error";

/** What the server said. */
export interface Reply {
  ok: boolean;
  status: number;
  /** The answer's fields; empty when it has none. */
  answer: Record<string, unknown>;
  /** The refusal, when it is one. */
  error: ApiError;
  /** More about the refusal. */
  details: Record<string, unknown>;
}

/** Sends a request and reads its answer. Never throws: no answer is a refusal like any other. */
export async function send(method: string, address: string, body?: unknown): Promise<Reply> {
  let status = 0;
  let text = "";
  try {
    const headers: Record<string, string> = { Accept: "application/json" };
    const request: RequestInit = { method, headers };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    const response = await fetch(address, request);
    text = await response.text();
    status = response.status;
  } catch {
    // The connection broke: read below as no answer.
  }
  const ok = status >= 200 && status < 300;
  const answer = fields(text);
  const error = answer["error"] as { details?: unknown } | undefined;
  return { ok, status, answer, error: readError(status, text), details: object(error?.details) };
}

function fields(text: string): Record<string, unknown> {
  try {
    return object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** What is no object has no fields. */
export function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Fills `{id}` and the like in an address from an answer. */
export function filled(address: string, answer: Record<string, unknown>): string {
  return address.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(answer[name] ?? "")));
}

/** What a form holds, as the API wants it: `a.b` is a field of `a`, `a[]` a list, and what is left empty is not said. */
export function bodyOf(entries: Iterable<[string, unknown]>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    if (typeof value !== "string" || value.trim() === "") continue;
    if (name.endsWith("[]")) {
      ((body[name.slice(0, -2)] ??= []) as unknown[]).push(value.trim());
      continue;
    }
    const dot = name.indexOf(".");
    if (dot < 0) {
      body[name] = value.trim();
      continue;
    }
    const group = (body[name.slice(0, dot)] ??= {}) as Record<string, unknown>;
    group[name.slice(dot + 1)] = value.trim();
  }
  return body;
}
