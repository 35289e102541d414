// The field for the list: a plain file input that also takes a dropped file and says what it has.

/** Wires the field. A `reset-view` event on the form makes it say again what it has. */
export function startDropZone(form: HTMLFormElement): void {
  const zone = form.querySelector<HTMLElement>("[data-drop]");
  const input = zone?.querySelector<HTMLInputElement>("input[type=file]");
  const label = zone?.querySelector<HTMLElement>("[data-file-name]");
  if (!zone || !input || !label) return;
  const prompt = label.textContent ?? "";
  const show = (): void => {
    const file = input.files?.[0];
    label.textContent = file ? `${file.name}, ${fileSize(file.size)}` : prompt;
    zone.toggleAttribute("data-filled", file !== undefined);
    const name = form.elements.namedItem("name");
    // A name that is easy to recognise, until the reader types a better one.
    if (file && name instanceof HTMLInputElement && name.value === "") name.value = titleOf(file.name);
  };
  input.addEventListener("change", show);
  form.addEventListener("reset-view", show);
  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.setAttribute("data-over", "");
    });
  }
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.removeAttribute("data-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = (event as DragEvent).dataTransfer?.files;
    if (!files || files.length === 0) return;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function titleOf(fileName: string): string {
  const bare = fileName.replace(/\.[^.]+$/, "").replaceAll(/[_-]+/g, " ").trim();
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
