// The moving map in place of the server's drawing: the mission's boundaries and the records on
// them, from the mission's own host alone. The drawing stays until somebody asks for a map that
// moves, and where that cannot be loaded. Once loaded it can be moved and zoomed without a line:
// it then shows what it last heard.
import { boundariesAt, fill, load, loadedBefore } from "./ground.js";

const WAIT = 250;
let seen;

function element(name, text, more = {}) {
  const made = Object.assign(document.createElement(name), more);
  if (text) made.textContent = text;
  return made;
}

class MissionMap {
  constructor(L, figure) {
    this.L = L;
    this.figure = figure;
    this.words = figure.querySelector("[data-map-words]").dataset;
    this.said = figure.querySelector("[data-said]");
    this.box = figure.querySelector("[data-moving]");
    this.layer = L.layerGroup();
    this.names = L.layerGroup();
  }

  async open() {
    this.areas = (await boundariesAt(this.figure.dataset.boundaries)).features;
    const { L } = this;
    this.box.hidden = false;
    this.map = L.map(this.box, {
      zoomControl: false,
      attributionControl: false,
      zoomSnap: 0.25,
      minZoom: 3,
      maxZoom: 16,
      maxBoundsViscosity: 0.7,
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    this.box.setAttribute("role", "region");
    this.box.setAttribute("aria-label", this.words.name);
    L.control.zoom({ zoomInTitle: this.words.zoomIn, zoomOutTitle: this.words.zoomOut }).addTo(this.map);
    const drawn = this.ground();
    this.layer.addTo(this.map);
    this.names.addTo(this.map);
    if (seen) this.map.setView(seen.centre, seen.zoom, { animate: false });
    else if (drawn.isValid()) this.map.fitBounds(drawn, { padding: [8, 8], animate: false });
    else this.map.setView([0, 0], 3, { animate: false });
    if (drawn.isValid()) this.map.setMaxBounds(drawn.pad(0.4));
    // What is read in a popup stays until it is closed, though the map moves to show it.
    this.map.on("popupopen", () => { this.reading = true; });
    this.map.on("popupclose", () => {
      this.reading = false;
      if (this.later) this.show(this.later);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.reading) return;
      this.map.closePopup();
      (this.opener?.isConnected ? this.opener : this.box).focus({ preventScroll: true });
    });
    this.map.on("moveend", () => {
      seen = { centre: this.map.getCenter(), zoom: this.map.getZoom() };
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.ask(), WAIT);
      this.nameAreas();
    });
    this.nameAreas();
    this.figure.querySelector("[data-drawn]")?.setAttribute("hidden", "");
    await this.ask();
  }

  ground() {
    const { L } = this;
    const highest = Math.min(...this.areas.map((area) => area.properties.level));
    const add = (areas, className, weight) =>
      L.geoJSON({ type: "FeatureCollection", features: areas }, {
        interactive: false,
        style: { className, weight, fillOpacity: 1 },
      }).addTo(this.map);
    const outer = this.areas.filter((area) => area.properties.level === highest);
    const drawn = add(outer, "ground", 2).getBounds();
    add(this.areas.filter((area) => area.properties.level !== highest), "ground inner", 1);
    const asked = new URLSearchParams(window.location.search).get("area");
    const chosen = this.areas.filter((area) => area.id === asked);
    return chosen.length ? L.geoJSON(chosen).getBounds() : drawn;
  }

  nameAreas() {
    const { L } = this;
    this.names.clearLayers();
    const highest = Math.min(...this.areas.map((area) => area.properties.level));
    const level = this.map.getZoom() >= 9 ? highest + 1 : highest;
    for (const area of this.areas) {
      const { name, label, level: own } = area.properties;
      if (own !== level || !this.map.getBounds().contains([label[1], label[0]])) continue;
      const icon = L.divIcon({ className: "name", html: element("span", name), iconSize: [120, 20] });
      L.marker([label[1], label[0]], { icon, interactive: false, keyboard: false, pane: "overlayPane" }).addTo(this.names);
    }
  }

  async ask() {
    const frame = this.map.getBounds().pad(0.1);
    const held = (value, least, most) => Math.min(Math.max(value, least), most);
    const edges = [
      held(frame.getWest(), -180, 179.9), held(frame.getSouth(), -90, 89.9),
      held(frame.getEast(), -179.9, 180), held(frame.getNorth(), -89.9, 90),
    ];
    const address = new URL(this.figure.dataset.points, window.location.href);
    address.searchParams.set("frame", edges.map((edge) => edge.toFixed(4)).join(","));
    address.searchParams.set("zoom", Math.round(this.map.getZoom()));
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const answer = await fetch(address, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.said.textContent = this.words.offline;
    }
  }

  show(found) {
    this.later = this.reading ? found : null;
    if (this.later) return;
    const held = document.activeElement?.closest?.(".pin")?.dataset.key;
    this.layer.clearLayers();
    for (const site of found.sites) this.site(site);
    for (const record of found.records) this.record(record);
    for (const cluster of found.clusters) this.cluster(cluster);
    const records = found.clusters.reduce((sum, each) => sum + each.records, found.records.length);
    const said = fill(this.words.sight, { records, sites: found.sites.length });
    this.said.textContent = found.more ? `${said} ${this.words.more}` : said;
    if (held) this.box.querySelector(`.pin[data-key="${CSS.escape(held)}"]`)?.focus();
  }

