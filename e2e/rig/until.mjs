/** Reaching it is a failure, so it may be long. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 25;

/**
 * Looks until the answer is truthy, and gives it.
 * @template T
 * @param {string} what what is waited for, in words
 * @param {() => T | Promise<T>} look
 * @param {number} [patienceMs]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, look, patienceMs = PATIENCE_MS) {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return /** @type {NonNullable<T>} */ (seen);
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s in vain until ${what}`);
    await new Promise((resume) => setTimeout(resume, LOOK_EVERY_MS));
  }
}
