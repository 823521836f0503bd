/** Who else is here: tells the server every 15 s while the case is visible, and shows what it hears. */
import { send } from "./http.js";
import { say } from "./strings.js";

const BEAT = 15_000;
const WRITING_FOR = 20_000;
let wroteAt = 0;

const area = () => /** @type {HTMLElement | null} */ (document.getElementById("case-area"));
const me = document.body.dataset.user;

function beat() {
  const id = area()?.dataset.case;
  if (!id || document.visibilityState !== "visible") return;
  const state = Date.now() - wroteAt < WRITING_FOR ? "writing" : "reading";
  send("POST", `/inbox/case/${id}/presence`, { state }).catch(() => {}); // a missed beat is no fault
}

/** @param {{ case_id: string, users: { id: string, name: string, state: string }[] }} news */
export function showPresent({ case_id: id, users }) {
  if (id !== area()?.dataset.case) return;
  const others = users.filter((user) => user.id !== me);
  const box = document.getElementById("present");
  box?.replaceChildren(
    ...others.map(({ name, state }) => {
      const el = document.createElement("span");
      el.className = `present-one ${state}`;
      el.title = say(state === "writing" ? "writing_one" : "reading_one", { name });
      const face = document.createElement("span");
      const hue = [...name].reduce((sum, letter, i) => sum + (i + 1) * (letter.codePointAt(0) ?? 0), 0) % 8;
      face.className = `face face-small hue-${hue}`;
      face.textContent = name.split(/\s+/).map((w) => w[0]).slice(0, 2).join("").toUpperCase();
      el.append(face);
      return el;
    }),
  );
  const writing = others.filter((user) => user.state === "writing");
  const line = document.querySelector("[data-presence]");
  if (line) line.textContent = writing.length > 1 ? say("writing_many", { n: writing.length }) : writing.length ? say("writing_one", { name: writing[0].name }) : "";
}

const VISITOR_FOR = 12_000;
let visitorEnds = 0;
let toldVisitorAt = 0;

/** The customer is writing in the chat; said once while it lasts. @param {{ case_id: string }} news */
export function showVisitor({ case_id: id }) {
  if (id !== area()?.dataset.case) return;
  const line = document.querySelector("[data-visitor]");
  if (!line) return;
  const words = say("visitor_writing");
  if (line.textContent !== words) line.textContent = words;
  clearTimeout(visitorEnds);
  visitorEnds = window.setTimeout(hideVisitor, VISITOR_FOR);
}

export function hideVisitor() {
  clearTimeout(visitorEnds);
  const line = document.querySelector("[data-visitor]");
  if (line) line.textContent = "";
}

/** Tell the chat's visitor that somebody writes to them. @param {Event} event */
function tellVisitor(event) {
  const composer = /** @type {any} */ (event.target);
  const to = area()?.dataset.case;
  if (!to || !("chat" in composer.dataset) || composer.audience !== "direct" || Date.now() - toldVisitorAt < VISITOR_FOR / 2) return;
  toldVisitorAt = Date.now();
  send("POST", `/cases/${to}/chat/writing`, {}).catch(() => {}); // whoever misses it misses nothing
}

document.addEventListener("earful:writing", tellVisitor);
document.addEventListener("earful:case", hideVisitor);
document.addEventListener("earful:writing", () => {
  const first = Date.now() - wroteAt > WRITING_FOR;
  wroteAt = Date.now();
  if (first) beat();
});
document.addEventListener("earful:case", beat);
document.addEventListener("visibilitychange", beat);
setInterval(beat, BEAT);
beat();
