/** `@` in a note: colleagues and teams to choose from, by keyboard or finger; who is away is said at once. */
import { composer } from "./composer.js";
import { read } from "./picker.js";
import { say } from "./strings.js";
import { toast } from "./toast.js";

/** @typedef {{ name: string, write: string, team: boolean, away: boolean }} Person */

const BEFORE = /(^|[^\w@.])@([^\n@]{0,40})$/;
const MOST = 8;
/** @type {Promise<Person[]> | null} */
let people = null;
/** @type {Person[]} */
let found = [];
let at = 0;

const field = () => /** @type {HTMLTextAreaElement | null} */ (document.getElementById("reply-text"));
const list = () => document.getElementById("mention-list");
const isOpen = () => !!list() && !(/** @type {HTMLElement} */ (list()).hidden);

function close() {
  const box = list();
  if (!box) return;
  box.hidden = true;
  box.replaceChildren();
  found = [];
  for (const name of ["aria-activedescendant", "aria-controls"]) field()?.removeAttribute(name);
}

async function everybody() {
  people ??= read("/mentionable");
  return people.catch(() => {
    people = null; // asked again with the next letter
    return [];
  });
}

/** The words between the `@` and the caret; null where there is none. @param {HTMLTextAreaElement} text */
function typed(text) {
  if (text.selectionStart !== text.selectionEnd || composer()?.audience !== "internal") return null;
  return BEFORE.exec(text.value.slice(0, text.selectionStart))?.[2] ?? null;
}

async function look() {
  const text = field();
  const words = text ? typed(text) : null;
  if (words === null) return close();
  const all = await everybody();
  if (!text || typed(text) !== words) return;
  const asked = words.toLowerCase();
  found = all.filter((one) => [one.name, one.write, ...one.name.split(" ")].some((name) => name.toLowerCase().startsWith(asked))).slice(0, MOST);
  at = 0;
  draw();
}

function draw() {
  const box = list();
  const text = field();
  if (!box || !text || !found.length) return close();
  box.hidden = false;
  box.replaceChildren(
    ...found.map((one, index) => {
      const el = Object.assign(document.createElement("li"), { id: `mention-${index}` });
      el.setAttribute("role", "option");
      el.append(Object.assign(document.createElement("span"), { textContent: one.name, dir: "auto" }));
      const about = one.team ? say("mention_team") : one.away ? say("mention_away") : "";
      if (about) el.append(Object.assign(document.createElement("span"), { className: "dim", textContent: about }));
      return el;
    }),
  );
  text.setAttribute("aria-controls", box.id);
  const status = document.getElementById("mention-status");
  if (status) status.textContent = say("mention_count", { n: found.length });
  mark();
}

function mark() {
  [...(list()?.children ?? [])].forEach((el, i) => el.setAttribute("aria-selected", String(i === at)));
  field()?.setAttribute("aria-activedescendant", `mention-${at}`);
  list()?.children[at]?.scrollIntoView({ block: "nearest" });
}

/** @param {number} index */
function choose(index) {
  const text = field();
  const one = found[index];
  const words = text ? typed(text) : null;
  if (!text || !one || words === null) return close();
  text.setRangeText(`${one.write} `, text.selectionStart - words.length, text.selectionStart, "end");
  close();
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
  if (one.away) toast(say("mention_is_away", { name: one.name }));
}

document.addEventListener("input", (event) => {
  if (event.target === field()) look();
});

// Before the composer's own keys: Escape closes the list and not the field.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.target !== field() || !isOpen() || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      at = (at + step + found.length) % found.length;
      mark();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(at);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

document.addEventListener("pointerdown", (event) => {
  const option = /** @type {Element} */ (event.target).closest?.("#mention-list li");
  if (!option) return;
  event.preventDefault(); // the field keeps the focus, and a phone its keyboard
  choose([...option.parentElement.children].indexOf(option));
});

document.addEventListener("focusout", (event) => {
  if (event.target === field()) close();
});
