// The inbox: what narrows it takes effect when chosen, and what is chosen is answered together.
const narrow = document.querySelector("[data-narrow]");
for (const list of narrow?.querySelectorAll("select") ?? []) {
  list.addEventListener("change", () => {
    for (const other of narrow.querySelectorAll("select")) other.disabled = !other.value;
    narrow.requestSubmit();
  });
}

const form = document.querySelector("[data-together]");
const bar = form?.querySelector("[data-together-bar]");

function chosen() {
  return [...form.querySelectorAll("[data-choose]:checked")];
}

// Only a word that fits all that is chosen can be given on all of it.
function show() {
  const boxes = chosen();
  const fits = (value) => boxes.every((box) => box.dataset.choose.split(" ").includes(value));
  bar.classList.toggle("is-open", boxes.length > 0);
  const count = bar.querySelector("[data-together-count]");
  count.textContent = count.dataset.one.replace("%s", boxes.length);
  let reviews = false;
  for (const button of bar.querySelectorAll("[name=answer]")) {
    button.hidden = !fits(button.value);
    reviews ||= !button.hidden && button.value === "forward_recommended";
  }
  const verified = bar.querySelector("[data-for-review]");
  if (verified) verified.hidden = !reviews;
}

if (bar) {
  form.addEventListener("change", show);
  bar.querySelector("[data-together-none]").addEventListener("click", () => {
    for (const box of chosen()) box.checked = false;
    show();
    form.querySelector("[data-choose]").focus();
  });
  // The words of the question are the button's own; confirm.js asks it. A box of the bar that
  // has the focus must not give the first word by Enter.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirms]");
    if (button) form.dataset.confirm = button.dataset.confirms;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  show();
}

