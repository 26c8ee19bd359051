// j and k walk a list, Enter opens what has the focus, and an element with data-key is
// pressed (a link, a button) or entered (a box) by its letter.
import { isTyping } from "./search.js";

const links = () => [...document.querySelectorAll("[data-item]")].map((item) => item.querySelector("a:not([tabindex='-1'])"));

function walk(step) {
  const all = links();
  if (!all.length) return;
  const here = all.findIndex((link) => link.closest("[data-item]").contains(document.activeElement));
  const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else {
      const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!marked) return;
      event.preventDefault();
      if (marked.matches("a, button, summary")) marked.click();
      else marked.focus();
    }
  });
}
