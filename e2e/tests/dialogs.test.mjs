// What a person does to campaigns from their pages besides starting and pausing: each once in a dialog, a menu or a form.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "../rig/browser.mjs";
import { TALKER, list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";
import { until } from "../rig/until.mjs";

const LINES = 5;
/** A Tuesday, ten in the morning in New York. */
const MORNING = Date.UTC(2027, 0, 12, 15);
/** The numbers of the first people in every list. */
const [FIRST, SECOND, THIRD, FOURTH] = ["+12065550100", "+12065550101", "+12065550102", "+12065550103"];

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [stage, browser] = await Promise.all([Stage.start({ speed: 40, lines: LINES, at: MORNING }), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** @param {string} id */
const campaign = (id) => stage.api(`/campaigns/${id}`);
/** @param {string} id @returns {Promise<any[]>} */
const contacts = async (id) => (await stage.api(`/campaigns/${id}/contacts?limit=100`)).items;
/** How often the provider has called each of the numbers. @param {(string | undefined)[]} numbers */
const called = async (...numbers) => {
  const { calls } = await stage.ledger();
  return numbers.map((number) => calls.filter((/** @type {any} */ call) => call.number === number).length);
};

test("a draft is scheduled, cloned and archived, and nobody is called", { timeout: 120_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, troubles } = await open(browser, stage.url);
  const live = page.locator("#live");
  const button = (/** @type {string} */ name) => live.getByRole("button", { name });
  const more = () => live.locator("summary", { hasText: "More" }).click();
  const id = await stage.importList(list(3, "human 20s"), { name: "Later", cap: "3" });

  await step("a draft is scheduled, and says when it starts", async () => {
    await page.goto(`/campaigns/${id}`);
    await button("Schedule…").click();
    const dialog = page.getByRole("dialog", { name: "When it begins" });
    await dialog.getByLabel("Time zone").fill("Nowhere/Town");
    await dialog.getByLabel("Date and time").fill("2027-01-19T10:30");
    troubles.allow("/schedule", 422);
    await dialog.getByRole("button", { name: "Schedule" }).click();
    await until("the zone is refused beside its field", async () =>
      (await dialog.getByLabel("Time zone").getAttribute("aria-invalid")) === "true");
    await dialog.getByLabel("Time zone").fill("America/New_York");
    await dialog.getByRole("button", { name: "Schedule" }).click();
    await dialog.waitFor({ state: "hidden" });
    await live.getByTitle("Starts by itself at its set time.").getByText("Scheduled").waitFor();
    assert.match(await live.locator("dl.setup").innerText(), /Starts\s+Tue 19 Jan 07:30 PST/, "by the caller's clock");
    const { status, starts_at: startsAt } = await campaign(id);
    assert.deepEqual([status, Date.parse(startsAt)], ["SCHEDULED", Date.UTC(2027, 0, 19, 15, 30)]);
    await page.goto("/campaigns");
    await page.locator("tr", { hasText: "Later" }).getByText("Tue 19 Jan 07:30 PST").waitFor();
  });

  await step("the schedule is taken back", async () => {
    await page.getByRole("link", { name: "Later" }).click();
    await button("Change the time…").waitFor();
    await button("Unschedule").click();
    await button("Schedule…").waitFor();
    assert.equal(await button("Unschedule").count(), 0);
    const { status, starts_at: startsAt } = await campaign(id);
    assert.deepEqual([status, startsAt], ["CREATED", null]);
  });

  await step("a clone is a draft with the same people", async () => {
    await more();
    await button("Clone…").click();
    const dialog = page.getByRole("dialog", { name: "Clone this campaign" });
    assert.equal(await dialog.getByLabel("Name of the clone").inputValue(), "Later (copy)");
    await dialog.getByLabel("Name of the clone").fill("Later still");
    await dialog.getByRole("button", { name: "Clone" }).click();
    await page.getByRole("heading", { name: "Later still" }).waitFor();
    const copy = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    assert.notEqual(copy, id);
    await button("Start").waitFor();
    const { status, cloned_from: from, total_contacts: total } = await campaign(copy);
    assert.deepEqual([status, from, total], ["CREATED", id, 3]);
    const phones = async (/** @type {string} */ of) => (await contacts(of)).map(({ phone }) => phone).sort();
    assert.deepEqual(await phones(copy), await phones(id));
  });

  await step("it is archived, and taken out again", async () => {
    await page.goto(`/campaigns/${id}`);
    await more();
    await button("Archive").click();
    await live.locator(".chip", { hasText: "Archived" }).waitFor();
    assert.ok((await campaign(id)).archived_at);
    await page.reload();
    await more();
    await button("Unarchive").click();
    await button("Schedule…").click();
    await page.getByRole("dialog", { name: "When it begins" }).waitFor();
    await page.keyboard.press("Escape");
    await more();
    await button("Archive").click();
    await live.locator(".chip", { hasText: "Archived" }).waitFor();
    const row = page.getByRole("link", { name: "Later", exact: true });
    await page.goto("/campaigns");
    await page.getByRole("link", { name: "Later still" }).waitFor();
    assert.equal(await row.count(), 0, "it is out of the way");
    await page.getByLabel("Archived campaigns").selectOption({ label: "Archived" });
    await row.waitFor();
    await page.getByRole("button", { name: "Unarchive Later" }).click();
    await row.waitFor({ state: "detached" });
    assert.equal((await campaign(id)).archived_at, null);
    await page.getByLabel("Archived campaigns").selectOption({ label: "Not archived" });
    await row.waitFor();
  });

  await step("nobody was called, and nothing went wrong in the page", async () => {
    assert.equal((await stage.ledger()).calls_created, 0);
    assert.deepEqual(troubles.all, []);
    assert.deepEqual(stage.errors, []);
  });
});

test("hours of single regions are changed and removed", { timeout: 60_000 }, async () => {
  const { page, troubles } = await open(browser, stage.url);
  const id = await stage.importList(list(1, "human 20s"), { name: "Hours" });
  const saved = page.getByText("Saved. Every call from now on goes by it.");
  const save = page.getByRole("button", { name: "Save", exact: true });
  await page.goto(`/campaigns/${id}/settings`);
  await page.getByLabel("Which hours").selectOption("us-states");
  await save.click();
  await saved.waitFor();
  const before = (await stage.api(`/campaigns/${id}/policy`)).policy.hours.regions;
  const count = Object.keys(before).length;
  assert.ok(before["US-FL"] && before["US-CT"], `${Object.keys(before)}`);
  await page.getByText(`Stricter rules in ${count} regions`).click();
  await page.getByLabel("Hours, Florida", { exact: true }).fill("Mon-Fri 10:00-18:00, Sat-Sun closed");
  await page.getByRole("checkbox", { name: "Remove Connecticut" }).check();
  await Promise.all([page.waitForEvent("load"), save.click()]);
  await saved.waitFor();
  const { "US-FL": florida, ...others } = (await stage.api(`/campaigns/${id}/policy`)).policy.hours.regions;
  const day = ["10:00-18:00"];
  assert.deepEqual(florida.week, { monday: day, tuesday: day, wednesday: day, thursday: day, friday: day });
  const { "US-FL": _, "US-CT": __, ...untouched } = before;
  assert.deepEqual(others, untouched, "the others are as they were");
  await page.getByText(`Stricter rules in ${count - 1} regions`).click();
  assert.match(await page.getByLabel("Hours, Florida", { exact: true }).inputValue(), /Mon.*Fri.*10:00.*18:00/);
  assert.equal(await page.getByLabel("Hours, Connecticut", { exact: true }).count(), 0);
  assert.deepEqual(troubles.all, []);
});

test("people are added to a running campaign, called again, and cut off", { timeout: 180_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, troubles } = await open(browser, stage.url);
  const live = page.locator("#live");
  const question = page.locator("dialog#confirm");
  const button = (/** @type {string} */ name) => live.getByRole("button", { name });
  const lit = live.locator(".lamp.lit");

  await step("those who did not answer are called again, and only they", async () => {
    const scripts = ["human 20s", "no-answer then human 20s", "busy then human 20s", "no-answer then human 20s"];
    const id = await stage.importList(list(4, (i) => scripts[i] ?? ""), { name: "Twice", cap: "4" });
    await stage.act(id, "start");
    await page.goto(`/campaigns/${id}`);
    await live.locator(".chip", { hasText: "Completed" }).waitFor();
    assert.deepEqual(await called(FIRST, SECOND, THIRD, FOURTH), [1, 1, 1, 1]);
    await button("Call again…").click();
    const dialog = page.getByRole("dialog", { name: "Call again those without success" });
    const choice = (/** @type {string} */ name) => dialog.locator("li", { hasText: name });
    await choice("No answer").waitFor();
    assert.match(await choice("No answer").innerText(), /No answer\s*2$/);
    assert.match(await choice("Busy").innerText(), /Busy\s*1$/);
    assert.equal(await choice("Person answered").count(), 0);
    await dialog.getByRole("checkbox", { name: "No answer" }).check();
    await dialog.getByRole("checkbox", { name: "Busy" }).uncheck();
    await dialog.getByRole("button", { name: "Call them again" }).click();
    await dialog.waitFor({ state: "hidden" });
    await until("they are called again", async () => (await called(SECOND, FOURTH)).every((calls) => calls === 2));
    await live.locator(".legend li", { hasText: "Person answered" }).getByText("3", { exact: true }).waitFor();
    await live.locator(".chip", { hasText: "Completed" }).waitFor();
    assert.deepEqual(await called(FIRST, SECOND, THIRD, FOURTH), [1, 2, 1, 2]);
    assert.deepEqual((await campaign(id)).progress.outcomes, { human: 3, busy: 1 });
  });

  const id = await stage.importList(list(2, TALKER), { name: "Growing", cap: "4" });

  await step("people are added while it runs, and called", async () => {
    await stage.act(id, "start");
    await page.goto(`/campaigns/${id}`);
    await until("two people talk", async () => (await live.locator(".lamp", { hasText: "Talking" }).count()) === 2);
    await live.locator("summary", { hasText: "More" }).click();
    await button("Add people…").click();
    const dialog = page.getByRole("dialog", { name: "Add people" });
    const rows = [`Old,There,${FIRST},human 20s`, "Ann,New,+12125550150,human 20s", "Bob,New,+12125550151,human 20s", "Cy,Bad,911,"];
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), dialog.getByLabel("Drop a CSV file here").click()]);
    const buffer = Buffer.from(["name,business_name,phone,sandbox", ...rows, ""].join("\r\n"));
    await chooser.setFiles({ name: "more.csv", mimeType: "text/csv", buffer });
    await dialog.getByRole("button", { name: "Add people" }).click();
    await dialog.getByRole("heading", { name: "Added to the campaign" }).waitFor();
    const figures = await dialog.locator("dl.figures > div").allInnerTexts();
    assert.deepEqual(figures.map((text) => text.replaceAll(/\s+/g, " ")), ["Rows 4", "Added 2", "Rejected 1", "There before 1"]);
    assert.match(await dialog.locator("tbody tr", { hasText: "911" }).innerText(), /^5\s/, "the line is named");
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ state: "hidden" });
    await until("both are done", async () => (await campaign(id)).progress.contacts.done === 2);
    assert.deepEqual(await called("+12125550150", "+12125550151", "911"), [1, 1, 0]);
    await page.locator("#calls tbody tr", { hasText: "Ann" }).getByText("Person answered").waitFor();
    assert.equal((await campaign(id)).total_contacts, 4);
  });

  await step("Abort asks first, then hangs up at once", async () => {
    await until("two lines are lit", async () => (await lit.count()) === 2);
    await button("Abort…").click();
    await question.getByText("Hang up 2 live calls now? People are cut off in mid-sentence. “Growing” is cancelled for good.").waitFor();
    await question.getByRole("button", { name: "Not now" }).click();
    await question.waitFor({ state: "hidden" });
    assert.equal((await campaign(id)).aborted_at, null);
    await button("Abort…").click();
    await question.getByRole("button", { name: "Hang up now" }).click();
    await live.locator(".chip", { hasText: "Canceled" }).waitFor();
    await until("no line is lit", async () => (await lit.count()) === 0);
    const { status, aborted_at: aborted, open_calls: left } = await campaign(id);
    assert.deepEqual([status, Boolean(aborted), left], ["CANCELED", true, 0]);
    assert.equal((await stage.ledger()).calls_hung_up_by_control, 2);
  });

  await step("fewer lines and a slower pace are stored and shown", async () => {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Lines" }).click();
    await page.getByLabel("Kept free for others").fill(String(LINES));
    await page.getByLabel("New calls per second").fill("2");
    const save = page.getByRole("button", { name: "Save" });
    troubles.allow("/account", 422);
    await save.click();
    await page.getByRole("alert").getByText("Nothing was saved yet.").waitFor();
    assert.equal((await stage.api("/lines")).reserved_lines, 0);
    await page.getByLabel("Kept free for others").fill("2");
    await save.click();
    await page.getByText("Saved.", { exact: true }).waitFor();
    assert.equal(await page.getByLabel("Kept free for others").inputValue(), "2");
    assert.equal(await page.getByLabel("New calls per second").inputValue(), "2");
    await page.getByRole("region", { name: "Right now" }).getByText(`of ${LINES - 2} in use`).waitFor();
    const { reserved_lines: reserved, usable_lines: usable, calls_per_second: pace } = await stage.api("/lines");
    assert.deepEqual([reserved, usable, pace], [2, LINES - 2, 2]);
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual((await stage.ledger()).attempts_called_twice, []);
    assert.deepEqual(troubles.all, []);
    assert.deepEqual(stage.errors, []);
  });
});
