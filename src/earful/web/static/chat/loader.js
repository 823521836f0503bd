(config) => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.EarfulChat) return;
  const home = new URL(script.src).origin;
  const mark = `earful-chat:${config.channel}`;
  let identity = script.dataset.identity || "", frame = null, open = false, ready = false;

  const root = document.createElement("div");
  const shadow = root.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; }
    button { position: fixed; bottom: 20px; ${config.side}: 20px; z-index: 2147483000; display: grid; place-items: center; width: 56px; height: 56px; padding: 0; border: 2px solid #fff; border-radius: 50%; background: ${config.colour}; color: ${config.ink}; box-shadow: 0 2px 12px rgb(0 0 0 / .35); cursor: pointer; }
    button:focus-visible { outline: 3px solid ${config.colour}; outline-offset: 3px; }
    svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    b { position: absolute; top: -6px; right: -6px; min-width: 14px; padding: 2px 5px; border-radius: 12px; background: #b3261e; color: #fff; font: 700 12px/16px system-ui, sans-serif; text-align: center; }
    b:empty { display: none; }
    div { position: fixed; bottom: 88px; ${config.side}: 20px; z-index: 2147483001; width: 380px; height: min(620px, calc(100vh - 108px)); border-radius: 14px; overflow: hidden; box-shadow: 0 8px 40px rgb(0 0 0 / .35); background: Canvas; }
    div[hidden] { display: none; }
    iframe { width: 100%; height: 100%; border: 0; display: block; color-scheme: normal; }
    @media (max-width: 480px), (max-height: 420px) { div { inset: 0; width: auto; height: auto; border-radius: 0; } }
    @media (prefers-reduced-motion: no-preference) { button { transition: transform .15s; } button:hover { transform: scale(1.05); } }
    @media print { button, div { display: none; } }`);
  shadow.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", "M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z");
  picture.append(line);
  const badge = document.createElement("b");
  badge.setAttribute("aria-hidden", "true");
  button.append(picture, badge);
  const panel = document.createElement("div");
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", config.title);
  panel.hidden = true;
  shadow.append(button, panel);

  const kept = () => { try { return localStorage.getItem(mark) || ""; } catch { return ""; } };
  const tell = (message) => ready && frame.contentWindow.postMessage({ earful: message, identity, kept: kept(), page: location.href.split("#")[0] }, home);
  const unread = (count) => {
    badge.textContent = count ? String(count) : "";
    button.setAttribute("aria-label", count ? config.unread.replace("{n}", count) : config.title);
  };
  const load = () => {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = config.title;
    frame.src = `${home}/chat/${config.channel}`;
    panel.append(frame);
  };
  const show = () => {
    load();
    open = true;
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    unread(0);
    frame.focus();
    tell("open");
  };
  const hide = () => {
    open = false;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
    tell("closed");
  };
  button.addEventListener("click", () => (open ? hide() : show()));
  panel.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("message", (event) => {
    if (!frame || event.origin !== home || event.source !== frame.contentWindow) return;
    const { earful, count, keep } = event.data || {};
    if (earful === "ready") { ready = true; tell(open ? "open" : "hello"); }
    if (earful === "close") hide();
    if (earful === "unread" && !open) unread(Math.min(Number(count) || 0, 99));
    if (earful === "began") try { localStorage.setItem(mark, keep || "1"); } catch { /* Nothing is kept here. */ }
  });
  unread(0);
  window.EarfulChat = {
    open: show,
    close: hide,
    identify(token) { identity = token || ""; tell("identity"); },
    forget() { identity = ""; tell("identity"); },
  };
  const begin = () => {
    document.body.append(root);
    // Who has a chat is told of answers; for everybody else nothing more is loaded.
    if (kept()) load();
  };
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
