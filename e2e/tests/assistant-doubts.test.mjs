// The provider is down, slow, or hangs up in the middle of a change: what a person sees, and that nothing happens twice.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open } from "../rig/browser.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Page} */
let page;
/** @type {import("../rig/browser.mjs").Troubles} */
let troubles;

before(async () => {
  // Fast, so that the minutes after which a change counts as lost are seconds.
  [stage, browser] = await Promise.all([Stage.start({ speed: 60, assistants: false }), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});
beforeEach(async () => {
  ({ page, troubles } = await open(browser, stage.url));
});
afterEach(async () => {
  await stage.sandbox("faults", { preset: "none" });
  await page.context().close();
});

const CONFIG = { firstMessage: "Hello.", model: "gpt-4o", systemPrompt: "Be kind.", voice: { provider: "11labs", voiceId: "sarah" } };

/** @param {string} name @returns {Promise<string>} */
const made = async (name) => (await stage.send("POST", "/assistants", { name, config: CONFIG })).id;

/** How many of this name the provider truly has. @param {string} name */
const twins = async (name) => (await stage.held()).filter((held) => held.name === name).length;

/** What the provider has of ours. @param {string} id */
async function held(id) {
  const { provider_assistant_id: provider } = await stage.api(`/assistants/${id}`);
  return stage.provider("GET", `/assistant/${provider}`);
}

/** The name in the form. @param {Page} on */
const nameIn = (on) => on.getByRole("region", { name: "Identity" }).getByLabel("Name", { exact: true });

/** The first message in the form. @param {Page} on */
const wordsIn = (on) => on.getByRole("textbox", { name: "First message" });

/** Waits for the page of one assistant. @param {Page} on */
const landed = (on) => on.waitForURL(/\/assistants\/[0-9a-f-]{36}$/);

test("a provider that is down changes nothing, and the form keeps what was written", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const id = await made("Steady");
  const nothing = page.getByRole("alert").getByText("Nothing was changed; try again in a moment");

  await step("a new one is not created, and the form is as it was", async () => {
    await page.goto("/assistants/new");
    await nameIn(page).fill("Patience");
    await wordsIn(page).fill("Good things take time.");
    await stage.sandbox("down", { for_ms: 3_600_000 });
    troubles.allow("/api/assistants", 502);
    await page.getByRole("button", { name: "Create assistant" }).click();
    await nothing.waitFor();
    assert.deepEqual([await nameIn(page).inputValue(), await wordsIn(page).inputValue()], ["Patience", "Good things take time."]);
    assert.equal((await stage.api("/assistants?q=Patience")).total, 0);
  });

  await step("saved again when it is back, it is there once", async () => {
    await stage.sandbox("down", { for_ms: 0 });
    await page.getByRole("button", { name: "Create assistant" }).click();
    await landed(page);
    await page.getByRole("heading", { name: "Patience" }).waitFor();
    assert.equal(await twins("Patience"), 1);
  });

  await step("an edit is not made, and is when it is back", async () => {
    await page.goto(`/assistants/${id}/edit`);
    await wordsIn(page).fill("Later.");
    await stage.sandbox("down", { for_ms: 3_600_000 });
    troubles.allow(`/api/assistants/${id}`, 502);
    await page.getByRole("button", { name: "Save" }).click();
    await nothing.waitFor();
    const { version, state } = await stage.api(`/assistants/${id}`);
    assert.deepEqual([version, state], [1, "ready"]);
    await stage.sandbox("down", { for_ms: 0 });
    await page.getByRole("button", { name: "Save" }).click();
    await landed(page);
    await page.getByRole("region", { name: "History" }).getByText("Version 2").waitFor();
    assert.equal((await held(id)).firstMessage, "Later.");
  });

  await step("the import dialog says so, and asks again", async () => {
    const dialog = page.getByRole("dialog", { name: "Import assistants" });
    await stage.sandbox("down", { for_ms: 3_600_000 });
    await page.goto("/assistants");
    troubles.allow("/api/assistants/provider", 502);
    await page.getByRole("button", { name: "Import…" }).click();
    await dialog.getByText("The provider could not be asked").waitFor();
    await stage.sandbox("down", { for_ms: 0 });
    await dialog.getByRole("button", { name: "Try again" }).click();
    await dialog.getByRole("checkbox", { name: /^Riley/ }).waitFor();
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual([...troubles.all, ...stage.errors], []);
  });
});

test("while a slow provider is asked the page says so and sends nothing twice", { timeout: 120_000 }, async () => {
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/assistants")) sent += 1;
  });
  await page.goto("/assistants/new");
  await nameIn(page).fill("Slow");
  await stage.sandbox("faults", { slow_answer: 1, slow_answer_ms: { from_ms: 45_000, to_ms: 45_000 } });
  const save = page.getByRole("button", { name: "Create assistant" });
  await save.dblclick();
  await page.getByText("Saving, here and at Vapi…").waitFor();
  assert.ok(await save.isDisabled());
  await nameIn(page).press("Enter");
  await landed(page);
  assert.deepEqual([sent, await twins("Slow")], [1, 1]);
  assert.deepEqual(troubles.all, []);
});

