/** Settings pages: a slider and its number say the same, and what a form just did is told with its undo. */

document.addEventListener("input", (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const number = input.dataset?.rangeFor ? document.getElementById(input.dataset.rangeFor) : null;
  if (number instanceof HTMLInputElement) number.value = input.value;
  const range = /** @type {HTMLInputElement | null} */ (input.id ? document.querySelector(`[data-range-for="${CSS.escape(input.id)}"]`) : null);
  if (range) range.value = input.value;
});

const told = document.getElementById("told")?.textContent;
if (told) {
  document.dispatchEvent(new CustomEvent("earful:done", { detail: JSON.parse(told) }));
  // Loading again should not offer it again.
  history.replaceState(history.state, "", location.pathname);
}
