/** How long a text is, as each network counts. The server counts again before it sends; this is the preview. */

const LINKS = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]/giu;
const REMOTE = /(^|[^\p{L}\p{N}_/])@([\p{L}\p{N}_]+(?:[\p{L}\p{N}_.-]+[\p{L}\p{N}_]+)?)@[\p{L}\p{N}.-]+[\p{L}\p{N}]+/giu;
const LINK_LENGTH = 23;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** @param {string} text */
const codepoints = (text) => [...text].length;
/** @param {string} text */
const graphemeCount = (text) => [...graphemes.segment(text)].length;
/** @param {string} text */
const mastodon = (text) => graphemeCount(text.replace(LINKS, "x".repeat(LINK_LENGTH)).replace(REMOTE, "$1@$2"));

/**
 * Latin, Greek, Cyrillic, Arabic and some punctuation weigh one, everything else two; an emoji of many code
 * points weighs two in all; a link weighs 23. The ranges are those X publishes for its weighted length.
 * @param {string} text
 */
function weighted(text) {
  const light = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
  const bare = text.normalize("NFC").replace(LINKS, "");
  let sum = (text.match(LINKS) ?? []).length * LINK_LENGTH;
  for (const { segment } of graphemes.segment(bare)) {
    if (/\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u.test(segment) && !/^[\d#*©®]$/u.test(segment)) sum += 2;
    else for (const letter of segment) {
      const code = letter.codePointAt(0) ?? 0;
      sum += light.some(([from, to]) => code >= from && code <= to) ? 1 : 2;
    }
  }
  return sum;
}

const GSM = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const GSM_TWO = new Set("\f^{}\\[~]|€");

/** What each character of an SMS takes: septets, or units of UTF-16 where one is outside the 7-bit alphabet. @param {string} text */
function airUnits(text) {
  const letters = [...text];
  const plain = letters.every((letter) => GSM.has(letter) || GSM_TWO.has(letter));
  const units = letters.map((letter) => (plain ? (GSM_TWO.has(letter) ? 2 : 1) : letter.length));
  return { plain, units, sum: units.reduce((all, one) => all + one, 0) };
}

/** How many SMS a text becomes; what counts two is never cut in half. @param {string} text */
export function segments(text) {
  const { plain, units, sum } = airUnits(text);
  const [alone, joined] = plain ? [160, 153] : [70, 67];
  if (sum <= alone) return units.length ? 1 : 0;
  let number = 1;
  let room = joined;
  for (const unit of units) {
    if (unit > room) [number, room] = [number + 1, joined];
    room -= unit;
  }
  return number;
}

/** @type {Record<string, (text: string) => number>} */
const COUNTERS = {
  codepoints,
  graphemes: graphemeCount,
  utf8: (text) => new TextEncoder().encode(text).length,
  utf16: (text) => text.length,
  mastodon,
  x: weighted,
  sms: (text) => airUnits(text).sum,
};

/**
 * @param {string} text
 * @param {string} counter one of the names above; an unknown one counts code points
 */
export const count = (text, counter) => (COUNTERS[counter] ?? codepoints)(text);
