// Elements made by hand. Texts stay texts, whatever stands in them.

type Attributes = Record<string, string | boolean>;

/** An element with attributes and children. A boolean attribute is there when it is true. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "boolean") made.toggleAttribute(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** A word with its colour, as the templates draw it. */
export function chip(tone: string, label: string): HTMLElement {
  return element("span", { class: `chip ${tone}` }, label);
}