test("a creation whose answer is lost ends well, with one assistant", { timeout: 120_000 }, async () => {
  await page.goto("/assistants/new");
  await nameIn(page).fill("Answered by nobody");
  await stage.sandbox("faults", { assistant_hang_up_after_acting: 1 });
  await page.getByRole("button", { name: "Create assistant" }).click();
  await landed(page);
  await stage.sandbox("faults", { preset: "none" });
  // By itself, without a reload.
  await page.getByRole("link", { name: "Edit" }).waitFor();
  assert.equal(await page.locator("main").getByRole("alert").count(), 0);
  assert.equal(await twins("Answered by nobody"), 1);
  assert.deepEqual(troubles.all, []);
});

test("what never arrived is looked up, and repeated by who wants it", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const id = await made("Changed by nobody");
  // Two people at once: waiting takes long enough for one.
  const other = await open(browser, stage.url);
  const doubt = page.getByRole("alert").filter({ hasText: "The answer to creating this assistant was lost." });
  const otherDoubt = other.page.getByRole("alert").filter({ hasText: "The answer to your change was lost." });

  await step("both are told that the answer was lost, and nothing else can be changed", async () => {
    await page.goto("/assistants/new");
    await nameIn(page).fill("Heard by nobody");
    await other.page.goto(`/assistants/${id}/edit`);
    await wordsIn(other.page).fill("Repeated.");
    await stage.sandbox("faults", { assistant_hang_up_before_acting: 1 });
    await Promise.all([
      page.getByRole("button", { name: "Create assistant" }).click(),
      other.page.getByRole("button", { name: "Save" }).click(),
    ]);
    await Promise.all([landed(page), landed(other.page)]);
    await Promise.all([doubt.waitFor(), otherDoubt.waitFor()]);
    for (const on of [page, other.page]) assert.equal(await on.getByRole("link", { name: "Edit" }).count(), 0);
    await stage.sandbox("faults", { preset: "none" });
    await doubt.getByRole("button", { name: "Look now" }).click();
    assert.equal(await twins("Heard by nobody"), 0);
  });

  await step("after some minutes they are told that it never arrived", async () => {
    await Promise.all([
      page.getByRole("alert").getByText("Vapi has not created this assistant.").waitFor(),
      other.page.getByRole("alert").getByText("The last change never reached Vapi.").waitFor(),
    ]);
    await doubt.waitFor({ state: "detached" });
    assert.equal((await held(id)).firstMessage, "Hello.");
  });

  await step("tried again, each is there once", async () => {
    await page.getByRole("button", { name: "Try again" }).click();
    await other.page.getByRole("button", { name: "Repeat the change" }).click();
    await page.getByRole("link", { name: "Edit" }).waitFor();
    await other.page.getByRole("region", { name: "History" }).getByText("Version 2").waitFor();
    await other.page.locator("main").getByRole("alert").waitFor({ state: "detached" });
    assert.deepEqual([await twins("Heard by nobody"), await twins("Changed by nobody")], [1, 1]);
    assert.equal((await held(id)).firstMessage, "Repeated.");
    const { calls: _, list: __, ...counts } = (await stage.ledger()).assistants;
    assert.equal(counts.deleted, 0);
  });

  await step("nothing went wrong in their pages", async () => {
    assert.deepEqual([...troubles.all, ...other.troubles.all, ...stage.errors], []);
    await other.context.close();
  });
});
