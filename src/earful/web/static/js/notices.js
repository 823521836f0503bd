/**
 * The bell, and the computer's own notifications: shown by one tab only, asked for only when somebody wants them,
 * without any service of others.
 */
import { caseId } from "./case.js";
import { read } from "./picker.js";
import { say } from "./strings.js";

const KEY = "earful.notify";
const MOST = 100;
/** Whether this tab is the one that shows: it has the lock, until it is closed. */
let shows = false;
/** @type {Map<string, number>} notice -> the time of what was shown */
const shown = new Map();

const supported = "Notification" in window && isSecureContext;
const wanted = () => {
  try {
    return supported && Notification.permission === "granted" && localStorage.getItem(KEY) === "on";
  } catch {
    return false; // storage is off
  }
};

/** @param {number} n */
function count(n) {
  const bell = document.getElementById("bell-count");
  if (!bell) return;
  bell.hidden = n === 0;
  bell.textContent = n < MOST ? String(n) : `${MOST - 1}+`;
  const words = document.getElementById("bell-words");
  if (words) words.textContent = n ? say("unread_count", { n }) : "";
}

/** @param {{ id: string, at: number, case_id: string, title: string, body: string, href: string }} notice */
function show(notice) {
  if (shown.get(notice.id) === notice.at) return;
  shown.set(notice.id, notice.at);
  if (document.hasFocus() && notice.case_id && notice.case_id === caseId()) return; // they look at it
  try {
    const made = new Notification(notice.title, { body: notice.body, tag: notice.id });
    made.addEventListener("click", () => {
      window.focus();
      location.assign(notice.href);
      made.close();
    });
  } catch {
    localStorage.removeItem(KEY); // a phone's browser that leaves this to installed programs
    state();
  }
}

export async function freshNotices() {
  const found = await read("/notices/fresh").catch(() => null); // the next event asks again
  if (!found) return;
  count(found.unread);
  if (shows && wanted()) found.show.forEach(show);
}

/** What the settings say about this browser. */
function state() {
  const on = document.getElementById("notify-on");
  const off = document.getElementById("notify-off");
  const words = document.getElementById("notify-state");
  if (!on || !off || !words) return;
  const denied = supported && Notification.permission === "denied";
  words.textContent = say(!supported ? "notify_never" : denied ? "notify_denied" : wanted() ? "notify_is_on" : "notify_idle");
  on.hidden = !supported || denied || wanted();
  off.hidden = !wanted();
}

document.addEventListener("click", async (event) => {
  const button = /** @type {Element} */ (event.target).closest("#notify-on, #notify-off");
  if (!button) return;
  if (button.id === "notify-on" && (await Notification.requestPermission()) === "granted") localStorage.setItem(KEY, "on");
  if (button.id === "notify-off") localStorage.removeItem(KEY);
  state();
  document.querySelector(/** @type {string} */ (wanted() ? "#notify-off" : "#notify-on"))?.focus();
});

// The first tab has the lock; when it is closed, the next one gets it.
navigator.locks?.request("earful.notify", () => {
  shows = true;
  return new Promise(() => {});
});
state();
