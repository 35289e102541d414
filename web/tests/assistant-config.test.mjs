// An assistant's form and its JSON: what a field means in the configuration, and that nothing else is touched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { KINDS, extractsIn, fieldFor, onTop, ownCriteria, spelled, variablesIn, withExtracts } =
  await load("assistant-config.ts");

const read = (kind, config, path = "") => KINDS[kind].read(config, path);
const write = (kind, config, value, path = "") => KINDS[kind].write(config, path, value);

/** A configuration with something in it that no field knows. */
const STRANGE = { transcriber: { provider: "deepgram" }, model: { provider: "openai", tools: [{ type: "endCall" }] } };

test("texts and numbers stand at their path, and empty ones go away", () => {
  const warm = write("number", STRANGE, "0.7", "model.temperature");
  assert.deepEqual(warm, { ...STRANGE, model: { ...STRANGE.model, temperature: 0.7 } });
  assert.equal(read("number", warm, "model.temperature"), "0.7");
  assert.deepEqual(write("number", warm, "", "model.temperature"), STRANGE);
  assert.deepEqual(write("text", {}, "sarah", "voice.voiceId"), { voice: { voiceId: "sarah" } });
  assert.deepEqual(write("text", { voice: { voiceId: "sarah" } }, "", "voice.voiceId"), {});
});

test("a model in the short form is understood, and written in the long one", () => {
  assert.equal(read("text", { model: "gpt-4" }, "model.model"), "gpt-4");
  assert.deepEqual(write("number", { model: "gpt-4" }, "1", "model.temperature"), {
    model: { provider: "openai", model: "gpt-4", temperature: 1 },
  });
  assert.deepEqual(write("system-prompt", { model: "gpt-4", systemPrompt: "Old" }, "New"), {
    model: { provider: "openai", model: "gpt-4", messages: [{ role: "system", content: "New" }] },
  });
  assert.equal(read("switch", { recordingEnabled: false }, "artifactPlan.recordingEnabled"), "false");
  assert.deepEqual(write("switch", { recordingEnabled: false }, "true", "artifactPlan.recordingEnabled"), {
    artifactPlan: { recordingEnabled: true },
  });
  assert.deepEqual(write("number", { maxCallDurationSeconds: 180 }, "90", "maxDurationSeconds"), { maxDurationSeconds: 90 });
});

test("the prompt is the first system message, wherever it stands", () => {
  const config = { model: { messages: [{ role: "user", content: "Hi" }, { role: "system", content: "Be kind", name: "x" }] } };
  assert.equal(read("system-prompt", config), "Be kind");
  assert.deepEqual(write("system-prompt", config, "Be brief").model.messages, [
    { role: "user", content: "Hi" },
    { role: "system", content: "Be brief", name: "x" },
  ]);
  assert.deepEqual(write("system-prompt", config, "").model.messages, [{ role: "user", content: "Hi" }]);
  assert.deepEqual(write("system-prompt", {}, "New"), { model: { messages: [{ role: "system", content: "New" }] } });
});

test("another voicemail provider keeps the plan", () => {
  const config = { voicemailDetection: { provider: "google", beepMaxAwaitSeconds: 12 } };
  assert.equal(read("voicemail", config), "google");
  assert.deepEqual(write("voicemail", config, "vapi"), { voicemailDetection: { provider: "vapi", beepMaxAwaitSeconds: 12 } });
  assert.deepEqual(write("voicemail", config, "off"), { voicemailDetection: "off" });
  assert.deepEqual(write("voicemail", config, ""), {});
});

test("silence is one hook of ours among others", () => {
  const other = { on: "call.ending", do: [] };
  const quiet = write("silence", { hooks: [other] }, "15");
  assert.deepEqual(quiet.hooks, [
    other,
    {
      on: "customer.speech.timeout",
      name: "autolynx-silence",
      options: { timeoutSeconds: 15, triggerMaxCount: 1 },
      do: [{ type: "tool", tool: { type: "endCall" } }],
    },
  ]);
  assert.equal(read("silence", quiet), "15");
  assert.equal(write("silence", quiet, "20").hooks[1].options.timeoutSeconds, 20);
  assert.deepEqual(write("silence", quiet, ""), { hooks: [other] });
  assert.deepEqual(write("silence", write("silence", {}, "9"), ""), {});
});

