// The real binary, as sandbox and as node, on ports of the loopback address and with a database of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const BINARY = resolve(ROOT, process.env["AUTOLYNX_BIN"] ?? "target/debug/autolynx");
const API_KEY = "e2e-key";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const running = new Set();
/** @type {Set<string>} */
const folders = new Set();

// However a test file ends, nothing of it stays behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => process.exit(1));
}

/**
 * Starts the binary and waits for a line on its standard output that tells an address.
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {RegExp} tells its first group is the address
 */
async function start(args, env, tells) {
  const child = spawn(BINARY, args, {
    // Nothing of the surroundings may decide a test.
    env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log = (log + text).slice(-10_000);
  });
  const lines = createInterface({ input: child.stdout });
  /** @type {string} */
  const url = await new Promise((found, failed) => {
    lines.on("line", (line) => {
      const match = tells.exec(line);
      if (match?.[1]) found(match[1]);
    });
    child.once("error", (error) => failed(new Error(`${BINARY} does not start: ${error.message}`)));
    child.once("exit", (code) => failed(new Error(`autolynx ${args[0]} ended with ${code}:\n${log}`)));
  });
  return { child, url, log: () => log };
}

/**
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
async function stop(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** A port that nobody uses. The node must know it before it starts, and keep it when it starts again. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/**
 * @typedef {object} StageSettings
 * @property {number} [speed] how many times as fast as real time everybody lives
 * @property {number} [lines] calls that the account may have live at once
 * @property {number} [seed] seeds the people of the sandbox
 * @property {boolean} [assistants] whether those that the sandbox has are registered; without, there are templates only
 * @property {number} [at] what everybody's clock shows at the start, in UTC milliseconds; without, the time of day
 * @property {string} [policy] what new campaigns allow
 */

/** A sandbox and a node that calls through it. */
export class Stage {
  /** @type {Awaited<ReturnType<typeof start>> | undefined} */
  #sandbox;
  /** @type {Awaited<ReturnType<typeof start>> | undefined} */
  #node;
  #port = 0;
  #folder = "";
  /** @type {string[]} */
  #clock = [];
  #lines = 0;
  // The sandbox's people are no people: tests call at every hour. Those of the rules say what they allow.
  #policy = "unrestricted";

