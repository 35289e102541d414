// The dialog that registers assistants: those that the account holds, one by its id, or those of a file. One request for
// each, one after the other, so that everybody sees which came through.

import { dialog } from "./dialogs";
import { startDropZone } from "./drop-zone";
import { chip, element } from "./elements";
import { checkFields, clearErrors, showError, showFieldError } from "./form-errors";
import { entriesOf, type Entry } from "./import-entries";
import { refreshAll } from "./live";
import { object, send, type Reply } from "./requests";
import { signed } from "./signature";

/** One request of an import. */
interface Task {
  name: string;
  address: string;
  body: Record<string, unknown>;
  /** Secrets that must be entered again. */
  leftOut: string[];
}

/** Wires the dialog, where the page has one. */
export function startImportAssistants(): void {
  const box = dialog("import-assistants");
  const form = box?.querySelector<HTMLFormElement>("form");
  if (box && form) new ImportDialog(box, form).start();
}

class ImportDialog {
  readonly #submit: HTMLButtonElement;
  #entries: Entry[] = [];
  /** Why the chosen file cannot be imported. */
  #problem = "";
  #running = false;
  #stopped = false;
  /** Counts openings, so that an answer of the one before is not taken for that of this one. */
  #opening = 0;

  constructor(
    readonly box: HTMLDialogElement,
    readonly form: HTMLFormElement,
  ) {
    this.#submit = this.#find<HTMLButtonElement>("[type=submit]");
  }

  start(): void {
    startDropZone(this.form);
    document.addEventListener("click", (event) => {
      if ((event.target as Element).closest("[data-opens=import-assistants]")) void this.#loadAccount();
    });
    this.#find("[data-account-retry]").addEventListener("click", () => void this.#loadAccount());
    this.#find<HTMLInputElement>("[data-account-all]").addEventListener("change", (event) => {
      const { checked } = event.target as HTMLInputElement;
      for (const choice of this.#choices()) choice.checked = checked;
    });
    this.form.addEventListener("change", (event) => {
      const field = event.target as HTMLInputElement;
      if (field.name === "file") void this.#readFile(field.files?.[0]);
      this.#show();
    });
    this.form.addEventListener("input", (event) => {
      const { name } = event.target as HTMLInputElement;
      if (name) showFieldError(this.form, name, "");
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#submit.disabled || this.#running) return;
      clearErrors(this.form);
      if (checkFields(this.form)) void this.#import();
    });
    this.box.addEventListener("close", () => this.#reset());
    this.#show();
  }

