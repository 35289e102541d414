// JSON by path, and where a text stops being JSON.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { at, drop, parse, put, same } = await load("json.ts");
const { entriesOf } = await load("import-entries.ts");
const { bodyOf, filled } = await load("requests.ts");

test("a tree is read and changed by path, and the tree before stays as it was", () => {
  const tree = { a: { b: [{ c: 1 }, 2] }, d: "x" };
  assert.equal(at(tree, "a.b[0].c"), 1);
  assert.equal(at(tree, "a.b.1"), 2);
  assert.equal(at(tree, "d.e"), undefined);
  assert.equal(at(tree, "toString"), undefined);
  assert.deepEqual(put(tree, "a.b[0].c", 9), { a: { b: [{ c: 9 }, 2] }, d: "x" });
  assert.deepEqual(put(tree, "d.e.f", true), { a: tree.a, d: { e: { f: true } } });
  assert.deepEqual(drop(tree, "a.b[0]"), { a: { b: [2] }, d: "x" });
  assert.deepEqual(drop({ a: { b: { c: 1 } } }, "a.b.c"), {});
  assert.deepEqual(drop(tree, "x.y"), tree);
  assert.deepEqual(tree, { a: { b: [{ c: 1 }, 2] }, d: "x" });
});

test("two values are the same in whatever order their fields stand", () => {
  assert.ok(same({ a: 1, b: [null] }, { b: [null], a: 1 }));
  assert.ok(same(undefined, null));
  assert.ok(!same({ a: 1 }, { a: 1, b: 2 }));
  assert.ok(!same([1, 2], [2, 1]));
  assert.ok(!same(0, null));
});

test("what is no JSON is told by line and column", () => {
  const where = (text) => {
    const { fault } = parse(text);
    return [fault.line, fault.column, fault.message];
  };
  assert.deepEqual(parse('{"a": [1, -2.5e3, "\\u00e4"], "b": {}}').value.a, [1, -2500, "ä"]);
  assert.deepEqual(where('{\n  "a": 1\n  "b": 2\n}').slice(0, 2), [3, 3]);
  assert.match(where('{"a": 1,}')[2], /last entry/);
  assert.deepEqual(where('{"a": tru}').slice(0, 2), [1, 7]);
  assert.match(where('{"a": "x')[2], /quotes/);
  assert.match(where("{a: 1}")[2], /name in double quotes/);
  assert.match(where('{"a" 1}')[2], /colon/);
  assert.match(where('{"a": 1} x')[2], /follow/);
  assert.match(where('{"a": [1, 2')[2], /breaks off/);
  assert.deepEqual(where("").slice(0, 2), [1, 1]);
  assert.match(where("[1]")[2], /object/);
  for (const text of ['{"a": 01}', '{"a": 1.}', '{"a": "\t"}', "{'a': 1}", '{"a": NaN}', "{", "}", '{"a": "\\x"}']) {
    assert.ok(parse(text).fault.line === 1, text);
  }
});

test("a file holds an export, one assistant, or a bare configuration", () => {
  const one = { name: "Ann", config: { model: "gpt-4" }, left_out: ["server.headers.Authorization"] };
  const file = JSON.stringify({ format: "autolynx.assistants", format_version: 1, assistants: [one] });
  assert.deepEqual(entriesOf(file, "a.json").entries, [
    { name: "Ann", body: { name: "Ann", config: { model: "gpt-4" } }, leftOut: ["server.headers.Authorization"] },
  ]);
  assert.deepEqual(entriesOf('{"firstMessage": "Hi"}', "short pitch.json").entries, [
    { name: "short pitch", body: { name: "short pitch", config: { firstMessage: "Hi" } }, leftOut: [] },
  ]);
  for (const text of ["x", "[]", "7", '{"a": 1}', '[{"model": {}}, 7]', '{"format": "other"}', '{"format": "autolynx.assistants", "format_version": 2}']) {
    assert.ok(entriesOf(text, "a.json").problem, text);
  }
});

test("a form says only what was filled in, and the answer fills the next address", () => {
  assert.deepEqual(bodyOf([["phone", " +1 "], ["name", ""], ["variables.city", "Rome"], ["variables.day", ""]]), {
    phone: "+1",
    variables: { city: "Rome" },
  });
  assert.equal(filled("/assistants/{id}", { id: "a/b" }), "/assistants/a%2Fb");
});
