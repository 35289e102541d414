// Fragments are morphed into the page rather than replaced, so that focus, scroll and selection stay.

import htmx from "htmx.org";
import "htmx-ext-sse";
import { Idiomorph } from "idiomorph/htmx";

/** Sets htmx and the morphing up. Must run before the document is ready, which is when htmx starts. */
export function startMorph(): void {
  // The page's content security policy forbids inline styles and eval; without them htmx needs neither.
  htmx.config.includeIndicatorStyles = false;
  htmx.config.allowEval = false;
  htmx.config.allowScriptTags = false;
  htmx.config.selfRequestsOnly = true;
  // Otherwise a button would take over the `hx-sync` of the live fragment around it, and a refresh could push its click
  // out of the queue.
  htmx.config.disableInheritance = true;
  // Pages hold names and numbers of people: none is kept in the browser's storage.
  htmx.config.historyCacheSize = 0;

  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    // Whether a disclosure or dialog is open is the reader's business, not the server's.
    !(name === "open" && (node instanceof HTMLDetailsElement || node instanceof HTMLDialogElement));
}
