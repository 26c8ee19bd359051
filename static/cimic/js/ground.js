// What every moving map stands on: Leaflet and the mission's boundaries, from the mission's own
// host. They weigh more than a page, so they come when somebody first asks for a map that moves;
// the device remembers that it has them.
const ASKED = "cimic:moving-map";
let boundaries;

export function load({ script, style }) {
  return new Promise((done, failed) => {
    if (window.L) return done(window.L);
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = style;
    document.head.prepend(sheet);
    const code = document.createElement("script");
    code.src = script;
    code.addEventListener("load", () => {
      localStorage.setItem(ASKED, script);
      done(window.L);
    });
    code.addEventListener("error", failed);
    document.head.append(code);
  });
}

// Whether this very version came before, and so costs nothing to open again.
export const loadedBefore = ({ script }) => localStorage.getItem(ASKED) === script;

export async function boundariesAt(address) {
  boundaries ??= await (await fetch(address, { credentials: "same-origin" })).json();
  return boundaries;
}

export const fill = (words, named) => words.replace(/%\((\w+)\)s/g, (_, name) => named[name]);
