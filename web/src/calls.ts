// The drawer with one call.

import htmx from "htmx.org";
import { dialog } from "./dialogs";
import { wantsNewTab } from "./filters";

/** Opens calls beside the table they stand in, where the page has a drawer. */
export function startCalls(): void {
  // htmx would take these clicks too; caught on the way down, they stay those of plain links.
  document.addEventListener(
    "click",
    (event) => {
      const plain = wantsNewTab(event) || !dialog("call-drawer");
      if (plain && (event.target as Element).closest("a[hx-get]")) event.stopPropagation();
    },
    { capture: true },
  );
  // Opened when the panel is there, so that the drawer never shows the call before.
  htmx.on("htmx:afterSwap", (event) => {
    const { target } = (event as CustomEvent<{ target: HTMLElement }>).detail;
    const drawer = dialog("call-drawer");
    if (target.id !== "call-panel" || !drawer) return;
    if (!drawer.open) drawer.showModal();
    drawer.scrollTop = 0;
    drawer.querySelector("h2")?.focus();
  });
  // A closed drawer forgets its call: nothing goes on fetching it or playing its recording.
  dialog("call-drawer")?.addEventListener("close", () => {
    document.getElementById("call-panel")?.replaceChildren();
  });
}
