// The chat's page. What is written is kept until the desk has it, and is sent once however often it is tried.

const config = JSON.parse(document.getElementById("config").textContent);
const words = config.words;
const $ = (id) => document.getElementById(id);
const [log, text, state, main] = [$("log"), $("text"), $("state"), document.querySelector("main")];
const alone = window.parent === window;
const base = `/chat/${config.channel}`;
const shelf = `earful-chat:${config.channel}${config.link ? `:${config.link}` : ""}`;
const LARGEST = 8_388_608, MOST_FILES = 5;

let identity = "", page = "", me = { key: "", signed: false }, place = 0, pending = [], shown = new Map();
let opened = false, known = false, email = "", unread = new Set(), chosen = [], stream = null, sending = false;

// Storage: for a signed user only as long as the tab, for a stranger as long as the browser keeps it. Where the browser
// lets frames keep nothing, the page around it keeps a stranger's key.
let hosted = "";
const stores = () => { try { return [sessionStorage, localStorage]; } catch { return []; } };
const keep = () => {
  for (const [at, store] of stores().entries()) {
    try {
      if ((at === 0) === me.signed) store.setItem(shelf, JSON.stringify({ key: me.key, pending }));
      else store.removeItem(shelf);
    } catch { /* Nothing can be kept here: the chat lasts as long as the page. */ }
  }
  if (!stores().length) tell("began", { keep: me.signed ? "" : JSON.stringify({ key: me.key, pending }) });
};
const began = () => (stores().length ? tell("began") : keep());
const recall = () => {
  for (const [at, store] of stores().entries()) {
    try {
      const found = JSON.parse(store.getItem(shelf));
      if (found && found.key) return { ...found, signed: at === 0 };
    } catch { /* As if there were nothing. */ }
  }
  try {
    const found = JSON.parse(hosted);
    if (!stores().length && found && found.key) return { ...found, signed: false };
  } catch { /* As above. */ }
  return null;
};
const fresh = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const uuid = () => {
  const raw = crypto.getRandomValues(new Uint8Array(16));
  raw[6] = (raw[6] & 15) | 64; raw[8] = (raw[8] & 63) | 128;
  const hex = [...raw].map((one) => one.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const say = (message, bad = false) => { state.textContent = message; state.classList.toggle("bad", bad); };
const tell = (message, more = {}) => !alone && window.parent.postMessage({ earful: message, ...more }, "*");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const ask = (path, body, more = {}) => fetch(base + path, {
  method: body === undefined ? "GET" : "POST",
  body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
  credentials: "omit", cache: "no-store", ...more,
  headers: { authorization: `Bearer ${me.key}`, ...more.headers },
});
const why = async (answer) => { try { return (await answer.json()).detail; } catch { return words.failed; } };

// What is shown.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", hour: "2-digit", minute: "2-digit" });
const nearEnd = () => main.scrollHeight - main.scrollTop - main.clientHeight < 80;
const linked = (into, said) => {
  let at = 0;
  for (const found of said.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g)) {
    into.append(said.slice(at, found.index));
    const link = Object.assign(document.createElement("a"), { href: found[0], target: "_blank", rel: "noopener noreferrer nofollow", textContent: found[0] });
    into.append(link);
    at = found.index + found[0].length;
  }
  into.append(said.slice(at));
};
const fetched = async (file) => {
  const answer = await ask(`/files/${file.id}`);
  return answer.ok ? URL.createObjectURL(await answer.blob()) : "";
};
const fileOf = (file) => {
  if (file.mime.startsWith("image/")) {
    const picture = Object.assign(document.createElement("img"), { alt: file.alt || words.picture.replace("{name}", file.name), className: "picture" });
    fetched(file).then((url) => { picture.src = url; });
    picture.addEventListener("load", () => { main.scrollTop = main.scrollHeight; }, { once: true });
    return picture;
  }
  const button = Object.assign(document.createElement("button"), { type: "button", className: "file", textContent: file.name });
  button.addEventListener("click", async () => {
    const link = Object.assign(document.createElement("a"), { href: await fetched(file), download: file.name });
    link.click();
  });
  return button;
};
const draw = (line) => {
  const before = shown.get(line.id), end = nearEnd();
  const item = before || document.createElement("li");
  item.className = line.ours ? "ours" : "mine";
  item.dataset.at = line.at;
  item.classList.toggle("failed", Boolean(line.fault));
  const parts = [];
  if (line.text) {
    const bubble = Object.assign(document.createElement("p"), { className: "say", dir: "auto" });
    if (line.ours) linked(bubble, line.text); else bubble.textContent = line.text;
    parts.push(bubble);
  }
  parts.push(...line.files.map(fileOf));
  const by = Object.assign(document.createElement("span"), { className: "by" });
  const when = clock.format(line.at);
  by.textContent = line.fault ? `${words.failed} ${line.fault}` : line.waits ? words.sending : line.ours ? `${line.name} · ${when}` : `${words.you} · ${when} · ${words.sent}`;
  parts.push(by);
  if (line.fault) {
    const again = Object.assign(document.createElement("button"), { type: "button", className: "again", textContent: words.again });
    again.addEventListener("click", () => { line.fault = ""; draw(line); flush(); });
    parts.push(again);
  }
  item.replaceChildren(...parts);
  if (!before) {
    shown.set(line.id, item);
    const after = [...log.children].find((other) => Number(other.dataset.at) > line.at);
    log.insertBefore(item, after || null);
  }
  if (end || !line.ours) main.scrollTop = main.scrollHeight;
};
const clear = () => { shown.clear(); log.replaceChildren(); place = 0; unread.clear(); };

// Who is writing. Said once while it lasts, so that it is not read out again and again; nothing of it is kept.
const WRITING = 12_000;
let writingEnds = 0, toldWriting = 0;
const theyWrite = (on) => {
  clearTimeout(writingEnds);
  const said = on ? words.writing : "";
  if ($("writing").textContent !== said) $("writing").textContent = said;
  if (on) writingEnds = setTimeout(() => theyWrite(false), WRITING);
};
text.addEventListener("input", () => {
  if (!known || !text.value.trim() || Date.now() - toldWriting < WRITING / 2) return;
  toldWriting = Date.now();
  ask("/writing", {}).catch(() => {});
});

// What comes.
const take = (line) => {
  const news = !shown.has(line.id);
  if (!line.ours) pending = pending.filter((one) => one.id !== line.id);
  if (news || !line.ours) draw(line);
  if (line.unread && news) arrived(line.id);
};
const looking = () => (alone || opened) && document.visibilityState === "visible";
const receipts = (ids, what) => ids.length && ask("/receipts", { ids, state: what }).catch(() => {});
const arrived = (id) => {
  unread.add(id);
  if (looking()) read();
  else { receipts([id], "delivered"); tell("unread", { count: unread.size }); }
};
const read = () => {
  const ids = [...unread].slice(-50);
  unread.clear();
  tell("unread", { count: 0 });
  receipts(ids, "read");
};
const follow = async () => {
  if (stream) return;
  const mine = stream = new AbortController();
  let pause = 1_000;
  while (stream === mine) {
    try {
      const answer = await ask("/live", undefined, { signal: mine.signal, headers: { "last-event-id": String(place) } });
      if (answer.status === 401) break;
      if (!answer.ok || !answer.body) throw new Error("no stream");
      await listen(answer.body.getReader(), () => { pause = 1_000; if (state.textContent === words.waiting) say(""); flush(); });
    } catch { /* The line is cut: what was missed is asked for below. */ }
    if (stream !== mine) return;
    await wait(pause + Math.random() * 500);
    pause = Math.min(pause * 2, 20_000);
    try {
      const answer = await ask(`/messages?after=${place}`);
      if (answer.ok) { const found = await answer.json(); found.lines.forEach(take); place = found.place; keep(); flush(); }
    } catch { /* Still no way to the desk. */ }
  }
  if (stream === mine) stream = null;
};
const listen = async (reader, alive) => {
  const decoder = new TextDecoder();
  let held = "", quiet;
  const silence = () => { clearTimeout(quiet); quiet = setTimeout(() => reader.cancel(), 45_000); };
  silence();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    silence(); alive();
    held += decoder.decode(value, { stream: true });
    const frames = held.split("\n\n");
    held = frames.pop();
    for (const frame of frames) {
      const fields = Object.fromEntries(frame.split("\n").map((one) => [one.slice(0, one.indexOf(":")), one.slice(one.indexOf(":") + 2)]));
      if (fields.id) place = Number(fields.id);
      if (fields.event === "line") { take(JSON.parse(fields.data)); theyWrite(false); }
      if (fields.event === "writing") theyWrite(true);
    }
  }
  clearTimeout(quiet);
};

