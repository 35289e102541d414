// The settings of a campaign. The form works without this: here are the conveniences.

import { ladder } from "./durations";
import { rememberedName, rememberName } from "./signature";

/** Wires the form, and every field that starts with the reader's own time zone. */
export function startSettings(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-own-zone]")) {
    if (field.value === "" && !field.disabled) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
  document.querySelector<HTMLElement>("[data-faults]")?.focus();
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-settings]")) startForm(form);
}

function startForm(form: HTMLFormElement): void {
  const by = form.querySelector<HTMLInputElement>("[data-by]");
  if (by && by.value === "") by.value = rememberedName();
  form.addEventListener("submit", () => rememberName(by?.value.trim() ?? ""));

  for (const field of form.querySelectorAll<HTMLInputElement>("[data-ladder]")) {
    const words = document.getElementById(field.dataset["ladder"] ?? "");
    field.addEventListener("input", () => {
      if (words) words.textContent = ladder(field.value) ?? "Write for instance 20 min, 2 h, 1 d";
    });
  }
  startHours(form);
}

/**
 * A preset fills the week and the holidays, which can then be changed. Its rows for single regions come from the server
 * when the form is saved.
 */
function startHours(form: HTMLFormElement): void {
  const preset = form.querySelector<HTMLSelectElement>("[data-preset]");
  const holidays = form.querySelector<HTMLSelectElement>("[data-holidays-choice]");
  const about = form.querySelector<HTMLElement>("[data-preset-about]");
  const days = [...form.querySelectorAll<HTMLInputElement>("[data-day]")];
  if (!preset || !about) return;
  const before = preset.value;
  const tell = (): void => {
    const words = preset.selectedOptions[0]?.dataset["about"];
    const rows = preset.value === before ? "" : " Its rules for single regions come when you save.";
    about.textContent = words === undefined ? "" : words + rows;
  };
  preset.addEventListener("change", () => {
    const { week, holidays: calendar } = preset.selectedOptions[0]?.dataset ?? {};
    tell();
    if (week === undefined) return;
    week.split("|").forEach((hours, day) => {
      const field = days[day];
      if (field) field.value = hours;
    });
    if (holidays) holidays.value = calendar ?? "";
  });
}
