// Finding words: every place where a text stands in the transcript, whatever its case, width and punctuation.

/** @import { Sentence } from "./words.js" */
/** @typedef {{ sentence: number, place: number, count: number, start: number, end: number }} Match words of a sentence, by its id */

const IGNORED = /[\p{P}\p{S}]/gu;

/**
 * A text as it is compared. The kernel's `find` does the same (paraformer_nb/transcript/search.py).
 * @param {string} text
 */
export function comparable(text) {
  return text.normalize("NFKC").toLowerCase().replace(IGNORED, " ").replace(/\s+/gu, " ").trim();
}

/**
 * @param {Sentence[]} order
 * @param {string} wanted
 * @returns {Match[]} in order; what overlaps is found once
 */
export function findMatches(order, wanted) {
  const text = comparable(wanted);
  return text === "" ? [] : order.flatMap((sentence) => matchesIn(sentence, text));
}

/**
 * @param {Sentence} sentence
 * @param {string} text
 * @returns {Match[]}
 */
function matchesIn({ id, words }, text) {
  let line = "";
  const ends = words.map((word) => {
    const text = comparable(word[0]);
    line += (word[5] && line && text ? " " : "") + text;
    return line.length;
  });
  /** @type {Match[]} */
  const matches = [];
  for (let at = line.indexOf(text); at !== -1; at = line.indexOf(text, at + text.length)) {
    const place = ends.findIndex((end) => end > at);
    const last = ends.findIndex((end) => end >= at + text.length);
    const [start, end] = [words[place][2], words[last][3]];
    matches.push({ sentence: id, place, count: last - place + 1, start, end });
  }
  return matches;
}
