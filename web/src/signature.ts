// The name under which somebody's changes stand in the history. There are no accounts, so the browser remembers it.

const KEY = "autolynx.name";

/** The name that was last given, or nothing. Storage may be forbidden (private windows). */
export function rememberedName(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** Keeps the name for the next time, where storage allows. */
export function rememberName(name: string): void {
  try {
    if (name === "") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, name);
  } catch {
    // It is then asked for again.
  }
}

/** A body with the name in it, when there is one. */
export function signed(body: Record<string, unknown>): Record<string, unknown> {
  const by = rememberedName();
  return by === "" ? body : { ...body, by };
}