  #find<Found extends HTMLElement = HTMLElement>(selector: string): Found {
    const found = this.box.querySelector<Found>(selector);
    if (!found) throw new Error(`the import dialog has no ${selector}`);
    return found;
  }

  #choices(): HTMLInputElement[] {
    return [...this.form.querySelectorAll<HTMLInputElement>("[data-account-items] input:not(:disabled)")];
  }

  #way(): string {
    return String(new FormData(this.form).get("way"));
  }

  /** Shows the chosen way and says on the button what it will do. */
  #show(): void {
    const way = this.#way();
    for (const panel of this.form.querySelectorAll<HTMLFieldSetElement>("[data-way]")) {
      panel.hidden = panel.dataset["way"] !== way;
      panel.disabled = panel.hidden;
    }
    const choices = this.#choices();
    const chosen = choices.filter((choice) => choice.checked).length;
    const all = this.#find<HTMLInputElement>("[data-account-all]");
    all.checked = chosen > 0 && chosen === choices.length;
    all.indeterminate = chosen > 0 && chosen < choices.length;
    all.disabled = choices.length === 0;
    const count = { account: chosen, id: 1, file: this.#entries.length }[way] ?? 0;
    this.#submit.textContent = count === 0 ? "Import" : `Import ${assistants(count)}`;
    // An empty form of the other ways says what it lacks; an empty list only has to be ticked.
    this.#submit.disabled = way === "account" && chosen === 0;
  }

  #showAccount(state: "loading" | "error" | "none" | "list"): void {
    for (const part of this.box.querySelectorAll<HTMLElement>("[data-account]")) {
      part.hidden = part.dataset["account"] !== state;
    }
    this.#show();
  }

  async #loadAccount(): Promise<void> {
    const opening = ++this.#opening;
    const list = this.#find("[data-account-items]");
    list.replaceChildren();
    this.#showAccount("loading");
    const reply = await send("GET", "/api/assistants/provider");
    if (opening !== this.#opening) return;
    if (!reply.ok) {
      // Nothing was to be changed, so it is certain that nothing was.
      const nobody = reply.status === 0;
      this.#find("[data-account-error]").textContent = nobody ? "AutoLynx did not answer." : reply.error.message;
      this.#showAccount("error");
      return;
    }
    const items = (Array.isArray(reply.answer["items"]) ? reply.answer["items"] : []).map(object);
    list.append(...items.map((item, index) => accountRow(item, `ia-account-${index}`)));
    const free = this.#choices().length;
    this.#find("[data-account-count]").textContent = `${free} of ${items.length}`;
    this.#showAccount(items.length === 0 ? "none" : "list");
  }

  async #readFile(file: File | undefined): Promise<void> {
    this.#entries = [];
    this.#problem = "";
    const says = this.#find("[data-file-says]");
    says.hidden = true;
    if (!file) return;
    const read = entriesOf(await file.text(), file.name);
    if ("problem" in read) {
      this.#problem = read.problem;
      showFieldError(this.form, "file", read.problem);
    } else {
      this.#entries = read.entries;
      says.hidden = false;
      says.textContent = `${assistants(read.entries.length)}: ${read.entries.map(({ name }) => name).join(", ")}.`;
    }
    this.#show();
  }

  async #import(): Promise<void> {
    const way = this.#way();
    if (way === "id") {
      await this.#importOne();
      return;
    }
    if (way === "file" && this.#entries.length === 0) {
      showFieldError(this.form, "file", this.#problem);
      return;
    }
    const fromAccount = (choice: HTMLInputElement): Task => ({
      name: choice.dataset["name"] ?? choice.value,
      address: "/api/assistants/import",
      body: { providerAssistantId: choice.value },
      leftOut: [],
    });
    const fromFile = ({ name, body, leftOut }: Entry): Task => ({ name, address: "/api/assistants", body, leftOut });
    const chosen = this.#choices().filter((choice) => choice.checked);
    await this.#run(way === "file" ? this.#entries.map(fromFile) : chosen.map(fromAccount));
  }

  async #importOne(): Promise<void> {
    const data = new FormData(this.form);
    const [id, name] = ["providerAssistantId", "import_name"].map((field) => String(data.get(field) ?? "").trim());
    this.#busy(true);
    const body = { providerAssistantId: id, ...(name === "" ? {} : { name }) };
    const reply = await send("POST", "/api/assistants/import", signed(body));
    if (reply.ok) {
      location.assign(`/assistants/${encodeURIComponent(String(reply.answer["id"]))}`);
      return;
    }
    this.#busy(false);
    const field = { name: "import_name", provider_assistant_id: "providerAssistantId" }[reply.error.field ?? ""];
    showError(this.form, field ? { ...reply.error, field } : reply.error);
  }

  #busy(is: boolean): void {
    this.#submit.disabled = is;
    this.#submit.toggleAttribute("data-busy", is);
  }

  async #run(tasks: Task[]): Promise<void> {
    this.#running = true;
    this.#stopped = false;
    this.#find("[data-choosing]").hidden = true;
    this.#find("[data-doing]").hidden = false;
    this.#submit.hidden = true;
    const text = this.#find("[data-doing-text]");
    const meter = this.#find<HTMLProgressElement>("progress");
    const results = this.#find("[data-results]");
    const cancel = this.#find("[data-cancel]");
    cancel.textContent = "Stop";
    text.focus();
    let [done, well] = [0, 0];
    for (const task of tasks) {
      if (this.#stopped) return;
      text.textContent = `Importing ${done + 1} of ${tasks.length}: ${task.name}`;
      const reply = await send("POST", task.address, signed(task.body));
      done += 1;
      if (reply.ok) well += 1;
      meter.value = (done / tasks.length) * 100;
      results.append(resultRow(task, reply));
    }
    this.#running = false;
    cancel.textContent = "Close";
    const refused = done - well;
    text.textContent = refused === 0 ? `${assistants(well)} imported.` : `${well} of ${done} imported, ${refused} not.`;
    refreshAll();
  }

  /** Ready for the next time. What is under way is not taken back, but nothing follows it. */
  #reset(): void {
    const began = !this.#find("[data-doing]").hidden;
    this.#stopped = true;
    this.#running = false;
    this.#opening += 1;
    this.#entries = [];
    this.form.reset();
    this.form.dispatchEvent(new Event("reset-view"));
    clearErrors(this.form);
    this.#busy(false);
    this.#find("[data-file-says]").hidden = true;
    this.#find("[data-choosing]").hidden = false;
    this.#find("[data-doing]").hidden = true;
    this.#find("[data-results]").replaceChildren();
    this.#find<HTMLProgressElement>("progress").value = 0;
    this.#find("[data-cancel]").textContent = "Cancel";
    this.#submit.hidden = false;
    this.#show();
    if (began) refreshAll();
  }
}

function assistants(count: number): string {
  return count === 1 ? "1 assistant" : `${count} assistants`;
}

function accountRow(item: Record<string, unknown>, id: string): HTMLElement {
  const said = (key: string): string => (typeof item[key] === "string" ? (item[key] as string) : "");
  const [provider, registered] = [said("provider_assistant_id"), said("registered")];
  const name = said("name") || "Without a name";
  const box = element("input", {
    type: "checkbox",
    class: "checkbox checkbox-primary checkbox-sm",
    id,
    value: provider,
    "data-name": name,
    disabled: registered !== "",
  });
  const about = [said("model"), said("voice")].filter((part) => part !== "").join(" · ");
  const words = element("span", { class: "min-w-0 grow" }, element("span", { class: "block wrap-anywhere" }, name));
  if (about !== "") words.append(element("span", { class: "hint" }, about));
  const label = element("label", { for: id }, box, words);
  const row = element("li", {}, label);
  if (registered !== "") {
    row.append(element("a", { class: "link text-sm text-muted", href: `/assistants/${encodeURIComponent(registered)}` }, "Registered"));
  }
  return row;
}

function resultRow({ name, leftOut }: Task, reply: Reply): HTMLElement {
  const words = element("span", { class: "min-w-0" });
  const id = reply.answer["id"];
  if (reply.ok && typeof id === "string") {
    words.append(element("a", { class: "link wrap-anywhere", href: `/assistants/${encodeURIComponent(id)}` }, name));
  } else {
    words.append(element("span", { class: "wrap-anywhere" }, name));
  }
  if (!reply.ok) words.append(element("span", { class: "hint" }, reply.error.message));
  else if (leftOut.length > 0) {
    words.append(element("span", { class: "hint" }, `Enter again, as the file does not hold them: ${leftOut.join(", ")}`));
  }
  const outcomes: Record<number, [string, string]> = { 200: ["tone-quiet", "Updated"], 202: ["tone-warn", "In doubt"] };
  const [tone, label] = reply.ok ? (outcomes[reply.status] ?? ["tone-ok", "Imported"]) : ["tone-bad", "Not imported"];
  return element("li", {}, words, chip(tone, label));
}
