// Menus of further buttons: `<details data-menu>`. They close like menus do.

/** A choice, a click elsewhere and Escape close an open menu. */
export function startMenus(): void {
  const open = (): HTMLDetailsElement[] => [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")];
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    for (const menu of open()) if (!menu.contains(target) || target.closest("button, a")) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      const held = menu.contains(document.activeElement);
      menu.open = false;
      if (held) menu.querySelector("summary")?.focus();
    }
  });
}
