/** How the page looks: as the system says, or as the reader chose. */
export type Theme = "system" | "light" | "dark";

const KEY = "autolynx.theme";

/** The reader's choice. Storage may be forbidden (private windows): then the system decides. */
export function rememberedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

/** Keeps the choice for the next page, where storage allows. */
export function rememberTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