test("criteria are put into the evaluation's messages and found again", () => {
  const config = write("criteria", {}, "They agree.\n\nRubric: none.");
  assert.equal(read("criteria", config), "They agree.\n\nRubric: none.");
  assert.equal(ownCriteria(config), false);
  assert.match(config.analysisPlan.successEvaluationPlan.messages[0].content, /\{\{rubric\}\}/);
  assert.equal(ownCriteria({ analysisPlan: { successEvaluationPlan: { messages: [{ role: "system", content: "?" }] } } }), true);
  assert.deepEqual(write("criteria", config, ""), {});
});

test("what is drawn from a call is a table, and what the table cannot show stays", () => {
  const schema = {
    type: "object",
    required: ["day"],
    properties: { day: { type: "string", enum: ["Mon", "Tue"], description: "When" } },
  };
  const config = { analysisPlan: { structuredDataPlan: { enabled: false, timeoutSeconds: 9, schema } } };
  const [day] = extractsIn(config);
  assert.deepEqual(day, { name: "day", type: "string", description: "When", was: "day" });
  const next = withExtracts(config, [
    { ...day, name: "weekday", description: "" },
    { name: "ok", type: "boolean", description: "", was: "" },
    { name: "", type: "string", description: "", was: "" },
  ]);
  assert.deepEqual(next.analysisPlan.structuredDataPlan, {
    enabled: true,
    timeoutSeconds: 9,
    schema: {
      type: "object",
      required: ["weekday"],
      properties: { weekday: { type: "string", enum: ["Mon", "Tue"] }, ok: { type: "boolean" } },
    },
  });
  assert.deepEqual(withExtracts(next, []).analysisPlan.structuredDataPlan, { timeoutSeconds: 9 });
  assert.equal(extractsIn({ analysisPlan: { structuredDataPlan: { schema: { type: "array" } } } }), undefined);
  assert.deepEqual(extractsIn({}), []);
});

test("variables are found in the order in which they come up, without those of the provider", () => {
  assert.deepEqual(variablesIn(["Hi {{name}}, {{ city | upcase }}", "{{name}} {{now}} {{- plan }} {{"]), ["name", "city", "plan"]);
});

test("lengths of time are spelled out", () => {
  assert.deepEqual(["600", "90", "3600", "0", "", "x"].map(spelled), ["10 min", "1 min 30 s", "1 h", "", "", ""]);
});

test("our changes go on top of theirs, and what both changed stays ours", () => {
  const mine = { firstMessage: "Mine", model: { temperature: 0.4 }, voicemailMessage: "Hello" };
  const { config, taken, kept } = onTop(mine, [
    { path: "firstMessage", before: "Old", after: "Theirs" },
    { path: "config.model.temperature", before: 0.4, after: 0.9 },
    { path: "voicemailMessage", before: "Hello", after: null },
    { path: "endCallMessage", before: null, after: "Bye" },
  ]);
  assert.deepEqual(config, { firstMessage: "Mine", model: { temperature: 0.9 }, endCallMessage: "Bye" });
  assert.deepEqual(taken, ["config.model.temperature", "voicemailMessage", "endCallMessage"]);
  assert.deepEqual(kept, ["firstMessage"]);
});

test("a fault is told beside the nearest field", () => {
  const fields = ["name", "model.messages", "model.provider", "voicemailDetection", "analysisPlan.structuredDataPlan"];
  assert.equal(fieldFor("name", fields), "name");
  assert.equal(fieldFor("config.model.messages[0].content", fields), "model.messages");
  assert.equal(fieldFor("config.voicemailDetection.provider", fields), "voicemailDetection");
  assert.equal(fieldFor("config.model", fields), "model.provider");
  assert.equal(fieldFor("config.server.url", fields), undefined);
  assert.equal(fieldFor("", fields), undefined);
});
