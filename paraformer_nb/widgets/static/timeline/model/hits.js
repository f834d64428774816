// What is under a pointer: a word of the picture, or an edge of one. Pure arithmetic on what is drawn.

import { timeToX, xToTime } from "./scale.js";
import { lowerBound } from "./words.js";

/** @import { TimeWindow } from "./scale.js" */
/** @import { WordTable } from "./words.js" */

const EDGE_PIXELS = 5; // on either side of an edge within which it can be dragged
const NEAR_PIXELS = 3; // beside a word that still count as its own: a narrow word could not be hit otherwise
const SAME = 0.002; // seconds: a media element's time is that much off the one it was set to
const DENSE_PIXELS = 2; // from word to word; below it words cannot be distinguished

/**
 * Whether a window has more words than can be distinguished.
 * @param {WordTable} words
 * @param {TimeWindow} timeWindow
 * @param {number} width
 */
export function isDense(words, timeWindow, width) {
  const [first, last] = words.between(timeWindow.start, timeWindow.start + timeWindow.span);
  if (first === last) return false;
  const room = timeToX(timeWindow, width, words.ends[last - 1]) - timeToX(timeWindow, width, words.starts[first]);
  return room / (last - first) < DENSE_PIXELS;
}

/**
 * The index of the word at x pixels of the picture, or -1.
 * @param {WordTable} words
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} x
 */
export function wordAt(words, timeWindow, width, x) {
  const near = (NEAR_PIXELS * timeWindow.span) / width;
  const time = xToTime(timeWindow, width, x);
  const [first, last] = words.between(time - near, time + near);
  let [best, least] = [-1, Infinity];
  for (let i = first; i < last; i++) {
    const distance = Math.max(0, words.starts[i] - time, time - words.ends[i]);
    if (distance <= near && distance < least) [best, least] = [i, distance];
  }
  return best;
}

/**
 * The edge of a word that a pointer would drag. Of a narrow word it is the nearer one.
 * @param {WordTable} words
 * @param {number} index
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} x
 * @returns {"start" | "end" | null}
 */
export function edgeAt(words, index, timeWindow, width, x) {
  const fromStart = Math.abs(x - timeToX(timeWindow, width, words.starts[index]));
  const fromEnd = Math.abs(x - timeToX(timeWindow, width, words.ends[index]));
  if (Math.min(fromStart, fromEnd) > EDGE_PIXELS) return null;
  return fromStart < fromEnd ? "start" : "end";
}

/**
 * The part of a selection that a pointer would drag; null beside it.
 * @param {[start: number, end: number] | null} selection
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} x
 * @returns {"start" | "end" | "body" | null}
 */
export function gripAt(selection, timeWindow, width, x) {
  if (!selection) return null;
  const [left, right] = selection.map((time) => timeToX(timeWindow, width, time));
  const [fromStart, fromEnd] = [Math.abs(x - left), Math.abs(x - right)];
  if (Math.min(fromStart, fromEnd) <= EDGE_PIXELS) return fromStart < fromEnd ? "start" : "end";
  return x > left && x < right ? "body" : null;
}

/**
 * The index of the word that is spoken at a time: the last to have begun, until it ends; -1 in a pause.
 * @param {WordTable} words
 * @param {number} time
 */
export function spokenAt(words, time) {
  const [, after] = words.between(time, time + 1e-9);
  const index = after - 1;
  return index >= 0 && words.starts[index] <= time && time < words.ends[index] ? index : -1;
}

/**
 * The index of the word at a time: the spoken one, in a pause the one before it; -1 before the first.
 * @param {WordTable} words
 * @param {number} time
 */
export function lastAt(words, time) {
  return lowerBound((i) => words.starts[i], words.count, time + SAME) - 1;
}
