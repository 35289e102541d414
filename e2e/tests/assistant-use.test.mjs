// Assistants at work: chosen by a campaign, told apart by version in its calls, tried with one call, gone after their one
// campaign. And the numbers that they call from.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { formReady, landed, part } from "../rig/assistants.mjs";
import { launch, open } from "../rig/browser.mjs";
import { TALKER, list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";
import { until } from "../rig/until.mjs";

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [stage, browser] = await Promise.all([Stage.start({ speed: 60, lines: 10 }), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

const CONFIG = { firstMessage: "Hello.", model: "gpt-4o", systemPrompt: "Be kind.", voice: { provider: "11labs", voiceId: "sarah" } };

/** @param {string} name @param {object} [more] @returns {Promise<string>} */
const made = async (name, more = {}) => (await stage.send("POST", "/assistants", { name, config: CONFIG, ...more })).id;

/** @param {string} campaign @returns {Promise<any>} */
const contacts = async (campaign) => (await stage.api(`/campaigns/${campaign}`)).progress.contacts;

test("a campaign speaks with the assistant that it chose", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, context, troubles } = await open(browser, stage.url);
  const live = page.locator("#live");
  const setup = live.locator("dl.setup");
  const question = page.locator("dialog#confirm");
  const cora = await made("Cora", { config: { ...CONFIG, firstMessage: "Hi {{name}}, how is {{city}}?" } });
  const missing = live.getByText("city is no column of the list");
  let campaign = "";

  await step("it is chosen in the dialog, and the page leads to it", async () => {
    const dialog = page.getByRole("dialog", { name: "New campaign" });
    await page.goto("/campaigns");
    await page.getByRole("button", { name: "New campaign" }).click();
    const file = { name: "spring.csv", mimeType: "text/csv", buffer: Buffer.from(list(6, "interested 20s")) };
    await dialog.locator("#nc-file").setInputFiles(file);
    const offered = await dialog.getByLabel("Assistant", { exact: true }).locator("option").allInnerTexts();
    assert.deepEqual(offered.slice(1).sort(), ["Cora", "Riley (appointments)", "Sam (survey)"], "templates only talk as clones");
    await dialog.getByLabel("Assistant", { exact: true }).selectOption({ label: "Cora" });
    await dialog.getByLabel("Calls from").selectOption({ index: 1 });
    await dialog.getByRole("button", { name: "Import the list" }).click();
    await page.getByRole("heading", { name: "“Spring” is imported" }).waitFor();
    campaign = (await stage.api("/campaigns")).items[0].id;
    await page.goto(`/campaigns/${campaign}`);
    assert.equal(await setup.getByRole("link", { name: "Cora" }).getAttribute("href"), `/assistants/${cora}`);
    await missing.waitFor();
  });

  await step("until the start it can be another one", async () => {
    const dialog = page.getByRole("dialog", { name: "Another assistant" });
    const change = async (/** @type {string} */ to) => {
      await setup.getByRole("button", { name: "Change…" }).click();
      await dialog.getByLabel("Assistant").selectOption({ label: to });
      await dialog.getByRole("button", { name: "Change assistant" }).click();
      await setup.getByRole("link", { name: to }).waitFor();
    };
    await change("Riley (appointments)");
    await missing.waitFor({ state: "detached" });
    await change("Cora");
    await missing.waitFor();
  });

  await step("Start names what the list lacks, and goes on only when told to", async () => {
    await live.getByRole("button", { name: "Start" }).click();
    await question.getByText("The list is not complete: city is no column of the list; the assistant’s words use it.").waitFor();
    await question.getByRole("button", { name: "Not now" }).click();
    assert.equal((await stage.api(`/campaigns/${campaign}`)).status, "CREATED");
    await live.getByRole("button", { name: "Start" }).click();
    await question.getByRole("button", { name: "Start anyway" }).click();
    await setup.getByText("version 1").waitFor();
    assert.equal(await setup.getByRole("button", { name: "Change…" }).count(), 0);
    await until("everybody is called", async () => (await contacts(campaign)).done === 6);
  });

  await step("a call says which version spoke, whatever the assistant is by now", async () => {
    await stage.send("PATCH", `/assistants/${cora}`, { version: 1, config: { firstMessage: "Hi {{name}}." } });
    await page.locator("#calls a.row-link").first().click();
    const call = page.getByRole("dialog", { name: "One call" });
    await call.getByText("Details", { exact: true }).click();
    const link = call.getByRole("link", { name: "Cora, version 1" });
    assert.equal(await link.getAttribute("href"), `/assistants/${cora}`);
    await link.click();
    await page.getByRole("heading", { name: "Cora" }).waitFor();
  });

  await step("its page tells what its calls came to", async () => {
    const results = part(page, "Results");
    await until("its calls are counted", async () =>
      (await results.innerText()).replaceAll(/\s+/g, " ").includes("Campaigns 1 Calls 6 Connected 100% 6 of 6 calls"));
    assert.match(await results.innerText(), /Cost\s+\$0\.\d\d/);
    await part(page, "Campaigns").getByRole("link", { name: "Spring" }).waitFor();
    const { usage } = await stage.api(`/assistants/${cora}`);
    assert.deepEqual([usage.campaigns, usage.calls, usage.connected], [1, 6, 6]);
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual([...troubles.all, ...stage.errors], []);
    await context.close();
  });
});

test("an assistant for one campaign is removed at the provider after it", { timeout: 120_000 }, async () => {
  const { page, context, troubles } = await open(browser, stage.url);
  await page.goto("/assistants/new");
  await formReady(page);
  await part(page, "Identity").getByLabel("Name", { exact: true }).fill("Once");
  await page.getByLabel("Only for one campaign").check();
  await page.getByRole("button", { name: "Create assistant" }).click();
  await landed(page);
  await page.getByText("For one campaign only").waitFor();
  const id = new URL(page.url()).pathname.split("/")[2] ?? "";
  const { provider_assistant_id: provider } = await stage.api(`/assistants/${id}`);
  const campaign = await stage.importList(list(1, "interested 20s"), { name: "The one", assistant_id: id });
  await stage.act(campaign, "start");
  // By itself, without a reload.
  await until("the page says that it is gone", async () => (await stage.api(`/assistants/${id}`)).state === "removed");
  await page.getByRole("link", { name: "Edit" }).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("button", { name: "Test call" }).count(), 0);
  await page.getByRole("button", { name: "Clone" }).waitFor();
  const { deleted_ms: deleted } = (await stage.ledger()).assistants.list.find((/** @type {{id: string}} */ each) => each.id === provider);
  assert.ok(deleted, "the provider has it no more");
  await page.goto("/campaigns");
  assert.equal(await page.locator(`#nc-assistant option[value="${id}"]`).count(), 0, "no other campaign can choose it");
  assert.deepEqual([...troubles.all, ...stage.errors], []);
  await context.close();
});

