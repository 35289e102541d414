// Runs before the first paint, as a file of its own because the page allows no inline script: the remembered theme must
// be known before anything is drawn, and `js` shows the controls that need scripts.

import { rememberedTheme } from "./theme-store";

const root = document.documentElement;
root.classList.add("js");
const theme = rememberedTheme();
if (theme !== "system") root.dataset["theme"] = theme;
