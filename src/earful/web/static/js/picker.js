/** `/` and Ctrl+Space in the composer: a list to choose from by keyboard; what is chosen goes into the text. */
import { csrfToken, placeParts, send } from "./http.js";
import { say } from "./strings.js";
import { toast } from "./toast.js";

/** @typedef {{ title: string, about: string, text: string, act: () => void }} Item */

/** Opens the dialog of one kind. */
class Picker {
  /** @type {Item[]} */
  #items = [];
  #at = 0;
  #asked = 0;

  /** @param {string} label @param {(query: string) => Promise<Item[]>} find @param {{ hint?: string, none: string }} words */
  constructor(label, find, { hint = "", none }) {
    this.find = find;
    this.none = none;
    this.searches = !!hint;
    this.dialog = Object.assign(document.createElement("dialog"), { className: "dialog palette picker" });
    this.dialog.setAttribute("aria-label", label);
    this.input = Object.assign(document.createElement("input"), { type: "text", placeholder: hint || label, readOnly: !hint, autocomplete: "off" });
    this.list = Object.assign(document.createElement("ul"), { id: `picker-${Math.random().toString(36).slice(2)}` });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", label);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": this.list.id, "aria-label": label })) this.input.setAttribute(name, value);
    this.status = Object.assign(document.createElement("p"), { className: "none", hidden: true });
    this.status.setAttribute("role", "status");
    this.dialog.append(this.input, this.list, this.status);
    document.body.append(this.dialog);
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.list.addEventListener("click", (event) => this.#choose([...this.list.children].indexOf(/** @type {Element} */ (event.target).closest("li"))));
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.showModal();
    this.#search();
  }

  async #search() {
    const asked = ++this.#asked;
    try {
      const found = await this.find(this.input.value.trim());
      if (asked !== this.#asked) return;
      this.#items = found;
      this.status.textContent = this.none;
      this.status.hidden = found.length > 0;
    } catch {
      this.status.textContent = say("unreachable");
      this.status.hidden = false;
    }
    this.#at = 0;
    this.#draw();
  }

  #draw() {
    this.list.replaceChildren(
      ...this.#items.map((item, index) => {
        const el = Object.assign(document.createElement("li"), { id: `${this.list.id}-${index}` });
        el.setAttribute("role", "option");
        const head = Object.assign(document.createElement("span"), { className: "picker-head" });
        head.append(Object.assign(document.createElement("b"), { textContent: item.title }), Object.assign(document.createElement("span"), { className: "dim", textContent: item.about }));
        const text = Object.assign(document.createElement("span"), { className: "picker-text", textContent: item.text, dir: "auto" });
        el.append(head, text);
        return el;
      }),
    );
    this.#mark();
  }

  #mark() {
    [...this.list.children].forEach((el, i) => el.setAttribute("aria-selected", String(i === this.#at)));
    this.input.setAttribute("aria-activedescendant", this.#items.length ? `${this.list.id}-${this.#at}` : "");
    this.list.children[this.#at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#items.length) {
      event.preventDefault();
      this.#at = (this.#at + step + this.#items.length) % this.#items.length;
      this.#mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#choose(this.#at);
    }
  }

  /** @param {number} index */
  #choose(index) {
    const item = this.#items[index];
    if (!item) return;
    this.dialog.close();
    item.act();
  }
}

export const caseId = () => /** @type {HTMLElement | null} */ (document.querySelector("reply-composer"))?.dataset.case ?? "";

/** @param {string} url */
export async function read(url) {
  const response = await send("GET", url);
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response.json();
}

/** @param {string} of @param {string} id */
export async function useMacro(of, id) {
  const response = await fetch(`/cases/${of}/macros/${id}`, { method: "POST", headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() } });
  const text = await response.text();
  if (!response.ok) return toast(text.length < 300 && !text.includes("<") ? text : say("failed"), { bad: true });
  await placeParts(text);
  for (const [name, detail] of Object.entries(JSON.parse(response.headers.get("HX-Trigger") ?? "{}"))) document.dispatchEvent(new CustomEvent(name, { detail }));
}

export function pickMacro() {
  const of = caseId();
  /** @param {string} query */
  const find = async (query) =>
    (await read(`/cases/${of}/macros?q=${encodeURIComponent(query)}`)).map((/** @type {any} */ one) => ({ title: one.title, about: one.does.join(" "), text: one.preview, act: () => useMacro(of, one.id) }));
  if (of) new Picker(say("macros"), find, { hint: say("macros_hint"), none: say("macros_none") });
}

export function pickSuggestion() {
  const of = caseId();
  const find = async () =>
    (await read(`/cases/${of}/suggestions`)).map((/** @type {any} */ one) => ({
      title: say("case_n", { n: one.case_number }),
      about: [one.outcome_label, one.network_label, one.age, one.was_private ? say("said_private") : ""].filter(Boolean).join(" · "),
      text: one.text,
      act: () => document.dispatchEvent(new CustomEvent("earful:insert", { detail: { text: one.text } })),
    }));
  if (of) new Picker(say("suggestions"), find, { none: say("suggestions_none") });
}

document.addEventListener("earful:pick", (event) => (/** @type {CustomEvent} */ (event).detail === "macro" ? pickMacro() : pickSuggestion()));
