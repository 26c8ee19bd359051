// A place picked on the mission's own map, found by the device, or typed: in degrees or by the
// grid. Whatever is given, the server says it both ways, what lies there and what seems odd.
import { boundariesAt, fill, load } from "./ground.js";

const REST = 600;
const LEAST_ZOOM = 9;

class Point {
  constructor(place) {
    this.place = place;
    this.words = place.dataset;
    this.form = place.closest("form");
    this.boxes = Object.fromEntries(["mgrs", "latitude", "longitude"].map((name) => [name, this.form.elements.namedItem(name)]));
    this.area = this.form.elements.namedItem("area");
    this.said = place.querySelector("[data-place-said]");
    this.doubts = place.querySelector("[data-doubts]");
    this.picker = place.querySelector("[data-picker]");
    for (const [name, box] of Object.entries(this.boxes)) {
      box?.addEventListener("input", (event) => { if (event.isTrusted) this.typed(name); });
    }
    this.area?.addEventListener("change", (event) => {
      if (event.isTrusted && this.boxes.latitude.value && this.boxes.longitude.value) this.read(this.degrees());
    });
    const button = place.querySelector("[data-pick]");
    button.addEventListener("click", () => (this.picker.hidden ? this.open(button) : this.shut(button)));
    place.querySelector("[data-close]").addEventListener("click", () => this.shut(button));
    place.querySelector("[data-take]").addEventListener("click", () => {
      this.take(this.map.getCenter());
      this.shut(button);
    });
    const here = place.querySelector("[data-here]");
    if (navigator.geolocation) here.addEventListener("click", () => this.here());
    else here.hidden = true;
  }

  degrees() {
    const { latitude, longitude } = this.boxes;
    return { latitude: latitude.value, longitude: longitude.value };
  }

  typed(name) {
    clearTimeout(this.timer);
    this.asked = (this.asked ?? 0) + 1;
    this.timer = setTimeout(() => {
      if (name === "mgrs") this.read({ mgrs: this.boxes.mgrs.value });
      else if (this.boxes.latitude.value && this.boxes.longitude.value) this.read(this.degrees());
    }, REST);
  }

  say(text, state = "") {
    this.said.textContent = text;
    this.said.classList.toggle("wrong", state === "wrong");
  }

