// Forms in dialogs that upload a list: `data-upload-form="id"` names the element that shows the server's report, which
// takes the form's place until the dialog is closed.

import { startDropZone } from "./drop-zone";
import { checkFields, clearErrors, showError, showFieldError } from "./form-errors";
import { refreshAll } from "./live";
import { nameRegions } from "./regions";
import { rememberedName } from "./signature";
import { showTimes } from "./times";
import { showProgress, upload } from "./upload";

/** Wires every such form. */
export function startUploadForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-upload-form]")) startForm(form);
}

function startForm(form: HTMLFormElement): void {
  const box = form.closest("dialog");
  const result = document.getElementById(form.dataset["uploadForm"] ?? "");
  if (!box || !result) return;
  startDropZone(form);
  for (const select of form.querySelectorAll<HTMLSelectElement>("select[data-regions]")) nameRegions(select);
  let sending: XMLHttpRequest | undefined;

  form.addEventListener("input", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.name) showFieldError(form, field.name, "");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearErrors(form);
    if (!checkFields(form)) return;
    const body = new FormData(form);
    const by = rememberedName();
    if ("signed" in form.dataset && by !== "") body.set("by", by);
    sending = upload(form.action, body, "text/html, application/json;q=0.9", {
      progress: (share) => showProgress(form, share),
      refused: (error) => {
        showProgress(form, undefined);
        showError(form, error);
      },
      done: (report) => {
        result.innerHTML = report;
        box.dataset["step"] = "report";
        showTimes(result);
        result.querySelector<HTMLElement>("[data-focus]")?.focus();
        refreshAll();
        return true;
      },
    });
  });
  box.addEventListener("close", () => {
    sending?.abort();
    clearErrors(form);
    if (box.dataset["step"] === "report") {
      form.reset();
      form.dispatchEvent(new Event("reset-view"));
      box.dataset["step"] = "form";
      result.replaceChildren();
    }
    showProgress(form, undefined);
  });
}
