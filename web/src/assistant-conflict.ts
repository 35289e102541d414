// Somebody else saved the assistant while we were editing: who, when and what, and how to go on. Never silently.

import { bare, onTop, type Difference } from "./assistant-config";
import { element } from "./elements";
import { at, type Json, type JsonObject } from "./json";
import { object } from "./requests";

/** What stands after their changes went underneath ours. */
interface Merged {
  version: number;
  config: JsonObject;
  name: string;
  /** Says what was taken over and what stayed. */
  text: string;
}

/** The part of the form that tells of it. */
export class EditConflict {
  #version = 0;
  #theirs: Difference[] = [];

  constructor(
    readonly form: HTMLFormElement,
    keep: () => void,
  ) {
    this.#find("[data-conflict-keep]").addEventListener("click", keep);
  }

  #find(selector: string): HTMLElement {
    const found = this.form.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`the form has no ${selector}`);
    return found;
  }

  /** Tells of a refusal `edited_meanwhile`. */
  show(details: Record<string, unknown>, config: JsonObject, name: string): void {
    this.#version = Number(details["version"]);
    this.#theirs = (Array.isArray(details["differences"]) ? details["differences"] : [])
      .map(object)
      .map((entry) => ({ ...(entry as Partial<Difference>), path: String(entry["path"]) }));
    const who = typeof details["by"] === "string" && details["by"] !== "" ? details["by"] : "Somebody";
    const when = typeof details["at"] === "string" ? [", ", element("time", { datetime: details["at"] }, details["at"])] : [];
    const title = this.#find("[data-conflict-title]");
    title.replaceChildren(`${who} saved version ${this.#version}`, ...when, ", while you were editing");
    this.#find("[data-conflict-theirs]").setAttribute("href", `/assistants/${this.form.dataset["id"]}/versions/${this.#version}`);
    this.#find("[data-conflict-rows]").replaceChildren(
      ...this.#theirs.map(({ path, before, after }) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, element("code", { class: "place" }, path)),
          cell("When you began", "before", before),
          cell("Theirs now", "after", after),
          cell("Yours", "", path === "name" ? name : at(config, bare(path))),
        ),
      ),
    );
    this.#find("[data-conflict]").hidden = false;
    title.focus();
  }

  hide(): void {
    this.#find("[data-conflict]").hidden = true;
  }

  /** Ours on top of theirs. */
  merged(config: JsonObject, name: string): Merged {
    const named = this.#theirs.find(({ path }) => path === "name");
    const rest = this.#theirs.filter(({ path }) => path !== "name");
    const result = onTop(config, rest);
    const theirName = named !== undefined && name === named.before && typeof named.after === "string";
    if (theirName) result.taken.push("name");
    else if (named !== undefined && name !== named.after) result.kept.push("name");
    const parts = [`You now edit version ${this.#version}.`];
    if (result.taken.length > 0) parts.push(`Taken over: ${result.taken.join(", ")}.`);
    if (result.kept.length > 0) parts.push(`Changed by both, yours stays: ${result.kept.join(", ")}.`);
    parts.push("Nothing is saved yet.");
    return {
      version: this.#version,
      config: result.config,
      name: theirName ? String(named.after) : name,
      text: parts.join(" "),
    };
  }
}

function cell(label: string, kind: string, value: Json | undefined): HTMLElement {
  const none = value === undefined || value === null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const inside = none ? element("span", { class: "text-muted" }, "not set") : element("div", { class: "value" }, text);
  return element("td", { class: kind, "data-label": label }, inside);
}
