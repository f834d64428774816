// Between words and places in the running text: the range of some words of a sentence, the word at a point.

import { separatorBefore } from "./text.js";

/** @import { Word } from "../run/words.js" */

/**
 * Where each word begins and ends in a sentence's text as `transcript.js` writes it.
 * @param {Word[]} words
 * @returns {[from: number, to: number][]}
 */
export function offsetsOf(words) {
  let at = 0;
  return words.map((word, i) => {
    const from = at + (i === 0 ? separatorBefore(words).length : word[5]);
    at = from + word[0].length + word[1].length;
    return [from, at];
  });
}

/**
 * @param {HTMLElement} element of a sentence
 * @param {Word[]} words
 * @param {number} place
 * @param {number} count
 * @returns {Range | null} null while the element holds another text
 */
export function rangeIn(element, words, place, count) {
  const offsets = offsetsOf(words);
  const last = offsets[place + count - 1];
  if (!last) return null;
  const range = document.createRange();
  const from = pointIn(element, offsets[place][0], false);
  const to = pointIn(element, last[1], true);
  if (!from || !to) return null;
  range.setStart(...from);
  range.setEnd(...to);
  return range;
}

/**
 * The word of a sentence at an offset into its text, or -1.
 * @param {Word[]} words
 * @param {number} offset
 */
export function placeAt(words, offset) {
  return offsetsOf(words).findIndex(([from, to]) => offset >= from && offset <= to);
}

/**
 * How far into an element's text a point lies.
 * @param {HTMLElement} element
 * @param {Node} node
 * @param {number} offset
 */
export function offsetIn(element, node, offset) {
  const range = document.createRange();
  range.setStart(element, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

/**
 * @param {HTMLElement} element
 * @param {number} offset
 * @param {boolean} isEnd at a border of nodes: the end of the first, not the beginning of the second
 * @returns {[Node, number] | null}
 */
function pointIn(element, offset, isEnd) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(), left = offset; node; node = texts.nextNode()) {
    const length = node.nodeValue?.length ?? 0;
    if (left < length || (isEnd && left === length)) return [node, left];
    left -= length;
  }
  return null;
}
