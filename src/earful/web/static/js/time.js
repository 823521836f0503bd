/** Ages and deadlines keep up while the page stays open; exact times are in the reader's zone. */
import { say } from "./strings.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

/** The same rules as `web/formats.py`. @param {number} length milliseconds */
export function span(length) {
  const n = Math.abs(length);
  if (n < HOUR) return say("minutes", { n: Math.floor(n / MINUTE) });
  if (n < 2 * DAY) return say("hours", { n: Math.floor(n / HOUR) });
  if (n < 14 * DAY) return say("days", { n: Math.floor(n / DAY) });
  return say("weeks", { n: Math.floor(n / (7 * DAY)) });
}

/** Today needs no date. @param {number} at @param {number} now */
const clock = (at, now) => (new Date(at).toDateString() === new Date(now).toDateString() ? hour : exact).format(at);

/** @param {ParentNode} [root] */
export function tick(root = document) {
  const now = Date.now();
  for (const el of root.querySelectorAll("time[data-age]")) {
    const at = Date.parse(el.getAttribute("datetime") ?? "");
    const text = now - at < MINUTE ? say("now") : span(now - at);
    if (el.textContent !== text) el.textContent = text;
    if (el.getAttribute("data-age") !== "local") {
      el.setAttribute("title", exact.format(at));
      el.setAttribute("data-age", "local");
    }
  }
  for (const el of root.querySelectorAll("time[data-clock]")) el.textContent = clock(Date.parse(el.getAttribute("datetime") ?? ""), now);
  for (const el of root.querySelectorAll("time[data-day]")) el.textContent = day.format(Date.parse(el.getAttribute("datetime") ?? ""));
  for (const el of root.querySelectorAll("[data-due]")) {
    const due = Date.parse(el.getAttribute("data-due") ?? "");
    const warn = Date.parse(el.getAttribute("data-warn") ?? "");
    const left = due - now;
    el.textContent = say(left < 0 ? "over" : "left", { span: span(left) });
    const state = left < 0 ? "overdue" : now >= warn ? "soon" : "calm";
    el.parentElement?.classList.remove("due-calm", "due-soon", "due-overdue");
    el.parentElement?.classList.add(`due-${state}`);
  }
  for (const el of root.querySelectorAll("input[data-zone]")) /** @type {HTMLInputElement} */ (el).value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

tick();
setInterval(tick, 20_000);
document.addEventListener("htmx:after:swap", () => tick());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tick());
