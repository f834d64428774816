// All words of a run in time order, as flat arrays, so that the ones in a window are found by binary
// search however many there are.

import { DOUBTFUL_BELOW } from "../messages.js";

/** @import { SentenceData, Word } from "../messages.js" */
/** @typedef {Omit<SentenceData, "words"> & { words: Word[] }} Sentence */

/**
 * Whether the recogniser itself doubts a word.
 * @param {Word} word
 */
export function isDoubtful({ confidence }) {
  return confidence !== null && confidence < DOUBTFUL_BELOW;
}

/**
 * The text of a sentence.
 * @param {Word[]} words
 */
export function sentenceText(words) {
  return words.map(({ separator, text, punctuation }) => separator + text + punctuation).join("");
}

/**
 * The index of the first of `count` ascending values that is not below x.
 * @param {(index: number) => number} valueAt
 * @param {number} count
 * @param {number} x
 */
export function lowerBound(valueAt, count, x) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class WordTable {
  count = 0;
  /** Increases with every change. */
  revision = 0;
  /** @type {Word[]} */
  rows = [];
  /** Ascending: a word that claims to begin before its neighbour is moved up to it, so none overlap. */
  starts = new Float64Array(1024);
  ends = new Float64Array(1024);
  /** 1 where the word's sentence is final. */
  isFinal = new Uint8Array(1024);
  /** The latest end up to each word: ascending, which ends alone need not be. */
  #maxEnds = new Float64Array(1024);
  /** @type {number[]} for each sentence, in order, its first word's index */
  #firsts = [];

  /**
   * Writes the sentences again from an index in their order on; those before it are unchanged.
   * @param {Sentence[]} order
   * @param {number} from
   */
  rewrite(order, from) {
    this.revision++;
    if (from < this.#firsts.length) this.count = this.#firsts[from];
    this.#firsts.length = from;
    this.rows.length = this.count;
    for (let i = from; i < order.length; i++) {
      this.#firsts.push(this.count);
      for (const word of order[i].words) this.#append(word, order[i].is_final);
    }
  }

  /**
   * The words that touch a span of time, as [first, after the last).
   * @param {number} from
   * @param {number} to
   * @returns {[number, number]}
   */
  between(from, to) {
    const first = lowerBound((i) => this.#maxEnds[i], this.count, from);
    return [first, Math.max(first, lowerBound((i) => this.starts[i], this.count, to))];
  }

  /**
   * The index of a sentence's first word.
   * @param {number} sentenceIndex in the order
   */
  firstOf(sentenceIndex) {
    return this.#firsts[sentenceIndex];
  }

  /**
   * The index, in the order, of the sentence of a word.
   * @param {number} index
   */
  sentenceOf(index) {
    return lowerBound((i) => this.#firsts[i], this.#firsts.length, index + 1) - 1;
  }

  /** The position at which the newest word ends, or null where there are no words. */
  get end() {
    return this.count === 0 ? null : this.#maxEnds[this.count - 1];
  }

  /**
   * @param {Word} word
   * @param {boolean} isFinal
   */
  #append(word, isFinal) {
    const i = this.count++;
    if (i >= this.starts.length) this.#grow();
    this.rows[i] = word;
    this.starts[i] = i === 0 ? word.start : Math.max(word.start, this.starts[i - 1]);
    this.ends[i] = Math.max(word.end, this.starts[i]);
    this.#maxEnds[i] = i === 0 ? this.ends[i] : Math.max(this.ends[i], this.#maxEnds[i - 1]);
    this.isFinal[i] = isFinal ? 1 : 0;
  }

  #grow() {
    const length = this.starts.length * 2;
    /** @param {Float64Array} old */
    const larger = (old) => {
      const grown = new Float64Array(length);
      grown.set(old);
      return grown;
    };
    this.starts = larger(this.starts);
    this.ends = larger(this.ends);
    this.#maxEnds = larger(this.#maxEnds);
    const isFinal = new Uint8Array(length);
    isFinal.set(this.isFinal);
    this.isFinal = isFinal;
  }
}
