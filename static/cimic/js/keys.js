// Single keys: j and k walk a list, Enter opens what has the focus, x chooses it, and an element
// with data-key is pressed (a link, a button) or entered (a box) by its letter; r, in an answer,
// goes to returning it; m writes a message; ? opens the list of keys. They can be turned off
// (WCAG 2.1.4); this device remembers it.
import { isTyping } from "./search.js";

const OFF = "cimic:keys";
const work = () => localStorage.getItem(OFF) !== "off";

const links = () => [...document.querySelectorAll("[data-item]")].map((item) => item.querySelector("a:not([tabindex='-1'])"));

function walk(step) {
  const all = links();
  if (!all.length) return false;
  const here = all.findIndex((link) => link.closest("[data-item]").contains(document.activeElement));
  const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function choose() {
  const box = document.activeElement?.closest("[data-item]")?.querySelector("[data-choose]");
  box?.click();
  return Boolean(box);
}

function giveBack() {
  const form = document.querySelector("[data-answering]");
  const back = form?.querySelector("[name=answer][value=return]");
  if (!back) return false;
  back.checked = true;
  back.dispatchEvent(new Event("change", { bubbles: true }));
  form.querySelector("[name=remarks]").focus();
  return true;
}

function press(key) {
  const marked = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!marked) return false;
  if (marked.matches("a, button, summary")) marked.click();
  else marked.focus();
  return true;
}

function answer() {
  const form = document.querySelector("[data-answering]");
  const box = form?.querySelector("[name=answer]:checked") ?? form?.querySelector("[name=answer]");
  box?.focus();
  box?.scrollIntoView({ block: "nearest" });
  return Boolean(box);
}

function write() {
  const box = document.querySelector("#say textarea");
  box?.focus();
  box?.scrollIntoView({ block: "center" });
  return Boolean(box);
}

const DOES = {
  j: () => walk(1) || press("j"),
  k: () => walk(-1) || press("k"),
  x: choose,
  r: giveBack,
  m: () => write() || press("m"),
  a: () => answer() || press("a"),
  "?": () => show(),
};

// The list of keys, with the way to turn them off.
function show() {
  const list = document.querySelector("[data-keys-list]");
  if (!list) return false;
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "keys-title");
  const form = document.createElement("form");
  form.method = "dialog";
  form.append(list.content.cloneNode(true));
  dialog.append(form);
  document.body.append(dialog);
  const box = dialog.querySelector("[data-keys-on]");
  box.checked = work();
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "off");
  });
  const asker = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    asker?.focus();
  });
  dialog.showModal();
  return true;
}

export function startKeys() {
  for (const button of document.querySelectorAll("[data-keys]")) button.addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (!work() || document.querySelector("dialog[open]")) return;
    const done = Object.hasOwn(DOES, event.key) ? DOES[event.key]() : press(event.key);
    if (done) event.preventDefault();
  });
}
