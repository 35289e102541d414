// Lengths of time and ladders as people write them, and lists in forms.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { duration, ladder } = await load("durations.ts");
const { bodyOf } = await load("requests.ts");

test("a length of time has a number and a unit", () => {
  assert.deepEqual(["4 h", "90min", "1 d", "1.5 hours", "30 S"].map(duration), [14_400_000, 5_400_000, 86_400_000, 5_400_000, 30_000]);
  assert.deepEqual(["", "soon", "20", "4 weeks", "-1 h", "0 h", "1 h 30"].map(duration), Array(7).fill(undefined));
});

test("a ladder says how many calls it means", () => {
  assert.equal(ladder(" "), "Not called again");
  assert.equal(ladder("20 min"), "1 more call");
  assert.equal(ladder("20 min, 2 h, 1 d,"), "3 more calls");
  assert.equal(ladder("20, 2 h"), undefined);
});

test("fields of one name with brackets become a list", () => {
  const body = bodyOf([["outcomes[]", "busy"], ["outcomes[]", "no_answer"], ["name", " Spring "], ["zone", ""], ["a.b", "1"]]);
  assert.deepEqual(body, { outcomes: ["busy", "no_answer"], name: "Spring", a: { b: "1" } });
});
