/**
 * The rating of a message as a panel: a letter leads to a group of choices, a number chooses in it, and each
 * choice is saved at once. While it is open, the words behind the rating are marked in the message.
 */
import { csrfToken, fragment, placeParts } from "./http.js";
import { say } from "./strings.js";
import { toast, undoLast } from "./toast.js";

const root = document.documentElement;
const ARROW_PAUSE = 500;
const panel = () => /** @type {HTMLElement | null} */ (document.getElementById("rating"));
const isOpen = () => !!panel()?.matches(":popover-open");
/** @type {HTMLElement | null} what had the focus before */
let opener = null;
let marksBefore = "";
let byArrow = false;
/** @type {string[] | null} keys pressed while the panel is on its way: they are meant for it */
let early = null;
let timer = 0;
/** @type {(() => void) | null} a choice of the arrow keys that waits for the next one */
let waiting = null;

/** The message that is meant: the one with the focus, the one in the address, else the customer's newest. */
function meant() {
  const rated = [...document.querySelectorAll("#timeline .theirs:has([data-rate])")];
  const chosen = document.activeElement?.closest?.(".theirs") ?? (location.hash.startsWith("#m-") ? document.getElementById(location.hash.slice(1)) : null);
  const message = rated.includes(/** @type {Element} */ (chosen)) ? chosen : rated.at(-1);
  return message?.querySelector("[data-rate]")?.getAttribute("data-rate") ?? "";
}

export function rate() {
  const id = meant();
  if (isOpen() && panel()?.querySelector(`[data-message="${id}"]`)) close();
  else if (id) open(id);
  else toast(say("nothing_rated"));
}

/** @param {string} id */
async function open(id) {
  const pop = panel();
  if (!pop) return;
  if (!isOpen()) {
    opener = /** @type {HTMLElement | null} */ (document.activeElement);
    marksBefore = root.dataset.reasons ?? "";
  }
  early = [];
  try {
    pop.innerHTML = await fragment(`/messages/${encodeURIComponent(id)}/rating`); // our own server's markup, escaped there
  } catch {
    early = null;
    toast(say("unreachable"), { bad: true });
    return;
  }
  if (!isOpen()) pop.showPopover();
  pop.scrollTop = 0;
  root.dataset.reasons = "on";
  mark(id);
  pop.focus();
  const keys = early;
  early = null;
  for (const key of keys) replay(key, document.activeElement ?? pop);
}

/**
 * A key that came before the panel does what the browser would have done with it there.
 * @param {string} key @param {Element} target
 */
function replay(key, target) {
  if (!(target instanceof HTMLInputElement) || key === "Escape") press(key, target);
  else if (target.matches(".rate-text")) {
    if (key === "Enter") target.dispatchEvent(new Event("change", { bubbles: true }));
    else if ([...key].length === 1) target.setRangeText(key, target.selectionStart ?? 0, target.selectionEnd ?? 0, "end");
  } else if (key.startsWith("Arrow") && target.type === "radio") {
    const all = /** @type {HTMLInputElement[]} */ ([...target.closest("fieldset")?.querySelectorAll("input") ?? []]);
    const step = key === "ArrowRight" || key === "ArrowDown" ? 1 : all.length - 1;
    const next = all[(all.indexOf(target) + step) % all.length];
    byArrow = true;
    next.focus();
    next.click();
  } else press(key, target);
}

/** @param {string} id empty for none */
function mark(id) {
  for (const el of document.querySelectorAll(".being-rated")) el.classList.remove("being-rated");
  const message = id ? document.getElementById(`m-${id}`) : null;
  message?.classList.add("being-rated");
  message?.scrollIntoView({ block: "nearest" });
}

export function close() {
  flush();
  if (!isOpen()) return;
  panel()?.hidePopover();
  if (!marksBefore) delete root.dataset.reasons;
  mark("");
  const back = opener?.isConnected && opener !== document.body ? opener : document.querySelector(".row-link[aria-current]");
  /** @type {HTMLElement | null} */ (back)?.focus();
  opener = null;
}

function flush() {
  clearTimeout(timer);
  waiting?.();
  waiting = null;
}

