// The small table of what is drawn from a conversation.

import { extractsIn, withExtracts, type Extract } from "./assistant-config";
import { element } from "./elements";
import { showFieldError } from "./form-errors";
import type { JsonObject } from "./json";

const SLOT = "analysisPlan.structuredDataPlan";
const KINDS: [string, string][] = [
  ["string", "Text"],
  ["boolean", "Yes or no"],
  ["number", "Number"],
  ["integer", "Whole number"],
  ["array", "List"],
  ["object", "Group"],
];

type Change = (config: JsonObject) => JsonObject;

/** Rows of name, kind and meaning, in step with the schema. */
export class ExtractTable {
  readonly #add: HTMLButtonElement | null;
  readonly #none: HTMLElement | null;

  constructor(
    readonly rows: HTMLElement,
    readonly form: HTMLFormElement,
    readonly changed: (change: Change) => void,
  ) {
    this.#add = form.querySelector("[data-extract-add]");
    this.#none = form.querySelector("[data-extract-none]");
    this.#add?.addEventListener("click", () => {
      const row = this.#row({ name: "", type: "string", description: "", was: "" });
      this.rows.append(row);
      this.#showEmpty(undefined);
      row.querySelector("input")?.focus();
    });
    rows.addEventListener("input", () => this.#edited());
    rows.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("button");
      if (!button) return;
      button.closest("tr")?.remove();
      this.#edited();
      this.#add?.focus();
    });
  }

  /** Shows what a configuration draws. Rows that somebody is filling in are left alone as long as they mean the same. */
  show(config: JsonObject): void {
    const extracts = extractsIn(config);
    const known = JSON.stringify((extracts ?? []).map(({ was: _, ...extract }) => extract));
    const present = JSON.stringify(this.#read().filter(({ name }) => name !== "").map(({ was: _, ...extract }) => extract));
    if (known !== present) this.rows.replaceChildren(...(extracts ?? []).map((extract) => this.#row(extract)));
    if (this.#add) this.#add.disabled = extracts === undefined;
    this.#showEmpty(extracts === undefined ? "The JSON has a schema of another kind; it is changed there." : undefined);
  }

  /** Whether the rows can be saved; says why not. */
  check(): boolean {
    const bare = this.#read().some(({ name, description }) => name === "" && description !== "");
    const fault = this.#twice() ?? (bare ? "Every field needs a name." : "");
    showFieldError(this.form, SLOT, fault);
    if (fault !== "") this.rows.querySelector("input")?.focus();
    return fault === "";
  }

  /** What is wrong when two rows have one name: they would swallow each other. */
  #twice(): string | undefined {
    const names = this.#read().map(({ name }) => name);
    const twice = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
    return twice === undefined ? undefined : `“${twice}” stands there twice.`;
  }

  #edited(): void {
    const fault = this.#twice();
    showFieldError(this.form, SLOT, fault ?? "");
    this.#showEmpty(undefined);
    if (fault !== undefined) return;
    const extracts = this.#read();
    this.changed((config) => withExtracts(config, extracts));
    for (const row of this.rows.children) {
      if (row instanceof HTMLElement) row.dataset["was"] = row.querySelector("input")?.value.trim() ?? "";
    }
  }

  #read(): Extract[] {
    return [...this.rows.children].map((row) => {
      const [name, description] = row.querySelectorAll("input");
      return {
        name: name?.value.trim() ?? "",
        type: row.querySelector("select")?.value ?? "string",
        description: description?.value.trim() ?? "",
        was: (row as HTMLElement).dataset["was"] ?? "",
      };
    });
  }

  #showEmpty(text: string | undefined): void {
    if (!this.#none) return;
    this.#none.hidden = this.rows.children.length > 0;
    this.#none.textContent = text ?? "Nothing yet.";
    const table = this.rows.closest("table");
    if (table) table.hidden = this.rows.children.length === 0;
  }

  #row({ name, type, description, was }: Extract): HTMLElement {
    const kinds = KINDS.some(([kind]) => kind === type) ? KINDS : [...KINDS, [type, type] as [string, string]];
    const options = kinds.map(([kind, label]) => element("option", { value: kind, selected: kind === type }, label));
    const cross = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    cross.setAttribute("class", "icon");
    cross.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    // The sprite's address carries a hash; the button beside it knows it.
    const sprite = this.#add?.querySelector("use")?.getAttribute("href")?.split("#")[0] ?? "";
    use.setAttribute("href", `${sprite}#x`);
    cross.append(use);
    return element(
      "tr",
      { "data-was": was },
      element("td", {}, element("input", { class: "input input-sm w-full font-mono", "aria-label": "Name of the field", value: name, placeholder: "interested", spellcheck: "false" })),
      element("td", {}, element("select", { class: "select select-sm w-full", "aria-label": "Kind of the field" }, ...options)),
      element("td", {}, element("input", { class: "input input-sm w-full", "aria-label": "What the field means", value: description, placeholder: "Whether they want a quote" })),
      element("td", {}, element("button", { type: "button", class: "btn btn-ghost btn-sm btn-square", "aria-label": "Remove the field" }, cross)),
    );
  }
}
