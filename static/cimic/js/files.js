// Files are looked at before they travel a slow line: empty, too large or of a kind not taken.
// The server looks again. In a form that saves itself they are sent as they are chosen, one by
// one, with what has gone; what could not be sent waits here and is tried again.
const SMALL = 1_500_000;
const WIDEST = 2048;
const RETRY = 15000;
const PICTURES = new Set(["image/jpeg", "image/png", "image/webp"]);

const size = (bytes) =>
  new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit", unit: "megabyte", maximumFractionDigits: bytes < 1e6 ? 2 : 1,
  }).format(bytes / 1048576);

function problem(file, words, accept) {
  if (file.size === 0) return words.empty;
  if (words.maxBytes && file.size > Number(words.maxBytes)) return `${words.tooLarge} (${size(file.size)})`;
  const kinds = accept.toLowerCase().split(",").map((kind) => kind.trim()).filter(Boolean);
  const fits = (kind) =>
    kind.startsWith(".") ? file.name.toLowerCase().endsWith(kind) : kind.endsWith("/*") ? file.type.startsWith(kind.slice(0, -1)) : file.type === kind;
  return kinds.length && !kinds.some(fits) ? words.notTaken : "";
}

function droppable(place) {
  for (const name of ["dragenter", "dragover"]) place.addEventListener(name, () => place.classList.add("over"));
  for (const name of ["dragleave", "drop"]) place.addEventListener(name, () => place.classList.remove("over"));
}

// A box that is sent by its own form's button.
function watch(box) {
  const place = box.closest("[data-drop]");
  const told = place.querySelector("[data-chosen]");
  box.addEventListener("change", () => {
    const chosen = [...box.files];
    const problems = chosen.map((file) => [file.name, problem(file, box.dataset, box.accept || "")]).filter(([, said]) => said);
    told.textContent = problems.length
      ? problems.map(([name, said]) => `${name}: ${said}`).join(" · ")
      : chosen.map((file) => `${file.name} (${size(file.size)})`).join(" · ");
    told.classList.toggle("wrong", problems.length > 0);
    box.setCustomValidity(problems.length ? told.textContent : "");
  });
}

async function smaller(file) {
  if (!PICTURES.has(file.type) || file.size < SMALL) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
  } catch {
    return file;
  }
}

class Sending {
  constructor(place) {
    this.place = place;
    this.words = place.dataset;
    this.form = place.closest("form");
    this.list = place.querySelector("[data-sending]");
    this.box = place.querySelector('[name="file"]');
    this.waiting = [];
    for (const box of place.querySelectorAll("[data-choose]")) {
      box.addEventListener("change", () => {
        const files = [...box.files];
        box.value = "";
        for (const file of files) this.add(file);
      });
    }
    this.form.addEventListener("cimic:saved", () => this.next());
    window.addEventListener("online", () => this.next());
    window.addEventListener("focus", () => this.next());
    // What has not been sent goes with the form.
    this.form.addEventListener("submit", () => {
      const left = new DataTransfer();
      for (const { file } of this.waiting) left.items.add(file);
      if (left.files.length) this.box.files = left.files;
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.waiting.length && !this.box.files.length) event.preventDefault();
    });
  }

  line(file) {
    const line = document.createElement("li");
    const picture = PICTURES.has(file.type) && file.size ? document.createElement("img") : document.createElement("span");
    if (picture.localName === "img") {
      picture.src = URL.createObjectURL(file);
      picture.alt = "";
    }
    const said = document.createElement("div");
    said.className = "said";
    const how = document.createElement("div");
    how.dataset.how = "";
    said.append(`${file.name} (${size(file.size)})`, how);
    const out = document.createElement("button");
    out.type = "button";
    out.className = "button plain small";
    out.textContent = "✕";
    out.setAttribute("aria-label", this.words.remove.replace("%(name)s", file.name));
    line.append(picture, said, out);
    this.list.append(line);
    return { line, how, out };
  }

  async add(file) {
    const shown = this.line(file);
    const wrong = problem(file, this.words, this.box.accept || "");
    const item = { file, ...shown };
    shown.out.addEventListener("click", () => this.drop(item));
    if (wrong) return this.tell(item, wrong, true);
    this.tell(item, this.words.waiting);
    if (!this.place.querySelector("[data-as-is]").checked) {
      item.file = await smaller(file);
      if (item.file !== file) item.note = this.words.smaller.replace("%(before)s", size(file.size)).replace("%(after)s", size(item.file.size));
    }
    this.waiting.push(item);
    this.next();
  }

  tell(item, text, failed = false) {
    item.how.textContent = [text, item.note].filter(Boolean).join(" · ");
    item.line.classList.toggle("failed", failed);
  }

  drop(item) {
    this.waiting = this.waiting.filter((other) => other !== item);
    item.request?.abort();
    item.line.remove();
    this.box.focus();
  }

  next() {
    if (this.busy || !this.waiting.length) return;
    // A new form has no record to lie beside until its first save.
    if (!this.form.dataset.filesUrl) return void this.form.dispatchEvent(new CustomEvent("cimic:save-now"));
    this.send(this.waiting[0]);
  }

  send(item) {
    this.busy = true;
    clearTimeout(this.timer);
    const request = new XMLHttpRequest();
    item.request = request;
    const bar = item.line.querySelector("progress") ?? document.createElement("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", item.file.name);
    item.line.append(bar);
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.round((event.loaded / event.total) * 100);
      this.tell(item, this.words.going.replace("%(percent)s", bar.value).replace("%%", "%"));
    });
    request.addEventListener("loadend", () => {
      this.busy = false;
      bar.remove();
      this.hear(item, request);
    });
    request.open("POST", this.form.dataset.filesUrl);
    request.setRequestHeader("Accept", "application/json");
    const data = new FormData();
    data.append("csrfmiddlewaretoken", this.form.elements.namedItem("csrfmiddlewaretoken").value);
    data.append("file", item.file);
    request.send(data);
  }

  hear(item, request) {
    if (!this.waiting.includes(item)) return this.next();
    const isJson = (request.getResponseHeader("content-type") ?? "").includes("json");
    const told = isJson ? JSON.parse(request.responseText) : {};
    if (request.status === 201) {
      this.waiting.shift();
      item.line.remove();
      this.place.querySelector("[data-file-list]").innerHTML = told.list;
      this.form.dispatchEvent(new CustomEvent("cimic:files", { detail: told }));
      return this.next();
    }
    if (isJson && request.status >= 400 && request.status < 500 && request.status !== 429) {
      this.waiting.shift();
      this.tell(item, told.detail, true);
      return this.next();
    }
    const signedOut = request.status === 403 || request.status === 401 || (request.status === 200 && !isJson);
    // The form's own saving tells that one is signed out, and takes a fresh token afterwards.
    if (signedOut) this.form.dispatchEvent(new CustomEvent("cimic:save-now"));
    this.tell(item, signedOut ? this.words.signedOut : this.words.line, true);
    this.timer = setTimeout(() => this.next(), RETRY);
  }
}

for (const place of document.querySelectorAll("[data-drop]")) droppable(place);
for (const box of document.querySelectorAll("[data-drop] input[type=file]:not([data-choose])")) watch(box);
for (const place of document.querySelectorAll("form[data-autosave-url] [data-files]")) new Sending(place);
