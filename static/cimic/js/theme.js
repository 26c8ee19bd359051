// Light, dark, or as the system says. A cookie carries the choice, so that the server draws
// the next page in it at once.
const root = document.documentElement;

export function startThemes() {
  const buttons = document.querySelectorAll("[data-theme-to]");
  const show = () => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String((root.dataset.theme ?? "") === button.dataset.themeTo));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const theme = button.dataset.themeTo;
      if (theme) root.dataset.theme = theme;
      else delete root.dataset.theme;
      const age = theme ? 31536000 : 0;
      document.cookie = `cimic-theme=${theme}; path=/; max-age=${age}; samesite=lax`;
      show();
    });
  }
  show();
}
