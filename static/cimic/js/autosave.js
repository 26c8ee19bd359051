// A form with data-autosave-url saves itself 1.5 s after typing stops.
//
// The server answers 200 {version, errors, url} (errors: what could not be read and was left as
// it was, shown at its box) or a problem: a way to the sign-in page (signed out), 412 (stale).
// What the server has not got is kept on this device until it has, unless
// data-autosave-keep="no" (security and confidential records never lie on a device).
import { ago } from "./words.js";
import { toast } from "./toasts.js";

const REST = 1500;
const RETRY = 10000;

function answers(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.place = form.querySelector("[data-saved]") ?? document.querySelector("[data-saved]");
    this.key = `cimic:draft:${form.dataset.autosaveKey || form.dataset.autosaveUrl}`;
    this.keeps = form.dataset.autosaveKeep !== "no";
    this.said = this.place?.querySelector("[data-said]");
    this.since = this.place?.querySelector("[data-ago]");
    this.savedAt = Date.parse(this.since?.dataset.at ?? "") || 0;
    this.stopped = false;
    // Not "change": it comes when a box is left, often for the button about to be pressed.
    form.addEventListener("input", (event) => event.target.type !== "file" && event.target.name && this.touch());
    form.addEventListener("submit", (event) => this.leave(event));
    form.addEventListener("cimic:save-now", () => this.save());
    window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
    window.addEventListener("online", () => this.unsaved && this.save());
    window.addEventListener("focus", () => this.unsaved && this.signedOut && this.save());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "hidden" || !this.unsaved || this.leaving) return;
      this.keep();
      this.save();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.unsaved && !this.keeps && !this.leaving) event.preventDefault();
    });
    window.setInterval(() => this.count(), 1000);
    // Once the tables of rows are at work, so that rows added before can be put back.
    document.addEventListener("DOMContentLoaded", () => this.start());
  }

  touch() {
    if (this.stopped) return;
    this.unsaved = true;
    this.edits = (this.edits ?? 0) + 1;
    if (this.place?.dataset.state !== "bad") this.say("", "unsaved");
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), REST);
  }

  // The button waits for a save on its way: two of one version would contradict each other.
  leave(event) {
    window.clearTimeout(this.timer);
    if (this.saving) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const pressed = event.submitter;
      this.saving.finally(() => this.form.requestSubmit(pressed));
      return;
    }
    this.leaving = true;
    if (this.unsaved) this.keep();
  }

  // A page may be older than what it sent: come back to, or asked for while its last save was on
  // its way. What it knows to be kept is a number; nothing of the words.
  start() {
    const known = Number(sessionStorage.getItem(this.key)) || 0;
    sessionStorage.removeItem(this.key);
    if (known > Number(this.form.elements.namedItem("version")?.value)) return window.location.reload();
    this.restore();
  }

  // The words are read aloud when they change; the seconds beside them only count.
  say(state, name) {
    if (!this.place) return;
    this.place.dataset.state = state;
    const text = this.place.dataset[name] ?? "";
    if (this.said.textContent !== text) this.said.textContent = text;
    this.count();
  }

  count() {
    if (!this.since) return;
    const { state, last } = this.place.dataset;
    let text = "";
    if (this.savedAt && state === "good") text = ago(this.savedAt);
    else if (this.savedAt && (state === "bad" || this.unsaved)) text = last.replace("%(ago)s", ago(this.savedAt));
    if (this.since.textContent !== text) this.since.textContent = text;
  }

  keep() {
    if (!this.keeps) return;
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), answers: [...answers(this.form)] }));
    } catch {
      this.keeps = false;
    }
  }

  forget() {
    localStorage.removeItem(this.key);
  }

  restore() {
    const kept = this.keeps && localStorage.getItem(this.key);
    if (!kept) return;
    let found = false;
    const names = new Map();
    for (const [name, value] of JSON.parse(kept).answers) {
      if (name === "csrfmiddlewaretoken" || name === "version") continue;
      names.set(name, [...(names.get(name) ?? []), value]);
    }
    this.addRows(names);
    for (const box of this.form.elements) {
      const unticked = box.type === "checkbox" && !names.has(box.name);
      if (!box.name || (!names.has(box.name) && !unticked) || box.type === "hidden" || box.type === "file") continue;
      const values = names.get(box.name) ?? [];
      if (box.type === "checkbox" || box.type === "radio") {
        const ticked = values.includes(box.value);
        found ||= ticked !== box.checked;
        box.checked = ticked;
      } else if (box.value !== values[0]) {
        box.value = values[0];
        found = true;
      }
    }
    if (found) {
      toast(this.place?.dataset.found);
      this.touch();
    } else this.forget();
  }

  addRows(names) {
    for (const place of this.form.querySelectorAll("[data-rows]")) {
      const name = `${place.dataset.rows}-TOTAL_FORMS`;
      const now = this.form.elements.namedItem(name);
      const before = Math.min(Number(names.get(name)?.[0]) || 0, 100);
      for (let row = Number(now?.value); row < before; row += 1) place.querySelector("[data-add-row]").click();
    }
  }

  save() {
    if (this.saving || this.stopped || this.leaving) return;
    window.clearTimeout(this.timer);
    this.saving = this.send();
  }

  async send() {
    const edits = this.edits;
    this.say("", "saving");
    try {
      const response = await fetch(this.form.dataset.autosaveUrl, {
        method: "POST",
        body: answers(this.form),
        headers: { Accept: "application/json", "X-Autosave": "1" },
        credentials: "same-origin",
        keepalive: document.visibilityState === "hidden",
      });
      await this.hear(response, edits);
    } catch {
      this.failed(this.keeps ? "kept" : "notKept");
    } finally {
      this.saving = null;
      if (!this.stopped && this.unsaved && this.edits !== edits) this.touch();
    }
  }

  async hear(response, edits) {
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    if (response.status === 401 || response.status === 403 || response.redirected || (response.ok && !isJson)) {
      this.signedOut = true;
      if (response.status === 403 && (await this.freshToken())) return this.touch();
      return this.failed("signedOut");
    }
    const told = isJson ? await response.json() : {};
    if (response.status === 412) {
      this.stopped = true;
      this.keep();
      this.say("bad", "stale");
      toast(told.detail, "bad");
      return;
    }
    if (response.status === 400 || response.status === 409) {
      this.keep();
      this.say("bad", "refused");
      return toast(told.detail, "bad");
    }
    if (!response.ok) return this.failed(this.keeps ? "kept" : "notKept");
    const wrong = told.errors ?? [];
    this.mark(wrong);
    this.wrong = wrong.length > 0;
    this.signedOut = false;
    for (const name of ["version", "id"]) {
      const box = this.form.elements.namedItem(name);
      if (box && told[name] !== undefined) box.value = told[name];
    }
    if (told.autosave_url) this.form.dataset.autosaveUrl = told.autosave_url;
    if (told.url && told.url !== window.location.pathname) {
      window.history.replaceState(null, "", told.url);
      this.form.action = told.url;
    }
    if (told.version) sessionStorage.setItem(this.key, told.version);
    this.savedAt = Date.now();
    this.unsaved = this.edits !== edits;
    if (wrong.length) {
      this.keep();
      this.say("bad", "wrong");
    } else {
      if (!this.unsaved) this.forget();
      this.say(this.unsaved ? "" : "good", this.unsaved ? "unsaved" : "savedWord");
    }
    this.form.dispatchEvent(new CustomEvent("cimic:saved", { bubbles: true, detail: told }));
  }

  failed(name) {
    this.keep();
    this.say("bad", name);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), RETRY);
  }

  // After signing in again in another tab the page's token is old: take a new one.
  async freshToken() {
    if (this.tokenTried && Date.now() - this.tokenTried < RETRY) return false;
    this.tokenTried = Date.now();
    const response = await fetch(window.location.href, { credentials: "same-origin" });
    if (!response.ok || response.redirected) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector("input[name=csrfmiddlewaretoken]")?.value;
    if (!token) return false;
    for (const box of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) box.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  }

  mark(errors) {
    for (const place of this.form.querySelectorAll("[data-error-of]")) {
      const mine = errors.filter((error) => error.field === place.dataset.errorOf);
      if (!mine.length && !place.dataset.told) continue;
      place.dataset.told = mine.length ? "yes" : "";
      place.replaceChildren(
        ...mine.map((error) => {
          const line = document.createElement("p");
          line.className = "wrong";
          line.textContent = error.message;
          return line;
        }),
      );
      place.closest(".field")?.classList.toggle("has-error", mine.length > 0);
    }
  }
}

for (const form of document.querySelectorAll("form[data-autosave-url]")) new Autosave(form);
