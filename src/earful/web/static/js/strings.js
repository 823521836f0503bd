/** What modules say, translated by the server and read once from the page. */

/** @type {Record<string, string>} */
const strings = JSON.parse(document.getElementById("strings")?.textContent || "{}");

/**
 * @param {string} id
 * @param {Record<string, string | number>} [values] for `{name}` in the string
 */
export function say(id, values = {}) {
  return (strings[id] ?? id).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
