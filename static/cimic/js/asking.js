// The form of a request while it is written: how far each section is, what looks alike, what
// applies, the cost that follows the budget. The server says all of it; this only shows it.
const form = document.querySelector("form[data-autosave-url]");
const ALIKE = ["title", "category", "area", "place", "latitude", "longitude", "needed_by"];

function progress(sections) {
  const list = document.querySelector("[data-progress]");
  for (const section of sections) {
    const link = list?.querySelector(`a[href="#${section.id}"]`);
    if (link) {
      link.dataset.state = section.state;
      link.querySelector("small").textContent = section.note;
    }
    const note = document.querySelector(`[data-note-of="${section.id}"]`);
    if (note) note.textContent = section.note;
  }
  const told = list?.querySelector("[data-done]");
  if (!told) return;
  const links = [...list.querySelectorAll("a[data-state]")];
  const done = links.filter((link) => link.dataset.state === "done").length;
  told.textContent = told.dataset.words.replace("%(done)s", done).replace("%(total)s", links.length);
}

// Where one is, marked in the list of sections.
function follow() {
  const links = new Map([...document.querySelectorAll("[data-progress] a")].map((link) => [link.hash.slice(1), link]));
  const inSight = new Set();
  const watch = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) inSight[isIntersecting ? "add" : "delete"](target.id);
    const first = [...links.keys()].find((id) => inSight.has(id));
    for (const [id, link] of links) {
      if (id === first) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-20% 0px -50% 0px" });
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section) watch.observe(section);
  }
}

class Alike {
  constructor() {
    this.place = form.querySelector("[data-alike]");
    this.asked = "";
    if (this.place && form.dataset.alikeUrl) this.ask();
  }

  async ask() {
    const answers = JSON.stringify(ALIKE.map((name) => form.elements.namedItem(name)?.value));
    if (!this.place || answers === this.asked) return;
    this.asked = answers;
    try {
      const response = await fetch(form.dataset.alikeUrl, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (!response.ok || response.redirected) return;
      const text = (await response.text()).trim();
      if (this.place.innerHTML.trim() !== text) this.place.innerHTML = text;
    } catch {
      this.asked = "";
    }
  }
}

// A question that applies only where another was answered so is put aside until it was: never one
// that holds words or an error.
class Applies {
  constructor() {
    this.places = [...form.querySelectorAll("[data-asked-if]")];
    form.addEventListener("input", () => this.look());
    form.addEventListener("change", () => this.look());
    this.look();
  }

  answer(name) {
    const boxes = form.elements.namedItem(name);
    if (!boxes) return "";
    if (boxes.type === "checkbox") return boxes.checked ? "on" : "";
    return boxes.value ?? "";
  }

  look() {
    for (const place of this.places) {
      const [, name, sign, wanted] = place.dataset.askedIf.match(/^([\w-]+)(?:([=>])(.*))?$/);
      const answer = this.answer(name);
      let applies = Boolean(answer);
      if (sign === "=") applies = answer === wanted;
      else if (sign === ">") applies = Number(answer) > Number(form.dataset[wanted]);
      const holds = [...place.querySelectorAll("input, textarea, select")].some((box) => box.value);
      const wrong = place.querySelector(".has-error");
      place.hidden = !applies && !holds && !wrong;
    }
  }
}

// The estimated cost follows the budget until somebody writes another.
function costFollows() {
  const cost = form.elements.namedItem("estimated_cost");
  if (!cost) return;
  let last = null;
  let follows = true;
  cost.addEventListener("input", (event) => { if (event.isTrusted) follows = cost.value === ""; });
  form.addEventListener("cimic:sum", ({ detail: { name, sum } }) => {
    if (name !== "budget") return;
    if (last === null) follows = cost.value === "" || Number(cost.value) === sum;
    else if (follows && sum !== last) {
      cost.value = sum ? sum.toFixed(2).replace(/\.00$/, "") : "";
      cost.dispatchEvent(new Event("input", { bubbles: true }));
    }
    last = sum;
  });
}

if (form) {
  const alike = new Alike();
  new Applies();
  follow();
  costFollows();
  form.addEventListener("cimic:saved", ({ detail: told }) => {
    if (told.files_url) form.dataset.filesUrl = told.files_url;
    if (told.alike_url) form.dataset.alikeUrl = told.alike_url;
    if (told.sections) progress(told.sections);
    alike.ask();
  });
  form.addEventListener("cimic:files", ({ detail: { count, note } }) => progress([{ id: "files", state: count ? "done" : "", note }]));
}
