// Errors beside the fields they concern. A form gives each field a slot `data-error-for="name"`, and itself one
// `data-form-error` for everything else.

import type { ApiError } from "./api-error";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The browser's own checks, shown in the same places as the server's. */
export function checkFields(form: HTMLFormElement): boolean {
  const fields = [...form.elements].filter(
    (field): field is Field =>
      (field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) &&
      field.name !== "",
  );
  const wrong = fields.filter((field) => !field.checkValidity());
  for (const field of wrong) showFieldError(form, field.name, field.dataset["missing"] ?? field.validationMessage);
  focusFirst(wrong);
  // Nothing chosen would not be sent at all, and mean something else.
  for (const group of form.querySelectorAll<HTMLElement>("[data-choose]")) {
    if (group.querySelector("input:checked")) continue;
    showError(form, { code: "", message: group.dataset["choose"] ?? "" });
    return false;
  }
  return wrong.length === 0;
}

/** Shows a refusal of the server. */
export function showError(form: HTMLFormElement, error: ApiError): void {
  const field = error.field ? form.elements.namedItem(error.field) : null;
  if (error.field && field instanceof HTMLElement && showFieldError(form, error.field, error.message)) {
    focusFirst([field]);
    return;
  }
  const summary = form.querySelector<HTMLElement>("[data-form-error]");
  if (!summary) return;
  summary.hidden = false;
  const text = summary.querySelector("[data-form-error-text]");
  if (text) text.textContent = error.message;
  summary.scrollIntoView({ block: "nearest" });
}

/** Takes every error away. */
export function clearErrors(form: HTMLFormElement): void {
  for (const slot of form.querySelectorAll<HTMLElement>("[data-error-for]")) {
    showFieldError(form, slot.dataset["errorFor"] ?? "", "");
  }
  const summary = form.querySelector<HTMLElement>("[data-form-error]");
  if (summary) summary.hidden = true;
}

/** Shows an error, or takes it away when it is empty. False when the form has no place for errors of this field. */
export function showFieldError(form: HTMLFormElement, name: string, message: string): boolean {
  const slot = form.querySelector<HTMLElement>(`[data-error-for="${CSS.escape(name)}"]`);
  if (!slot) return false;
  slot.textContent = message;
  slot.hidden = message === "";
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLElement) {
    if (message === "") field.removeAttribute("aria-invalid");
    else field.setAttribute("aria-invalid", "true");
  }
  return true;
}

function focusFirst(fields: HTMLElement[]): void {
  fields[0]?.focus();
}
