const SHOWN_MS = 12_000;

/** Says something at the edge of the page, read out by screen readers, gone after a while or by its button. */
export function toast(message: string, tone: "error" | "info"): void {
  const holder = document.getElementById("toasts");
  if (!holder) return;
  const box = document.createElement("div");
  box.className = `alert alert-soft ${tone === "error" ? "alert-error" : "alert-info"} text-sm shadow-lg`;
  box.setAttribute("role", tone === "error" ? "alert" : "status");
  const text = document.createElement("span");
  text.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-ghost btn-xs";
  close.textContent = "Dismiss";
  close.addEventListener("click", () => box.remove());
  box.append(text, close);
  holder.append(box);
  // A modal dialog makes everything outside it inert, messages included.
  (document.querySelector("dialog[open]") ?? document.body).append(holder);
  setTimeout(() => box.remove(), SHOWN_MS);
}
