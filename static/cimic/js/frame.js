// What every page has: colours, menus, search, toasts, times that keep counting, deeds asked
// twice, keys in lists. Each part looks for its own marks and does nothing without them.
import { startConfirming } from "./confirm.js";
import { startCounting } from "./elapsed.js";
import { startKeys } from "./keys.js";
import { startSearch } from "./search.js";
import { startThemes } from "./theme.js";
import { startToasts } from "./toasts.js";

document.documentElement.classList.add("js");

startThemes();
startToasts();
startSearch();
startCounting();
startConfirming();
startKeys();

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// An error summary is where the reader must look first; its links lead into the boxes.
document.querySelector("[data-summary]")?.focus();

// Leaving takes the copies of drafts on this device along.
document.querySelector("form[data-leaving]")?.addEventListener("submit", () => {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("cimic:draft:")) localStorage.removeItem(key);
  }
});

// What the next pages need comes once this one is read, so that it delays nothing.
window.addEventListener("load", () => {
  for (const href of document.body.dataset.ahead?.split(" ").filter(Boolean) ?? []) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href }));
  }
});
