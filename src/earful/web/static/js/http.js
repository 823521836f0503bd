/** Requests of ours beside htmx's: same marks, so that the server answers both alike. */
import htmx from "../vendor/htmx.esm.min.js";

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

/**
 * @param {string} method
 * @param {string} url
 * @param {unknown} [json]
 */
export function send(method, url, json) {
  /** @type {Record<string, string>} */
  const headers = { "HX-Request": "true", "X-CSRFToken": csrfToken() };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  return fetch(url, {
    method,
    headers,
    body: json === undefined ? undefined : JSON.stringify(json),
    credentials: "same-origin",
    keepalive: method === "PUT",
  });
}

/** Fetch a fragment as text. @param {string} url */
export async function fragment(url) {
  const response = await send("GET", url);
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response.text();
}

/**
 * Put the `<hx-partial>` parts of an answer where they belong.
 * @param {string} text
 */
export function placeParts(text) {
  return htmx.swap({ text, swap: "none", sourceElement: document.body, target: document.body });
}

/**
 * Make an element's inside like the markup, keeping focus, scroll and what is unchanged.
 * @param {Element} target
 * @param {string} text
 * @param {string} [swap]
 */
export function morph(target, text, swap = "innerMorph") {
  return htmx.swap({ text, swap, sourceElement: target, target });
}

// htmx's own requests carry the token too.
document.addEventListener("htmx:config:request", (event) => {
  /** @type {CustomEvent} */ (event).detail.ctx.request.headers["X-CSRFToken"] = csrfToken();
});
