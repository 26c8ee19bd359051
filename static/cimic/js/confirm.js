// A form with data-confirm asks once more, in a dialog with the deed's own words.
import { word } from "./words.js";

function button(text, value, style) {
  const made = document.createElement("button");
  made.value = value;
  made.className = `button ${style}`;
  made.textContent = text;
  return made;
}

function ask(text, label) {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  const words = document.createElement("p");
  words.textContent = text;
  words.className = "mb";
  const actions = document.createElement("div");
  actions.className = "actions";
  actions.append(button(label, "yes", "main"), button(word("cancel"), "", ""));
  form.append(words, actions);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

export function startConfirming() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const text = form.dataset.confirm;
    if (!text || form.dataset.confirmed) return;
    event.preventDefault();
    const pressed = event.submitter;
    if (!(await ask(text, form.dataset.confirmLabel || word("confirm")))) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(pressed);
  });
}
