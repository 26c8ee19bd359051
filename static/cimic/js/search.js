// "/" goes to the search box; a whole reference goes straight to its record.
const REFERENCE = /^[A-Z]{2,12}-(CA|SA|QIP|EX)-\d{4}-\d{1,6}$/;

export const isTyping = (element) =>
  element?.closest("input, textarea, select, [contenteditable]") && !element.matches("[type=checkbox], [type=radio]");

export function startSearch() {
  const box = document.querySelector("[data-seek]");
  if (!box) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
  box.form.addEventListener("submit", (event) => {
    const words = box.value.trim().toUpperCase();
    if (!REFERENCE.test(words)) return;
    event.preventDefault();
    window.location.assign(`/register/${words}/`);
  });
}
