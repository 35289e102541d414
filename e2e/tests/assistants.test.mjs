// Assistants as people make, change and share them: from an empty directory to a history, and with somebody else at work
// on the same one, here or at the provider.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { formReady, landed, part } from "../rig/assistants.mjs";
import { launch, open } from "../rig/browser.mjs";
import { list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";
import { until } from "../rig/until.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** The assistant that the sandbox has from the start, by the provider's id. */
const RILEY = "0195a000-0000-7000-8000-00000000a001";
const SAM = "0195a000-0000-7000-8000-00000000a002";

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  // In real time: nobody is called, and the comparison with the provider every ten minutes stays out of the way.
  [stage, browser] = await Promise.all([Stage.start({ speed: 1, assistants: false }), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** @param {Page} page */
const jsonOf = (page) => page.getByRole("textbox", { name: "As JSON" });

/** @param {Page} page */
const json = async (page) => JSON.parse(await jsonOf(page).inputValue());

/** @param {Page} page */
const idOf = (page) => new URL(page.url()).pathname.split("/")[2] ?? "";

/**
 * Presses a button that asks first, and says yes.
 * @param {Page} page
 * @param {string} name
 * @param {string} question
 * @param {string} yes
 */
async function confirm(page, name, question, yes) {
  await page.locator("main").getByRole("button", { name }).click();
  const dialog = page.locator("dialog#confirm");
  await dialog.getByText(question).waitFor();
  await dialog.getByRole("button", { name: yes }).click();
}

/**
 * A file that the page offers.
 * @param {Page} page
 * @param {string} name
 */
async function downloaded(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}

test("a newcomer fills the directory", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, context, troubles } = await open(browser, stage.url);
  const dialog = page.getByRole("dialog", { name: "Import assistants" });
  const row = (/** @type {string} */ name) => page.locator("#assistants tbody tr", { hasText: name });
  const asked = async () => {
    const { requests } = await stage.ledger();
    return JSON.stringify(requests["POST /assistant"] ?? requests);
  };

  await step("an empty directory says how to begin, and the dialog of a campaign leads there", async () => {
    await page.goto("/campaigns");
    await page.getByRole("button", { name: "New campaign" }).click();
    await page.getByRole("link", { name: "Import or create one first" }).click();
    await page.getByRole("heading", { name: "Three ways to your first assistant" }).waitFor();
    assert.deepEqual(await page.locator("#assistants tbody th .row-link").allInnerTexts(), [
      "Voicemail-friendly", "Short pitch", "Discovery",
    ]);
    assert.equal(await page.getByRole("button", { name: /^Clone / }).count(), 3);
  });

  await step("the import dialog lists what the account holds, and takes what is chosen", async () => {
    await page.getByRole("button", { name: "Import…" }).first().click();
    await dialog.getByText("2 of 2").waitFor();
    assert.ok(await dialog.getByRole("button", { name: "Import", exact: true }).isDisabled(), "nothing is chosen");
    await dialog.getByRole("checkbox", { name: /^Riley/ }).check();
    await dialog.getByRole("button", { name: "Import 1 assistant" }).click();
    await dialog.getByText("1 assistant imported.").waitFor();
    const result = dialog.locator("[data-results] li");
    assert.match(await result.innerText(), /Riley \(appointments\)\s+Imported/);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await row("Riley").getByText("Imported").waitFor();
    await page.getByRole("heading", { name: "Three ways to your first assistant" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Import…" }).first().click();
    await dialog.getByText("1 of 2").waitFor();
    assert.ok(await dialog.getByRole("checkbox", { name: /^Riley/ }).isDisabled(), "not twice");
    await dialog.getByRole("link", { name: "Registered" }).waitFor();
  });

  await step("one that is known by its id comes in by it, and a wrong id is told beside the field", async () => {
    const id = dialog.getByLabel("Vapi’s id of the assistant");
    await dialog.getByRole("radio", { name: "By its id" }).check();
    await dialog.getByRole("button", { name: "Import 1 assistant" }).click();
    await dialog.getByText("Paste the id.").waitFor();
    for (const wrong of ["0195a000-0000-7000-8000-0000000000ff", "riley"]) {
      troubles.allow("/api/assistants/import", 422);
      await id.fill(wrong);
      await dialog.getByRole("button", { name: "Import 1 assistant" }).click();
      await dialog.locator("#ia-id-error", { hasText: "The provider has no assistant with this id." }).waitFor();
      assert.equal(await id.getAttribute("aria-invalid"), "true");
    }
    await id.fill(SAM);
    await dialog.getByLabel("Name here").fill("Sam, ours");
    await dialog.getByRole("button", { name: "Import 1 assistant" }).click();
    await landed(page);
    await page.getByRole("heading", { name: "Sam, ours" }).waitFor();
    await page.getByText(SAM).waitFor();
    assert.equal((await stage.ledger()).assistants.changed, 0, "nothing changes at the provider");
  });

  await step("a template is cloned, and says what is still to be filled in", async () => {
    await page.goto("/assistants");
    await row("Discovery").getByRole("button", { name: "Clone" }).click();
    const clone = page.getByRole("dialog", { name: "Clone this assistant" });
    assert.equal(await clone.getByLabel("Name of the clone").inputValue(), "Discovery");
    await clone.getByLabel("Name of the clone").fill("");
    await clone.getByRole("button", { name: "Clone" }).click();
    await clone.getByText("Give the clone a name.").waitFor();
    await clone.getByLabel("Name of the clone").fill("Discovery, spring");
    await clone.getByRole("button", { name: "Clone" }).click();
    await landed(page);
    await page.getByRole("heading", { name: "Discovery, spring" }).waitFor();
    await page.getByRole("alert").getByText("[your company]").waitFor();
    assert.ok((await stage.held()).some(({ name }) => name === "Discovery, spring"));
  });

  await step("the form of a new one writes the JSON, group by group", async () => {
    await page.goto("/assistants/new");
    await formReady(page);
    const fill = async (/** @type {string} */ group, /** @type {string} */ label, /** @type {string} */ value) =>
      part(page, group).getByLabel(label, { exact: true }).fill(value);
    const choose = async (/** @type {string} */ group, /** @type {string} */ label, /** @type {string} */ value) =>
      part(page, group).getByLabel(label, { exact: true }).selectOption(value);
    await fill("Identity", "Name", "Nora, renewals");
    await page.getByText("14 of 40").waitFor();
    await fill("Speaking first", "First message", "Hello {{name}}, this is Nora.");
    await choose("Speaking first", "Who speaks first", "assistant-waits-for-user");
    await fill("Prompt", "What it knows, wants and must not do", "You renew the plan of ");
    await part(page, "Prompt").getByRole("button", { name: "business_name" }).click();
    await page.getByText("Used: name, business_name.").waitFor();
    await fill("Model", "Provider", "openai");
    await fill("Model", "Model", "gpt-4o-mini");
    await fill("Model", "Temperature", "0.3");
    await fill("Voice", "Provider", "11labs");
    await fill("Voice", "Voice", "sarah");
    await choose("Voicemail", "Detection", "vapi");
    await fill("Voicemail", "Message for the machine", "Please call back.");
    await fill("Ending", "Closing words", "Goodbye.");
    await fill("Ending", "Longest call, in seconds", "240");
    await page.getByText("4 min", { exact: true }).waitFor();
    await fill("Ending", "Hang up after silence, in seconds", "20");
    const analysis = part(page, "Recording and analysis");
    await analysis.getByLabel("Record the call").uncheck();
    await analysis.getByRole("button", { name: "Add a field" }).click();
    await analysis.getByLabel("Name of the field").fill("renews");
    await analysis.getByLabel("Kind of the field").selectOption("Yes or no");
    await analysis.getByLabel("What the field means").fill("Whether they renew");
    await choose("Recording and analysis", "How success is judged", "PassFail");
    await fill("Recording and analysis", "A call is a success if", "they renew.");
    const { hooks, analysisPlan, ...rest } = await json(page);
    assert.deepEqual(rest, {
      firstMessage: "Hello {{name}}, this is Nora.",
      firstMessageMode: "assistant-waits-for-user",
      model: {
        provider: "openai",
        model: "gpt-4o-mini",
        temperature: 0.3,
        messages: [{ role: "system", content: "You renew the plan of {{business_name}}" }],
      },
      voice: { provider: "11labs", voiceId: "sarah" },
      voicemailDetection: { provider: "vapi" },
      voicemailMessage: "Please call back.",
      endCallMessage: "Goodbye.",
      maxDurationSeconds: 240,
      artifactPlan: { recordingEnabled: false },
    });
    assert.equal(hooks[0].options.timeoutSeconds, 20);
    assert.deepEqual(analysisPlan.structuredDataPlan, {
      enabled: true,
      schema: { type: "object", properties: { renews: { type: "boolean", description: "Whether they renew" } } },
    });
    assert.equal(analysisPlan.successEvaluationPlan.rubric, "PassFail");
    assert.match(analysisPlan.successEvaluationPlan.messages[0].content, /success if:\nthey renew\./);
  });

  await step("the JSON writes the form, and while it cannot be read nothing can be saved", async () => {
    const text = jsonOf(page);
    const save = page.getByRole("button", { name: "Create assistant" });
    const sound = await json(page);
    await text.fill(JSON.stringify(sound, null, 2).replace('"temperature": 0.3', '"temperature": 0.3 !'));
    const fault = page.getByText(/^Line \d+, column \d+: Here should be a comma or }\. The fields wait/);
    await fault.waitFor();
    assert.ok(await save.isDisabled());
    assert.ok(await part(page, "Model").getByLabel("Temperature").isDisabled(), "the fields wait");
    await text.fill(JSON.stringify({ ...sound, model: { ...sound.model, temperature: 0.9 }, backgroundSound: "office" }));
    await fault.waitFor({ state: "hidden" });
    assert.equal(await part(page, "Model").getByLabel("Temperature").inputValue(), "0.9");
    await part(page, "Ending").getByLabel("Closing words").fill("So long.");
    const { backgroundSound, endCallMessage } = await json(page);
    assert.deepEqual({ backgroundSound, endCallMessage }, { backgroundSound: "office", endCallMessage: "So long." });
  });

  await step("what is surely wrong is told beside its field before the provider is asked", async () => {
    const save = page.getByRole("button", { name: "Create assistant" });
    const before = await asked();
    const name = part(page, "Identity").getByLabel("Name", { exact: true });
    await name.fill("");
    await part(page, "Ending").getByLabel("Longest call, in seconds").fill("5");
    await save.click();
    await page.getByText("Give the assistant a name.").waitFor();
    await page.locator("#e-maxDurationSeconds").waitFor();
    await name.pressSequentially("Nora, renewals and very much more than that");
    assert.equal((await name.inputValue()).length, 40, "no longer than the provider takes");
    await name.fill("Nora, renewals");
    await part(page, "Ending").getByLabel("Longest call, in seconds").fill("240");
    // What the browser's own checks cannot see, the node's can.
    const sound = await json(page);
    const [prompt] = sound.model.messages;
    const model = { ...sound.model, messages: [prompt, { role: "boss", content: "Now." }] };
    await jsonOf(page).fill(JSON.stringify({ ...sound, model, keypadInputPlan: { timeoutSeconds: 99 } }));
    troubles.allow("/api/assistants", 422);
    await save.click();
    const beside = page.locator("[id='e-model.messages']");
    await beside.getByText("Write one of these: assistant, function, user, system, tool.").waitFor();
    await page.getByRole("alert").getByText("keypadInputPlan.timeoutSeconds").waitFor();
    assert.equal(await asked(), before, "the provider was not asked");
    await jsonOf(page).fill(JSON.stringify(sound));
  });

  await step("what the provider refuses is told beside the field that it names", async () => {
    const sound = await json(page);
    await jsonOf(page).fill(JSON.stringify({ ...sound, voice: { provider: "nobody", voiceId: "x" }, fooBar: 1 }));
    troubles.allow("/api/assistants", 422);
    await page.getByRole("button", { name: "Create assistant" }).click();
    await page.locator("[id='e-voice.provider']").getByText("must be one of the following values").waitFor();
    const summary = page.getByRole("alert");
    await summary.getByText("The provider does not accept it, and nothing was changed").waitFor();
    assert.match(await summary.locator("li").innerText(), /^fooBar: property fooBar should not exist$/);
    await jsonOf(page).fill(JSON.stringify(sound));
    await page.getByRole("button", { name: "Create assistant" }).click();
    await landed(page);
    await page.getByRole("heading", { name: "Nora, renewals" }).waitFor();
  });

  await step("an edit by the form leaves alone what the form does not know", async () => {
    await page.getByRole("link", { name: "Edit" }).click();
    await formReady(page);
    await part(page, "Model").getByLabel("Temperature").fill("0.2");
    await page.getByRole("button", { name: "Save" }).click();
    await landed(page);
    await part(page, "History").getByText("Version 2").waitFor();
    const { config, provider_assistant_id: provider } = await stage.api(`/assistants/${idOf(page)}`);
    assert.deepEqual([config.backgroundSound, config.model.temperature], ["office", 0.2]);
    const held = await stage.provider("GET", `/assistant/${provider}`);
    assert.deepEqual([held.backgroundSound, held.model.temperature, held.name], ["office", 0.2, "Nora, renewals"]);
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual(troubles.all, []);
    assert.deepEqual(stage.errors, []);
    await context.close();
  });
});

test("an assistant has a history, travels in files, and goes when nobody uses it", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, context, troubles } = await open(browser, stage.url);
  const history = part(page, "History");
  const toast = page.locator("#toasts").getByRole("alert");
  const { id } = await stage.send("POST", "/assistants", {
    name: "Wanda",
    config: {
      firstMessage: "Hello.",
      model: "gpt-4o",
      systemPrompt: "Be kind.",
      voice: { provider: "11labs", voiceId: "sarah" },
      server: { url: "https://hooks.example/a", headers: { Authorization: "Bearer e2e-secret" } },
    },
    by: "Ann",
  });
  const provider = (await stage.api(`/assistants/${id}`)).provider_assistant_id;
  /** @type {string} */
  let exported = "";

  await step("an edit is signed, and stands in the history with what it changed", async () => {
    await page.goto(`/assistants/${id}`);
    await page.getByRole("link", { name: "Edit" }).click();
    await formReady(page);
    assert.equal((await json(page)).server.headers.Authorization, "••••••••");
    await part(page, "Speaking first").getByLabel("First message").fill("Hello {{name}}.");
    const name = part(page, "Identity").getByLabel("Name", { exact: true });
    await jsonOf(page).fill(JSON.stringify({ ...(await json(page)), name: "Wanda I" }));
    assert.equal(await name.inputValue(), "Wanda I", "the name is in step with the JSON too");
    await name.fill("Wanda II");
    assert.equal((await json(page)).name, "Wanda II");
    await page.getByRole("textbox", { name: /^Your name/ }).fill("Bob");
    await page.getByRole("button", { name: "Save" }).click();
    await landed(page);
    await page.getByRole("heading", { name: "Wanda II" }).waitFor();
    const [second, first] = await history.locator("li").allInnerTexts();
    assert.match(second ?? "", /^Version 2\s+Edited\s+current\s+Bob, [^]*firstMessage/);
    assert.match(first ?? "", /^Version 1\s+Created\s+Ann, /);
    const held = await stage.provider("GET", `/assistant/${provider}`);
    assert.equal(held.server.headers.Authorization, "Bearer e2e-secret", "what was hidden stays as it was");
  });

  await step("the page of a version sets before and after side by side", async () => {
    await history.getByRole("link", { name: "Version 2" }).click();
    const changes = part(page, "What changed since version 1");
    const row = changes.locator("tbody tr", { hasText: "firstMessage" });
    assert.match((await row.innerText()).replaceAll(/\s+/g, " "), /^First message firstMessage Hello\. Hello \{\{name\}\}\.$/);
    assert.equal((await page.content()).includes("e2e-secret"), false);
    await page.getByRole("link", { name: "Version 1" }).click();
    await page.getByText("This is where the history begins.").waitFor();
  });

  await step("an earlier version is restored on top, and nothing of the history goes", async () => {
    await page.getByRole("link", { name: "Wanda II" }).click();
    await confirm(page, "Restore version 1", "Its configuration becomes version 3", "Restore");
    const latest = history.locator("li", { hasText: "current" }).filter({ hasText: "Version 3" });
    assert.match(await latest.innerText(), /Restored\s+current\s+Bob, /);
    assert.equal(await history.locator("li").count(), 3);
    assert.equal((await stage.provider("GET", `/assistant/${provider}`)).firstMessage, "Hello.");
  });

  await step("one, and all, are saved to a file without their secrets", async () => {
    const one = await downloaded(page, "Export");
    assert.match(one.name, /\.json$/);
    const [entry] = JSON.parse(one.text).assistants;
    assert.deepEqual([entry.name, entry.left_out], ["Wanda", ["server.headers.Authorization"]]);
    await page.goto("/assistants");
    const all = await downloaded(page, "Export all");
    exported = all.text;
    const names = JSON.parse(exported).assistants.map((/** @type {{name: string}} */ { name }) => name);
    assert.ok(names.includes("Wanda") && names.includes("Nora, renewals"), names.join());
    assert.equal(`${one.text}${exported}`.includes("e2e-secret"), false);
  });

  await step("a file comes in one by one, and says which secrets it did not hold", async () => {
    const dialog = page.getByRole("dialog", { name: "Import assistants" });
    await page.getByRole("button", { name: "Import…" }).click();
    await dialog.getByRole("radio", { name: "A file" }).check();
    const choose = (/** @type {string} */ text) =>
      dialog.locator("#ia-file").setInputFiles({ name: "shared.json", mimeType: "application/json", buffer: Buffer.from(text) });
    for (const [text, says] of [["Hello", "This file is no JSON."], ["[1]", "This file holds no assistant."]]) {
      await choose(text ?? "");
      await dialog.locator("#ia-file-error", { hasText: says ?? "" }).waitFor();
    }
    const mine = JSON.parse(exported).assistants.filter((/** @type {{name: string}} */ { name }) => /Wanda|Nora/.test(name));
    const file = { ...JSON.parse(exported), assistants: mine };
    await choose(JSON.stringify(file));
    await dialog.getByText(/^2 assistants: /).waitFor();
    await dialog.locator("[data-doing-text]").evaluate((text) => {
      /** @type {string[]} */
      const told = [];
      Object.assign(globalThis, { told });
      new MutationObserver(() => told.push(text.textContent ?? "")).observe(text, { childList: true });
    });
    await dialog.getByRole("button", { name: "Import 2 assistants" }).click();
    await dialog.getByText("2 assistants imported.").waitFor();
    const told = await page.evaluate(() => /** @type {any} */ (globalThis).told);
    assert.deepEqual(told.map((/** @type {string} */ text) => text.replace(/: .*/, "")), [
      "Importing 1 of 2", "Importing 2 of 2", "2 assistants imported.",
    ]);
    const results = (await dialog.locator("[data-results] li").allInnerTexts()).join("\n");
    assert.match(results, /Wanda\s+Enter again, as the file does not hold them: server\.headers\.Authorization\s+Imported/);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await until("the list has both", async () => (await page.locator("#assistants .row-link", { hasText: "Wanda" }).count()) === 2);
  });

  await step("what is switched off is not offered for a new campaign", async () => {
    await page.goto(`/assistants/${id}`);
    await page.getByRole("button", { name: "Deactivate" }).click();
    await page.getByText("This assistant is switched off.").waitFor();
    const offered = async () => {
      const other = await context.newPage();
      await other.goto("/campaigns");
      const values = await other.locator("#nc-assistant option").evaluateAll((options) =>
        options.map((option) => option.getAttribute("value")));
      await other.close();
      return values.includes(id);
    };
    assert.equal(await offered(), false);
    await page.getByRole("button", { name: "Activate" }).click();
    await page.getByText("This assistant is switched off.").waitFor({ state: "detached" });
    assert.equal(await offered(), true);
  });

  await step("what a campaign uses is not deleted; when the campaign is over it is, here only", async () => {
    const campaign = await stage.importList(list(2), { name: "Last quarter", assistant_id: id });
    troubles.allow(`/api/assistants/${id}`, 409);
    await confirm(page, "Delete", "it stays at Vapi, and you can import it again", "Delete assistant");
    await toast.getByText("Last quarter").waitFor();
    await stage.act(campaign, "cancel");
    // The page is told that something changed before it leaves.
    troubles.tolerate(`/assistants/${id}/live`, 404);
    await confirm(page, "Delete", "Delete “Wanda”?", "Delete assistant");
    await page.waitForURL("**/assistants");
    await page.locator("#assistants tbody tr").first().waitFor();
    assert.equal(await page.locator(`#assistant-${id}`).count(), 0);
    assert.ok((await stage.held()).some((held) => held.id === provider), "the provider still has it");
    await page.goto(`/campaigns/${campaign}`);
    await page.locator("dl.setup", { hasText: "Wanda" }).waitFor();
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual(troubles.all, []);
    assert.deepEqual(stage.errors, []);
    await context.close();
  });
});

