// The page's own words, in the reader's language; templates put them into <template data-words>.
const words = document.querySelector("template[data-words]")?.dataset ?? {};

export const word = (name) => words[name] ?? "";

export function span(seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const [name, count] =
    minutes < 1 ? ["seconds", Math.floor(Math.abs(seconds))]
    : minutes < 60 ? ["minutes", minutes]
    : minutes < 2880 ? ["hours", Math.floor(minutes / 60)]
    : ["days", Math.floor(minutes / 1440)];
  return word(name).replace("%(count)s", count);
}

export const ago = (at) => word("ago").replace("%(span)s", span((Date.now() - at) / 1000));
