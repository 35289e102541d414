// Buttons that ask the JSON API for something: they show its refusals, and refresh what is on the page at once instead
// of waiting for the server to say that something changed.

import htmx from "htmx.org";
import { readError } from "./api-error";
import { refreshAll } from "./live";
import { toast } from "./toasts";

/** Nothing was to be changed, so trying again does no harm. */
const NO_ANSWER = "AutoLynx did not answer. Try again in a moment.";

interface Answer {
  elt: HTMLElement;
  successful: boolean;
  xhr: XMLHttpRequest;
}

/** After an action: `data-then` names the page to go to, otherwise everything live is fetched again. */
export function startActions(): void {
  htmx.on("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = (event as CustomEvent<Answer>).detail;
    // A fragment that refreshes itself tries again. Somebody who followed a link must hear why nothing opened.
    if (!successful && elt.matches("a[hx-get]")) {
      toast(xhr.status === 0 ? NO_ANSWER : readError(xhr.status, xhr.responseText).message, "error");
    }
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
