// All words of a run in time order, as flat arrays, so that the ones in a window are found by binary
// search however many there are.

/** @typedef {[text: string, punctuation: string, start: number, end: number, confidence: number | null, space: 0 | 1, isEdited: 0 | 1]} Word */
/** @typedef {{ id: number, is_final: boolean, start: number, end: number, words: Word[] }} Sentence */

const DOUBTFUL_BELOW = 0.5; // confidence

/**
 * Whether the recogniser doubts a word itself.
 * @param {Word} word
 */
export function isDoubtful(word) {
  return word[4] !== null && word[4] < DOUBTFUL_BELOW;
}

/**
 * The first of `count` ascending values that is not below x.
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
  /** @type {Word[]} */
  rows = [];
  /** Ascending: a word that claims to begin before its neighbour is moved up to it, so none overlap. */
  starts = new Float64Array(1024);
  ends = new Float64Array(1024);
  /** 1 where the word's sentence is settled. */
  settled = new Uint8Array(1024);
  /** The latest end up to each word: ascending, which ends alone need not be. */
  #reach = new Float64Array(1024);
  /** @type {number[]} for each sentence, in order, its first word's index */
  #firsts = [];

  /**
   * Writes the sentences from a place in their order on again; those before it are unchanged.
   * @param {Sentence[]} order
   * @param {number} from
   */
  rewrite(order, from) {
    if (from < this.#firsts.length) this.count = this.#firsts[from];
    this.#firsts.length = from;
    this.rows.length = this.count;
    for (let place = from; place < order.length; place++) {
      this.#firsts.push(this.count);
      for (const word of order[place].words) this.#append(word, order[place].is_final);
    }
  }

  /**
   * The words that touch a stretch of time, as [first, after the last).
   * @param {number} from
   * @param {number} to
   * @returns {[number, number]}
   */
  between(from, to) {
    const first = lowerBound((i) => this.#reach[i], this.count, from);
    return [first, Math.max(first, lowerBound((i) => this.starts[i], this.count, to))];
  }

  /**
   * Where a sentence's words begin, by the sentence's place in the order.
   * @param {number} place
   */
  firstOf(place) {
    return this.#firsts[place];
  }

  /**
   * The place in the order of the sentence that a word is of.
   * @param {number} index
   */
  sentenceOf(index) {
    return lowerBound((place) => this.#firsts[place], this.#firsts.length, index + 1) - 1;
  }

  /** The time at which the newest word ends, or null where there is none. */
  get end() {
    return this.count === 0 ? null : this.#reach[this.count - 1];
  }

  /**
   * @param {Word} word
   * @param {boolean} isFinal
   */
  #append(word, isFinal) {
    const i = this.count++;
    if (i >= this.starts.length) this.#grow();
    this.rows[i] = word;
    this.starts[i] = i === 0 ? word[2] : Math.max(word[2], this.starts[i - 1]);
    this.ends[i] = Math.max(word[3], this.starts[i]);
    this.#reach[i] = i === 0 ? this.ends[i] : Math.max(this.ends[i], this.#reach[i - 1]);
    this.settled[i] = isFinal ? 1 : 0;
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
    this.#reach = larger(this.#reach);
    const settled = new Uint8Array(length);
    settled.set(this.settled);
    this.settled = settled;
  }
}
