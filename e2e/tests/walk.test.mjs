// A person's path: from nothing to a finished campaign and its export, with the real list of the demo.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "../rig/browser.mjs";
import { LEADS, parseCsv } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";
import { until } from "../rig/until.mjs";

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [stage, browser] = await Promise.all([Stage.start({ speed: 90, lines: 10 }), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

test("a person calls a list of people", { timeout: 240_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, troubles } = await open(browser, stage.url);
  const dialog = page.getByRole("dialog", { name: "New campaign" });
  const live = page.locator("#live");
  const people = page.locator("#calls tbody tr");
  const done = async () => Number((await live.locator("section", { hasText: "Progress" }).locator("strong").first().innerText()).replaceAll(",", ""));

  await step("with no campaign the page says what to do", async () => {
    await page.goto("/");
    assert.equal(new URL(page.url()).pathname, "/campaigns");
    await page.getByRole("heading", { name: "Call a list of people in three steps" }).waitFor();
    await page.getByRole("button", { name: "Import your first list" }).waitFor();
  });

  await step("the dialog says what is missing, beside the fields", async () => {
    await page.getByRole("button", { name: "New campaign" }).click();
    await dialog.getByRole("button", { name: "Import the list" }).click();
    await dialog.getByText("Choose the file with the people to call.").waitFor();
    await dialog.getByText("Give the campaign a name.").waitFor();
  });

  await step("a list, an assistant and a number are chosen", async () => {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), dialog.getByLabel("Drop a CSV file here").click()]);
    await chooser.setFiles(LEADS.path);
    await dialog.getByText("leads.csv, 29 kB").waitFor();
    assert.equal(await dialog.getByLabel("Name", { exact: true }).inputValue(), "Leads", "a name is suggested");
    await dialog.getByLabel("Name", { exact: true }).fill("Spring leads");
    await dialog.getByLabel("Numbers without a country code").selectOption("US");
    await dialog.getByLabel("Assistant", { exact: true }).selectOption({ label: "Riley (appointments)" });
    const from = dialog.getByLabel("Calls from");
    await from.selectOption(await from.locator("option", { hasText: "+1 415-555-0100" }).innerText());
    await dialog.getByLabel("Lines at once").fill("10");
    await dialog.getByRole("button", { name: "Import the list" }).click();
  });

  await step("the report tells the truth about every row", async () => {
    await page.getByRole("heading", { name: "“Spring leads” is imported" }).waitFor();
    const figures = await page.locator("#import-result dl.figures > div").allInnerTexts();
    assert.deepEqual(figures.map((text) => text.split(/\s+/)), [
      ["Rows", String(LEADS.rows)], ["Accepted", String(LEADS.accepted)],
      ["Rejected", String(LEADS.rejected)], ["Duplicates", String(LEADS.duplicates)],
    ]);
    const problems = page.locator("#import-result tbody tr");
    assert.equal(await problems.count(), LEADS.rejected + LEADS.duplicates);
    const emergency = problems.filter({ hasText: "911" });
    assert.match((await emergency.innerText()).replaceAll(/\s+/g, " "), /^259 Rejected Phone Number 911 .*emergency/);
    assert.equal((await stage.ledger()).calls_created, 0, "nobody is called before Start");
  });

  await step("Start now calls them, and the page is live without a reload", async () => {
    await page.getByRole("button", { name: `Start now: call ${LEADS.accepted}` }).click();
    await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}$/);
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    await page.getByText("Live", { exact: true }).waitFor();
    await live.locator(".lamp.lit").first().waitFor();
    const lit = await live.locator(".lamp.lit").evaluateAll((lamps) => lamps.map((lamp) => lamp.id));
    await until("another call lights a lamp", async () => {
      const now = await live.locator(".lamp.lit").evaluateAll((lamps) => lamps.map((lamp) => lamp.id));
      return now.some((id) => !lit.includes(id));
    });
    await until("the clocks of the lines run", async () =>
      (await live.locator(".lamp time").allInnerTexts()).some((clock) => clock !== "0:00"));
    const before = await done();
    await until("progress rises", async () => (await done()) > before);
    for (const outcome of ["Person answered", "Voicemail"]) await live.locator(".legend", { hasText: outcome }).waitFor();
    await until("calls show their outcome", async () => (await people.locator(".outcome").count()) > 3);
    await live.locator(".lamp", { hasText: "Talking" }).first().waitFor();
    assert.equal(await people.count(), 50);
  });

  await step("Pause drains: live calls go on to their end and no new ones begin", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor();
    await until("the last line is free", async () => (await live.locator(".lamp.lit").count()) === 0);
    await live.locator(".chip", { hasText: "Paused" }).waitFor();
    assert.ok((await done()) < LEADS.accepted);
  });

  await step("the filter and the search narrow the table, and the address follows", async () => {
    await page.getByLabel("Outcome").selectOption({ label: "Voicemail" });
    await until("only voicemails are shown", async () => {
      const outcomes = await people.locator(".outcome").allInnerTexts();
      return outcomes.length > 0 && outcomes.length === (await people.count()) && outcomes.every((text) => text === "Voicemail");
    });
    assert.equal(new URL(page.url()).searchParams.get("outcome"), "voicemail");
    await page.getByLabel("Outcome").selectOption("");
    await page.getByRole("searchbox", { name: "Name or number" }).fill("李明");
    await until("one person is found", async () => (await people.count()) === 1);
    assert.match(await people.innerText(), /Pinecrest Optics/);
    await page.getByRole("searchbox", { name: "Name or number" }).fill("nobody at all");
    await page.getByText("Nobody matches this filter.").waitFor();
    await page.getByRole("link", { name: "Show everybody" }).click();
    await until("everybody is shown", async () => (await people.count()) === 50);
    assert.equal(new URL(page.url()).search, "");
  });

  await step("a call opens with its transcript and its story, by keyboard alone", async () => {
    await page.getByLabel("Outcome").selectOption("human");
    await until("only answered calls are shown", async () =>
      (await people.locator(".outcome").allInnerTexts()).every((text) => text === "Person answered"));
    const first = people.locator("a.row-link").first();
    const name = await first.innerText();
    await page.getByLabel("Outcome").focus();
    await until("Tab leads to the first person", async () => {
      await page.keyboard.press("Tab");
      return first.evaluate((link) => link === document.activeElement);
    });
    await page.keyboard.press("Enter");
    const call = page.getByRole("dialog", { name: "One call" });
    await call.getByRole("heading", { name, exact: true }).waitFor();
    for (const part of ["Transcript", "What happened"]) await call.getByRole("heading", { name: part }).waitFor();
    assert.ok((await call.locator(".turn").count()) > 0);
    await call.getByText("Details", { exact: true }).click();
    await call.getByText("Provider’s id").waitFor();
    await page.keyboard.press("Escape");
    await call.waitFor({ state: "hidden" });
    assert.ok(await first.evaluate((link) => link === document.activeElement), "focus returns to the person");
    await page.getByLabel("Outcome").selectOption("");
  });

  await step("Resume goes on to the end, still without a reload", async () => {
    await page.getByRole("button", { name: "Resume" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await until("everybody is called", async () => (await done()) === LEADS.accepted, 90_000);
    await live.locator(".chip", { hasText: "Completed" }).waitFor();
    assert.equal(await page.evaluate(() => "sameDocument" in globalThis), true, "the page was never loaded again");
    const left = await live.getByRole("button").allInnerTexts();
    assert.deepEqual(left.filter((name) => /start|pause|resume|cancel/i.test(name)), [], "nothing of it goes on");
    const times = await page.locator("main time").allInnerTexts();
    assert.deepEqual(times.filter((time) => /^in \d/.test(time)), [], "what happened is not told as of the future");
  });

  await step("the export has everybody, and no cell that a spreadsheet would run", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Export CSV" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "Spring leads.csv");
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(/** @type {Buffer} */ (chunk));
    const [header, ...rows] = parseCsv(Buffer.concat(chunks).toString("utf8"));
    assert.equal(rows.length, LEADS.accepted);
    const at = (/** @type {string} */ name) => header?.indexOf(name) ?? -1;
    assert.ok(rows.every((row) => row.length === header?.length && row[at("state")] === "done" && row[at("outcome")]));
    assert.deepEqual(rows.flat().filter((cell) => /^[=+\-@\t\r\n]/.test(cell)), []);
  });

  await step("nobody was called twice, and nothing went wrong in the page", async () => {
    const ledger = await stage.ledger();
    assert.deepEqual(ledger.attempts_called_twice, []);
    assert.ok(ledger.peak_live <= 10, `peak ${ledger.peak_live}`);
    assert.deepEqual(troubles.all, []);
    assert.deepEqual(stage.errors, []);
  });
});
