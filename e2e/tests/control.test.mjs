// What a person does to a campaign while it runs, and what the page does while things change under it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "../rig/browser.mjs";
import { TALKER, list } from "../rig/lists.mjs";
import { Stage } from "../rig/processes.mjs";
import { stepsOf } from "../rig/steps.mjs";
import { until } from "../rig/until.mjs";

/** @typedef {import("playwright-core").Page} Page */

const CLICKS = 10;

/** @type {Stage} */
let stage;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [stage, browser] = await Promise.all([Stage.start({ speed: 20, lines: 3 }), launch()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/**
 * Remembers the requests of a page.
 * @param {Page} page
 */
function requestsOf(page) {
  /** @type {string[]} */
  const seen = [];
  page.on("request", (request) => seen.push(`${request.method()} ${new URL(request.url()).pathname}`));
  return {
    /** @param {string} end method, space and the end of a path */
    count: (end) => {
      const [method = "", path = ""] = end.split(" ");
      return seen.filter((request) => request.startsWith(method) && request.endsWith(path)).length;
    },
  };
}

/**
 * Counts the server's messages that something changed.
 * @param {Page} page
 */
async function messagesOf(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  let count = 0;
  devtools.on("Network.eventSourceMessageReceived", ({ eventName }) => {
    if (eventName === "changed") count += 1;
  });
  return () => count;
}

test("one change is fetched once", { timeout: 120_000 }, async () => {
  const { page, troubles } = await open(browser, stage.url);
  const requests = requestsOf(page);
  const messages = await messagesOf(page);
  const id = await stage.importList(list(40, "busy"), { cap: "3", name: "Short rings" });
  await page.goto(`/campaigns/${id}`);
  await until("the page is live", async () => (await page.locator("[data-connection-text]").innerText()) === "Live");
  await until("what happened before is fetched", () => requests.count("GET /live") === 1);
  await stage.act(id, "start");
  await page.locator("#calls a.row-link").first().click();
  await page.locator("#call-drawer h2").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#call-drawer").waitFor({ state: "hidden" });
  const panels = requests.count("GET /panel");
  await page.locator("#live .chip", { hasText: "Completed" }).waitFor();
  const counts = { live: requests.count("GET /live"), calls: requests.count("GET /calls"), messages: messages() };
  assert.ok(counts.messages > 5, `${counts.messages} messages`);
  for (const fragment of /** @type {const} */ (["live", "calls"])) {
    assert.ok(counts[fragment] <= counts.messages + 1, `one each, and one for the connection: ${JSON.stringify(counts)}`);
  }
  assert.equal(requests.count("GET /events"), 1, "one connection");
  assert.equal(requests.count("GET /panel"), panels, "a closed call is not fetched any more");
  assert.deepEqual(troubles.all, []);
});

test("a campaign obeys, whatever moves on its page", { timeout: 240_000 }, async (t) => {
  const step = stepsOf(t);
  const { page, troubles } = await open(browser, stage.url);
  const requests = requestsOf(page);
  const messages = await messagesOf(page);
  const live = page.locator("#live");
  const question = page.locator("dialog#confirm");
  const button = (/** @type {string} */ name) => live.getByRole("button", { name });
  const id = await stage.importList(list(6, TALKER), { cap: "3", name: "Long talks" });

  await step("Start asks first, and takes no for an answer", async () => {
    await page.goto(`/campaigns/${id}`);
    await button("Start").click();
    await question.getByText("Call 6 people on up to 3 lines, starting now?").waitFor();
    await question.getByRole("button", { name: "Not now" }).click();
    await button("Start").click();
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "hidden" });
    assert.equal(requests.count("POST /start"), 0);
    await button("Start").dblclick();
    await question.getByRole("button", { name: "Start calling" }).dblclick();
    await until("three people talk", async () => (await live.locator(".lamp", { hasText: "Talking" }).count()) === 3);
    assert.equal(requests.count("POST /start"), 1, "a double click starts once");
  });

  await step("Pause says how many calls are still live", async () => {
    await button("Pause").click();
    await live.getByText("3 calls still live").waitFor();
    await live.locator(".chip", { hasText: "Paused" }).waitFor();
  });

  await step("no click is lost while the page is refreshed again and again", async () => {
    await button("Resume").click();
    await button("Pause").waitFor();
    const before = requests.count("POST /pause");
    await page.evaluate(() => {
      const refresh = () => document.querySelector("#live")?.dispatchEvent(new Event("refresh"));
      Object.assign(globalThis, { refreshing: setInterval(refresh, 15) });
    });
    for (let click = 1; click <= CLICKS; click += 1) {
      await press(page, "Pause");
      await button("Resume").waitFor();
      assert.equal(requests.count("POST /pause") - before, click);
      await press(page, "Resume");
      await button("Pause").waitFor();
    }
    await page.evaluate(() => clearInterval(/** @type {any} */ (globalThis).refreshing));
  });

  await step("when the server is killed the page says so, and is right again when it is back", async () => {
    const connection = page.locator("[data-connection-text]");
    await until("the page is live", async () => (await connection.innerText()) === "Live");
    troubles.nodeAway(true);
    await stage.killNode();
    await until("the page says that it lost the server", async () => (await connection.innerText()) === "Reconnecting…");
    const before = { fetched: requests.count("GET /live"), told: messages() };
    await stage.startNode();
    await until("the page is live again", async () => (await connection.innerText()) === "Live");
    troubles.nodeAway(false);
    await live.locator(".lamp.lit").first().waitFor();
    await stage.act(id, "pause");
    await button("Resume").waitFor();
    const since = { fetched: requests.count("GET /live") - before.fetched, told: messages() - before.told };
    assert.ok(since.fetched <= since.told + 1, `one each, and one for the connection: ${JSON.stringify(since)}`);
  });

  await step("a call that cannot be shown is not passed over in silence", async () => {
    const toast = page.locator("#toasts").getByRole("alert");
    troubles.nodeAway(true);
    await page.route("**/panel", (route) => route.abort("connectionrefused"));
    await page.locator("#calls a.row-link").first().click();
    await toast.getByText("AutoLynx did not answer.").waitFor();
    await toast.getByRole("button", { name: "Dismiss" }).click();
    await page.unroute("**/panel");
    troubles.nodeAway(false);
  });

  await step("Cancel asks first, and lets live calls end", async () => {
    await button("Cancel").click();
    await question.getByText("Cancel “Long talks” for good?").waitFor();
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "hidden" });
    assert.equal(requests.count("POST /cancel"), 0);
    await button("Cancel").click();
    await question.getByRole("button", { name: "Cancel campaign" }).click();
    await live.locator(".chip", { hasText: "Canceled" }).waitFor();
    await live.getByText("3 calls still live").waitFor();
    await live.locator(".legend", { hasText: "Skipped" }).waitFor();
    await live.getByText("3 calls still live").waitFor();
    const { contacts } = (await stage.api(`/campaigns/${id}`)).progress;
    assert.deepEqual(contacts, { pending: 0, calling: 3, done: 0, skipped: 3 });
    assert.deepEqual((await stage.ledger()).attempts_called_twice, []);
  });

  await step("nothing went wrong in the page", async () => {
    assert.deepEqual(troubles.all, []);
  });
});

/**
 * A slow press of the mouse: between down and up the page is refreshed.
 * @param {Page} page
 * @param {string} name
 */
async function press(page, name) {
  const box = await page.locator("#live").getByRole("button", { name }).boundingBox();
  assert.ok(box, name);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.evaluate(() => new Promise((swapped) => {
    document.addEventListener("htmx:afterSwap", () => swapped(undefined), { once: true });
  }));
  await page.mouse.up();
}
