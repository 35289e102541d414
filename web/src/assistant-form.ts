// The form of an assistant and its JSON, in step with each other: `data-path` says where in the configuration a field
// stands, `data-kind` how it is read and written. The configuration is the truth; fields and JSON show it.

import { ExtractTable } from "./assistant-extracts";
import { EditConflict } from "./assistant-conflict";
import { KINDS, bare, fieldFor, ownCriteria, spelled, variablesIn, type Kind } from "./assistant-config";
import { element } from "./elements";
import { checkFields, clearErrors, showFieldError } from "./form-errors";
import { parse, type JsonObject } from "./json";
import { object, send, type Reply } from "./requests";
import { rememberName, rememberedName } from "./signature";
import { showTimes } from "./times";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Wires the form, where the page has one. */
export function startAssistantForm(): void {
  const form = document.querySelector<HTMLFormElement>("#assistant-form");
  if (form) new AssistantForm(form).start();
}

class AssistantForm {
  readonly #json: HTMLTextAreaElement;
  readonly #name: HTMLInputElement;
  readonly #by: HTMLInputElement;
  readonly #submit: HTMLButtonElement;
  readonly #fieldset: HTMLFieldSetElement;
  readonly #fields: Field[];
  readonly #extracts: ExtractTable;
  readonly #conflict: EditConflict;
  #config: JsonObject = {};
  /** Whether the JSON can be read. While it cannot, fields wait. */
  #sound = true;
  #version: number;
  /** What stood there at first, to tell whether leaving loses something. */
  #saved = "";
  #sending = false;
  #leaving = false;
  /** The text into which a variable is put. */
  #lastWords: HTMLTextAreaElement | null = null;

  constructor(readonly form: HTMLFormElement) {
    this.#json = this.#find("[data-config]");
    this.#name = this.#find("[name=name]");
    this.#by = this.#find("[data-by]");
    this.#submit = this.#find("[type=submit]");
    this.#fieldset = this.#find("[data-fields]");
    this.#fields = [...form.querySelectorAll<Field>("[data-path]")];
    this.#version = Number(form.dataset["version"]);
    this.#extracts = new ExtractTable(this.#find("[data-extract-rows]"), form, (change) => this.#change(change(this.#config)));
    this.#conflict = new EditConflict(form, () => this.#goOn());
  }