// What goes out: one after the other, each until the desk has it or says why not.
const flush = async () => {
  if (sending) return;
  sending = true;
  try {
    for (let one; (one = pending.find((each) => !each.fault));) {
      let answer;
      try {
        answer = await ask("/messages", { id: one.id, text: one.text, files: one.files.map((file) => file.id), page, website: $("website").value, link: config.link, ...contact() });
      } catch {
        say(words.waiting, true);
        setTimeout(flush, 3_000);
        return;
      }
      if (answer.status === 429 || answer.status >= 500) {
        setTimeout(flush, 1_000 * (Number(answer.headers.get("retry-after")) || 5));
        return;
      }
      if (answer.ok) {
        const { at } = await answer.json();
        pending = pending.filter((each) => each !== one);
        draw({ ...one, at, waits: false });
        say("");
        if (!known) { known = true; began(); promise(); }
      } else {
        one.fault = await why(answer);
        draw(one);
      }
      keep();
      follow();
    }
  } finally { sending = false; }
};
const contact = () => ({ name: $("mail-name").value.trim(), email });
$("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = text.value.trim();
  if (!said && !chosen.length) { text.focus(); return; }
  if (chosen.some((file) => !file.id)) return;
  const one = { id: uuid(), ours: false, text: said, at: Date.now(), files: chosen, waits: true };
  pending.push(one);
  [text.value, chosen] = ["", []];
  list();
  keep();
  draw(one);
  text.focus();
  flush();
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("write").requestSubmit(); }
});