  pin(at, { sign, text = "", size, title, key, onPress, popup, anchor, under = 0 }) {
    const { L } = this;
    const icon = L.divIcon({ className: "pin", html: element("span", text, { className: sign }), iconSize: [size, size], iconAnchor: anchor });
    const marker = L.marker(at, { icon, title, alt: title, riseOnHover: true, zIndexOffset: under });
    marker.addTo(this.layer);
    const drawn = marker.getElement();
    drawn.setAttribute("aria-label", title);
    drawn.dataset.key = key;
    if (sign.startsWith("group")) Object.assign(drawn.firstChild.style, { inlineSize: `${size}px`, blockSize: `${size}px`, display: "grid", placeItems: "center" });
    if (popup) marker.bindPopup(popup, { autoPanPadding: [16, 16] });
    if (onPress) marker.on("click", onPress);
    drawn.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      if (onPress) return onPress();
      this.opener = drawn;
      marker.openPopup();
      marker.getPopup().getElement().querySelector(".leaflet-popup-content a")?.focus();
    });
    return marker;
  }

  record(record) {
    const popup = element("div");
    popup.append(element("p", record.reference, { className: "ref" }));
    const named = element("p");
    named.append(element("a", record.title, { href: record.url }));
    const status = record.unmet ? `${record.status_label} · ${this.words.one}` : record.status_label;
    popup.append(named, element("p", `${record.kind_label} · ${status}`, { className: "soft" }));
    let sign = "sign-one";
    if (record.unmet) sign = "sign-unmet";
    else if (record.kind === "extreme_situation") sign = "sign-extreme";
    const title = `${record.title}, ${record.kind_label}, ${status}`;
    this.pin(record.at, { sign, size: 28, title, key: record.reference, popup });
  }

  site(site) {
    const popup = element("div");
    const named = element("p");
    named.append(element("a", site.name, { href: site.url }));
    const people = site.people === null ? "" : fill(this.words.people, { count: site.people.toLocaleString() });
    popup.append(named, element("p", [this.words.site, people].filter(Boolean).join(" · "), { className: "soft" }));
    this.pin(site.at, { sign: "sign-site", size: 28, title: `${this.words.site}: ${site.name}`, key: site.name, popup, anchor: [14, 30], under: -1000 });
  }

  cluster(cluster) {
    const { L } = this;
    const told = [fill(this.words.many, { count: cluster.records })];
    if (cluster.unmet) told.push(fill(this.words.unmet, { count: cluster.unmet }));
    if (cluster.extreme) told.push(fill(this.words.extreme, { count: cluster.extreme }));
    const size = Math.round(Math.min(30 + 6 * Math.log2(cluster.records), 60));
    const [west, south, east, north] = cluster.frame;
    const frame = L.latLngBounds([south, west], [north, east]);
    const together = east - west < 0.0005 && north - south < 0.0005;
    const popup = element("div");
    popup.append(element("p", told.join(" · ")));
    const listed = element("p");
    const list = new URL(this.figure.dataset.list, window.location.href);
    // A record on the frame's own edge belongs to it.
    list.searchParams.set("bbox", [west - 1e-6, south - 1e-6, east + 1e-6, north + 1e-6].map((edge) => edge.toFixed(6)).join(","));
    listed.append(element("a", this.words.show, { href: `${list.pathname}${list.search}` }));
    popup.append(listed);
    const closest = together || this.map.getZoom() >= this.map.getMaxZoom();
    const marker = this.pin(cluster.at, {
      sign: `group${cluster.unmet ? " unmet" : ""}`,
      text: cluster.records > 999 ? `${Math.floor(cluster.records / 1000)}k` : String(cluster.records),
      size,
      title: told.join(", "),
      key: cluster.at.join(),
      popup: closest ? popup : undefined,
      onPress: closest ? undefined : () => {
        this.box.focus({ preventScroll: true });
        this.map.flyToBounds(frame.pad(0.3), { duration: 0.4 });
      },
    });
    if (!closest) marker.bindTooltip(told.join(" · "));
  }
}

async function start(figure) {
  figure.dataset.started = "1";
  try {
    const map = new MissionMap(await load(figure.dataset), figure);
    await map.open();
  } catch {
    // The server's drawing stays, and the map can be asked for again.
    delete figure.dataset.started;
    figure.querySelector("[data-moving]").hidden = true;
    figure.querySelector("[data-drawn]")?.removeAttribute("hidden");
    figure.querySelector("[data-said]").textContent = figure.querySelector("[data-map-words]").dataset.offline;
    offer(figure);
  }
}

function offer(figure) {
  const button = figure.querySelector("[data-load]");
  button.hidden = false;
  button.onclick = async () => {
    button.hidden = true;
    await start(figure);
    figure.querySelector("[data-moving]").focus({ preventScroll: true });
  };
}

function begin() {
  for (const figure of document.querySelectorAll("[data-map]:not([data-started])")) {
    if (window.L || loadedBefore(figure.dataset)) start(figure);
    else offer(figure);
  }
}

begin();
document.addEventListener("htmx:afterSettle", begin);
window.addEventListener("online", begin);
