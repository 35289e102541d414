// Lists with a filter: the form and the pager change what the live fragment asks for, and the address bar follows so that
// a view can be kept or sent to somebody.

import htmx from "htmx.org";

const TYPING_PAUSE_MS = 250;

/** Somebody wants the link's page in a tab of its own. */
export const wantsNewTab = (event: MouseEvent): boolean => event.ctrlKey || event.metaKey || event.shiftKey;

/** Wires the page's form `data-filters="list"`, the pager inside `#list`, and the links that filter. */
export function startFilters(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-filters]");
  const list = document.getElementById(form?.dataset["filters"] ?? "");
  if (form && list) startFilter(form, list);
}

function startFilter(form: HTMLFormElement, list: HTMLElement): void {
  const page = form.elements.namedItem("page") as HTMLInputElement;
  const show = (number: string): void => {
    page.value = number;
    history.replaceState(null, "", address(form));
    htmx.trigger(list, "refresh", {});
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
    const link = target.closest<HTMLAnchorElement>("a[data-page]");
    if (link && list.contains(link)) {
      event.preventDefault();
      show(link.dataset["page"] ?? "1");
      list.scrollIntoView({ block: "start" });
      return;
    }
    const narrower = target.closest<HTMLAnchorElement>("a[data-filter]");
    if (narrower) {
      event.preventDefault();
      clear(form);
      const select = form.elements.namedItem(narrower.dataset["filter"] ?? "") as HTMLSelectElement;
      select.value = narrower.dataset["value"] ?? "";
      show("1");
      (form.closest("section") ?? form).scrollIntoView({ block: "start" });
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
