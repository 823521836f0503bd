/** The open case: history, scrolling to what is new, reasons on and off, copying links. */
import htmx from "../vendor/htmx.esm.min.js";
import { fragment, placeParts } from "./http.js";
import { markOpen } from "./list.js";
import { closeContext } from "./prefs.js";
import { say } from "./strings.js";
import { toast } from "./toast.js";

const root = document.documentElement;
export const area = () => /** @type {HTMLElement | null} */ (document.getElementById("case-area"));
export const caseId = () => area()?.dataset.case;

/** The newest is at the bottom; what is new since the last look comes first. */
function settle() {
  const scroll = document.getElementById("case-scroll");
  if (!scroll) return;
  const news = document.getElementById("news");
  if (location.hash.startsWith("#m-")) document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "center" });
  else if (news) scroll.scrollTop = Math.max(0, news.offsetTop - scroll.offsetTop - 48);
  else scroll.scrollTop = scroll.scrollHeight;
}

/** Bring header, timeline, context and row up to date; the composer stays as it is. */
export async function refreshCase() {
  const number = area()?.dataset.number;
  if (!number) return;
  const scroll = document.getElementById("case-scroll");
  const atEnd = !!scroll && scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  await placeParts(await fragment(`/inbox/case/${number}/timeline${location.search}`));
  if (atEnd && scroll) scroll.scrollTop = scroll.scrollHeight;
}

export function back() {
  if (closeContext()) return;
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector(".case-back"));
  const open = document.querySelector(".row-link[aria-current]");
  if (matchMedia("(max-width: 899px)").matches && link) location.assign(link.href);
  else /** @type {HTMLElement | null} */ (open ?? document.querySelector(".row-link"))?.focus();
}

export function toggleReasons() {
  if (root.dataset.reasons === "on") delete root.dataset.reasons;
  else root.dataset.reasons = "on";
}

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  const target = typeof ctx?.target === "string" ? ctx.target : ctx?.target?.id;
  if (target === "case-area" || target === "#case-area") {
    markOpen(caseId());
    settle();
    document.dispatchEvent(new CustomEvent("earful:case"));
  }
});

// Back and forward: morph the desk instead of the whole body, so that the list keeps its place.
document.addEventListener("htmx:before:history:restore", (event) => {
  if (!document.getElementById("desk")) return;
  event.preventDefault();
  const path = /** @type {CustomEvent} */ (event).detail.path;
  htmx.ajax("GET", path, { target: "#case-area", swap: "outerHTML" });
});

document.addEventListener("click", async (event) => {
  const copy = /** @type {Element} */ (event.target).closest("[data-copy]");
  if (!copy) return;
  const what = copy.getAttribute("data-copy") ?? "";
  copy.closest("[popover]")?.hidePopover?.();
  await navigator.clipboard.writeText(what.startsWith("/") ? location.origin + what : what);
  toast(say("copied"));
});

settle();