test("a test call is placed from the assistant’s page", { timeout: 120_000 }, async () => {
  const { page, context, troubles } = await open(browser, stage.url);
  const id = await made("Tried", { config: { ...CONFIG, firstMessage: "Hi {{name}}, how is {{city}}?" } });
  const dialog = page.getByRole("dialog", { name: "Test call" });
  await page.goto(`/assistants/${id}`);
  await page.getByRole("button", { name: "Test call…" }).click();
  await dialog.getByRole("button", { name: "Call now" }).click();
  await dialog.getByText("Enter the number, with its country code.").waitFor();
  await dialog.getByLabel("Calls from").selectOption({ index: 1 });
  troubles.allow(`/api/assistants/${id}/test-calls`, 422);
  await dialog.getByLabel("Number to call").fill("911");
  await dialog.getByRole("button", { name: "Call now" }).click();
  await dialog.locator("#tc-phone-error", { hasText: "This number cannot be called" }).waitFor();
  await dialog.getByLabel("Number to call").fill("+1 206 555 0142");
  await dialog.getByLabel("Name", { exact: true }).fill("Ann Lee [interested 20s]");
  await dialog.getByLabel("city").fill("Rome");
  await dialog.getByRole("button", { name: "Call now" }).click();
  await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}$/);
  await page.getByRole("heading", { name: "Test call of Tried" }).waitFor();
  await page.locator("#live .chip", { hasText: "Completed" }).waitFor();
  const campaign = new URL(page.url()).pathname.split("/")[2] ?? "";
  const { kind, progress } = await stage.api(`/campaigns/${campaign}`);
  assert.deepEqual([kind, progress.contacts.done], ["test", 1]);
  await page.locator("#calls a.row-link").first().click();
  const call = page.getByRole("dialog", { name: "One call" });
  await call.getByText("how is Rome?").waitFor();
  assert.deepEqual([...troubles.all, ...stage.errors], []);
  await context.close();
});

