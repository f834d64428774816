// Finds a text, whatever its case, diacritics, width and punctuation, across sentences. The kernel's `find` does the same
// (paraformer_nb/transcript/search.py, which says how); tests/find_cases.json holds the two equal.

import { lowerBound } from "./words.js";

/** @import { Transcript } from "./transcript.js" */
/** @import { Sentence } from "./words.js" */
/** @typedef {{ first: number, last: number, start: number, end: number }} Match the indexes of its first and its last word, and their times */

// Accents, Hebrew points, Arabic vowel signs; and what is never seen: joiners, variation selectors, soft hyphens. The
// marks of other scripts make other letters (か, が).
const DROPPED =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]/gu;
/** @type {Record<string, string>} letters that Unicode does not decompose; sigma's form at a word's end */
const STROKES = { ø: "o", ł: "l", đ: "d", ħ: "h", ς: "σ" };
const HAS_STROKE = /[øłđħς]/gu;
const GAPS = /[\p{P}\p{S}\p{Z}\p{Cc}]+/gu;
// Chinese and Japanese, whose half-width and enclosed forms are folded by then.
const WIDE = /[\u2e80-\ua4cf\uf900-\ufaff\u{16fe0}-\u{1b2ff}\u{20000}-\u{3ffff}]/u;
const BESIDE_WIDE = new RegExp(`(?<=${WIDE.source}) (?!$)|(?<!^) (?=${WIDE.source})`, "gu");
const STARTS_WIDE = new RegExp(`^${WIDE.source}`, "u");
const ENDS_WIDE = new RegExp(`${WIDE.source}$`, "u");
const IS_ASCII = /^[\0-\x7f]*$/;

/**
 * Every occurrence of a text, in order; overlapping ones count once.
 * @param {Transcript} transcript
 * @param {string} query
 * @returns {Match[]}
 */
export function findMatches(transcript, query) {
  return findAgain(transcript, query, [], 0);
}

/**
 * As `findMatches`, where the matches before a change of the transcript are known: costs what has changed.
 * @param {Transcript} transcript
 * @param {string} query
 * @param {Match[]} matches
 * @param {number} changedFrom index, in the order, of the first sentence that is not as it was
 * @returns {Match[]}
 */
export function findAgain(transcript, query, matches, changedFrom) {
  const [wanted, normalise] = wantedOf(query);
  if (wanted === "") return [];
  const { words, order } = transcript;
  const from = restartAt(transcript, wanted.length, normalise, matches, changedFrom);
  const offset = from < order.length ? words.firstOf(from) : words.count;
  const found = matches.filter(({ last }) => last < offset);
  const { text, ends } = joined(order.slice(from), normalise);
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
    const first = offset + lowerBound((i) => ends[i], ends.length, at + 1);
    const last = offset + lowerBound((i) => ends[i], ends.length, at + wanted.length);
    const end = words.rows.slice(first, last + 1).reduce((latest, word) => Math.max(latest, word.end), 0);
    found.push({ first, last, start: words.rows[first].start, end });
  }
  return found;
}

/**
 * Normalises a text for comparison with others; empty where it has neither letters nor digits.
 * @param {string} text
 */
export function comparable(text) {
  return spaced(text).trim();
}

/**
 * What to look for, and how the words are to be normalised.
 * @param {string} query
 * @returns {[wanted: string, normalise: (text: string) => string]}
 */
function wantedOf(query) {
  const text = comparable(query);
  return text === "" ? [literal(query), literal] : [text, spaced];
}

/**
 * The index, in the order, of the sentence from which to search: far enough before a change for a match to reach it,
 * and not within a match.
 * @param {Transcript} transcript
 * @param {number} length of what is wanted
 * @param {(text: string) => string} normalise
 * @param {Match[]} matches
 * @param {number} changedFrom
 */
function restartAt({ order, words }, length, normalise, matches, changedFrom) {
  let from = changedFrom;
  for (let passed = 0; from > 0 && passed < length; ) passed += joined([order[--from]], normalise).text.length;
  for (let i = matches.length - 1; i >= 0 && from > 0; i--) {
    const { first, last } = matches[i];
    if (last < words.firstOf(from)) break;
    from = Math.min(from, words.sentenceOf(first));
  }
  return from;
}

/**
 * Sentences, normalised, on one line, and the index in it at which each word ends.
 * @param {Sentence[]} sentences
 * @param {(text: string) => string} normalise
 */
function joined(sentences, normalise) {
  /** @type {number[]} */
  const ends = [];
  let text = "";
  let tail = ""; // of the text
  let hasGap = false;
  for (const { separator, words } of sentences) {
    words.forEach((word, i) => {
      const normalised = normalise((i ? word.separator : separator) + word.text + word.punctuation);
      const part = normalised.trim();
      hasGap ||= normalised.startsWith(" ");
      if (part !== "") {
        if (hasGap && text !== "" && !ENDS_WIDE.test(tail) && !STARTS_WIDE.test(part)) text += " ";
        text += part;
        tail = part.slice(-2); // an astral character has two
        hasGap = normalised.endsWith(" ");
      }
      ends.push(text.length);
    });
  }
  return { text, ends };
}

/**
 * Folds a text, with one space for punctuation and symbols; it may begin and end with one.
 * @param {string} text
 */
function spaced(text) {
  const plain = folded(text).replace(GAPS, " ");
  return IS_ASCII.test(plain) ? plain : plain.replace(BESIDE_WIDE, "");
}

/**
 * Folds a text, and removes its spaces.
 * @param {string} text
 */
function literal(text) {
  return folded(text).replace(/\s+/gu, "");
}

/**
 * One width, one case, no diacritics.
 * @param {string} text
 */
function folded(text) {
  if (IS_ASCII.test(text)) return text.toLowerCase();
  const plain = text.normalize("NFKD").replace(DROPPED, "");
  // To upper case and back, because lower case alone keeps ß, and ς.
  const lower = plain.toUpperCase().toLowerCase();
  return lower.replace(HAS_STROKE, (letter) => STROKES[letter]).normalize("NFC");
}
