// Finds words: every occurrence of a text in the transcript, whatever its case, width and punctuation.

/** @import { Sentence } from "./words.js" */
/** @typedef {{ sentence: number, wordIndex: number, count: number, start: number, end: number }} Match `count` words of a sentence, by its id, from an index in it on */

const IGNORED = /[\p{P}\p{S}]/gu;

/**
 * Normalises a text for comparison. The kernel's `find` does the same (paraformer_nb/transcript/search.py).
 * @param {string} text
 */
export function comparable(text) {
  return text.normalize("NFKC").toLowerCase().replace(IGNORED, " ").replace(/\s+/gu, " ").trim();
}

/**
 * @param {Sentence[]} order
 * @param {string} wanted
 * @returns {Match[]} in order; overlapping ones count once
 */
export function findMatches(order, wanted) {
  const text = comparable(wanted);
  return text === "" ? [] : order.flatMap((sentence) => matchesIn(sentence, text));
}

/**
 * @param {Sentence} sentence
 * @param {string} wanted
 * @returns {Match[]}
 */
function matchesIn({ id, words }, wanted) {
  let line = "";
  const ends = words.map((word) => {
    const text = comparable(word.text);
    line += (line && text ? word.separator : "") + text;
    return line.length;
  });
  /** @type {Match[]} */
  const matches = [];
  for (let at = line.indexOf(wanted); at !== -1; at = line.indexOf(wanted, at + wanted.length)) {
    const first = ends.findIndex((end) => end > at);
    const last = ends.findIndex((end) => end >= at + wanted.length);
    const [{ start }, { end }] = [words[first], words[last]];
    matches.push({ sentence: id, wordIndex: first, count: last - first + 1, start, end });
  }
  return matches;
}
