// A case: the raw words of an entry are copied at a press.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.querySelector("span");
  const before = words.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "✓ " + before;
  } catch {
    // Where the clipboard is closed to pages, what is to be copied is marked instead.
    const text = button.closest(".raw-entry").querySelector("[data-payload]");
    if (text) window.getSelection().selectAllChildren(text);
  }
  window.setTimeout(() => { words.textContent = before; }, 3000);
});
