// Draws the pictures of docs/images: a campaign before its start, while it waits and while it runs, the lists of campaigns
// and assistants, and an assistant, on the built-in provider.
// usage: npm run screenshots

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { launch, open } from "./rig/browser.mjs";
import { LEADS, list } from "./rig/lists.mjs";
import { ROOT, Stage } from "./rig/processes.mjs";
import { until } from "./rig/until.mjs";

const FOLDER = join(ROOT, "docs/images");
/** Pictures are loaded by everybody who reads the documentation. */
const LIMIT_BYTES = 300_000;

/** A Tuesday before calling hours, so that campaigns that keep them wait. */
const EARLY = Date.UTC(2027, 0, 12, 9, 30);

const stage = await Stage.start({ speed: 60, lines: 24, seed: 7, at: EARLY });
const browser = await launch();

const riley = (await stage.api("/assistants")).items.find((/** @type {{name: string}} */ { name }) => name.startsWith("Riley"));
const setup = { assistant_id: riley.id };

/** @param {string} id */
const done = async (id) => (await stage.api(`/campaigns/${id}`)).progress.contacts.done;

const nora = await assistantWithHistory();
const renewals = await stage.importList(list(80), { name: "Autumn renewals", cap: "12", assistant_id: nora });
await stage.act(renewals, "start");
await until("some renewals are called", async () => (await done(renewals)) > 40);
const followUp = await stage.importList(list(120), { name: "Trade fair follow-up", cap: "6", ...setup });
await stage.act(followUp, "start");
await until("some of the trade fair are called", async () => (await done(followUp)) > 20);
await stage.act(followUp, "pause");
await until("the renewals are called", async () => (await stage.api(`/campaigns/${renewals}`)).status === "COMPLETED");
await stage.importList(list(45), { name: "Reactivation, Q4", cap: "4", ...setup });
const winter = await stage.importList(LEADS.read(), { name: "Winter offers", cap: "8", policy: "us-states", ...setup });
const waiting = await stage.importList(list(260), { name: "Contract renewals", cap: "8", policy: "standard", ...setup });
await stage.act(waiting, "start");
const spring = await stage.importList(LEADS.read(), { name: "Spring leads", cap: "10", ...setup });
await stage.act(spring, "start");

const desk = { width: 1280, height: 780 };
const shelf = { width: 1280, height: 524 };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const pictures = await Promise.all([
  look("campaign-light", `/campaigns/${spring}`, { viewport: desk }),
  look("campaign-dark", `/campaigns/${spring}`, { viewport: desk, colorScheme: "dark" }),
  look("preflight-light", `/campaigns/${winter}`, { viewport: { width: 1280, height: 912 } }),
  look("waiting-light", `/campaigns/${waiting}`, { viewport: { width: 1280, height: 424 } }),
  look("campaign-phone", `/campaigns/${spring}`, phone),
  look("campaigns-light", "/campaigns", { viewport: shelf }),
  look("campaigns-dark", "/campaigns", { viewport: shelf, colorScheme: "dark" }),
  look("assistant-light", `/assistants/${nora}`, { viewport: { width: 1280, height: 1100 } }),
  look("assistants-dark", "/assistants", { viewport: { width: 1280, height: 640 }, colorScheme: "dark" }),
]);
await pictures.find(({ name }) => name === "preflight-light")?.page.locator(".forecast-table").waitFor();
await until("half of the leads are called", async () => (await done(spring)) > LEADS.accepted / 2);

mkdirSync(FOLDER, { recursive: true });
for (const { name, page } of pictures) {
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, animations: "disabled" });
  const { size } = statSync(path);
  console.log(`${name}.png`.padEnd(22), `${Math.round(size / 1000)} kB`);
  if (size > LIMIT_BYTES) throw new Error(`${path} has ${size} bytes, more than ${LIMIT_BYTES}`);
}
if ((await done(spring)) === LEADS.accepted) throw new Error("the campaign was over before it was drawn");

await browser.close();
await stage.close();
const troubles = pictures.flatMap((picture) => picture.troubles.all);
if (troubles.length > 0) throw new Error(troubles.join("\n"));

/** An assistant that two people have worked on. */
async function assistantWithHistory() {
  const prompt = [
    "You call {{name}} of {{business_name}} about the yearly plan, which ends this month.",
    "Aim: find out whether they stay, and agree on a day for the new contract.",
    "Say at once that you are an automated assistant. Be brief and kind.",
    "If somebody asks not to be called again, apologise and end the call.",
  ];
  const properties = {
    renews: { type: "boolean", description: "Whether they stay" },
    callback_on: { type: "string", description: "The day they named" },
  };
  const config = {
    firstMessage: "Hello {{name}}, this is Nora, an automated assistant. Do you have half a minute?",
    model: { provider: "openai", model: "gpt-4o", temperature: 0.5 },
    systemPrompt: prompt.join("\n"),
    voice: { provider: "11labs", voiceId: "sarah" },
    voicemailDetection: { provider: "vapi" },
    voicemailMessage: "Hello, this is Nora about your yearly plan. Please call back when you have a minute.",
    endCallMessage: "Thank you, and goodbye.",
    maxDurationSeconds: 300,
    analysisPlan: { structuredDataPlan: { enabled: true, schema: { type: "object", properties } } },
  };
  const { id } = await stage.send("POST", "/assistants", { name: "Nora, renewals", config, by: "Ann" });
  await stage.send("PATCH", `/assistants/${id}`, { version: 1, config: { model: { temperature: 0.3 } }, by: "Ben" });
  await stage.send("PATCH", `/assistants/${id}`, { version: 2, config: { silenceTimeoutSeconds: 20 }, by: "Ann" });
  return id;
}

/**
 * Opens the page that is to be drawn.
 * @param {string} name
 * @param {string} path
 * @param {import("playwright-core").BrowserContextOptions} options
 */
async function look(name, path, options) {
  const opened = await open(browser, stage.url, options);
  await opened.page.goto(path);
  await opened.page.locator("[data-connection=live]").waitFor();
  return { name, ...opened };
}
