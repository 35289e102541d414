// The pages of an assistant, as several tests walk them.

/** @typedef {import("playwright-core").Page} Page */

/**
 * A part of a page, by its heading.
 * @param {Page} page
 * @param {string} name
 */
export const part = (page, name) => page.getByRole("region", { name, exact: true });

/** Waits for the page of one assistant. @param {Page} page */
export const landed = (page) => page.waitForURL(/\/assistants\/[0-9a-f-]{36}$/);

/**
 * Waits until the form shows the configuration: what is written into it before would be written over.
 * @param {Page} page
 */
export const formReady = (page) => page.locator("[data-variables]:not(:empty)").waitFor();
