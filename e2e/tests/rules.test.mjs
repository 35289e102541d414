// A campaign under the rules: what is in its way before the start, what it waits for, and whom it leaves out.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "../rig/browser.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";
import { until } from "../rig/until.mjs";

const MINUTE_MS = 60_000;
const SPEED = 90;
const LINES = 3;
/** A Tuesday, four in the morning in New York: calling hours are over everywhere in the list. */
const NIGHT = Date.UTC(2027, 0, 12, 9);
/** From the moment at which the hours are written until they begin, by the fast clock: 40 seconds of ours. */
const WAIT_MS = 60 * MINUTE_MS;

const EASTERN = "America/New_York";
const CENTRAL = "America/Chicago";
const HAWAIIAN = "Pacific/Honolulu";
/** By the first digits of the numbers. The others count as people in New York. @type {Record<string, string>} */
const ZONES = { "+1312": CENTRAL, "+1808": HAWAIIAN };
/** The first does not answer, and waits hours for the second call. */
const RELUCTANT = "+12125550100";
/** Forbidden while waiting for the hours in Honolulu, the last in the list. */
const UNCALLED = "+18085550100";
/** On the do-not-call list before the campaign. */
const LISTED = "+12125550130";

const people = [
  ...Array.from({ length: 30 }, (_, i) => `Eve East ${i},East & Co,+121255501${String(i).padStart(2, "0")},${i === 0 ? "no-answer" : "human 150s"}`),
  ...Array.from({ length: 5 }, (_, i) => `Cy Central ${i},Central & Co,+131255501${String(i).padStart(2, "0")},${i === 0 ? "busy then human 40s" : "human 40s"}`),
  // Freephone numbers of the whole world are in no place.
  ...Array.from({ length: 4 }, (_, i) => `Nora Nowhere ${i},Nowhere & Co,+8001234567${i},human 40s`),
  `Ida Island,Island & Co,${UNCALLED},human 40s`,
  `Lee Listed,Listed & Co,${LISTED},human 40s`,
];
/** Everybody but two once, and one of them twice. */
const CALLS = people.length - 1;
const LIST = ["name,business_name,phone,sandbox", ...people, "Ruth Rejected,Rejected & Co,911,human 40s", ""].join("\r\n");

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [stage, browser] = await Promise.all([
    // The standard, but for callbacks: some people of the sandbox ask to be called back the next day.
    Stage.start({ speed: SPEED, lines: LINES, at: NIGHT, policy: JSON.stringify({ callbacks: false }) }),
    launch(),
  ]);
  await stage.send("POST", "/suppressions", { number: LISTED, reason: "asked by letter" });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/**
 * The clock on the wall in a zone: `05:07`.
 * @param {number} at
 * @param {string} zone
 */
function wall(at, zone) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(at);
}

