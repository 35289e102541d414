// What a person is told when a list cannot be taken or the provider does not answer.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open } from "../rig/browser.mjs";
import { list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { until } from "../rig/until.mjs";

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {import("../rig/browser.mjs").Troubles} */
let troubles;
/** @type {import("playwright-core").Locator} */
let dialog;

before(async () => {
  [stage, browser] = await Promise.all([Stage.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});
beforeEach(async () => {
  ({ page, troubles } = await open(browser, stage.url));
  dialog = page.getByRole("dialog", { name: "New campaign" });
  await openDialog();
});

afterEach(() => page.context().close());

async function openDialog() {
  await page.goto("/campaigns");
  await page.getByRole("button", { name: "New campaign" }).click();
}

/**
 * Fills the form with a file and sends it.
 * @param {string} name
 * @param {string | Buffer} content
 */
async function send(name, content) {
  await dialog.locator("#nc-file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
  await dialog.getByLabel("Assistant", { exact: true }).selectOption({ index: 1 });
  await dialog.getByLabel("Calls from").selectOption({ index: 1 });
  await dialog.getByRole("button", { name: "Import the list" }).click();
}

const refused = [
  {
    what: "a list without a column for numbers",
    name: "people.csv",
    content: "name,business_name,city\nAnn,Acme,Rome\n",
    status: 422,
    says: "There is no column for the phone number. The columns are “name”, “business_name”, “city”.",
  },
  {
    what: "a PDF",
    name: "people.pdf",
    content: "%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n1 0 obj\n<<>>\nendobj\n",
    status: 422,
    says: "This is a PDF",
  },
  {
    what: "a workbook that was only renamed",
    name: "people.csv",
    content: Buffer.from("504b0304140000000800", "hex"),
    status: 422,
    says: "This is an Excel workbook",
  },
  {
    what: "a list of 11 MB",
    name: "people.csv",
    content: "name,business_name,phone\n".padEnd(11 << 20, "Ann,Acme,+12065550100\n"),
    status: 413,
    says: "The file is larger than 10 MB. Split it into several lists, or raise MAX_FILE_UPLOAD_SIZE.",
  },
  {
    what: "a list in which nobody can be called",
    name: "people.csv",
    content: "name,business_name,phone\nAnn,Acme,911\n",
    status: 422,
    says: "Not one row of the list can be called, so nothing was stored. The first fault is on line 2",
  },
];
for (const { what, name, content, status, says } of refused) {
  test(`${what} is refused beside the field, and can be exchanged`, { timeout: 120_000 }, async () => {
    troubles.allow("/api/campaigns", status);
    await send(name, content);
    await until("the reason is shown", async () => (await dialog.locator("#nc-file-error").innerText()).includes(says));
    assert.equal(await dialog.locator("#nc-file").getAttribute("aria-invalid"), "true");
    assert.equal((await stage.api("/campaigns")).total, 0, "nothing was stored");
    // The form is still filled in: another file, and on.
    await dialog.locator("#nc-file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from("") });
    await dialog.locator("#nc-file-error").waitFor({ state: "hidden" });
    assert.ok(await dialog.getByRole("button", { name: "Import the list" }).isEnabled());
    assert.deepEqual(troubles.all, []);
  });
}

test("a provider that does not answer is named, and nothing is stored", { timeout: 120_000 }, async () => {
  await stage.sandbox("down", { for_ms: 3_600_000 });
  troubles.allow("/api/campaigns", 502);
  await send("people.csv", list(3));
  await dialog.getByText("The provider could not be asked").waitFor();
  await dialog.getByText("Nothing was stored").waitFor();
  await openDialog();
  await dialog.getByText("The provider cannot be asked").waitFor();
  await dialog.getByText("Reload to try again.").waitFor();
  assert.equal((await stage.api("/campaigns")).total, 0);
  assert.deepEqual(troubles.all, []);
});
