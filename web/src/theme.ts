import { rememberTheme, rememberedTheme, type Theme } from "./theme-store";

/** Wires the three radio buttons in the header. */
export function startTheme(): void {
  const choices = document.querySelectorAll<HTMLInputElement>("input[name='theme']");
  const current = rememberedTheme();
  for (const choice of choices) {
    choice.checked = choice.value === current;
    choice.addEventListener("change", () => {
      if (choice.checked) apply(choice.value as Theme);
    });
  }
}

function apply(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  rememberTheme(theme);
}
