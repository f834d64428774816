// What a correction changes: from the words of a sentence and a wish, the words that go and those that
// come in their place. Pure; the kernel keeps the corrections.

/** @import { Word } from "./words.js" */
/** @typedef {{ old: Word[], new: Word[] }} Correction */
/** @typedef {{ from: number, to: number }} Room seconds between the sentences before and after, which words may not leave */

const SHORTEST = 0.02; // seconds that an edge leaves of a word
const INSERTED = 0.4; // seconds that an inserted word takes, where there is room
const LEAST_ROOM = 0.06; // seconds of a pause that a word can be put into
const PER_SECOND = 1000; // times travel as whole milliseconds

/**
 * The word typed anew. What holds spaces becomes several words that share its span; nothing deletes it.
 * @param {Word[]} words
 * @param {number} place
 * @param {string} typed
 * @returns {Correction | null} null where nothing is different
 */
export function retype(words, place, typed) {
  const word = words[place];
  const text = typed.trim();
  if (text === "") return removeWord(words, place);
  if (text === word[0] + word[1]) return null;
  return { old: [word], new: shareSpan(text.split(/\s+/u), word[2], word[3], word[5]) };
}

/**
 * A sentence's words after a correction.
 * @param {Word[]} words
 * @param {Correction} correction
 * @returns {Word[]}
 */
export function correctedWords(words, correction) {
  const rest = words.filter((word) => !correction.old.includes(word));
  return [...rest, ...correction.new].sort((a, b) => a[2] - b[2]);
}

/**
 * @param {Word[]} words
 * @param {number} place
 * @returns {Correction}
 */
export function removeWord(words, place) {
  return { old: [words[place]], new: [] };
}

/**
 * One edge of a word at another time. A neighbour that is in the way gives way, but never vanishes.
 * @param {Word[]} words
 * @param {number} place
 * @param {"start" | "end"} edge
 * @param {number} time
 * @param {Room} room
 * @returns {Correction | null}
 */
export function moveEdge(words, place, edge, time, room) {
  const word = words[place];
  const isStart = edge === "start";
  const neighbour = words[isStart ? place - 1 : place + 1];
  const least = isStart ? (neighbour ? neighbour[2] + SHORTEST : room.from) : word[2] + SHORTEST;
  const most = isStart ? word[3] - SHORTEST : neighbour ? neighbour[3] - SHORTEST : room.to;
  const at = toMilliseconds(Math.min(Math.max(time, least), most));
  if (!(least <= most) || at === word[isStart ? 2 : 3]) return null;
  const moved = withTimes(word, isStart ? at : word[2], isStart ? word[3] : at);
  const isInTheWay = neighbour && (isStart ? neighbour[3] > at : neighbour[2] < at);
  if (!isInTheWay) return { old: [word], new: [moved] };
  if (isStart) return { old: [neighbour, word], new: [withTimes(neighbour, neighbour[2], at), moved] };
  return { old: [word, neighbour], new: [moved, withTimes(neighbour, at, neighbour[3])] };
}

/**
 * One word as two, at a time within it, or in its middle.
 * @param {Word[]} words
 * @param {number} place
 * @param {number | null} time
 * @returns {Correction | null} null where there is but one letter
 */
export function splitWord(words, place, time) {
  const [text, punctuation, start, end, , space] = words[place];
  const letters = lettersOf(text);
  if (letters.length < 2) return null;
  const isWithin = time !== null && time > start + SHORTEST && time < end - SHORTEST;
  const share = isWithin ? (time - start) / (end - start) : 0.5;
  const cut = Math.min(letters.length - 1, Math.max(1, Math.round(share * letters.length)));
  const at = toMilliseconds(isWithin ? time : (start + end) / 2);
  return {
    old: [words[place]],
    new: [
      makeWord(letters.slice(0, cut).join(""), "", start, at, space),
      makeWord(letters.slice(cut).join(""), punctuation, at, end, 1),
    ],
  };
}

/**
 * A word and the one after it as one.
 * @param {Word[]} words
 * @param {number} place
 * @returns {Correction | null} null at a sentence's end
 */
export function mergeWords(words, place) {
  const [word, next] = [words[place], words[place + 1]];
  if (!next) return null;
  const merged = makeWord(word[0] + next[0], next[1], word[2], Math.max(word[3], next[3]), word[5]);
  return { old: [word, next], new: [merged] };
}

/**
 * A new word after another: in the pause that follows, or, where there is none, in the word's last third.
 * @param {Word[]} words
 * @param {number} place
 * @param {string} typed
 * @param {Room} room
 * @returns {Correction | null}
 */
export function insertAfter(words, place, typed, room) {
  const text = typed.trim();
  if (text === "") return null;
  const word = words[place];
  const { start, end, isInPause } = roomAfter(words, place, room);
  const added = shareSpan(text.split(/\s+/u), start, end, 1);
  if (isInPause) return { old: [], new: added };
  return { old: [word], new: [withTimes(word, word[2], start), ...added] };
}

/**
 * Where a word inserted after another would go.
 * @param {Word[]} words
 * @param {number} place
 * @param {Room} room
 */
export function roomAfter(words, place, room) {
  const word = words[place];
  const pause = (words[place + 1]?.[2] ?? room.to) - word[3];
  if (pause >= LEAST_ROOM) {
    return { start: word[3], end: toMilliseconds(word[3] + Math.min(pause, INSERTED)), isInPause: true };
  }
  return { start: toMilliseconds(word[2] + ((word[3] - word[2]) * 2) / 3), end: word[3], isInPause: false };
}

/**
 * Words that share a span by the number of their letters.
 * @param {string[]} pieces
 * @param {number} start
 * @param {number} end
 * @param {0 | 1} space before the first
 * @returns {Word[]}
 */
function shareSpan(pieces, start, end, space) {
  const letters = pieces.map((piece) => lettersOf(piece).length);
  const all = letters.reduce((sum, count) => sum + count, 0);
  let done = 0;
  let from = start;
  return pieces.map((piece, i) => {
    done += letters[i];
    const to = i === pieces.length - 1 ? end : toMilliseconds(start + ((end - start) * done) / all);
    const [text, punctuation] = takeOffPunctuation(piece);
    const word = makeWord(text, punctuation, from, to, i ? 1 : space);
    from = to;
    return word;
  });
}

/**
 * A piece without the punctuation that ends it, and that punctuation.
 * @param {string} piece
 * @returns {[text: string, punctuation: string]}
 */
function takeOffPunctuation(piece) {
  const text = piece.replace(/[\p{Po}\p{Pd}\p{Pe}\p{Pf}]+$/u, "");
  return text === "" ? [piece, ""] : [text, piece.slice(text.length)];
}

/**
 * @param {string} text
 * @param {string} punctuation
 * @param {number} start
 * @param {number} end
 * @param {0 | 1} space
 * @returns {Word}
 */
function makeWord(text, punctuation, start, end, space) {
  return [text, punctuation, start, end, null, space, 1];
}

/**
 * @param {Word} word
 * @param {number} start
 * @param {number} end
 * @returns {Word}
 */
function withTimes([text, punctuation, , , confidence, space], start, end) {
  return [text, punctuation, start, end, confidence, space, 1];
}

/**
 * What a person takes for letters: a flag or a family is one.
 * @param {string} text
 */
function lettersOf(text) {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

/** @param {number} seconds */
function toMilliseconds(seconds) {
  return Math.round(seconds * PER_SECOND) / PER_SECOND;
}
