/** Choosing many cases of the list: kept by id, so that rows which change or move meanwhile stay chosen. */
import { move } from "./list.js";
import { say } from "./strings.js";

/** @type {Set<string>} */
const chosen = new Set();
let whole = false;
let mode = false;

const rows = () => /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#rows .row"));
const current = () => /** @type {HTMLElement | null} */ (document.activeElement?.closest?.("#rows .row") ?? document.querySelector("#rows .row:has([aria-current])"));

/** Make the page say what is chosen; changes nothing that is right already, so it may run after every change of rows. */
function show() {
  for (const row of rows()) {
    const on = whole || chosen.has(row.dataset.case ?? "");
    const box = /** @type {HTMLInputElement | null} */ (row.querySelector("[data-pick]"));
    if (box && box.checked !== on) box.checked = on;
    if (row.classList.contains("chosen") !== on) row.classList.toggle("chosen", on);
  }
  const some = whole || chosen.size > 0;
  const pane = document.getElementById("list-pane");
  if (pane) pane.dataset.selecting = String(mode || some);
  document.querySelector(".select-button")?.setAttribute("aria-pressed", String(mode || some));
  const bar = document.getElementById("bulk-bar");
  if (bar) bar.hidden = !some;
  const count = document.getElementById("bulk-count");
  const words = whole ? say("chosen_all") : say("chosen", { n: chosen.size });
  if (count && some && count.textContent !== words) count.textContent = words;
  for (const input of document.querySelectorAll("[data-bulk-ids]")) /** @type {HTMLInputElement} */ (input).value = whole ? "" : [...chosen].join(",");
  for (const input of document.querySelectorAll("[data-bulk-all]")) /** @type {HTMLInputElement} */ (input).value = whole ? "1" : "";
}

/** @param {HTMLElement | null} row @param {boolean} [on] */
function pick(row, on) {
  const id = row?.dataset.case;
  if (!id) return;
  if (whole) {
    // One less than everything: what is on the page is named from here on.
    whole = false;
    for (const one of rows()) if (one.dataset.case) chosen.add(one.dataset.case);
  }
  if (on ?? !chosen.has(id)) chosen.add(id);
  else chosen.delete(id);
  show();
}

export const pickCurrent = () => pick(current());

/** Choose the row that has the focus, and go on. @param {1 | -1} step */
export function extend(step) {
  pick(current(), true);
  move(step);
  pick(current(), true);
}

export function pickAll() {
  whole = true;
  chosen.clear();
  show();
}

export function pickNone() {
  whole = mode = false;
  chosen.clear();
  show();
}

export function toggleMode() {
  if (mode || chosen.size || whole) pickNone();
  else {
    mode = true;
    show();
  }
}

document.addEventListener("change", (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  if (box.matches?.("[data-pick]")) pick(box.closest(".row"), box.checked);
});

// The act has begun: its progress is told in the list, and the next choice begins anew.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  const form = ctx?.sourceElement?.closest?.("[data-bulk]");
  if (!form || !(ctx.response?.status < 300)) return;
  form.closest("[popover]")?.hidePopover?.();
  form.reset();
  pickNone();
});

const list = document.getElementById("rows");
if (list) new MutationObserver(show).observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
show();
