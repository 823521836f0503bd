/**
 * Live updates: one EventSource for the page. The browser itself resumes with Last-Event-ID, so nothing
 * between two connections is missed; the dot in the rail always tells the truth about it.
 */
import { composer } from "./composer.js";
import { caseId, refreshCase } from "./case.js";
import { refresh } from "./list.js";
import { freshNotices } from "./notices.js";
import { hideVisitor, showPresent, showVisitor } from "./presence.js";
import { say } from "./strings.js";

const GATHER = 250;
/** Rows in one request, as many as the server gives. */
const AT_ONCE = 100;
const url = document.body.dataset.live;
/** @type {Set<string>} */
const changed = new Set();
/** The case whose header waits for its menu. */
let held = "";
let timer = 0;
let failures = 0;

/** @param {"connecting" | "live" | "reconnecting" | "offline"} state */
function show(state) {
  const el = document.getElementById("link-state");
  if (!el || el.dataset.state === state) return;
  el.dataset.state = state;
  const words = el.querySelector(".link-words");
  if (words) words.textContent = say(state);
}

function later() {
  // A timer that every event put off would never fire on a busy desk.
  if (!timer) timer = window.setTimeout(flush, GATHER);
}

async function flush() {
  timer = 0;
  const shown = [...changed].filter((id) => id === caseId() || document.getElementById(`row-${id}`));
  const ids = [...new Set([...shown, ...changed])].slice(0, AT_ONCE);
  ids.forEach((id) => changed.delete(id));
  try {
    await Promise.all([refresh(ids), ids.includes(caseId() ?? "") ? refreshCase() : null]);
  } catch {
    ids.forEach((id) => changed.add(id)); // tried again with the next event or when the link is back
    return;
  }
  if (changed.size) later();
}

/** @param {MessageEvent} event */
function onCase(event) {
  const { case_id: id, reason } = JSON.parse(event.data);
  changed.add(id);
  if (id === caseId() && reason === "message") {
    hideVisitor();
    composer()?.newerMessage();
  }
  later();
}

function connect() {
  if (!url) return;
  const source = new EventSource(url);
  source.addEventListener("open", () => {
    failures = 0;
    show("live");
    if (changed.size) flush();
  });
  source.addEventListener("case", onCase);
  source.addEventListener("notice", (event) => JSON.parse(event.data).user === document.body.dataset.user && freshNotices());
  source.addEventListener("visitor", (event) => showVisitor(JSON.parse(event.data)));
  source.addEventListener("presence", (event) => showPresent(JSON.parse(event.data)));
  // the log no longer reaches back to where this page began: only a new page is honest
  source.addEventListener("reload", () => location.reload());
  source.addEventListener("error", () => {
    failures += 1;
    show(navigator.onLine && failures < 6 ? "reconnecting" : "offline");
    // a refused connection is closed for good by the browser; a lost one it retries itself
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, Math.min(30_000, 1_000 * 2 ** failures));
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

// Whoever chooses in a menu of the header keeps it as it is: the header follows when the menu is closed.
document.addEventListener("htmx:before:swap", (event) => {
  if (!document.querySelector("#case-head [popover]:popover-open")) return;
  const { tasks } = /** @type {CustomEvent} */ (event).detail;
  const at = tasks.findIndex((/** @type {any} */ task) => [task.target, task.target?.id].some((one) => one === "#case-head" || one === "case-head"));
  if (at < 0) return;
  tasks.splice(at, 1);
  held = caseId() ?? "";
});
document.addEventListener(
  "toggle",
  (event) => {
    if (!held || /** @type {ToggleEvent} */ (event).newState !== "closed") return;
    changed.add(held);
    held = "";
    later();
  },
  true,
);
addEventListener("offline", () => show("offline"));
connect();
