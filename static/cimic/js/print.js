// Buttons that print the page. Without this module there are none: the browser's own menu prints.
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
