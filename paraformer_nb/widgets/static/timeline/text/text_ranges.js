// Words and offsets of the running text: the range of a word of a sentence, the word at an offset.

/** @import { Sentence } from "../model/words.js" */

/**
 * Where each word begins and ends in a sentence's text as `text_pane.js` writes it.
 * @param {Sentence} sentence
 * @returns {{ from: number, to: number }[]}
 */
export function offsetsOf({ separator, words }) {
  let end = separator.length;
  return words.map((word) => {
    const from = end + word.separator.length;
    end = from + word.text.length + word.punctuation.length;
    return { from, to: end };
  });
}

/**
 * The range of a word.
 * @param {HTMLElement} element of a sentence
 * @param {Sentence} sentence
 * @param {number} wordIndex
 * @returns {Range | null} null while the element holds another text
 */
export function rangeIn(element, sentence, wordIndex) {
  const offsets = offsetsOf(sentence)[wordIndex];
  if (!offsets) return null;
  const range = document.createRange();
  const from = pointIn(element, offsets.from, false);
  const to = pointIn(element, offsets.to, true);
  if (!from || !to) return null;
  range.setStart(from.node, from.offset);
  range.setEnd(to.node, to.offset);
  return range;
}

/**
 * The index of a sentence's word at an offset into its text, or -1.
 * @param {Sentence} sentence
 * @param {number} offset
 */
export function wordAtOffset(sentence, offset) {
  return offsetsOf(sentence).findIndex(({ from, to }) => offset >= from && offset <= to);
}

/**
 * The index of the first word that ends after an offset, or of the last that begins before it; -1 where there is none.
 * @param {Sentence} sentence
 * @param {number} offset
 * @param {boolean} isFirst
 */
export function wordBetween(sentence, offset, isFirst) {
  const offsets = offsetsOf(sentence);
  return isFirst ? offsets.findIndex(({ to }) => to > offset) : offsets.findLastIndex(({ from }) => from < offset);
}

/**
 * The offset of a point into an element's text.
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
 * @param {boolean} isEnd at a border of two nodes: the end of the first, not the beginning of the second
 * @returns {{ node: Node, offset: number } | null}
 */
function pointIn(element, offset, isEnd) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(), left = offset; node; node = texts.nextNode()) {
    const length = node.nodeValue?.length ?? 0;
    if (left < length || (isEnd && left === length)) return { node, offset: left };
    left -= length;
  }
  return null;
}
