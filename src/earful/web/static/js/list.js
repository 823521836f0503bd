/** The list: moving with one tab stop, the open row, why a priority, rows that change while one looks. */
import { fragment, morph, placeParts } from "./http.js";
import { place } from "./popover.js";
import { say } from "./strings.js";

const scroller = () => document.getElementById("list-scroll");
const links = () => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#rows .row-link"))];

/** One row takes part in the tab order: the open one, else the last focused, else the first. */
export function rove(/** @type {Element | null} */ chosen = null) {
  const all = links();
  const stop = chosen ?? all.find((l) => l === document.activeElement) ?? all.find((l) => l.hasAttribute("aria-current")) ?? all[0];
  for (const link of all) link.tabIndex = link === stop ? 0 : -1;
}

/** @param {1 | -1} step */
export function move(step) {
  const all = links();
  if (!all.length) return;
  const from = all.findIndex((l) => l === document.activeElement);
  const open = all.findIndex((l) => l.hasAttribute("aria-current"));
  const at = from >= 0 ? from + step : open >= 0 ? open + step : step > 0 ? 0 : all.length - 1;
  const to = all[Math.max(0, Math.min(at, all.length - 1))];
  rove(to);
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}

export function openFocused() {
  const link = document.activeElement?.closest?.(".row-link") ?? links()[0];
  /** @type {HTMLElement | undefined} */ (link)?.click();
}

/** Mark the open row at once, before the case has come. @param {string | undefined} caseId */
export function markOpen(caseId) {
  for (const link of links()) {
    const row = link.closest(".row");
    const open = !!caseId && row?.getAttribute("data-case") === caseId;
    link.toggleAttribute("aria-current", open);
    if (open) {
      link.setAttribute("aria-current", "true");
      row?.classList.remove("unread");
      row?.querySelector(".unread-dot")?.remove();
    }
  }
  rove();
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = target.closest(".row-link");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) markOpen(link.closest(".row")?.getAttribute("data-case") ?? "");
  const why = target.closest("[data-why]");
  if (why) showWhy(why);
});

let hover = 0;
document.addEventListener("pointerover", (event) => {
  const why = /** @type {Element} */ (event.target).closest?.("[data-why]");
  clearTimeout(hover);
  if (why && event.pointerType === "mouse") hover = window.setTimeout(() => showWhy(why), 350);
});

/** @param {Element} by */
async function showWhy(by) {
  const pop = document.getElementById("why");
  if (!pop) return;
  pop.innerHTML = await fragment(by.getAttribute("data-why") ?? ""); // our own server's markup, escaped there
  if (!pop.matches(":popover-open")) pop.showPopover();
  place(pop, by);
}

/** `p`: the focused row, else the open case's own row. */
export function why() {
  const row = document.activeElement?.closest?.(".row") ?? document.querySelector(".row:has([aria-current])") ?? document.querySelector(".row");
  const by = row?.querySelector("[data-why]");
  if (by) showWhy(by);
}

/** @type {Set<string>} cases that are new to the list and wait behind the bar */
const waiting = new Set();

/**
 * Refresh the rows of some cases. Rows stay where they are; new ones wait behind "3 new" unless the list is
 * at its top and nobody points at it; those that left the view fade, so that nothing jumps under the pointer.
 * @param {string[]} ids
 */
export async function refresh(ids) {
  const box = scroller();
  const url = box?.getAttribute("data-rows");
  if (!box || !url) return;
  const text = await fragment(`${url}${url.includes("?") ? "&" : "?"}ids=${ids.map(encodeURIComponent).join(",")}`);
  const parsed = new DOMParser().parseFromString(text, "text/html");
  const found = new Map([...parsed.querySelectorAll(".row")].map((row) => [row.getAttribute("data-case"), row]));
  const open = document.getElementById("case-area")?.dataset.case;
  for (const id of ids) {
    const shown = document.getElementById(`row-${id}`);
    const fresh = found.get(id);
    if (shown && fresh) {
      shown.classList.remove("left");
      await morph(shown, fresh.outerHTML, "outerMorph");
    } else if (shown) {
      shown.classList.add("left");
      shown.title = say("left_view");
    } else if (fresh) waiting.add(id);
  }
  markOpen(open);
  if (waiting.size && box.scrollTop === 0 && !box.matches(":hover") && !box.contains(document.activeElement)) await showNew();
  else showBar();
  const counts = text.slice(text.indexOf("<hx-partial"));
  if (counts.startsWith("<hx-partial")) await placeParts(counts);
}

function showBar() {
  const bar = document.getElementById("new-bar");
  if (!bar) return;
  bar.hidden = waiting.size === 0;
  bar.textContent = waiting.size === 1 ? say("new_one") : say("new_many", { n: waiting.size });
}

export async function showNew() {
  const box = scroller();
  const url = box?.getAttribute("data-rows");
  const rows = document.getElementById("rows");
  if (!box || !url || !rows) return;
  const text = await fragment(url);
  waiting.clear();
  showBar();
  await morph(rows, text);
  document.querySelector("#list-scroll > .empty")?.remove();
  markOpen(document.getElementById("case-area")?.dataset.case);
  box.scrollTop = 0;
}

document.addEventListener("focusin", (event) => {
  const link = /** @type {Element} */ (event.target).closest?.(".row-link");
  if (link) rove(link);
});
rove();
