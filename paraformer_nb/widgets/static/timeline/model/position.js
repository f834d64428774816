// A position in a page's address, as in `page.html#t=63`. No DOM.

const TIME = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)$/u; // 63, 63.5, 1:03, 1:02:03

/**
 * The position that a fragment names, in seconds; null where it names none.
 * @param {string} fragment such as "#t=63" or "#t=1:03"
 */
export function positionIn(fragment) {
  const text = new URLSearchParams(fragment.replace(/^#/u, "")).get("t") ?? "";
  const parts = TIME.exec(text);
  if (!parts) return null;
  const [, hours = "0", minutes = "0", seconds] = parts;
  return 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
}

/**
 * The address of a position in a page.
 * @param {string} address of the page, with a fragment or without
 * @param {number} position
 */
export function addressOf(address, position) {
  return `${address.replace(/#.*$/u, "")}#t=${Math.round(position * 100) / 100}`;
}
