// Short news at the edge of the page: from other modules, from the server (HX-Trigger
// "toast") and when a fragment could not be fetched.
import { word } from "./words.js";

const SHOWN_FOR = 8000;

export function toast(text, tone = "") {
  const place = document.querySelector("[data-toasts]");
  if (!place || !text) return;
  const notice = document.createElement("div");
  notice.className = `notice shut ${tone}`;
  const words = document.createElement("div");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", word("dismiss"));
  close.addEventListener("click", () => notice.remove());
  notice.append(words, close);
  place.append(notice);
  if (tone !== "bad") window.setTimeout(() => notice.remove(), SHOWN_FOR);
}

export function startToasts() {
  document.addEventListener("toast", (event) => {
    toast(event.detail.text ?? event.detail.value, event.detail.tone);
  });
  document.addEventListener("htmx:sendError", () => toast(word("unreachable"), "bad"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    toast(status === 401 ? word("signedOut") : word("failed"), "bad");
  });
}
