/**
 * `<reply-composer>`: counter, drafts that save themselves, Ctrl+Enter, a warning before text is lost.
 * A reply and a note are two texts that take turns in the field, so that what was meant for colleagues can
 * never go out by switching the audience. Only the reply is a draft on the server.
 */
import { count, segments } from "./count.js";
import { fragment, morph, send } from "./http.js";
import { say } from "./strings.js";
import { toast } from "./toast.js";

const PAUSE = 800;

class ReplyComposer extends HTMLElement {
  #timer = 0;
  #saved = "";
  #saving = Promise.resolve();
  #note = false;
  /** The text that is not in the field now. */
  #other = "";
  #replyAudience = "";
  /** Text at hand-over while the server draws the composer for another message. @type {Map<string, string>} */
  static #carried = new Map();

  connectedCallback() {
    this.text = /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
    this.form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    if (!this.text || !this.form) return;
    this.#note = this.audience === "internal";
    this.#replyAudience = this.#note ? "" : this.audience;
    this.#saved = this.#fingerprint();
    const carried = ReplyComposer.#carried.get(this.caseId);
    if (carried !== undefined && carried !== this.text.value) {
      this.text.value = carried;
      this.#changed();
    }
    ReplyComposer.#carried.delete(this.caseId);
    this.text.addEventListener("input", () => this.#changed());
    this.form.addEventListener("change", () => this.#changed());
    this.text.addEventListener("keydown", (event) => this.#onKey(event));
    this.form.addEventListener("submit", (event) => this.#onSubmit(event));
    this.text.addEventListener("scroll", () => this.#underline());
    this.querySelector("[data-send-at]")?.addEventListener("input", (event) => {
      const button = this.querySelector("[data-schedule]");
      if (button) button.value = /** @type {HTMLInputElement} */ (event.target).value;
    });
    this.querySelector("[data-send-at]")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // else the form's first button is pressed, which sends at once
      this.querySelector("[data-schedule]")?.click();
    });
    this.#count();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    if (this.text && this.unsaved) this.#save();
  }

  get caseId() {
    return this.dataset.case ?? "";
  }

  get audience() {
    return /** @type {RadioNodeList} */ (this.form.elements.namedItem("audience")).value;
  }

  get replyText() {
    return this.#note ? this.#other : this.text.value;
  }

  get noteText() {
    return this.#note ? this.text.value : this.#other;
  }

  get unsaved() {
    return this.#fingerprint() !== this.#saved;
  }

  /** Keep the text for the composer that replaces this one. */
  carry() {
    if (this.text) ReplyComposer.#carried.set(this.caseId, this.replyText);
  }

  /** Empty after sending: the server dropped the draft in the same step. */
  clear() {
    clearTimeout(this.#timer);
    this.text.value = "";
    this.#saved = this.#fingerprint();
    this.#state("");
    this.warn("");
    this.#found({});
  }

  /** @param {"reply" | "note"} what */
  begin(what) {
    const radios = [...this.form.querySelectorAll('input[name="audience"]')];
    const wanted = what === "note" ? radios.at(-1) : radios.find((r) => r.value !== "internal");
    const now = this.audience;
    // "reply" keeps an audience that was chosen already: only a person widens it
    if (wanted && (what === "note" || now === "internal")) wanted.checked = true;
    this.#changed();
    this.text.focus();
  }

  /** @type {[number, number, string][]} */
  #private = [];

  /** Mark private data and gaps under the text, which lies over it with the same letters. */
  #underline() {
    const box = this.querySelector("[data-underlined]");
    if (!box) return;
    const letters = Array.from(this.text.value);
    const marks = this.#note ? [] : this.#private.filter(([, end]) => end <= letters.length);
    const pieces = [];
    let at = 0;
    for (const [start, end] of marks) {
      if (start < at) continue;
      pieces.push(letters.slice(at, start).join(""), Object.assign(document.createElement("mark"), { textContent: letters.slice(start, end).join("") }));
      at = end;
    }
    box.replaceChildren(...pieces, letters.slice(at).join("") + "\n");
    box.scrollTop = this.text.scrollTop;
  }

  /** What the server found in the draft. @param {{ private?: [number, number, string][], parts?: string[], in_alts?: boolean }} found */
  #found({ private: marks = [], parts = [], in_alts: described = false }) {
    this.#private = marks;
    this.#underline();
    const ways = this.querySelector("[data-private-ways]");
    if (ways) ways.hidden = !marks.length && !described;
    const list = this.querySelector("[data-part-list]");
    const field = this.querySelector("[data-parts]");
    if (!list || !field) return;
    field.value = parts.length ? String(parts.length) : "";
    list.hidden = !parts.length;
    const items = parts.map((part) => Object.assign(document.createElement("li"), { textContent: part }));
    const head = Object.assign(document.createElement("li"), { className: "dim", textContent: say("in_parts", { n: parts.length }) });
    list.replaceChildren(...(parts.length ? [head, ...items] : []));
    this.#count();
  }

  /** What is said of a picture was changed: let the server look at the whole again. */
  recheck() {
    if (this.replyText.trim()) this.#save();
  }

  /** Select the first thing that is left open. */
  #toGap() {
    const gap = /\[\[[^[\]\n]{1,60}\]\]/.exec(this.text.value);
    if (!gap) return false;
    this.text.focus();
    this.text.setSelectionRange(gap.index, gap.index + gap[0].length);
    return true;
  }

  /** Put words behind what is written, for the writer to send or change. @param {string} words */
  insert(words) {
    this.begin("reply");
    const before = this.text.value.trimEnd();
    this.text.value = before ? `${before} ${words}` : words;
    this.#changed();
    this.#toGap();
  }

  /**
   * @param {string} text empty takes the warning away
   * @param {{ label: string, act: () => void }} [button]
   */
  warn(text, button) {
    const box = /** @type {HTMLElement} */ (this.querySelector("[data-warning]"));
    box.hidden = !text;
    box.replaceChildren(text);
    if (button) {
      const el = document.createElement("button");
      el.type = "button";
      el.textContent = button.label;
      el.addEventListener("click", button.act);
      box.append(el);
    }
  }

  /** Something came in after this page was made: the next send asks first. */
  newerMessage() {
    if (this.text.value.trim()) {
      this.dataset.newer = "";
      this.warn(say("arrived"), { label: say("send_anyway"), act: () => this.#sendAnyway() });
    }
  }

  #sendAnyway() {
    delete this.dataset.newer;
    this.warn("");
    this.form.requestSubmit();
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    if ("newer" in this.dataset && this.audience !== "internal") {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.querySelector("[data-warning] button")?.focus();
      return;
    }
    this.querySelector("dialog[open]")?.close();
    this.querySelector("[popover]:popover-open")?.hidePopover();
    if (this.audience !== "internal" && this.#toGap()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.warn(say("fill_gap", { gap: getSelection()?.toString() || "[[…]]" }));
      return;
    }
    clearTimeout(this.#timer);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      // the note button carries its own address, so it is pressed rather than the form sent
      if (this.audience === "internal") this.querySelector(".send-note")?.click();
      else this.form.requestSubmit(this.querySelector("button.send"));
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("earful:pick", { detail: "suggestion" }));
    } else if (event.key === "/" && !this.text.value.trim()) {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("earful:pick", { detail: "macro" }));
    } else if (event.key === "Escape") {
      this.text.blur();
    }
  }

