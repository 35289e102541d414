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

/** What is asked before something is done. */
export interface Question {
  question: string;
  /** What the button that goes on is called. */
  yes: string;
  /** There is no way back. */
  grave?: boolean;
}

/** Asks in our own dialog, which can say what will happen and name the button after it. */
export function ask({ question, yes, grave = false }: Question): Promise<boolean> {
  const box = dialog("confirm");
  const text = box?.querySelector<HTMLElement>("[data-question]");
  const button = box?.querySelector<HTMLButtonElement>("[data-yes]");
  // Without its dialog nothing is done that somebody should have been asked about.
  if (!box || !text || !button || box.open) return Promise.resolve(false);
  text.textContent = question;
  button.textContent = yes;
  button.classList.toggle("btn-error", grave);
  button.classList.toggle("btn-primary", !grave);
  return new Promise((resolve) => {
    let confirmed = false;
    const confirm = (): void => {
      confirmed = true;
      box.close();
    };
    button.addEventListener("click", confirm);
    box.addEventListener(
      "close",
      () => {
        button.removeEventListener("click", confirm);
        resolve(confirmed);
      },
      { once: true },
    );
    box.showModal();
  });
}

/** Asks what `hx-confirm` says. */
function startConfirm(): void {
  htmx.on("htmx:confirm", (event) => {
    const { question, elt, issueRequest } = (event as CustomEvent).detail as {
      question: string | null;
      elt: HTMLElement;
      issueRequest: (confirmed: boolean) => void;
    };
    if (!question) return;
    event.preventDefault();
    const { confirmYes: yes = "Yes" } = elt.dataset;
    void ask({ question, yes, grave: "confirmGrave" in elt.dataset }).then((confirmed) => {
      if (confirmed) issueRequest(true);
    });
  });
}