  start(): void {
    this.#by.value = rememberedName();
    this.#readJson();
    this.#saved = this.#state();
    this.form.addEventListener("input", (event) => this.#edited(event.target as Field));
    this.form.addEventListener("focusin", (event) => {
      if ((event.target as Element).matches("[data-words]")) this.#lastWords = event.target as HTMLTextAreaElement;
    });
    this.form.addEventListener("click", (event) => {
      const variable = (event.target as Element).closest<HTMLElement>("[data-inserts]")?.dataset["inserts"];
      if (variable !== undefined) this.#insert(`{{${variable}}}`);
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
    window.addEventListener("beforeunload", (event) => {
      if (!this.#leaving && this.#state() !== this.#saved) event.preventDefault();
    });
    // Back from the page that followed a save: what the browser kept is the version before.
    window.addEventListener("pageshow", (event) => {
      if (event.persisted && this.#leaving) location.reload();
    });
  }

  #find<Found extends HTMLElement>(selector: string): Found {
    const found = this.form.querySelector<Found>(selector);
    if (!found) throw new Error(`the form has no ${selector}`);
    return found;
  }

  #state(): string {
    const config = this.#sound ? JSON.stringify(this.#config) : this.#json.value;
    return JSON.stringify([this.#name.value, this.#once(), config]);
  }

  #once(): boolean {
    return this.form.querySelector<HTMLInputElement>("[name=ephemeral]")?.checked ?? false;
  }

  #edited(field: Field): void {
    if (field.name && field !== this.#json) showFieldError(this.form, field.name, "");
    if (field === this.#json) this.#readJson();
    else if (field === this.#name) this.#renamed();
    else if (field === this.#by) rememberName(this.#by.value.trim());
    else if (field.dataset["path"] !== undefined && !field.validity.badInput) {
      this.#change(kindOf(field).write(this.#config, field.dataset["path"], shown(field)));
    }
    this.#showHints();
  }

  /** The name stands beside the configuration and, of assistants that the provider has, also in it. */
  #renamed(): void {
    const config = withName(this.#config, this.#name.value);
    if (this.#sound && config !== this.#config) this.#change(config);
  }

  /** A field has changed the configuration: the JSON follows. */
  #change(config: JsonObject): void {
    this.#config = config;
    this.#json.value = JSON.stringify(config, null, 2);
    this.#showHints();
  }

  /** The JSON has changed: the fields follow, or wait until it can be read. */
  #readJson(): void {
    const read = parse(this.#json.value);
    this.#sound = "value" in read;
    this.#fieldset.disabled = !this.#sound;
    this.#submit.disabled = !this.#sound || this.#sending;
    const says = this.#find<HTMLElement>("[data-json-error]");
    says.hidden = this.#sound;
    if (this.#sound) this.#json.removeAttribute("aria-invalid");
    else this.#json.setAttribute("aria-invalid", "true");
    if ("fault" in read) {
      const { line, column, message } = read.fault;
      says.textContent = `Line ${line}, column ${column}: ${message}. The fields wait until this can be read.`;
      return;
    }
    const { name } = read.value;
    if (typeof name === "string" && name !== this.#config["name"]) this.#name.value = name;
    this.#config = read.value;
    this.#showFields();
  }

  #showFields(): void {
    for (const field of this.#fields) {
      const value = kindOf(field).read(this.#config, field.dataset["path"] ?? "");
      if (field instanceof HTMLInputElement && field.type === "checkbox") {
        field.checked = (value || field.dataset["default"]) === "true";
      } else {
        if (field instanceof HTMLSelectElement) offer(field, value);
        if (field.value !== value) field.value = value;
      }
    }
    this.#extracts.show(this.#config);
    const own = ownCriteria(this.#config);
    this.#find<HTMLTextAreaElement>("[data-kind=criteria]").disabled = own;
    this.#find<HTMLElement>("[data-criteria-own]").hidden = !own;
    this.#showHints();
  }

  #showHints(): void {
    for (const field of this.form.querySelectorAll<HTMLInputElement>("[data-counts]")) {
      say(field.dataset["counts"], `${[...field.value].length} of ${field.maxLength}`);
    }
    for (const field of this.form.querySelectorAll<HTMLInputElement>("[data-spells]")) {
      say(field.dataset["spells"], spelled(field.value || field.placeholder) + (field.value === "" ? ", as Vapi has it" : ""));
    }
    const words = [...this.form.querySelectorAll<HTMLTextAreaElement>("[data-words]")].map((field) => field.value);
    const used = variablesIn(words);
    const slot = this.#find<HTMLElement>("[data-variables]");
    const text = used.length === 0 ? "No variable is used: it says the same to everybody." : `Used: ${used.join(", ")}.`;
    if (slot.textContent !== text) slot.textContent = text;
  }

  #insert(variable: string): void {
    const field = this.#lastWords ?? this.#find<HTMLTextAreaElement>("[data-kind=system-prompt]");
    if (this.#fieldset.disabled) return;
    field.setRangeText(variable, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async #save(): Promise<void> {
    if (this.#sending || !this.#sound) return;
    this.#clear();
    if (!checkFields(this.form) || !this.#extracts.check()) return;
    const { id } = this.form.dataset;
    const name = this.#name.value.trim();
    const by = this.#by.value.trim();
    const body = {
      name,
      ...(id === undefined
        ? { config: this.#config, ...(this.#once() ? { ephemeral: true } : {}) }
        : { version: this.#version, whole_config: this.#config }),
      ...(by === "" ? {} : { by }),
    };
    this.#busy(true);
    const reply =
      id === undefined ? await send("POST", "/api/assistants", body) : await send("PATCH", `/api/assistants/${id}`, body);
    if (reply.ok) {
      this.#leaving = true;
      // Where the answer was lost the page says so, and what is done about it.
      location.assign(`/assistants/${encodeURIComponent(String(reply.answer["id"] ?? id))}`);
      return;
    }
    this.#busy(false);
    this.#refused(reply);
  }

  #busy(is: boolean): void {
    this.#sending = is;
    this.#submit.disabled = is || !this.#sound;
    this.#submit.toggleAttribute("data-busy", is);
    this.#find<HTMLElement>("[data-saving-text]").textContent = is ? "Saving, here and at Vapi…" : "";
  }

  #clear(): void {
    clearErrors(this.form);
    this.#conflict.hide();
    this.#find<HTMLElement>("[data-merged]").hidden = true;
    this.#find<HTMLElement>("[data-form-faults]").replaceChildren();
  }

  #refused({ error, details }: Reply): void {
    if (error.code === "edited_meanwhile" && this.form.dataset["id"]) {
      this.#conflict.show(details, this.#config, this.#name.value);
      showTimes(this.form);
      return;
    }
    const slots = [...this.form.querySelectorAll<HTMLElement>("[data-error-for]")].map((slot) => slot.dataset["errorFor"] ?? "");
    const faults = (Array.isArray(details["faults"]) ? details["faults"] : []).map(object);
    if (faults.length === 0 && error.field) faults.push({ field: error.field, message: error.message });
    const rest: HTMLElement[] = [];
    const told = new Map<string, string>();
    for (const fault of faults) {
      const [place, message] = [String(fault["field"] ?? ""), String(fault["message"] ?? "")];
      const field = fieldFor(place, slots);
      if (field !== undefined) told.set(field, [told.get(field), message].filter(Boolean).join(" "));
      else rest.push(element("li", {}, ...(place === "" ? [] : [element("code", {}, bare(place)), ": "]), message));
    }
    for (const [field, message] of told) showFieldError(this.form, field, message);
    const summary = this.#find<HTMLElement>("[data-form-error]");
    summary.hidden = false;
    this.#find<HTMLElement>("[data-form-error-text]").textContent = error.message;
    this.#find<HTMLElement>("[data-form-faults]").append(...rest);
    const first = this.#fields.find((field) => told.has(field.name)) ?? (told.has("name") ? this.#name : undefined);
    // What is told beside no field must be seen first.
    if (first && rest.length === 0) first.focus();
    else summary.focus();
  }

  /** Their version is underneath now; ours is saved on top of it. */
  #goOn(): void {
    const { version, config, name, text } = this.#conflict.merged(this.#config, this.#name.value);
    this.#version = version;
    this.#name.value = name;
    this.#change(withName(config, name));
    this.#showFields();
    this.#conflict.hide();
    this.#find<HTMLElement>("[data-merged]").hidden = false;
    this.#find<HTMLElement>("[data-merged-text]").textContent = text;
    this.#submit.focus();
  }
}

/** The configuration by another name, where it says one. */
function withName(config: JsonObject, name: string): JsonObject {
  return "name" in config && config["name"] !== name ? { ...config, name } : config;
}

function kindOf(field: Field): Kind {
  const kind = KINDS[field.dataset["kind"] ?? "text"];
  if (!kind) throw new Error(`a field of an unknown kind: ${field.dataset["kind"]}`);
  return kind;
}

function shown(field: Field): string {
  return field instanceof HTMLInputElement && field.type === "checkbox" ? String(field.checked) : field.value;
}

/** A select box also offers what the JSON says and we have never heard of. */
function offer(field: HTMLSelectElement, value: string): void {
  if (![...field.options].some((option) => option.value === value)) field.append(element("option", { value }, value));
}

function say(id: string | undefined, text: string): void {
  const slot = document.getElementById(id ?? "");
  if (slot && slot.textContent !== text) slot.textContent = text;
}
