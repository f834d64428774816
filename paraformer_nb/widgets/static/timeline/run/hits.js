// What lies under a pointer: a word of the picture, or an edge of one. Pure arithmetic on what is drawn.

import { timeToX, xToTime } from "./scale.js";

/** @import { TimeWindow } from "./scale.js" */
/** @import { WordTable } from "./words.js" */

const EDGE_PIXELS = 5; // on either side of an edge that still take hold of it
const NEAR_PIXELS = 3; // beside a word too narrow to be met
const DENSE_PIXELS = 2; // from word to word; below it words are no longer told apart

/**
 * Whether a window holds more words than can be told apart.
 * @param {WordTable} words
 * @param {TimeWindow} window
 * @param {number} width
 */
export function isDense(words, window, width) {
  const [first, last] = words.between(window.start, window.start + window.span);
  if (first === last) return false;
  const room = timeToX(window, width, words.ends[last - 1]) - timeToX(window, width, words.starts[first]);
  return room / (last - first) < DENSE_PIXELS;
}

/**
 * The word at a place of the picture, or -1.
 * @param {WordTable} words
 * @param {TimeWindow} window
 * @param {number} width
 * @param {number} x
 */
export function wordAt(words, window, width, x) {
  const near = (NEAR_PIXELS * window.span) / width;
  const time = xToTime(window, width, x);
  const [first, last] = words.between(time - near, time + near);
  let [best, least] = [-1, Infinity];
  for (let i = first; i < last; i++) {
    const distance = Math.max(0, words.starts[i] - time, time - words.ends[i]);
    if (distance <= near && distance < least) [best, least] = [i, distance];
  }
  return best;
}

/**
 * The edge of a word that a pointer would take hold of. A narrow word is all edge: its nearer one.
 * @param {WordTable} words
 * @param {number} index
 * @param {TimeWindow} window
 * @param {number} width
 * @param {number} x
 * @returns {"start" | "end" | null}
 */
export function edgeAt(words, index, window, width, x) {
  const fromStart = Math.abs(x - timeToX(window, width, words.starts[index]));
  const fromEnd = Math.abs(x - timeToX(window, width, words.ends[index]));
  if (Math.min(fromStart, fromEnd) > EDGE_PIXELS) return null;
  return fromStart < fromEnd ? "start" : "end";
}

/**
 * The word that is heard at a time: the last to have begun, until it ends; -1 in a pause.
 * @param {WordTable} words
 * @param {number} time
 */
export function heardAt(words, time) {
  const [, after] = words.between(time, time + 1e-9);
  const index = after - 1;
  return index >= 0 && words.starts[index] <= time && time < words.ends[index] ? index : -1;
}
