// Native <dialog>s: they trap focus, close on Escape, and give focus back to what opened them.

import htmx from "htmx.org";

/** `data-opens="id"` opens a dialog, `data-closes` closes the one around it, a click beside the box closes too. */
export function startDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-opens]");
    if (opener) dialog(opener.dataset["opens"] ?? "")?.showModal();
    else if (target.closest("[data-closes]")) target.closest("dialog")?.close();
    else if (target instanceof HTMLDialogElement && !("keeps" in target.dataset)) target.close();
  });
  // Messages shown in a dialog outlive it.
  document.addEventListener(
    "close",
    (event) => {
      const toasts = (event.target as Element).querySelector("#toasts");
      if (toasts) document.body.append(toasts);
    },
    { capture: true },
  );
  startConfirm();
}

/** The dialog with this id. */
export function dialog(id: string): HTMLDialogElement | null {
  const element = document.getElementById(id);
  return element instanceof HTMLDialogElement ? element : null;
}

/** Asks `hx-confirm` questions in our own dialog, which can say what will happen and name the button after it. */
function startConfirm(): void {
  const box = dialog("confirm");
  const question = box?.querySelector<HTMLElement>("[data-question]");
  const yes = box?.querySelector<HTMLButtonElement>("[data-yes]");
  if (!box || !question || !yes) return;
  let go: (() => void) | undefined;

  htmx.on("htmx:confirm", (event) => {
    const { question: text, elt, issueRequest } = (event as CustomEvent).detail as {
      question: string | null;
      elt: HTMLElement;
      issueRequest: (confirmed: boolean) => void;
    };
    if (!text) return;
    event.preventDefault();
    question.textContent = text;
    yes.textContent = elt.dataset["confirmYes"] ?? "Yes";
    yes.classList.toggle("btn-error", "confirmGrave" in elt.dataset);
    yes.classList.toggle("btn-primary", !("confirmGrave" in elt.dataset));
    go = () => issueRequest(true);
    box.showModal();
  });
  yes.addEventListener("click", () => {
    const confirmed = go;
    go = undefined;
    box.close();
    confirmed?.();
  });
  box.addEventListener("close", () => {
    go = undefined;
  });
}
