// A position or a word in a page's address, as in `page.html#t=63` and `page.html#w=12.34`. No DOM.

const TIME = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)$/u; // 63, 63.5, 1:03, 1:02:03

/**
 * The position that a fragment names, in seconds, and whether it is that of a word; null where it names none.
 * @param {string} fragment such as "#t=63", "#t=1:03" or "#w=12.34", for the word that begins there
 * @returns {{ position: number, isWord: boolean } | null}
 */
export function positionIn(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/u, ""));
  const isWord = fields.has("w");
  const parts = TIME.exec(fields.get(isWord ? "w" : "t") ?? "");
  if (!parts) return null;
  const [, hours = "0", minutes = "0", seconds] = parts;
  return { position: 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds), isWord };
}

/**
 * The address of a position in a page, or of the word that begins there.
 * @param {string} address of the page, with a fragment or without
 * @param {number} position
 * @param {boolean} isWord
 */
export function addressOf(address, position, isWord) {
  return `${address.replace(/#.*$/u, "")}#${isWord ? "w" : "t"}=${Math.round(position * 1000) / 1000}`;
}
