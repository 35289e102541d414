// A browser whose pages remember everything that goes wrong in them.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} ContextOptions */

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** The first of the names that `scripts/need.sh chromium` accepts. */
function installed() {
  for (const name of NAMES) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  throw new Error(`no browser: install one of ${NAMES.join(", ")}`);
}

/** Starts the browser. */
export function launch() {
  return chromium.launch({ executablePath: installed(), args: FLAGS });
}

/**
 * @typedef {object} Allowed
 * @property {string} path how the path of the request ends
 * @property {number} status the answer that is meant to come
 */

/**
 * What went wrong in a page: messages of the console, exceptions, violations of the content security policy, answers that
 * are errors, requests to anybody but the node.
 */
export class Troubles {
  /** @type {string[]} */
  #seen = [];
  /** @type {Allowed[]} */
  #allowed = [];
  /** @type {Allowed[]} */
  #possible = [];
  #away = false;

  /**
   * @param {Page} page
   * @param {string} origin
   */
  constructor(page, origin) {
    page.on("pageerror", (error) => this.#note(`exception: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      // The answer itself is judged below; the browser tells of it, and htmx tells of it too.
      if (/^(Failed to load resource|Response Status Error Code)/.test(message.text())) return;
      this.#note(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== origin) this.#note(`request to a stranger: ${request.url()}`);
    });
    page.on("response", (response) => {
      const [path, status] = [new URL(response.url()).pathname, response.status()];
      if (status < 400) return;
      const fits = (/** @type {Allowed} */ allowed) => path.endsWith(allowed.path) && allowed.status === status;
      const index = this.#allowed.findIndex(fits);
      if (index >= 0) this.#allowed.splice(index, 1);
      else if (!this.#possible.some(fits)) this.#note(`${status} from ${response.request().method()} ${path}`);
    });
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // Leaving a page, or closing a dialog, ends what was under way.
      if (why !== "net::ERR_ABORTED") this.#note(`${why}: ${request.method()} ${request.url()}`);
    });
  }

  /** @param {string} trouble */
  #note(trouble) {
    if (!this.#away) this.#seen.push(trouble);
  }

  /**
   * One answer of this kind is meant to come.
   * @param {string} path
   * @param {number} status
   */
  allow(path, status) {
    this.#allowed.push({ path, status });
  }

  /**
   * Answers of this kind may come, or not: whichever is faster.
   * @param {string} path
   * @param {number} status
   */
  tolerate(path, status) {
    this.#possible.push({ path, status });
  }

  /**
   * The node goes away on purpose: until it is back, failing is what requests should do.
   * @param {boolean} away
   */
  nodeAway(away) {
    this.#away = away;
  }

  /** Everything that went wrong, and every meant error that did not come. */
  get all() {
    return this.#seen.concat(this.#allowed.map(({ path, status }) => `expected ${status} from …${path}`));
  }
}

/**
 * Opens a page that watches itself.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url of the node
 * @param {ContextOptions} [options]
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, baseURL: url, ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const troubles = new Troubles(page, new URL(url).origin);
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
  return { context, page, troubles };
}
