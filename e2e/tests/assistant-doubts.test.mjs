// The provider is down, slow, or hangs up in the middle of a change: what a person sees, and that nothing happens twice.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { formReady, landed, part } from "../rig/assistants.mjs";
import { launch, open } from "../rig/browser.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  // Fast, so that the minutes after which a change counts as lost are seconds.
  [stage, browser] = await Promise.all([Stage.start({ speed: 60, assistants: false }), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** A page before a provider that works, whatever the test before has left behind. */
async function fresh() {
  await stage.sandbox("faults", { preset: "none" });
  await stage.sandbox("down", { for_ms: 0 });
  return open(browser, stage.url);
}

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
const nameIn = (on) => part(on, "Identity").getByLabel("Name", { exact: true });

/** The first message in the form. @param {Page} on */
const wordsIn = (on) => on.getByRole("textbox", { name: "First message" });

test("a provider that is busy or down changes nothing, and the form keeps what was written", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, context, troubles } = await fresh();
  const id = await made("Steady");
  const nothing = page.getByRole("alert").getByText("Nothing was changed; try again in a moment");

  await step("a new one is not created, and the form is as it was", async () => {
    await page.goto("/assistants/new");
    await formReady(page);
    await nameIn(page).fill("Patience");
    await wordsIn(page).fill("Good things take time.");
    await stage.sandbox("faults", { rate_refusal: 1 });
    troubles.allow("/api/assistants", 503);
    await page.getByRole("button", { name: "Create assistant" }).click();
    await nothing.waitFor();
    assert.deepEqual([await nameIn(page).inputValue(), await wordsIn(page).inputValue()], ["Patience", "Good things take time."]);
    assert.equal((await stage.api("/assistants?q=Patience")).total, 0);
  });

  await step("saved again when the provider takes it, it is there once", async () => {
    await stage.sandbox("faults", { preset: "none" });
    await page.getByRole("button", { name: "Create assistant" }).click();
    await landed(page);
    await page.getByRole("heading", { name: "Patience" }).waitFor();
    assert.equal(await twins("Patience"), 1);
  });

  await step("an edit is not made, and is when it is back", async () => {
    await page.goto(`/assistants/${id}/edit`);
    await formReady(page);
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
    await part(page, "History").getByText("Version 2").waitFor();
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
    await context.close();
  });
});

test("while a slow provider is asked the page says so and sends nothing twice", { timeout: 120_000 }, async () => {
  const { page, context, troubles } = await fresh();
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/assistants")) sent += 1;
  });
  await page.goto("/assistants/new");
  await formReady(page);
  await nameIn(page).fill("Slow");
  await stage.sandbox("faults", { slow_answer: 1, slow_answer_ms: { from_ms: 60_000, to_ms: 60_000 } });
  const save = page.getByRole("button", { name: "Create assistant" });
  const told = page.getByText("Saving, here and at Vapi…").waitFor();
  await save.dblclick();
  await told;
  assert.ok(await save.isDisabled());
  await nameIn(page).press("Enter");
  await landed(page);
  assert.deepEqual([sent, await twins("Slow")], [1, 1]);
  assert.deepEqual(troubles.all, []);
  await context.close();
});

test("a creation whose answer is lost ends well, with one assistant", { timeout: 120_000 }, async () => {
  const { page, context, troubles } = await fresh();
  await page.goto("/assistants/new");
  await formReady(page);
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
  await context.close();
});

test("what never arrived is looked up, and repeated or dismissed by who wanted it", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, context, troubles } = await fresh();
  const id = await made("Changed by nobody");
  // Three people at once: waiting takes long enough for one.
  const others = await Promise.all([open(browser, stage.url), open(browser, stage.url)]);
  const [editor, leaver] = others.map((other) => other.page);
  assert.ok(editor && leaver);
  const lost = (/** @type {Page} */ on, /** @type {string} */ what) =>
    on.getByRole("alert").filter({ hasText: `The answer to ${what} was lost.` });

  await step("all are told that the answer was lost, and nothing else can be changed", async () => {
    await page.goto("/assistants/new");
    await formReady(page);
    await nameIn(page).fill("Heard by nobody");
    await editor.goto(`/assistants/${id}/edit`);
    await formReady(editor);
    await wordsIn(editor).fill("Repeated.");
    await leaver.goto("/assistants/new");
    await formReady(leaver);
    await nameIn(leaver).fill("Wanted by nobody");
    await stage.sandbox("faults", { assistant_hang_up_before_acting: 1 });
    await Promise.all([
      ...[page, leaver].map((on) => on.getByRole("button", { name: "Create assistant" }).click()),
      editor.getByRole("button", { name: "Save" }).click(),
    ]);
    await Promise.all([page, editor, leaver].map(landed));
    await Promise.all([lost(page, "creating this assistant").waitFor(), lost(editor, "your change").waitFor()]);
    for (const on of [page, editor]) assert.equal(await on.getByRole("link", { name: "Edit" }).count(), 0);
    await stage.sandbox("faults", { preset: "none" });
    await page.getByRole("button", { name: "Look now" }).click();
    assert.equal(await twins("Heard by nobody"), 0);
  });

  await step("after some minutes they are told that it never arrived", async () => {
    await Promise.all([
      ...[page, leaver].map((on) => on.getByRole("alert").getByText("Vapi has not created this assistant.").waitFor()),
      editor.getByRole("alert").getByText("The last change never reached Vapi.").waitFor(),
    ]);
    await lost(page, "creating this assistant").waitFor({ state: "detached" });
    assert.equal((await held(id)).firstMessage, "Hello.");
  });

  await step("tried again, each is there once", async () => {
    await page.getByRole("button", { name: "Try again" }).click();
    await editor.getByRole("button", { name: "Repeat the change" }).click();
    await page.getByRole("link", { name: "Edit" }).waitFor();
    await part(editor, "History").getByText("Version 2").waitFor();
    await editor.locator("main").getByRole("alert").waitFor({ state: "detached" });
    assert.deepEqual([await twins("Heard by nobody"), await twins("Changed by nobody")], [1, 1]);
    assert.equal((await held(id)).firstMessage, "Repeated.");
  });

  await step("dismissed, it is forgotten", async () => {
    // It is told that something changed before it leaves.
    for (const other of others) other.troubles.tolerate(`${new URL(leaver.url()).pathname}/live`, 404);
    await leaver.getByRole("button", { name: "Dismiss" }).click();
    await leaver.waitForURL("**/assistants");
    await leaver.locator("#assistants tbody tr").first().waitFor();
    assert.equal((await stage.api("/assistants?q=Wanted")).total, 0);
    assert.equal(await twins("Wanted by nobody"), 0);
  });

  await step("nothing went wrong in their pages", async () => {
    assert.deepEqual([troubles, ...others.map((other) => other.troubles)].flatMap(({ all }) => all), []);
    assert.deepEqual(stage.errors, []);
    await Promise.all([context, ...others.map((other) => other.context)].map((each) => each.close()));
  });
});