test("the numbers tell how their lines are, and no secret", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, context, troubles } = await open(browser, stage.url);
  const row = (/** @type {string} */ name) => page.locator("#numbers tbody tr", { hasText: name });
  const words = async (/** @type {string} */ name) => (await row(name).innerText()).replaceAll(/\s+/g, " ");
  const main = (await stage.api("/phone-numbers")).items.find((/** @type {{name: string}} */ { name }) => name === "Main line");
  const campaign = await stage.importList(list(3, TALKER), { name: "Long talks", phone_number_id: main.id });

  await step("both are there and healthy", async () => {
    await page.goto("/numbers");
    await page.getByRole("link", { name: "Numbers", exact: true }).waitFor();
    assert.match(await words("Main line"), /^\+1 415-555-0100 Main line Healthy .*Active Twilio/);
    assert.match(await words("Second line"), /Healthy/);
  });

  await step("calls that are live show, also on the campaign’s page", async () => {
    await stage.act(campaign, "start");
    // By itself, without a reload.
    await row("Main line").getByText("3 calls are live on the number.").waitFor();
    assert.match(await words("Main line"), / Busy /);
    assert.match(await words("Second line"), /Healthy/);
    await page.goto(`/campaigns/${campaign}`);
    await page.locator("dl.setup .chip", { hasText: "Busy" }).waitFor();
  });

  await step("one that is blocked is an error, and can be chosen by nobody", async () => {
    await stage.sandbox(`phone-numbers/${main.id}`, { status: "blocked" });
    await page.goto("/numbers");
    await until("it shows as blocked", async () => {
      await page.reload();
      return /Error .*Blocked/.test(await words("Main line"));
    });
    assert.match(await words("Main line"), /The provider has blocked the number.*Campaigns cannot use it/);
    const health = await stage.api(`/health/phone-line?phone_number_id=${main.id}`);
    assert.equal(health.status, "error");
    await page.goto(`/campaigns/${campaign}`);
    await page.locator("dl.setup .chip", { hasText: "Error" }).waitFor();
    assert.equal(await page.goto("/campaigns").then(() => page.locator(`#nc-phone option[value="${main.id}"]`).count()), 0);
  });

  await step("the account’s secrets are on no page and in no answer", async () => {
    const { id } = (await stage.api("/assistants")).items[0];
    const paths = [
      "/numbers", "/numbers/live", "/campaigns", `/campaigns/${campaign}`, "/assistants", `/assistants/${id}`, `/assistants/${id}/edit`,
      "/api/phone-numbers", `/api/health/phone-line?phone_number_id=${main.id}`, `/api/campaigns/${campaign}`, "/api/assistants/export",
      "/api/assistants/provider", "/api/health",
    ];
    assert.ok(JSON.stringify(await stage.provider("GET", `/phone-number/${main.id}`)).includes("sandbox-twilio-token"));
    for (const path of paths) {
      const text = await (await fetch(`${stage.url}${path}`)).text();
      assert.equal(/sandbox-twilio-token|e2e-key|e2e-secret/.test(text), false, path);
    }
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual([...troubles.all, ...stage.errors], []);
    await context.close();
  });
});
