// The dialog that makes a campaign of a list: sends the form with upload progress, puts the server's refusal beside the
// field it concerns, and shows the server's import report before anything is dialled.

import htmx from "htmx.org";
import type { ApiError } from "./api-error";
import { dialog } from "./dialogs";
import { startDropZone } from "./drop-zone";
import { checkFields, clearErrors, showError, showFieldError } from "./form-errors";
import { nameRegions } from "./regions";
import { showTimes } from "./times";
import { showProgress, upload } from "./upload";

/** Wires the dialog, where the page has one. */
export function startNewCampaign(): void {
  const box = dialog("new-campaign");
  const form = box?.querySelector<HTMLFormElement>("form");
  if (!box || !form) return;
  startDropZone(form);
  startModes(form);
  const regions = form.querySelector<HTMLSelectElement>("select[name=default_region]");
  if (regions) nameRegions(regions);
  let sending: XMLHttpRequest | undefined;

  form.addEventListener("input", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.name) showFieldError(form, field.name, "");
    showRepeat(form, undefined);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearErrors(form);
    showRepeat(form, undefined);
    if (!checkFields(form)) return;
    sending = send(form, event.submitter, (id) => void showReport(box, id));
  });
  box.addEventListener("close", () => {
    sending?.abort();
    showRepeat(form, undefined);
    // A report was shown: the list behind the dialog has a new campaign, and the form must start afresh.
    if (box.dataset["step"] === "report") {
      form.reset();
      form.dispatchEvent(new Event("reset-view"));
      box.dataset["step"] = "form";
    }
    showProgress(form, undefined);
  });
}

function send(form: HTMLFormElement, by: HTMLElement | null, created: (id: string) => void): XMLHttpRequest {
  // The button that was pressed counts: one of them says that the list may be sent again.
  const body = new FormData(form, by);
  if (body.get("mode") !== "batch") {
    body.delete("batch_size");
    body.delete("quiet_line_gate");
  }
  return upload(form.action, body, "application/json", {
    progress: (share) => showProgress(form, share),
    refused: (error) => {
      showProgress(form, undefined);
      if (error.code === "looks_like_a_repeat") showRepeat(form, error);
      else showError(form, error);
    },
    done: (answer) => {
      const id = createdId(answer);
      if (id) created(id);
      return id !== undefined;
    },
  });
}

/** The server has this list already: shows which campaign it is, and a button to import it all the same. */
function showRepeat(form: HTMLFormElement, error: ApiError | undefined): void {
  const notice = form.querySelector<HTMLElement>("[data-repeat]");
  if (!notice) return;
  notice.hidden = error === undefined;
  if (!error) return;
  const text = notice.querySelector("[data-repeat-text]");
  if (text) text.textContent = "You imported this list with the same settings a moment ago. Import it again only if everybody on it may be called twice.";
  const link = notice.querySelector<HTMLAnchorElement>("[data-repeat-link]");
  if (link && error.campaign) link.href = `/campaigns/${encodeURIComponent(error.campaign)}`;
  notice.scrollIntoView({ block: "nearest" });
}

/** The id of the new campaign, from `{"campaign":{"id"}}` or `{"id"}`. */
function createdId(body: string): string | undefined {
  try {
    const answer = JSON.parse(body) as { id?: unknown; campaign?: { id?: unknown } };
    const id = answer.id ?? answer.campaign?.id;
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

async function showReport(box: HTMLDialogElement, id: string): Promise<void> {
  await htmx.ajax("get", `/campaigns/${encodeURIComponent(id)}/import`, { target: "#import-result", swap: "innerHTML" });
  box.dataset["step"] = "report";
  showTimes(box);
  box.querySelector<HTMLElement>("#import-result [data-focus]")?.focus();
  for (const list of document.querySelectorAll("[data-live]")) htmx.trigger(list, "refresh", {});
}

function startModes(form: HTMLFormElement): void {
  const details = form.querySelector<HTMLElement>("[data-batch-fields]");
  const show = (): void => {
    const mode = new FormData(form).get("mode");
    if (!details) return;
    details.hidden = mode !== "batch";
    for (const field of details.querySelectorAll("input")) field.disabled = mode !== "batch";
  };
  form.addEventListener("change", show);
  form.addEventListener("reset-view", show);
  show();
}
