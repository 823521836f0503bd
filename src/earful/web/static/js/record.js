/** The keyboard page: "record" takes the next one or two keys instead of typing their names. */
import { say } from "./strings.js";

const PAUSE = 1_200;
/** @type {HTMLElement | null} */
let by = null;
/** @type {string[]} */
let keys = [];
let timer = 0;

const field = () => /** @type {HTMLInputElement | null} */ (document.getElementById(by?.getAttribute("data-record") ?? ""));

function stop() {
  clearTimeout(timer);
  by?.setAttribute("aria-pressed", "false");
  by?.closest("form")?.querySelector("button[type=submit]")?.focus();
  by = null;
}

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-record]"));
  if (!button) return;
  by = button;
  keys = [];
  button.setAttribute("aria-pressed", "true");
  const input = field();
  if (input) Object.assign(input, { value: "", placeholder: say("press_keys") });
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!by || ["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
    event.stopImmediatePropagation();
    if (event.key === "Tab" || event.key === "Escape") return stop();
    event.preventDefault();
    const mod = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
    keys.push(mod + (event.key === " " ? "Space" : event.key));
    const input = field();
    if (input) input.value = keys.join(" ");
    clearTimeout(timer);
    if (keys.length === 2) stop();
    else timer = window.setTimeout(stop, PAUSE);
  },
  true,
);
