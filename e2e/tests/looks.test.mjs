// Pages that everybody can use: read out, by keyboard, in the dark, on a telephone, enlarged, without motion or scripts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { formReady } from "../rig/assistants.mjs";
import { EVERY_RULE, faults } from "../rig/axe.mjs";
import { launch, open } from "../rig/browser.mjs";
import { LEADS, TALKER, list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { until } from "../rig/until.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;
/** A campaign in full swing. */
let busy = "";
/** One that waits for Start. */
let waiting = "";
/** An assistant with a history, of which the provider has something else. */
let drifted = "";

before(async () => {
  [stage, browser] = await Promise.all([Stage.start({ speed: 30, lines: 10 }), launch()]);
  const scripts = ["interested 20s", "voicemail", "busy", "no-answer", "invalid", "fail"];
  busy = await stage.importList(list(40, (person) => scripts[person] ?? TALKER), { cap: "10" });
  waiting = await stage.importList(LEADS.read(), { name: "A long name without any space in it: ".padEnd(199, "x") });
  await stage.act(busy, "start");
  drifted = await driftedAssistant();
  await until("calls have ended and others talk", async () => {
    const { contacts } = (await stage.api(`/campaigns/${busy}`)).progress;
    return contacts.done === scripts.length && contacts.calling === 10;
  });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** A clone of a template that was edited here, and then at the provider. */
async function driftedAssistant() {
  const [template] = (await stage.api("/assistants?source=template&q=discovery")).items;
  const name = "A long name without any space in: xxxxxx";
  const { id, provider_assistant_id: provider } = await stage.send("POST", `/assistants/${template.id}/clone`, { name, by: "Ann" });
  const config = { firstMessage: "Hello {{name}}, how is {{city}}?", server: { url: `https://hooks.example/${"x".repeat(80)}` } };
  await stage.send("PATCH", `/assistants/${id}`, { version: 1, config, by: "Bob" });
  await stage.provider("PATCH", `/assistant/${provider}`, { endCallMessage: "x".repeat(200) });
  await stage.api(`/assistants/${id}/check`, { method: "POST" });
  return id;
}

/** Every kind of page, and how a person gets to see all of it. */
const views = {
  campaigns: async (/** @type {Page} */ page) => {
    await page.goto("/campaigns");
  },
  "new campaign": async (/** @type {Page} */ page) => {
    await page.goto("/campaigns");
    await page.getByRole("button", { name: "New campaign" }).click();
    await page.getByRole("button", { name: "Import the list" }).click();
    await page.getByText("Give the campaign a name.").waitFor();
  },
  question: async (/** @type {Page} */ page) => {
    await page.goto(`/campaigns/${waiting}`);
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("starting now?").waitFor();
  },
  campaign: async (/** @type {Page} */ page) => {
    await page.goto(`/campaigns/${busy}`);
    await page.locator(".lamp.lit").first().waitFor();
  },
  "call in the drawer": async (/** @type {Page} */ page) => {
    await page.goto(`/campaigns/${busy}?outcome=human`);
    await page.locator("#calls a.row-link").first().click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
  },
  call: async (/** @type {Page} */ page) => {
    await page.goto(`/campaigns/${busy}?state=done`);
    await page.goto((await page.locator("#calls a.row-link").first().getAttribute("href")) ?? "");
  },
  assistants: async (/** @type {Page} */ page) => {
    await page.goto("/assistants");
  },
  "import of assistants": async (/** @type {Page} */ page) => {
    await page.goto("/assistants");
    await page.getByRole("button", { name: "Import…" }).click();
    await page.getByRole("link", { name: "Registered" }).first().waitFor();
  },
  "new assistant": async (/** @type {Page} */ page) => {
    await page.goto("/assistants/new");
    await formReady(page);
    await page.getByRole("button", { name: "Add a field" }).click();
    await page.getByRole("button", { name: "Create assistant" }).click();
    await page.getByText("Give the assistant a name.").waitFor();
  },
  "broken JSON": async (/** @type {Page} */ page) => {
    await page.goto(`/assistants/${drifted}/edit`);
    await formReady(page);
    await page.getByRole("textbox", { name: "As JSON" }).fill('{ "a": ');
    await page.getByText("It breaks off here").waitFor();
  },
  assistant: async (/** @type {Page} */ page) => {
    await page.goto(`/assistants/${drifted}`);
    await page.getByRole("heading", { name: "Somebody changed this assistant at Vapi" }).waitFor();
    await page.getByText("The whole configuration as JSON").click();
  },
  "test call": async (/** @type {Page} */ page) => {
    await page.goto(`/assistants/${drifted}`);
    await page.getByRole("button", { name: "Test call…" }).click();
    await page.getByRole("button", { name: "Call now" }).click();
    await page.getByText("Enter the number, with its country code.").waitFor();
  },
  "edit of an assistant": async (/** @type {Page} */ page) => {
    await page.goto(`/assistants/${drifted}/edit`);
    await formReady(page);
  },
  "edited meanwhile": async (/** @type {Page} */ page) => {
    await page.route(`**/api/assistants/${drifted}`, (route) => {
      const at = new Date().toISOString();
      const differences = [{ path: "model.temperature", before: 0.5, after: 0.7 }, { path: "firstMessage", after: "x".repeat(200) }];
      const details = { version: 3, by: "Ann", at, differences };
      return route.fulfill({ status: 409, json: { error: { code: "edited_meanwhile", message: "Ann was faster.", details } } });
    });
    await page.goto(`/assistants/${drifted}/edit`);
    await formReady(page);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Ann saved version 3" }).waitFor();
  },
  "version of an assistant": async (/** @type {Page} */ page) => {
    await page.goto(`/assistants/${drifted}/versions/2`);
    await page.getByText("The whole configuration as JSON").click();
  },
  numbers: async (/** @type {Page} */ page) => {
    await page.goto("/numbers");
  },
  error: async (/** @type {Page} */ page) => {
    await page.goto("/campaigns/00000000-0000-7000-8000-000000000000");
  },
};

for (const [name, show] of Object.entries(views)) {
  test(`everybody can use: ${name}`, { timeout: 120_000 }, async () => {
    const { page, context, troubles } = await open(browser, stage.url, { reducedMotion: "reduce" });
    if (name === "error") troubles.allow("-000000000000", 404);
    if (name === "edited meanwhile") troubles.allow(drifted, 409);
    await show(page);
    assert.deepEqual(await faults(page, { runOnly: EVERY_RULE }), [], "light");
    await page.emulateMedia({ colorScheme: "dark" });
    assert.deepEqual(await faults(page, { runOnly: { type: "rule", values: ["color-contrast"] } }), [], "dark");
    const moving = await page.evaluate(() =>
      document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().iterations === Infinity).length);
    assert.equal(moving, 0, "nothing moves for those who asked for less motion");
    // As wide as a small telephone, or a laptop's page at 400 %.
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 320, `the page is ${wide} pixels wide on a telephone of 320`);
    assert.deepEqual(troubles.all, []);
    await context.close();
  });
}

test("without scripts everything can be read and filtered", { timeout: 120_000 }, async () => {
  const { page, context, troubles } = await open(browser, stage.url, { javaScriptEnabled: false });
  await page.goto("/campaigns");
  await page.locator("noscript p", { hasText: "Scripts are off." }).waitFor();
  await page.getByRole("link", { name: "Spring leads" }).click();
  await page.getByRole("searchbox", { name: "Name or number" }).fill("Person 17");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("1–1 of 1").waitFor();
  assert.equal(await page.getByRole("button", { name: "Pause" }).count(), 0, "no button that does nothing");
  await page.goto("/assistants");
  await page.getByRole("searchbox", { name: "Name" }).fill("riley");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("link", { name: "Riley (appointments)" }).click();
  await page.getByText("this is Riley. I'm calling about").first().waitFor();
  assert.deepEqual(await page.locator("main").getByRole("button").all(), [], "no button that does nothing");
  await page.getByRole("link", { name: "Edit" }).click();
  await page.locator("pre", { hasText: "this is Riley." }).waitFor();
  assert.deepEqual(troubles.all, []);
  await context.close();
});
