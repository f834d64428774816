// What the kernel knows of a word beside its text: what was recognised where it was corrected, and how the recogniser
// revised it. Requested once for each word, when a person looks at it.

/** @import { Word } from "../messages.js" */
/** @import { Requests } from "./requests.js" */
/** @import { Sentence } from "./words.js" */
/**
 * @typedef {object} Details
 * @property {string} original what was recognised in place of a corrected word; empty where it is the same, or not known yet
 * @property {string[]} revisions the texts that the recogniser gave it; empty where it was one only, or not known yet
 */

const MOST = 2000; // that are kept
/** @type {Details} */
const NOTHING = Object.freeze({ original: "", revisions: [] });

export class WordDetails {
  #requests;
  #onArrival;
  /** By sentence and span. @type {Map<string, Details>} */
  #known = new Map();

  /**
   * @param {Requests | null} requests null: nothing can be requested
   * @param {() => void} onArrival
   */
  constructor(requests, onArrival) {
    this.#requests = requests;
    this.#onArrival = onArrival;
  }

  /**
   * What is known of a word by now.
   * @param {Sentence} sentence
   * @param {Word} word
   * @param {boolean} hasEnded the run: before that, revisions are not known
   */
  of(sentence, word, hasEnded) {
    if (!this.#requests || !(word.is_edited || hasEnded)) return NOTHING;
    const key = `${sentence.id} ${word.start} ${word.end} ${hasEnded}`;
    const known = this.#known.get(key);
    if (!known) {
      void this.#request(key, sentence.id, word);
      return NOTHING;
    }
    const isSame = !word.is_edited || known.original === word.text + word.punctuation;
    return isSame ? { ...known, original: "" } : known;
  }

  /**
   * @param {string} key
   * @param {number} sentence
   * @param {Word} word
   */
  async #request(key, sentence, { start, end }) {
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(key, NOTHING);
    try {
      const { reply } = await /** @type {Requests} */ (this.#requests).send({ kind: "recognised", sentence, start, end });
      this.#known.set(key, { original: reply.text ?? "", revisions: reply.revisions ?? [] });
      this.#onArrival();
    } catch {
      this.#known.delete(key); // the kernel does not answer: it is asked again when the word is looked at again
    }
  }
}
