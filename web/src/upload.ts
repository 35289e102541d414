// Sending a form with a file, and saying how far it is.

import { readError, type ApiError } from "./api-error";

interface Hopes {
  progress: (share: number) => void;
  refused: (error: ApiError) => void;
  /** The answer's body. `false`: it is not what was hoped for. */
  done: (body: string) => boolean | undefined;
}

/** XMLHttpRequest, because fetch tells nothing about how far an upload is. */
export function upload(address: string, body: FormData, accept: string, hopes: Hopes): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open("POST", address);
  request.setRequestHeader("Accept", accept);
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) hopes.progress(event.loaded / event.total);
  });
  request.addEventListener("load", () => {
    const ok = request.status >= 200 && request.status < 300;
    if (!ok || hopes.done(request.responseText) === false) hopes.refused(readError(request.status, request.responseText));
  });
  request.addEventListener("error", () => hopes.refused(readError(0, "")));
  hopes.progress(0);
  request.send(body);
  return request;
}

/** `undefined` shows the button again. */
export function showProgress(form: HTMLFormElement, share: number | undefined): void {
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
