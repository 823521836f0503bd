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

document.addEventListener("earful:writing", () => {
  const first = Date.now() - wroteAt > WRITING_FOR;
  wroteAt = Date.now();
  if (first) beat();
});
document.addEventListener("earful:case", beat);
document.addEventListener("visibilitychange", beat);
setInterval(beat, BEAT);
beat();
