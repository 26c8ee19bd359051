// Files are looked at before they travel a slow line: empty, too large (data-max-bytes on the
// box) or of a kind not taken (accept). The server looks again.
const size = (bytes) =>
  new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(bytes / 1048576) + " MB";

function problem(box, file) {
  const words = box.dataset;
  if (file.size === 0) return words.empty;
  if (words.maxBytes && file.size > Number(words.maxBytes)) return `${words.tooLarge} (${size(file.size)})`;
  const kinds = (box.accept || "").toLowerCase().split(",").map((kind) => kind.trim()).filter(Boolean);
  const fits = (kind) =>
    kind.startsWith(".") ? file.name.toLowerCase().endsWith(kind) : kind.endsWith("/*") ? file.type.startsWith(kind.slice(0, -1)) : file.type === kind;
  return kinds.length && !kinds.some(fits) ? words.notTaken : "";
}

for (const box of document.querySelectorAll("[data-drop] input[type=file]")) {
  const place = box.closest("[data-drop]");
  const told = place.querySelector("[data-chosen]");
  for (const name of ["dragenter", "dragover"]) place.addEventListener(name, () => place.classList.add("over"));
  for (const name of ["dragleave", "drop"]) place.addEventListener(name, () => place.classList.remove("over"));
  box.addEventListener("change", () => {
    const chosen = [...box.files];
    const problems = chosen.map((file) => [file.name, problem(box, file)]).filter(([, said]) => said);
    told.textContent = problems.length
      ? problems.map(([name, said]) => `${name}: ${said}`).join(" · ")
      : chosen.map((file) => `${file.name} (${size(file.size)})`).join(" · ");
    told.classList.toggle("wrong", problems.length > 0);
    box.setCustomValidity(problems.length ? told.textContent : "");
  });
}