  #fingerprint() {
    return `${this.replyText}\u0000${this.#replyAudience}`;
  }

  #takeTurns() {
    const note = this.audience === "internal";
    if (!note) this.#replyAudience = this.audience;
    if (note === this.#note) return;
    [this.text.value, this.#other] = [this.#other, this.text.value];
    this.#note = note;
    this.#state("");
  }

  #changed() {
    this.#takeTurns();
    this.#count();
    this.#private = [];
    this.#underline();
    if (!this.unsaved) return;
    this.#state(say("unsaved"));
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#save(), PAUSE);
    this.dispatchEvent(new CustomEvent("earful:writing", { bubbles: true }));
  }

  #count() {
    const out = this.querySelector("[data-count]");
    const max = Number(this.dataset.max ?? 0);
    if (!out || !max) return;
    const signOff = this.dataset.signOff ? ` ${this.dataset.signOff}` : "";
    const text = this.text.value;
    const whole = text ? text + signOff : "";
    const left = max - count(whole, this.dataset.counter ?? "codepoints");
    const several = this.dataset.counter === "sms" && whole && !this.#note;
    out.textContent = several ? `${left} · ${say("sms_count", { n: segments(whole) })}` : String(left);
    out.classList.toggle("near", left >= 0 && left < max / 10);
    out.classList.toggle("over", left < 0);
    for (const button of this.querySelectorAll("button.send[type=submit], #send-menu button")) {
      const shown = "inParts" in this.dataset && this.querySelector("[data-parts]")?.value;
      button.toggleAttribute("disabled", left < 0 && !shown && this.audience !== "internal");
    }
  }

  #save() {
    const sent = this.#fingerprint();
    const body = { text: this.replyText, audience: this.#replyAudience, in_reply_to: this.form.elements.namedItem("in_reply_to").value };
    const url = this.dataset.draft ?? "";
    // one after the other, so that an older save can never land on a newer one
    this.#saving = this.#saving.then(async () => {
      this.#state(say("saving"));
      try {
        const response = await send("PUT", url, body);
        if (!response.ok) throw new Error(String(response.status));
        this.#saved = sent;
        if (!this.unsaved) this.#state(body.text ? say("saved") : "");
        const found = response.status === 204 ? {} : await response.json();
        const { warnings = [] } = found;
        if (sent === this.#fingerprint()) this.#found(found);
        if (!("newer" in this.dataset)) this.#showWarnings(warnings);
      } catch {
        this.#state(say("save_failed"));
      }
    });
    return this.#saving;
  }

  /** @param {{ text: string, private_label?: string }[]} warnings */
  #showWarnings(warnings) {
    const [first] = warnings;
    if (!first) return this.warn("");
    const radio = this.form.querySelector(".private input");
    this.warn(first.text, radio && first.private_label && this.audience !== radio.value ? { label: first.private_label, act: () => this.#movePrivate(radio) } : undefined);
  }

  /** @param {HTMLInputElement} radio */
  #movePrivate(radio) {
    radio.checked = true;
    this.warn("");
    this.#changed();
    toast(say("moved_private"));
  }

  /** @param {string} text */
  #state(text) {
    const el = this.querySelector("[data-draft-state]");
    if (el) el.textContent = text;
  }
}

