/**
 * The steps of one path, each a test of its own. After one that failed the others are not tried: what they would find
 * wrong has its cause before them.
 * @param {import("node:test").TestContext} t
 * @returns {(name: string, walk: () => Promise<void>) => Promise<void>}
 */
export function stepsOf(t) {
  /** @type {string | undefined} */
  let broken;
  return (name, walk) =>
    t.test(name, { skip: broken && `after the failure of “${broken}”` }, async () => {
      broken = name;
      await walk();
      broken = undefined;
    });
}