  // What the server makes of it. An answer that comes after more was typed is let go, and the box
  // one types in is left alone.
  async read(given) {
    this.asked = (this.asked ?? 0) + 1;
    const turn = this.asked;
    const asked = new URLSearchParams({ ...given, area: this.area?.value ?? "" });
    try {
      const response = await fetch(`${this.words.read}?${asked}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      const told = (response.headers.get("content-type") ?? "").includes("json") ? await response.json() : null;
      if (turn !== this.asked) return undefined;
      if (response.status === 400 && told) return this.say(told.errors.map((error) => error.message).join(" "), "wrong");
      if (!response.ok || response.redirected || !told) return this.say("");
      this.show(told, given);
    } catch {
      this.say(this.words.wordsOffline);
    }
  }

  show(told, given) {
    const changed = [];
    const put = (box, value) => {
      if (!box || box.value === value || box === document.activeElement) return;
      box.value = value;
      changed.push(box);
    };
    if ("mgrs" in given) {
      put(this.boxes.latitude, told.latitude === null ? "" : String(told.latitude));
      put(this.boxes.longitude, told.longitude === null ? "" : String(told.longitude));
    } else put(this.boxes.mgrs, told.mgrs);
    if (told.area && this.area && !this.area.value) put(this.area, told.area);
    const named = told.sector ? fill(this.words.wordsSector, told) : told.area;
    const lies = named ? fill(this.words.wordsIn, { area: named }) : "";
    this.say([lies && `${lies}.`, told.site && fill(this.words.wordsSite, told)].filter(Boolean).join(" "));
    this.doubt(told.doubts);
    this.mark(told);
    for (const box of changed) box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  doubt(doubts) {
    this.doubts.replaceChildren(...doubts.map((doubt) => {
      const line = document.createElement("p");
      line.className = "notice wait mb";
      line.textContent = doubt.message;
      return line;
    }));
  }

  take({ lat, lng }) {
    this.boxes.latitude.value = lat.toFixed(5);
    this.boxes.longitude.value = lng.toFixed(5);
    this.boxes.mgrs.value = "";
    this.boxes.latitude.dispatchEvent(new Event("input", { bubbles: true }));
    this.read(this.degrees());
  }

  here() {
    this.say(this.words.wordsSeeking);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.take({ lat: coords.latitude, lng: coords.longitude }),
      () => this.say(this.words.wordsNowhere, "wrong"),
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
    );
  }

  shut(button) {
    this.picker.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  }

  async open(button) {
    try {
      const L = await load(this.words);
      this.areas = (await boundariesAt(this.words.boundaries)).features;
      this.picker.hidden = false;
      button.setAttribute("aria-expanded", "true");
      if (!this.map) this.draw(L);
      this.map.invalidateSize();
      this.look();
      this.map.getContainer().focus();
    } catch {
      this.picker.hidden = true;
      this.say(this.words.wordsNoMap, "wrong");
    }
  }

  draw(L) {
    this.L = L;
    const box = this.picker.querySelector("[data-map-box]");
    this.map = L.map(box, {
      attributionControl: false,
      zoomControl: false,
      zoomSnap: 0.5,
      minZoom: 3,
      maxZoom: 17,
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", this.words.wordsMap);
    L.control.zoom({ zoomInTitle: this.words.wordsZoomIn, zoomOutTitle: this.words.wordsZoomOut }).addTo(this.map);
    const levels = this.areas.map((area) => area.properties.level);
    const highest = Math.min(...levels);
    const add = (features, className, weight) =>
      L.geoJSON({ type: "FeatureCollection", features }, { interactive: false, style: { className, weight, fillOpacity: 1 } }).addTo(this.map);
    this.whole = add(this.areas.filter((area) => area.properties.level === highest), "ground", 2).getBounds();
    add(this.areas.filter((area) => area.properties.level !== highest), "ground inner", 1);
    this.names = L.layerGroup().addTo(this.map);
    this.map.on("moveend", () => this.nameAreas(highest));
    this.map.on("click", (event) => this.take(event.latlng));
  }

  nameAreas(highest) {
    this.names.clearLayers();
    const level = this.map.getZoom() >= LEAST_ZOOM - 1 ? highest + 1 : highest;
    for (const area of this.areas) {
      const { name, label, level: own } = area.properties;
      if (own !== level || !this.map.getBounds().contains([label[1], label[0]])) continue;
      const html = document.createElement("span");
      html.textContent = name;
      const icon = this.L.divIcon({ className: "name", html, iconSize: [120, 20] });
      this.L.marker([label[1], label[0]], { icon, interactive: false, keyboard: false }).addTo(this.names);
    }
  }

  // The map opens on what is said already: the point, the area named, or the whole mission.
  look() {
    const { latitude, longitude } = this.degrees();
    if (latitude && longitude) {
      this.map.setView([latitude, longitude], Math.max(this.map._loaded ? this.map.getZoom() : 0, LEAST_ZOOM + 2), { animate: false });
      return this.mark({ latitude: Number(latitude), longitude: Number(longitude) });
    }
    const named = this.areas.filter((area) => this.area?.value.endsWith(`(${area.id})`));
    const frame = named.length ? this.L.geoJSON(named).getBounds() : this.whole;
    if (frame.isValid()) this.map.fitBounds(frame, { animate: false });
    else this.map.setView([0, 0], 3, { animate: false });
  }

  mark({ latitude, longitude }) {
    if (!this.map) return;
    this.marker?.remove();
    if (latitude === null || Number.isNaN(latitude)) return;
    const icon = this.L.divIcon({ className: "chosen", html: document.createElement("span"), iconSize: [24, 24] });
    this.marker = this.L.marker([latitude, longitude], { icon, interactive: false, keyboard: false }).addTo(this.map);
  }
}

for (const place of document.querySelectorAll("[data-point]")) new Point(place);
