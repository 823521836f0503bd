/** Keys to commands. Off inside fields, menus and dialogs, where letters are letters. */
import { commands, run } from "./commands.js";

const WAIT_FOR_SECOND = 1_200;
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const table = new Map(commands.filter((c) => c.keys).map((c) => [c.keys, c.id]));
const starts = new Set([...table.keys()].filter((k) => k.includes(" ")).map((k) => k.split(" ")[0]));
let first = "";
let timer = 0;

/** @param {KeyboardEvent} event */
function pressed(event) {
  const mod = mac ? event.metaKey : event.ctrlKey;
  if (!mod && event.key === " ") return "Space";
  return mod ? `mod+${event.key.length === 1 ? event.key.toLowerCase() : event.key}` : event.key;
}

/** @param {Element | null} el */
const isField = (el) => !!el?.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const key = pressed(event);
  const target = /** @type {Element} */ (event.target);
  if (key === "mod+k") {
    event.preventDefault();
    run("palette");
    return;
  }
  if (key === "Escape" && isField(target) && !target.closest("dialog")) /** @type {HTMLElement} */ (target).blur();
  if (event.ctrlKey || event.metaKey || isField(target) || target.closest("dialog, [popover]:not(#why)")) return;
  // Space scrolls and presses: it is a command only where it does neither.
  if (key === "Space" && target !== document.body && !target.matches(".row-link")) return;
  if (key === "Enter" && target.closest("a, button, summary, input")) return; // it presses what has the focus
  const both = first ? `${first} ${key}` : key;
  first = "";
  clearTimeout(timer);
  const id = table.get(both) ?? table.get(key);
  if (id && run(id)) event.preventDefault();
  else if (starts.has(key)) {
    first = key;
    timer = window.setTimeout(() => (first = ""), WAIT_FOR_SECOND);
  }
});

if (mac) for (const cap of document.querySelectorAll("[data-keycap]")) cap.textContent = cap.textContent.replace("Ctrl ", "⌘");
