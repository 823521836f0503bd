/**
 * Files of the reply that is being written: chosen, dropped or pasted they go up at once and stand in the composer.
 * The composer's form works without this; here nothing of it has to be loaded again.
 */
import { composer } from "./composer.js";
import { csrfToken, fragment, placeParts, send } from "./http.js";
import { say } from "./strings.js";
import { toast } from "./toast.js";

/** Uploads that are under way. A reply is not sent before they have ended. */
let going = 0;
/** Saves of descriptions, one after the other. */
let saving = Promise.resolve();

/** @param {EventTarget | null} target @param {string} selector */
const closest = (target, selector) => (target instanceof Element ? target.closest(selector) : null);
const box = () => document.getElementById("composer-files");
const answered = () => /** @type {HTMLInputElement | null} */ (composer()?.querySelector('input[name="in_reply_to"]'))?.value ?? "";

/** What the network says of files for the audience that is chosen. */
function way() {
  const kind = composer()?.querySelector(".audience-choice.private :checked") ? "private" : "public";
  return box()?.querySelector(`[data-files-for="${kind}"]`);
}

/** Show the files as the server has them now, with what is typed of them. @param {string} text */
async function place(text) {
  const typing = document.activeElement?.matches?.("[data-alt]") ? /** @type {HTMLInputElement} */ (document.activeElement) : null;
  const [name, words] = [typing?.name, typing?.value];
  await placeParts(text);
  const again = /** @type {HTMLInputElement | null} */ (name ? box()?.querySelector(`[name="${name}"]`) : null);
  if (again) again.value = words ?? "";
}

/** @param {string} words @param {number} [share] */
function tell(words, share) {
  const line = /** @type {HTMLElement | null} */ (box()?.querySelector("[data-files-going]"));
  if (!line) return;
  line.hidden = !words;
  line.replaceChildren(words);
  if (words && share !== undefined) line.append(Object.assign(document.createElement("progress"), { max: 1, value: share }));
}

/** @param {string} url @param {File} file @returns {Promise<{ status: number, text: string }>} */
function up(url, file) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("in_reply_to", answered());
    body.append("upload", file, file.name);
    request.open("POST", url);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.addEventListener("progress", (event) => tell(say("file_going", { name: file.name }), event.total ? event.loaded / event.total : 0));
    request.addEventListener("load", () => done({ status: request.status, text: request.responseText }));
    request.addEventListener("error", () => fail(new Error("network")));
    request.send(body);
  });
}

/** @param {Iterable<File>} files */
async function add(files) {
  const url = box()?.dataset.uploadTo;
  const chosen = way();
  if (!url || !chosen) return;
  if (composer()?.audience === "internal") {
    composer()?.warn(say("file_note"));
    return;
  }
  if (!chosen.hasAttribute("data-takes-files")) {
    composer()?.warn(chosen.querySelector(".files-what, .files-problem")?.textContent ?? "");
    return;
  }
  composer()?.warn("");
  going += 1;
  try {
    for (const file of files) {
      tell(say("file_going", { name: file.name }), 0);
      const { status, text } = await up(url, file);
      if (status < 300) await place(text);
      else composer()?.warn(text.trim().length < 300 && !text.includes("<") ? text.trim() : say("failed"));
    }
  } catch {
    composer()?.warn(say("unreachable"));
  } finally {
    going -= 1;
    tell("");
  }
}

/** What waits in the draft now: after sending, or when a reply was taken back. */
async function showFiles() {
  const url = box()?.dataset.uploadTo;
  try {
    if (url) await place(await fragment(`${url}?to=${encodeURIComponent(answered())}`));
  } catch {
    toast(say("unreachable"), { bad: true });
  }
}

document.addEventListener("click", (event) => {
  const summary = closest(event.target, ".attach summary");
  const remove = closest(event.target, "[data-remove-file]");
  if (summary) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement | null} */ (summary.parentElement?.querySelector("[data-upload]"));
    if (way()?.hasAttribute("data-takes-files")) input?.click();
    else add([]);
  } else if (remove) {
    event.preventDefault();
    takeOff(/** @type {HTMLButtonElement} */ (remove));
  }
});

/** @param {HTMLButtonElement} button */
async function takeOff(button) {
  const path = new URL(button.formAction).pathname;
  const name = button.dataset.removeFile ?? "";
  const act = async (/** @type {string} */ what) => {
    const response = await send("POST", `${path.replace(/remove$/, what)}?to=${encodeURIComponent(answered())}`);
    if (!response.ok) throw new Error(String(response.status));
    await place(await response.text());
  };
  try {
    await saving; // what was typed of it comes back with it
    await act("remove");
    composer()?.text.focus();
    toast(say("file_removed", { name }), { undo: () => act("restore").catch(() => toast(say("failed"), { bad: true })) });
  } catch {
    toast(say("failed"), { bad: true });
  }
}

document.addEventListener("change", (event) => {
  const input = /** @type {HTMLInputElement | null} */ (closest(event.target, "[data-upload]"));
  const alt = /** @type {HTMLInputElement | null} */ (closest(event.target, "[data-alt]"));
  if (input?.files?.length) {
    const files = [...input.files];
    input.value = "";
    add(files).then(() => composer()?.text.focus());
  } else if (alt) {
    const id = alt.name.replace(/^alt_/, "");
    saving = saving.then(async () => {
      const response = await send("PUT", `/files/${id}`, { alt: alt.value }).catch(() => null);
      if (!response?.ok) toast(say("save_failed"), { bad: true });
      else composer()?.recheck();
    });
  }
});

document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (!files?.length || !closest(event.target, "reply-composer")) return;
  event.preventDefault();
  add([...files]);
});

for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    const { dataTransfer } = /** @type {DragEvent} */ (event);
    if (!dataTransfer?.types.includes("Files") || !closest(event.target, "reply-composer")) return;
    event.preventDefault();
    if (kind === "drop") add([...dataTransfer.files]);
  });
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const summary = closest(event.target, ".attach summary");
    if (summary) summary.setAttribute("title", way()?.querySelector(".files-what")?.textContent || summary.getAttribute("aria-label") || "");
  });
}

// A file that is half there must not be left behind by its words.
document.addEventListener("submit", (event) => {
  if (!going || !closest(event.target, "reply-composer")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  composer()?.warn(say("file_wait"));
}, true);

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  const sent = ctx.sourceElement?.getAttribute?.("data-act") === "reply" && ctx.response.status < 300;
  if (sent && box()?.querySelector("[data-file]")) showFiles();
});

document.addEventListener("earful:files", () => showFiles());

// With scripts files go up by themselves: the form must not send the choice along.
const quiet = () => document.querySelectorAll("[data-upload][name]").forEach((input) => input.removeAttribute("name"));
quiet();
document.addEventListener("htmx:after:swap", quiet);
