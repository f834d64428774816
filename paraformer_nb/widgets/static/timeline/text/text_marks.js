// Marks the spoken word and what was found in the running text, with the browser's own highlights: no
// element changes, however long the text is.

import { spokenAt } from "../model/hits.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { TextPane } from "./text_pane.js" */

const MOST_FOUND = 500; // ranges around the current one; more would be slow
let views = 0;

export class TextMarks {
  #runModel;
  #textPane;
  #spoken = -1;
  #foundKey = "";
  #names;
  #style;

  /**
   * @param {RunModel} runModel
   * @param {TextPane} textPane
   * @param {HTMLElement} root
   */
  constructor(runModel, textPane, root) {
    this.#runModel = runModel;
    this.#textPane = textPane;
    const id = ++views; // names of its own for each view: highlights are global
    this.#names = { spoken: `pnb-spoken-${id}`, found: `pnb-found-${id}`, current: `pnb-current-${id}` };
    this.#style = document.createElement("style");
    this.#style.textContent = `
      ::highlight(${this.#names.found}) { background-color: var(--pnb-found); color: var(--pnb-found-ink); }
      ::highlight(${this.#names.current}) { background-color: var(--pnb-doubt); color: var(--pnb-paper); }
      ::highlight(${this.#names.spoken}) { background-color: var(--pnb-brand); color: var(--pnb-paper); }`;
    root.append(this.#style);
  }

  /** @param {boolean} isTextNew */
  update(isTextNew) {
    if (!("highlights" in CSS)) return; // an old browser: the picture shows both
    const { cursor, playback, transcript } = this.#runModel;
    const spoken = playback.isPlaying ? spokenAt(transcript.words, cursor.playhead) : -1;
    if (spoken !== this.#spoken || isTextNew) this.#markSpoken(spoken);
    const { text, matches, current } = cursor.found;
    const key = `${text} ${matches.length} ${current}`;
    if (key !== this.#foundKey || isTextNew) this.#markFound(key);
  }

  dispose() {
    if ("highlights" in CSS) for (const name of Object.values(this.#names)) CSS.highlights.delete(name);
    this.#style.remove();
  }

  /** @param {number} spoken */
  #markSpoken(spoken) {
    const hasMoved = spoken !== this.#spoken;
    this.#spoken = spoken;
    const range = spoken < 0 ? null : this.#rangeOf(spoken, spoken);
    this.#set(this.#names.spoken, range ? [range] : []);
    if (range && hasMoved) this.#textPane.scrollTo(range);
  }

  /** @param {string} key */
  #markFound(key) {
    const hasMoved = key !== this.#foundKey;
    this.#foundKey = key;
    const { matches, current } = this.#runModel.cursor.found;
    const from = Math.max(0, Math.min(current - MOST_FOUND / 2, matches.length - MOST_FOUND));
    const near = matches.slice(from, from + MOST_FOUND);
    const ranges = near.map(({ first, last }) => this.#rangeOf(first, last));
    this.#set(this.#names.found, ranges.filter((range, i) => range && from + i !== current));
    const now = ranges[current - from] ?? null;
    this.#set(this.#names.current, now ? [now] : []);
    if (now && hasMoved) this.#textPane.scrollTo(now);
  }

  /**
   * Words as a range of the text, or null where the text does not hold them.
   * @param {number} first index of a word
   * @param {number} last
   */
  #rangeOf(first, last) {
    const { words, order } = this.#runModel.transcript;
    const position = (/** @type {number} */ index) => {
      const sentenceIndex = words.sentenceOf(index);
      return { sentence: order[sentenceIndex], wordIndex: index - words.firstOf(sentenceIndex) };
    };
    return this.#textPane.rangeOf(position(first), position(last));
  }

  /**
   * @param {string} name
   * @param {(Range | null)[]} ranges
   */
  #set(name, ranges) {
    const known = ranges.filter((range) => range !== null);
    if (known.length) CSS.highlights.set(name, new Highlight(...known));
    else CSS.highlights.delete(name);
  }
}
