// Times that say how long ago keep counting while the page is open.
import { ago } from "./words.js";

function count() {
  for (const time of document.querySelectorAll("time[data-elapsed]")) {
    time.textContent = ago(Date.parse(time.dateTime));
  }
}

export function startCounting() {
  if (!document.querySelector("template[data-words]")) return;
  window.setInterval(count, 15000);
  document.addEventListener("cimic:count", count);
}
