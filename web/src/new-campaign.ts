// The dialog that makes a campaign of a list: sends the form with upload progress, puts the server's refusal beside the
// field it concerns, and shows the server's import report before anything is dialled.

import htmx from "htmx.org";
import { readError, type ApiError } from "./api-error";
import { dialog } from "./dialogs";
import { startDropZone } from "./drop-zone";
import { checkFields, clearErrors, showError, showFieldError } from "./form-errors";
import { nameRegions } from "./regions";
import { showTimes } from "./times";

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
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearErrors(form);
    if (!checkFields(form)) return;
    sending = send(form, {
      progress: (share) => showProgress(form, share),
      refused: (error) => {
        showProgress(form, undefined);
        showError(form, error);
      },
      created: (id) => void showReport(box, id),
    });
  });
  box.addEventListener("close", () => {
    sending?.abort();
    // A report was shown: the list behind the dialog has a new campaign, and the form must start afresh.
    if (box.dataset["step"] === "report") {
      form.reset();
      form.dispatchEvent(new Event("reset-view"));
      box.dataset["step"] = "form";
    }
    showProgress(form, undefined);
  });
}

interface Hopes {
  progress: (share: number) => void;
  refused: (error: ApiError) => void;
  created: (id: string) => void;
}

/** XMLHttpRequest, because fetch tells nothing about how far an upload is. */
function send(form: HTMLFormElement, hopes: Hopes): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) hopes.progress(event.loaded / event.total);
  });
  request.addEventListener("load", () => {
    const id = request.status >= 200 && request.status < 300 ? createdId(request.responseText) : undefined;
    if (id) hopes.created(id);
    else hopes.refused(readError(request.status, request.responseText));
  });
  request.addEventListener("error", () => hopes.refused(readError(0, "")));
  const body = new FormData(form);
  if (body.get("mode") !== "batch") {
    body.delete("batch_size");
    body.delete("quiet_line_gate");
  }
  hopes.progress(0);
  request.send(body);
  return request;
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

/** `undefined` shows the button again. */
function showProgress(form: HTMLFormElement, share: number | undefined): void {
  const bar = form.querySelector<HTMLElement>("[data-upload]");
  const meter = bar?.querySelector("progress");
  const text = bar?.querySelector<HTMLElement>("[data-upload-text]");
  const submit = form.querySelector<HTMLButtonElement>("[type=submit]");
  if (!bar || !meter || !text || !submit) return;
  bar.hidden = share === undefined;
  submit.disabled = share !== undefined;
  if (share === undefined) return;
  if (share < 1) {
    meter.value = share * 100;
    text.textContent = `Uploading, ${Math.floor(share * 100)} %`;
  } else {
    // Without a value the bar says: working, no telling how long.
    meter.removeAttribute("value");
    text.textContent = "Reading the list…";
  }
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
