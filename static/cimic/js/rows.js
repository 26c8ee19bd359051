// Tables of rows in a form (Django formsets): add, remove, multiply and add up; and totals of
// boxes (an <output data-sum="id id …">).
const number = (box) => Math.max(Number.parseFloat(box?.value) || 0, 0);
const shown = (sum) => sum.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });

class Rows {
  constructor(place) {
    this.place = place;
    this.prefix = place.dataset.rows;
    this.body = place.querySelector("tbody");
    this.template = place.querySelector("template");
    this.total = place.querySelector(`[name="${this.prefix}-TOTAL_FORMS"]`);
    place.querySelector("[data-add-row]").addEventListener("click", (event) => {
      event.preventDefault();
      this.add();
    });
    for (const row of this.body.children) this.removable(row);
    place.addEventListener("input", () => this.sum());
    this.sum();
  }

  add() {
    const index = Number(this.total.value);
    const holder = document.createElement("tbody");
    const words = { __prefix__: index, __number__: index + 1 };
    holder.innerHTML = this.template.innerHTML.replace(/__prefix__|__number__/g, (mark) => words[mark]);
    const row = holder.firstElementChild;
    this.body.append(row);
    this.total.value = index + 1;
    this.removable(row);
    row.querySelector("input:not([type=hidden]), select").focus();
  }

  removable(row) {
    const tick = row.querySelector("[data-remove-row] input");
    tick?.addEventListener("change", () => {
      if (!tick.checked) return;
      row.hidden = true;
      this.sum();
      this.place.querySelector("[data-add-row]").focus();
    });
  }

  sum() {
    const output = this.place.querySelector("[data-sum-columns]");
    if (!output) return;
    const columns = output.dataset.sumColumns.split(" ");
    let sum = 0;
    for (const row of this.body.querySelectorAll("tr:not([hidden])")) {
      const boxes = columns.map((column) => row.querySelector(`[name$="-${column}"]`));
      const amount = boxes.reduce((product, box) => product * number(box), 1);
      const told = row.querySelector("[data-row-amount]");
      if (told) told.textContent = boxes.every((box) => box?.value) ? shown(amount) : "";
      sum += amount;
    }
    output.textContent = shown(sum);
    this.place.dispatchEvent(new CustomEvent("cimic:sum", { bubbles: true, detail: { name: this.prefix, sum } }));
  }
}

for (const place of document.querySelectorAll("[data-rows]")) new Rows(place);

for (const output of document.querySelectorAll("[data-sum]")) {
  const boxes = output.dataset.sum.split(" ").map((id) => document.getElementById(id));
  const sum = () => {
    const typed = boxes.some((box) => box?.value);
    output.textContent = typed ? shown(boxes.reduce((total, box) => total + number(box), 0)) : "";
  };
  for (const box of boxes) box?.addEventListener("input", sum);
  sum();
}
