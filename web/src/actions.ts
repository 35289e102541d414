// Buttons that ask the JSON API for something: they show its refusals, and refresh what is on the page at once instead
// of waiting for the server to say that something changed.

import htmx from "htmx.org";
import { readError } from "./api-error";
import { ask } from "./dialogs";
import { refreshAll } from "./live";
import { filled, object, send } from "./requests";
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
    // A fragment that refreshes itself tries again. Somebody who followed a link or opened a dialog must hear why there is
    // nothing in it.
    if (!successful && elt.matches("a[hx-get], [data-opens][hx-get]")) {
      toast(xhr.status === 0 ? NO_ANSWER : readError(xhr.status, xhr.responseText).message, "error");
    }
    // What the page is about was deleted by somebody else: its buttons lead nowhere any more.
    if (xhr.status === 404 && elt.matches("[data-live]") && !("gone" in elt.dataset)) {
      elt.dataset["gone"] = "";
      toast("This is no longer here. Somebody may have deleted it.", "error");
    }
    if (!elt.matches("[hx-post], [hx-patch], [hx-delete]")) return;
    if (successful) {
      goOn(elt, xhr.responseText);
      return;
    }
    const error = readError(xhr.status, xhr.responseText);
    if (error.code === "missing_variables") {
      void startAnyway(elt, error.message);
      return;
    }
    toast(error.message, "error");
    refreshAll();
  });
}

function goOn(elt: HTMLElement, answer: string): void {
  const next = elt.dataset["then"];
  if (!next) {
    refreshAll();
    return;
  }
  let fields = {};
  try {
    fields = object(JSON.parse(answer));
  } catch {
    // Not every answer has a body, and not every address a gap.
  }
  location.assign(filled(next, fields));
}

/** The list lacks something that the assistant's words use, and the page that was shown did not know it yet. */
async function startAnyway(elt: HTMLElement, message: string): Promise<void> {
  const path = elt.getAttribute("hx-post") ?? "";
  if (!(await ask({ question: message, yes: "Start anyway" }))) {
    refreshAll();
    return;
  }
  const reply = await send("POST", path, { accept_missing: true });
  if (reply.ok) {
    goOn(elt, JSON.stringify(reply.answer));
  } else {
    toast(reply.error.message, "error");
    refreshAll();
  }
}
