// Small forms in dialogs that send JSON: `data-json-form="post"` names the method, `data-then` the page to go to, with
// `{id}` filled from the answer; without it the dialog closes and what is live is fetched again. `data-resets` empties the
// form afterwards, for the next of its kind.

import { dialog } from "./dialogs";
import { checkFields, clearErrors, showError, showFieldError } from "./form-errors";
import { refreshAll } from "./live";
import { bodyOf, filled, send } from "./requests";
import { signed } from "./signature";

/** Wires every such form. A button that opens one may give it its address and values. */
export function startJsonForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-json-form]")) startForm(form);
  // Back from the page that followed: the browser kept this one as it was left, waiting.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const submit of document.querySelectorAll<HTMLButtonElement>("form[data-json-form] [data-busy]")) busy(submit, false);
  });
  document.addEventListener("click", (event) => {
    const opener = (event.target as Element).closest<HTMLElement>("[data-opens][data-action]");
    const form = dialog(opener?.dataset["opens"] ?? "")?.querySelector("form");
    if (!opener || !form) return;
    form.setAttribute("action", opener.dataset["action"] ?? "");
    const name = form.elements.namedItem("name");
    if (name instanceof HTMLInputElement) name.value = opener.dataset["valueName"] ?? "";
  });
}

function startForm(form: HTMLFormElement): void {
  const submit = form.querySelector<HTMLButtonElement>("[type=submit]");
  form.addEventListener("input", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.name) showFieldError(form, field.name, "");
  });
  form.closest("dialog")?.addEventListener("close", () => clearErrors(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit?.disabled) return;
    clearErrors(form);
    if (checkFields(form)) void deliver(form, submit);
  });
}

async function deliver(form: HTMLFormElement, submit: HTMLButtonElement | null): Promise<void> {
  const body = bodyOf(new FormData(form));
  const method = (form.dataset["jsonForm"] ?? "post").toUpperCase();
  busy(submit, true);
  const reply = await send(method, form.getAttribute("action") ?? "", "signed" in form.dataset ? signed(body) : body);
  if (!reply.ok) {
    busy(submit, false);
    showError(form, reply.error);
    return;
  }
  const next = form.dataset["then"];
  // Still busy while the browser fetches the next page: a second click would do it twice.
  if (next) {
    location.assign(filled(next, reply.answer));
    return;
  }
  busy(submit, false);
  form.closest("dialog")?.close();
  if ("resets" in form.dataset) form.reset();
  refreshAll();
}

function busy(submit: HTMLButtonElement | null, is: boolean): void {
  if (!submit) return;
  submit.disabled = is;
  submit.toggleAttribute("data-busy", is);
}
