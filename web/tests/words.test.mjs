// What people read: moments, running clocks, and refusals of the server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { ago, clockAt, elapsed } = await load("times.ts");
const { readError } = await load("api-error.ts");

const NOW = Date.UTC(2026, 10, 20, 14, 30);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("a moment is told by its distance, and after a week by its date", () => {
  const told = (distance) => ago(NOW + distance, NOW);
  assert.equal(told(-10_000), "just now");
  assert.equal(told(10_000), "in a moment");
  assert.equal(told(-MINUTE), "1 minute ago");
  assert.equal(told(-35 * MINUTE), "35 minutes ago");
  assert.equal(told(18 * HOUR), "in 18 hours");
  assert.equal(told(-26 * HOUR), "yesterday");
  assert.match(told(-30 * 24 * HOUR), /Oct 2\d, 2026/);
});

test("a running clock never goes below zero and shows hours when there are any", () => {
  const shown = (ms) => elapsed(NOW - ms, NOW);
  assert.deepEqual([-5_000, 7_900, 750_000, 3_723_000].map(shown), ["0:00", "0:07", "12:30", "1:02:03"]);
});

test("the server's clock goes on at its own speed", () => {
  assert.equal(clockAt({ shown: NOW, read: 5_000, speed: 1 }, 7_000), NOW + 2_000);
  assert.equal(clockAt({ shown: NOW, read: 5_000, speed: 60 }, 7_000), NOW + 2 * MINUTE);
});

test("a refusal names its field", () => {
  const body = JSON.stringify({ error: { code: "invalid_field", message: "No name.", details: { field: "name" } } });
  assert.deepEqual(readError(422, body), { code: "invalid_field", message: "No name.", field: "name" });
});

test("an answer that is no refusal of ours becomes a plain sentence", () => {
  assert.match(readError(0, "").message, /did not answer/);
  assert.match(readError(401, "<html>").message, /signed out/);
  assert.match(readError(413, "").message, /larger/);
  assert.match(readError(502, "Bad gateway").message, /502/);
  assert.match(readError(500, "null").message, /500/);
  assert.match(readError(500, '{"error":{"message":7}}').message, /500/);
});