  /** @param {StageSettings} [settings] */
  static async start({ speed = 60, lines = 10, seed = 1, assistants = true, at, policy } = {}) {
    const stage = new Stage();
    stage.#folder = mkdtempSync(join(tmpdir(), "autolynx-e2e-"));
    folders.add(stage.#folder);
    const now = Date.now();
    // The fast clock and that of the machine showed the same at the epoch.
    const epoch = at === undefined ? now : Math.round(now - (at - now) / (speed - 1));
    stage.#clock = ["--speed", String(speed), "--epoch", String(epoch)];
    stage.#policy = policy ?? stage.#policy;
    stage.#lines = lines;
    stage.#port = await freePort();
    stage.#sandbox = await start(
      ["sandbox", "--address", "127.0.0.1:0", "--api-key", API_KEY, "--account-lines", String(lines)]
        .concat("--seed", String(seed), stage.#clock),
      {},
      /VAPI_BASE_URL=(http\S+)/,
    );
    await stage.startNode();
    if (assistants) await stage.importAssistants();
    return stage;
  }

  /** Starts the node, at first or again. */
  async startNode() {
    if (!this.#sandbox) throw new Error("the stage is closed");
    this.#node = await start(
      ["serve", ...this.#clock],
      {
        DATABASE_URL: `sqlite:${this.databaseFile}`,
        LISTEN_ADDRESS: `127.0.0.1:${this.#port}`,
        PUBLIC_URL: this.url,
        WEBHOOK_SHARED_SECRET: "e2e-secret-of-sixteen",
        VAPI_BASE_URL: this.#sandbox.url,
        VAPI_API_KEY: API_KEY,
        DEFAULT_POLICY: this.#policy,
        ACCOUNT_LINES: String(this.#lines),
        MAX_CALL_DURATION_SECONDS: "3600",
        LOG_LEVEL: "error",
        LOG_FORMAT: "json",
      },
      /^(http\S+)$/,
    );
  }

  /** Registers every assistant that the sandbox has. */
  async importAssistants() {
    for (const { provider_assistant_id } of (await this.api("/assistants/provider")).items) {
      await this.send("POST", "/assistants/import", { provider_assistant_id });
    }
  }

  /** kill -9. */
  async killNode() {
    if (this.#node) await stop(this.#node.child, "SIGKILL");
  }

  /**
   * Stops a process where it is, as if its machine hung, or lets it go on.
   * @param {"node" | "provider"} who
   * @param {boolean} frozen
   */
  freeze(who, frozen) {
    const process = who === "node" ? this.#node : this.#sandbox;
    process?.child.kill(frozen ? "SIGSTOP" : "SIGCONT");
  }

  /** The file of the node's database. */
  get databaseFile() {
    return join(this.#folder, "e2e.db");
  }

  /** Where the pages are, without a slash at the end. */
  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The errors that the node has logged. Warnings, for instance of a slow machine, are none. */
  get errors() {
    return (this.#node?.log() ?? "").split("\n").filter((line) => line.includes('"level":"ERROR"'));
  }

  /**
   * Asks the node's API.
   * @param {string} path
   * @param {RequestInit} [init]
   * @returns {Promise<any>}
   */
  async api(path, init) {
    const answer = await fetch(`${this.url}/api${path}`, init);
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(body)}`);
    return body;
  }

  /**
   * Sends JSON to the API.
   * @param {string} method
   * @param {string} path
   * @param {object} body
   */
  async send(method, path, body) {
    const headers = { "content-type": "application/json" };
    return this.api(path, { method, headers, body: JSON.stringify(body) });
  }

  /**
   * Imports a list without a browser. Gives the campaign's id.
   * @param {string} list
   * @param {Record<string, string>} [fields]
   * @returns {Promise<string>}
   */
  async importList(list, fields = {}) {
    const [assistant] = (await this.api("/assistants?source=imported&q=riley")).items;
    const [number] = (await this.api("/phone-numbers")).items;
    const form = new FormData();
    const all = {
      name: "Spring leads", assistant_id: assistant.id, phone_number_id: number.id, default_region: "US",
      // Tests import the same list as often as they like.
      allow_repeat: "true", ...fields,
    };
    for (const [name, value] of Object.entries(all)) form.set(name, value);
    form.set("file", new Blob([list]), "list.csv");
    return (await this.api("/campaigns", { method: "POST", body: form })).campaign.id;
  }

  /**
   * @param {string} id
   * @param {string} action
   */
  async act(id, action) {
    return this.send("POST", `/campaigns/${id}/${action}`, action === "start" ? { accept_missing: true } : {});
  }

  /** What the provider knows to be true. @returns {Promise<any>} */
  async ledger() {
    return (await fetch(`${this.#sandbox?.url}/sandbox/ledger`)).json();
  }

  /**
   * Tells the sandbox what to do, such as `down`.
   * @param {string} command
   * @param {object} body
   */
  async sandbox(command, body) {
    const answer = await fetch(`${this.#sandbox?.url}/sandbox/${command}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`/sandbox/${command}: ${answer.status} ${await answer.text()}`);
  }

  /**
   * What somebody else with the account's key does, such as `PATCH /assistant/{id}`.
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async provider(method, path, body) {
    const headers = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };
    const request = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${this.#sandbox?.url}${path}`, { method, headers, ...request });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /**
   * The assistants that the provider truly has.
   * @returns {Promise<any[]>}
   */
  async held() {
    const { list } = (await this.ledger()).assistants;
    return list.filter((/** @type {{deleted_ms: number | null}} */ { deleted_ms }) => deleted_ms === null);
  }

  /** Stops everything. */
  async close() {
    for (const who of /** @type {const} */ (["node", "provider"])) this.freeze(who, false);
    if (this.#node) await stop(this.#node.child, "SIGTERM");
    if (this.#sandbox) await stop(this.#sandbox.child, "SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
    folders.delete(this.#folder);
  }
}
