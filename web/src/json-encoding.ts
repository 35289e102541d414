// Buttons say in `hx-vals` what they send. The API reads JSON, and htmx would send a form.

import htmx from "htmx.org";
import { signed } from "./signature";

/** Teaches htmx the extension `json`. An element marked `data-signed` also sends the reader's name. */
export function startJsonEncoding(): void {
  const extension = {
    onEvent(name: string, event: Event): boolean {
      if (name !== "htmx:configRequest") return true;
      const { elt, headers } = (event as CustomEvent<{ elt: Element; headers: Record<string, string> }>).detail;
      if (elt.hasAttribute("hx-vals")) headers["Content-Type"] = "application/json";
      return true;
    },
    encodeParameters(_request: XMLHttpRequest, _parameters: unknown, element: Node): string | null {
      const elt = element as HTMLElement;
      // Not from the parameters, where everything has become text.
      const values = elt.getAttribute("hx-vals");
      if (!values) return null;
      const body = JSON.parse(values) as Record<string, unknown>;
      return JSON.stringify("signed" in elt.dataset ? signed(body) : body);
    },
  };
  (htmx as unknown as { defineExtension: (name: string, extension: unknown) => void }).defineExtension("json", extension);
}
