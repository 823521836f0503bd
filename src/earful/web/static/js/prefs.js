/** Theme, density and panes: kept in this browser, shown as data attributes on the root element. */
import { say } from "./strings.js";

const root = document.documentElement;
const THEMES = ["system", "light", "dark"];
const DENSITIES = ["comfortable", "compact"];

/** @param {string} name @param {string} value */
function keep(name, value) {
  root.dataset[name] = value;
  try {
    localStorage.setItem(`earful.${name}`, value);
  } catch {
    /* a private window: it holds for this page */
  }
  show();
}

function show() {
  const theme = root.dataset.theme ?? "system";
  const density = root.dataset.density ?? "comfortable";
  for (const el of document.querySelectorAll("[data-pref]")) {
    el.textContent = el.getAttribute("data-pref") === "theme" ? say(`theme_${theme}`) : say(density);
  }
}

/** @param {string[]} values @param {string | undefined} current */
const after = (values, current) => values[(values.indexOf(current ?? values[0]) + 1) % values.length];

export const nextTheme = () => keep("theme", after(THEMES, root.dataset.theme));
export const nextDensity = () => keep("density", after(DENSITIES, root.dataset.density));
export const toggleList = () => keep("list", root.dataset.list === "off" ? "on" : "off");

/** On wide screens the context is a pane and stays as chosen; below it lies over the case, once. */
export function toggleContext() {
  if (matchMedia("(min-width: 1200px)").matches) {
    keep("context", root.dataset.context === "off" ? "on" : "off");
  } else if (root.dataset.context === "over") {
    root.dataset.context = "on";
    document.querySelector(".context-button")?.focus();
  } else {
    root.dataset.context = "over";
    document.getElementById("context")?.focus();
  }
}

/** @returns {boolean} whether there was something to close */
export function closeContext() {
  if (root.dataset.context !== "over") return false;
  toggleContext();
  return true;
}

show();