test("a campaign keeps to its rules, and says so", { timeout: 300_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, troubles } = await open(browser, stage.url);
  const live = page.locator("#live");
  const preflight = page.getByRole("region", { name: "Before you start" });
  const dialling = page.getByRole("region", { name: "Why is it not dialling?" });
  const person = page.getByRole("dialog", { name: "One call" });
  const rows = page.locator("#calls tbody tr");
  const button = (/** @type {string} */ name) => live.getByRole("button", { name });
  const contacts = async () => (await stage.api(`/campaigns/${id}/contacts?limit=100`)).items;
  let id = "";
  /** The clock on the wall at which hours begin, and the moments at which they do. */
  let opens = "";
  /** @type {Record<string, number>} */
  let opensAt = {};
  /** @type {Record<string, number>} */
  const forbiddenAt = {};

  /** What was found, by what was looked at, with the note after it. */
  const checks = async () => {
    const found = await preflight.locator(".checks li").evaluateAll((items) =>
      items.map((item) => [
        item.querySelector(".what")?.firstChild?.textContent?.trim() ?? "",
        item.querySelector("strong")?.textContent ?? "",
      ]));
    return Object.fromEntries(found);
  };

  await step("a list is imported as it is", async () => {
    await page.goto("/campaigns");
    await page.getByRole("button", { name: "New campaign" }).click();
    const dialog = page.getByRole("dialog", { name: "New campaign" });
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), dialog.getByLabel("Drop a CSV file here").click()]);
    await chooser.setFiles({ name: "winter.csv", mimeType: "text/csv", buffer: Buffer.from(LIST) });
    await dialog.getByLabel("Assistant", { exact: true }).selectOption({ label: "Riley (appointments)" });
    await dialog.getByLabel("Calls from").selectOption({ index: 1 });
    await dialog.getByRole("button", { name: "Import the list" }).click();
    await page.getByRole("heading", { name: "“Winter” is imported" }).waitFor();
    const link = page.getByRole("link", { name: "Open campaign" });
    const path = (await link.getAttribute("href")) ?? "";
    id = path.split("/").at(-1) ?? "";
    const [answer] = await Promise.all([
      page.waitForResponse((response) => new URL(response.url()).pathname === path),
      link.click(),
    ]);
    assert.match(await answer.text(), /Working out when it ends/, "no page waits for a forecast");
  });

  await step("the page says what is in the way, and works out a forecast by itself", async () => {
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    await preflight.getByText("36 of 41 people can be called.").waitFor();
    const found = await checks();
    assert.equal(found["People on the list"], "41");
    assert.equal(found["Rows rejected"], "1");
    assert.equal(found["On the do-not-call list"], "1");
    assert.equal(found["Without a time zone"], "4");
    assert.equal(found["Outside their hours now"], "37", "whatever else is in the way");
    assert.equal(found["Lines of the account"], `${LINES} free of ${LINES}`);
    await preflight.getByText("The campaign may use 8, more than there are.").waitFor();
    assert.match(await preflight.locator(".card-foot").innerText(), /First call\s+Tue 12 Jan 05:00 PST/, "by the caller's clock");
    const forecast = preflight.locator(".forecast-table tbody tr");
    await until("the forecast is there", async () => (await forecast.count()) > 0);
    assert.match(await preflight.locator("tr.chosen").innerText(), /^8\s+lines\s+chosen/);
    await preflight.getByText("Assumed, as you have made no calls yet").waitFor();
    assert.equal(await page.evaluate(() => "sameDocument" in globalThis), true, "without a reload");
  });

  await step("what is in the way is put right through its link", async () => {
    await preflight.getByRole("link", { name: "Choose a zone for them" }).click();
    await page.waitForURL(/\/settings#s-fallback_zone$/);
    const now = Number(await page.locator("html").getAttribute("data-now"));
    const eastern = Math.ceil((now + WAIT_MS) / MINUTE_MS) * MINUTE_MS;
    opensAt = { [EASTERN]: eastern, [CENTRAL]: eastern + 60 * MINUTE_MS, [HAWAIIAN]: eastern + 300 * MINUTE_MS };
    opens = wall(eastern, EASTERN);
    for (const [zone, at] of Object.entries(opensAt)) assert.equal(wall(at, zone), opens);
    await page.getByLabel("Where people are of whom nothing is known").fill(EASTERN);
    for (const day of ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]) {
      await page.getByLabel(day).fill(`${opens}-20:00`);
    }
    await page.getByLabel("Lines at once").fill(String(LINES));
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved. Every call from now on goes by it.").waitFor();
    await page.getByRole("link", { name: "Winter" }).click();
    await preflight.getByText("40 of 41 people can be called.").waitFor();
    const found = await checks();
    assert.equal("Without a time zone" in found, false);
    assert.equal(found["Outside their hours now"], "41");
    assert.match(await preflight.locator(".card-foot").innerText(), new RegExp(`First call\\s+Tue 12 Jan ${opens} EST`));
    assert.equal(await preflight.getByText("more than there are").count(), 0);
  });

  await step("started, it waits, and says for whom, why and until when", async () => {
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    await button("Start").click();
    await page.getByRole("button", { name: "Start calling" }).click();
    await dialling.getByText(`Nobody may be called before Tue ${opens} EST.`).waitFor();
    const held = (await dialling.locator(".held li").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
    const hours = (/** @type {string} */ city) => new RegExp(`outside (every day )?${opens.replace(/^0/, "")}–20:00 in ${city}; opens Tue ${opens} [ECH]ST`);
    assert.ok(held.some((text) => /^3\d people/.test(text) && hours("New York").test(text)), held.join("\n"));
    assert.ok(held.some((text) => /^5 people/.test(text) && hours("Chicago").test(text)), held.join("\n"));
    assert.ok(held.some((text) => /^1 person/.test(text) && hours("Honolulu").test(text)), held.join("\n"));
  });

  await step("and so does each person", async () => {
    await rows.filter({ hasText: "Cy Central 3" }).locator("a.row-link").click();
    await person.getByText(new RegExp(`^Outside .* in Chicago; opens Tue ${opens} CST`)).waitFor();
    await person.getByText("Chicago (America/Chicago), Illinois; from the number").waitFor();
    await person.getByText("None yet.").waitFor();
    await page.keyboard.press("Escape");
    await person.waitFor({ state: "hidden" });
    assert.equal((await stage.ledger()).calls_created, 0, "nobody was called");
  });

  await step("it begins by itself when the hours do, with a forecast", async () => {
    await live.locator(".lamp.lit").first().waitFor({ timeout: 90_000 });
    assert.equal(await page.evaluate(() => "sameDocument" in globalThis), true, "without a reload");
    await live.locator(".chip", { hasText: "Running" }).waitFor();
    const forecast = page.getByRole("region", { name: "Forecast" });
    await forecast.getByText(/^\w{3} 1\d Jan \d\d:\d\d to \w{3} 1\d Jan \d\d:\d\d$/).waitFor();
    assert.match(await forecast.innerText(), /Likely cost\s+\$\d+\.\d\d/);
  });

  await step("paused, it drains and says so; resumed, it goes on", async () => {
    await button("Pause").click();
    await button("Resume").waitFor();
    await until("the last line is free", async () => (await live.locator(".lamp.lit").count()) === 0);
    await live.locator(".chip", { hasText: "Paused" }).waitFor();
    await dialling.getByText("The campaign is paused.").waitFor();
    const before = (await stage.ledger()).calls_created;
    assert.ok(before > 0 && before < CALLS, `${before} calls`);
    await button("Resume").click();
    await button("Pause").waitFor();
    await until("more are called", async () => (await stage.ledger()).calls_created > before);
  });

  await step("whoever is forbidden is left out at once, with the reason", async () => {
    await until("one has not answered and waits", async () => {
      const reluctant = (await contacts()).find((/** @type {any} */ contact) => contact.phone === RELUCTANT);
      return reluctant.state === "pending" && reluctant.attempts === 1;
    });
    await page.getByRole("link", { name: "Do not call" }).click();
    for (const [number, reason] of [[RELUCTANT, "asked by e-mail"], [UNCALLED, "asked at the desk"]]) {
      await page.getByRole("button", { name: "Add a number…" }).click();
      const dialog = page.getByRole("dialog", { name: "Do not call a number" });
      await dialog.getByLabel("Number").fill(number ?? "");
      await dialog.getByLabel("Reason").fill(reason ?? "");
      await dialog.getByRole("button", { name: "Do not call" }).click();
      await page.locator("#suppressions tbody tr", { hasText: reason ?? "" }).waitFor();
    }
    for (const { number, created_at: at } of (await stage.api("/suppressions")).items) forbiddenAt[number] = Date.parse(at);
    await page.goBack();
    await page.getByLabel("Person", { exact: true }).selectOption("skipped");
    await rows.filter({ hasText: "Ida Island" }).getByText("On the do-not-call list.").waitFor();
    await rows.filter({ hasText: "Ida Island" }).locator("a.row-link").click();
    await person.getByText("on the list: asked at the desk").waitFor();
    await page.keyboard.press("Escape");
    await person.waitFor({ state: "hidden" });
    await page.getByLabel("Person", { exact: true }).selectOption("done");
    await rows.filter({ hasText: "Eve East 0" }).getByText("No answer").waitFor();
    await rows.filter({ hasText: "Eve East 0" }).getByRole("link", { name: "attempts and decisions" }).click();
    await person.getByText("on the list: asked by e-mail").waitFor();
    await page.keyboard.press("Escape");
    await person.waitFor({ state: "hidden" });
    await page.getByLabel("Person", { exact: true }).selectOption("");
  });

  await step("it goes on to the end", async () => {
    await live.locator(".chip", { hasText: "Completed" }).waitFor({ timeout: 120_000 });
    assert.equal(await dialling.count(), 0, "nobody waits");
  });

  await step("the provider's own record agrees with the rules", async () => {
    const ledger = await stage.ledger();
    for (const { number, created_at_ms: at } of ledger.calls) {
      const zone = ZONES[number.slice(0, 5)] ?? EASTERN;
      assert.ok(at >= (opensAt[zone] ?? Infinity), `${number} at ${wall(at, zone)}, before ${opens}`);
      assert.ok(!(at > (forbiddenAt[number] ?? Infinity)), `${number} was called when it was forbidden`);
    }
    const called = (/** @type {string} */ number) => ledger.calls.filter((/** @type {any} */ call) => call.number === number).length;
    assert.equal(ledger.calls_created, CALLS);
    assert.deepEqual([RELUCTANT, UNCALLED, LISTED].map(called), [1, 0, 0]);
    assert.equal(called("+13125550100"), 2, "the busy one was called again");
    assert.ok(ledger.peak_live <= LINES, `peak ${ledger.peak_live}`);
    assert.deepEqual(ledger.attempts_called_twice, []);
    assert.equal(ledger.calls_hung_up_by_control, 0, "pausing hangs nobody up");
    const states = (await contacts()).map((/** @type {any} */ { state }) => state).sort();
    assert.deepEqual(states, [...Array(39).fill("done"), ...Array(2).fill("skipped")], "everybody is final");
    assert.deepEqual(troubles.all, []);
    assert.deepEqual(stage.errors, []);
  });
});
