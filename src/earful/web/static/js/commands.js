/** The commands of `web/shortcuts.py`, and how to carry one out: by a handler, a place, or the element on the page. */
import { back, toggleReasons } from "./case.js";
import { composer } from "./composer.js";
import { move, openFocused, showNew, why } from "./list.js";
import { pickMacro, pickSuggestion } from "./picker.js";
import { nextDensity, nextTheme, toggleContext, toggleList } from "./prefs.js";
import { rate } from "./rating.js";
import { extend, pickAll, pickCurrent, pickNone, toggleMode } from "./select.js";
import { undoLast } from "./toast.js";

/** @typedef {{ id: string, keys: string, label: string, group: string, href: string, palette: boolean }} Command */

/** @type {Command[]} */
export const commands = JSON.parse(document.getElementById("commands")?.textContent || "[]");

/** @type {Record<string, () => void>} */
const HANDLERS = {
  next: () => move(1),
  previous: () => move(-1),
  open: openFocused,
  back,
  why,
  "show-new": showNew,
  search: () => /** @type {HTMLInputElement | null} */ (document.getElementById("search"))?.select(),
  select: pickCurrent,
  "select-down": () => extend(1),
  "select-up": () => extend(-1),
  "select-all": pickAll,
  "select-none": pickNone,
  "select-mode": toggleMode,
  reply: () => composer()?.begin("reply"),
  note: () => composer()?.begin("note"),
  macro: pickMacro,
  suggest: pickSuggestion,
  rate,
  reasons: toggleReasons,
  undo: undoLast,
  theme: nextTheme,
  density: nextDensity,
  "list-pane": toggleList,
  "context-pane": toggleContext,
  keys: () => /** @type {HTMLDialogElement | null} */ (document.getElementById("keys-sheet"))?.showModal(),
  palette: () => /** @type {any} */ (document.querySelector("command-palette"))?.open(),
};

const NEEDS = { next: "#rows", previous: "#rows", open: "#rows", why: "#rows", "show-new": "#rows", search: "#search", select: "#rows .row", "select-down": "#rows .row", "select-up": "#rows .row", "select-all": "#rows .row", "select-none": "#bulk-bar:not([hidden])", back: "#desk", reply: "reply-composer", note: "reply-composer", macro: "reply-composer", suggest: "reply-composer", rate: "#timeline", reasons: "#timeline", "list-pane": "#desk", "context-pane": "#context" };

/** @param {string} id */
const onPage = (id) => /** @type {HTMLElement | null} */ (document.querySelector(`[data-command="${id}"]`));

/** Whether this page can do it now. @param {Command} command */
export function available(command) {
  if (command.href) return true;
  const needs = NEEDS[/** @type {keyof typeof NEEDS} */ (command.id)];
  if (HANDLERS[command.id]) return !needs || !!document.querySelector(needs);
  return !!onPage(command.id);
}

/** @param {string} id @returns {boolean} whether anything was done */
export function run(id) {
  const command = commands.find((c) => c.id === id);
  if (!command || !available(command)) return false;
  if (command.href) location.assign(command.href);
  else if (HANDLERS[id]) HANDLERS[id]();
  else onPage(id)?.click();
  return true;
}

document.addEventListener("click", (event) => {
  const el = /** @type {Element} */ (event.target).closest("[data-command]");
  const id = el?.getAttribute("data-command") ?? "";
  if (!el || !HANDLERS[id] || el.matches("a[href]")) return;
  el.closest("[popover]:not(#me-menu)")?.hidePopover?.();
  if (id === "keys") el.closest("[popover]")?.hidePopover?.();
  HANDLERS[id]();
});