customElements.define("reply-composer", ReplyComposer);

/** @returns {ReplyComposer | null} */
export const composer = () => document.querySelector("reply-composer");

/** A reply was taken back: its words are the draft again, and stand in the field unless others do. */
export async function showDraft() {
  const open = composer();
  const number = document.getElementById("case-area")?.dataset.number;
  if (!open?.text || !number || open.text.value.trim() || open.noteText.trim()) {
    // What stands there stays; the files of the reply that came back are shown beside it.
    open?.dispatchEvent(new CustomEvent("earful:files", { bubbles: true }));
    return;
  }
  await morph(open, await fragment(`/inbox/case/${number}/composer`), "outerHTML");
}

addEventListener("beforeunload", (event) => {
  const open = composer();
  if (open?.text && (open.unsaved || open.noteText.trim())) event.preventDefault();
});

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  if (ctx.sourceElement?.hasAttribute?.("data-reply-to")) composer()?.carry();
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  const act = ctx.sourceElement?.getAttribute?.("data-act");
  if ((act === "reply" || act === "note") && ctx.response.status < 300) composer()?.clear();
  if (/^\/outbox\/[^/]+\/cancel$/.test(ctx.sourceElement?.getAttribute?.("action") ?? "") && ctx.response.status < 300) showDraft();
});

// The server has words for the reply, such as the link of a handoff.
document.addEventListener("earful:insert", (event) => composer()?.insert(/** @type {CustomEvent} */ (event).detail.text));

// The page shows a newer case now, so the next send is an answer to that one.
document.addEventListener("htmx:after:swap", () => {
  const shown = document.getElementById("case-head")?.dataset.version;
  const field = composer()?.querySelector('input[name="version"]');
  if (shown && field) field.value = shown;
});
