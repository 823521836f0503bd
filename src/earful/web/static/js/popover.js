/**
 * Places popovers beside the button that opened them, and gives menus arrow keys. Positions are rules of a sheet of our
 * own: a style attribute would be copied when the page is drawn anew, which the content security policy forbids.
 */

const GAP = 6;
const sheet = new CSSStyleSheet();
/** @type {Map<string, string>} */
const places = new Map();
document.adoptedStyleSheets.push(sheet);

/** @param {HTMLElement} pop @param {Element} by */
export function place(pop, by) {
  const at = by.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = pop;
  const side = pop.dataset.side ?? "start";
  let left = side.endsWith("end") ? at.right - width : side === "right" ? at.right + GAP : at.left;
  let top = side.startsWith("top") ? at.top - height - GAP : side === "right" ? at.bottom - height : at.bottom + GAP;
  if (top + height > innerHeight - GAP) top = Math.max(GAP, at.top - height - GAP);
  if (top < GAP) top = Math.min(at.bottom + GAP, innerHeight - height - GAP);
  left = Math.min(Math.max(left, GAP), innerWidth - width - GAP);
  places.set(pop.id, `#${CSS.escape(pop.id)} { left: ${left}px; top: ${Math.max(top, GAP)}px; }`);
  sheet.replaceSync([...places.values()].join("\n"));
}

document.addEventListener(
  "toggle",
  (event) => {
    const pop = /** @type {HTMLElement} */ (event.target);
    if (!pop.matches?.("[popover]:not(#rating)") || event.newState !== "open") return;
    const by = document.querySelector(`[popovertarget="${pop.id}"]`);
    if (by) place(pop, by);
    pop.querySelector("button, a, input:not([type=hidden]), select")?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = /** @type {Element} */ (event.target).closest?.(".menu:popover-open");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if (/** @type {Element} */ (event.target).matches("input")) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll("button, a, input:not([type=hidden])")];
  const at = items.indexOf(/** @type {Element} */ (document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key] ?? 0;
  items.at(to % items.length)?.focus();
});

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("[data-dialog]");
  if (opener) {
    opener.closest("[popover]")?.hidePopover?.();
    /** @type {HTMLDialogElement | null} */ (document.getElementById(opener.getAttribute("data-dialog") ?? ""))?.showModal();
  }
  if (target.closest("[data-dismiss]")) target.closest("dialog")?.close();
  if (target instanceof HTMLDialogElement && target.open) {
    const box = target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) target.close();
  }
});