// Files go up when they are chosen, and with the message by their ids.
const list = () => $("files").replaceChildren(...chosen.map((file) => {
  const item = document.createElement("li");
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  remove.setAttribute("aria-label", words.remove.replace("{name}", file.name));
  remove.addEventListener("click", () => { chosen = chosen.filter((each) => each !== file); list(); text.focus(); });
  item.append(file.name, remove);
  return item;
}));
const add = async (files) => {
  for (const raw of files) {
    if (chosen.length >= MOST_FILES) return say(words.many, true);
    if (raw.size > LARGEST) { say(words.large.replace("{name}", raw.name), true); continue; }
    const file = { id: "", name: raw.name, mime: "", size: raw.size };
    chosen.push(file);
    list();
    say(words.uploading.replace("{name}", raw.name));
    try {
      const answer = await ask("/files", raw, { headers: { "content-type": "application/octet-stream", "x-file-name": encodeURIComponent(raw.name) } });
      if (answer.ok) { Object.assign(file, await answer.json()); say(""); continue; }
      say(await why(answer), true);
    } catch { say(words.waiting, true); }
    chosen = chosen.filter((each) => each !== file);
    list();
  }
};
if ($("attach")) {
  $("attach").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => { await add([...$("file").files]); $("file").value = ""; text.focus(); });
  text.addEventListener("paste", (event) => event.clipboardData.files.length && add([...event.clipboardData.files]));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => { event.preventDefault(); add([...event.dataTransfer.files]); });
}

// Answers by mail.
const promise = () => {
  $("mail").hidden = !config.mails || me.signed && Boolean(email);
  say(!config.mails ? words.stay : email ? words.by_mail.replace("{email}", email) : words.leave);
};
$("mail-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = $("mail-address").value.trim();
  const answer = await ask("/address", { email: given, name: $("mail-name").value.trim() }).catch(() => null);
  if (answer === null) return say(words.waiting, true);
  // Nobody is known before the first message: the address goes with it.
  if (answer.ok || answer.status === 401) {
    email = given;
    $("mail").open = false;
    say(words.saved.replace("{email}", given));
    return;
  }
  say(await why(answer), true);
  $("mail-address").focus();
});

// Beginning, and who is there.
const begin = async () => {
  const held = recall();
  if (held) { me = { key: held.key, signed: held.signed }; pending = held.pending; } else me.key = fresh();
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await ask("/session", { identity, link: config.link });
      if (answer.ok) {
        const found = await answer.json();
        if (found.fault) console.warn(`Earful chat: ${found.fault}`);
        if (found.elsewhere) { location.replace(found.elsewhere); return; }
        if (found.renew) {
          [me, pending, known, email] = [{ key: fresh(), signed: false }, [], false, ""];
          clear(); keep(); say(words.renewed);
          continue;
        }
        me.signed = found.signed; email = found.email; known = found.known; place = found.place;
        found.lines.forEach(take);
        pending.forEach(draw);
        if (found.signed) keep();
        if (known) { began(); promise(); follow(); }
        if (pending.length) flush();
        return;
      }
      if (answer.status !== 429 && answer.status < 500) return say(await why(answer), true);
    } catch { say(words.waiting, true); }
    await wait(Math.min(1_000 * 2 ** tries, 20_000));
  }
};
const restart = () => { stream?.abort(); stream = null; clear(); begin(); };
const seen = () => looking() && unread.size && read();
document.addEventListener("visibilitychange", seen);
addEventListener("online", flush);
addEventListener("keydown", (event) => event.key === "Escape" && tell("close"));
$("close").addEventListener("click", () => tell("close"));
for (const time of document.querySelectorAll("[data-opens]")) time.textContent = day.format(new Date(time.dateTime));

if (alone) { begin(); text.focus(); } else {
  let started = false;
  addEventListener("message", (event) => {
    if (event.source !== window.parent || !event.data || typeof event.data.earful !== "string") return;
    const { earful, identity: who = "", page: where = "", kept = "" } = event.data;
    hosted = String(kept);
    page = String(where).slice(0, 500);
    if (earful === "open" || earful === "closed") opened = earful === "open";
    if (!started || String(who) !== identity) {
      identity = String(who);
      if (started) restart(); else { started = true; begin(); }
    }
    if (earful === "open") { text.focus(); seen(); main.scrollTop = main.scrollHeight; }
  });
  tell("ready");
}
