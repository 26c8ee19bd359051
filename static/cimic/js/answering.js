// Answering: the conditions proposed are taken over at a press, and Ctrl and Enter give the answer.
const form = document.querySelector("[data-answering]");

function takeOver() {
  const box = form.querySelector("[name=conditions]");
  const there = box.value.split("\n").map((line) => line.trim()).filter(Boolean);
  for (const proposed of document.querySelectorAll("[data-condition]")) {
    const text = proposed.textContent.trim();
    if (!there.includes(text)) there.push(text);
  }
  box.value = there.join("\n");
  const withConditions = form.querySelector("[name=answer][value$=_with_conditions]");
  if (withConditions && !form.querySelector("[name=answer]:checked")) withConditions.checked = true;
  box.focus();
}

form?.querySelector("[data-take-conditions]")?.addEventListener("click", takeOver);
form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-gives], [name=prepare]"));
});