test("of two who edit the same one, the second is told and loses nothing", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const [ann, bob] = await Promise.all([open(browser, stage.url), open(browser, stage.url)]);
  const { id } = await stage.send("POST", "/assistants", {
    name: "Shared",
    config: { firstMessage: "Hello.", model: "gpt-4o", systemPrompt: "Be kind.", voice: { provider: "11labs", voiceId: "sarah" } },
  });
  const temperature = part(bob.page, "Model").getByLabel("Temperature");
  const conflict = bob.page.locator("[data-conflict]");

  await step("both begin with version 1, and Ann saves first", async () => {
    for (const [{ page }, name] of /** @type {const} */ ([[ann, "Ann"], [bob, "Bob"]])) {
      await page.goto(`/assistants/${id}/edit`);
      await formReady(page);
      await page.getByRole("textbox", { name: /^Your name/ }).fill(name);
    }
    await temperature.fill("0.1");
    await part(bob.page, "Ending").getByLabel("Closing words").fill("Bye from Bob.");
    await part(ann.page, "Speaking first").getByLabel("First message").fill("Good day.");
    await part(ann.page, "Ending").getByLabel("Closing words").fill("Bye from Ann.");
    await ann.page.getByRole("button", { name: "Save" }).click();
    await landed(ann.page);
  });

  await step("Bob is told who saved what, and nothing of his is gone", async () => {
    bob.troubles.allow(`/api/assistants/${id}`, 409);
    await bob.page.getByRole("button", { name: "Save" }).click();
    await conflict.getByRole("heading", { name: /^Ann saved version 2, .+, while you were editing$/ }).waitFor();
    const rows = (await conflict.locator("tbody tr").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
    assert.deepEqual(rows.sort(), [
      "endCallMessage not set Bye from Ann. Bye from Bob.",
      "firstMessage Hello. Good day. Hello.",
    ]);
    assert.equal(await temperature.inputValue(), "0.1");
    assert.equal((await stage.api(`/assistants/${id}`)).version, 2, "nothing was overwritten");
  });

  await step("Bob goes on on top of Ann’s, and both are in version 3", async () => {
    await conflict.getByRole("button", { name: "Keep editing on top of theirs" }).click();
    await bob.page.getByText(
      "You now edit version 2. Taken over: firstMessage. Changed by both, yours stays: endCallMessage. Nothing is saved yet.",
    ).waitFor();
    assert.equal(await part(bob.page, "Speaking first").getByLabel("First message").inputValue(), "Good day.");
    await bob.page.getByRole("button", { name: "Save" }).click();
    await landed(bob.page);
    const { version, config } = await stage.api(`/assistants/${id}`);
    assert.deepEqual(
      [version, config.firstMessage, config.endCallMessage, config.model.temperature],
      [3, "Good day.", "Bye from Bob.", 0.1],
    );
    await part(ann.page, "History").getByText("Version 3").waitFor();
  });

  await step("nothing went wrong in their pages", async () => {
    assert.deepEqual([...ann.troubles.all, ...bob.troubles.all, ...stage.errors], []);
    await Promise.all([ann.context.close(), bob.context.close()]);
  });
});

