/**
 * Changes of a case. Forms work by themselves; here they become quick: the page shows the change at once,
 * takes it back when the server says no, and offers undo when the server says how.
 */
import { showDraft } from "./composer.js";
import { csrfToken, placeParts } from "./http.js";
import { say } from "./strings.js";
import { toast } from "./toast.js";

/** @type {WeakMap<object, () => void>} how to take an optimistic change back */
const rollbacks = new WeakMap();

/** @param {Element} form @param {Element | null} submitter */
function showAtOnce(form, submitter) {
  form.closest("[popover]")?.hidePopover?.();
  form.closest("dialog")?.close();
  const name = submitter?.getAttribute("data-name");
  const act = form.getAttribute("action") ?? "";
  if (act.endsWith("/assign") && name) {
    const slot = document.querySelector(".assign-button [data-slot]");
    const before = slot?.innerHTML ?? "";
    const words = document.createElement("span");
    words.textContent = name;
    slot?.replaceChildren(words);
    slot?.classList.add("pending");
    return () => {
      if (slot) slot.innerHTML = before; // our own markup, put back as it was
      slot?.classList.remove("pending");
    };
  }
  if (/\/(close|snooze|status|reopen|tags)$/.test(act)) {
    const faded = document.querySelector(".case-facts");
    faded?.classList.add("pending");
    return () => faded?.classList.remove("pending");
  }
  return () => {};
}

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  const form = ctx.sourceElement?.closest?.("[data-act]");
  if (form) rollbacks.set(ctx, showAtOnce(form, ctx.sourceEvent?.submitter ?? null));
});

document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  if (!rollbacks.has(ctx)) return;
  const status = ctx.response?.status ?? 0;
  if (status < 200 || status >= 400) rollbacks.get(ctx)?.();
  document.querySelectorAll(".case-facts.pending, .assign-button .pending").forEach((el) => el.classList.remove("pending"));
});

document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  if (ctx.response.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  else if (ctx.response.status === 409) toast(say("conflict"), { bad: true });
  else toast(plainWords(ctx) || say("failed"), { bad: true });
});

document.addEventListener("htmx:error", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  if (ctx && !ctx.response) toast(say("unreachable"), { bad: true });
});

/** The server's own sentence, when it is one and not a page. @param {{ text?: string }} ctx */
function plainWords(ctx) {
  const text = (ctx.text ?? "").trim();
  return text.length < 300 && !text.includes("<") ? text : "";
}

/**
 * `HX-Trigger: {"earful:done": {"text": "...", "undo": {"url": "/cases/1/assign", "values": {...}, "for": 5000}}}`
 * tells what was done, how to take it back, and for how long (else ten seconds).
 */
document.addEventListener("earful:done", (event) => {
  const { text, undo } = /** @type {CustomEvent} */ (event).detail;
  toast(text, { undo: undo ? () => takeBack(undo) : undefined, undoFor: undo?.for });
});

/** @param {{ url: string, values?: Record<string, string>, for?: number }} undo */
async function takeBack({ url, values }) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() },
      body: new URLSearchParams(values ?? {}),
    });
    if (!response.ok) throw new Error(String(response.status));
    if (response.headers.get("HX-Refresh")) {
      // The address says what was done; without that the page shows how it stands now.
      location.assign(location.pathname);
      return;
    }
    await placeParts(await response.text());
    if (url.endsWith("/cancel")) await showDraft();
    toast(say("undone"));
  } catch {
    toast(say("failed"), { bad: true });
  }
}


