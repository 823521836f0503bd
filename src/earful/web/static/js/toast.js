/** Short messages at the bottom, with undo for ten seconds. */
import { say } from "./strings.js";

const UNDO_FOR = 10_000;
const READ_FOR = 5_000;

/** @type {(() => void) | null} */
let lastUndo = null;

/**
 * @param {string} text
 * @param {{ undo?: () => void, bad?: boolean, undoFor?: number }} [options] `undoFor` in milliseconds
 */
export function toast(text, { undo, bad = false, undoFor = UNDO_FOR } = {}) {
  const box = document.getElementById("toasts");
  if (!box) return;
  while (box.children.length > 2) box.firstElementChild?.remove();
  const el = document.createElement("div");
  el.className = bad ? "toast bad" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  el.append(words);
  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    el.remove();
    if (lastUndo === act) lastUndo = null;
  };
  const act = undo
    ? () => {
        close();
        undo();
      }
    : null;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = act ? say("undo") : say("dismiss");
  button.addEventListener("click", act ?? close);
  if (act || bad) el.append(button);
  if (act) lastUndo = act;
  const wait = () => {
    timer = window.setTimeout(close, act ? undoFor : bad ? UNDO_FOR : READ_FOR);
  };
  el.addEventListener("pointerenter", () => clearTimeout(timer));
  el.addEventListener("pointerleave", wait);
  wait();
  box.append(el);
}

export function undoLast() {
  if (lastUndo) lastUndo();
  else toast(say("nothing_to_undo"));
}
