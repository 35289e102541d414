// Guarantee "still alive, or said so": what goes away is said on every page within 15 seconds, also on one that is open, and
// taken back within 15 seconds when it is over.

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { after, before, test } from "node:test";
import { EVERY_RULE, faults } from "../rig/axe.mjs";
import { launch, open } from "../rig/browser.mjs";
import { TALKER, list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { until } from "../rig/until.mjs";

/** What is promised. */
const TOLD_WITHIN_MS = 15_000;

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;
/** A campaign with people on the phone. */
let campaign = "";

before(async () => {
  [stage, browser] = await Promise.all([Stage.start({ speed: 5, lines: 3 }), launch()]);
  campaign = await stage.importList(list(6, TALKER), { cap: "3" });
  await stage.act(campaign, "start");
  await until("three people are called", async () => (await stage.api(`/campaigns/${campaign}`)).progress.contacts.calling === 3);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** A page with an address of its own for live updates, and one without any. */
const OPEN_PAGES = () => [`/campaigns/${campaign}`, "/assistants/new"];

/** Opens both, waits until they are live, and gives what they tell. */
async function openPages() {
  const pages = await Promise.all(OPEN_PAGES().map(async (path) => {
    const opened = await open(browser, stage.url);
    await opened.page.goto(path);
    await until(`${path} is live`, async () => (await opened.page.locator("[data-connection-text]").innerText()) === "Live");
    return { path, ...opened, banner: opened.page.locator("#banner") };
  }));
  return pages;
}

/** @param {Awaited<ReturnType<typeof openPages>>} pages */
async function closePages(pages) {
  for (const { path, troubles, context } of pages) {
    assert.deepEqual(troubles.all, [], path);
    await context.close();
  }
}

test("a provider that hangs is told on every page, and that it is back", { timeout: 240_000 }, async () => {
  const pages = await openPages();
  const told = "Vapi has not answered since";
  for (const { banner } of pages) assert.equal((await banner.innerText()).trim(), "");
  stage.freeze("provider", true);
  try {
    await Promise.all(pages.map(({ path, banner }) =>
      until(`${path} tells of it`, async () => (await banner.innerText()).includes(told), TOLD_WITHIN_MS)));
    const answer = await fetch(`${stage.url}/api/health`);
    assert.equal(answer.status, 503);
    assert.equal((/** @type {any} */ (await answer.json())).checks.provider.trouble, "silent");
    const { page, context, troubles } = await open(browser, stage.url, { reducedMotion: "reduce" });
    for (const path of [`/campaigns/${campaign}`, "/campaigns", "/assistants", "/account", "/suppressions"]) {
      await page.goto(path);
      assert.match(await page.locator("#banner").innerText(), /Vapi has not answered since/, path);
    }
    await page.goto(`/campaigns/${campaign}`);
    await page.getByText("later changes are not known yet").waitFor();
    await page.getByText("Why is it not dialling?").waitFor();
    assert.deepEqual(await faults(page, { runOnly: EVERY_RULE }), [], "light");
    await page.emulateMedia({ colorScheme: "dark" });
    assert.deepEqual(await faults(page, { runOnly: { type: "rule", values: ["color-contrast"] } }), [], "dark");
    await page.setViewportSize({ width: 320, height: 700 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "on a phone");
    assert.deepEqual(troubles.all, []);
    await context.close();
  } finally {
    stage.freeze("provider", false);
  }
  await Promise.all(pages.map(({ path, banner }) =>
    until(`${path} takes it back`, async () => (await banner.innerText()).trim() === "", TOLD_WITHIN_MS)));
  assert.equal((await stage.api("/health")).status, "healthy");
  assert.deepEqual((await stage.ledger()).attempts_called_twice, []);
  await closePages(pages);
});

test("a database file that is taken away is told, and that it is back", { timeout: 120_000 }, async () => {
  const pages = await openPages();
  for (const { troubles } of pages) troubles.nodeAway(true);
  renameSync(stage.databaseFile, `${stage.databaseFile}.away`);
  try {
    await Promise.all(pages.map(({ path, banner }) =>
      until(`${path} tells of it`, async () => (await banner.innerText()).includes("The database file is gone."), TOLD_WITHIN_MS)));
    const health = await fetch(`${stage.url}/api/health`);
    assert.equal(health.status, 503);
    assert.equal((/** @type {any} */ (await health.json())).checks.database.state, "file_gone");
  } finally {
    renameSync(`${stage.databaseFile}.away`, stage.databaseFile);
  }
  await Promise.all(pages.map(({ path, banner }) =>
    until(`${path} takes it back`, async () => (await banner.innerText()).trim() === "", TOLD_WITHIN_MS)));
  for (const { troubles } of pages) troubles.nodeAway(false);
  await closePages(pages);
});

test("a node that hangs without a word is told by the page itself", { timeout: 120_000 }, async () => {
  const pages = await openPages();
  for (const { troubles } of pages) troubles.nodeAway(true);
  stage.freeze("node", true);
  try {
    await Promise.all(pages.map(({ path, page }) =>
      until(`${path} tells of it`, () => page.getByText("This page has lost its connection to AutoLynx.").isVisible(), TOLD_WITHIN_MS)));
  } finally {
    stage.freeze("node", false);
  }
  await Promise.all(pages.map(({ path, page }) =>
    until(`${path} takes it back`, () => page.locator("[data-offline]").isHidden(), TOLD_WITHIN_MS)));
  for (const { troubles } of pages) troubles.nodeAway(false);
  await closePages(pages);
});
