// Buttons that ask the JSON API for something: they show its refusals, and refresh what is on the page at once instead
// of waiting for the server to say that something changed.

import htmx from "htmx.org";
import { readError } from "./api-error";
import { refreshAll } from "./live";
import { toast } from "./toasts";

interface Answer {
  elt: HTMLElement;
  successful: boolean;
  xhr: XMLHttpRequest;
}

/** After an action: `data-then` names the page to go to, otherwise everything live is fetched again. */
export function startActions(): void {
  htmx.on("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = (event as CustomEvent<Answer>).detail;
    if (!elt.hasAttribute("hx-post")) return;
    if (!successful) {
      toast(readError(xhr.status, xhr.responseText).message, "error");
      refreshAll();
      return;
    }
    const next = elt.dataset["then"];
    if (next) location.assign(next);
    else refreshAll();
  });
}
