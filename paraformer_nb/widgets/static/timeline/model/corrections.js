// Makes corrections: from a sentence's words and what a person did, the words to remove and the words that
// replace them. Pure; the kernel keeps the corrections, and decides which separators are right.

/** @import { Word } from "../messages.js" */
/** @typedef {{ old: Word[], new: Word[] }} Correction */
/** @typedef {{ from: number, to: number }} Room seconds between the sentences before and after, which words may not leave */

const SHORTEST = 0.02; // seconds of a word that moving an edge leaves
const INSERTED = 0.4; // seconds that an inserted word lasts, where there is room
const LEAST_ROOM = 0.06; // seconds of a pause into which a word can be inserted
const PER_SECOND = 1000; // times are sent as whole milliseconds

/**
 * Replaces the text of a word. A text with spaces becomes several words that share its span; an empty one deletes it.
 * @param {Word[]} words
 * @param {number} index
 * @param {string} typed
 * @returns {Correction | null} null where nothing is different
 */
export function retype(words, index, typed) {
  const word = words[index];
  const text = typed.trim();
  if (text === "") return removeWord(words, index);
  if (text === word.text + word.punctuation) return null;
  return { old: [word], new: shareSpan(text.split(/\s+/u), word.start, word.end, word.separator) };
}

/**
 * A sentence's words after a correction.
 * @param {Word[]} words
 * @param {Correction} correction
 * @returns {Word[]}
 */
export function correctedWords(words, correction) {
  const rest = words.filter((word) => !correction.old.includes(word));
  return [...rest, ...correction.new].sort((a, b) => a.start - b.start);
}

/**
 * @param {Word[]} words
 * @param {number} index
 * @returns {Correction}
 */
export function removeWord(words, index) {
  return { old: [words[index]], new: [] };
}

/**
 * Moves one edge of a word. A neighbour that is in the way is shortened, but never to nothing.
 * @param {Word[]} words
 * @param {number} index
 * @param {"start" | "end"} edge
 * @param {number} time
 * @param {Room} room
 * @returns {Correction | null}
 */
export function moveEdge(words, index, edge, time, room) {
  const word = words[index];
  const isStart = edge === "start";
  const neighbour = words[isStart ? index - 1 : index + 1];
  const least = isStart ? (neighbour ? neighbour.start + SHORTEST : room.from) : word.start + SHORTEST;
  const most = isStart ? word.end - SHORTEST : neighbour ? neighbour.end - SHORTEST : room.to;
  const moved = toMilliseconds(Math.min(Math.max(time, least), most));
  if (!(least <= most) || moved === word[edge]) return null;
  const changed = edited(word, { [edge]: moved });
  const isInTheWay = neighbour && (isStart ? neighbour.end > moved : neighbour.start < moved);
  if (!isInTheWay) return { old: [word], new: [changed] };
  if (isStart) return { old: [neighbour, word], new: [edited(neighbour, { end: moved }), changed] };
  return { old: [word, neighbour], new: [changed, edited(neighbour, { start: moved })] };
}

/**
 * Splits a word in two, at a time within it, or in its middle.
 * @param {Word[]} words
 * @param {number} index
 * @param {number | null} time
 * @returns {Correction | null} null where the word has one letter only
 */
export function splitWord(words, index, time) {
  const { text, punctuation, start, end, separator } = words[index];
  const letters = lettersOf(text);
  if (letters.length < 2) return null;
  const isWithin = time !== null && time > start + SHORTEST && time < end - SHORTEST;
  const share = isWithin ? (time - start) / (end - start) : 0.5;
  const cut = Math.min(letters.length - 1, Math.max(1, Math.round(share * letters.length)));
  const middle = toMilliseconds(isWithin ? time : (start + end) / 2);
  return {
    old: [words[index]],
    new: [
      makeWord({ text: letters.slice(0, cut).join(""), start, end: middle, separator }),
      makeWord({ text: letters.slice(cut).join(""), punctuation, start: middle, end, separator: " " }),
    ],
  };
}

/**
 * Merges a word with the one after it.
 * @param {Word[]} words
 * @param {number} index
 * @returns {Correction | null} null at a sentence's end
 */
export function mergeWords(words, index) {
  const [word, next] = [words[index], words[index + 1]];
  if (!next) return null;
  const { start, separator } = word;
  const { punctuation } = next;
  const merged = makeWord({
    text: word.text + next.text, punctuation, start, end: Math.max(word.end, next.end), separator,
  });
  return { old: [word, next], new: [merged] };
}

/**
 * Inserts a word after another: into the pause that follows, or, where there is none, into the word's last third.
 * @param {Word[]} words
 * @param {number} index
 * @param {string} typed
 * @param {Room} room
 * @returns {Correction | null}
 */
export function insertAfter(words, index, typed, room) {
  const text = typed.trim();
  if (text === "") return null;
  const word = words[index];
  const { start, end, isInPause } = roomAfter(words, index, room);
  const added = shareSpan(text.split(/\s+/u), start, end, " ");
  if (isInPause) return { old: [], new: added };
  return { old: [word], new: [edited(word, { end: start }), ...added] };
}

/**
 * The span of a word that is inserted after another.
 * @param {Word[]} words
 * @param {number} index
 * @param {Room} room
 */
export function roomAfter(words, index, room) {
  const { start, end } = words[index];
  const pause = (words[index + 1]?.start ?? room.to) - end;
  if (pause >= LEAST_ROOM) return { start: end, end: toMilliseconds(end + Math.min(pause, INSERTED)), isInPause: true };
  return { start: toMilliseconds(start + ((end - start) * 2) / 3), end, isInPause: false };
}

/**
 * Makes words that share a span in proportion to their numbers of letters.
 * @param {string[]} texts
 * @param {number} start
 * @param {number} end
 * @param {string} separator before the first
 * @returns {Word[]}
 */
function shareSpan(texts, start, end, separator) {
  const letters = texts.map((text) => lettersOf(text).length);
  const all = letters.reduce((sum, count) => sum + count, 0);
  let done = 0;
  let from = start;
  return texts.map((typed, i) => {
    done += letters[i];
    const to = i === texts.length - 1 ? end : toMilliseconds(start + ((end - start) * done) / all);
    const word = makeWord({ ...splitPunctuation(typed), start: from, end: to, separator: i ? " " : separator });
    from = to;
    return word;
  });
}

/**
 * A text, and the punctuation at its end.
 * @param {string} typed
 */
function splitPunctuation(typed) {
  const text = typed.replace(/[\p{Po}\p{Pd}\p{Pe}\p{Pf}]+$/u, "");
  return text === "" ? { text: typed, punctuation: "" } : { text, punctuation: typed.slice(text.length) };
}

/**
 * A word that a person wrote.
 * @param {{ text: string, punctuation?: string, start: number, end: number, separator: string }} word
 * @returns {Word}
 */
function makeWord({ text, punctuation = "", start, end, separator }) {
  return { text, punctuation, start, end, confidence: null, separator, is_edited: true };
}

/**
 * A word with other times.
 * @param {Word} word
 * @param {{ start?: number, end?: number }} times
 * @returns {Word}
 */
function edited(word, times) {
  return { ...word, ...times, is_edited: true };
}

/**
 * Splits a text into what a person sees as letters: a flag or a family is one.
 * @param {string} text
 */
function lettersOf(text) {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

/** @param {number} seconds */
function toMilliseconds(seconds) {
  return Math.round(seconds * PER_SECOND) / PER_SECOND;
}
