/** `<command-palette>`: everything by name. Made of the same table as the keys; shows only what works here. */
import { available, commands, run } from "./commands.js";
import { caseId, read, useMacro } from "./picker.js";
import { say } from "./strings.js";

const PAUSE = 150;

/**
 * Letters of the query in order; runs and word starts count more. Null when it does not match.
 * @param {string} query @param {string} text
 * @returns {{ score: number, hits: number[] } | null}
 */
export function fuzzy(query, text) {
  const low = text.toLowerCase();
  const hits = [];
  let score = 0;
  let at = -1;
  for (const letter of query.toLowerCase().replace(/\s+/g, "")) {
    const start = [...low.matchAll(/(^|[^\p{L}\p{N}])(?=[\p{L}\p{N}])/gu)].map((m) => m.index + m[0].length).find((i) => i > at && low[i] === letter);
    const next = low[at + 1] === letter ? at + 1 : (start ?? low.indexOf(letter, at + 1));
    if (next < 0) return null;
    score += next === at + 1 ? 4 : next === start ? 3 : 1;
    hits.push(next);
    at = next;
  }
  return { score: score - text.length / 100, hits };
}

/** The name of a group finds all of it, below what matches by itself. @param {string} query @param {string} group */
const inGroup = (query, group) => (group.toLowerCase().startsWith(query.toLowerCase()) ? { score: -1, hits: [] } : null);

class CommandPalette extends HTMLElement {
  /** @type {{ label: string, where: string, keys: string, hits: number[], act: () => void }[]} */
  #found = [];
  #at = 0;
  /** Views, macros and recent cases; then what a search found. @type {{ kind: string, label: string, href: string, id: string }[]} */
  #standing = [];
  /** @type {{ kind: string, label: string, href: string, id: string }[]} */
  #searched = [];
  #timer = 0;

  connectedCallback() {
    this.dialog = document.createElement("dialog");
    this.dialog.className = "dialog palette";
    this.dialog.setAttribute("aria-label", say("palette_label"));
    this.input = Object.assign(document.createElement("input"), { type: "text", placeholder: say("palette_hint"), autocomplete: "off", id: "palette-input" });
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": say("palette_hint") })) this.input.setAttribute(name, value);
    this.list = Object.assign(document.createElement("ul"), { id: "palette-list" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", say("palette_label"));
    this.none = Object.assign(document.createElement("p"), { className: "none", hidden: true, textContent: say("palette_none") });
    this.dialog.append(this.input, this.list, this.none);
    this.append(this.dialog);
    this.input.addEventListener("input", () => {
      this.#searched = [];
      this.#search();
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#ask(), PAUSE);
    });
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.list.addEventListener("click", (event) => this.#choose([...this.list.children].indexOf(/** @type {Element} */ (event.target).closest("li"))));
  }

  open() {
    if (this.dialog.open) return this.dialog.close();
    this.input.value = "";
    this.#searched = [];
    this.#search();
    this.dialog.showModal();
    this.input.focus();
    this.#ask();
  }

  /** What the server knows: everything that stands, or what has these words. */
  async #ask() {
    const query = this.input.value.trim();
    const found = await read(`/palette?q=${encodeURIComponent(query)}`).catch(() => null);
    if (!found || query !== this.input.value.trim()) return;
    if (query) this.#searched = found;
    else this.#standing = found;
    const chosen = this.#at;
    this.#search();
    this.#at = Math.min(chosen, Math.max(this.#found.length - 1, 0)); // the choice stays where it is while more comes
    this.#mark();
  }

  /** @param {{ kind: string, label: string, href: string, id: string }} entry */
  #entry(entry) {
    const where = say({ view: "palette_view", macro: "macros", recent: "recent_cases", case: "found_case", person: "found_person" }[entry.kind] ?? entry.kind);
    return { label: entry.label, where, keys: "", act: () => (entry.kind === "macro" ? useMacro(caseId(), entry.id) : location.assign(entry.href)) };
  }

  #search() {
    const query = this.input.value.trim();
    const items = commands
      .filter((c) => c.palette && available(c))
      .map((c) => ({ label: c.label, where: c.group, keys: c.keys, act: () => run(c.id), match: fuzzy(query, c.label) ?? inGroup(query, c.group) }))
      .filter((item) => item.match);
    const others = this.#standing
      .filter((entry) => entry.kind !== "macro" || caseId())
      .map((entry) => this.#entry(entry))
      .map((item) => ({ ...item, match: fuzzy(query, item.label) ?? inGroup(query, item.where) }))
      .filter((item) => item.match);
    items.push(...others);
    if (query) items.sort((a, b) => (b.match?.score ?? 0) - (a.match?.score ?? 0));
    this.#found = items.map(({ match, ...item }) => ({ ...item, hits: query && fuzzy(query, item.label) ? (match?.hits ?? []) : [] }));
    this.#found.push(...this.#searched.map((entry) => ({ ...this.#entry(entry), hits: [] })));
    const number = /^#?(\d+)$/.exec(query);
    const go = { where: "", keys: "", hits: [] };
    if (number) this.#found.unshift({ ...go, label: say("go_to_case", { n: number[1] }), act: () => location.assign(`/inbox/case/${number[1]}?view=all`) });
    if (query) this.#found.push({ ...go, label: say("search_for", { q: query }), act: () => location.assign(`/inbox?view=all&q=${encodeURIComponent(query)}`) });
    this.#at = 0;
    this.#draw();
  }

  #draw() {
    this.list.replaceChildren(
      ...this.#found.map((item, index) => {
        const el = Object.assign(document.createElement("li"), { id: `palette-${index}` });
        el.setAttribute("role", "option");
        const where = Object.assign(document.createElement("span"), { className: "where", textContent: item.where });
        const what = Object.assign(document.createElement("span"), { className: "what" });
        [...item.label].forEach((letter, i) => what.append(item.hits.includes(i) ? Object.assign(document.createElement("b"), { textContent: letter }) : letter));
        const keys = document.createElement("span");
        for (const key of item.keys.split(" ").filter(Boolean)) keys.append(Object.assign(document.createElement("kbd"), { textContent: key.replace("mod+", "Ctrl ") }));
        el.append(where, what, keys);
        return el;
      }),
    );
    this.none.hidden = this.#found.length > 0;
    this.#mark();
  }

  #mark() {
    [...this.list.children].forEach((el, i) => el.setAttribute("aria-selected", String(i === this.#at)));
    this.input.setAttribute("aria-activedescendant", this.#found.length ? `palette-${this.#at}` : "");
    this.list.children[this.#at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#at = (this.#at + step + this.#found.length) % this.#found.length;
      this.#mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#choose(this.#at);
    }
  }

  /** @param {number} index */
  #choose(index) {
    const item = this.#found[index];
    if (!item) return;
    this.dialog.close();
    item.act();
  }
}

customElements.define("command-palette", CommandPalette);