/** @param {HTMLFieldSetElement} group */
async function save(group) {
  const id = group.closest("[data-message]")?.getAttribute("data-message") ?? "";
  const body = new URLSearchParams({ field: group.dataset.field ?? "" });
  for (const input of group.querySelectorAll("input")) if (input.matches(".rate-text, :checked")) body.append("value", input.value);
  group.classList.add("pending");
  try {
    const response = await fetch(`/messages/${encodeURIComponent(id)}/corrections`, { method: "POST", headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() }, body });
    const text = await response.text();
    if (!response.ok) throw new Error(text.length < 300 && !text.includes("<") ? text.trim() : "");
    await placeParts(text);
    const done = JSON.parse(response.headers.get("HX-Trigger") ?? "{}")["earful:done"];
    if (done) document.dispatchEvent(new CustomEvent("earful:done", { detail: done }));
  } catch (error) {
    toast(/** @type {Error} */ (error).message || say("failed"), { bad: true });
    if (isOpen() && panel()?.querySelector(`[data-message="${id}"]`)) await again(id, group.dataset.field ?? "");
  }
}

/** Show what the server knows, with the focus where it was. @param {string} id @param {string} field */
async function again(id, field) {
  const pop = panel();
  if (!pop) return;
  pop.innerHTML = await fragment(`/messages/${encodeURIComponent(id)}/rating`); // our own server's markup, escaped there
  lead(pop.querySelector(`[data-field="${field}"]`));
}

/** @param {Element | null} group */
function lead(group) {
  const input = /** @type {HTMLInputElement | null | undefined} */ (group?.querySelector("input:checked") ?? group?.querySelector("input"));
  input?.focus();
  if (input?.type === "text") input.select(); // what is typed takes the place of what stands
  group?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("change", (event) => {
  const input = /** @type {Element} */ (event.target);
  const group = /** @type {HTMLFieldSetElement | null} */ (input.closest?.("#rating fieldset"));
  if (!group) return;
  clearTimeout(timer);
  waiting = null;
  if (!byArrow) {
    save(group);
    return;
  }
  // arrow keys pass through values on their way: the one where they rest is meant
  waiting = () => save(group);
  timer = window.setTimeout(flush, ARROW_PAUSE);
});

document.addEventListener("focusout", (event) => {
  const group = /** @type {Element} */ (event.target).closest?.("#rating fieldset");
  if (group && waiting && !group.contains(/** @type {Node | null} */ (event.relatedTarget))) flush();
});

/**
 * A letter leads to its group; a number chooses in the group that has the focus, else in the first.
 * @param {string} key @param {Element} target @returns {boolean} whether it meant anything
 */
function press(key, target) {
  const pop = /** @type {HTMLElement} */ (panel());
  if (key === "Escape" || key === "c") close();
  else if (key === "z") undoLast();
  else {
    const group = pop.querySelector(`[data-letter="${CSS.escape(key)}"]`);
    const here = target.closest("#rating fieldset") ?? pop.querySelector("fieldset");
    const choice = here?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (group) lead(group);
    else if (choice instanceof HTMLInputElement) {
      if (choice.matches(":disabled")) return true;
      byArrow = false;
      choice.focus();
      if (choice.type === "checkbox" || !choice.checked) choice.click();
    } else return false;
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {Element} */ (event.target);
  if (early) {
    early.push(event.key);
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (!isOpen() || document.querySelector("dialog[open]")) return;
  const inside = !!panel()?.contains(target);
  byArrow = inside && event.key.startsWith("Arrow");
  const field = target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
  if (event.key !== "Escape" && (!inside || field)) return;
  if (press(event.key, target)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
});

document.addEventListener("pointerdown", () => (byArrow = false));

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const by = target.closest("[data-rate]");
  if (by) open(by.getAttribute("data-rate") ?? "");
  else if (target.closest("[data-close-rating]")) close();
});

// Another case: its messages are other ones. The same case drawn again keeps its panel.
document.addEventListener("earful:case", () => {
  const shown = panel()?.querySelector("[data-message]")?.getAttribute("data-message");
  if (shown && !document.getElementById(`m-${shown}`)) close();
});

// A fresh timeline is drawn without the mark.
document.addEventListener("htmx:after:swap", () => {
  const shown = isOpen() ? panel()?.querySelector("[data-message]")?.getAttribute("data-message") : "";
  if (shown && !document.querySelector(".being-rated")) document.getElementById(`m-${shown}`)?.classList.add("being-rated");
});
