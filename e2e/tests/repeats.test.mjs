// A list that a person sends twice.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "../rig/browser.mjs";
import { list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [stage, browser] = await Promise.all([Stage.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

test("a list that was just imported asks before it is imported again", { timeout: 120_000 }, async () => {
  const { page, troubles } = await open(browser, stage.url);
  troubles.allow("/api/campaigns", 409);
  const dialog = page.getByRole("dialog", { name: "New campaign" });
  const fill = async () => {
    await page.goto("/campaigns");
    await page.getByRole("button", { name: "New campaign" }).click();
    await dialog.locator("#nc-file").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(list(3)) });
    await dialog.getByLabel("Name", { exact: true }).fill("Twice");
    await dialog.getByLabel("Assistant", { exact: true }).selectOption({ index: 1 });
    await dialog.getByLabel("Calls from").selectOption({ index: 1 });
  };
  await fill();
  await dialog.getByRole("button", { name: "Import the list" }).click();
  await dialog.locator("#import-result [data-focus]").waitFor();
  const [first] = (await stage.api("/campaigns")).items;

  await fill();
  const again = dialog.getByRole("button", { name: "Import it again" });
  assert.ok(await again.isHidden(), "nobody is asked before there is a reason");
  // Enter is the ordinary button.
  await dialog.getByLabel("Name", { exact: true }).press("Enter");
  await again.waitFor();
  assert.equal((await stage.api("/campaigns")).total, 1, "nothing was stored");
  const link = dialog.getByRole("link", { name: "Open that campaign" });
  assert.equal(await link.getAttribute("href"), `/campaigns/${first.id}`);

  await again.click();
  await dialog.locator("#import-result [data-focus]").waitFor();
  assert.equal((await stage.api("/campaigns")).total, 2);
  assert.deepEqual(troubles.all, []);
});
