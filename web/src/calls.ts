// The table of calls: filters and pages change what the live fragment asks for, and the address bar follows so that a
// view can be kept or sent to somebody.

import htmx from "htmx.org";
import { dialog } from "./dialogs";

const TYPING_PAUSE_MS = 250;

const wantsNewTab = (event: MouseEvent): boolean => event.ctrlKey || event.metaKey || event.shiftKey;

/** Wires the filter form and the pager of a campaign's calls, and the drawer with one call. */
export function startCalls(): void {
  const form = document.querySelector<HTMLFormElement>("#calls-filter");
  if (form) startFilter(form);
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

function startFilter(form: HTMLFormElement): void {
  const page = form.elements.namedItem("page") as HTMLInputElement;
  const show = (number: string): void => {
    page.value = number;
    history.replaceState(null, "", address(form));
    htmx.trigger("#calls", "refresh", {});
  };

  let typing: number | undefined;
  form.addEventListener("input", (event) => {
    window.clearTimeout(typing);
    const pause = (event.target as Element).matches("[type=search]") ? TYPING_PAUSE_MS : 0;
    typing = window.setTimeout(() => show("1"), pause);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    window.clearTimeout(typing);
    show("1");
  });
  document.addEventListener("click", (event) => {
    if (wantsNewTab(event)) return;
    const target = event.target as Element;
    const link = target.closest<HTMLAnchorElement>("#calls a[data-page]");
    if (link) {
      event.preventDefault();
      show(link.dataset["page"] ?? "1");
      document.getElementById("calls")?.scrollIntoView({ block: "start" });
      return;
    }
    const narrower = target.closest<HTMLAnchorElement>("a[data-filter]");
    if (narrower) {
      event.preventDefault();
      clear(form);
      const select = form.elements.namedItem(narrower.dataset["filter"] ?? "") as HTMLSelectElement;
      select.value = narrower.dataset["value"] ?? "";
      show("1");
      document.getElementById("calls-section")?.scrollIntoView({ block: "start" });
    }
    if (target.closest("[data-clear-filter]")) {
      event.preventDefault();
      clear(form);
      show("1");
    }
  });
}

/** Not `reset`, which would go back to the filter the page was opened with. */
function clear(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) field.value = "";
}

function address(form: HTMLFormElement): string {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value !== "" && !(name === "page" && value === "1")) query.append(name, value);
  }
  const text = query.toString();
  return text === "" ? location.pathname : `${location.pathname}?${text}`;
}
