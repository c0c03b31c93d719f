// The colours of the tokens, read from the page so that charts follow the theme.
export function colour(name, where = document.documentElement) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  where.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export const SERIES = ["--b-blue", "--b-orange", "--b-ok-fg", "--b-wait-fg", "--b-red", "--b-yellow", "--b-quiet"];
export const DECALS = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];

export function onThemeChange(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