test("what somebody changed at the provider is shown and decided, never overwritten", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, context, troubles } = await open(browser, stage.url);
  const { id } = await stage.send("POST", "/assistants/import", { provider_assistant_id: RILEY });
  const drift = part(page, "Somebody changed this assistant at Vapi");
  const first = async () => (await stage.provider("GET", `/assistant/${RILEY}`)).firstMessage;
  const compare = async () => page.getByRole("button", { name: "Compare now" }).click();

  await step("Compare now shows both sides", async () => {
    await page.goto(`/assistants/${id}`);
    await stage.provider("PATCH", `/assistant/${RILEY}`, { firstMessage: "Theirs." });
    await compare();
    await drift.waitFor();
    assert.match((await drift.locator("tbody tr").innerText()).replaceAll(/\s+/g, " "), /^First message firstMessage Hi \{\{name\}\}.* Theirs\.$/);
    await page.getByText("Differs from Vapi", { exact: true }).waitFor();
  });

  await step("until that is decided an edit is refused, and keeps what was written", async () => {
    await page.getByRole("link", { name: "Edit" }).click();
    await formReady(page);
    await part(page, "Speaking first").getByLabel("First message").fill("Mine.");
    troubles.allow(`/api/assistants/${id}`, 409);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("Somebody has changed this assistant at the provider.").waitFor();
    assert.equal(await part(page, "Speaking first").getByLabel("First message").inputValue(), "Mine.");
    assert.equal(await first(), "Theirs.");
    page.once("dialog", (dialog) => void dialog.accept());
    await page.getByRole("link", { name: "Cancel" }).click();
    await landed(page);
  });

  await step("Take theirs makes it the next version", async () => {
    await confirm(page, "Take theirs", "Your configuration stays in the history", "Take theirs");
    await drift.waitFor({ state: "detached" });
    await part(page, "History").getByText("Taken over").waitFor();
    const { version, config, drift: state } = await stage.api(`/assistants/${id}`);
    assert.deepEqual([version, config.firstMessage, state], [2, "Theirs.", null]);
  });

  await step("Push ours puts ours back there", async () => {
    await stage.provider("PATCH", `/assistant/${RILEY}`, { firstMessage: "Theirs again.", endCallMessage: null });
    await compare();
    await drift.waitFor();
    // What is pushed over must be what was seen: meanwhile it changed once more.
    await stage.provider("PATCH", `/assistant/${RILEY}`, { firstMessage: "And again." });
    troubles.allow(`/api/assistants/${id}/push-ours`, 409);
    await confirm(page, "Push ours", "What was changed there is lost.", "Push ours");
    await page.locator("#toasts").getByText("Nothing was overwritten").waitFor();
    await drift.getByText("And again.").waitFor();
    await confirm(page, "Push ours", "What was changed there is lost.", "Push ours");
    await drift.waitFor({ state: "detached" });
    assert.equal(await first(), "Theirs.");
    assert.equal((await stage.provider("GET", `/assistant/${RILEY}`)).endCallMessage, "Thank you for your time. Goodbye.");
  });

  await step("what was deleted there is gone; a clone makes it anew", async () => {
    await stage.provider("DELETE", `/assistant/${RILEY}`);
    await compare();
    await page.getByRole("alert").getByText("Vapi no longer has this assistant.").waitFor();
    assert.equal(await page.getByRole("link", { name: "Edit" }).count(), 0);
    await page.getByRole("button", { name: "Clone" }).click();
    const clone = page.getByRole("dialog", { name: "Clone this assistant" });
    await clone.getByRole("button", { name: "Clone" }).click();
    await page.getByRole("heading", { name: "Riley (appointments) (copy)" }).waitFor();
    const made = (await stage.held()).filter(({ name }) => name === "Riley (appointments) (copy)");
    assert.equal(made.length, 1);
    assert.equal((await stage.provider("GET", `/assistant/${made[0].id}`)).firstMessage, "Theirs.");
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual(troubles.all, []);
    assert.deepEqual(stage.errors, []);
    await context.close();
  });
});
