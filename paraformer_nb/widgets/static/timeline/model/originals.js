// What was recognised where words were corrected: requested from the kernel once for each, when a person looks at it.

/** @import { Word } from "../messages.js" */
/** @import { Requests } from "./requests.js" */
/** @import { Sentence } from "./words.js" */

const MOST = 2000; // that are kept

export class Originals {
  #requests;
  #onArrival;
  /** @type {Map<string, string>} by sentence and span; an empty text while it is not known */
  #texts = new Map();

  /**
   * @param {Requests | null} requests null: nothing can be requested
   * @param {() => void} onArrival
   */
  constructor(requests, onArrival) {
    this.#requests = requests;
    this.#onArrival = onArrival;
  }

  /**
   * What was recognised in place of a word; an empty text where it is the same, or not known yet.
   * @param {Sentence} sentence
   * @param {Word} word
   */
  of(sentence, word) {
    if (!word.is_edited || !this.#requests) return "";
    const key = `${sentence.id} ${word.start} ${word.end}`;
    const known = this.#texts.get(key);
    if (known === undefined) this.#request(key, sentence.id, word);
    return known === word.text + word.punctuation ? "" : (known ?? "");
  }

  /**
   * @param {string} key
   * @param {number} sentence
   * @param {Word} word
   */
  async #request(key, sentence, { start, end }) {
    if (this.#texts.size >= MOST) this.#texts.clear();
    this.#texts.set(key, "");
    try {
      const { reply } = await /** @type {Requests} */ (this.#requests).send({ kind: "recognised", sentence, start, end });
      this.#texts.set(key, reply.text ?? "");
      this.#onArrival();
    } catch {
      this.#texts.delete(key); // the kernel does not answer: it is asked again when the word is looked at again
    }
  }
}
